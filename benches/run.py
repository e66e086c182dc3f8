#!/usr/bin/env python3
"""Measures `flowlogd replay`, and records as text, against yardsticks, in turn: A B A B …

Settings are environment variables, so `make bench NAME=value` sets them:

  CAPTURES   which captures, of m0 m1 m2 m3 t4 t5; the default is all, 9 GB on disk, for `plain`, and m1 for
             `rules` and `threads`
  PAIRS      how many pairs of runs each comparison has; default 5
  SERIES     which comparisons, of plain rules threads text; default all. `text` needs no capture
  RULES      entries of security group and network ACL in each direction, in `rules`; default 40
  THREADS    the two numbers of threads that `threads` compares; default 1,2
  LINES      records that `text` writes and reads; default 500000
  FLOWLOGD   the program to measure; the default builds this checkout
  PERF_KIT   a directory with another generator and yardstick (make_throughput.sh, limit.rs, rec.rs); the default
             is ../shared/perf if there is one, else benches/kit

The report goes to the standard output and to target/bench/report.md.
"""

import contextlib
import filecmp
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KIT = ROOT / "benches" / "kit"
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
BENCH = TARGET / "bench"

# Name here, name in the other kit, bytes on disk, and the ratio that docs/performance.md promises.
CAPTURES = {
    "m0": ("m0_2m_100k.pcap", 0.2e9, None),
    "m1": ("m1_20m_100k.pcap", 2.0e9, 2.0),
    "m2": ("m2_20m_1m.pcap", 2.0e9, 2.0),
    "m3": ("m3_20m_10m.pcap", 2.0e9, 2.0),
    "t4": ("t4_4m_full.pcap", 1.5e9, 1.5),
    "t5": ("t5_10m_churn_ns.pcap", 1.1e9, 2.0),
}
ALL_SERIES = ["plain", "rules", "threads", "text"]
RULES_GOAL = 2.6
THREADS_GOAL = 1.7


@dataclass
class Run:
    """What one run of a program cost."""

    cpu: float
    wall: float


@dataclass
class Output:
    """What a file of version 2 lines holds."""

    records: int
    packets: int
    live_flows: int  # in the fullest minute


def main():
    if len(sys.argv) > 1:
        print(__doc__)
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    asked = os.environ.get("CAPTURES", "").split()
    names = asked or list(CAPTURES)
    series = os.environ.get("SERIES", " ".join(ALL_SERIES)).split()
    pairs = int(os.environ.get("PAIRS", "5"))
    for name in names:
        if name not in CAPTURES:
            return fail(f"no capture is called {name}; there are {' '.join(CAPTURES)}")
    unknown = set(series) - set(ALL_SERIES)
    if unknown:
        return fail(f"no series is called {' '.join(sorted(unknown))}; there are {' '.join(ALL_SERIES)}")

    BENCH.mkdir(parents=True, exist_ok=True)
    kit = Kit()
    needs_captures = set(series) != {"text"}
    if needs_captures:
        missing = sum(CAPTURES[name][1] for name in names if not kit.path(name).exists())
        free = shutil.disk_usage(BENCH).free
        if missing + 4e9 > free:
            return fail(
                f"{missing / 1e9:.1f} GB of captures and 4 GB of output are needed, {free / 1e9:.1f} GB are free"
            )
    flowlogd = subject() if needs_captures else None

    bench = Bench(kit, flowlogd, pairs)
    bench.say(
        f"# Replay and records, {date.today()}\n\n{machine()}\n\n"
        f"Yardstick and captures: {kit.origin}. {pairs} pairs in turn."
    )
    if "plain" in series:
        bench.plain(names)
    if "rules" in series:
        bench.rules(asked or ["m1"], os.environ.get("RULES", "40"))
    if "threads" in series:
        bench.threads(asked or ["m1"], os.environ.get("THREADS", "1,2"))
    if "text" in series:
        bench.text(os.environ.get("LINES", "500000"))
    bench.say(f"\nLoad of the machine at the end: {os.getloadavg()[0]:.2f}.")
    return 1 if bench.faults else 0


