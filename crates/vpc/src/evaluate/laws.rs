//! What holds for every network and every sequence of packets.

use std::collections::{BTreeMap, HashMap};

use flowlogd_packet::{Fragment, Icmp, PacketHeader, QuotedHeader};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::oracle::Oracle;
use crate::testing::{Network, addresses, judgement_text};
use crate::{
    Action, CompileOptions, ConnectionHint, ConnectionTable, Decision, Direction, FlowOfConnection,
    Inventory, Judgement, Reuse, RuleBook, Ruleset, Tick, Verdict,
};

/// Everything that happens is about these.
const ENIS: [&str; 3] = ["eni-0", "eni-1", "eni-2"];
const LOCAL: [(&str, &str); 3] =
    [("10.0.1.5", "2001:db8:1::5"), ("10.0.1.6", "2001:db8:1::6"), ("10.0.2.7", "2001:db8:2::7")];
const PEERS: [(&str, &str); 7] = [
    ("198.51.100.9", "2001:db8:9::1"),
    ("10.0.1.6", "2001:db8:1::6"),
    ("10.0.2.7", "2001:db8:2::7"),
    ("10.7.0.3", "2001:db8:7::3"),
    ("203.0.113.200", "2001:db8:9::2"),
    ("10.0.0.2", "2001:db8:1::1"),
    ("169.254.170.2", "fd00:ec2::254"),
];
const PORTS: [u16; 5] = [22, 80, 443, 40_000, 0];

const RULE_SERVICES: [&str; 16] = [
    "any *",
    "any *",
    "tcp 22",
    "tcp 80-443",
    "tcp *",
    "tcp 0-65535",
    "udp 53-80",
    "udp *",
    "udp 0-1024",
    "icmp */*",
    "icmp 8/*",
    "icmp 3/4",
    "icmpv6 */*",
    "icmpv6 128/0",
    "132 *",
    "47 *",
];
const RULE_PEERS: [&str; 15] = [
    "0.0.0.0/0",
    "0.0.0.0/0",
    "::/0",
    "::/0",
    "198.51.100.0/24",
    "198.51.100.9/32",
    "10.0.0.0/8",
    "2001:db8::/32",
    "2001:db8:9::/48",
    "sg-0",
    "sg-1",
    "sg-unknown",
    "pl-small",
    "pl-many",
    "pl-none",
];
const ACL_SERVICES: [&str; 9] = [
    "any *",
    "any *",
    "any *",
    "tcp 22-443",
    "tcp 1024-65535",
    "udp *",
    "icmp 8/*",
    "icmpv6 */*",
    "58 128/0",
];
const ACL_CIDRS: [&str; 6] =
    ["0.0.0.0/0", "0.0.0.0/0", "::/0", "::/0", "198.51.100.0/24", "2001:db8:9::/48"];

type RuleText = (&'static str, &'static str);
/// Whether an entry allows, and what.
type Entries = Vec<(bool, RuleText)>;

/// The rules of one generation.
#[derive(Clone, Debug)]
struct Rules {
    groups: Vec<(Vec<RuleText>, Vec<RuleText>)>,
    acls: Vec<(Entries, Entries)>,
    memberships: Vec<Vec<usize>>,
    kinds: Vec<&'static str>,
    checks: Vec<bool>,
    acl_of_subnet: Vec<Option<usize>>,
}

fn rules() -> impl Strategy<Value = Rules> {
    let rule = || (select(&RULE_SERVICES[..]), select(&RULE_PEERS[..]));
    let group = move || (prop::collection::vec(rule(), 1..8), prop::collection::vec(rule(), 1..8));
    let entry = || {
        let service = (select(&ACL_SERVICES[..]), select(&ACL_CIDRS[..]));
        (prop::bool::weighted(0.8), service)
    };
    let acl = move || (prop::collection::vec(entry(), 0..6), prop::collection::vec(entry(), 0..6));
    let kind = || {
        select(vec![
            "interface",
            "interface",
            "interface",
            "interface",
            "nat_gateway",
            "vpc_endpoint",
            "network_load_balancer",
        ])
    };
    (
        prop::collection::vec(group(), 3),
        prop::collection::vec(acl(), 2),
        prop::collection::vec(prop::collection::vec(0..3_usize, 0..4), 3),
        prop::collection::vec(kind(), 3),
        prop::collection::vec(prop::bool::weighted(0.8), 3),
        prop::collection::vec(prop::option::weighted(0.4, 0..2_usize), 2),
    )
        .prop_map(|(groups, acls, memberships, kinds, checks, acl_of_subnet)| Rules {
            groups,
            acls,
            memberships,
            kinds,
            checks,
            acl_of_subnet,
        })
}

