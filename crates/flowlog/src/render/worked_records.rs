//! The worked records of flow-logs.md §6, rendered from what the interface saw.

use std::net::Ipv4Addr;

use flowlogd_vpc::{
    Action, Direction, Ground, Initiator, Lacking, Revision, Route, RouteTable, RouteTarget,
};

use crate::testing::{OwnedRecord, Why, cidr, interface, inventory, ip};
use crate::{Body, Field, Flow, LogFormat, Mode, Source, Span};

use Action::{Accept, Reject};
use Direction::{Egress, Ingress};

/// A record of the interface `id` with the primary address `primary`.
fn at(id: &str, primary: &str) -> OwnedRecord {
    let mut record = OwnedRecord::example();
    let interface = &mut record.inventory.interfaces[0];
    interface.id = id.to_owned();
    let primary: Ipv4Addr = primary.parse().unwrap();
    interface.primary_ipv4 = Some(primary);
    interface.ipv4_addresses = vec![primary];
    record.why = None;
    record
}

/// Sets direction, `source:port > destination:port` as on the wire, and protocol.
fn sees(record: &OwnedRecord, way: Direction, wire: &str, protocol: u8) -> OwnedRecord {
    let (src, dst) = wire.split_once(" > ").unwrap();
    let end = |text: &str| {
        let (address, port) = text.rsplit_once('.').unwrap();
        (ip(address), port.parse().unwrap())
    };
    record.with_flow(|flow| {
        flow.direction = Some(way);
        (flow.pkt_srcaddr, flow.srcport) = end(src);
        (flow.pkt_dstaddr, flow.dstport) = end(dst);
        flow.protocol = protocol;
    })
}

/// Sets counters, times, action and flags.
fn counted(
    record: &OwnedRecord,
    [packets, bytes, start, end]: [u64; 4],
    action: Action,
    flags: u8,
) -> OwnedRecord {
    record.with_flow(|flow| {
        flow.packets = packets;
        flow.bytes = bytes;
        flow.seen = Span { start, end };
        flow.action = Some(action);
        flow.tcp_flags = Some(flags);
    })
}

fn v2(record: &OwnedRecord) -> String {
    record.line(&LogFormat::default())
}

fn with(fields: &str, record: &OwnedRecord) -> String {
    record.line(&LogFormat::from_names(fields.split(' ')).unwrap())
}

#[test]
fn accept_and_reject_6_1() {
    let ssh = sees(
        &at("eni-1235b8ca123456789", "172.31.16.21"),
        Ingress,
        "172.31.16.139.20641 > 172.31.16.21.22",
        6,
    );
    let rdp = sees(
        &at("eni-1235b8ca123456789", "172.31.9.12"),
        Ingress,
        "172.31.9.69.49761 > 172.31.9.12.3389",
        6,
    );
    let tally = [20, 4249, 1_418_530_010, 1_418_530_070];

    assert_eq!(
        v2(&counted(&ssh, tally, Accept, 2)),
        "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 \
         1418530010 1418530070 ACCEPT OK"
    );
    assert_eq!(
        v2(&counted(&rdp, tally, Reject, 2)),
        "2 123456789010 eni-1235b8ca123456789 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 \
         1418530010 1418530070 REJECT OK"
    );
}

#[test]
fn no_data_and_skipped_data_6_2() {
    let window = Span { start: 1_431_280_876, end: 1_431_280_934 };
    let mut silent = at("eni-1235b8ca123456789", "172.31.16.21");
    silent.body = Body::NoData(window);
    let mut skipped = at("eni-11111111aaaaaaaaa", "172.31.16.21");
    skipped.body = Body::SkipData { window, lost_packets: 7 };

    assert_eq!(
        v2(&silent),
        "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA"
    );
    assert_eq!(
        v2(&skipped),
        "2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA"
    );
}

