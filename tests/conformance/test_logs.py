"""CloudWatch Logs by the AWS SDK and the AWS CLI: every operation, pages in both directions, patterns."""

import base64
import gzip
import itertools
import json
import sqlite3
import time
from contextlib import closing

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from lab import ACCOUNT, REGION, registered

HOUR = 3_600_000
DAY = 24 * HOUR
REJECTED = "2 123456789012 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 {0} {0} REJECT OK"
ACCEPTED = "2 123456789012 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 {0} {0} ACCEPT OK"
NODATA = "2 123456789012 eni-1235b8ca123456789 - - - - - - - {0} {0} - NODATA"

_numbers = itertools.count(1)


@pytest.fixture
def logs(shared):
    return shared.client("logs")


@pytest.fixture
def group(logs):
    """A group of this test's own, with the stream `s`."""
    name = f"group-{next(_numbers)}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


def now():
    return int(time.time() * 1000)


def put(logs, group, messages, stream="s", start=None, step=1, **more):
    """Puts messages whose times are `step` milliseconds apart; the first is a minute old unless told."""
    start = now() - 60_000 if start is None else start
    events = [{"timestamp": start + place * step, "message": text} for place, text in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events, **more)


def messages(answer):
    return [event["message"] for event in answer["events"]]


# ----------------------------------------------------------------- groups and streams


def test_a_group_lives_and_is_deleted(logs, refused):
    logs.create_log_group(logGroupName="life/of-a_group", tags={"team": "blue"}, logGroupClass="STANDARD")
    [found] = logs.describe_log_groups(logGroupNamePrefix="life/")["logGroups"]
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:life/of-a_group"
    assert (found["logGroupName"], found["arn"], found["logGroupArn"]) == ("life/of-a_group", f"{arn}:*", arn)
    assert "retentionInDays" not in found and abs(found["creationTime"] - now()) < 60_000
    logs.put_retention_policy(logGroupName="life/of-a_group", retentionInDays=7)
    [found] = logs.describe_log_groups(logGroupNamePattern="of-a")["logGroups"]
    assert found["retentionInDays"] == 7
    refused("InvalidParameterException", logs.put_retention_policy, logGroupName="life/of-a_group", retentionInDays=8)
    logs.delete_retention_policy(logGroupName="life/of-a_group")
    [found] = logs.describe_log_groups(logGroupIdentifiers=["life/of-a_group"])["logGroups"]
    assert "retentionInDays" not in found

    logs.put_log_group_deletion_protection(logGroupIdentifier="life/of-a_group", deletionProtectionEnabled=True)
    refused("ValidationException", logs.delete_log_group, logGroupName="life/of-a_group")
    logs.put_log_group_deletion_protection(logGroupIdentifier="life/of-a_group", deletionProtectionEnabled=False)
    refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="life/of-a_group")
    logs.delete_log_group(logGroupName="life/of-a_group")
    refused("ResourceNotFoundException", logs.delete_log_group, logGroupName="life/of-a_group")
    assert logs.describe_log_groups(logGroupNamePrefix="life/")["logGroups"] == []


