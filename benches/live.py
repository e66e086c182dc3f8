#!/usr/bin/env python3
"""Measures live capture in network namespaces of its own, as root: the kernel's program and the agent.

Settings are environment variables, so `make bench-live NAME=value` sets them:

  SERIES     which measurements, of program cold headroom tcp agent curve; default all but curve
  PAIRS      rounds of `headroom` and `tcp`, each with and without capture in turn; default 9
  SECONDS    how long a sender sends in each; default 3
  RATES      new flows a second of `agent`; default "3500 35000"
  FLOWLOGD   the program to measure; the default builds this checkout for release

  program    ns of the program for a packet, by the kernel's test runs (crates/agent/benches/kernel_program.rs)
  cold       the same on a real device, as the kernel counts it: 100,000 flows one after the other, 100 rules
  headroom   256-byte UDP packets over a veth pair: packets a second without capture, in the kernel, by packet sockets
  tcp        iperf3 over a veth pair, likewise
  agent      CPU and memory of the agent at so many new flows a second
  curve      more and more new flows a second, until packets are lost

CPU seconds are user and system. The report goes to the standard output.
"""

import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/conformance"))

from lab import Lab, eventually  # noqa: E402
from namespace import new_namespace  # noqa: E402
from test_flow_logs import make  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
SENDER = f"flowlogd-bench-{os.getpid()}"
CAPTURES = ["none", "ebpf", "af_packet"]
PAIRS = int(os.environ.get("PAIRS", "9"))
SECONDS = int(os.environ.get("SECONDS", "3"))
# Of `cold`, in seconds: the share of epochs' first packets in it is that of any other time.
ROUND = 10
# Addresses of a device's far end that packets are sent to; nobody answers there.
HOSTS = 8


def main():
    if len(sys.argv) > 1:
        print(__doc__)
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    if os.geteuid() != 0:
        print("live capture needs root", file=sys.stderr)
        return 1
    every = {"cold": cold, "headroom": headroom, "tcp": tcp, "agent": agent_cost, "curve": curve}
    asked = os.environ.get("SERIES", "program cold headroom tcp agent").split()
    if unknown := set(asked) - set(every) - {"program"}:
        print(f"no series is called {' '.join(sorted(unknown))}; there are program {' '.join(every)}", file=sys.stderr)
        return 2
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    if "program" in asked:
        bench = ["cargo", "bench", "--profile", "dev", "--locked", "--quiet", "-p", "flowlogd-agent", "--bench", "kernel_program"]
        subprocess.run(bench, cwd=ROOT, check=True)
    if "FLOWLOGD" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
        os.environ["FLOWLOGD"] = str(target / "release" / "flowlogd")
    (target / "bench").mkdir(parents=True, exist_ok=True)
    sender = target / "bench" / "sender"
    subprocess.run(["rustc", "--edition", "2024", "-O", "benches/kit/sender.rs", "-o", sender], cwd=ROOT, check=True)
    for name in asked:
        if name != "program":
            with tempfile.TemporaryDirectory(prefix="flowlogd-bench-") as directory, cables() as cable:
                every[name](Path(directory), cable, sender)
    print(f"load of the machine at the end: {os.getloadavg()[0]:.2f}")
    return 0