#[test]
fn a_record_without_a_flow_tells_the_interface_and_nothing_of_packets() {
    let window = Span { start: 60, end: 120 };
    let mut record = OwnedRecord::example();
    record.body = Body::SkipData { window, lost_packets: 7 };
    let everything = LogFormat::from_names(Field::ALL.iter().map(|f| f.name())).unwrap();

    let line = record.line(&everything);

    let told: Vec<_> = line
        .split(' ')
        .zip(Field::ALL)
        .filter(|(token, _)| *token != "-")
        .map(|(token, field)| format!("{field}={token}"))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    version=11
    account-id=123456789010
    interface-id=eni-1235b8ca123456789
    start=60
    end=120
    log-status=SKIPDATA
    vpc-id=vpc-abcdefab012345678
    subnet-id=subnet-aaaaaaaa012345678
    instance-id=i-01234567890123456
    region=us-east-1
    az-id=use1-az4
    interface-type=interface
    x-lost-packets=7
    x-mode=replay
    ");
}

#[test]
fn a_stateless_network_acl_refuses_the_reply_6_3() {
    let eni = at("eni-1235b8ca123456789", "172.31.16.139");
    let request = sees(&eni, Ingress, "203.0.113.12.0 > 172.31.16.139.0", 1);
    let reply = sees(&eni, Egress, "172.31.16.139.0 > 203.0.113.12.0", 1);

    assert_eq!(
        v2(&counted(&request, [4, 336, 1_432_917_027, 1_432_917_142], Accept, 0)),
        "2 123456789010 eni-1235b8ca123456789 203.0.113.12 172.31.16.139 0 0 1 4 336 1432917027 \
         1432917142 ACCEPT OK"
    );
    assert_eq!(
        v2(&counted(&reply, [4, 336, 1_432_917_094, 1_432_917_142], Reject, 0)),
        "2 123456789010 eni-1235b8ca123456789 172.31.16.139 203.0.113.12 0 0 1 4 336 1432917094 \
         1432917142 REJECT OK"
    );
}

#[test]
fn ipv6_addresses_are_those_of_the_packet_6_4() {
    let record = sees(
        &at("eni-1235b8ca123456789", "172.31.16.139"),
        Ingress,
        "2001:db8:1234:a100:8d6e:3477:df66:f105.34892 > 2001:db8:1234:a102:3304:8879:34cf:4071.22",
        6,
    );

    let record = counted(&record, [54, 8855, 1_477_913_708, 1_477_913_820], Accept, 2);

    assert_eq!(
        v2(&record),
        "2 123456789010 eni-1235b8ca123456789 2001:db8:1234:a100:8d6e:3477:df66:f105 \
         2001:db8:1234:a102:3304:8879:34cf:4071 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK"
    );
    assert_eq!(with("type tcp-flags", &record), "IPv6 2");
}

#[test]
fn tcp_flags_of_opening_and_closing_6_5() {
    let format = "version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr \
                  srcport dstport pkt-srcaddr pkt-dstaddr protocol bytes packets start end action \
                  tcp-flags log-status";
    let eni = at("eni-1235b8ca123456789", "10.0.0.62");
    let head = "3 vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-01234567890123456 \
                eni-1235b8ca123456789 123456789010 IPv4";
    let there = |port: u16| {
        let wire = format!("52.213.180.42.{port} > 10.0.0.62.5001");
        let shown = format!("52.213.180.42 10.0.0.62 {port} 5001 52.213.180.42 10.0.0.62");
        (sees(&eni, Ingress, &wire, 6), shown)
    };
    let back = |port: u16| {
        let wire = format!("10.0.0.62.5001 > 52.213.180.42.{port}");
        let shown = format!("10.0.0.62 52.213.180.42 5001 {port} 10.0.0.62 52.213.180.42");
        (sees(&eni, Egress, &wire, 6), shown)
    };
    let first = [1_566_848_875, 1_566_848_933];
    let second = [1_566_848_933, 1_566_849_113];
    let short = [1_566_933_133, 1_566_933_193];

    for ((record, addresses), packets, bytes, [start, end], flags) in [
        (there(43416), 8, 568, first, 2),
        (back(43416), 7, 376, first, 18),
        (there(43418), 70, 100_701, first, 2),
        (back(43418), 12, 632, first, 18),
        (back(43418), 1219, 63_388, second, 1),
        (there(43418), 15_774, 23_294_588, second, 1),
        (there(43638), 17, 1260, short, 3),
        (back(43638), 14, 967, short, 19),
    ] {
        assert_eq!(
            with(format, &counted(&record, [packets, bytes, start, end], Accept, flags)),
            format!("{head} {addresses} 6 {bytes} {packets} {start} {end} ACCEPT {flags} OK")
        );
    }
}

