//! Inventories, records and formats for tests.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_vpc::{
    Action, Cidr, Direction, Ground, Initiator, Interface, Inventory, Lacking, Peering, Revision,
    Subnet, TrackingTimeouts, Vpc,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::{Body, Explanation, Field, Flow, InterfaceView, LogFormat, Mode, Record, Span};

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn cidr(text: &str) -> Cidr {
    text.parse().unwrap()
}

/// An inventory with one VPC (10.0.0.0/16), one subnet and one interface (10.0.0.10), of an instance.
pub(crate) fn inventory() -> Inventory {
    Inventory {
        vpcs: vec![Vpc {
            id: "vpc-abcdefab012345678".to_owned(),
            owner: "123456789010".to_owned(),
            cidrs: vec![cidr("10.0.0.0/16")],
        }],
        subnets: vec![Subnet {
            id: "subnet-aaaaaaaa012345678".to_owned(),
            vpc: 0,
            cidrs: vec![cidr("10.0.0.0/24")],
            network_acl: None,
            availability_zone_id: Some("use1-az4".to_owned()),
            availability_zone: Some("us-east-1a".to_owned()),
            route_table: None,
        }],
        interfaces: vec![Interface {
            instance_id: Some("i-01234567890123456".to_owned()),
            ..interface("eni-1235b8ca123456789", "10.0.0.10")
        }],
        ..Inventory::default()
    }
}

pub(crate) fn interface(id: &str, address: &str) -> Interface {
    let primary: Ipv4Addr = address.parse().unwrap();
    Interface {
        id: id.to_owned(),
        owner: "123456789010".to_owned(),
        subnet: 0,
        vpc: 0,
        primary_ipv4: Some(primary),
        ipv4_addresses: vec![primary],
        ipv6_addresses: Vec::new(),
        prefixes: Vec::new(),
        mac: None,
        security_groups: Vec::new(),
        source_dest_check: true,
        interface_type: "interface".to_owned(),
        instance_id: None,
        region: Some("us-east-1".to_owned()),
        availability_zone_id: None,
        timeouts: TrackingTimeouts::default(),
    }
}

/// An active peering of the VPC of [`inventory`] with one that has `block`.
pub(crate) fn peering(id: &str, block: &str, same_region: bool) -> Peering {
    Peering {
        id: id.to_owned(),
        active: true,
        vpc_ids: ["vpc-abcdefab012345678".to_owned(), "vpc-far".to_owned()],
        cidrs: [vec![cidr("10.0.0.0/16")], vec![cidr(block)]],
        same_region,
    }
}

/// A record with all that it borrows.
#[derive(Clone, Debug)]
pub(crate) struct OwnedRecord {
    pub(crate) inventory: Inventory,
    /// Whether it is of the inventory's first interface, or of the nameless one.
    pub(crate) named: bool,
    pub(crate) mode: Mode,
    /// A flow's explanation is `why`.
    pub(crate) body: Body<'static>,
    pub(crate) why: Option<Why>,
}

#[derive(Clone, Debug)]
pub(crate) struct Why {
    pub(crate) rule: Ground,
    pub(crate) tracked: bool,
    pub(crate) nearest_miss: Option<(Ground, Lacking)>,
    pub(crate) revision: Revision,
    pub(crate) mixed: bool,
    pub(crate) initiator: Initiator,
}

impl OwnedRecord {
    /// An accepted flow 10.0.5.5:44444 → 10.0.0.10:443 that the interface received.
    pub(crate) fn example() -> Self {
        Self {
            inventory: inventory(),
            named: true,
            mode: Mode::Replay,
            body: Body::Flow(Flow {
                direction: Some(Direction::Ingress),
                pkt_srcaddr: ip("10.0.5.5"),
                pkt_dstaddr: ip("10.0.0.10"),
                srcport: 44_444,
                dstport: 443,
                protocol: 6,
                packets: 20,
                bytes: 4249,
                seen: Span { start: 1_418_530_010, end: 1_418_530_070 },
                action: Some(Action::Accept),
                tcp_flags: Some(2),
                explanation: None,
            }),
            why: Some(Why {
                rule: Ground::SecurityGroupRule("sgr-0a".to_owned()),
                tracked: false,
                nearest_miss: None,
                revision: Revision(0xab),
                mixed: false,
                initiator: Initiator::Source,
            }),
        }
    }

    /// Returns a copy whose flow, if it is one, was changed.
    pub(crate) fn with_flow(&self, change: impl FnOnce(&mut Flow<'static>)) -> Self {
        let mut copy = self.clone();
        if let Body::Flow(flow) = &mut copy.body {
            change(flow);
        }
        copy
    }

    /// Lends the record.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Record<'_>) -> T) -> T {
        let explanation = self.why.as_ref().map(|why| Explanation {
            deciding_rule: &why.rule,
            tracked: why.tracked,
            nearest_miss: why.nearest_miss.as_ref().map(|(rule, lacking)| (rule, *lacking)),
            revision: why.revision,
            mixed: why.mixed,
            initiator: why.initiator,
        });
        let interface = self.named.then(|| InterfaceView {
            interface: &self.inventory.interfaces[0],
            inventory: &self.inventory,
        });
        let body = match self.body {
            Body::Flow(flow) => Body::Flow(Flow { explanation, ..flow }),
            Body::NoData(window) => Body::NoData(window),
            Body::SkipData { window, lost_packets } => Body::SkipData { window, lost_packets },
        };
        read(&Record { interface, mode: self.mode, body })
    }

