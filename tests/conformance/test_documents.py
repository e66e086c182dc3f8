"""The documents' commands run as they are printed."""

import os
import re
import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from lab import ROOT, binary
from namespace import need_root

# Names of network namespaces are the machine's: the document's own are kept to itself.
ALONE = 'ip link set lo up && mount -t tmpfs none /run/netns && exec "$@"'


@pytest.fixture
def network():
    """A network namespace in which everything is deleted at the end, processes included."""
    need_root("the quick start needs root for its network namespace")
    name = f"flowlogd-{uuid.uuid4().hex[:8]}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    yield name
    left = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True, check=True).stdout.split()
    for process in left:
        subprocess.run(["kill", "-KILL", process], check=False)
    subprocess.run(["ip", "netns", "del", name], check=True)


def stand_in_for_ping(directory):
    """A directory with a `ping` that sends the same packets; a reader's machine has one."""
    place = directory / "bin"
    place.mkdir()
    script = place / "ping"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("ping.py")} "$@"\n')
    script.chmod(0o755)
    print("this machine has no ping: tests/conformance/ping.py stands in for it")
    return place


def run(document, network, directory, seconds=240):
    """Runs a document in a directory, and returns what each section shows, commands included, by its heading."""
    path = [str(Path(binary()).resolve().parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    if not shutil.which("ping"):
        path.append(str(stand_in_for_ping(directory)))
    runner = Path(__file__).with_name("run_document.py")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        ["ip", "netns", "exec", network, "sh", "-c", ALONE, "sh", sys.executable, str(runner), str(ROOT / document)],
        cwd=directory,
        env={**plain, "PATH": os.pathsep.join(path), "HOME": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
        check=False,
    )
    # Shown if the test fails.
    print(done.stdout)
    for log in sorted(directory.glob("*.log")):
        print(f"{log.name}:\n" + "\n".join(log.read_text().splitlines()[-30:]))
    assert done.returncode == 0, f"{document} ended with {done.returncode}"
    pieces = re.split(r"^== (.*)$", done.stdout, flags=re.MULTILINE)
    return {
        heading: [line for line in text.splitlines() if line] for heading, text in zip(pieces[1::2], pieces[2::2])
    }


def test_the_quick_start_does_what_it_says(network, tmp_path):
    told = run("docs/quick-start-aws-cli.md", network, tmp_path)

    assert told["Start the server"][-1].split()[1] == "arn:aws:iam::123456789012:root"
    first = told["Make traffic, and read the records"]
    deciding = {
        (direction, port, action): rule
        for direction, port, action, rule in (
            re.match(r".*?(ingress|egress) \S+ \d+ \S+ (\d+) \d+ \d+ (ACCEPT|REJECT) (\S+) \S+ OK$", line).groups()
            for line in first
            if re.search(r"(ACCEPT|REJECT) \S+ \S+ OK$", line)
        )
    }
    web, ssh = deciding["ingress", "80", "ACCEPT"], deciding["ingress", "22", "REJECT"]
    assert web.startswith("sgr-") and web in told["Make a network"]
    assert ssh.startswith("implicit-deny:sg-")
    assert re.fullmatch(r"acl-\w+:egress:90", deciding["egress", "0", "REJECT"])
    assert deciding["ingress", "0", "ACCEPT"] in told["Make a network"]
    assert any(f"{ssh} {web}:port OK" in line for line in first), "the nearest miss is the rule for port 80"

    broken = told["Take the role's permission away"]
    assert any(re.fullmatch(r"fl-\w+\tFAILED\tAccess error", line) for line in broken)
    assert any("BROKEN logs:" in line for line in broken)

    mended = told["Give it back"]
    assert any(re.search(r"(ACCEPT|REJECT) \S+ \S+ OK$", line) for line in mended), "what waited came"
    assert not any("BROKEN" in line for line in mended)


def test_metric_filters_count_as_their_page_says(network, tmp_path):
    told = run("docs/metric-filters.md", network, tmp_path)

    assert told["Try the pattern"][-1].split() == ["2", "10.0.0.7", "180"]
    assert told["Put the filters"][-1].split() == ["rejected", "rejected-bytes"]
    shown = (ROOT / "docs/metric-filters.md").read_text().split("```text\n")[1].split("```")[0].splitlines()
    read = [line for line in told["Read the metrics"] if re.match(r"flowlogd_log_metric\w*[{ ]", line)]
    assert read == shown


@pytest.fixture
def no_lab():
    """Sees to it that no lab is left, however the test ends."""
    assert not Path("/run/flowlogd-lab").exists(), "there is a lab on this machine: flowlogd lab down removes it"
    yield
    if Path("/run/flowlogd-lab").exists():
        subprocess.run([binary(), "lab", "down"], check=True)
        pytest.fail("the lab was left behind")


def test_the_incidents_of_the_lab_are_as_they_are_told(network, no_lab, tmp_path):
    told = run("docs/lab.md", network, tmp_path, 400)

    def shows(heading, *patterns):
        text = "\n".join(told[heading])
        for pattern in patterns:
            assert re.search(pattern, text, re.MULTILINE), f"{heading} shows nothing like {pattern}"

    shows("Make it", r"^The lab is up at", r":22 by implicit-deny:sg-\w+ nearest sgr-\w+:port$")
    shows(
        "Traffic is not received: is it the network ACL?",
        r"^10\.0\.1\.10:80: no answer$",
        r"10\.0\.2\.20 -> 10\.0\.1\.10:80 by acl-\w+:ingress:90 nearest -$",
        r"^90\t6\t10\.0\.2\.0/24\tdeny$",
        r"^10\.0\.1\.10:80: connected$",
    )
    shows(
        "Answers that do not come back: ephemeral ports",
        r"^10\.0\.1\.10:80: no answer$",
        r"egress 10\.0\.1\.10 -> 198\.51\.100\.20:\d+ by acl-\w+:egress:\*",
        r"^10\.0\.1\.10:80: connected$",
    )
    shows(
        "The wrong security group",
        r"^10\.0\.2\.10:8080: no answer$",
        r"10\.0\.2\.10:8080 by implicit-deny:sg-\w+ nearest sgr-\w+:peer$",
        r"^10\.0\.2\.10:8080: connected$",
    )
    shows("IPv6 forgotten", r"^\[2001:db8:1ab:1a01::10\]:80: no answer$", r":family$", r"::10\]:80: connected$")
    shows("A role that cannot deliver", r"^fl-\w+\tFAILED\tAccess error$", "BROKEN logs:", "^SUCCESS$")
    shows("A scan", r"999 without an answer$", r"^ +(999|1\d{3}) 198\.51\.100\.20$", r"by acl-\w+:ingress:10 nearest -$")
    assert told["Remove it"][-1] == "The lab is gone."
    left = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    assert not re.search(r"flowlogd (lab run|agent --config /run/flowlogd-lab)", left)