#[test]
fn flags_are_zero_without_tcp_and_a_hyphen_where_tcp_could_not_be_read() {
    let record = OwnedRecord::example();
    let udp = record.with_flow(|flow| (flow.protocol, flow.tcp_flags) = (17, None));
    let cut_off = record.with_flow(|flow| flow.tcp_flags = None);
    let acks_only = record.with_flow(|flow| flow.tcp_flags = Some(0));

    assert_eq!(with("protocol tcp-flags", &udp), "17 0");
    assert_eq!(with("protocol tcp-flags", &cut_off), "6 -");
    assert_eq!(with("protocol tcp-flags", &acks_only), "6 0");
}

#[test]
fn a_nat_gateway_shows_itself_and_keeps_the_wire_addresses_6_6() {
    let format = "instance-id interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr";
    let mut nat = at("eni-1235b8ca123456789", "10.0.0.220");
    nat.inventory.interfaces[0].instance_id = None;

    for (way, wire, expected) in [
        (Ingress, "10.0.1.5.1 > 203.0.113.5.2", "10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5"),
        (Egress, "10.0.0.220.1 > 203.0.113.5.2", "10.0.0.220 203.0.113.5 10.0.0.220 203.0.113.5"),
        (Ingress, "203.0.113.5.2 > 10.0.0.220.1", "203.0.113.5 10.0.0.220 203.0.113.5 10.0.0.220"),
        (Egress, "203.0.113.5.2 > 10.0.1.5.1", "10.0.0.220 10.0.1.5 203.0.113.5 10.0.1.5"),
    ] {
        assert_eq!(
            with(format, &sees(&nat, way, wire, 6)),
            format!("- eni-1235b8ca123456789 {expected}")
        );
    }

    let instance = at("eni-1111aaaa2222bbbb3", "10.0.1.5");
    assert_eq!(
        with(format, &sees(&instance, Egress, "10.0.1.5.1 > 203.0.113.5.2", 6)),
        "i-01234567890123456 eni-1111aaaa2222bbbb3 10.0.1.5 203.0.113.5 10.0.1.5 203.0.113.5"
    );
    assert_eq!(
        with(format, &sees(&instance, Ingress, "203.0.113.5.2 > 10.0.1.5.1", 6)),
        "i-01234567890123456 eni-1111aaaa2222bbbb3 203.0.113.5 10.0.1.5 203.0.113.5 10.0.1.5"
    );
}

#[test]
fn a_transit_gateway_takes_the_place_of_the_client_6_7() {
    let format = "version interface-id account-id vpc-id subnet-id instance-id srcaddr dstaddr \
                  srcport dstport protocol tcp-flags type pkt-srcaddr pkt-dstaddr action log-status";
    let place = |id: &str, primary: &str, subnet: &str, instance: Option<&str>| {
        let mut record = at(id, primary);
        record.inventory.subnets[0].id = subnet.to_owned();
        record.inventory.interfaces[0].instance_id = instance.map(ToOwned::to_owned);
        record
    };
    let (a, b) = ("subnet-11111111aaaaaaaaa", "subnet-22222222bbbbbbbbb");
    let server = place("eni-33333333333333333", "10.40.2.236", b, Some("i-01234567890123456"));
    let near = place("eni-11111111111111111", "10.40.1.175", a, None);
    let far = place("eni-22222222222222222", "10.40.2.31", b, None);
    let (request, reply) =
        ("10.20.33.164.39812 > 10.40.2.236.80", "10.40.2.236.80 > 10.20.33.164.39812");
    let tally = [1, 40, 0, 0];

    for (record, way, wire, flags, expected) in [
        (
            &server,
            Ingress,
            request,
            3,
            "3 eni-33333333333333333 123456789010 vpc-abcdefab012345678 subnet-22222222bbbbbbbbb \
             i-01234567890123456 10.20.33.164 10.40.2.236 39812 80 6 3 IPv4 10.20.33.164 \
             10.40.2.236 ACCEPT OK",
        ),
        (
            &server,
            Egress,
            reply,
            19,
            "3 eni-33333333333333333 123456789010 vpc-abcdefab012345678 subnet-22222222bbbbbbbbb \
             i-01234567890123456 10.40.2.236 10.20.33.164 80 39812 6 19 IPv4 10.40.2.236 \
             10.20.33.164 ACCEPT OK",
        ),
        (
            &near,
            Egress,
            request,
            3,
            "3 eni-11111111111111111 123456789010 vpc-abcdefab012345678 subnet-11111111aaaaaaaaa - \
             10.40.1.175 10.40.2.236 39812 80 6 3 IPv4 10.20.33.164 10.40.2.236 ACCEPT OK",
        ),
        (
            &far,
            Ingress,
            reply,
            19,
            "3 eni-22222222222222222 123456789010 vpc-abcdefab012345678 subnet-22222222bbbbbbbbb - \
             10.40.2.236 10.40.2.31 80 39812 6 19 IPv4 10.40.2.236 10.20.33.164 ACCEPT OK",
        ),
    ] {
        let record = counted(&sees(record, way, wire, 6), tally, Accept, flags);
        assert_eq!(with(format, &record), expected);
    }
}