def test_the_old_and_the_new_tag_operations_see_each_others_tags(logs, group, refused):
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    logs.tag_log_group(logGroupName=group, tags={"old": "1", "both": "1"})
    logs.tag_resource(resourceArn=arn, tags={"new": "2", "both": "2"})
    tags = {"old": "1", "new": "2", "both": "2"}
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == tags
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == tags
    logs.untag_log_group(logGroupName=group, tags=["new"])
    logs.untag_resource(resourceArn=arn, tagKeys=["old", "never-was"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"both": "2"}
    refused("ResourceNotFoundException", logs.list_tags_for_resource, resourceArn=arn + "x")


def test_a_stream_lives_and_is_deleted(logs, group, refused):
    refused("ResourceAlreadyExistsException", logs.create_log_stream, logGroupName=group, logStreamName="s")
    refused("InvalidParameterException", logs.create_log_stream, logGroupName=group, logStreamName="a:b")
    refused("ResourceNotFoundException", logs.create_log_stream, logGroupName="nowhere", logStreamName="s")
    put(logs, group, ["one", "two"], start=now() - 1000)
    [found] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert found["lastEventTimestamp"] == found["firstEventTimestamp"] + 1
    assert found["arn"].endswith(f":log-group:{group}:log-stream:s") and found["uploadSequenceToken"]
    logs.delete_log_stream(logGroupName=group, logStreamName="s")
    refused("ResourceNotFoundException", logs.delete_log_stream, logGroupName=group, logStreamName="s")
    refused("ResourceNotFoundException", logs.get_log_events, logGroupName=group, logStreamName="s")


def test_paginators_see_everything_once(logs, group):
    names = [f"stream-{number:02}" for number in range(12)]
    for name in names:
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        logs.create_log_group(logGroupName=f"paged/{name}")
    size = {"PageSize": 5}
    pages = list(logs.get_paginator("describe_log_streams").paginate(
        logGroupName=group, logStreamNamePrefix="stream-", PaginationConfig=size
    ))
    assert [len(page["logStreams"]) for page in pages] == [5, 5, 2]
    assert [found["logStreamName"] for page in pages for found in page["logStreams"]] == names
    pages = list(logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="paged/", PaginationConfig=size
    ))
    assert [len(page["logGroups"]) for page in pages] == [5, 5, 2]
    assert [found["logGroupName"] for page in pages for found in page["logGroups"]] == [f"paged/{n}" for n in names]


def test_streams_are_listed_by_their_last_event(logs, group, refused):
    for place, name in enumerate(["b", "c", "a"]):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        put(logs, group, ["x"], stream=name, start=now() - 10_000 + place)
    found = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
    assert [stream["logStreamName"] for stream in found][:3] == ["a", "c", "b"]
    refused("InvalidParameterException", logs.describe_log_streams, logGroupName=group, orderBy="LastEventTime",
            logStreamNamePrefix="a")


@pytest.mark.parametrize("name", ["a b", "x" * 513, "*"])
def test_a_group_that_cannot_be_named_so_is_refused(shared, name, refused):
    logs = shared.client("logs", parameter_validation=False)
    refused("InvalidParameterException", logs.create_log_group, logGroupName=name)


def test_groups_are_listed_by_part_of_name_class_and_tags(shared, logs, refused):
    for name, kind, tags in (("listed/a", "STANDARD", {"env": "prod"}), ("listed/b", "STANDARD", {"env": "Test"}),
                             ("listed/c", "INFREQUENT_ACCESS", {"env": "prod", "team": "red"})):
        logs.create_log_group(logGroupName=name, logGroupClass=kind, tags=tags)

    def listed(**more):
        answer = logs.list_log_groups(logGroupNamePattern="^listed/", **more)
        return [found["logGroupName"][-1] for found in answer["logGroups"]]

    assert listed() == ["a", "b", "c"]
    assert listed(logGroupClass="STANDARD") == ["a", "b"]
    assert listed(logGroupTags=[{"key": "env", "values": ["prod"]}]) == ["a", "c"]
    assert listed(logGroupTags=[{"key": "env", "values": ["!prod"]}]) == ["b"]
    assert listed(logGroupTags=[{"key": "env", "values": ["t*"]}, {"key": "env"}]) == ["b"]
    assert listed(logGroupTags=[{"key": "team"}]) == ["c"]
    first = logs.list_log_groups(logGroupNamePattern="sted/", limit=2)
    assert first["logGroups"][0]["logGroupArn"].endswith(":log-group:listed/a")
    rest = logs.list_log_groups(logGroupNamePattern="sted/", limit=2, nextToken=first["nextToken"])
    assert [found["logGroupClass"] for found in rest["logGroups"]] == ["INFREQUENT_ACCESS"]
    assert "nextToken" not in rest
    loose = shared.client("logs", parameter_validation=False)
    refused("InvalidParameterException", loose.list_log_groups, logGroupNamePattern="a*b")