    pub(crate) fn line(&self, format: &LogFormat) -> String {
        let mut out = Vec::new();
        self.with(|record| format.render(record, &mut out));
        String::from_utf8(out).unwrap()
    }
}

/// Any fields in any order.
pub(crate) fn any_format() -> impl Strategy<Value = LogFormat> {
    subsequence(Field::ALL, 1..=Field::ALL.len())
        .prop_shuffle()
        .prop_map(|fields| LogFormat::from_names(fields.iter().map(|f| f.name())).unwrap())
}

/// Any record, with names that a careful inventory would not have.
pub(crate) fn any_record() -> impl Strategy<Value = OwnedRecord> {
    let mode = select(&[Mode::Enforce, Mode::Observe, Mode::Replay][..]);
    (any_inventory(), any::<bool>(), mode, any_body(), proptest::option::of(any_why())).prop_map(
        |(inventory, named, mode, body, why)| OwnedRecord { inventory, named, mode, body, why },
    )
}

fn any_inventory() -> impl Strategy<Value = Inventory> {
    let name = || "[ -~]{0,12}|eni-[0-9a-f]{17}|\\PC{0,4}";
    (name(), name(), name(), any::<Option<bool>>()).prop_map(|(id, owner, region, neighbour)| {
        let mut inventory = inventory();
        let recorded = &mut inventory.interfaces[0];
        recorded.id = id;
        recorded.owner = owner;
        recorded.region = Some(region);
        if neighbour == Some(true) {
            recorded.primary_ipv4 = None;
        }
        if neighbour.is_some() {
            inventory.interfaces.push(interface("eni-neighbour", "10.0.5.5"));
        }
        inventory
    })
}

fn any_body() -> impl Strategy<Value = Body<'static>> {
    // Parquet counts to 2^63 - 1.
    let number = || prop_oneof![0..100u64, 0..=i64::MAX as u64];
    let span = (number(), number()).prop_map(|(start, end)| Span { start, end });
    prop_oneof![
        8 => (any_flow(), number(), number(), span.clone()).prop_map(
            |(flow, packets, bytes, seen)| Body::Flow(Flow { packets, bytes, seen, ..flow })
        ),
        1 => span.clone().prop_map(Body::NoData),
        1 => (span, number()).prop_map(|(window, lost_packets)| Body::SkipData { window, lost_packets }),
    ]
}

fn any_flow() -> impl Strategy<Value = Flow<'static>> {
    let directions = &[None, Some(Direction::Ingress), Some(Direction::Egress)][..];
    let actions = &[None, Some(Action::Accept), Some(Action::Reject)][..];
    let v4 = || prop_oneof![Just(Ipv4Addr::new(10, 0, 5, 5)), any::<Ipv4Addr>()];
    let addresses = prop_oneof![
        (v4(), v4()).prop_map(|(src, dst)| (IpAddr::V4(src), IpAddr::V4(dst))),
        any::<(Ipv6Addr, Ipv6Addr)>().prop_map(|(src, dst)| (IpAddr::V6(src), IpAddr::V6(dst))),
    ];
    (
        select(directions),
        addresses,
        any::<(u16, u16)>(),
        prop_oneof![Just(6), any::<u8>()],
        select(actions),
        any::<Option<u8>>(),
    )
        .prop_map(
            |(direction, (src, dst), (srcport, dstport), protocol, action, tcp_flags)| Flow {
                direction,
                pkt_srcaddr: src,
                pkt_dstaddr: dst,
                srcport,
                dstport,
                protocol,
                packets: 0,
                bytes: 0,
                seen: Span { start: 0, end: 0 },
                action,
                tcp_flags,
                explanation: None,
            },
        )
}

fn any_why() -> impl Strategy<Value = Why> {
    let ground = || {
        prop_oneof![
            "[ -~]{1,20}".prop_map(Ground::SecurityGroupRule),
            "acl-[a-z]{2}:ingress:[1-9]".prop_map(Ground::NetworkAclEntry),
            "implicit-deny:sg-[a-z]{2}".prop_map(Ground::ImplicitDeny),
            Just(Ground::ConnectionAllowance),
            Just(Ground::Grace),
            Just(Ground::NoRules),
        ]
    };
    let lacking = select(&[Lacking::Port, Lacking::Peer, Lacking::Protocol, Lacking::Family][..]);
    let initiator = select(&[Initiator::Source, Initiator::Destination, Initiator::Unknown][..]);
    (
        ground(),
        any::<bool>(),
        proptest::option::of((ground(), lacking)),
        any::<u64>(),
        any::<bool>(),
        initiator,
    )
        .prop_map(|(rule, tracked, nearest_miss, revision, mixed, initiator)| Why {
            rule,
            tracked,
            nearest_miss,
            revision: Revision(revision),
            mixed,
            initiator,
        })
}