/// AWS's record names the service S3 at the public address; the service fields have no source here.
#[test]
fn path_and_direction_6_8() {
    let format = "version srcaddr dstaddr srcport dstport protocol start end type packets bytes \
                  account-id vpc-id subnet-id instance-id interface-id region az-id \
                  sublocation-type sublocation-id action tcp-flags pkt-srcaddr pkt-dstaddr \
                  pkt-src-aws-service pkt-dst-aws-service traffic-path flow-direction log-status";
    let mut eni = at("eni-1235b8ca123456789", "10.0.0.71");
    eni.inventory.subnets[0].route_table = Some(0);
    eni.inventory.route_tables.push(RouteTable {
        id: "rtb-1".to_owned(),
        routes: vec![Route {
            destination: cidr("0.0.0.0/0"),
            target: RouteTarget::InternetGateway,
        }],
    });
    let recorded = &mut eni.inventory.interfaces[0];
    recorded.owner = "123456789012".to_owned();
    recorded.instance_id = Some("i-0c50d5961bcb2d47b".to_owned());
    recorded.region = Some("ap-southeast-2".to_owned());
    recorded.availability_zone_id = Some("apse2-az3".to_owned());
    let reply = sees(&eni, Ingress, "52.95.128.179.80 > 10.0.0.71.34210", 6);
    let request = sees(&eni, Egress, "10.0.0.71.34210 > 52.95.128.179.80", 6);

    assert_eq!(
        with(format, &counted(&reply, [14, 15_044, 1_616_729_292, 1_616_729_349], Accept, 19)),
        "5 52.95.128.179 10.0.0.71 80 34210 6 1616729292 1616729349 IPv4 14 15044 123456789012 \
         vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-0c50d5961bcb2d47b eni-1235b8ca123456789 \
         ap-southeast-2 apse2-az3 - - ACCEPT 19 52.95.128.179 10.0.0.71 - - - ingress OK"
    );
    assert_eq!(
        with(format, &counted(&request, [7, 471, 1_616_729_292, 1_616_729_349], Accept, 3)),
        "5 10.0.0.71 52.95.128.179 34210 80 6 1616729292 1616729349 IPv4 7 471 123456789012 \
         vpc-abcdefab012345678 subnet-aaaaaaaa012345678 i-0c50d5961bcb2d47b eni-1235b8ca123456789 \
         ap-southeast-2 apse2-az3 - - ACCEPT 3 10.0.0.71 52.95.128.179 - - 8 egress OK"
    );
}

/// AWS's records end in 1, 1, 0 and 0; nothing here encrypts, so the status is not known.
#[test]
fn paths_inside_the_vpc_6_9() {
    let format = "flow-direction traffic-path srcaddr dstaddr srcport dstport encryption-status";
    let eni = at("eni-1235b8ca123456789", "10.0.128.55");

    for (way, wire, expected) in [
        (
            Ingress,
            "10.0.133.8.43236 > 10.0.128.55.80",
            "ingress - 10.0.133.8 10.0.128.55 43236 80 -",
        ),
        (Egress, "10.0.128.55.80 > 10.0.133.8.43236", "egress 1 10.0.128.55 10.0.133.8 80 43236 -"),
    ] {
        assert_eq!(with(format, &sees(&eni, way, wire, 6)), expected);
    }
    assert_eq!(LogFormat::from_names(format.split(' ')).unwrap().header_line(), format);
}

