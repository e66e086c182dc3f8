//! `flowlogd what-if`, run as its users run it.
#![expect(clippy::unwrap_used, reason = "what cannot be run or read fails the test")]

#[path = "what_if/foretelling.rs"]
mod foretelling;

use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

const CURRENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain/vpc.json");
const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explain/records.txt");
const CHANGES: &str = r#"[
  { "RevokeSecurityGroupIngress": { "SecurityGroupRuleIds": ["sgr-https", "sgr-ping", "sgr-postgres"] } },
  { "AuthorizeSecurityGroupIngress": { "GroupId": "sg-web", "IpPermissions": [
    { "IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }] } },
  { "DeleteNetworkAclEntry": { "NetworkAclId": "acl-front", "Egress": true, "RuleNumber": 100 } }
]"#;

#[test]
fn flows_that_flip_are_told_with_both_rules_and_every_record_is_accounted_for() {
    let run = what_if(&[RECORDS, "--current", CURRENT, "--change", "-"], CHANGES);

    assert_eq!((run.status.code(), stderr(&run).as_str()), (Some(0), ""));
    insta::assert_snapshot!(stdout(&run), @"
    Inferred by two sets of rules: a record does not tell which rule decided, nor what was tracked.

    ACCEPT → REJECT (inferred)

    8 packets, 480 bytes in 1 record, 2023-11-14T22:13:30Z to 2023-11-14T22:14:00Z
      at        eni-db, ingress
      flows     from 10.0.1.5, tcp 5432
      now       ACCEPT by sgr-postgres (sg-db: tcp 5432 from members of sg-web)
      then      REJECT by implicit-deny:sg-admin,sg-db: no rule of sg-admin, sg-db allows it
                nearest sgr-admin (sg-admin: tcp 22 from 10.0.0.0/16), all but the port
      keep it   aws ec2 authorize-security-group-ingress --group-id sg-admin --ip-permissions 'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=10.0.1.5/32}]'
                then acl-back:egress:* would refuse its answers:
                aws ec2 create-network-acl-entry --network-acl-id acl-back --egress --rule-number 100 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.0.1.5/32 --rule-action allow

    6 packets, 504 bytes in 1 record, 2023-11-14T22:13:29Z to 2023-11-14T22:13:59Z
      at        eni-web, ingress
      flows     from 192.0.2.7, icmp
      now       ACCEPT by sgr-ping (sg-web: icmp type 8 from 0.0.0.0/0)
      then      REJECT by implicit-deny:sg-web: no rule of sg-web allows it
      note      records do not tell the ICMP type: what allows it here allows every type
      note      it may be an answer to what sgr-out (sg-web: everything to 0.0.0.0/0) allows, and would pass then
      keep it   aws ec2 authorize-security-group-ingress --group-id sg-web --ip-permissions 'IpProtocol=icmp,FromPort=-1,ToPort=-1,IpRanges=[{CidrIp=192.0.2.7/32}]'

    REJECT → ACCEPT (inferred)

    9 packets, 540 bytes in 2 records, 2023-11-14T22:13:25Z to 2023-11-14T22:14:25Z
      at        eni-web, ingress
      flows     from 192.0.2.7, tcp 22: 7 packets, 420 bytes in 1 record
                from 192.0.2.8, tcp 22: 2 packets, 120 bytes in 1 record
      now       REJECT by implicit-deny:sg-web: no rule of sg-web allows it
                nearest sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24), all but the peer's address
      then      ACCEPT by sgr-proposed-1 (sg-web: tcp 22-23 from 0.0.0.0/0)

    6 packets, 504 bytes in 1 record, 2023-11-14T22:13:29Z to 2023-11-14T22:13:59Z
      at        eni-web, egress
      flows     to 192.0.2.7, icmp
      now       REJECT by acl-front:egress:100: entry 100 of acl-front denies icmp to 0.0.0.0/0
      then      ACCEPT by sgr-out (sg-web: everything to 0.0.0.0/0)

    5 packets, 300 bytes in 1 record, 2023-11-14T22:13:26Z to 2023-11-14T22:13:56Z
      at        eni-web, ingress
      flows     from 203.0.113.7, tcp 23
      now       REJECT by implicit-deny:sg-web: no rule of sg-web allows it
                nearest sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24), all but the port
      then      ACCEPT by sgr-proposed-1 (sg-web: tcp 22-23 from 0.0.0.0/0)

    RECORDED OTHERWISE THAN THE PRESENT RULES HAVE IT (nothing is foretold)

    12 packets, 720 bytes in 1 record, 2023-11-14T22:13:34Z to 2023-11-14T22:14:04Z
      at        eni-web, ingress
      flows     from 192.0.2.7, tcp 8080
      recorded  ACCEPT
      now       REJECT by implicit-deny:sg-web: no rule of sg-web allows it
                nearest sgr-https (sg-web: tcp 443 from 0.0.0.0/0), all but the port
      note      it would pass as an answer to what sgr-out (sg-web: everything to 0.0.0.0/0) allows, but looks like a request

    11 packets, 660 bytes in 1 record, 2023-11-14T22:13:33Z to 2023-11-14T22:14:03Z
      at        eni-web, ingress
      flows     from 203.0.113.7, tcp 22
      recorded  REJECT
      now       ACCEPT by sgr-ssh (sg-web: tcp 22 from 203.0.113.0/24)

    1 packet, 60 bytes in 1 record, 2023-11-14T22:13:36Z to 2023-11-14T22:13:36Z
      at        eni-web, egress
      flows     to 10.0.0.2, udp 53
      recorded  ACCEPT
      now       in no record, for it is traffic with the Amazon DNS server

    1 SKIPDATA record: packets were skipped, of which no record tells.
    21 records read = 8 unchanged + 2 ACCEPT → REJECT + 4 REJECT → ACCEPT + 3 recorded otherwise + 2 not judged + 0 with values missing + 1 NODATA + 1 SKIPDATA; 0 lines faulty
    ");
}

#[test]
fn programs_read_an_object_a_line() {
    let run = what_if(
        &[RECORDS, "--current", CURRENT, "--change", "-", "--output-format", "json"],
        CHANGES,
    );

    let text = stdout(&run);
    insta::assert_snapshot!(text.lines().next().unwrap(), @r#"{"action":"ACCEPT","bytes":480,"class":"accept-to-reject","end":1700000040,"flow-direction":"ingress","flows":[{"bytes":480,"packets":8,"peer":"10.0.1.5","port":5432,"protocol":6,"records":1}],"has-more-flows":false,"inferred":true,"interface-id":"eni-db","let-through":[{"command":"aws ec2 authorize-security-group-ingress --group-id sg-admin --ip-permissions 'IpProtocol=tcp,FromPort=5432,ToPort=5432,IpRanges=[{CidrIp=10.0.1.5/32}]'","why":null},{"command":"aws ec2 create-network-acl-entry --network-acl-id acl-back --egress --rule-number 100 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.0.1.5/32 --rule-action allow","why":"then acl-back:egress:* would refuse its answers"}],"now":{"action":"ACCEPT","nearest-rule":null,"reason":"sgr-postgres (sg-db: tcp 5432 from members of sg-web)","x-deciding-rule":"sgr-postgres","x-nearest-miss":null},"packets":8,"records":1,"remarks":[],"start":1700000010,"then":{"action":"REJECT","nearest-rule":"sgr-admin (sg-admin: tcp 22 from 10.0.0.0/16), all but the port","reason":"no rule of sg-admin, sg-db allows it","x-deciding-rule":"implicit-deny:sg-admin,sg-db","x-nearest-miss":"sgr-admin:port"}}"#);
    insta::assert_snapshot!(text.lines().last().unwrap(), @r#"{"accept-to-reject":2,"contradicted":3,"faulty-lines":0,"incomplete":0,"no-data":1,"not-judged":2,"records":21,"reject-to-accept":4,"skip-data":1,"unchanged":8}"#);
}

#[test]
fn a_whole_inventory_may_be_proposed() {
    let proposed = fs::read_to_string(CURRENT).unwrap().replace("sgr-ssh", "sgr-other");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("proposed.json");
    fs::write(&path, proposed).unwrap();
    let path = path.to_str().unwrap();

    let run = what_if(&[RECORDS, "--current", CURRENT, "--inventory", path], "");

    // Another name is no other verdict.
    let text = stdout(&run);
    let last = text.lines().last().unwrap();
    assert!(last.contains("+ 0 ACCEPT → REJECT + 0 REJECT → ACCEPT +"), "{text}");
}

#[test]
fn options_that_do_not_suffice_are_told() {
    let wrong = |arguments: &[&str]| {
        let run = what_if(arguments, "[]");
        assert_eq!(run.status.code(), Some(2), "{}", stderr(&run));
        stderr(&run)
    };

    insta::assert_snapshot!(wrong(&[]), @"flowlogd: there is nothing to do: give records (files or --log-group) and a proposal (--inventory or --change), or --unused");
    insta::assert_snapshot!(wrong(&[RECORDS, "--current", CURRENT]), @"flowlogd: nothing is proposed: give --inventory or --change");
    insta::assert_snapshot!(wrong(&["--change", "-", "--current", CURRENT]), @"flowlogd: there is nothing to judge: give files of records or --log-group");
    insta::assert_snapshot!(wrong(&["-", "--change", "-", "--current", CURRENT]), @"flowlogd: the standard input can be read once only");
    insta::assert_snapshot!(wrong(&[RECORDS, "--since", "1h", "--change", "-"]).lines().next().unwrap(), @"error: the following required arguments were not provided:");
}

#[test]
fn a_change_that_cannot_be_made_is_told_by_its_place() {
    let changes = r#"[{ "RevokeSecurityGroupIngress": { "SecurityGroupRuleIds": ["sgr-gone"] } }, { "Reboot": {} }]"#;

    let run = what_if(&[RECORDS, "--current", CURRENT, "--change", "-"], changes);

    assert_eq!((run.status.code(), stdout(&run).as_str()), (Some(2), ""));
    insta::assert_snapshot!(stderr(&run), @"
    flowlogd: standard input: [1]: unknown operation Reboot: expected one of AuthorizeSecurityGroupIngress, AuthorizeSecurityGroupEgress, RevokeSecurityGroupIngress, RevokeSecurityGroupEgress, CreateNetworkAclEntry, ReplaceNetworkAclEntry, DeleteNetworkAclEntry, ModifyNetworkInterfaceAttribute
    flowlogd: standard input: [0].RevokeSecurityGroupIngress.SecurityGroupRuleIds[0]: sgr-gone is no ingress rule of any security group
    flowlogd: the changes of standard input have 2 faults
    ");
}

#[test]
fn what_cannot_be_read_is_counted_and_the_rest_is_judged() {
    let records = "2 1 eni-web 203.0.113.7 10.0.1.5 40003 22 6 5 300 1 2 ACCEPT OK\nno record\n\
                   2 1 eni-web 203.0.113.7 10.0.1.5 40003 23 6 - 300 1 2 REJECT OK\n";
    let directory = tempfile::tempdir().unwrap();
    let changes = directory.path().join("changes.json");
    fs::write(&changes, CHANGES).unwrap();
    let changes = changes.to_str().unwrap();

    let broken = what_if(&["-", "--current", CURRENT, "--change", changes], records);
    let gone = what_if(&["-", "/gone", "--current", CURRENT, "--change", changes], records);

    assert_eq!((broken.status.code(), gone.status.code()), (Some(3), Some(4)));
    assert_eq!(stdout(&broken), stdout(&gone));
    let text = stdout(&broken);
    assert!(text.ends_with("1 line faulty\n"), "{text}");
    assert!(text.contains("2 records read = 1 unchanged"), "{text}");
}

fn what_if(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowlogd"))
        .arg("what-if")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that reads nothing has closed its end.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn stdout(run: &Output) -> String {
    String::from_utf8(run.stdout.clone()).unwrap()
}

fn stderr(run: &Output) -> String {
    String::from_utf8(run.stderr.clone()).unwrap()
}
