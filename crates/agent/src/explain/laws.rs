//! What holds of every record: it is accounted for, and its remedies do what they promise.

use flowlogd_flowlog::{LineParser, LogFormat};
use flowlogd_vpc::{
    CompileOptions, Direction, Inventory, NetworkAclEntry, Peer, PortMatch, SecurityGroupRule,
};
use proptest::prelude::*;
use proptest::sample::select;

use super::explainer::{Counts, Explainer};
use super::remedy::Remedy;
use super::report::{Explained, Report};

const INVENTORY: &str = r#"{
  "Vpcs": [{ "VpcId": "vpc-a", "CidrBlock": "10.0.0.0/16",
    "Ipv6CidrBlockAssociationSet": [{ "Ipv6CidrBlock": "2001:db8:a::/56", "Ipv6CidrBlockState": { "State": "associated" } }] }],
  "Subnets": [
    { "SubnetId": "subnet-1", "VpcId": "vpc-a", "CidrBlock": "10.0.1.0/24",
      "Ipv6CidrBlockAssociationSet": [{ "Ipv6CidrBlock": "2001:db8:a:1::/64", "Ipv6CidrBlockState": { "State": "associated" } }] },
    { "SubnetId": "subnet-2", "VpcId": "vpc-a", "CidrBlock": "10.0.2.0/24" }],
  "NetworkInterfaces": [
    { "NetworkInterfaceId": "eni-a", "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.1.5",
      "Ipv6Addresses": [{ "Ipv6Address": "2001:db8:a:1::5" }], "Groups": [{ "GroupId": "sg-a" }, { "GroupId": "sg-b" }] },
    { "NetworkInterfaceId": "eni-b", "SubnetId": "subnet-2", "PrivateIpAddress": "10.0.2.5", "Groups": [{ "GroupId": "sg-b" }] }],
  "SecurityGroups": [
    { "GroupId": "sg-a", "VpcId": "vpc-a", "IpPermissions": [
        { "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{ "CidrIp": "203.0.113.0/24" }] },
        { "IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }],
      "IpPermissionsEgress": [{ "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }] },
    { "GroupId": "sg-b", "VpcId": "vpc-a", "IpPermissions": [
        { "IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "Ipv6Ranges": [{ "CidrIpv6": "::/0" }] }],
      "IpPermissionsEgress": [] }],
  "NetworkAcls": [
    { "NetworkAclId": "acl-1", "VpcId": "vpc-a", "IsDefault": true, "Entries": [
      { "Egress": false, "RuleNumber": 100, "RuleAction": "deny", "Protocol": "-1", "CidrBlock": "198.51.100.0/24" },
      { "Egress": false, "RuleNumber": 200, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0" },
      { "Egress": false, "RuleNumber": 201, "RuleAction": "allow", "Protocol": "6", "PortRange": { "From": 22, "To": 22 }, "Ipv6CidrBlock": "::/0" },
      { "Egress": true, "RuleNumber": 100, "RuleAction": "deny", "Protocol": "1", "IcmpTypeCode": { "Type": 0, "Code": -1 }, "CidrBlock": "0.0.0.0/0" },
      { "Egress": true, "RuleNumber": 200, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "203.0.113.0/24" }] },
    { "NetworkAclId": "acl-2", "VpcId": "vpc-a", "IsDefault": false, "Entries": [],
      "Associations": [{ "NetworkAclAssociationId": "aclassoc-1", "SubnetId": "subnet-2" }] }]
}"#;

/// A flow of two addresses, with its interface on one side.
#[derive(Clone, Debug)]
struct Flow {
    interface: &'static str,
    own: &'static str,
    peer: &'static str,
    direction: Direction,
    protocol: u8,
    srcport: u16,
    dstport: u16,
}

impl Flow {
    fn line(&self, action: &str) -> String {
        let (src, dst) = match self.direction {
            Direction::Ingress => (self.peer, self.own),
            Direction::Egress => (self.own, self.peer),
        };
        let Self { interface, protocol, srcport, dstport, .. } = self;
        format!("2 - {interface} {src} {dst} {srcport} {dstport} {protocol} 3 120 5 6 {action} OK")
    }

    fn answer(&self) -> Self {
        Self {
            direction: self.direction.reversed(),
            srcport: self.dstport,
            dstport: self.srcport,
            ..self.clone()
        }
    }
}

fn any_flow() -> impl Strategy<Value = Flow> {
    let ends = select(vec![
        ("eni-a", "10.0.1.5", "203.0.113.7"),
        ("eni-a", "10.0.1.5", "198.51.100.9"),
        ("eni-a", "10.0.1.5", "192.0.2.7"),
        ("eni-a", "10.0.1.5", "10.0.1.99"),
        ("eni-a", "10.0.1.5", "10.0.2.5"),
        ("eni-a", "2001:db8:a:1::5", "2001:db8:9::9"),
        ("eni-b", "10.0.2.5", "10.0.1.5"),
        ("eni-b", "10.0.2.5", "192.0.2.7"),
    ]);
    let direction = select(vec![Direction::Ingress, Direction::Egress]);
    let protocol = select(vec![1_u8, 6, 6, 17, 17, 47, 58, 132]);
    let port = || select(vec![22_u16, 53, 443, 3306, 8080, 40000, 50000]);
    (ends, direction, protocol, port(), port()).prop_map(
        |((interface, own, peer), direction, protocol, srcport, dstport)| {
            let (srcport, dstport) =
                if matches!(protocol, 6 | 17) { (srcport, dstport) } else { (0, 0) };
            Flow { interface, own, peer, direction, protocol, srcport, dstport }
        },
    )
}

fn inventory() -> Inventory {
    Inventory::from_json(INVENTORY).unwrap()
}

fn report(lines: &[String], inventory: Inventory, groups: usize) -> Report {
    let mut explainer = Explainer::with_room_for(groups, inventory, CompileOptions::default());
    let mut parser = LineParser::new(LogFormat::default());
    for line in lines {
        explainer.take(&parser.parse(line.as_bytes()).unwrap()).unwrap();
    }
    explainer.report()
}

fn explained(line: String, inventory: Inventory) -> Explained {
    let [explained] = &report(&[line], inventory, 1).groups[..] else { panic!("one group") };
    explained.clone()
}

proptest! {
    #[test]
    fn what_is_done_as_told_lets_the_packet_through(flow in any_flow()) {
        let refused = explained(flow.line("REJECT"), inventory());
        prop_assume!(!refused.steps.is_empty());
        let looks_like_answer =
            refused.remarks.iter().any(|remark| remark.starts_with("it looks like an answer"));
        let by_acl = |explained: &Explained| {
            explained.deciding_rule.as_deref().is_some_and(|rule| rule.starts_with("acl-"))
        };

        let mut mended = inventory();
        for step in &refused.steps {
            do_as_told(&mut mended, &step.remedy);
        }

        let now = explained(flow.line("REJECT"), mended.clone());
        if looks_like_answer && by_acl(&refused) {
            // Past the network ACL; past the security groups its connection lets it.
            prop_assert!(!by_acl(&now), "{:?}", now);
        } else {
            prop_assert!(now.reason.starts_with("the inventory would let it through"), "{:?}", now);
            let answer = explained(flow.answer().line("REJECT"), mended.clone());
            prop_assert!(flow.srcport == 0 || looks_like_answer || !by_acl(&answer), "{:?}", answer);
        }
        // Nobody else profits.
        let stranger = match flow.peer {
            "2001:db8:9::9" => "2001:db8:9::8",
            "203.0.113.7" => "203.0.113.8",
            "198.51.100.9" => "198.51.100.8",
            "192.0.2.7" => "192.0.2.8",
            _ => return Ok(()),
        };
        let stranger = Flow { peer: stranger, ..flow };
        let before = explained(stranger.line("REJECT"), inventory());
        let after = explained(stranger.line("REJECT"), mended);
        prop_assert_eq!(before.deciding_rule, after.deciding_rule);
    }

    #[test]
    fn every_record_is_counted_once(
        flows in prop::collection::vec((any_flow(), any::<bool>()), 1..40),
        room in 0..6_usize,
    ) {
        let lines: Vec<_> = flows
            .iter()
            .map(|(flow, accept)| flow.line(if *accept { "ACCEPT" } else { "REJECT" }))
            .chain([
                "2 - eni-a - - - - - - - 1 2 - NODATA".to_owned(),
                "2 - eni-a - - - - - - - 1 2 - SKIPDATA".to_owned(),
                "2 - eni-a 10.0.1.5 - 1 2 6 1 1 1 2 REJECT OK".to_owned(),
                "2 - eni-z 10.0.1.5 10.0.0.9 1 2 6 1 1 1 2 REJECT OK".to_owned(),
            ])
            .collect();

        let report = report(&lines, inventory(), room);

        let Counts {
            records, explained, accepted, not_fitting, not_judged, incomplete, no_data, skip_data,
        } = report.counts;
        prop_assert_eq!(records, lines.len() as u64);
        prop_assert_eq!((incomplete, not_judged, no_data, skip_data), (1, 1, 1, 1));
        prop_assert_eq!(records, explained + accepted + not_fitting + 4);
        prop_assert!(report.groups.len() <= room);
        let told = report.groups.iter().map(|group| group.totals);
        let others = report.others.iter().map(|(_, totals)| *totals);
        let told: u64 = told.chain(others).map(|totals| totals.records).sum();
        prop_assert_eq!(told, explained + not_fitting + not_judged);
    }
}

#[test]
fn groups_come_with_most_packets_first() {
    let flow = |peer: &str, dstport: u16, packets: u64| {
        format!("2 - eni-a {peer} 10.0.1.5 40000 {dstport} 6 {packets} 99 5 6 REJECT OK")
    };
    let lines = [flow("192.0.2.7", 22, 2), flow("198.51.100.9", 22, 9), flow("192.0.2.8", 22, 3)];

    let report = report(&lines, inventory(), 10);

    let sums: Vec<_> = report.groups.iter().map(|group| group.totals.packets).collect();
    assert_eq!(sums, [9, 5]);
    assert_eq!(report.groups[1].example.srcaddr.to_string(), "192.0.2.8");
    assert_eq!(report.groups[1].packets_let_through, 3);
}

#[test]
fn answers_to_refused_requests_are_one_group_whatever_rule_came_near() {
    let answer = |protocol: u8| {
        format!("2 - eni-a 10.0.1.5 203.0.113.7 53 50000 {protocol} 9 99 5 6 REJECT OK")
    };

    let report = report(&[answer(6), answer(17)], inventory(), 10);

    let [answers] = &report.groups[..] else { panic!("{:?}", report.groups) };
    assert_eq!(answers.deciding_rule.as_deref(), Some("implicit-deny:sg-a,sg-b"));
    assert_eq!((answers.nearest_miss.as_deref(), answers.steps.len()), (None, 0));
    assert_eq!(answers.services.text().as_deref(), Some("2: tcp 53; udp 53"));
}

#[test]
fn a_rule_for_some_ports_matches_no_fragment_without_its_first() {
    let mut low_ports = inventory();
    low_ports.security_groups[0].ingress.push(SecurityGroupRule {
        id: None,
        protocol: Some(17),
        ports: ports("0", "1000"),
        peer: Peer::Cidr("0.0.0.0/0".parse().unwrap()),
    });
    let fragment = "2 - eni-a 192.0.2.7 10.0.1.5 0 0 17 1 1500 5 6 REJECT OK".to_owned();

    let explained = explained(fragment, low_ports);

    assert_eq!(explained.deciding_rule.as_deref(), Some("implicit-deny:sg-a,sg-b"));
}

/// Changes the inventory as AWS would on the remedy's command.
fn do_as_told(inventory: &mut Inventory, remedy: &Remedy) {
    let command = remedy.command().unwrap_or_else(|| panic!("{remedy}"));
    let words: Vec<&str> = command.split(' ').collect();
    let option = |name: &str| {
        let at = words.iter().position(|word| *word == name);
        at.and_then(|at| words.get(at + 1)).map(|value| value.trim_matches('\''))
    };
    match words.get(2).copied() {
        Some("create-network-acl-entry") => {
            let protocol = match option("--protocol").unwrap() {
                "tcp" => 6,
                "udp" => 17,
                "icmp" => 1,
                number => number.parse().unwrap(),
            };
            let ports = match option("--port-range") {
                Some(range) => {
                    let (from, to) = range.split_once(',').unwrap();
                    ports(from.strip_prefix("From=").unwrap(), to.strip_prefix("To=").unwrap())
                }
                None => PortMatch::Any,
            };
            let block = option("--cidr-block").or(option("--ipv6-cidr-block"));
            assert_eq!(option("--rule-action"), Some("allow"));
            let id = option("--network-acl-id").unwrap();
            let acl = inventory.network_acls.iter_mut().find(|acl| acl.id == id).unwrap();
            let entries =
                if words.contains(&"--egress") { &mut acl.egress } else { &mut acl.ingress };
            entries.push(NetworkAclEntry {
                number: option("--rule-number").unwrap().parse().unwrap(),
                allow: true,
                protocol: Some(protocol),
                ports,
                cidr: block.unwrap().parse().unwrap(),
            });
            entries.sort_by_key(|entry| entry.number);
            assert!(!entries.array_windows().any(|[a, b]| a.number == b.number), "{command}");
        }
        Some(action) => {
            let permission = option("--ip-permissions").unwrap();
            let member = |name: &str| {
                let start = permission.find(&format!("{name}="))? + name.len() + 1;
                permission.get(start..)?.split([',', '}']).next()
            };
            let protocol = match member("IpProtocol").unwrap() {
                "tcp" => Some(6),
                "udp" => Some(17),
                "icmp" => Some(1),
                "icmpv6" => Some(58),
                "-1" => None,
                number => Some(number.parse().unwrap()),
            };
            let ports = match protocol {
                Some(6 | 17) => ports(member("FromPort").unwrap(), member("ToPort").unwrap()),
                _ => PortMatch::Any,
            };
            let block = member("CidrIp").or(member("CidrIpv6")).unwrap();
            let id = option("--group-id").unwrap();
            let groups = &mut inventory.security_groups;
            let group = groups.iter_mut().find(|group| group.id == id).unwrap();
            let rules = match action {
                "authorize-security-group-ingress" => &mut group.ingress,
                "authorize-security-group-egress" => &mut group.egress,
                other => panic!("{other}"),
            };
            let peer = Peer::Cidr(block.parse().unwrap());
            rules.push(SecurityGroupRule { id: None, protocol, ports, peer });
        }
        None => panic!("{command}"),
    }
}

fn ports(from: &str, to: &str) -> PortMatch {
    PortMatch::Range { from: from.parse().unwrap(), to: to.parse().unwrap() }
}