class Kit:
    """The generator and the yardstick: the project's own, or those of a directory beside it."""

    def __init__(self):
        other = Path(os.environ.get("PERF_KIT", ROOT.parent / "shared" / "perf"))
        self.other = other if (other / "limit.rs").exists() else None
        self.origin = "of a kit beside the checkout" if self.other else "benches/kit"
        self.data = BENCH / ("kit" if self.other else "own")
        self.data.mkdir(exist_ok=True)
        yardstick = self.other / "limit.rs" if self.other else KIT / "yardstick.rs"
        self.program = compiled(yardstick, self.data / "yardstick", "2021" if self.other else "2024")

    def path(self, name):
        return self.data / (CAPTURES[name][0] if self.other else f"{name}.pcap")

    def capture(self, name):
        """Returns the capture's path, and makes it first if need be."""
        path = self.path(name)
        if not path.exists():
            note(f"generating {name}")
            if self.other:
                command = ["sh", str(self.other / "make_throughput.sh"), str(self.data), path.name]
            else:
                generator = compiled(KIT / "generator.rs", self.data / "generator", "2024")
                command = [str(generator), name, f"{path}.part"]
            check(command)
            if not self.other:
                os.rename(f"{path}.part", path)
        return path

    def yardstick(self, capture, out, mode="flowpf"):
        modes = [mode] if self.other else []
        return [str(self.program), *modes, str(capture), str(out)]

    def frugal_yardstick(self, capture, out):
        """The same with read(2): a mapped file would count as resident."""
        return self.yardstick(capture, out, "read:flowpf")

    def records(self, lines):
        """Returns the other kit's loops over records, and a file of records that it makes."""
        source = self.other and self.other / "rec.rs"
        if not source or not source.exists():
            return None, None
        program, path = compiled(source, self.data / "rec", "2021"), self.data / f"v2_{lines}.txt"
        if not path.exists():
            check([str(program), "gen", "v2", lines, "1", f"{path}.part"])
            os.rename(f"{path}.part", path)
        return str(program), str(path)

    def inventory(self, name, rules):
        """Returns an inventory whose interfaces own the clients of the capture."""
        path = self.data / f"{name}.{rules}.json"
        program = compiled(KIT / "inventory.rs", BENCH / "inventory", "2024")
        if not path.exists() or path.stat().st_mtime < program.stat().st_mtime:
            check([str(program), str(self.capture(name)), rules, str(path)])
        return path


