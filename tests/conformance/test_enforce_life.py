"""Rules that are enforced while they change, and while the agent is killed, restarted and upgraded, under a steady stream of
packets that are each judged for themselves: every single one arrived as its record tells, and none has no record."""

import itertools
import shutil
import signal
import time
from collections import Counter

import pytest

from lab import binary
from test_verdicts_live import tracked
from vpc_lab import WINDOW, new_vpc
from vpc_traffic import ANSWERED, REFUSED, Session, Stream, tcp

PEER = "203.0.113.7"
OPEN, SHUT, ONCE_OPEN = 5000, 5001, 5002
CHANGES = 50
# Seconds in which a change through the API has to be in force.
IN_FORCE = 2


@pytest.fixture
def vpc(tmp_path):
    with new_vpc(tmp_path, [PEER]) as network:
        yield network


def told(vpc, stream, rules, refusal):
    """Ends the stream and waits for its records. Returns the numbers of the packets that arrived: those of the ACCEPT records,
    which are by one of these rules, while all others are those of the REJECT records, for want of one."""
    sent = stream.end()
    vpc.wait_for_records()
    recorded, verdicts = Counter(), Counter()
    events = [fields for guest in stream.guests for fields in guest.events()]
    for direction, source, srcport, target, port, _, packets, action, rule, mode, _ in events:
        assert (direction, mode) == ("ingress", "enforce")
        assert rule in rules if action == "ACCEPT" else rule == refusal
        recorded[source, int(srcport), target, int(port), action] += int(packets)
        verdicts[action] += int(packets)
    print(f"\nsent {sent}, arrived {len(stream.arrived)}, {len(events)} records: {dict(verdicts)}")
    arrived = set(stream.arrived)
    assert len(arrived) == len(stream.arrived)
    verdict = {True: "ACCEPT", False: "REJECT"}
    passed = Counter((*stream.source(it), *stream.target(it), verdict[it in arrived]) for it in range(sent))
    assert (passed - recorded, recorded - passed) == (Counter(), Counter())
    assert [attachment["traffic"]["lost"] for attachment in vpc.report()["attachments"]] == [0] * len(vpc.guests)
    return arrived


def wait_for_switch(stream, before, opens):
    """Waits until packets from `before` on arrive, or no longer do."""
    deadline = time.monotonic() + IN_FORCE + 1
    while time.monotonic() < deadline:
        sent = stream.sent
        time.sleep(0.05)
        last = max(stream.look(), default=-1)
        if last >= before if opens else last < sent - stream.RATE // 10:
            return
    raise AssertionError("the change is not in force")


@pytest.mark.parametrize("flows", ["each packet tracked", "one untracked"])
def test_each_of_many_changes_splits_a_stream_once_and_nothing_is_lost(vpc, flows):
    # What a group lets in from everywhere is not tracked if it lets everything out, too.
    tracked = flows == "each packet tracked"
    group, peers = (vpc.group().nothing_out(), "172.16.0.0/16") if tracked else (vpc.group(), "0.0.0.0/0")
    guests = [vpc.guest(own, group) for own in ("10.0.1.5", "10.0.2.5")]
    vpc.agent()
    # If one of them had a change before the other, the stream to both in turn would be split more often.
    stream = Stream(vpc, *((guest, OPEN) for guest in guests), one_source=not tracked)
    time.sleep(0.5)
    assert stream.look() == []
    rules, changes = [], []
    for turn in range(CHANGES):
        opens, before = turn % 2 == 0, stream.sent
        if opens:
            rules.append(group.let_in("udp", OPEN, peers))
        else:
            group.no_longer(rules[-1])
        answered = time.monotonic()
        wait_for_switch(stream, before, opens)
        changes.append((before, answered))
        time.sleep(0.1)
    arrived = told(vpc, stream, set(rules), group.refusal)

    switches = [number for number in range(1, stream.sent) if (number in arrived) != (number - 1 in arrived)]
    # Before and after each of them there is one verdict only.
    assert len(switches) == CHANGES
    took = [stream.sent_at[switch] - answered for switch, (_, answered) in zip(switches, changes)]
    print(f"{CHANGES} changes in force after {min(took):.3f} to {max(took):.3f} s")
    assert all(switch >= before for switch, (before, _) in zip(switches, changes))
    assert max(took) <= IN_FORCE


def check_alternating(stream):
    """All that was sent to the open port arrived, but for what is under way, and nothing else did."""
    sent = stream.sent
    time.sleep(0.1)
    arrived = stream.look()
    assert all(number % 2 == 0 for number in arrived)
    assert len(arrived) >= sent // 2


def kill(vpc, agent):
    vpc.lab.agents.remove(agent)
    agent.end(signal.SIGKILL)


def end(vpc, agent):
    vpc.lab.agents.remove(agent)
    assert agent.end() == 0


def upgrade(directory, monkeypatch):
    """From now on the program is another file, by its path and by its content."""
    other = directory / f"flowlogd-{time.monotonic_ns()}"
    shutil.copy(binary(), other)
    with open(other, "ab") as file:
        file.write(b"another version")
    monkeypatch.setenv("FLOWLOGD", str(other))


