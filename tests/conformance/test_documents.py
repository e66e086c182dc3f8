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


def run(document, network, directory):
    """Runs a document in a directory, and returns what each section shows, commands included, by its heading."""
    path = [str(Path(binary()).resolve().parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    if not shutil.which("ping"):
        path.append(str(stand_in_for_ping(directory)))
    runner = ROOT / "tests/demo/run_document.py"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        ["ip", "netns", "exec", network, "sh", "-c", ALONE, "sh", sys.executable, str(runner), str(ROOT / document)],
        cwd=directory,
        env={**plain, "PATH": os.pathsep.join(path), "HOME": str(directory)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
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