class Bench:
    def __init__(self, kit, flowlogd, pairs):
        self.kit, self.flowlogd, self.pairs = kit, flowlogd, pairs
        self.report = open(BENCH / "report.md", "w")
        self.faults = 0

    def say(self, text):
        print(text, flush=True)
        print(text, file=self.report, flush=True)

    def replay(self, capture, out, *options):
        # The yardstick's windows are a minute, flowlogd's ten unless told.
        minute = ["--aggregation-interval", "60"]
        return [self.flowlogd, "replay", str(capture), "--output", str(out), *minute, *options]

    def outputs(self):
        return BENCH / "flowlogd.out", BENCH / "yardstick.out"

    def plain(self, names):
        """Promiscuous, one thread: the goal of each capture, memory, and whether every packet is told."""
        self.say(
            "\n## Promiscuous, one thread\n\n"
            "| capture | packets | records | flowlogd, ns/packet | yardstick | ratio (min–max) | goal "
            "| resident, MB | bytes per live flow | yardstick's | lost |\n"
            "|---|---|---|---|---|---|---|---|---|---|---|"
        )
        ours, theirs = self.outputs()
        empty = BENCH / "empty.pcap"
        for name in names:
            capture = self.kit.capture(name)
            empty.write_bytes(capture.open("rb").read(24))
            options = ["--promiscuous", "--threads", "1"]
            replay = self.replay(capture, ours, *options)
            resident = peak(replay)
            growth = resident - peak(self.replay(empty, ours, *options))
            growth_yardstick = peak(self.kit.frugal_yardstick(capture, theirs)) - peak(
                self.kit.frugal_yardstick(empty, theirs)
            )
            a, b = self.in_turn(replay, self.kit.yardstick(capture, theirs))
            seen, told, measure = packets_of(capture), read_output(ours), read_output(theirs)
            ratio = spread([x.cpu / y.cpu for x, y in zip(a, b)])
            flows = max(measure.live_flows, 1)
            # What the yardstick cannot read has no flow; only what it tells and we do not is lost.
            lost = measure.packets - told.packets
            self.faults += lost > 0
            goal = CAPTURES[name][2]
            self.say(
                f"| {name} | {seen:,} | {told.records:,} | {nanoseconds(a, seen)} | {nanoseconds(b, seen)} | {ratio} "
                f"| {'≤ ' + str(goal) if goal else '–'} | {resident / 1e6:.0f} | {growth / flows:.0f} "
                f"| {growth_yardstick / flows:.0f} | {lost:,} |"
            )

    def rules(self, names, rules):
        """With an inventory, security groups, network ACLs and connection tracking; one thread."""
        self.say(
            f"\n## With an inventory, {rules} + {rules} entries in each direction, connections tracked, one thread\n\n"
            "| capture | packets | recorded | accepted | flowlogd, ns/packet | yardstick | ratio (min–max) | goal "
            "| resident, MB |\n|---|---|---|---|---|---|---|---|---|"
        )
        ours, theirs = self.outputs()
        for name in names:
            capture, inventory = self.kit.capture(name), self.kit.inventory(name, rules)
            options = ["--inventory", str(inventory), "--threads", "1"]
            replay = self.replay(capture, ours, *options)
            resident = peak(replay)
            a, b = self.in_turn(replay, self.kit.yardstick(capture, theirs))
            seen, told = packets_of(capture), read_output(ours)
            accepted = read_output(ours, "ACCEPT").packets
            ratio = spread([x.cpu / y.cpu for x, y in zip(a, b)])
            self.say(
                f"| {name} | {seen:,} | {told.packets / seen:.1%} | {accepted / max(told.packets, 1):.1%} "
                f"| {nanoseconds(a, seen)} | {nanoseconds(b, seen)} | {ratio} "
                f"| {'≤ ' + str(RULES_GOAL) if name == 'm1' else '–'} | {resident / 1e6:.0f} |"
            )

    def threads(self, names, threads):
        """Few threads against more, on the same capture: wall time, and whether the files are equal."""
        few, more = threads.split(",")
        self.say(
            f"\n## {more} threads against {few}, promiscuous (wall time: a busy machine spoils it)\n\n"
            f"| capture | wall with {few}, s | with {more}, s | packets per second (min–max) | goal "
            f"| CPU with {few}, s | with {more}, s | same file |\n|---|---|---|---|---|---|---|---|"
        )
        ours, theirs = self.outputs()
        for name in names:
            capture = self.kit.capture(name)
            options = ["--promiscuous", "--threads"]
            a, b = self.in_turn(
                self.replay(capture, ours, *options, more), self.replay(capture, theirs, *options, few)
            )
            same = filecmp.cmp(ours, theirs, shallow=False)
            self.faults += not same
            gain = spread([y.wall / x.wall for x, y in zip(a, b)])
            self.say(
                f"| {name} | {median(b, 'wall'):.2f} | {median(a, 'wall'):.2f} | {gain} "
                f"| {'≥ ' + str(THREADS_GOAL) if name == 'm1' else '–'} | {median(b, 'cpu'):.2f} "
                f"| {median(a, 'cpu'):.2f} | {'yes' if same else 'NO'} |"
            )

    def text(self, lines):
        """Records as text, written and read: the loops of benches/text.rs, and those of the other kit."""
        program, path = self.kit.records(lines)
        command = ["cargo", "bench", "--locked", "--quiet", "--bench", "text", "--"]
        command += ["--lines", lines, "--rounds", str(self.pairs)]
        command += ["--file", path] if path else []
        note(" ".join(command))
        table = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
        self.say(f"\n## Records, {int(lines):,} lines, one thread\n\n{table.strip()}")
        if program:
            write = [program, "write", lines, "1", "/dev/null"]
            for name, runs in zip(("write", "read"), self.in_turn(write, [program, "parse", path])):
                costs = [run.cpu * 1e9 / int(lines) for run in runs]
                self.say(f"| {name} v2: the other kit's | {min(costs):.0f} | {statistics.median(costs):.0f} | – | – |")

    def in_turn(self, a, b):
        """Runs both once for the page cache, then in pairs."""
        note(" ".join(a))
        measured(a), measured(b)
        runs = [(measured(a), measured(b)) for _ in range(self.pairs)]
        return [a for a, _ in runs], [b for _, b in runs]