/// The interfaces stay, what governs them is `rules`. Rule ids differ between generations.
fn inventory(rules: &Rules, generation: usize) -> Inventory {
    let mut network = Network::default();
    let vpc = network.vpc("10.0.0.0/16 2001:db8::/48");
    network.prefix_list("pl-small", "198.51.100.0/25 10.0.2.0/24 2001:db8:9::1/128");
    // Enough entries for tables by prefix length.
    let many: Vec<String> = (0..80).map(|n| format!("203.0.113.{}/32", n + 150)).collect();
    network.prefix_list("pl-many", &format!("{} 203.0.113.0/24 10.7.0.0/16", many.join(" ")));
    network.prefix_list("pl-none", "");
    for (index, (ingress, egress)) in rules.acls.iter().enumerate() {
        let entries = |entries: &[(bool, RuleText)]| -> Vec<String> {
            let number = |n: usize| 100 + n;
            let word = |allow: bool| if allow { "allow" } else { "deny" };
            entries
                .iter()
                .enumerate()
                .map(|(n, (allow, (service, cidr)))| {
                    format!("{} {} {service} {cidr}", number(n), word(*allow))
                })
                .collect()
        };
        let (ingress, egress) = (entries(ingress), entries(egress));
        network.acl(&format!("acl-{index}"), &strs(&ingress), &strs(&egress));
    }
    network.subnet(vpc, "10.0.1.0/24 2001:db8:1::/64", rules.acl_of_subnet[0]);
    network.subnet(vpc, "10.0.2.0/24 2001:db8:2::/64", rules.acl_of_subnet[1]);
    for (index, (ingress, egress)) in rules.groups.iter().enumerate() {
        let texts = |rules: &[RuleText], word: &str| -> Vec<String> {
            rules
                .iter()
                .enumerate()
                .map(|(n, (service, peer))| {
                    // Ids whose order is not that of the rules.
                    format!("sgr-{}{word}{index}-{generation} {service} {peer}", 9 - n)
                })
                .collect()
        };
        let (ingress, egress) = (texts(ingress, "i"), texts(egress, "e"));
        network.group(&format!("sg-{index}"), &strs(&ingress), &strs(&egress));
    }
    for (index, eni) in ENIS.iter().enumerate() {
        let (v4, v6) = LOCAL[index];
        let mut groups = rules.memberships[index].clone();
        groups.sort_unstable();
        groups.dedup();
        let text = format!("{v4} {v6} 10.0.1{index}.0/28");
        let interface = network.interface(eni, index / 2, &text, &groups);
        interface.interface_type = rules.kinds[index].to_owned();
        interface.source_dest_check = rules.checks[index];
        interface.timeouts.tcp_established = 350;
    }
    network.0
}

fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Change(usize),
    Packet(usize, Direction, PacketHeader),
}

/// A step before it is known between whom.
#[derive(Clone, Debug)]
enum Plan {
    Wait(u64),
    Change(usize),
    Packet { flow: usize, direction: Direction, flags: Option<u8>, kind: (u8, u8), oddity: Oddity },
}

