"""Starts and ends the processes of a test, and makes its clients."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.config import Config

from model import check_answers

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
REGION = "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
DELIVERY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
            ],
            "Resource": "*",
        }
    ],
}


def binary():
    """The program under test: FLOWLOGD, or what the Rust tests have built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return os.environ.get("FLOWLOGD", str(target / "debug" / "flowlogd"))


class Process:
    """A process whose error stream is kept, so that a failing test can show it."""

    def __init__(self, arguments, environment=None):
        self.lines = []
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, pattern, seconds=20):
        """Returns the match in the first line of the error stream that has one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found
            if self.process.poll() is not None and not self.reader.is_alive():
                break
            time.sleep(0.01)
        raise AssertionError(f"no line like {pattern!r} in:\n" + "\n".join(self.lines))

    def end(self, how=signal.SIGTERM, seconds=30):
        """Ends the process, and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("it did not end:\n" + "\n".join(self.lines[-50:])) from None
        self.reader.join(5)
        return status


class Lab:
    """A server, its agents, and clients."""

    def __init__(self, directory, config="", environment=None, port=0):
        self.directory = Path(directory)
        self.data = self.directory / "data"
        self.environment = environment or {}
        self.config = config
        self.port = port
        self.agents = []
        # Of agents, the server's own among them.
        self.states = {self.data / "agent"}
        self.server = None
        self.endpoint = None
        self.answered = set()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        for agent in self.agents:
            agent.end()
        self.server.end()
        for state in self.states:
            # What an agent has attached in the kernel counts on when it ends.
            if state.is_dir():
                subprocess.run([binary(), "detach", "--state-dir", str(state)], check=True, capture_output=True)
        if kind:
            print("\n".join(["", "server:", *self.server.lines[-100:]]))
            for agent in self.agents:
                print("\n".join(["", "agent:", *agent.lines[-100:]]))

    def start(self):
        """Starts the server; again on the same port after it was ended."""
        arguments = [binary(), "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.data)]
        if self.config:
            path = self.directory / "flowlogd.toml"
            path.write_text(self.config)
            arguments += ["--config", str(path)]
        self.server = Process(arguments, self.environment)
        found = self.server.wait_for(r"listening on (https?)://127\.0\.0\.1:(\d+)")
        self.port = int(found[2])
        self.endpoint = f"{found[1]}://127.0.0.1:{self.port}"
        text = (self.data / "credentials").read_text()
        self.root = re.search(r"aws_access_key_id = (\S+)\naws_secret_access_key = (\S+)", text).groups()

    def client(self, service, key=None, secret=None, token=None, region=REGION, checked=True, **config):
        """A boto3 client; unless told, every answer is checked against the service's model."""
        client = boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=key or self.root[0],
            aws_secret_access_key=secret or self.root[1],
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, **config),
        )
        if checked:
            check_answers(client)
        client.meta.events.register("after-call", self._note_answer)
        return client

    def _note_answer(self, http_response=None, model=None, **_):
        if http_response.status_code < 300:
            self.answered.add((model.service_model.service_name, model.name))

    def aws(self, *arguments, check=True):
        """Runs the AWS CLI as root, and returns what it printed."""
        done = subprocess.run(
            ["aws", *arguments],
            env={
                **os.environ,
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_SHARED_CREDENTIALS_FILE": str(self.data / "credentials"),
                "AWS_CONFIG_FILE": str(self.directory / "no-config"),
                "AWS_PAGER": "",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done

    def flowlogd(self, *arguments, check=True):
        """Runs a command of the program as root."""
        done = subprocess.run(
            [binary(), *arguments],
            env={
                **os.environ,
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_REGION": REGION,
                "AWS_SHARED_CREDENTIALS_FILE": str(self.data / "credentials"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr + done.stdout
        return done

    def enroll(self, host):
        """Enrols an agent, and returns the file with its credential."""
        path = self.directory / f"{host}.credentials"
        done = self.flowlogd("agent", "enroll", "--host", host, "--data-dir", str(self.data))
        path.write_text(done.stdout)
        return path

    def metrics(self):
        """The page of metrics."""
        with urllib.request.urlopen(f"{self.endpoint}/metrics") as answer:
            return answer.read().decode()

    def agent(self, host, *arguments, window=60, environment=None, prefix=()):
        """Starts the agent of a host, by way of the command `prefix`."""
        state = self.directory / f"{host}.state"
        self.states.add(state)
        agent = Process(
            [
                *prefix, binary(), "agent",
                "--endpoint", self.endpoint,
                "--credentials", str(self.enroll(host)),
                "--state-dir", str(state),
                "--window", str(window),
                *arguments,
            ],
            environment,
        )
        self.agents.append(agent)
        return agent

    def replay(self, host, interface, capture, seconds=60):
        """Replays a capture at an interface, and waits until all is delivered."""
        agent = self.agent(host, "--interface", interface, "--replay", str(capture))
        agent.wait_for(r'"state":"finished"|state="?finished', seconds)
        return agent

    def role(self, name="flowlogs", trust=None, policy=DELIVERY):
        """Makes a delivery role, and returns its ARN."""
        iam = self.client("iam")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust or TRUST))
        if policy:
            iam.put_role_policy(RoleName=name, PolicyName="delivery", PolicyDocument=json.dumps(policy))
        return role["Role"]["Arn"]

    def interface(self, address=None, subnet=None, groups=None):
        """Makes a network interface in the default VPC."""
        ec2 = self.client("ec2")
        subnet = subnet or ec2.describe_subnets(
            Filters=[{"Name": "cidr-block", "Values": ["172.31.16.0/20"]}]
        )["Subnets"][0]["SubnetId"]
        parameters = {"SubnetId": subnet}
        if address:
            parameters["PrivateIpAddress"] = address
        if groups:
            parameters["Groups"] = groups
        return ec2.create_network_interface(**parameters)["NetworkInterface"]

    def events(self, group, stream, logs=None):
        """Returns all events of a stream, read page by page from its beginning."""
        logs = logs or self.client("logs")
        events, token = [], None
        while True:
            parameters = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
            if token:
                parameters["nextToken"] = token
            page = logs.get_log_events(**parameters)
            events += page["events"]
            if page["nextForwardToken"] == token:
                return events
            token = page["nextForwardToken"]


def eventually(look, seconds=20, what="it"):
    """Looks until there is something to see."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = look()
        except Exception as error:  # noqa: BLE001 - what is not there yet may answer anything
            seen, last = None, error
        else:
            last = seen
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come: {last!r}")
        time.sleep(0.1)


def registered(service):
    """The operations of a service that the server has, as its source registers them."""
    source = (ROOT / "crates/server/src/ops" / f"{service}.rs").read_text()
    names = re.findall(r'Operation::(?:read|write)\(\s*"(\w+)"', source)
    assert names, f"{service}.rs registers no operations"
    return {(service, name) for name in names}