def test_a_group_for_infrequent_access_has_less(logs, refused):
    logs.create_log_group(logGroupName="seldom", logGroupClass="INFREQUENT_ACCESS")
    logs.create_log_stream(logGroupName="seldom", logStreamName="s")
    put(logs, "seldom", ["x"])
    [found] = logs.describe_log_groups(logGroupNamePrefix="seldom", logGroupClass="INFREQUENT_ACCESS")["logGroups"]
    assert found["logGroupClass"] == "INFREQUENT_ACCESS"
    assert logs.describe_log_groups(logGroupNamePrefix="seldom", logGroupClass="STANDARD")["logGroups"] == []
    only = "This operation is only supported on the Standard log class."
    for call, more in ((logs.get_log_events, {"logStreamName": "s"}), (logs.filter_log_events, {})):
        assert refused("ValidationException", call, logGroupName="seldom", **more)["Message"] == only
    refused("InvalidParameterException", logs.create_log_group, logGroupName="d", logGroupClass="DELIVERY")


def test_many_streams_are_listed_by_name_and_by_last_event(logs, group):
    names = [f"eni-{number:03}" for number in range(130)]
    for place, name in enumerate(names):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        if place % 2:
            put(logs, group, ["x"], stream=name, start=now() - place * 1000)
    with_events = names[1::2][::-1]
    empty = ["s", *reversed(names[::2])]

    def listed(**more):
        pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group, **more)
        return [found["logStreamName"] for page in pages for found in page["logStreams"]]

    assert listed(orderBy="LastEventTime", descending=True) == with_events[::-1] + empty
    assert listed(orderBy="LastEventTime") == empty[::-1] + with_events
    assert listed(descending=True) == ["s", *names[::-1]]
    assert listed(logStreamNamePrefix="eni-1") == names[100:]


# ----------------------------------------------------------------- putting events


def test_sequence_tokens_are_ignored(logs, group):
    first = put(logs, group, ["one"])["nextSequenceToken"]
    assert len(first) == 56 and first.isdigit()
    put(logs, group, ["two"], sequenceToken=first)
    put(logs, group, ["three"], sequenceToken=first)
    put(logs, group, ["four"], sequenceToken="nonsense")
    put(logs, group, ["four"], sequenceToken="nonsense")
    answer = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    assert sorted(messages(answer)) == ["four", "four", "one", "three", "two"]


def test_events_out_of_their_time_are_told_and_the_others_kept(logs, group):
    moment = now()
    times = [moment - 15 * DAY, moment - 15 * DAY + 1, moment - HOUR, moment, moment + 3 * HOUR]
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": at, "message": f"event {place}"} for place, at in enumerate(times)
    ])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 4}
    found = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    assert messages(found) == ["event 2", "event 3"]

    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    answer = logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[
        {"timestamp": moment - 2 * DAY, "message": "expired"}, {"timestamp": moment, "message": "kept"},
    ])
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert "rejectedLogEventsInfo" not in put(logs, group, ["fine"])


def test_a_batch_that_makes_no_sense_is_refused_whole(shared, logs, group, refused):
    loose = shared.client("logs", parameter_validation=False)
    moment = now()

    def ask(*events, client=loose, **more):
        ask = {"logGroupName": group, "logStreamName": "s", **more}
        return client.put_log_events(logEvents=[{"timestamp": at, "message": text} for at, text in events], **ask)

    refused("InvalidParameterException", ask, (moment, "b"), (moment - 1, "a"))
    refused("InvalidParameterException", ask, (moment - 25 * HOUR, "a"), (moment, "b"))
    refused("InvalidParameterException", ask)
    refused("InvalidParameterException", ask, (moment, ""))
    refused("InvalidParameterException", ask, (moment, "x" * 1_048_576))
    refused("InvalidParameterException", ask, *[(moment, "x")] * 10_001)
    refused("ResourceNotFoundException", ask, (moment, "x"), logGroupName="nowhere")
    refused("ResourceNotFoundException", ask, (moment, "x"), logStreamName="nowhere")
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == []


