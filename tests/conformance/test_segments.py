"""What lies in segments is read like what has just come: by boto3, both AWS CLIs, awslogs and flowlogs-reader."""

import json
import os
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from flowlogs_reader import FlowLogsReader

from lab import REGION, Lab
from test_flow_logs import GROUP, make

# Everything is moved within two seconds of its coming, and merged as soon as there are two.
CONFIG = "[server.log_store]\ndrain_bytes = 1\nmerge_segments = 2\nballast_bytes = 1048576\n"
ADDRESS = "172.31.16.77"
PER_STREAM = 400


def line(eni, place, now):
    action = "REJECT" if place % 5 == 0 else "ACCEPT"
    port = [22, 80, 443][place % 3]
    return (
        f"2 123456789012 {eni} 10.0.{place % 7}.{place % 200} {ADDRESS} {1024 + place} {port} 6 {place + 1}"
        f" {40 * (place + 1)} {now // 1000} {now // 1000 + 59} {action} OK"
    )


def message(stream, place, now):
    """Three streams: flow logs, JSON, and whatever else."""
    if stream.startswith("eni-"):
        return line(stream.removesuffix("-all"), place, now)
    if stream == "json":
        return json.dumps({"place": place, "action": "REJECT" if place % 5 == 0 else "ACCEPT"})
    return f"  text number {place:03}, \"quoted\" [in brackets] äöü ☃ REJECT" if place % 5 == 0 else f"text {place}\twith a tab"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("segments"), CONFIG) as lab:
        eni = lab.interface(ADDRESS)["NetworkInterfaceId"]
        make(lab, lab.role(), eni)
        logs = lab.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        if GROUP not in groups:
            logs.create_log_group(logGroupName=GROUP)
        events = {}
        begin = int(time.time() * 1000) - 1800_000
        for stream in (f"{eni}-all", "json", "text"):
            logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
            events[stream] = [
                {"timestamp": begin + 7 * place, "message": message(stream, place, begin)} for place in range(PER_STREAM)
            ]
            # In several batches, so that there is something to merge.
            for first in range(0, PER_STREAM, 100):
                logs.put_log_events(
                    logGroupName=GROUP, logStreamName=stream, logEvents=events[stream][first : first + 100]
                )
            time.sleep(1.1)
        wait_until_moved(lab)
        yield lab, eni, events


def wait_until_moved(lab):
    """Until all blocks are gone from the database, and there are segments."""
    for _ in range(100):
        database = sqlite3.connect(f"file:{lab.data}/logs/meta.db?mode=ro", uri=True)
        blocks = database.execute("SELECT count(*) FROM block JOIN log_group ON log_group.id = group_id WHERE name = ?", [GROUP])
        live = database.execute("SELECT key, format_id FROM segment WHERE state = 0")
        (count,), segments = blocks.fetchone(), live.fetchall()
        database.close()
        if count == 0 and segments:
            assert all((Path(lab.data) / "logs" / key).is_file() for key, _ in segments)
            # The flow log's lines are columns, the others are text.
            assert len({form for _, form in segments if form}) == 1 and None in {form for _, form in segments}
            return
        time.sleep(0.1)
    raise AssertionError("the events were not moved into segments")


def in_order(events):
    return sorted(
        ((event["timestamp"], stream, event["message"]) for stream in events for event in events[stream]),
        key=lambda event: event[0],
    )


def test_boto3_reads_segments_in_both_directions(filled):
    lab, _, events = filled
    logs = lab.client("logs")
    for stream, expected in events.items():
        for head in (True, False):
            found, token, request = [], None, {"logGroupName": GROUP, "logStreamName": stream, "limit": 77}
            while True:
                page = logs.get_log_events(**request, startFromHead=head, **({"nextToken": token} if token else {}))
                texts = [{"timestamp": event["timestamp"], "message": event["message"]} for event in page["events"]]
                found = found + texts if head else texts + found
                after = page["nextForwardToken" if head else "nextBackwardToken"]
                if after == token:
                    break
                token = after
            assert found == expected
    group = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]
    assert group["storedBytes"] > 0


@pytest.mark.parametrize(
    ("pattern", "is_match"),
    [
        ("REJECT", lambda text: "REJECT" in text),
        ("REJECT -text", lambda text: "REJECT" in text and "text" not in text),
        ("[v, account, eni, src, dst, sp, port=22, ...]", lambda text: text.startswith("2 ") and text.split(" ")[6] == "22"),
        ("[v=2, account, eni, src=10.0.3.*, ...]", lambda text: text.startswith("2 ") and text.split(" ")[3].startswith("10.0.3.")),
        ("{ $.action = REJECT }", lambda text: text.startswith("{") and json.loads(text)["action"] == "REJECT"),
        ('" 443 6 "', lambda text: " 443 6 " in text),
    ],
)
def test_patterns_find_the_same_in_segments(filled, pattern, is_match):
    lab, _, events = filled
    pages = lab.client("logs").get_paginator("filter_log_events").paginate(
        logGroupName=GROUP, filterPattern=pattern, PaginationConfig={"PageSize": 53}
    )
    found = [(event["timestamp"], event["logStreamName"], event["message"]) for page in pages for event in page["events"]]
    expected = [event for event in in_order(events) if is_match(event[2])]
    assert expected and sorted(found) == sorted(expected)
    assert [event[0] for event in found] == sorted(event[0] for event in found)


def test_both_command_lines_awslogs_and_flowlogs_reader_read_segments(filled):
    lab, eni, events = filled
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": lab.endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_SHARED_CREDENTIALS_FILE": str(lab.data / "credentials"),
        "AWS_PAGER": "",
    }

    def run(*arguments):
        return subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout

    everything = Counter(event[2] for event in in_order(events))
    for aws in versions_of_the_command_line():
        found = json.loads(
            run(*aws, "--endpoint-url", lab.endpoint, "logs", "filter-log-events", "--log-group-name", GROUP, "--output", "json")
        )
        assert Counter(event["message"] for event in found["events"]) == everything
    tail = run(*SECOND, "--endpoint-url", lab.endpoint, "logs", "tail", GROUP, "--since", "2h", "--format", "short")
    of_eni = [event["message"] for event in events[f"{eni}-all"]]
    assert [text.split(" ", 1)[1] for text in tail.splitlines() if f" {eni} " in text] == of_eni

    lines = run("awslogs", "get", GROUP, "ALL", "--start", "2h", "--no-color", "--no-group", "--no-stream").splitlines()
    assert Counter(text for text in lines if eni in text) == Counter(of_eni)

    # It reads flow logs only; the pattern leaves the others out.
    reader = FlowLogsReader(
        GROUP, boto_client=lab.client("logs"), filter_pattern="[v=2, account, eni=\"eni-*\", ...]",
    )
    records = list(reader)
    assert Counter(record.action for record in records) == {"ACCEPT": PER_STREAM * 4 // 5, "REJECT": PER_STREAM // 5}


# Debian's is the second version; the first comes with the tests' Python environment.
SECOND = ["/usr/bin/aws"]


def versions_of_the_command_line():
    first = ["aws"]
    version = subprocess.run([*first, "--version"], capture_output=True, text=True, check=True)
    assert "aws-cli/1." in version.stdout + version.stderr
    version = subprocess.run([*SECOND, "--version"], capture_output=True, text=True, check=True)
    assert "aws-cli/2." in version.stdout + version.stderr
    return [first, SECOND]