@pytest.mark.parametrize(
    "way, pauses",
    [("kill", [0, WINDOW + 1, 0.4]), ("restart", [0, WINDOW + 1]), ("upgrade", [0, WINDOW + 1])],
    ids=["kill", "restart", "upgrade"],
)
def test_what_is_refused_stays_refused_and_what_is_accepted_flows_on(vpc, tmp_path, monkeypatch, way, pauses):
    group = vpc.group().nothing_out()
    rule = group.let_in("udp", OPEN, "172.16.0.0/16")
    guest = vpc.guest("10.0.1.5", group)
    agent = vpc.agent()
    stream = Stream(vpc, (guest, OPEN), (guest, SHUT))
    for round, pause in enumerate(pauses):
        time.sleep(0.5 + 0.4 * round)
        check_alternating(stream)
        (kill if way == "kill" else end)(vpc, agent)
        time.sleep(pause)
        check_alternating(stream)
        if way == "upgrade":
            upgrade(tmp_path, monkeypatch)
        agent = vpc.agent()
        check_alternating(stream)
    time.sleep(0.5)
    assert told(vpc, stream, {rule}, group.refusal) == set(range(0, stream.sent, 2))


def test_a_change_that_no_agent_heard_of_is_in_force_with_the_next_start(vpc):
    group = vpc.group().nothing_out()
    rule = group.let_in("udp", OPEN, "172.16.0.0/16")
    guest = vpc.guest("10.0.1.5", group)
    agent = vpc.agent()
    stream = Stream(vpc, (guest, OPEN))
    time.sleep(0.5)
    kill(vpc, agent)
    group.no_longer(rule)
    # The last rules are enforced on.
    time.sleep(1.5)
    sent = stream.sent
    vpc.agent()
    started = time.monotonic()
    wait_for_switch(stream, sent, opens=False)
    arrived = told(vpc, stream, {rule}, group.refusal)
    assert arrived == set(range(len(arrived))) and len(arrived) > sent
    took = stream.sent_at[len(arrived)] - started
    print(f"in force {took:.3f} s after the start")
    assert took <= IN_FORCE


class Sessions:
    """TCP connections of the peer to a guest, some of which outlive their rule, and attempts at what no rule allows."""

    def __init__(self, vpc):
        self.vpc, self.open, self.expected = vpc, [], set()
        self.ports = itertools.count(40_000)
        self.group = vpc.group().nothing_out()
        self.rules = {port: self.group.let_in("tcp", port, "203.0.113.0/24") for port in (OPEN, ONCE_OPEN)}
        self.guest = vpc.guest("10.0.1.5", self.group)

    def ends(self, port):
        return f"{PEER}:{next(self.ports)}", f"{self.guest.addresses[0]}:{port}"

    def begin(self, port):
        ends = self.ends(port)
        self.open.append(Session(self.vpc, *ends))
        assert self.open[-1].carries()
        self.expected |= tracked("ingress", *ends, self.rules[port])

    def begin_and_take_the_rule_away(self):
        self.begin(ONCE_OPEN)
        self.group.no_longer(self.rules[ONCE_OPEN])
        time.sleep(IN_FORCE)

    def check(self):
        """What is open carries on, what is new is opened if a rule allows it, and nothing else is."""
        assert [session.carries() for session in self.open] == [True] * len(self.open)
        self.begin(OPEN)
        for port in (SHUT, ONCE_OPEN):
            ends = self.ends(port)
            assert tcp(self.vpc, *ends) == REFUSED
            self.expected.add(f"ingress {' > '.join(ends)} REJECT {self.group.refusal}")

    def check_records(self):
        for session in self.open:
            session.close()
        self.vpc.wait_for_records()
        assert self.guest.records() == self.expected
        assert [attachment["traffic"]["lost"] for attachment in self.vpc.report()["attachments"]] == [0]


def test_sessions_outlive_their_rule_and_agent_after_agent(vpc, tmp_path, monkeypatch):
    sessions = Sessions(vpc)
    agent = vpc.agent()
    sessions.begin_and_take_the_rule_away()
    sessions.check()
    for way in ("kill", "restart", "upgrade"):
        (kill if way == "kill" else end)(vpc, agent)
        sessions.check()
        if way == "upgrade":
            upgrade(tmp_path, monkeypatch)
        agent = vpc.agent()
        sessions.check()
    sessions.check_records()


def test_a_device_that_is_made_anew_is_enforced_at_again_and_sessions_go_on(vpc):
    sessions = Sessions(vpc)
    agent = vpc.agent()
    sessions.begin_and_take_the_rule_away()
    for _ in range(3):
        sessions.guest.make_anew()
        # A quarter of a second, and what the agent needs to do it.
        time.sleep(1)
        sessions.check()
    sessions.check_records()

    # Nobody is there who could attach it: everything passes until somebody is.
    kill(vpc, agent)
    sessions.guest.make_anew()
    assert tcp(vpc, *sessions.ends(SHUT)) == ANSWERED
    vpc.agent()
    assert tcp(vpc, *sessions.ends(SHUT)) == REFUSED