def test_a_compressed_body_is_understood(shared, group, refused):
    logs = shared.client("logs")

    def compress(params, **_):
        params["body"] = gzip.compress(params["body"])
        params["headers"]["Content-Encoding"] = "gzip"
        sent.append(len(params["body"]))

    sent = []
    logs.meta.events.register("before-call.cloudwatch-logs.PutLogEvents", compress)
    put(logs, group, ["again and again " * 1000] * 20)
    assert sent[0] < 20_000
    answer = logs.get_log_events(logGroupName=group, logStreamName="s")
    assert messages(answer) == ["again and again " * 1000] * 20

    def garble(params, **_):
        params["body"] = b"not gzip"

    logs.meta.events.register("before-call.cloudwatch-logs.PutLogEvents", garble)
    refused("MalformedHttpRequestException", put, logs, group, ["x"])


@pytest.mark.parametrize("text", ["ünïcödé ✓ 🦀", "a\tb\nc", '{"json": "\\u0000"}', "<xml/> & 'quotes' \"", " "])
def test_a_message_comes_back_as_it_went(logs, group, text):
    put(logs, group, [text])
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == [text]
    assert messages(logs.filter_log_events(logGroupName=group)) == [text]


# ----------------------------------------------------------------- getting events


def read(logs, group, token=None, **more):
    more = {"limit": 10, **more, **({"nextToken": token} if token else {})}
    return logs.get_log_events(logGroupName=group, logStreamName="s", **more)


def test_pages_forward_are_the_whole_stream(logs, group):
    texts = [f"event {number}" for number in range(35)]
    for start in range(0, 35, 7):
        put(logs, group, texts[start : start + 7], start=now() - 60_000 + start)
    seen, token = [], None
    while True:
        page = read(logs, group, token, startFromHead=True)
        seen += messages(page)
        if page["nextForwardToken"] == token:
            break
        token = page["nextForwardToken"]
    assert seen == texts
    put(logs, group, ["late"], start=now())
    assert messages(read(logs, group, token)) == ["late"], "the last token finds what came since"


def test_pages_backward_are_the_whole_stream(logs, group):
    texts = [f"event {number}" for number in range(35)]
    put(logs, group, texts)
    pages, token = [], None
    while True:
        page = read(logs, group, token)
        assert messages(page) == sorted(messages(page), key=texts.index), "each page is in order"
        pages.insert(0, messages(page))
        if page["nextBackwardToken"] == token:
            break
        token = page["nextBackwardToken"]
    assert [text for page in pages for text in page] == texts


def test_one_page_forward_and_one_back_is_the_same_page(logs, group):
    put(logs, group, [f"event {number}" for number in range(30)])
    first = read(logs, group, startFromHead=True)
    second = read(logs, group, first["nextForwardToken"])
    assert messages(second) == [f"event {number}" for number in range(10, 20)]
    assert messages(read(logs, group, second["nextBackwardToken"])) == messages(first)


def test_times_bound_what_is_got(logs, group, refused):
    start = now() - 60_000
    put(logs, group, ["a", "b", "c", "d"], start=start, step=1000)
    assert messages(read(logs, group, startTime=start + 1000, endTime=start + 3000)) == ["b", "c"]
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    found = logs.get_log_events(logGroupIdentifier=arn, logStreamName="s", limit=1)
    assert messages(found) == ["d"]
    for token in ("nonsense", "f/123/s", "x/" + "0" * 56 + "/s"):
        refused("InvalidParameterException", read, logs, group, token)


# ----------------------------------------------------------------- filtering events


