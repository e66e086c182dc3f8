"""What runs on a host is attached by one command, and as it comes and goes."""

import contextlib
import json
import os
import re
import subprocess

import pytest

from fake_docker import fake_docker
from lab import Lab, Process, binary, eventually
from namespace import need_root, new_namespace

GROUP = "flow-logs"
WINDOW = 2


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Host:
    """Namespaces behind a bridge. Their names have a prefix of this process's own."""

    def __init__(self):
        self.names = []
        run("ip", "link", "add", "br0", "type", "bridge")
        run("ip", "address", "add", "10.9.1.1/24", "dev", "br0")
        run("ip", "link", "set", "br0", "up")

    @staticmethod
    def full(name):
        return f"fl{os.getpid()}-{name}"

    def add(self, name, address, route=True):
        """Makes a namespace with an address; its device here is called as it is."""
        space = self.full(name)
        run("ip", "netns", "add", space)
        self.names.append(name)
        run("ip", "link", "add", f"v-{name}", "type", "veth", "peer", "name", "eth0", "netns", space)
        for command in (
            f"link set v-{name} master br0 up",
            f"-n {space} address add {address} dev eth0",
            f"-n {space} link set eth0 up",
            f"-n {space} link set lo up",
            *([f"-n {space} route add default via 10.9.1.1"] if route else []),
        ):
            run("ip", *command.split())

    def remove(self, name):
        run("ip", "netns", "delete", self.full(name))
        self.names.remove(name)
        # The device at this end goes a moment later.
        eventually(lambda: f"v-{name}" not in run("ip", "-brief", "link"))

    def process(self, name, *command):
        return subprocess.Popen(["ip", "netns", "exec", self.full(name), *command])

    def ping(self, name, address):
        run("ip", "netns", "exec", self.full(name), "ping", "-q", "-c", "2", "-i", "0.2", "-W", "2", address)


@pytest.fixture
def host():
    need_root("attaching what is there needs root")
    with new_namespace():
        host = Host()
        try:
            yield host
        finally:
            for name in list(host.names):
                run("ip", "netns", "delete", host.full(name))


@contextlib.contextmanager
def attaching(lab, what, *more, state="attach.state"):
    """Runs `flowlogd attach` until the block ends."""
    lab.states.add(lab.directory / state)
    options = ["--discover", what, "--data-dir", str(lab.data), "--state-dir", str(lab.directory / state), "--yes"]
    attach = Process(
        [binary(), "attach", *options, *(() if "--window" in more else ("--window", str(WINDOW))), *more], {"AWS_ENDPOINT_URL": lab.endpoint}
    )
    try:
        yield attach
    finally:
        assert attach.end() == 0, "\n".join(attach.lines)


def listed(what, *more):
    return json.loads(run(binary(), "attach", "--discover", what, "--list", "--json", *more))


def interfaces(lab):
    """The interfaces that discovery has made, by the machine they are of."""
    answer = lab.client("ec2").describe_network_interfaces(Filters=[{"Name": "tag-key", "Values": ["flowlogd:origin"]}])
    tags = [({tag["Key"]: tag["Value"] for tag in each["TagSet"]}, each) for each in answer["NetworkInterfaces"]]
    return {tags["Name"]: each for tags, each in tags}


def states(lab):
    agents = json.loads(lab.flowlogd("status", "--json").stdout)["agents"]
    return {each["interfaceId"]: each["state"] for agent in agents for each in agent["report"]["attachments"]}


def capturing(lab, count):
    """Waits until so many interfaces are captured from."""
    return eventually(lambda: (seen := list(states(lab).values())).count("capturing") == count and seen, 40)


def records(lab, interface):
    with contextlib.suppress(Exception):
        events = lab.events(GROUP, f"{interface['NetworkInterfaceId']}-all")
        return [event["message"].split() for event in events if " OK " in event["message"]]
    return []


def test_ten_namespaces_are_one_command_away_from_records_with_reasons(host, tmp_path):
    for number in range(1, 11):
        host.add(f"web-{number}", f"10.9.1.{number + 1}/24")
    names = {host.full(f"web-{number}/eth0") for number in range(1, 11)}
    assert {each["name"] for each in listed("netns") if each["name"].startswith(host.full(""))} == names
    with Lab(tmp_path) as lab:
        with attaching(lab, "netns", "--name", host.full("")):
            capturing(lab, 10)
            made = interfaces(lab)
            assert made.keys() == names
            assert len({each["SubnetId"] for each in made.values()}) == 1
            for number in range(1, 11):
                # The host itself is no member of the default group, the others are.
                host.ping(f"web-{number}", f"10.9.1.{number % 10 + 2}")
                subprocess.run(["ping", "-q", "-c", "1", "-W", "1", f"10.9.1.{number + 1}"], check=True, capture_output=True)

            def told():
                found = {}
                for name, interface in made.items():
                    # What is wanted of AWS's default format: source, action, direction and reason.
                    for fields in records(lab, interface):
                        found.setdefault(name, set()).add((fields[3], fields[12], fields[14], fields[15].split("-")[0]))
                return found

            def is_whole():
                found = told()
                return found.keys() == names and all(
                    {("10.9.1.1", "REJECT", "ingress", "implicit"), (address, "ACCEPT", "egress", "sgr")} <= found[name]
                    for name, interface in made.items()
                    for address in [interface["PrivateIpAddress"]]
                )

            eventually(is_whole, 40, "records of all ten")
        # Again, nothing is made anew.
        with attaching(lab, "netns", "--name", host.full("")) as attach:
            attach.wait_for(r'"state":"capturing"')
            capturing(lab, 10)
        again = interfaces(lab)
        assert {name: each["NetworkInterfaceId"] for name, each in again.items()} == {
            name: each["NetworkInterfaceId"] for name, each in made.items()
        }
        assert len(lab.client("ec2").describe_flow_logs()["FlowLogs"]) == 1


