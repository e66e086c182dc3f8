"""A small stand-in for Docker's socket: it answers as Docker 20.10.24 did when it was recorded, but for what a test changes."""

import contextlib
import copy
import http.server
import json
import socketserver
import threading
from pathlib import Path

RECORDED = json.loads((Path(__file__).parent / "docker/docker-20.10.24.json").read_text())


class FakeDocker:
    """Containers that a test puts up, in the shape of the recorded one."""

    def __init__(self):
        self.containers = {}
        self.asked = []
        [self.shape] = [answer for path, answer in RECORDED.items() if path.count("/") == 3 and answer["Name"] == "/shop"]
        [self.on_host] = [answer for path, answer in RECORDED.items() if path.count("/") == 3 and answer["Name"] == "/hostly"]

    def run(self, name, process, networks):
        """Adds a container; `networks` are addresses with their prefix, by name."""
        container = copy.deepcopy(self.shape if networks else self.on_host)
        container |= {"Id": f"{name:0<64}".encode().hex()[:64], "Name": f"/{name}"}
        container["State"]["Pid"] = process
        if networks:
            endpoint = container["NetworkSettings"]["Networks"]["back"]
            container["NetworkSettings"]["Networks"] = {
                network: {**endpoint, "IPAddress": address, "IPPrefixLen": int(prefix), "MacAddress": ""}
                for network, (address, prefix) in ((network, text.split("/")) for network, text in networks.items())
            }
        self.containers[container["Id"]] = container

    def answer(self, path):
        self.asked.append(path)
        if path == "/containers/json":
            [first, *_] = RECORDED["GET /containers/json"]
            return 200, [{**first, "Id": id_, "Names": [each["Name"]]} for id_, each in self.containers.items()]
        id_ = path.removeprefix("/containers/").removesuffix("/json")
        if id_ in self.containers:
            return 200, self.containers[id_]
        return 404, {"message": f"No such container: {id_}"}


@contextlib.contextmanager
def fake_docker(path):
    """Listens on a socket as Docker does."""
    docker = FakeDocker()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, answer = docker.answer(self.path)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            # As Docker does where an answer is long.
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(body), 1000):
                piece = body[start : start + 1000]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, *_):
            pass

        def address_string(self):
            return "socket"

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield docker
        server.shutdown()
