#!/usr/bin/env python3
"""Writes the seeds that are not text, captures, packed files, journals; and those of the server's readers. `python3 fuzz/seeds.py`, from anywhere.

Every run with the same zlib writes the same bytes. Addresses are those of the documentation's blocks (RFC 5737, RFC 3849).
"""

import gzip
import json
import sqlite3
import struct
import zlib
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"

LITTLE, BIG = "<", ">"
MICROS, NANOS, KUZNETSOV = 0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34
ETHERNET, RAW, NULL, LOOP, SLL, SLL2, WIFI = 1, 101, 0, 108, 113, 276, 105
TIME = 1_700_000_000


# Packets


def ipv4(protocol, upper):
    source, destination = bytes([192, 0, 2, 1]), bytes([198, 51, 100, 7])
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(upper), 1, 0, 64, protocol, 0)
    return header + source + destination + upper


def ipv6(protocol, upper):
    prefix = bytes.fromhex("20010db8") + bytes(11)
    return struct.pack(">IHBB", 6 << 28, len(upper), protocol, 64) + prefix + b"\x01" + prefix + b"\x07" + upper


def tcp(flags):
    return struct.pack(">HHIIBBHHH", 49152, 443, 1, 0, 5 << 4, flags, 65535, 0, 0)


def udp():
    return struct.pack(">HHHH", 49152, 53, 12, 0) + b"seed"


def ethernet(packet):
    kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return bytes.fromhex("020000000001") + bytes.fromhex("020000000002") + struct.pack(">H", kind) + packet


SYN, DNS, SIX = ethernet(ipv4(6, tcp(2))), ethernet(ipv4(17, udp())), ethernet(ipv6(6, tcp(16)))


# pcap


def pcap(*records, order=LITTLE, magic=MICROS, link=ETHERNET, major=2):
    return struct.pack(order + "IHHIIII", magic, major, 4, 0, 0, 262144, link) + b"".join(records)


def record(frame, order=LITTLE, fraction=5, wire=None, captured=None, more=b""):
    captured = len(frame) if captured is None else captured
    wire = len(frame) if wire is None else wire
    return struct.pack(order + "IIII", TIME, fraction, captured, wire) + more + frame


def pcap_seeds():
    plain = pcap(record(SYN), record(DNS))
    yield "empty", b""
    yield "little-micros", plain
    yield "big-micros", pcap(record(SYN, BIG), record(SIX, BIG), order=BIG)
    yield "little-nanos", pcap(record(SYN, fraction=999_999_999), magic=NANOS)
    yield "big-nanos", pcap(record(DNS, BIG), order=BIG, magic=NANOS)
    # Interface, EtherType, packet type: to us, and sent by us.
    incoming, outgoing = (struct.pack("<IHBB", 2, 0x0800, kind, 0) for kind in (0, 4))
    yield "kuznetsov", pcap(record(SYN, more=incoming), record(DNS, more=outgoing), magic=KUZNETSOV)
    yield "link-raw", pcap(record(SYN[14:]), record(SIX[14:]), link=RAW)
    yield "link-null", pcap(record(struct.pack("<I", 2) + DNS[14:]), link=NULL)
    yield "link-loop", pcap(record(struct.pack(">I", 24) + SIX[14:]), link=LOOP)
    sll = struct.pack(">HHH8sH", 4, 1, 6, bytes(8), 0x0800)
    yield "link-sll", pcap(record(sll + SYN[14:]), link=SLL)
    sll2 = struct.pack(">HHIHBB8s", 0x0800, 0, 2, 1, 0, 6, bytes(8))
    yield "link-sll2", pcap(record(sll2 + DNS[14:]), link=SLL2)
    yield "link-with-checksum-length", pcap(record(SYN), link=0x1400_0000 | ETHERNET)
    yield "link-unknown", pcap(record(SYN), link=WIFI)
    yield "version-3", pcap(record(SYN), major=3)
    yield "no-records", pcap()
    yield "empty-record", pcap(record(b""), record(SYN))
    yield "header-cut-off", plain[:20]
    yield "record-header-cut-off", plain[:30]
    yield "record-cut-off", plain[:-3]
    yield "longest-exceeded", pcap(record(b"", captured=262145), record(SYN))
    yield "fraction-of-seconds", pcap(record(SYN, fraction=4_294_967_295))
    yield "wire-shorter-than-captured", pcap(record(SYN, wire=20))
    yield "cut-by-snap-length", pcap(record(SYN[:40], wire=1514))
    yield "not-a-capture", b"version account-id\n"
    packed = gz(plain)
    yield "gzip", packed
    yield "gzip-two-members", gz(plain[:50]) + gz(plain[50:])
    yield "gzip-in-gzip", gz(packed)
    yield "gzip-cut-off", packed[: len(packed) // 2]
    yield "gzip-wrong-checksum", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:]
    yield "gzip-trailing-zeros", packed + bytes(16)
    yield "zstd", zstd(plain)
    yield "zstd-skippable-first", struct.pack("<II", 0x184D2A50, 3) + b"abc" + zstd(plain)
    yield "zstd-cut-off", zstd(plain)[:40]
    # A block of one byte repeated: records of no bytes at the beginning of 1970.
    yield "zstd-zeros", zstd(pcap()) + b"\x28\xb5\x2f\xfd\x20\x50" + struct.pack("<I", 1 | 1 << 1 | 80 << 3)[:3] + b"\0"


