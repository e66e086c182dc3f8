//! `flowlogd explain`, run as its users run it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what cannot be run or read fails the test"
)]

#[path = "explain/agreement.rs"]
mod agreement;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;

const INVENTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain/vpc.json");
const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain/records.txt");
const HEADER: &str = "interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr srcport dstport protocol packets tcp-flags flow-direction action reject-reason";
/// A server that nothing may reach past its network ACL, and whose security group has no rule.
const ONE_SERVER: &str = r#"{
  "Vpcs": [{ "VpcId": "vpc-a", "CidrBlock": "10.77.0.0/16" }],
  "Subnets": [{ "SubnetId": "subnet-db", "VpcId": "vpc-a", "CidrBlock": "10.77.2.0/24" }],
  "NetworkInterfaces": [{ "NetworkInterfaceId": "eni-db", "SubnetId": "subnet-db",
    "PrivateIpAddress": "10.77.2.5", "Groups": [{ "GroupId": "sg-db" }] }],
  "SecurityGroups": [{ "GroupId": "sg-db", "VpcId": "vpc-a", "IpPermissions": [], "IpPermissionsEgress": [] }],
  "NetworkAcls": [{ "NetworkAclId": "acl-db", "VpcId": "vpc-a", "IsDefault": true, "Entries": [
    { "Egress": true, "RuleNumber": 100, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0" }] }]
}"#;
const SSH: &str = "2 1 eni-web 192.0.2.7 10.0.1.5 40002 22 6 7 420 1700000005 1700000035 REJECT OK";

#[test]
fn every_record_is_explained_or_told_apart() {
    let report = explain(&[RECORDS]);

    assert_eq!(report.status.code(), Some(0), "{}", stderr(&report));
    assert_eq!(stderr(&report), "");
    insta::assert_snapshot!(stdout(&report), @r#"
    Inferred by the rules of the inventory: a record does not tell which rule decided, nor what was tracked.

    REJECT, EXPLAINED (inferred)

    9 packets, 540 bytes in 2 records, 2023-11-14T22:13:25Z to 2023-11-14T22:14:25Z
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24), all but the peer's address
      example   ingress tcp 192.0.2.7:40002 > 10.0.1.5:22 at eni-web, 2023-11-14T22:13:25Z
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=192.0.2.7/32}]'
                (for the example, 7 of these 9 packets)

    9 packets, 540 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:50Z
      REJECT    by acl-front:ingress:100: entry 100 of acl-front denies everything from 198.51.100.0/24
      example   ingress tcp 198.51.100.9:40001 > 10.0.1.5:443 at eni-web, 2023-11-14T22:13:20Z
      allow it  aws ec2 create-network-acl-entry --network-acl-id acl-front --ingress --rule-number 99 --protocol tcp --port-range From=443,To=443 --cidr-block 198.51.100.9/32 --rule-action allow

    8 packets, 480 bytes in 1 record, 2023-11-14T22:13:30Z to 2023-11-14T22:14:00Z
      REJECT    by acl-back:egress:*: no numbered entry of acl-back allows it
      note      it looks like an answer to what sgr-postgres (sg-db: tcp 5432 from members of sg-web) allows: a network ACL keeps no state, so answers need an entry of their own
      example   egress tcp 10.0.2.5:5432 > 10.0.1.5:40006 at eni-db, 2023-11-14T22:13:30Z
      allow it  aws ec2 create-network-acl-entry --network-acl-id acl-back --egress --rule-number 100 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.0.1.5/32 --rule-action allow

    6 packets, 504 bytes in 1 record, 2023-11-14T22:13:29Z to 2023-11-14T22:13:59Z
      REJECT    by acl-front:egress:100: entry 100 of acl-front denies icmp to 0.0.0.0/0
      note      records do not tell the ICMP type: what allows it here allows every type
      example   egress icmp 10.0.1.5 > 192.0.2.7 at eni-web, 2023-11-14T22:13:29Z
      allow it  aws ec2 create-network-acl-entry --network-acl-id acl-front --egress --rule-number 99 --protocol icmp --icmp-type-code Type=-1,Code=-1 --cidr-block 192.0.2.7/32 --rule-action allow

    5 packets, 300 bytes in 1 record, 2023-11-14T22:13:26Z to 2023-11-14T22:13:56Z
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24), all but the port
      example   ingress tcp 203.0.113.7:40003 > 10.0.1.5:23 at eni-web, 2023-11-14T22:13:26Z
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=tcp,FromPort=23,ToPort=23,IpRanges=[{CidrIp=203.0.113.7/32}]'

    4 packets, 280 bytes in 1 record, 2023-11-14T22:13:27Z to 2023-11-14T22:13:57Z
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-https (sg-web: tcp 443 from 0.0.0.0/0), all but the protocol
      example   ingress udp 192.0.2.7:40004 > 10.0.1.5:443 at eni-web, 2023-11-14T22:13:27Z
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=udp,FromPort=443,ToPort=443,IpRanges=[{CidrIp=192.0.2.7/32}]'

    3 packets, 240 bytes in 1 record, 2023-11-14T22:13:28Z to 2023-11-14T22:13:58Z
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-https (sg-web: tcp 443 from 0.0.0.0/0), all but the address family
      example   ingress tcp [2001:db8:9::9]:40005 > [2001:db8:a:1::5]:443 at eni-web, 2023-11-14T22:13:28Z
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=tcp,FromPort=443,ToPort=443,Ipv6Ranges=[{CidrIpv6=2001:db8:9::9/128}]'

    1 packet, 76 bytes in 1 record, 2023-11-14T22:13:31Z to 2023-11-14T22:13:31Z
      REJECT    by implicit-deny:sg-admin,sg-db: no rule of sg-admin, sg-db allows it
      example   egress udp 10.0.2.5:40007 > 192.0.2.53:53 at eni-db, 2023-11-14T22:13:31Z
      allow it  aws ec2 authorize-security-group-egress --group-id sg-admin --ip-permissions 'IpProtocol=udp,FromPort=53,ToPort=53,IpRanges=[{CidrIp=192.0.2.53/32}]'
                then acl-back:egress:* would refuse it:
                aws ec2 create-network-acl-entry --network-acl-id acl-back --egress --rule-number 100 --protocol udp --port-range From=53,To=53 --cidr-block 192.0.2.53/32 --rule-action allow
                then acl-back:ingress:* would refuse its answers:
                aws ec2 create-network-acl-entry --network-acl-id acl-back --ingress --rule-number 200 --protocol udp --port-range From=1024,To=65535 --cidr-block 192.0.2.53/32 --rule-action allow

    1 packet, 60 bytes in 1 record, 2023-11-14T22:13:32Z to 2023-11-14T22:13:32Z
      REJECT    by acl-back:ingress:*: no numbered entry of acl-back allows it
      example   ingress tcp 10.1.2.3:40008 > 10.0.2.5:3306 at eni-db, 2023-11-14T22:13:32Z
      allow it  aws ec2 create-network-acl-entry --network-acl-id acl-back --ingress --rule-number 200 --protocol tcp --port-range From=3306,To=3306 --cidr-block 10.1.2.3/32 --rule-action allow
                then implicit-deny:sg-admin,sg-db would refuse it:
                aws ec2 authorize-security-group-ingress --group-id sg-admin --ip-permissions 'IpProtocol=tcp,FromPort=3306,ToPort=3306,IpRanges=[{CidrIp=10.1.2.3/32}]'
                then acl-back:egress:* would refuse its answers:
                aws ec2 create-network-acl-entry --network-acl-id acl-back --egress --rule-number 100 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.1.2.3/32 --rule-action allow

    DOES NOT FIT THE INVENTORY (inferred)

    12 packets, 720 bytes in 1 record, 2023-11-14T22:13:34Z to 2023-11-14T22:14:04Z
      ACCEPT    the inventory would refuse it (no rule of sg-web allows it): the rules changed since
      nearest   sgr-https (sg-web: tcp 443 from 0.0.0.0/0), all but the port
      note      it would pass as an answer to what sgr-out (sg-web: everything to 0.0.0.0/0) allows, but looks like a request
      example   ingress tcp 192.0.2.7:40010 > 10.0.1.5:8080 at eni-web, 2023-11-14T22:13:34Z

    11 packets, 660 bytes in 1 record, 2023-11-14T22:13:33Z to 2023-11-14T22:14:03Z
      REJECT    the inventory would let it through by sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24): the rules changed since, or it came after the end of its connection
      example   ingress tcp 203.0.113.7:40009 > 10.0.1.5:22 at eni-web, 2023-11-14T22:13:33Z

    1 packet, 60 bytes in 1 record, 2023-11-14T22:13:36Z to 2023-11-14T22:13:36Z
      ACCEPT    by the inventory it would be in no record, for it is traffic with the Amazon DNS server
      example   egress udp 10.0.1.5:40011 > 10.0.0.2:53 at eni-web, 2023-11-14T22:13:36Z

    NOT JUDGED

    2 packets, 120 bytes in 1 record, 2023-11-14T22:13:37Z to 2023-11-14T22:13:37Z
      REJECT    the interface is not in the inventory
      example   tcp 192.0.2.7:40012 > 10.0.3.9:443 at eni-gone, 2023-11-14T22:13:37Z

    1 packet, 40 bytes in 1 record, 2023-11-14T22:13:39Z to 2023-11-14T22:13:39Z
      REJECT    neither address is the interface's, and no flow-direction tells ingress from egress
      example   tcp 192.0.2.7:40014 > 192.0.2.8:443 at eni-web, 2023-11-14T22:13:39Z

    1 SKIPDATA record: packets were skipped, of which no record tells.
    21 records read = 10 rejects explained + 4 accepts that fit + 3 not fitting + 2 not judged + 0 with values missing + 1 NODATA + 1 SKIPDATA; 0 lines faulty
    "#);
}