@pytest.mark.parametrize("how", ["ebpf", "af_packet"])
def test_what_comes_is_attached_and_what_goes_gives_its_address_to_the_next(host, how, tmp_path):
    host.add("one", "10.9.1.2/24")
    with Lab(tmp_path) as lab, attaching(lab, "netns", "--name", host.full(""), "--capture", how):
        capturing(lab, 1)
        host.add("two", "10.9.1.3/24")
        capturing(lab, 2)
        host.ping("two", "10.9.1.2")
        two = interfaces(lab)[host.full("two/eth0")]
        eventually(lambda: any(fields[12] == "ACCEPT" for fields in records(lab, two)), 30)

        host.remove("two")
        eventually(lambda: states(lab)[two["NetworkInterfaceId"]] == "waiting")
        # The same comes back.
        host.add("two", "10.9.1.3/24")
        capturing(lab, 2)
        assert interfaces(lab)[host.full("two/eth0")]["NetworkInterfaceId"] == two["NetworkInterfaceId"]

        # Another with its address does not inherit its security groups.
        ec2 = lab.client("ec2")
        open_group = ec2.create_security_group(GroupName="open", Description="open", VpcId=two["VpcId"])["GroupId"]
        ec2.modify_network_interface_attribute(NetworkInterfaceId=two["NetworkInterfaceId"], Groups=[open_group])
        host.remove("two")
        eventually(lambda: states(lab)[two["NetworkInterfaceId"]] == "waiting")
        host.add("three", "10.9.1.3/24")
        eventually(lambda: host.full("three/eth0") in interfaces(lab))
        capturing(lab, 2)
        three = interfaces(lab)[host.full("three/eth0")]
        assert three["NetworkInterfaceId"] == two["NetworkInterfaceId"]
        assert [group["GroupName"] for group in three["Groups"]] == ["default"]


def test_what_is_gone_for_long_is_taken_off_when_its_records_are_published(host, tmp_path):
    host.add("one", "10.9.1.2/24")
    host.add("two", "10.9.1.3/24")

    def slots():
        return json.loads((tmp_path / "attach.state/kernel/slots.json").read_text())

    with Lab(tmp_path) as lab, attaching(lab, "netns", "--name", host.full(""), "--window", "1"):
        capturing(lab, 2)
        two = interfaces(lab)[host.full("two/eth0")]
        before = slots()
        host.ping("two", "10.9.1.2")
        host.remove("two")
        # Twelve windows of a second.
        eventually(lambda: two["NetworkInterfaceId"] not in states(lab), 30)
        sent = sum(int(fields[8]) for fields in records(lab, two) if fields[3] == "10.9.1.3")
        assert sent == 2, "what was counted last is published"
        assert slots() == {id_: slot for id_, slot in before.items() if id_ != two["NetworkInterfaceId"]}
        # Whoever comes next may have its place.
        host.add("three", "10.9.1.4/24")
        capturing(lab, 2)
        assert sorted(slots().values()) == sorted(before.values())


def test_an_interface_that_somebody_has_deleted_is_made_anew(host, tmp_path):
    host.add("one", "10.9.1.2/24")
    with Lab(tmp_path) as lab, attaching(lab, "netns", "--name", host.full("")):
        capturing(lab, 1)
        [first] = interfaces(lab).values()
        lab.client("ec2").delete_network_interface(NetworkInterfaceId=first["NetworkInterfaceId"])
        [second] = eventually(lambda: list(interfaces(lab).values()), 40)
        assert second["PrivateIpAddress"] == "10.9.1.2"
        eventually(lambda: states(lab).get(second["NetworkInterfaceId"]) == "capturing", 40)


