"""Metric filters by the AWS SDK: what is stored is counted once, and told on the page of metrics."""

import itertools
import json
import re
import time

import pytest

from lab import registered
from test_logs import ACCEPTED, NODATA, REJECTED, now, put

COLUMNS = "version, account, eni, source, destination, srcport, destport, protocol, packets, bytes, start, end"
REJECTS = f"[{COLUMNS}, action=REJECT, status]"

_numbers = itertools.count(1)


@pytest.fixture
def logs(shared):
    return shared.client("logs")


@pytest.fixture
def group(logs):
    """A group of this test's own, with the stream `s`."""
    name = f"metrics-{next(_numbers)}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def put_filter(logs, group, name="f", pattern="", **transformation):
    """Puts a filter of the metric `Count` in a namespace that is called like the group."""
    transformation = {"metricName": "Count", "metricNamespace": group, "metricValue": "1", **transformation}
    logs.put_metric_filter(
        logGroupName=group, filterName=name, filterPattern=pattern, metricTransformations=[transformation]
    )
    return transformation


def metrics(lab, namespace):
    """What the page tells of a namespace: (samples, sum) by metric and dimensions."""
    told = {}
    line = re.compile(r'flowlogd_log_metric_(samples_total|sum)\{(.*)\} (\S+)')
    for kind, labels, value in line.findall(lab.metrics()):
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels))
        if labels["namespace"] == namespace:
            dimensions = {name: value for name, value in labels.items() if name.startswith("dimension_")}
            key = (labels["metric"], *dimensions.values())
            told.setdefault(key, {})[kind] = float(value)
    return {key: (values["samples_total"], values["sum"]) for key, values in told.items()}


def records(*templates):
    return [template.format(now() // 1000) for template in templates]


# ----------------------------------------------------------------- the operations


def test_a_filter_lives_and_is_deleted(logs, group, refused):
    transformation = put_filter(logs, group, pattern=" ")
    [found] = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found["metricTransformations"] == [transformation]
    assert (found["filterPattern"], found["applyOnTransformedLogs"]) == (" ", False)
    assert abs(found["creationTime"] - now()) < 60_000
    [described] = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert described["metricFilterCount"] == 1

    transformation = put_filter(logs, group, pattern=REJECTS, metricValue="$bytes", defaultValue=0, unit="Bytes")
    [found] = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found["metricTransformations"] == [transformation], "it was replaced"
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    refused("ResourceNotFoundException", logs.delete_metric_filter, logGroupName=group, filterName="f")
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


def test_the_paginator_sees_every_filter_once(logs, group):
    names = [f"filter-{number:02}" for number in range(12)]
    for name in names:
        put_filter(logs, group, name=name)
    pages = list(logs.get_paginator("describe_metric_filters").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 5}
    ))
    assert [len(page["metricFilters"]) for page in pages] == [5, 5, 2]
    assert [found["filterName"] for page in pages for found in page["metricFilters"]] == names
    by_metric = logs.describe_metric_filters(metricName="Count", metricNamespace=group, filterNamePrefix="filter-1")
    assert [found["filterName"] for found in by_metric["metricFilters"]] == names[10:]


def test_what_is_no_filter_is_refused(shared, logs, group, refused):
    loose = shared.client("logs", parameter_validation=False)

    def wrong(code="InvalidParameterException", pattern="", **transformation):
        return refused(code, put_filter, loose, group, pattern=pattern, **transformation)["Message"]

    assert wrong(pattern="ERROR", dimensions={"A": "$a"}) == (
        "The specified filter pattern does not support dimensions"
    )
    assert wrong(pattern="[a]", dimensions={"A": "$a"}, defaultValue=0).endswith(
        "dimensions and default value are mutually exclusive properties"
    )
    wrong(pattern="[a]", dimensions={name: "$a" for name in "ABCD"})
    wrong(pattern="[a, b")
    wrong(metricValue="bytes")
    wrong(unit="Furlongs")
    wrong(metricName="a:b")
    refused("ResourceNotFoundException", put_filter, logs, "nowhere")
    for number in range(5):
        put_filter(logs, group, name=f"regex-{number}", pattern="%a%")
    wrong("LimitExceededException", pattern="%a%")


def test_a_pattern_is_tried_on_messages(logs, refused):
    messages = records(ACCEPTED, REJECTED, NODATA)
    [match] = logs.test_metric_filter(filterPattern=REJECTS, logEventMessages=messages)["matches"]
    assert (match["eventNumber"], match["eventMessage"]) == (2, messages[1])
    assert (match["extractedValues"]["$bytes"], match["extractedValues"]["$destport"]) == ("4249", "3389")
    event = json.dumps({"latency": 50, "user": {"name": "eve"}})
    [match] = logs.test_metric_filter(
        filterPattern='{ $.latency > 10 && $.user.name = "e*" }', logEventMessages=["no JSON", event]
    )["matches"]
    assert match["extractedValues"] == {"$.latency": "50", "$.user.name": "eve"}
    refused("InvalidParameterException", logs.test_metric_filter, filterPattern="{ a", logEventMessages=["x"])