fn plan() -> impl Strategy<Value = Plan> {
    let direction = prop_oneof![Just(Direction::Ingress), Just(Direction::Egress)];
    let flags = select(vec![
        Some(2),
        Some(2),
        Some(18),
        Some(18),
        Some(16),
        Some(16),
        Some(16),
        Some(16),
        Some(17),
        Some(4),
        Some(20),
        Some(0),
        Some(3),
        None,
    ]);
    let kind = (select(vec![8, 8, 8, 0, 0, 0, 13, 14, 3, 128, 128, 129, 135]), select(vec![0, 4]));
    let oddity = prop_oneof![
        24 => Just(Oddity::None),
        4 => (0..FLOWS).prop_map(Oddity::Quoting),
        1 => Just(Oddity::LaterWithoutPorts),
        1 => Just(Oddity::LaterWithPorts),
        1 => Just(Oddity::Strange),
    ];
    let packet = (0..FLOWS, direction, flags, kind, oddity).prop_map(
        |(flow, direction, flags, kind, oddity)| Plan::Packet {
            flow,
            direction,
            flags,
            kind,
            oddity,
        },
    );
    prop_oneof![
        2 => select(vec![1, 1, 1, 2, 3, 30, 31, 60, 61, 180, 181, 351, 601]).prop_map(Plan::Wait),
        1 => (0..3_usize).prop_map(Plan::Change),
        20 => packet,
    ]
}

/// So few that their packets meet again and again.
const FLOWS: usize = 4;

/// What may be between two ends.
#[derive(Clone, Debug)]
struct Flow {
    local: usize,
    peer: usize,
    v6: bool,
    protocol: u8,
    lport: u16,
    rport: u16,
    id: u16,
}

fn flow() -> impl Strategy<Value = Flow> {
    let low = |limit: usize| prop_oneof![2 => 0..2_usize, 1 => 0..limit];
    let port = || prop_oneof![4 => select(&PORTS[..4]), 1 => select(&PORTS[..])];
    let dhcp = prop_oneof![20 => Just(None), 1 => select(vec![Some((68, 67)), Some((546, 547))])];
    (
        (low(3), low(PEERS.len()), prop::bool::weighted(0.3)),
        select(vec![6_u8, 6, 6, 17, 17, 1, 1, 58, 132, 47]),
        (port(), port(), dhcp),
        0..2_u16,
    )
        .prop_map(|((local, peer, v6), protocol, (lport, rport, dhcp), id)| {
            let (lport, rport) = dhcp.unwrap_or((lport, rport));
            Flow { local, peer, v6, protocol, lport, rport, id }
        })
}

#[derive(Clone, Debug)]
enum Oddity {
    None,
    /// An ICMP error about a packet that went the other way, of the flow with this number.
    Quoting(usize),
    LaterWithoutPorts,
    LaterWithPorts,
    /// The interface does not own its end.
    Strange,
}

fn header(
    flow: &Flow,
    flows: &[Flow],
    direction: Direction,
    flags: Option<u8>,
    (kind, code): (u8, u8),
    oddity: &Oddity,
) -> PacketHeader {
    let icmp = |protocol| [1, 58].contains(&protocol).then_some(Icmp { kind, code, id: flow.id });
    let pick = |pair: (&str, &str)| if flow.v6 { pair.1 } else { pair.0 }.parse().unwrap();
    let local = match oddity {
        Oddity::Strange => pick(("192.0.2.1", "2001:db8:ffff::1")),
        Oddity::None | Oddity::Quoting(_) | Oddity::LaterWithoutPorts | Oddity::LaterWithPorts => {
            pick(LOCAL[flow.local])
        }
    };
    let peer = pick(PEERS[flow.peer]);
    let has_ports = [6, 17, 132].contains(&flow.protocol);
    let (lport, rport) = if has_ports { (flow.lport, flow.rport) } else { (0, 0) };
    let outbound = direction == Direction::Egress;
    let mut header = PacketHeader {
        addresses: if outbound { addresses(local, peer) } else { addresses(peer, local) },
        protocol: flow.protocol,
        srcport: if outbound { lport } else { rport },
        dstport: if outbound { rport } else { lport },
        tcp_flags: flags.filter(|_| flow.protocol == 6),
        icmp: icmp(flow.protocol),
        fragment: Fragment::Whole,
        bytes: 60,
        quoted: None,
    };
    match oddity {
        Oddity::None | Oddity::Strange => {}
        Oddity::LaterWithoutPorts => {
            header.fragment = Fragment::Later { id: 7 };
            (header.srcport, header.dstport) = (0, 0);
            (header.tcp_flags, header.icmp) = (None, None);
        }
        Oddity::LaterWithPorts => {
            header.fragment = Fragment::Later { id: 7 };
            (header.tcp_flags, header.icmp) = (None, None);
        }
        Oddity::Quoting(about) => {
            let about = &flows[*about];
            // At this interface, so that the flow may be one that it knows.
            let about = Flow { local: flow.local, ..about.clone() };
            let then = direction.reversed();
            let kinds = if about.protocol == 58 { (128, 0) } else { (8, 0) };
            let quoted = self::header(&about, flows, then, Some(16), kinds, &Oddity::None);
            header.protocol = if flow.v6 { 58 } else { 1 };
            (header.srcport, header.dstport, header.tcp_flags) = (0, 0, None);
            header.icmp = Some(Icmp { kind: if flow.v6 { 1 } else { 3 }, code: 4, id: 0 });
            header.quoted = Some(QuotedHeader {
                addresses: quoted.addresses,
                protocol: quoted.protocol,
                srcport: quoted.srcport,
                dstport: quoted.dstport,
                icmp: quoted.icmp,
            });
        }
    }
    header
}