def test_networks_share_a_vpc_and_its_flow_log(host, tmp_path):
    for number in range(1, 7):
        host.add(f"n{number}", f"10.{number}.1.2/24", route=False)
    host.add("neighbour", "10.1.1.3/24", route=False)
    with Lab(tmp_path) as lab, attaching(lab, "netns", "--name", host.full("")) as attach:
        capturing(lab, 7)
        ec2 = lab.client("ec2")
        vpcs = ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["flowlogd:host"]}])["Vpcs"]
        # A VPC has five blocks.
        assert sorted(len(vpc["CidrBlockAssociationSet"]) for vpc in vpcs) == [1, 5]
        logs = ec2.describe_flow_logs()["FlowLogs"]
        assert sorted(log["ResourceId"] for log in logs) == sorted(vpc["VpcId"] for vpc in vpcs)
        assert not [line for line in attach.lines if '"level":"WARN"' in line]


def test_two_machines_with_one_address_are_told_apart_and_one_is_not_attached(host, tmp_path):
    host.add("one", "10.9.1.2/24")
    host.add("two", "10.9.1.2/24")
    with Lab(tmp_path) as lab, attaching(lab, "netns", "--name", host.full("")) as attach:
        attach.wait_for(rf"not attached: its address 10\.9\.1\.2 is that of netns/{host.full('one')}/eth0")
        capturing(lab, 1)


def test_enforced_what_is_discovered_is_closed_to_strangers(host, tmp_path):
    host.add("one", "10.9.1.2/24")
    host.add("two", "10.9.1.3/24")
    with Lab(tmp_path) as lab, attaching(lab, "veth", "--name", host.full(""), "--mode", "enforce"):
        capturing(lab, 2)
        host.ping("one", "10.9.1.3")
        assert subprocess.run(["ping", "-q", "-c", "1", "-W", "1", "10.9.1.2"], check=False, capture_output=True).returncode == 1


def test_ipv6_addresses_come_along(host, tmp_path):
    host.add("one", "10.9.1.2/24")
    run("ip", "-n", host.full("one"), "address", "add", "2001:db8:9:1::2/64", "dev", "eth0", "nodad")
    with Lab(tmp_path) as lab, attaching(lab, "netns", "--name", host.full("")):
        capturing(lab, 1)
        [interface] = interfaces(lab).values()
        assert [address["Ipv6Address"] for address in interface["Ipv6Addresses"]] == ["2001:db8:9:1::2"]


def test_nothing_is_made_without_asking(host, tmp_path):
    host.add("one", "10.9.1.2/24")
    with Lab(tmp_path) as lab:
        arguments = ["attach", "--discover", "netns", "--name", host.full(""), "--data-dir", str(lab.data)]
        done = lab.flowlogd(*arguments, check=False)
        assert done.returncode == 2 and "--yes" in done.stderr
        assert re.search(r"gets VPC 10\.9\.0\.0/16 \(new\), subnet 10\.9\.1\.0/24 \(new\), interface 10\.9\.1\.2 \(new\)", done.stdout)
        assert interfaces(lab) == {}
        # Nor is anything dropped by packet sockets, made by halves, or looked for where it is not.
        for options, why in (
            (["--mode", "enforce", "--capture", "af_packet"], "packet sockets"),
            (["--log-group", "bad group!"], "the name of a log group"),
            (["--bridge", "br0"], "--bridge goes with --discover bridge"),
            (["--security-group", "sg-1"], "--vpc"),
            (["--vpc", "vpc-0123456789abcdef0"], "there is no VPC vpc-0123456789abcdef0"),
        ):
            done = lab.flowlogd(*arguments, "--yes", *options, check=False)
            assert done.returncode == 2 and why in done.stderr, done.stderr
        assert interfaces(lab) == {}


def test_containers_are_found_through_dockers_socket(host, tmp_path):
    host.add("c1", "10.9.1.2/24")
    host.add("c2", "10.9.1.3/24")
    processes = [host.process(name, "sleep", "600") for name in ("c1", "c2")]
    try:
        with Lab(tmp_path) as lab, fake_docker(tmp_path / "docker.sock") as docker:
            socket = ("--docker-socket", str(tmp_path / "docker.sock"))
            # What `ip netns exec` starts is in the namespace a moment later.
            docker.run("shop", processes[0].pid, {"front": "10.9.1.2/24"})
            docker.run("hostly", processes[0].pid, {})
            [shop] = eventually(lambda: (found := listed("docker", *socket)) and not found[0]["lack"] and found)
            assert (shop["name"], shop["device"], shop["addresses"]) == ("shop/front", "v-c1", ["10.9.1.2/24"])
            with attaching(lab, "docker", *socket) as attach:
                capturing(lab, 1)
                docker.run("stopped", 0, {"front": "10.9.1.9/24"})
                attach.wait_for(r"not attached: its processes have no network namespace of their own")
                docker.run("cart", processes[1].pid, {"front": "10.9.1.3/24"})
                capturing(lab, 2)
                assert interfaces(lab).keys() == {"shop/front", "cart/front"}
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_socket_without_docker_is_named(tmp_path):
    done = subprocess.run(
        [binary(), "attach", "--discover", "docker", "--docker-socket", str(tmp_path / "none"), "--list"],
        check=False, capture_output=True, text=True,
    )
    assert done.returncode == 4 and done.stderr.startswith(f"flowlogd: Docker at {tmp_path}/none: No such file")
