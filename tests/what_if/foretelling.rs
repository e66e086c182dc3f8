//! What is foretold of records is what the engine says of the same packets under the other rules.

use flowlogd_agent::explain::what_if::{Counts, WhatIf};
use flowlogd_flowlog::{LineParser, LogFormat};
use flowlogd_packet::{Addresses, Fragment, PacketHeader, protocol};
use flowlogd_vpc::{
    Action, CompileOptions, ConnectionTable, Direction, Inventory, Judgement, RuleBook, Ruleset,
    Tick,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::net::Ipv4Addr;

const NETWORK: &str = include_str!("../explain/vpc.json");

/// Changes that can be made in any selection.
const CHANGES: &[&str] = &[
    r#"{ "RevokeSecurityGroupIngress": { "SecurityGroupRuleIds": ["sgr-https"] } }"#,
    r#"{ "RevokeSecurityGroupIngress": { "SecurityGroupRuleIds": ["sgr-ssh"] } }"#,
    r#"{ "RevokeSecurityGroupEgress": { "SecurityGroupRuleIds": ["sgr-out"] } }"#,
    r#"{ "RevokeSecurityGroupIngress": { "SecurityGroupRuleIds": ["sgr-postgres"] } }"#,
    r#"{ "AuthorizeSecurityGroupIngress": { "GroupId": "sg-web", "IpPermissions": [
        { "IpProtocol": "udp", "FromPort": 53, "ToPort": 443, "IpRanges": [{ "CidrIp": "192.0.2.0/24" }] }] } }"#,
    r#"{ "AuthorizeSecurityGroupIngress": { "GroupId": "sg-db", "IpPermissions": [
        { "IpProtocol": "-1", "UserIdGroupPairs": [{ "GroupId": "sg-web" }] }] } }"#,
    r#"{ "AuthorizeSecurityGroupEgress": { "GroupId": "sg-admin", "IpPermissions": [
        { "IpProtocol": "-1", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }] } }"#,
    r#"{ "CreateNetworkAclEntry": { "NetworkAclId": "acl-back", "RuleNumber": 10, "Egress": true,
        "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0" } }"#,
    r#"{ "CreateNetworkAclEntry": { "NetworkAclId": "acl-front", "RuleNumber": 10, "Egress": true, "Protocol": "6",
        "PortRange": { "From": 1024, "To": 65535 }, "RuleAction": "deny", "CidrBlock": "192.0.2.0/24" } }"#,
    r#"{ "DeleteNetworkAclEntry": { "NetworkAclId": "acl-front", "RuleNumber": 100, "Egress": false } }"#,
    r#"{ "ReplaceNetworkAclEntry": { "NetworkAclId": "acl-back", "RuleNumber": 100, "Egress": false,
        "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0" } }"#,
    r#"{ "ModifyNetworkInterfaceAttribute": { "NetworkInterfaceId": "eni-db", "Groups": ["sg-web"] } }"#,
];

/// A request and its answer at an interface.
#[derive(Clone, Debug)]
struct Exchange {
    interface: &'static str,
    own: Ipv4Addr,
    peer: Ipv4Addr,
    /// Of the request.
    direction: Direction,
    protocol: u8,
    client: u16,
    server: u16,
}

fn any_exchange() -> impl Strategy<Value = Exchange> {
    let peers = vec![[192, 0, 2, 7], [198, 51, 100, 9], [203, 0, 113, 7], [10, 0, 1, 9]];
    let ends = (
        select(vec![
            ("eni-web", [10, 0, 1, 5], [10, 0, 2, 5]),
            ("eni-db", [10, 0, 2, 5], [10, 0, 1, 5]),
        ]),
        prop::option::of(select(peers)),
    );
    let direction = select(vec![Direction::Ingress, Direction::Egress]);
    let protocol = select(vec![protocol::TCP, protocol::UDP]);
    let server = select(vec![22_u16, 53, 443, 3306, 5432, 8080]);
    (ends, direction, protocol, 40_000..60_000_u16, server).prop_map(
        |(((interface, own, neighbour), peer), direction, protocol, client, server)| Exchange {
            interface,
            own: own.into(),
            peer: peer.unwrap_or(neighbour).into(),
            direction,
            protocol,
            client,
            server,
        },
    )
}

impl Exchange {
    /// Returns the packets of both ways, and their directions.
    fn packets(&self) -> [(PacketHeader, Direction); 2] {
        let packet = |direction: Direction, srcport, dstport, flags| {
            let (src, dst) = match direction {
                Direction::Ingress => (self.peer, self.own),
                Direction::Egress => (self.own, self.peer),
            };
            let packet = PacketHeader {
                addresses: Addresses::V4 { src, dst },
                protocol: self.protocol,
                srcport,
                dstport,
                tcp_flags: (self.protocol == protocol::TCP).then_some(flags),
                icmp: None,
                fragment: Fragment::Whole,
                bytes: 40,
                quoted: None,
            };
            (packet, direction)
        };
        [
            packet(self.direction, self.client, self.server, 0x02),
            packet(self.direction.reversed(), self.server, self.client, 0x12),
        ]
    }