# ----------------------------------------------------------------- what they count


def test_flow_log_records_are_counted_by_dimensions(shared, logs, group):
    put_filter(logs, group, pattern=REJECTS, metricValue="$bytes", dimensions={"Port": "$destport"})
    put_filter(logs, group, name="all", metricName="All")
    put(logs, group, records(REJECTED, ACCEPTED, NODATA, REJECTED))
    assert metrics(shared, group) == {("Count", "3389"): (2, 8498), ("All",): (4, 4)}


def test_members_of_json_are_values_and_dimensions(shared, logs, group):
    put_filter(logs, group, pattern="{ $.latency = * }", metricValue="$.latency",
               dimensions={"Path": "$.request.path", "Code": "$.code"}, unit="Milliseconds")
    events = [
        {"latency": 12.5, "request": {"path": '/"a"'}, "code": 200},
        {"latency": 7.5, "request": {"path": '/"a"'}, "code": 200},
        {"latency": 3, "request": {}},
        {"latency": "slow", "request": {"path": "/b"}, "code": 200},
        {"code": 500},
    ]
    put(logs, group, [json.dumps(event) for event in events])
    assert metrics(shared, group) == {("Count", "200", r"/\"a\""): (2, 20), ("Count",): (1, 3)}


def test_a_default_value_is_of_minutes_without_a_match(shared, logs, group):
    put_filter(logs, group, pattern="REJECT", defaultValue=0)
    minute = now() // 60_000 * 60_000
    for start, texts in ((minute - 180_000, ["ACCEPT"]), (minute - 120_000, ["ACCEPT", "REJECT"]),
                         (minute - 180_000, ["ACCEPT"])):
        put(logs, group, texts, start=start)
    assert metrics(shared, group) == {("Count",): (2, 1)}


def test_what_was_refused_or_came_before_is_not_counted(shared, logs, group, refused):
    put(logs, group, ["before"])
    put_filter(logs, group)
    refused("InvalidParameterException", put, logs, group, ["a", "b"], step=-1)
    refused("ResourceNotFoundException", put, logs, group, ["a"], stream="nowhere")
    answer = put(logs, group, ["too old", "fine"], start=now() - 15 * 86_400_000, step=15 * 86_400_000 - 1000)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert metrics(shared, group) == {("Count",): (1, 1)}
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    put(logs, group, ["after"])
    assert metrics(shared, group) == {("Count",): (1, 1)}, "what was counted stays"


def test_metrics_survive_a_restart(lab):
    logs = lab.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    put_filter(logs, "g", metricValue="2.5")
    put(logs, "g", ["a", "b"])
    lab.server.end()
    lab.start()
    logs = lab.client("logs")
    assert metrics(lab, "g") == {("Count",): (2, 5)}
    put(logs, "g", ["c"])
    assert metrics(lab, "g") == {("Count",): (3, 7.5)}


def test_a_killed_server_has_counted_what_it_has_stored(lab):
    logs = lab.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    put_filter(logs, "g")
    lab.server.process.kill()
    lab.server.process.wait()
    lab.environment["FLOWLOGD_CRASH_AT"] = "stored:5"
    lab.start()
    logs = lab.client("logs")
    for number in range(9):
        try:
            put(logs, "g", [f"event {number}"])
        except Exception:  # noqa: BLE001 - the connection breaks off in the middle of one
            break
    else:
        pytest.skip("this build does not crash where it is told to")
    deadline = time.monotonic() + 10
    while lab.server.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    del lab.environment["FLOWLOGD_CRASH_AT"]
    lab.start()
    stored = len(lab.events("g", "s"))
    assert 1 <= stored <= 5
    assert metrics(lab, "g") == {("Count",): (stored, stored)}


def test_the_cli_puts_and_lists_filters(shared, logs, group):
    shared.aws(
        "logs", "put-metric-filter", "--log-group-name", group, "--filter-name", "by-hand", "--filter-pattern", REJECTS,
        "--metric-transformations",
        f"metricName=Bytes,metricNamespace={group},metricValue=$bytes,dimensions={{Interface=$eni}}",
    )
    listed = json.loads(shared.aws(
        "logs", "describe-metric-filters", "--log-group-name", group, "--output", "json"
    ).stdout)["metricFilters"]
    assert [found["metricTransformations"][0]["dimensions"] for found in listed] == [{"Interface": "$eni"}]
    put(logs, group, records(REJECTED))
    assert metrics(shared, group) == {("Bytes", "eni-1235b8ca123456789"): (1, 4249)}


def test_another_region_sees_no_filter(shared, group, logs):
    put_filter(logs, group)
    elsewhere = shared.client("logs", region="eu-west-1")
    assert elsewhere.describe_metric_filters()["metricFilters"] == []


def test_every_operation_has_answered(shared, whole_module):
    here = {(service, name) for service, name in registered("logs") if "MetricFilter" in name}
    assert len(here) == 4 and here - shared.answered == set()