type History = (Vec<Rules>, Vec<Step>);

fn history() -> impl Strategy<Value = History> {
    let rules = prop::collection::vec(rules(), 3);
    let flows = prop::collection::vec(flow(), FLOWS);
    let plans = prop::collection::vec(plan(), 20..80);
    (rules, flows, plans).prop_map(|(rules, flows, plans)| {
        let steps = plans
            .into_iter()
            .map(|plan| match plan {
                Plan::Wait(seconds) => Step::Wait(seconds),
                Plan::Change(generation) => Step::Change(generation),
                Plan::Packet { flow, direction, flags, kind, oddity } => {
                    let flow = &flows[flow];
                    let header = header(flow, &flows, direction, flags, kind, &oddity);
                    Step::Packet(flow.local, direction, header)
                }
            })
            .collect();
        (rules, steps)
    })
}

struct Generations {
    book: RuleBook,
    inventories: Vec<Inventory>,
    rulesets: Vec<Ruleset>,
}

impl Generations {
    fn new(rules: &[Rules]) -> Self {
        let mut book = RuleBook::default();
        let inventories: Vec<Inventory> =
            rules.iter().enumerate().map(|(n, rules)| inventory(rules, n)).collect();
        let rulesets = inventories
            .iter()
            .map(|inventory| {
                Ruleset::compile(inventory.clone(), CompileOptions::default(), &mut book)
            })
            .collect();
        Self { book, inventories, rulesets }
    }
}

fn agrees_with_the_oracle(
    rules: &[Rules],
    steps: &[Step],
    (allowance, grace): (Option<usize>, u64),
    mut heard: impl FnMut(&PacketHeader, &str),
) -> Result<(), TestCaseError> {
    let generations = Generations::new(rules);
    let mut connections = ConnectionTable::new(1_000, allowance);
    let (mut now, mut generation) = (1_000_000, 0);
    let mut oracle = Oracle::new(allowance, now + grace);
    connections.let_on_until(Tick(now + grace));
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Wait(seconds) => now += seconds,
            Step::Change(next) => generation = *next,
            Step::Packet(local, direction, packet) => {
                let inventory = &generations.inventories[generation];
                let interface = &inventory.interfaces[*local];
                let index = generations.book.interface_index(&interface.id).unwrap();

                let judgement = generations.rulesets[generation].evaluate(
                    &mut connections,
                    packet,
                    index,
                    *direction,
                    Tick(now),
                );

                let expected = oracle.judge(inventory, interface, packet, *direction, now);
                let text = judgement_text(&generations.book, judgement);
                prop_assert_eq!(&text, &expected, "step {}: {:?} at {}", number, step, now);
                heard(packet, &text);
            }
        }
    }
    Ok(())
}

/// What a flow table may keep (semantics.md 7).
#[derive(Default)]
struct Kept {
    /// The last verdict, with its generation and second.
    verdicts: HashMap<(usize, Direction, FlowKey), (usize, u64, Verdict)>,
    /// The generation that last accepted a packet.
    accepted: HashMap<(usize, Direction, FlowKey), usize>,
    /// Where the connection of its last accepted packet was.
    hints: HashMap<(usize, Direction, FlowKey), ConnectionHint>,
}