    /// Returns what becomes of both if they are sent whatever the rules say; `None` is in no record.
    fn played(&self, inventory: &Inventory) -> [Option<Action>; 2] {
        let mut book = RuleBook::default();
        let ruleset = Ruleset::compile(inventory.clone(), CompileOptions::default(), &mut book);
        let mut connections = ConnectionTable::new(10, None);
        let interface = book.interface_index(self.interface).unwrap();
        self.packets().map(|(packet, direction)| {
            match ruleset.evaluate(&mut connections, &packet, interface, direction, Tick(1)) {
                Judgement::Decided(verdict) => Some(verdict.action),
                Judgement::Excluded(_) => None,
            }
        })
    }

    /// Returns the record of a packet.
    fn record(&self, packet: &PacketHeader, action: Action) -> String {
        let Self { interface, protocol, .. } = self;
        let (src, dst) = (packet.addresses.src(), packet.addresses.dst());
        let action = match action {
            Action::Accept => "ACCEPT",
            Action::Reject => "REJECT",
        };
        let PacketHeader { srcport, dstport, .. } = packet;
        format!("2 1 {interface} {src} {dst} {srcport} {dstport} {protocol} 1 40 5 6 {action} OK")
    }
}

fn foretold(present: &Inventory, proposed: &Inventory, record: &str) -> Counts {
    let options = CompileOptions::default();
    let mut what_if = WhatIf::new(present.clone(), proposed.clone(), options);
    let mut parser = LineParser::new(LogFormat::default());
    what_if.take(&parser.parse(record.as_bytes()).unwrap()).unwrap();
    what_if.report().counts
}

proptest! {
    #[test]
    fn what_is_foretold_is_what_the_engine_says(
        before in subsequence(CHANGES, 0..6),
        after in subsequence(CHANGES, 0..6),
        exchange in any_exchange(),
    ) {
        let network = Inventory::from_json(NETWORK).unwrap();
        let with = |changes: &[&str]| network.changed(&format!("[{}]", changes.join(","))).unwrap();
        let (present, proposed) = (with(&before), with(&after));

        let recorded = exchange.played(&present);
        let replayed = exchange.played(&proposed);

        for (place, (packet, _)) in exchange.packets().iter().enumerate() {
            let (Some(recorded), Some(replayed)) = (recorded[place], replayed[place]) else { continue };
            let record = exchange.record(packet, recorded);
            let counts = foretold(&present, &proposed, &record);
            let expected = match (recorded, replayed) {
                (Action::Accept, Action::Reject) => Counts { accept_to_reject: 1, ..Counts::default() },
                (Action::Reject, Action::Accept) => Counts { reject_to_accept: 1, ..Counts::default() },
                _ => Counts { unchanged: 1, ..Counts::default() },
            };
            prop_assert_eq!(counts, Counts { records: 1, ..expected }, "{}", record);
        }
    }

    #[test]
    fn every_record_is_counted_once(
        after in subsequence(CHANGES, 0..6),
        records in prop::collection::vec((any_exchange(), any::<bool>(), any::<bool>()), 0..30),
    ) {
        let present = Inventory::from_json(NETWORK).unwrap();
        let proposed = present.changed(&format!("[{}]", after.join(","))).unwrap();
        let mut what_if = WhatIf::new(present, proposed, CompileOptions::default());
        let mut parser = LineParser::new(LogFormat::default());
        for (exchange, is_accept, is_answer) in &records {
            let [request, answer] = exchange.packets();
            let packet = if *is_answer { answer.0 } else { request.0 };
            let action = if *is_accept { Action::Accept } else { Action::Reject };
            let line = exchange.record(&packet, action);
            what_if.take(&parser.parse(line.as_bytes()).unwrap()).unwrap();
        }

        let report = what_if.report();

        let Counts {
            records: all, unchanged, accept_to_reject, reject_to_accept, contradicted, not_judged,
            incomplete, no_data, skip_data,
        } = report.counts;
        let told = accept_to_reject + reject_to_accept + contradicted;
        prop_assert_eq!(all, records.len() as u64);
        prop_assert_eq!(all, unchanged + told + not_judged + incomplete + no_data + skip_data);
        let rows: u64 = report.flips.iter().map(|flip| flip.totals.records).sum();
        prop_assert_eq!(rows, told);
        for flip in &report.flips {
            let flows: u64 = flip.flows.iter().map(|flow| flow.totals.records).sum();
            prop_assert!(flip.has_more_flows || flows == flip.totals.records);
        }
    }
}