def gz(data):
    return gzip.compress(data, 9, mtime=0)


def zstd(data):
    """One frame with its content size in a byte, and one raw block (RFC 8878)."""
    assert len(data) < 256
    block = struct.pack("<I", 1 | len(data) << 3)[:3]
    return b"\x28\xb5\x2f\xfd\x20" + bytes([len(data)]) + block + data


# pcapng


class Section:
    """Writes blocks in one byte order."""

    def __init__(self, order=LITTLE):
        self.order = order

    def pack(self, kinds, *values):
        return struct.pack(self.order + kinds, *values)

    def block(self, kind, body, tail=None):
        length = 12 + len(body)
        return self.pack("II", kind, length) + body + self.pack("I", length if tail is None else tail)

    def header(self, major=1, magic=0x1A2B3C4D, length=-1, options=()):
        return self.block(0x0A0D0D0A, self.pack("IHHq", magic, major, 0, length) + self.options(options))

    def interface(self, link=ETHERNET, snap_len=0, options=()):
        return self.block(1, self.pack("HHI", link, 0, snap_len) + self.options(options))

    def packet(self, frame=SYN, interface=0, units=TIME * 1_000_000, wire=None, captured=None, options=(), tail=None):
        captured = len(frame) if captured is None else captured
        wire = len(frame) if wire is None else wire
        head = self.pack("IIIII", interface, units >> 32, units & 0xFFFFFFFF, captured, wire)
        return self.block(6, head + padded(frame) + self.options(options), tail)

    def obsolete_packet(self, frame=SYN, interface=0, drops=3, units=TIME * 1_000_000):
        head = self.pack("HHIIII", interface, drops, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
        return self.block(2, head + padded(frame))

    def simple_packet(self, frame=SYN, wire=None):
        return self.block(3, self.pack("I", len(frame) if wire is None else wire) + padded(frame))

    def options(self, options):
        written = b"".join(self.pack("HH", code, len(value)) + padded(value) for code, value in options)
        return written + bytes(4) if options else b""


def padded(data):
    return data + bytes(-len(data) % 4)


def pcapng_seeds():
    little, big = Section(), Section(BIG)
    start = little.header() + little.interface()
    plain = start + little.packet() + little.packet(DNS)
    yield "empty-section", little.header()
    yield "little", plain
    yield "big", big.header() + big.interface() + big.packet() + big.packet(SIX)
    yield "section-length-given", little.header(length=200, options=[(4, b"seeds")]) + little.interface() + little.packet()
    yield "sections-of-both-orders", plain + big.header() + big.interface(RAW) + big.packet(SYN[14:]) + start + little.packet(SIX)
    for name, resolution, units in [
        ("seconds", 0, TIME),
        ("nanos", 9, TIME * 10**9 + 7),
        ("two-to-minus-10", 0x8A, TIME << 10 | 1),
        ("two-to-minus-63", 0xBF, 1 << 63),
        ("ten-to-minus-20", 20, 2**64 - 1),
        ("finest", 127, 2**64 - 1),
        ("finest-binary", 255, 2**64 - 1),
    ]:
        interface = little.interface(options=[(9, bytes([resolution]))])
        yield f"resolution-{name}", little.header() + interface + little.packet(units=units)
    for name, seconds in [("forward", 3600), ("before-1970", -TIME - 1), ("greatest", 2**63 - 1), ("least", -(2**63))]:
        interface = little.interface(options=[(14, little.pack("q", seconds))])
        yield f"offset-{name}", little.header() + interface + little.packet() + little.packet(DNS)
    yield "offset-of-three-bytes", little.header() + little.interface(options=[(14, b"abc")]) + little.packet()
    yield "resolution-of-no-bytes", little.header() + little.interface(options=[(9, b"")]) + little.packet()
    links = little.interface(WIFI) + little.interface(ETHERNET) + little.interface(SLL)
    yield "links-one-unknown", little.header() + links + little.packet(b"wifi") + little.packet(interface=1)
    yield "link-unknown-only", little.header() + little.interface(WIFI) + little.packet(b"wifi") + little.simple_packet(b"wifi")
    yield "simple-packets", start + little.simple_packet() + little.packet() + little.simple_packet(DNS)
    short = little.interface(snap_len=40)
    yield "simple-packet-cut-by-snap-length", little.header() + short + little.simple_packet(SYN[:40], wire=1514)
    yield "simple-packet-of-no-bytes", start + little.simple_packet(b"")
    yield "simple-packet-longer-than-block", start + little.simple_packet(SYN, wire=4000)
    yield "obsolete-packet", start + little.obsolete_packet()
    name_resolution = little.block(4, little.pack("HH", 1, 14) + padded(bytes([192, 0, 2, 1]) + b"example.\0\0") + bytes(4))
    custom = little.block(0x0BAD, little.pack("I", 32473) + b"seed")
    yield "other-blocks", start + name_resolution + little.packet() + little.block(5, bytes(12)) + custom + little.packet(DNS)
    directions = (little.packet(options=[(1, b"a comment"), (2, little.pack("I", flags))]) for flags in (1, 2, 3))
    yield "directions", start + b"".join(directions)
    yield "packet-option-beyond-block", start + little.block(
        6, little.pack("IIIII", 0, 0, 0, 4, 4) + b"abcd" + little.pack("HH", 2, 400)
    )
    yield "interface-option-beyond-block", little.header() + little.block(1, little.pack("HHIHH", 1, 0, 0, 9, 400))
    yield "options-not-ended", little.header() + little.block(1, little.pack("HHIHHI", 1, 0, 0, 9, 1, 9)) + little.packet()
    yield "block-length-odd", start + little.pack("III", 6, 33, 0) + bytes(24)
    yield "block-length-0", start + little.pack("III", 6, 0, 0)
    yield "other-block-length-4", start + little.pack("III", 77, 4, 4)
    yield "block-lengths-differ", start + little.packet() + little.packet(tail=64)
    yield "skipped-block-lengths-differ", start + little.block(5, bytes(12), tail=4) + little.packet()
    yield "block-too-long", start + little.pack("III", 6, 2 << 20, 0) + bytes(24)
    yield "packet-beyond-block", start + little.packet(captured=100)
    yield "packet-longest-exceeded", start + little.packet(captured=262145)
    yield "packet-of-no-bytes", start + little.packet(b"") + little.packet()
    yield "interface-unknown", start + little.packet(interface=1)
    yield "no-interface", little.header() + little.packet()
    yield "no-interface-simple", little.header() + little.simple_packet()
    yield "section-version-2", little.header(major=2) + little.interface() + little.packet()
    yield "section-byte-order-unknown", little.header(magic=0x12345678) + little.interface()
    yield "section-cut-off", little.header()[:20]
    yield "section-length-short", little.pack("II", 0x0A0D0D0A, 24) + little.header()[8:]
    yield "block-cut-off", plain[:-10]
    yield "skipped-block-cut-off", start + little.block(5, bytes(40))[:30]
    yield "gzip", gz(plain)


# Records


HEADER = (
    b"version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n"
)
LINE = b"2 123456789012 eni-0a1b2c3d 192.0.2.1 198.51.100.7 49152 443 6 20 4249 1700000010 1700000070 ACCEPT OK\n"


def records_seeds():
    text = HEADER + LINE + LINE.replace(b"ACCEPT", b"REJECT")
    yield "gzip", gz(text)
    yield "gzip-two-members", gz(text[:150]) + gz(text[150:])
    yield "gzip-cut-off", gz(text * 40)[:-20]
    yield "gzip-wrong-checksum", gz(text)[:-8] + bytes(4) + gz(text)[-4:]
    yield "gzip-in-gzip", gz(gz(text))
    yield "gzip-empty", gz(b"")
    yield "gzip-line-too-long", gz(HEADER + b"x" * 65537 + b"\n" + LINE)
    yield "gzip-longest-line", gz(b"instance-id\n" + b"x" * 65536 + b"\n")
    yield "byte-order-mark", b"\xef\xbb\xbf" + text
    yield "carriage-returns", text.replace(b"\n", b"\r\n") + b"\r\n\r\n" + LINE.strip()
    yield "not-utf8", HEADER + LINE.replace(b"eni-0a1b2c3d", b"eni-\xff\xfe") + LINE
    yield "nul-bytes", HEADER + LINE.replace(b"443", b"\0\0\0")


# The server's readers


def query_seeds():
    yield "empty", b""
    yield "create-flow-logs", (
        b"Action=CreateFlowLogs&Version=2016-11-15&ResourceId.1=vpc-0a1b2c3d&ResourceId.2=vpc-1&ResourceType=VPC"
        b"&TrafficType=ALL&LogGroupName=g%2Fx&MaxAggregationInterval=60&DryRun=false&TagSpecification.1.ResourceType="
        b"vpc-flow-log&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b&DestinationOptions.FileFormat=parquet"
    )
    yield "describe-flow-logs", b"Filter.1.Name=resource-id&Filter.1.Value.1=vpc-1&MaxResults=5&NextToken=a+b&FlowLogId.1=fl-1"
    yield "authorize-ingress", (
        b"GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22"
        b"&IpPermissions.1.IpRanges.1.CidrIp=192.0.2.0%2F24&IpPermissions.1.IpRanges.1.Description=%C3%BC"
    )
    yield "acl-entry", b"NetworkAclId=acl-1&RuleNumber=-1&Protocol=6&RuleAction=allow&Egress=true&PortRange.From=1&PortRange.To=2"
    yield "modify-interface", b"NetworkInterfaceId=eni-1&SourceDestCheck.Value=true&SecurityGroupId.1=sg-1"
    yield "create-role", (
        b"RoleName=r&AssumeRolePolicyDocument=%7B%22Version%22%3A%222012-10-17%22%7D&MaxSessionDuration=3600"
        b"&Tags.member.1.Key=a&Tags.member.1.Value=b"
    )
    yield "assume-role", b"RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr&RoleSessionName=s&PolicyArns.member.1.arn=a&DurationSeconds=900"
    yield "empty-list", b"RoleName=r&TagKeys="
    yield "list-with-gaps", b"ResourceId.9=a&ResourceId.1=b&ResourceId.4294967296=c&ResourceId.0=d&ResourceId.01=e"
    yield "list-that-is-a-value", b"RoleArn=a&RoleSessionName=s&PolicyArns=a"
    yield "list-of-both-kinds", b"RoleName=r&TagKeys.member.1=a&TagKeys.1=b"
    yield "list-member-without-name", b"Filter.7.Value.1=a"
    yield "list-and-value", b"ResourceId=a&ResourceId.1=b"
    yield "twice", b"DryRun=true&DryRun=true"
    yield "deep", b"ResourceId" + b".1" * 15 + b"=a&Tag" + b".x" * 400 + b"=b"
    yield "dots", b"a..b=1&.=2&.a=3&a.=4"
    yield "percent-cut-off", b"ResourceId.1=%4&ResourceId.2=%"
    yield "percent-not-utf8", b"ResourceId.1=%ff%fe"
    yield "control-characters", b"Resource%0AId.1=%00%0d%0a&DryRun=%0a&MaxAggregationInterval=1%0a2"
    yield "number-too-large", b"MaxAggregationInterval=99999999999999999999&RuleNumber=1e3"
    yield "no-values", b"&&a&=&=b&DryRun"


def xml_seeds():
    yield "empty", b""
    yield "fault", b"<ErrorResponse><Error><Type>Sender</Type><Code>C</Code><Message>a &amp; b</Message></Error></ErrorResponse>"
    yield "list", b"<R><requestId>1</requestId><regionInfo><item><regionName>a</regionName></item><item/></regionInfo></R>"
    yield "references", b"<a>&#65;&#x42;&lt;&gt;&quot;&apos;&amp;</a>"
    yield "unknown-entity", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"
    yield "reference-to-nul", b"<a>&#0;&#xD800;&#99999999999;</a>"
    yield "cdata-and-comments", b"<?xml version='1.0'?><!-- c --><a b='c'><![CDATA[<&]]><?pi?></a>"
    yield "deep", b"<a>" * 40
    yield "not-closed", b"<a><b>text"
    yield "closed-wrongly", b"<a><b></a></b>"
    yield "control-characters", b"a\x00b\x1fc\r\n\td\x7f\xef\xbf\xbe\xef\xbf\xbf]]>"
    yield "blanks", b"  \r\n\t "
    yield "not-utf8", b"<a>\xff\xfe</a>"


def json_seeds():
    yield "empty", b""
    yield "put-log-events", (
        b'{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1700000000000,"message":"2 - eni-1"},'
        b'{"timestamp":1.7e12,"message":"\\u00fc\\n"}],"sequenceToken":null}'
    )
    yield "filter-log-events", b'{"logGroupName":"g","logStreamNames":["a","b"],"startTime":0,"endTime":1,"filterPattern":"REJECT","limit":5}'
    yield "get-log-events", b'{"logGroupIdentifier":"g","logStreamName":"s","startFromHead":true,"limit":10000,"nextToken":"f/1"}'
    yield "describe-streams", b'{"logGroupName":"g","orderBy":"LastEventTime","descending":true}'
    yield "retention", b'{"logGroupName":"g","retentionInDays":30}'
    yield "tags", b'{"resourceArn":"a","tags":{"a":"b","c":""}}'
    yield "unknown-members", b'{"logGroupName":"g","more":{"a":[1,2,{"b":null}]}}'
    yield "members-twice", b'{"logGroupName":"g","logGroupName":"h"}'
    yield "wrong-kinds", b'{"logGroupName":1,"logEvents":{"a":"x\\ny"},"tags":[]}'
    yield "huge-numbers", b'{"logGroupName":"g","retentionInDays":1e400,"startTime":18446744073709551616,"limit":-0.0}'
    yield "line-in-a-kind", b'{"orderBy":"Last\\nEvent\\u0000","logGroupName":"g"}'
    yield "deep", b'{"a":' + b"[" * 300
    yield "cut-off", b'{"logGroupName":"g","logEvents":[{"timest'
    yield "not-utf8", b'{"logGroupName":"g\xff\xe2\x82"}'
    yield "lone-surrogate", b'{"logGroupName":"\\ud800"}'


CREDENTIAL = b"AKIDEXAMPLE/20150830/us-east-1/ec2/aws4_request"
QUERY = b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + CREDENTIAL.replace(b"/", b"%2F")


def sigv4_seeds():
    host = b"\nHost: ec2.example\nX-Amz-Date: 20150830T123600Z\n"
    signed = b"AWS4-HMAC-SHA256 Credential=" + CREDENTIAL + b", SignedHeaders=host;x-amz-date, Signature=" + b"0" * 64
    yield "empty", b""
    yield "unsigned", b"POST /?Param2=b&Param1=a%20b\nContent-Type: text/plain\nMy-Header:  a   b \nMy-Header: c\n\nbody"
    yield "path", b"GET /a/../b//c/./%41%2f%zz/\xc3\xbc?a=%&b&=c&a=\n\n"
    yield "header", b"POST /" + host + b"Authorization: " + signed + b"\n\nAction=DescribeVpcs"
    yield "header-with-token", b"POST /" + host + b"X-Amz-Security-Token: t\nAuthorization: " + signed + b"\n\n"
    yield "header-cut-off", b"POST /" + host + b"Authorization: " + signed[:90] + b"\n\n"
    yield "header-without-pairs", b"POST /" + host + b"Authorization: AWS4-HMAC-SHA256 a,b=,=c,,\n\n"
    yield "header-of-another-kind", b"POST /" + host + b"Authorization: Basic dTpw\n\n"
    yield "credential-of-six-parts", b"POST /" + host + b"Authorization: " + signed.replace(b"/ec2", b"/ec2/x") + b"\n\n"
    yield "no-region", b"POST /" + host + b"Authorization: " + signed.replace(b"us-east-1", b"") + b"\n\n"
    yield "no-date", b"POST /\nHost: h\nAuthorization: " + signed + b"\n\n"
    yield "date-out-of-range", b"POST /\nX-Amz-Date: 99999999T999999Z\nAuthorization: " + signed + b"\n\n"
    yield "content-hash", b"POST /" + host + b"X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\nAuthorization: " + signed + b"\n\nx"
    presigned = QUERY + b"&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=" + b"0" * 64
    yield "presigned", b"GET /?" + presigned + b"\nHost: h\n\n"
    yield "presigned-for-ever", b"GET /?" + presigned.replace(b"=60", b"=9223372036854775807") + b"\nHost: h\n\n"
    yield "presigned-and-header", b"GET /?" + presigned + host + b"Authorization: " + signed + b"\n\n"
    yield "presigned-cut-off", b"GET /?" + QUERY + b"\n\n"
    yield "control-characters", b"GET /?X-Amz-Algorithm=%0a%00\nHost: h\n\n"
    yield "not-utf8", b"GET /\xff?\xfe=%ff\nHost: h\n\n\xff"


def policy(*statements, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": list(statements)}).encode()


def policy_seeds():
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    vpc = "arn:aws:ec2:*:*:vpc/v-?"
    yield "empty", b""
    yield "allow-all", policy(allow)
    yield "one-statement", json.dumps({"Version": "2012-10-17", "Id": "i", "Statement": allow}).encode()
    yield "lists", policy({"Sid": "a", "Effect": "Allow", "Action": ["ec2:Create*", "logs:GetLogData"], "Resource": [vpc, "*"]})
    yield "not", policy({"Effect": "Deny", "NotAction": "ec2:*", "NotResource": "arn:aws:iam::*:user/${aws:username}"}, allow)
    yield "variables", policy({**allow, "Resource": ["arn:aws:iam::1:user/${a:b, 'x'}${*}${?}${$}${", "arn:aws:iam::1:${aws:username}"]})
    for name, condition in {
        "strings": {"StringLikeIfExists": {"aws:username": ["a*", "?nn"]}, "StringNotEquals": {"a:b": "${aws:username}"}},
        "sets": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}, "ForAnyValue:StringNotLike": {"aws:TagKeys": "a"}},
        "numbers-and-dates": {"NumericLessThan": {"a:n": 5}, "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
        "addresses": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}, "NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        "others": {"Bool": {"a:t": True}, "Null": {"a:b": "true"}, "BinaryEquals": {"a:b": "QUJD"}, "ArnLike": {"a:b": vpc}},
        "odd": {"IpAddress": {"aws:SourceIp": "1/999"}, "DateEquals": {"aws:CurrentTime": "+99999-01-01"}, "NumericEquals": {"a:n": "1e999"}},
    }.items():
        yield "condition-" + name, policy({**allow, "Condition": condition})
    yield "trust", policy({**trust, "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}})
    yield "trust-principals", policy(
        {**trust, "Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:user/ann", "AROAR", "*"], "Federated": "f"}}
    )
    yield "trust-not", policy({"Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:role/r"}, "Action": "sts:*"}, trust)
    yield "trust-old", policy({**trust, "Principal": "*"}, version="2008-10-17")
    yield "stars", policy({**allow, "Action": "ec2:" + "*a" * 200, "Resource": "arn:aws:ec2:::" + "*?" * 200})
    yield "member-twice", b'{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}'
    yield "deep", b'{"Version":"2012-10-17","Statement":' + b"[" * 300
    yield "cut-off", policy(allow)[:-12]
    yield "control-characters", policy({**allow, "Action": "a\nb:c"}, {**allow, "Resource": "x\n\0"})
    yield "control-characters-in-conditions", policy({**allow, "Condition": {"String\n": {"a:b": "c"}}})
    yield "control-characters-in-principals", policy({**trust, "Principal": {"AWS": "a\nb"}})