type FlowKey = (flowlogd_packet::Addresses, u8, u16, u16);

fn judge_with_kept_verdicts(
    ruleset: &Ruleset,
    connections: &mut ConnectionTable,
    kept: &mut Kept,
    (generation, now): (usize, u64),
    (local, direction, packet): (usize, Direction, &PacketHeader),
    index: crate::InterfaceIndex,
) -> (Judgement, Option<Reuse>) {
    let flow = (packet.addresses, packet.protocol, packet.srcport, packet.dstport);
    let key = (local, direction, flow);
    let eventful = packet.tcp_flags.is_some_and(|flags| flags & 7 != 0);
    let mut saved = Some(Reuse::RulesOnly);
    let judgement = match kept.verdicts.get(&key) {
        Some((of, at, verdict))
            if *of == generation
                && *at == now
                && verdict.reuse == Reuse::WithinTick
                && !eventful =>
        {
            return (Judgement::Decided(*verdict), Some(Reuse::WithinTick));
        }
        Some((of, _, verdict)) if *of == generation && verdict.reuse == Reuse::RulesOnly => {
            let refusal: Decision = verdict.decision;
            ruleset.evaluate_refused(connections, packet, index, direction, Tick(now), refusal)
        }
        Some(_) if kept.accepted.get(&key) == Some(&generation) => {
            saved = None;
            let hint = kept.hints.get(&key).copied().unwrap_or(ConnectionHint::NONE);
            let flow = FlowOfConnection {
                addresses: packet.addresses,
                protocol: packet.protocol,
                srcport: packet.srcport,
                dstport: packet.dstport,
                tcp_flags: packet.tcp_flags,
            };
            ruleset
                .evaluate_accepted(connections, &flow, hint, index, direction, Tick(now))
                .map_or_else(
                    || ruleset.evaluate(connections, packet, index, direction, Tick(now)),
                    Judgement::Decided,
                )
        }
        Some(_) | None => {
            saved = None;
            ruleset.evaluate(connections, packet, index, direction, Tick(now))
        }
    };
    match judgement {
        Judgement::Decided(verdict) => {
            kept.verdicts.insert(key, (generation, now, verdict));
            if verdict.action == Action::Accept {
                kept.accepted.insert(key, generation);
                kept.hints.insert(key, verdict.connection);
            }
        }
        Judgement::Excluded(_) => {
            kept.verdicts.remove(&key);
        }
    }
    (judgement, saved)
}

fn action(judgement: Judgement) -> String {
    match judgement {
        Judgement::Decided(verdict) => format!("{:?}", verdict.action),
        Judgement::Excluded(exclusion) => format!("{exclusion:?}"),
    }
}