def measured(command):
    """Runs a command and returns what it cost."""
    with started(command) as (child, began):
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        ended(child, status)
    return Run(usage.ru_utime + usage.ru_stime, wall)


def peak(command):
    """Runs a command and returns the most memory it had resident, in bytes.

    Watched in /proc, because what wait4 reports is never less than the size of the program that started it.
    """
    most = 0
    with started(command) as (child, _):
        while True:
            with contextlib.suppress(OSError), open(f"/proc/{child.pid}/status") as status:
                lines = [line for line in status if line.startswith("VmHWM:")]
                most = max([most] + [int(line.split()[1]) * 1024 for line in lines])
            pid, status, _ = os.wait4(child.pid, os.WNOHANG)
            if pid:
                ended(child, status)
                return most


@contextlib.contextmanager
def started(command):
    """Starts a command whose messages go to target/bench/last.log."""
    with open(BENCH / "last.log", "wb") as log:
        began = time.monotonic()
        yield subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log), began


def ended(child, status):
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        said = (BENCH / "last.log").read_text(errors="replace").strip()
        command = " ".join(child.args)
        raise SystemExit(f"{command}\nended with {child.returncode}: {said[-2000:]}")


def read_output(path, action=""):
    """Adds up version 2 lines; awk does 12 million of them in seconds."""
    program = (
        'NR == 1 && $1 == "version" { next } $14 == "OK" && (want == "" || want == $13) '
        "{ records++; packets += $9; minute = int($11 / 60); if (++live[minute] > most) most = live[minute] } "
        'END { printf "%d %.0f %d", records, packets, most }'
    )
    command = ["awk", "-v", f"want={action}", program, str(path)]
    counts = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return Output(*(int(count) for count in counts))


def packets_of(capture):
    """Returns the number of packets: from the generator's note, counted only once."""
    note_path = Path(f"{capture}.packets")
    if not note_path.exists():
        count = 0
        with open(capture, "rb", buffering=1 << 20) as file:
            file.read(24)
            while header := file.read(16):
                file.seek(int.from_bytes(header[8:12], "little"), os.SEEK_CUR)
                count += 1
        note_path.write_text(str(count))
    return int(note_path.read_text())


def subject():
    """Returns the program to measure, built for release."""
    if program := os.environ.get("FLOWLOGD"):
        return str(Path(program).resolve())
    note("building flowlogd for release")
    check(["cargo", "build", "--release", "--locked", "--quiet"])
    return str(TARGET / "release" / "flowlogd")


def compiled(source, program, edition):
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        options = ["-C", "opt-level=3", "-C", "target-cpu=native", "--cap-lints", "allow"]
        check(["rustc", "--edition", edition, *options, "-o", str(program), str(source)])
    return program


def check(command):
    subprocess.run(command, check=True, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def machine():
    models = [line for line in open("/proc/cpuinfo") if line.startswith("model name")]
    model = models[0].split(":")[1].strip() if models else platform.machine()
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, load {os.getloadavg()[0]:.2f} at the start."


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def nanoseconds(runs, packets):
    return f"{median(runs, 'cpu') * 1e9 / packets:.0f}"


def spread(values):
    return f"**{statistics.median(values):.2f}** ({min(values):.2f}–{max(values):.2f})"


def note(text):
    print(text, file=sys.stderr, flush=True)


def fail(text):
    note(text)
    return 2


if __name__ == "__main__":
    sys.exit(main())