def filter_pattern_seeds():
    record = b"\n2 123456789012 eni-1 192.0.2.1 198.51.100.7 49152 443 6 20 4249 1700000010 1700000070 REJECT OK"
    event = b'\n{"a":{"b":[1,"x",null,true]},"error.code":5,"n":-1.5e3}'
    yield "empty", b""
    yield "terms", b'REJECT "OK" -ACCEPT ?a ?b' + record
    yield "term-regex", b"%REJ[A-Z]+%" + record
    yield "columns", b"[version, account, eni, source, ..., action=REJECT, status]" + record
    yield "columns-compared", b'[v=2, a, e, s="192.0.2.*", d!=10.*, sp>1024, dp=443 || dp=%4.3%, p, ...]' + record
    yield "columns-of-nothing", b"[]\na [b c] \"d e\""
    yield "json", b'{ $.a.b[0] = 1 && ($.n < 0 || $.x NOT EXISTS) }' + event
    yield "json-wildcards", b'{ $.a.b[*] = "x*" || $.["error.code"] IS NULL || $.a.b[3] IS TRUE }' + event
    yield "json-deep", b"{ " + b"(" * 400 + b"$.a = 1" + b")" * 400 + b" }" + event
    yield "json-regex", b"{ $.a = %^[0-9]{1,3}(a|b)*$% }" + event
    yield "not-closed", b"{ $.a = 1" + event
    yield "quotes-not-closed", b'"a \\" b' + record
    yield "regex-of-repetitions", b"%((a{1,100}){1,100}){1,100}%\n" + b"a" * 200
    yield "stars", b'{ $.a = "' + b"*a" * 200 + b'b" }\n{"a":"' + b"a" * 300 + b'"}'
    yield "control-characters", b"a\x01\x02!\n\x01"
    yield "longest", b"a" * 1024 + b"\nb"
    yield "too-long", b"a" * 1025
    yield "message-cut-off", b"{ $.a = 1 }\n{\"a\": [1, "
    yield "message-deep", b"{ $.a = 1 }\n" + b'{"a":[' * 300