fn kept_verdicts_agree(
    rules: &[Rules],
    steps: &[Step],
    (allowance, grace): (Option<usize>, u64),
    capacity: usize,
    mut spared_one: impl FnMut(Reuse),
) -> Result<(), TestCaseError> {
    let generations = Generations::new(rules);
    let mut every = ConnectionTable::new(capacity, allowance);
    let mut sparing = ConnectionTable::new(capacity, allowance);
    let mut kept = Kept::default();
    let (mut now, mut generation) = (1_000_000, 0);
    for connections in [&mut every, &mut sparing] {
        connections.let_on_until(Tick(now + grace));
    }
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Wait(seconds) => now += seconds,
            Step::Change(next) => generation = *next,
            Step::Packet(local, direction, packet) => {
                let index = generations.book.interface_index(ENIS[*local]).unwrap();
                let ruleset = &generations.rulesets[generation];

                let judged = ruleset.evaluate(&mut every, packet, index, *direction, Tick(now));
                let (spared, saved) = judge_with_kept_verdicts(
                    ruleset,
                    &mut sparing,
                    &mut kept,
                    (generation, now),
                    (*local, *direction, packet),
                    index,
                );

                prop_assert_eq!(action(spared), action(judged), "step {}: {:?}", number, step);
                if let (Some(saved), Judgement::Decided(_)) = (saved, spared) {
                    spared_one(saved);
                }
                prop_assert_eq!(
                    sparing.alive(Tick(now)),
                    every.alive(Tick(now)),
                    "after step {}: {:?}",
                    number,
                    step
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_judge_agrees_with_the_oracle((rules, steps) in history()) {
        agrees_with_the_oracle(&rules, &steps, (None, 0), |_, _| {})?;
    }

    #[test]
    fn the_judge_agrees_with_the_oracle_about_an_allowance(
        (rules, steps) in history(), allowance in 0..4_usize,
    ) {
        agrees_with_the_oracle(&rules, &steps, (Some(allowance), 0), |_, _| {})?;
    }

    #[test]
    fn the_judge_agrees_with_the_oracle_about_what_was_open_before(
        (rules, steps) in history(), allowance in prop::option::of(0..4_usize), grace in 0..200_u64,
    ) {
        agrees_with_the_oracle(&rules, &steps, (allowance, grace), |_, _| {})?;
    }

    #[test]
    fn kept_verdicts_give_the_same_actions_and_connections((rules, steps) in history()) {
        kept_verdicts_agree(&rules, &steps, (None, 0), 1_000, |_| {})?;
    }

    #[test]
    fn kept_verdicts_give_the_same_where_room_is_short(
        (rules, steps) in history(),
        allowance in prop::option::of(0..4_usize),
        capacity in 0..5_usize,
        grace in 0..200_u64,
    ) {
        kept_verdicts_agree(&rules, &steps, (allowance, grace), capacity, |_| {})?;
    }
}

/// Laws say little about what never occurs.
#[test]
fn the_histories_reach_every_kind_of_judgement() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..400 {
        let (rules, steps) = history().new_tree(&mut runner).unwrap().current();
        for grace in [0, 100] {
            agrees_with_the_oracle(&rules, &steps, (None, grace), |packet, text| {
                *seen.entry(kind(packet, text)).or_default() += 1;
            })
            .unwrap();
        }
        kept_verdicts_agree(&rules, &steps, (None, 0), 1_000, |saved| {
            *seen.entry(format!("{saved:?}")).or_default() += 1;
        })
        .unwrap();
    }

    let rare: Vec<&&str> =
        KINDS.iter().filter(|kind| seen.get(**kind).is_none_or(|count| *count < 10)).collect();
    assert!(rare.is_empty(), "{rare:?} of {seen:#?}");
}

const KINDS: [&str; 22] = [
    "AmazonDns",
    "Dhcp",
    "EndpointToLoadBalancer",
    "InstanceMetadata",
    "NeighbourDiscovery",
    "SourceDestinationCheck",
    "VpcRouter",
    "ACCEPT by rule tcp",
    "ACCEPT by rule udp",
    "ACCEPT by rule icmp",
    "ACCEPT by rule other",
    "ACCEPT tracked tcp",
    "ACCEPT tracked udp",
    "ACCEPT tracked icmp",
    "ACCEPT tracked other",
    "ACCEPT related",
    "ACCEPT unfiltered",
    "ACCEPT let on",
    "REJECT acl",
    "REJECT implicit-deny",
    "WithinTick",
    "RulesOnly",
];

fn kind(packet: &PacketHeader, text: &str) -> String {
    let protocol = match packet.protocol {
        6 => "tcp",
        17 => "udp",
        1 | 58 => "icmp",
        _ => "other",
    };
    match text.split_once(' ') {
        None => text.to_owned(),
        Some(("ACCEPT", ground)) if ground.starts_with("tracked:") && packet.quoted.is_some() => {
            "ACCEPT related".to_owned()
        }
        Some(("ACCEPT", ground)) if ground.starts_with("tracked:") => {
            format!("ACCEPT tracked {protocol}")
        }
        Some(("ACCEPT", ground)) if ground.starts_with("enforcement-grace") => {
            "ACCEPT let on".to_owned()
        }
        Some(("ACCEPT", ground)) if ground.starts_with("- ") => "ACCEPT unfiltered".to_owned(),
        Some(("ACCEPT", _)) => format!("ACCEPT by rule {protocol}"),
        Some((_, ground)) if ground.starts_with("acl") => "REJECT acl".to_owned(),
        Some((_, _)) => "REJECT implicit-deny".to_owned(),
    }
}