#[test]
fn a_refusal_that_depends_on_the_icmp_type_is_marked() {
    let report = explain_lines(&[
        "2 1 eni-web 192.0.2.7 10.0.1.5 0 0 1 4 336 1700000000 1700000003 REJECT OK",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    4 packets, 336 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:23Z
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-ping (sg-web: icmp type 8 from 0.0.0.0/0), all but the ICMP type, which records do not tell
      note      records do not tell the ICMP type: what allows it here allows every type
      note      the rules depend on the ICMP type, so something else may have decided
      example   ingress icmp 192.0.2.7 > 10.0.1.5 at eni-web, 2023-11-14T22:13:20Z
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=icmp,FromPort=-1,ToPort=-1,IpRanges=[{CidrIp=192.0.2.7/32}]'
    "#);
}

#[test]
fn a_late_answer_is_told_from_a_request_by_its_ports() {
    let report = explain_lines(&[
        "2 1 eni-web 192.0.2.7 10.0.1.5 443 50000 6 1 40 1700000000 1700000000 REJECT OK",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet, 40 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-https (sg-web: tcp 443 from 0.0.0.0/0), all but the port
      note      it looks like an answer to what sgr-out (sg-web: everything to 0.0.0.0/0) allows: in a live connection it would pass, so perhaps it came after the end, and no rule is lacking
      example   ingress tcp 192.0.2.7:443 > 10.0.1.5:50000 at eni-web, 2023-11-14T22:13:20Z
    "#);
}

#[test]
fn answers_to_refused_requests_come_last_and_without_a_remedy() {
    // A server without egress rules, whose network ACL lets no SSH in. The request was refused, yet its
    // answers are seen where nothing is enforced.
    let report = explain_with(
        ONE_SERVER,
        &[
            "2 1 eni-db 10.77.1.5 10.77.2.5 60530 22 6 1 60 1700000000 1700000000 REJECT OK",
            "2 1 eni-db 10.77.2.5 10.77.1.5 22 60530 6 9 540 1700000000 1700000000 REJECT OK",
        ],
    );

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet, 60 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z
      REJECT    by acl-db:ingress:*: no numbered entry of acl-db allows it
      example   ingress tcp 10.77.1.5:60530 > 10.77.2.5:22 at eni-db, 2023-11-14T22:13:20Z
      allow it  aws ec2 create-network-acl-entry --network-acl-id acl-db --ingress --rule-number 100 --protocol tcp --port-range From=22,To=22 --cidr-block 10.77.1.5/32 --rule-action allow
                then implicit-deny:sg-db would refuse it:
                aws ec2 authorize-security-group-ingress --group-id sg-db --ip-permissions 'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=10.77.1.5/32}]'

    9 packets, 540 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z
      REJECT    by implicit-deny:sg-db: no rule of sg-db allows it
      note      these look like answers to requests that the rules refuse (the example's request by acl-db:ingress:*): mend those first
      example   egress tcp 10.77.2.5:22 > 10.77.1.5:60530 at eni-db, 2023-11-14T22:13:20Z
    "#);
}

#[test]
fn flags_too_tell_an_answer_to_a_refused_request() {
    // Both ports are those of clients, so only SYN and ACK tell.
    let report = explain_with(
        ONE_SERVER,
        &[
            HEADER,
            "eni-db 10.77.1.5 10.77.2.5 10.77.1.5 10.77.2.5 60530 50000 6 1 2 ingress REJECT -",
            "eni-db 10.77.2.5 10.77.1.5 10.77.2.5 10.77.1.5 50000 60530 6 9 18 egress REJECT -",
        ],
    );

    let groups = groups(&report);
    let (requests, answers) = groups.split_once("\n\n9 packets").unwrap();
    assert!(requests.contains("\n  allow it  "), "{requests}");
    assert!(answers.contains("\n  note      these look like answers to requests"), "{answers}");
    assert!(!answers.contains("aws ec2"), "{answers}");
}

#[test]
fn the_services_of_a_group_are_told_the_heaviest_first() {
    let report = explain_with(
        ONE_SERVER,
        &[
            "2 1 eni-db 10.77.1.5 10.77.2.5 0 0 1 2 168 1700000000 1700000000 REJECT OK",
            "2 1 eni-db 10.77.1.5 10.77.2.5 60530 22 6 5 60 1700000000 1700000000 REJECT OK",
            "2 1 eni-db 10.77.1.5 10.77.2.5 60531 9999 6 1 60 1700000000 1700000000 REJECT OK",
            "2 1 eni-db 10.77.1.5 10.77.2.5 60532 53 17 1 60 1700000000 1700000000 REJECT OK",
        ],
    );

    let services = "\n  services  4: tcp 22, 9999; icmp; udp 53 (the commands are for tcp 22)\n";
    assert!(stdout(&report).contains(services), "{}", stdout(&report));
}

#[test]
fn of_many_services_six_are_told_and_the_rest_counted() {
    let lines = |ports: std::ops::RangeInclusive<u16>| -> Vec<String> {
        ports
            .map(|port| {
                let packets = 1000 - port;
                format!("2 1 eni-db 10.77.1.5 10.77.2.5 60530 {port} 6 {packets} 60 1 1 REJECT OK")
            })
            .collect()
    };
    let services = |lines: Vec<String>| {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let report = stdout(&explain_with(ONE_SERVER, &lines));
        let line = report.lines().find(|line| line.starts_with("  services")).map(str::to_owned);
        line.unwrap_or(report)
    };

    assert_eq!(
        services(lines(1..=9)),
        "  services  9: tcp 1, 2, 3, 4, 5, 6 and 3 more (the commands are for tcp 1)"
    );
    assert_eq!(
        services(lines(1..=200)),
        "  services  more than 128: tcp 1, 2, 3, 4, 5, 6 and more (the commands are for tcp 1)"
    );
}

#[test]
fn what_other_programs_and_formats_write_is_told_as_such() {
    let message = |input: &[u8]| {
        let report = explain_stdin(input);
        assert_eq!(report.status.code(), Some(4));
        stderr(&report)
    };

    let tail = format!("2023-11-14T22:13:20.000000+00:00 eni-web-all {SSH}\n");
    assert!(message(tail.as_bytes()).contains("`aws logs filter-log-events"));
    assert!(message(b"{\"version\":2}\n").contains("JSON is not read"));
    assert!(message(b"PAR1\x15\x04").contains("Parquet is not read"));
}

#[test]
fn a_syn_from_the_port_of_a_server_is_a_request_all_the_same() {
    let report = explain_lines(&[
        HEADER,
        "eni-web 192.0.2.7 10.0.1.5 192.0.2.7 10.0.1.5 443 50000 6 1 2 ingress REJECT -",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet in 1 record
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-https (sg-web: tcp 443 from 0.0.0.0/0), all but the port
      example   ingress tcp 192.0.2.7:443 > 10.0.1.5:50000 at eni-web
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=tcp,FromPort=50000,ToPort=50000,IpRanges=[{CidrIp=192.0.2.7/32}]'
    "#);
}

#[test]
fn a_syn_that_was_accepted_is_no_answer() {
    let report = explain_lines(&[
        HEADER,
        "eni-web 192.0.2.7 10.0.1.5 192.0.2.7 10.0.1.5 443 50000 6 1 2 ingress ACCEPT -",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    DOES NOT FIT THE INVENTORY (inferred)

    1 packet in 1 record
      ACCEPT    the inventory would refuse it (no rule of sg-web allows it): the rules changed since
      nearest   sgr-https (sg-web: tcp 443 from 0.0.0.0/0), all but the port
      note      it would pass as an answer to what sgr-out (sg-web: everything to 0.0.0.0/0) allows, but looks like a request
      example   ingress tcp 192.0.2.7:443 > 10.0.1.5:50000 at eni-web
    "#);
}

#[test]
fn a_refusal_with_a_reason_of_its_own_is_not_put_down_to_rules() {
    let report = explain_lines(&[
        HEADER,
        "eni-web 192.0.2.7 10.0.1.5 192.0.2.7 10.0.1.5 40000 23 6 1 2 ingress REJECT BPA",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet in 1 record
      REJECT    VPC Block Public Access refused it (reject-reason BPA), not a rule
      example   ingress tcp 192.0.2.7:40000 > 10.0.1.5:23 at eni-web
    "#);
}

#[test]
fn rules_see_the_packet_s_addresses_not_the_displayed_ones() {
    // A middlebox in front: the displayed source is allowed, the one on the wire is not.
    let report = explain_lines(&[
        HEADER,
        "eni-web 203.0.113.9 10.0.1.5 192.0.2.7 10.0.1.50 40000 22 6 1 2 ingress REJECT -",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet in 1 record
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24), all but the peer's address
      example   ingress tcp 192.0.2.7:40000 > 10.0.1.50:22 at eni-web
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=192.0.2.7/32}]'
    "#);
}

#[test]
fn fragments_without_their_first_meet_only_rules_for_all_ports() {
    let report = explain_lines(&[
        "2 1 eni-web 192.0.2.7 10.0.1.5 0 0 17 1 1500 1700000000 1700000000 REJECT OK",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet, 1500 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      note      ports 0 are those of fragments without their first: only rules for all ports match
      example   ingress udp 192.0.2.7 > 10.0.1.5 at eni-web, 2023-11-14T22:13:20Z
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=udp,FromPort=0,ToPort=65535,IpRanges=[{CidrIp=192.0.2.7/32}]'
    "#);
}

#[test]
fn other_protocols_are_allowed_by_number() {
    let report = explain_lines(&[
        "2 1 eni-db 10.0.1.5 10.0.2.5 0 0 47 1 1500 1700000000 1700000000 REJECT OK",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet, 1500 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z
      REJECT    by acl-back:ingress:*: no numbered entry of acl-back allows it
      example   ingress protocol 47 10.0.1.5 > 10.0.2.5 at eni-db, 2023-11-14T22:13:20Z
      allow it  aws ec2 create-network-acl-entry --network-acl-id acl-back --ingress --rule-number 200 --protocol 47 --cidr-block 10.0.1.5/32 --rule-action allow
                then implicit-deny:sg-admin,sg-db would refuse it:
                aws ec2 authorize-security-group-ingress --group-id sg-admin --ip-permissions 'IpProtocol=47,IpRanges=[{CidrIp=10.0.1.5/32}]'
    "#);
}

#[test]
fn an_answer_that_was_accepted_past_the_network_acl_does_not_fit() {
    let report = explain_lines(&[
        "2 1 eni-db 10.0.2.5 10.0.1.5 5432 40006 6 8 480 1700000010 1700000040 ACCEPT OK",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    DOES NOT FIT THE INVENTORY (inferred)

    8 packets, 480 bytes in 1 record, 2023-11-14T22:13:30Z to 2023-11-14T22:14:00Z
      ACCEPT    the inventory would refuse it (no numbered entry of acl-back allows it): the rules changed since
      note      it looks like an answer to what sgr-postgres (sg-db: tcp 5432 from members of sg-web) allows: a network ACL keeps no state, so answers need an entry of their own
      example   egress tcp 10.0.2.5:5432 > 10.0.1.5:40006 at eni-db, 2023-11-14T22:13:30Z
    "#);
}

#[test]
fn the_group_of_the_nearest_rule_gets_the_new_one() {
    let report = explain_lines(&[
        "2 1 eni-db 10.0.1.77 10.0.2.5 40000 5432 6 1 60 1700000000 1700000000 REJECT OK",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet, 60 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z
      REJECT    by implicit-deny:sg-admin,sg-db: no rule of sg-admin, sg-db allows it
      nearest   sgr-postgres (sg-db: tcp 5432 from members of sg-web), all but the peer's address
      example   ingress tcp 10.0.1.77:40000 > 10.0.2.5:5432 at eni-db, 2023-11-14T22:13:20Z
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-db --ip-permissions 'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=10.0.1.77/32}]'
                then acl-back:egress:* would refuse its answers:
                aws ec2 create-network-acl-entry --network-acl-id acl-back --egress --rule-number 100 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.0.1.77/32 --rule-action allow
    "#);
}

#[test]
fn behind_the_network_acl_too_the_group_of_the_nearest_rule_gets_the_new_one() {
    let report = explain_lines(&[
        "2 1 eni-db 10.0.9.9 10.0.2.5 40000 5432 6 1 60 1700000000 1700000000 REJECT OK",
    ]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet, 60 bytes in 1 record, 2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z
      REJECT    by acl-back:ingress:*: no numbered entry of acl-back allows it
      example   ingress tcp 10.0.9.9:40000 > 10.0.2.5:5432 at eni-db, 2023-11-14T22:13:20Z
      allow it  aws ec2 create-network-acl-entry --network-acl-id acl-back --ingress --rule-number 200 --protocol tcp --port-range From=5432,To=5432 --cidr-block 10.0.9.9/32 --rule-action allow
                then implicit-deny:sg-admin,sg-db would refuse it:
                aws ec2 authorize-security-group-ingress --group-id sg-db --ip-permissions 'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=10.0.9.9/32}]'
                then acl-back:egress:* would refuse its answers:
                aws ec2 create-network-acl-entry --network-acl-id acl-back --egress --rule-number 100 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.0.9.9/32 --rule-action allow
    "#);
}

#[test]
fn gzip_a_header_line_and_the_standard_input_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let plain = fs::read(RECORDS).unwrap();
    let header = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets \
                  bytes start end action log-status\n";
    let with_header = directory.path().join("header.log");
    fs::write(&with_header, [header.as_bytes(), &plain].concat()).unwrap();
    let zipped = directory.path().join("records.log.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&plain).unwrap();
    fs::write(&zipped, encoder.finish().unwrap()).unwrap();

    let expected = stdout(&explain(&[RECORDS]));

    assert_eq!(stdout(&explain(&[&path(&with_header)])), expected);
    assert_eq!(stdout(&explain(&[&path(&zipped)])), expected);
    assert_eq!(stdout(&explain_stdin(&plain)), expected);
}

#[test]
fn a_format_says_what_lines_without_a_header_hold() {
    let directory = tempfile::tempdir().unwrap();
    let records = directory.path().join("records");
    fs::write(&records, "REJECT 6 22 40002 10.0.1.5 192.0.2.7 eni-web\n").unwrap();
    let format =
        "${action} ${protocol} ${dstport} ${srcport} ${dstaddr} ${srcaddr} ${interface-id}";

    let report = explain(&["--format", format, &path(&records)]);

    insta::assert_snapshot!(groups(&report), @r#"
    REJECT, EXPLAINED (inferred)

    1 packet in 1 record
      REJECT    by implicit-deny:sg-web: no rule of sg-web allows it
      nearest   sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24), all but the peer's address
      example   ingress tcp 192.0.2.7:40002 > 10.0.1.5:22 at eni-web
      allow it  aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=192.0.2.7/32}]'
    "#);
}

#[test]
fn faulty_lines_are_told_and_all_others_explained() {
    let directory = tempfile::tempdir().unwrap();
    let records = directory.path().join("records");
    fs::write(&records, format!("{SSH}\n2 1 eni-web 192.0.2.7\n{SSH}\n")).unwrap();

    let report = explain(&[&path(&records)]);

    assert_eq!(report.status.code(), Some(3));
    assert_eq!(
        stderr(&report),
        format!("flowlogd: {}:2: the line has 4 fields, the format 14\n", records.display())
    );
    assert!(stdout(&report).starts_with("Inferred"));
    assert!(stdout(&report).contains("\n14 packets, 840 bytes in 2 records,"));
    assert!(stdout(&report).ends_with("; 1 line faulty\n"), "{}", stdout(&report));
}

#[test]
fn of_many_faulty_lines_the_first_are_told_and_the_rest_counted() {
    let report = explain_lines(&[&format!("{SSH}{}", "\nx".repeat(9))]);

    let told: Vec<_> = stderr(&report).lines().map(str::to_owned).collect();
    assert_eq!(told.len(), 6);
    assert_eq!(told[5], "flowlogd: standard input: 4 more lines are no records");
    assert!(stdout(&report).ends_with("; 9 lines faulty\n"), "{}", stdout(&report));
}

#[test]
fn a_file_that_cannot_be_read_does_not_keep_the_others_from_it() {
    let report = explain(&["/nonexistent/records", RECORDS]);

    assert_eq!(report.status.code(), Some(4));
    assert_eq!(
        stderr(&report),
        "flowlogd: /nonexistent/records: No such file or directory (os error 2)\n"
    );
    assert_eq!(stdout(&report), stdout(&explain(&[RECORDS])));
}

#[test]
fn a_file_that_breaks_off_is_explained_as_far_as_it_goes() {
    let directory = tempfile::tempdir().unwrap();
    let records = directory.path().join("records.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(format!("{SSH}\n{SSH}\n").as_bytes()).unwrap();
    let mut zipped = encoder.finish().unwrap();
    zipped.truncate(zipped.len() - 20);
    fs::write(&records, zipped).unwrap();

    let report = explain(&[&path(&records)]);

    assert_eq!(report.status.code(), Some(3));
    assert!(stderr(&report).contains("failed to read the records"), "{}", stderr(&report));
    assert!(stdout(&report).contains("\n7 packets,"), "{}", stdout(&report));
}

#[test]
fn a_format_without_what_explaining_needs_is_refused() {
    let report = explain_lines(&["interface-id srcaddr dstaddr dstport protocol packets"]);

    assert_eq!(report.status.code(), Some(2));
    assert_eq!(stdout(&report), "");
    assert_eq!(
        stderr(&report),
        "flowlogd: standard input: the records have no srcport, no action, without which none can be \
         explained\n"
    );
}

#[test]
fn a_header_line_further_down_must_suffice_too() {
    let report = explain_lines(&[SSH, "interface-id srcaddr", "eni-web 192.0.2.7"]);

    assert_eq!(report.status.code(), Some(2));
    assert!(stderr(&report).contains("the records have no dstaddr or pkt-dstaddr, no srcport"));
}

#[test]
fn json_says_the_same_one_object_a_line() {
    let report = explain(&["--json", RECORDS]);

    let objects: Vec<serde_json::Value> =
        stdout(&report).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (counts, groups) = objects.split_last().unwrap();
    assert_eq!(groups.len(), stdout(&explain(&[RECORDS])).matches("\n  example").count());
    let records: u64 = groups.iter().map(|group| group["records"].as_u64().unwrap()).sum();
    // Accepts that fit, NODATA and SKIPDATA are in no group.
    assert_eq!(records, 21 - 4 - 2);
    assert_eq!(counts["records"], 21);
    let [first, ..] = groups else { panic!("no groups") };
    assert_eq!(first["verdict"], "explained");
    assert_eq!(first["inferred"], true);
    assert_eq!(first["x-deciding-rule"], "implicit-deny:sg-web");
    assert_eq!(first["x-nearest-miss"], "sgr-ssh:peer");
    assert_eq!(first["packets-let-through"], 7);
    assert_eq!(first["services"], serde_json::json!([{ "protocol": 6, "port": 22 }]));
    assert_eq!(first["more-services"], 0);
    let command = first["let-through"][0]["command"].as_str().unwrap();
    assert!(command.starts_with("aws ec2 authorize-security-group-ingress "), "{command}");
}

#[test]
fn records_do_not_write_on_the_terminal() {
    let report = explain_lines(&[&SSH.replace("eni-web", "eni-\u{1b}[2J")]);

    assert!(stdout(&report).contains(r" at eni-\u{1b}[2J, "), "{}", stdout(&report));
}

fn explain(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

fn explain_lines(lines: &[&str]) -> Output {
    explain_stdin(format!("{}\n", lines.join("\n")).as_bytes())
}

fn explain_stdin(input: &[u8]) -> Output {
    explain_stdin_by(INVENTORY, input)
}

fn explain_with(inventory: &str, lines: &[&str]) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("vpc.json");
    fs::write(&file, inventory).unwrap();
    explain_stdin_by(&path(&file), format!("{}\n", lines.join("\n")).as_bytes())
}

fn explain_stdin_by(inventory: &str, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowlogd"))
        .args(["explain", "--inventory", inventory, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogd"));
    command.args(["explain", "--inventory", INVENTORY]);
    command
}

/// What stands between the heading and the counts.
fn groups(report: &Output) -> String {
    let text = stdout(report);
    let (_, rest) = text.split_once("\n\n").unwrap();
    let (groups, _) = rest.rsplit_once("\n\n").unwrap();
    groups.to_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