# Journals


EXCLUSIONS = 9
HEAD, STANDING, RULES, FLOWS, BOOKS, MARK, CLOSING = range(7)


def frame(kind, body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    content = struct.pack("<QB", len(body), kind) + body
    return content + struct.pack("<I", zlib.crc32(content))


def flows(lost, v4=()):
    entries = b"".join(struct.pack(">QQ", *key) + struct.pack("<QQQIIHHHBB", 3, 180, 1, 0, 0, 1, 2, 0, 2, 0) for key in v4)
    return struct.pack("<QQQ", len(v4), 0, len(lost)) + entries + b"".join(struct.pack("<IQ", *one) for one in lost)


def journal_seeds():
    head = {"version": 1, "run": "r", "generations": 1, "known": [0], "next_base": 7, "next_long": None, "base": [6], "long": [], "books": []}
    rules = b"\n--\n" + frame(RULES, struct.pack("<Q", 1700000000) + b"{}") + frame(RULES, struct.pack("<Q", 1700000060) + b'{"a":1}')
    ledger = {"seen": 3, "recorded": 3, "excluded": [0] * EXCLUSIONS, "lost": 0, "dropped": 0}
    books = frame(BOOKS, [{"window": 7, "interface": 0, "ledger": ledger}])
    begin = frame(HEAD, head) + frame(STANDING, flows([(0, 5)], [(1, 2), (1, 3)]))
    epoch = frame(FLOWS, struct.pack("<Q", 7) + flows([(0, 2)], [(1, 2)])) + books
    mark = frame(MARK, [2, 2, {"at": 1700000060, "device_packets": 9}])
    yield "empty", b""
    yield "head-alone", frame(HEAD, {**head, "base": []}) + rules
    yield "epochs", begin + epoch + mark + epoch + mark + rules
    yield "closing", begin + epoch + mark + frame(CLOSING, struct.pack("<Q", 8)) + rules
    yield "epoch-without-mark", begin + epoch + mark + epoch + rules
    yield "frame-cut-off", (begin + epoch + mark + epoch)[:-9] + rules
    yield "mark-of-other-frames", begin + epoch + frame(MARK, [3, 2, {"at": 1, "device_packets": 9}]) + rules
    yield "standing-missing", frame(HEAD, {**head, "base": [1, 2, 3]}) + begin[-40:] + rules
    yield "rules-missing", begin + epoch + mark
    yield "rules-cut-off", begin + epoch + mark + rules[:-5]
    yield "windows-twice", frame(HEAD, {**head, "base": [6, 6]}) + frame(STANDING, flows([])) * 2 + rules
    yield "order-wrong", begin + frame(HEAD, head) + rules
    yield "version-2", frame(HEAD, {**head, "version": 2}) + rules
    yield "length-huge", begin + struct.pack("<QB", 2**64 - 1, FLOWS) + bytes(40) + rules
    yield "counts-huge", begin + frame(FLOWS, struct.pack("<QQQQ", 7, 2**63, 2**63, 2**64 - 1)) + mark + rules
    most = frame(FLOWS, struct.pack("<Q", 7) + flows([(0, 2**64 - 1)]))
    ledger = {**ledger, "seen": 2**64 - 1, "lost": 2**64 - 1, "excluded": [2**64 - 1] * EXCLUSIONS}
    yield "sums-too-large", begin + (most + frame(BOOKS, [{"window": 7, "interface": 0, "ledger": ledger}]) + mark) * 2 + rules
    yield "checksum-wrong", begin + epoch[:-1] + b"\xff" + mark + rules


def lines(*entries):
    texts = [json.dumps(entry, separators=(",", ":")).encode() for entry in entries]
    return b"".join(b"%08x %s\n" % (zlib.crc32(text), text) for text in texts)


def segment(*numbers, body=b"not zstd", length=None, **more):
    batch = {"queue": 0, "log_group": "g", "log_stream": "s", "interface": "eni-1", "records": 1, "packets": 2, "first": 1, "last": 2}
    batch |= {"created": 1700000000000, "stored": len(body), "raw": 40, "checksum": zlib.crc32(body)} | more
    batches = [{**batch, "number": number} for number in numbers]
    header = json.dumps({"queues": [{"queue": "fl-1/eni-1/r", "producer": "p"}], "batches": batches, "mark": "m"}).encode()
    return b"FLSPOOL1" + struct.pack("<II", len(header) if length is None else length, zlib.crc32(header)) + header + body * len(numbers)


def spool_seeds():
    queue = "fl-1/eni-1/r"
    made = {"queue": {"queue": queue, "producer": "p"}}
    numbers = {"numbers": {"queue": queue, "highest": 4, "next": 5, "touched": 1700000000000}}
    settled = {"settled": {"queue": queue, "number": 2, "created": 1700000000000}}
    ends = [{"dropped": {"batches": 3}}, {"mark": {"segment": 6, "mark": "m"}}, {"last_segment": {"segment": 6}}]
    journal, between = lines(made, numbers, settled, *ends), b"--\n"
    # One event, stored by zstd as it is.
    event = struct.pack("<qQI", 1700000000000, 2, 20) + b"2 - eni-1 REJECT OK "
    stored = bytes.fromhex("28b52ffd20") + bytes([len(event)]) + struct.pack("<I", 1 | len(event) << 3)[:3] + event
    yield "empty", b""
    yield "journal-alone", journal
    yield "batches", journal + between + segment(1, 2, 3, body=stored)
    yield "removed-queue", lines(made, {"removed": {"queue": queue, "through": 2}}) + between + segment(1, 2, 3, body=stored)
    yield "unreadable-batches", journal + between + segment(5, 6)
    yield "numbers-twice", journal + between + segment(5, 5, 5, 4, body=stored)
    yield "no-batches", journal + between + segment()
    yield "queue-unknown", journal + between + segment(1, body=stored, queue=1)
    yield "segment-cut-off", journal + between + segment(1, 2, body=stored)[:-7]
    yield "segment-checksum-wrong", journal + between + segment(1, body=stored).replace(b"eni-1", b"eni-2")
    yield "header-length-huge", journal + between + segment(1, length=2**32 - 1)
    yield "raw-huge", journal + between + segment(1, body=stored, raw=2**32 - 1)
    yield "stored-huge", journal + between + segment(1, 2, body=stored, stored=2**32 - 1)
    yield "numbers-too-large", lines(made, {"settled": {"queue": queue, "number": 2**64 - 1, "created": 0}}) + between + segment(2**64 - 1)
    yield "highest-too-large", lines(made, {"numbers": {"queue": queue, "highest": 2**64 - 1, "next": 0, "touched": 0}}) + between
    yield "next-too-large", lines(made, {"numbers": {"queue": queue, "highest": 0, "next": 2**64 - 1, "touched": 0}}) + between + b"?"
    yield "removed-too-large", lines({"removed": {"queue": queue, "through": 2**64 - 1}}, made)
    yield "segment-number-too-large", lines({"last_segment": {"segment": 2**64 - 1}})
    yield "sums-too-large", journal + between + segment(8, 9, body=stored, records=2**64 - 1, packets=2**64 - 1)
    yield "line-cut-off", journal[:-9]
    yield "line-damaged", journal.replace(b'"highest":4', b'"highest":5')
    yield "entry-unknown", lines(made, {"more": {}}, settled)
    yield "not-utf8", journal + b"00000000 \xff\n"


# The log store


FIXTURES = Path(__file__).resolve().parent.parent / "crates/logstore/tests/fixtures"


def log_block_seeds():
    """Blocks that the store has written, and one that is cut off, too long, or says so."""
    database = sqlite3.connect(f"file:{FIXTURES}/v1/logs/meta.db?mode=ro&immutable=1", uri=True)
    blocks = database.execute("SELECT raw_bytes, body FROM block ORDER BY id").fetchall()
    for number, (length, body) in enumerate(blocks[:4]):
        yield f"block-{number}", struct.pack("<I", length) + body
    length, body = blocks[0]
    yield "shorter-than-it-says", struct.pack("<I", length + 1) + body
    yield "longer-than-it-says", struct.pack("<I", length - 1) + body
    yield "larger-than-any", struct.pack("<I", (64 << 20) + 1) + body
    yield "not-packed", struct.pack("<I", 12) + bytes(12)


def log_store_seeds():
    """Changes of a small store: the catalog is the first of its files, segments are the others."""

    def byte(file, place, more, other=0):
        return struct.pack("<BIBB", file, place, more, other)

    def cut(file, place):
        return byte(file, place, 255)

    yield "untouched", b""
    yield "segment-byte", byte(1, 100, 1)
    yield "segment-cut-off", cut(2, 500)
    yield "segment-empty", cut(3, 0)
    yield "segment-magic", byte(4, 0, 0, 1)
    yield "every-segment", b"".join(byte(file, 40 * file, 7) for file in range(1, 11))
    yield "catalog-magic", byte(0, 0, 1)
    yield "catalog-version", byte(0, 60, 9)
    yield "catalog-page", byte(0, 4096, 3)
    yield "catalog-cut-off", cut(0, 9000)
    yield "catalog-empty", cut(0, 0)
    for place in range(4096, 120_000, 9973):
        yield f"catalog-byte-{place:06}", byte(0, place, 1) + byte(0, place + 17, 0, 64)


def main():
    for target, seeds in [
        ("filter_pattern", filter_pattern_seeds),
        ("journal", journal_seeds),
        ("json", json_seeds),
        ("log_block", log_block_seeds),
        ("log_store", log_store_seeds),
        ("pcap", pcap_seeds),
        ("pcapng", pcapng_seeds),
        ("policy", policy_seeds),
        ("query", query_seeds),
        ("records", records_seeds),
        ("sigv4", sigv4_seeds),
        ("spool", spool_seeds),
        ("xml", xml_seeds),
    ]:
        directory = CORPUS / target
        directory.mkdir(parents=True, exist_ok=True)
        for name, content in seeds():
            (directory / name).write_bytes(content)


if __name__ == "__main__":
    main()