@contextlib.contextmanager
def cables():
    """Three cables from a namespace that sends to one where agents run; a cable for each capture."""
    with new_namespace():
        run("ip", "netns", "add", SENDER)
        try:
            inside("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
            for place, _ in enumerate(CAPTURES):
                run("ip", "link", "add", f"near{place}", "type", "veth", "peer", "name", f"far{place}", "netns", SENDER)
                run("ip", "link", "set", f"near{place}", "address", f"02:00:00:00:00:{place:02x}", "up")
                run("ip", "address", "add", f"10.9.{place}.254/24", "dev", f"near{place}")
                inside("ip", "link", "set", f"far{place}", "up")
                inside("ip", "address", "add", f"10.9.{place}.1/24", "dev", f"far{place}")
                for host in range(2, 2 + HOSTS):
                    inside("ip", "neigh", "add", f"10.9.{place}.{host}", "lladdr", f"02:00:00:00:00:{place:02x}", "dev", f"far{place}")
            yield {capture: place for place, capture in enumerate(CAPTURES)}
        finally:
            run("ip", "netns", "delete", SENDER)


def run(*command):
    subprocess.run(command, check=True)


def inside(*command):
    run("ip", "netns", "exec", SENDER, *command)


def send(sender, place, hosts=1, ports=1, seconds=SECONDS, pace=0, size=214, first_port=2000):
    """Sends packets. Returns how many, the seconds that it took, and the sender's CPU seconds."""
    done = subprocess.run(
        ["ip", "netns", "exec", SENDER, sender, "--to", f"10.9.{place}.2", "--hosts", str(hosts), "--ports", str(ports),
         "--seconds", str(seconds), "--pace", str(pace), "--size", str(size), "--first-port", str(first_port)],
        check=True, capture_output=True, text=True,
    )
    sent, failed, took, cpu = done.stdout.split()
    assert failed == "0", f"{failed} packets could not be sent"
    return int(sent), float(took), float(cpu)


@contextlib.contextmanager
def laboratory(directory, cable, captures, window=5):
    """A server, and an agent for each capture at the near end of its cable, under 100 rules."""
    directory.mkdir(exist_ok=True)
    config = "[server.quotas]\nrules_per_security_group = 200\n"
    with Lab(directory, config) as lab:
        agents = {}
        for capture in captures:
            interface = rules(lab, capture)
            agent = lab.agent(
                capture, "--interface", interface, "--device", f"near{cable[capture]}", "--side", "guest",
                "--capture", capture, window=window,
            )
            agent.wait_for(r'"state":"capturing"')
            agents[capture] = agent
        yield lab, agents


def rules(lab, name):
    """An interface that takes packets for everybody, and 100 rules of which the last accepts what is sent."""
    ec2 = lab.client("ec2", checked=False)
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    peers = [{"CidrIp": "10.0.0.0/8"}]
    narrow = [
        {"IpProtocol": protocol, "FromPort": 100 + n, "ToPort": 100 + n, "IpRanges": peers}
        for n in range(49) for protocol in ("tcp", "udp")
    ]
    wide = [{"IpProtocol": protocol, "FromPort": 1024, "ToPort": 65535, "IpRanges": peers} for protocol in ("tcp", "udp")]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=narrow + wide)
    interface = lab.interface(groups=[group])["NetworkInterfaceId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    make(lab, lab.role(f"role-{name}"), interface)
    return interface


def cpu(process):
    fields = Path(f"/proc/{process.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak(process):
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.process.pid}/status").read_text())
    return int(found[1]) / 1024


def programs(process):
    """How often the programs that a process holds have run, and ns that they took: the one of received packets."""
    counts = []
    for entry in Path(f"/proc/{process.process.pid}/fdinfo").iterdir():
        text = entry.read_text()
        if "run_time_ns" in text:
            counts.append((int(re.search(r"run_cnt:\s+(\d+)", text)[1]), int(re.search(r"run_time_ns:\s+(\d+)", text)[1])))
    return max(counts)


def cold(directory, cable, sender):
    with laboratory(directory, cable, ["ebpf"], window=60) as (_, agents):
        Path("/proc/sys/kernel/bpf_stats_enabled").write_text("1")
        try:
            results = {}
            for flows, hosts, ports in [(1, 1, 1), (1000, 1, 1000), (100_000, 2, 50_000)]:
                # Once through all of them, so that connections are there.
                send(sender, cable["ebpf"], hosts, ports, seconds=2)
                times = []
                for _ in range(PAIRS):
                    before = programs(agents["ebpf"])
                    send(sender, cable["ebpf"], hosts, ports, seconds=ROUND)
                    after = programs(agents["ebpf"])
                    times.append((after[1] - before[1]) / (after[0] - before[0]))
                results[flows] = times
        finally:
            Path("/proc/sys/kernel/bpf_stats_enabled").write_text("0")
    for flows, times in results.items():
        print(f"cold: {flows} flows in turn, 100 rules: {spread(times, 0)} ns a packet, the counting of it included")


def headroom(directory, cable, sender):
    with laboratory(directory, cable, ["ebpf", "af_packet"]):
        rates = {capture: [] for capture in CAPTURES}
        for capture in CAPTURES:
            send(sender, cable[capture], seconds=1)
        for turn in range(PAIRS):
            for capture in CAPTURES[turn % 3:] + CAPTURES[: turn % 3]:
                sent, took, _ = send(sender, cable[capture])
                rates[capture].append(sent / took)
    tell_ratios("headroom: 256-byte UDP", rates, "packets/s")


def tcp(directory, cable, _):
    with laboratory(directory, cable, ["ebpf", "af_packet"]):
        servers = [
            subprocess.Popen(["iperf3", "-s", "-B", f"10.9.{place}.254"], stdout=subprocess.DEVNULL) for place in cable.values()
        ]
        time.sleep(1)
        try:
            for offloads in ("on", "off"):
                for place in cable.values():
                    for device, where in ((f"near{place}", run), (f"far{place}", inside)):
                        where("ethtool", "-K", device, "tso", offloads, "gso", offloads, "gro", offloads)
                rates = {capture: [] for capture in CAPTURES}
                for turn in range(PAIRS):
                    for capture in CAPTURES[turn % 3:] + CAPTURES[: turn % 3]:
                        done = subprocess.run(
                            ["ip", "netns", "exec", SENDER, "iperf3", "-J", "-t", str(SECONDS), "-c", f"10.9.{cable[capture]}.254"],
                            check=True, capture_output=True, text=True,
                        )
                        rates[capture].append(json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9)
                tell_ratios(f"tcp: iperf3, offloads {offloads}", rates, "Gbit/s")
        finally:
            for server in servers:
                server.terminate()
                server.wait()


def agent_cost(directory, cable, sender):
    for rate in os.environ.get("RATES", "3500 35000").split():
        with laboratory(directory / rate, cable, ["ebpf"], window=60) as (_, agents):
            agent = agents["ebpf"]
            seconds = 70
            before, began = cpu(agent), time.monotonic()
            send(sender, cable["ebpf"], HOSTS, 50_000, seconds=seconds, pace=int(rate), size=18)
            took = time.monotonic() - began
            print(
                f"agent: {rate} new flows/s for {seconds} s: {(cpu(agent) - before) / took:.3f} of a core, "
                f"{peak(agent):.0f} MB at most"
            )


def curve(directory, cable, sender):
    with laboratory(directory, cable, ["ebpf"]) as (lab, agents):
        for rate in (20_000, 50_000, 100_000, 150_000, 200_000, 300_000, 400_000, 0):
            before = traffic(lab)
            sent, took, _ = send(sender, cable["ebpf"], HOSTS, 60_000, seconds=20, pace=rate, size=18)
            time.sleep(17)
            after = traffic(lab)
            counted, lost = (after[field] - before[field] for field in ("counted", "lost"))
            print(f"curve: {sent / took:.0f} packets/s, each a new flow: sent {sent}, counted {counted}, lost {lost} ({100 * lost / sent:.2f} %)")


def traffic(lab):
    def reported():
        agents = json.loads(lab.flowlogd("status", "--json").stdout)["agents"]
        return [attachment for agent in agents for attachment in agent["report"]["attachments"]]

    report = eventually(reported)[0]["traffic"]
    return {"counted": report["accepted"] + report["rejected"] + report["excluded"], "lost": report["lost"]}


def spread(values, digits):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def tell_ratios(what, rates, unit):
    """Ratios round by round: what is common to a round falls out."""
    print(f"{what}: without capture {spread(rates['none'], 2)} {unit}")
    for capture in CAPTURES[1:]:
        lost = [100 * (1 - with_it / without) for with_it, without in zip(rates[capture], rates["none"])]
        print(f"{what}: {capture} {spread(rates[capture], 2)} {unit}, less by {spread(lost, 1)} %")


if __name__ == "__main__":
    sys.exit(main())