@pytest.fixture
def records(logs, group):
    """Flow log records in two streams, a second apart."""
    start = now() - 60_000
    logs.create_log_stream(logGroupName=group, logStreamName="t")
    for place, (stream, record) in enumerate([("s", REJECTED), ("t", ACCEPTED), ("s", NODATA), ("t", REJECTED)]):
        put(logs, group, [record.format(start // 1000 + place)], stream=stream, start=start + place * 1000)
    return group, start


@pytest.mark.parametrize("pattern, places", [
    ("", [0, 1, 2, 3]),
    ("REJECT", [0, 3]),
    ("reject", []),
    ('"REJECT OK"', [0, 3]),
    ("?ACCEPT ?NODATA", [1, 2]),
    ("OK -ACCEPT", [0, 3]),
    (r"%172\.31\.[0-9]+\.21%", [1]),
    ("[..., action=REJECT, status]", [0, 3]),
    ("[..., status=NODATA]", [2]),
    ('[version, account, eni, source, destination, srcport, destport="22", protocol="6", packets, bytes,'
     ' windowstart, windowend, action="ACCEPT", flowlogstatus]', [1]),
    ("[v, a, eni, src=172.31.*, dst, sp, dp=3389 || dp=443, ...]", [0, 3]),
    ("[v, a, i, src, dst, sp, dp<1024, ...]", [1]),
])
def test_patterns_select_records(logs, records, pattern, places):
    group, start = records
    found = logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
    assert [(event["timestamp"] - start) // 1000 for event in found] == places


def test_json_patterns_select_events(logs, group):
    texts = [json.dumps({"action": action, "port": port}) for action, port in (("REJECT", 22), ("ACCEPT", 443))]
    put(logs, group, [*texts, "not json"])
    for pattern, wanted in (
        ('{ $.action = "REJECT" }', texts[:1]), ("{ $.port > 100 && $.action = A* }", texts[1:]),
        ("{ $.reason NOT EXISTS }", texts),
    ):
        assert messages(logs.filter_log_events(logGroupName=group, filterPattern=pattern)) == wanted


def test_the_paginator_sees_every_match_once(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="t")
    start = now() - 60_000
    texts = [f"{'REJECT' if number % 3 else 'ACCEPT'} {number}" for number in range(60)]
    for stream, own in (("s", texts[::2]), ("t", texts[1::2])):
        offset = 0 if stream == "s" else 10
        put(logs, group, own, stream=stream, start=start + offset, step=20)
    pages = list(logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, filterPattern="REJECT", PaginationConfig={"PageSize": 7}
    ))
    events = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in events] == [text for text in texts if "REJECT" in text]
    assert len(pages) >= 6 and all(len(page["events"]) <= 7 for page in pages)
    assert len({event["eventId"] for event in events}) == 40
    again = logs.filter_log_events(logGroupName=group, filterPattern="REJECT")["events"]
    assert [event["eventId"] for event in again] == [event["eventId"] for event in events], "ids are stable"


def test_streams_and_times_bound_what_is_searched(logs, records, refused):
    group, start = records

    def found(**more):
        events = logs.filter_log_events(logGroupName=group, **more)["events"]
        return [(event["timestamp"] - start) // 1000 for event in events]

    assert found(logStreamNames=["t"]) == found(logStreamNamePrefix="t") == [1, 3]
    assert found(startTime=start + 1000, endTime=start + 2000) == [1, 2], "both ends belong to it"
    assert found(limit=2) == [0, 1]
    search = logs.filter_log_events
    refused("InvalidParameterException", search, logGroupName=group, logStreamNames=["t"], logStreamNamePrefix="t")
    refused("ResourceNotFoundException", search, logGroupName=group, logStreamNames=["nowhere"])
    refused("ResourceNotFoundException", search, logGroupName="nowhere")
    refused("InvalidParameterException", search, logGroupName=group, nextToken="nonsense")
    for pattern in ("{ $.a = ", "[a, b", "%(a)%", '""'):
        refused("InvalidParameterException", search, logGroupName=group, filterPattern=pattern)


# ----------------------------------------------------------------- fields


def pointer(lab, group, stream, event):
    """The `@ptr` of an event: no operation answers one yet."""
    with closing(sqlite3.connect(f"file:{lab.data}/logs/meta.db?mode=ro", uri=True)) as database:
        [(number,)] = database.execute(
            "SELECT log_stream.id FROM log_stream JOIN log_group ON log_group.id = group_id"
            " WHERE log_group.name = ? AND log_stream.name = ?", (group, stream),
        )
    return base64.urlsafe_b64encode(f"p{number}:{event['eventId']}".encode()).decode().rstrip("=")


def test_a_record_is_found_by_its_pointer(shared, logs, records, refused):
    group, start = records
    put(logs, group, [json.dumps({"user": {"name": "eve"}, "codes": [200]})], start=start)
    events = logs.filter_log_events(logGroupName=group)["events"]
    for event in events:
        place = pointer(shared, group, event["logStreamName"], event)
        found = logs.get_log_record(logRecordPointer=place)["logRecord"]
        assert found["@message"] == event["message"] and found["@timestamp"] == str(event["timestamp"])
        assert found["@log"] == f"{ACCOUNT}:{group}" and found["@logStream"] == event["logStreamName"]
        if event["message"].startswith("{"):
            assert (found["user.name"], found["codes.0"]) == ("eve", "200")
        else:
            assert found["logStatus"] == event["message"].split()[-1]
            assert (found["srcAddr"], found["action"]) == tuple(event["message"].split()[place] for place in (3, 12))
    refused("InvalidParameterException", logs.get_log_record, logRecordPointer="nonsense")


def test_fields_are_told_with_how_many_events_have_them(logs, records):
    group, start = records
    put(logs, group, ['{"user": "eve"}'] * 4, start=start)
    fields = {found["name"]: found["percent"] for found in logs.get_log_group_fields(logGroupName=group)["logGroupFields"]}
    assert (fields["@message"], fields["srcAddr"], fields["user"]) == (100, 50, 50)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    around = logs.get_log_group_fields(logGroupIdentifier=arn, time=start // 1000 - 3600)
    assert around["logGroupFields"] == []


# ----------------------------------------------------------------- what is not here


def test_every_other_operation_of_the_model_is_refused_as_unknown(shared):
    logs = shared.client("logs", parameter_validation=False, inject_host_prefix=False)
    known = {name for _, name in registered("logs")}
    others = [name for name in logs.meta.service_model.operation_names if name not in known]
    assert len(others) > 80
    for name in others:
        with pytest.raises(ClientError) as raised:
            getattr(logs, xform_name(name))()
        response = raised.value.response
        assert (response["Error"]["Code"], name) == ("UnknownOperationException", name)
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 400 and name in response["Error"]["Message"]


# ----------------------------------------------------------------- the AWS CLI


def test_the_cli_lists_groups_and_filters_events(shared, records):
    group, _ = records
    listed = json.loads(shared.aws("logs", "describe-log-groups", "--output", "json").stdout)["logGroups"]
    assert group in [found["logGroupName"] for found in listed]
    done = shared.aws(
        "logs", "filter-log-events", "--log-group-name", group, "--filter-pattern", "[..., action=REJECT, status]",
        "--query", "events[].message", "--output", "json", "--page-size", "1",
    )
    assert [text.split()[-2:] for text in json.loads(done.stdout)] == [["REJECT", "OK"]] * 2


def test_the_cli_gets_events_and_tells_errors(shared, records):
    group, _ = records
    done = shared.aws("logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "t",
                      "--start-from-head", "--query", "events[].message", "--output", "json")
    assert [text.split()[12] for text in json.loads(done.stdout)] == ["ACCEPT", "REJECT"]
    done = shared.aws("logs", "get-log-events", "--log-group-name", group, "--log-stream-name", "x", check=False)
    assert done.returncode in (254, 255) and "(ResourceNotFoundException)" in done.stderr


def test_the_cli_puts_events(shared, logs, group):
    shared.aws("logs", "put-log-events", "--log-group-name", group, "--log-stream-name", "s",
               "--log-events", f"timestamp={now()},message=by-hand")
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == ["by-hand"]


def test_every_operation_has_answered(shared, whole_module):
    # Those of metric filters answer in test_metric_filters.py.
    here = {(service, name) for service, name in registered("logs") if "MetricFilter" not in name}
    assert here - shared.answered == set()