#[test]
fn real_events_6_10() {
    let mut eni = at("eni-026f791613cca9e4a", "10.0.35.218");
    eni.inventory.interfaces[0].owner = "353780386920".to_owned();
    let ntp = sees(&eni, Ingress, "35.91.110.229.123 > 10.0.35.218.55035", 17);
    let tls = sees(&eni, Egress, "10.0.35.218.58354 > 52.94.177.11.443", 6);

    assert_eq!(
        v2(&counted(&ntp, [1, 76, 1_695_664_801, 1_695_664_861], Accept, 0)),
        "2 353780386920 eni-026f791613cca9e4a 35.91.110.229 10.0.35.218 123 55035 17 1 76 \
         1695664801 1695664861 ACCEPT OK"
    );
    assert_eq!(
        v2(&counted(&tls, [3, 151, 1_695_664_801, 1_695_664_861], Accept, 0)),
        "2 353780386920 eni-026f791613cca9e4a 10.0.35.218 52.94.177.11 58354 443 6 3 151 \
         1695664801 1695664861 ACCEPT OK"
    );
}

#[test]
fn secondary_address_scan_and_middlebox_6_11() {
    let mut secondary = at("eni-1235b8ca123456789", "10.0.0.10");
    secondary.inventory.interfaces[0].ipv4_addresses.push(Ipv4Addr::new(10, 0, 0, 11));
    assert_eq!(
        with(
            "version srcaddr dstaddr pkt-srcaddr pkt-dstaddr dstport action flow-direction",
            &sees(&secondary, Ingress, "10.0.5.5.1 > 10.0.0.11.443", 6)
        ),
        "5 10.0.5.5 10.0.0.10 10.0.5.5 10.0.0.11 443 ACCEPT ingress"
    );

    let mut scanned = at("eni-0a1b2c3d4e5f60718", "10.0.0.10");
    scanned.inventory.interfaces[0].owner = "123456789012".to_owned();
    let scan = sees(&scanned, Ingress, "198.51.100.7.51000 > 10.0.0.10.23", 6);
    let format = format!("{} tcp-flags", LogFormat::default().header_line());
    assert_eq!(
        with(&format, &counted(&scan, [3, 180, 1_700_000_000, 1_700_000_003], Reject, 2)),
        "3 123456789012 eni-0a1b2c3d4e5f60718 198.51.100.7 10.0.0.10 51000 23 6 3 180 1700000000 \
         1700000003 REJECT OK 2"
    );

    let middlebox = at("eni-0f1e2d3c4b5a69788", "10.0.9.9");
    let format = "interface-id flow-direction srcaddr dstaddr pkt-srcaddr pkt-dstaddr";
    let wire = "10.0.1.5.1 > 10.0.2.6.2";
    assert_eq!(
        with(format, &sees(&middlebox, Ingress, wire, 6)),
        "eni-0f1e2d3c4b5a69788 ingress 10.0.1.5 10.0.9.9 10.0.1.5 10.0.2.6"
    );
    assert_eq!(
        with(format, &sees(&middlebox, Egress, wire, 6)),
        "eni-0f1e2d3c4b5a69788 egress 10.0.9.9 10.0.2.6 10.0.1.5 10.0.2.6"
    );
}

#[test]
fn without_an_inventory_addresses_are_those_of_the_wire_and_nothing_is_judged() {
    let mut record = OwnedRecord::example();
    record.named = false;
    record.why = None;
    let record = record.with_flow(|flow| (flow.direction, flow.action) = (None, None));

    assert_eq!(
        v2(&record),
        "2 unknown - 10.0.5.5 10.0.0.10 44444 443 6 20 4249 1418530010 1418530070 - OK"
    );
    assert_eq!(
        with(
            "vpc-id subnet-id instance-id region az-id flow-direction traffic-path interface-type \
             next-hop-vpc-id x-deciding-rule x-mixed x-initiator pkt-srcaddr type x-mode",
            &record
        ),
        "- - - - - - - - - - - - 10.0.5.5 IPv4 replay"
    );
}

#[test]
fn the_next_hop_is_the_interface_that_owns_the_far_address() {
    let format = "next-hop-interface-id next-hop-subnet-id next-hop-az-id next-hop-vpc-id \
                  next-hop-interface-type";
    let mut eni = at("eni-1235b8ca123456789", "10.0.0.10");
    let mut peer = interface("eni-peer", "10.0.5.5");
    peer.interface_type = "nat_gateway".to_owned();
    peer.availability_zone_id = Some("use1-az6".to_owned());
    eni.inventory.interfaces.push(peer);
    let hop =
        "eni-peer subnet-aaaaaaaa012345678 use1-az6 vpc-abcdefab012345678 nat_gateway".to_owned();

    assert_eq!(with(format, &sees(&eni, Ingress, "10.0.5.5.1 > 10.0.0.10.2", 6)), hop);
    assert_eq!(with(format, &sees(&eni, Egress, "10.0.0.10.2 > 10.0.5.5.1", 6)), hop);
    assert_eq!(with(format, &sees(&eni, Egress, "10.0.0.10.2 > 10.0.6.6.1", 6)), "- - - - -");
}

#[test]
fn the_explanation_is_spelled_as_decided() {
    let format = "x-deciding-rule x-nearest-miss x-rule-revision x-mixed x-lost-packets \
                  x-initiator x-mode";
    let mut record = OwnedRecord::example();
    let why = |rule: Ground, tracked, mixed, initiator| Why {
        rule,
        tracked,
        nearest_miss: None,
        revision: Revision(0x0001_2345_6789_abcd),
        mixed,
        initiator,
    };
    let rule = |text: &str| Ground::SecurityGroupRule(text.to_owned());

    record.why = Some(why(rule("sgr-1"), true, false, Initiator::Destination));
    assert_eq!(with(format, &record), "tracked:sgr-1 - 000123456789abcd 0 - dst replay");

    record.mode = Mode::Enforce;
    record.why = Some(Why {
        nearest_miss: Some((rule("sgr-2"), Lacking::Port)),
        ..why(
            Ground::ImplicitDeny("implicit-deny:sg-a,sg-b".to_owned()),
            false,
            true,
            Initiator::Source,
        )
    });
    assert_eq!(
        with(format, &record),
        "implicit-deny:sg-a,sg-b sgr-2:port 000123456789abcd 1 - src enforce"
    );

    record.mode = Mode::Observe;
    record.why = Some(why(Ground::ConnectionAllowance, false, false, Initiator::Unknown));
    assert_eq!(with(format, &record), "conntrack-allowance - 000123456789abcd 0 - - observe");

    for (lacking, word) in
        [(Lacking::Peer, "peer"), (Lacking::Protocol, "protocol"), (Lacking::Family, "family")]
    {
        record.why = Some(Why {
            nearest_miss: Some((rule("sgr-3"), lacking)),
            ..why(
                Ground::NetworkAclEntry("acl-1:egress:*".to_owned()),
                false,
                false,
                Initiator::Unknown,
            )
        });
        assert_eq!(
            with("x-deciding-rule x-nearest-miss", &record),
            format!("acl-1:egress:* sgr-3:{word}")
        );
    }
}

/// A flow about which everything is known that can be known.
#[test]
fn exactly_the_fields_without_a_source_are_always_a_hyphen() {
    let mut record = OwnedRecord::example();
    record.inventory = inventory();
    record.inventory.interfaces.push(interface("eni-peer", "10.0.5.5"));
    if let Some(why) = &mut record.why {
        why.nearest_miss = Some((Ground::ConnectionAllowance, Lacking::Port));
    }
    let egress = record.with_flow(|flow: &mut Flow<'_>| {
        flow.direction = Some(Egress);
        std::mem::swap(&mut flow.pkt_srcaddr, &mut flow.pkt_dstaddr);
    });
    let mut skipped = record.clone();
    skipped.body = Body::SkipData { window: Span { start: 0, end: 60 }, lost_packets: 1 };

    for field in Field::ALL {
        let absent =
            [&record, &egress, &skipped].iter().all(|record| with(field.name(), record) == "-");
        assert_eq!(absent, field.source() == Source::NotYet, "{field}");
    }
}
