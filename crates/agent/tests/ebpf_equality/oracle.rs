//! The pure engine's judgement of a sequence: every packet is judged anew.

use flowlogd_agent::capture::ebpf::layout::counter;
use flowlogd_flowlog::{
    Aggregator, CaptureWindow, Entry, FlowKey, Generation, KeyV4, KeyV6, Outcome, PackedKey,
    Sighting,
};
use flowlogd_packet::{
    Addresses, Fragment, FragmentOutcome, FragmentPorts, Icmp, LinkType, PacketHeader, ParseError,
    parse, protocol,
};
use flowlogd_vpc::{
    Action, ConnectionHint, ConnectionTable, Direction, Exclusion, FlatRules, Ground, GroundIndex,
    Judgement, Ruleset, Tick, Verdict,
};

use crate::books::{Books, Flow, Setup, counter_of};
use crate::cases::Case;
use crate::conversation::Segments;
use crate::course::Course;
use crate::inventory::{Site, World};
use crate::traffic::{SECOND, Sequence, Sighted};

/// One interface with its tables.
struct Judge<'a> {
    world: &'a World,
    site: &'a Site,
    course: &'a Course,
    connections: ConnectionTable,
    fragments: FragmentPorts,
    aggregator: Aggregator,
    books: Books,
    /// Facts of the first packets of flows that the aggregator does not keep.
    first: Vec<First>,
    cases: u32,
    tick: Tick,
    has_expired: bool,
    refused_for_allowance: GroundIndex,
    is_enforced: bool,
    /// In force now.
    flat: &'a FlatRules,
}

struct First {
    window: u64,
    key: FlowKey,
    icmp: Option<(u8, u8)>,
    has_unknown_ports: bool,
    ground: GroundIndex,
    is_mixed: bool,
}

/// What the engine tells of a sequence.
pub(crate) struct Judged {
    pub(crate) books: Books,
    /// By flow: whether it is mixed if no verdict of an earlier packet stands for a later one.
    pub(crate) mixed_packet_by_packet: Vec<bool>,
    /// By bit.
    pub(crate) cases: u32,
}

/// Judges a sequence.
pub(crate) fn judge(
    sequence: &Sequence,
    world: &World,
    site: &Site,
    course: &Course,
    setup: Setup,
) -> Judged {
    let capacity = setup.connections as usize;
    let (room, allowance) =
        if setup.has_allowance { (1000, Some(capacity)) } else { (capacity, None) };
    let mut judge = Judge {
        world,
        site,
        course,
        connections: ConnectionTable::new(room, allowance),
        fragments: FragmentPorts::new(64),
        aggregator: Aggregator::new(course.length, 1000),
        books: Books::default(),
        first: Vec::new(),
        cases: 0,
        tick: Tick(0),
        has_expired: false,
        refused_for_allowance: site.before.allowance,
        is_enforced: setup.is_enforced,
        flat: &site.before,
    };
    judge.connections.let_on_until(Tick(course.tick_after(setup.grace)));
    for (place, packet) in sequence.packets.iter().enumerate() {
        let (rules, generation) = if place < sequence.before_change {
            (&world.before, course.generation)
        } else {
            judge.flat = &site.after;
            (&world.after, course.generation.wrapping_add(1))
        };
        judge.see(
            sequence,
            packet,
            u64::try_from(place).expect("few"),
            rules,
            Generation(generation),
        );
    }
    judge.finish()
}

impl Judge<'_> {
    fn see(
        &mut self,
        sequence: &Sequence,
        packet: &Sighted,
        place: u64,
        rules: &Ruleset,
        generation: Generation,
    ) {
        let now = self.course.start + packet.at;
        let secs = self.course.second(now);
        self.begin_tick(Tick(now / SECOND));
        let window = CaptureWindow::containing(secs, self.course.length).number();
        let wire_len = u32::try_from(packet.frame.len()).expect("short");
        let way = usize::from(!packet.is_received);
        self.count(window, counter::FRAMES_RECEIVED + way, 1);
        self.count(window, counter::BYTES_RECEIVED + way, wire_len.into());

        let link = if sequence.is_raw_ip { LinkType::RawIp } else { LinkType::Ethernet };
        let mut header = match parse(link, &packet.frame, wire_len) {
            Ok(parsed) => parsed.header,
            Err(error) => {
                self.count(window, counter_of(error), 1);
                let cannot_be_read = !matches!(error, ParseError::NotIp(_));
                return self.pass_or_drop(window, cannot_be_read, 1);
            }
        };
        match self.fragments.resolve(&mut header, self.tick.0) {
            FragmentOutcome::Orphan => self.count(window, counter::ORPHANS, 1),
            FragmentOutcome::Untouched
            | FragmentOutcome::Remembered
            | FragmentOutcome::Resolved => {}
        }
        if matches!(header.fragment, Fragment::Later { .. }) {
            self.cases |= Case::Fragment.bit();
        }
        let packets = packet.segments.map_or(1, |segments| packets_of(segments, header.bytes));
        if packets > 1 {
            self.cases |= Case::SuperPacket.bit();
        }
        let repeated = packet.segments.map_or(0, |segments| segments.headers * (packets - 1));
        let bytes = u64::from(header.bytes + repeated);
        self.count(window, counter::JOINED_RECEIVED + way, u64::from(packets) - 1);
        self.count(window, counter::SEEN, packets.into());
        self.count(window, counter::SEEN_BYTES, bytes);

        let is_egress = (sequence.received_is == 1) == packet.is_received;
        let direction = if is_egress { Direction::Egress } else { Direction::Ingress };
        let without_room = self.connections.untracked_for_lack_of_room();
        let judgement =
            rules.evaluate(&mut self.connections, &header, self.site.index, direction, self.tick);
        let without_room = self.connections.untracked_for_lack_of_room() - without_room;
        self.count(window, counter::UNTRACKED, without_room);
        match judgement {
            Judgement::Excluded(why) => {
                self.count(window, counter::EXCLUDED + why as usize, packets.into());
                let is_refused = !self.is_unfiltered(&header, direction, why);
                let is_refused = is_refused && !is_listener_discovery(&header);
                self.pass_or_drop(window, is_refused, packets.into());
            }
            Judgement::Decided(verdict) => {
                self.note(&header, &verdict, without_room > 0);
                let of_action = match verdict.action {
                    Action::Accept => counter::ACCEPTED,
                    Action::Reject => counter::REJECTED,
                };
                self.count(window, of_action, packets.into());
                let is_refused =
                    verdict.action == Action::Reject && !is_listener_discovery(&header);
                self.pass_or_drop(window, is_refused, packets.into());
                if verdict.decision.ground == self.refused_for_allowance {
                    self.count(window, counter::ALLOWANCE, 1);
                }
                let first = First {
                    window,
                    key: self.key(&header, direction, verdict.action),
                    icmp: header.icmp.map(|icmp| (icmp.kind, icmp.code)),
                    has_unknown_ports: has_unknown_ports(&header),
                    ground: verdict.decision.ground,
                    is_mixed: false,
                };
                match self
                    .first
                    .iter_mut()
                    .find(|known| known.window == window && known.key == first.key)
                {
                    Some(known) => known.is_mixed |= known.ground != first.ground,
                    None => self.first.push(first),
                }
            }
        }
        let seen = Sighting {
            secs,
            tick: self.tick,
            sequence: place,
            packets,
            bytes,
            protocol: header.protocol,
            tcp_flags: header.tcp_flags,
        };
        let outcome = self.aggregate(&header, direction, &seen, generation, judgement);
        let expected = match judgement {
            Judgement::Excluded(why) => Outcome::Excluded(why),
            Judgement::Decided(verdict) => Outcome::Counted(verdict.action),
        };
        assert_eq!(
            outcome, expected,
            "the engine's flow table reuses a verdict that no longer holds: {header:?}"
        );
    }

    /// Whether what is in no record passes though rules are enforced.
    fn is_unfiltered(&self, header: &PacketHeader, direction: Direction, why: Exclusion) -> bool {
        let (src, dst) = (header.addresses.src(), header.addresses.dst());
        let (local, peer, port) = match direction {
            Direction::Ingress => (dst, src, header.srcport),
            Direction::Egress => (src, dst, header.dstport),
        };
        if matches!(why, Exclusion::Dhcp | Exclusion::NeighbourDiscovery) {
            return true;
        }
        let own = self.flat.own.as_ref();
        if own.is_some_and(|own| !own.iter().any(|own| own.contains(local))) {
            return false;
        }
        let syn = flowlogd_packet::tcp_flag::SYN;
        let not_alone = flowlogd_packet::tcp_flag::ACK | flowlogd_packet::tcp_flag::RST;
        let opens = header.protocol == protocol::TCP
            && header.tcp_flags.is_some_and(|flags| flags & (syn | not_alone) == syn);
        let is_service = |names: &[&str]| names.iter().any(|name| peer.to_string() == *name);
        let reserved = self.flat.reserved.iter();
        let mut reserved = reserved.filter(|(address, of)| *address == peer && *of == why);
        let is_peer_reserved = reserved.next().is_some();
        let (is_peer, is_at_port) = match why {
            Exclusion::AmazonDns => (
                is_service(&["169.254.169.253", "fd00:ec2::253"]) || is_peer_reserved,
                matches!(header.protocol, protocol::UDP | protocol::TCP) && port == 53,
            ),
            Exclusion::InstanceMetadata => (
                is_service(&["169.254.169.254", "fd00:ec2::254"]),
                header.protocol == protocol::TCP && port == 80,
            ),
            Exclusion::TimeSync => (
                is_service(&["169.254.169.123", "fd00:ec2::123"]),
                header.protocol == protocol::UDP && port == 123,
            ),
            Exclusion::LicenceActivation => (
                is_service(&["169.254.169.250", "169.254.169.251", "fd00:ec2::250"]),
                header.protocol == protocol::TCP && port == 1688,
            ),
            Exclusion::VpcRouter => (is_service(&["fe80:ec2::1"]) || is_peer_reserved, true),
            Exclusion::EndpointToLoadBalancer => return true,
            Exclusion::SourceDestinationCheck | Exclusion::Dhcp | Exclusion::NeighbourDiscovery => {
                return false;
            }
        };
        is_peer && is_at_port && !(direction == Direction::Ingress && opens)
    }

    /// Drops a frame that is refused, where that is asked for.
    fn pass_or_drop(&mut self, window: u64, is_refused: bool, packets: u64) {
        let is_dropped = is_refused && self.is_enforced;
        self.books.dropped.push(is_dropped);
        if is_dropped {
            self.cases |= Case::Dropped.bit();
            self.count(window, counter::DROPPED, packets);
        }
    }

    fn begin_tick(&mut self, tick: Tick) {
        if tick != self.tick {
            self.tick = tick;
            self.has_expired |= self.connections.alive_at(tick) < self.connections.len();
        }
    }

    fn key(&self, header: &PacketHeader, direction: Direction, action: Action) -> FlowKey {
        FlowKey {
            interface: self.site.index,
            direction,
            addresses: header.addresses,
            srcport: header.srcport,
            dstport: header.dstport,
            protocol: header.protocol,
            action,
        }
    }

    fn aggregate(
        &mut self,
        header: &PacketHeader,
        direction: Direction,
        seen: &Sighting,
        generation: Generation,
        judgement: Judgement,
    ) -> Outcome {
        let (srcport, dstport, protocol) = (header.srcport, header.dstport, header.protocol);
        match header.addresses {
            Addresses::V4 { src, dst } => {
                let key =
                    KeyV4::new(src, dst, srcport, dstport, protocol).at(self.site.index, direction);
                self.aggregator.observe(key, key.hash(), seen, generation, |_| judgement)
            }
            Addresses::V6 { src, dst } => {
                let key =
                    KeyV6::new(src, dst, srcport, dstport, protocol).at(self.site.index, direction);
                self.aggregator.observe(key, key.hash(), seen, generation, |_| judgement)
            }
        }
    }

    /// Notes which cases the sequence has.
    fn note(&mut self, header: &PacketHeader, verdict: &Verdict, is_without_room: bool) {
        let decision = verdict.decision;
        if decision.tracked {
            self.cases |= Case::Tracked.bit();
            if header.quoted.is_some() {
                self.cases |= Case::IcmpError.bit();
            }
            return;
        }
        if self.has_expired {
            self.cases |= Case::Expired.bit();
        }
        match self.world.book.ground(decision.ground) {
            Some(Ground::SecurityGroupRule(_)) => {
                self.cases |= Case::SecurityGroup.bit();
                let has_ports = matches!(header.protocol, protocol::TCP | protocol::UDP);
                if has_ports
                    && verdict.connection == ConnectionHint::NONE
                    && !is_without_room
                    && !is_reset(header)
                {
                    self.cases |= Case::Untracked.bit();
                }
            }
            Some(Ground::ImplicitDeny(_)) => self.cases |= Case::SecurityGroup.bit(),
            Some(Ground::NetworkAclEntry(_)) => self.cases |= Case::NetworkAcl.bit(),
            Some(Ground::ConnectionAllowance) => self.cases |= Case::Allowance.bit(),
            Some(Ground::Grace) => self.cases |= Case::Grace.bit(),
            Some(Ground::NeverFiltered | Ground::NoRules) | None => {}
        }
        if is_without_room {
            self.cases |= Case::NoRoom.bit();
        }
    }

    fn count(&mut self, window: u64, counter: usize, by: u64) {
        if by > 0 {
            self.books.counters.entry(window).or_default().of[counter] += by;
        }
    }

    fn finish(mut self) -> Judged {
        let windows = self.aggregator.close_all();
        let mut flows = Vec::new();
        for (number, window) in &windows {
            flows.extend(window.v4.iter().map(|entry| self.flow(*number, entry)));
            flows.extend(window.v6.iter().map(|entry| self.flow(*number, entry)));
        }
        flows.sort_by_key(|flow: &Flow| (flow.window, flow.key));
        self.books.flows = flows;
        self.books.connections = u64::try_from(self.connections.alive_at(self.tick)).expect("few");
        let first_of = |flow: &Flow| {
            self.first.iter().find(|first| (first.window, first.key) == (flow.window, flow.key))
        };
        let mixed = self
            .books
            .flows
            .iter()
            .map(|flow| first_of(flow).is_some_and(|first| first.is_mixed))
            .collect();
        Judged { books: self.books, mixed_packet_by_packet: mixed, cases: self.cases }
    }

    fn flow<K: PackedKey>(&self, window: u64, entry: &Entry<K>) -> Flow {
        let (key, tally) = (entry.key.unpack(), entry.tally);
        let (decision, generation) = tally.decision().expect("every packet was judged");
        let first = self.first.iter().find(|first| first.window == window && first.key == key);
        let first = first.expect("every flow has a first packet");
        Flow {
            window,
            key,
            packets: tally.packets(),
            bytes: tally.bytes(),
            seconds: tally.offsets(),
            tcp_flags: tally.tcp_flags(),
            ground: (decision.ground.0, decision.tracked),
            generation: generation.0,
            initiator: tally.initiator(),
            icmp: first.icmp,
            has_unknown_ports: first.has_unknown_ports,
            is_mixed: tally.is_mixed(),
        }
    }
}

fn is_listener_discovery(header: &PacketHeader) -> bool {
    let is_kind = |icmp: Icmp| matches!(icmp.kind, 130..=132 | 143);
    let Addresses::V6 { src, dst } = header.addresses else { return false };
    header.protocol == protocol::ICMPV6
        && header.icmp.is_some_and(is_kind)
        && (src.is_unicast_link_local() || src.is_unspecified())
        && dst.is_multicast()
}

fn is_reset(header: &PacketHeader) -> bool {
    header.tcp_flags.is_some_and(|flags| flags & flowlogd_packet::tcp_flag::RST != 0)
}

fn has_unknown_ports(header: &PacketHeader) -> bool {
    matches!(header.fragment, Fragment::Later { .. })
        && matches!(header.protocol, protocol::TCP | protocol::UDP)
        && (header.srcport, header.dstport) == (0, 0)
}

/// Returns how many packets on the wire a super-packet of so many bytes stands for.
fn packets_of(segments: Segments, bytes: u32) -> u32 {
    (bytes - segments.headers).div_ceil(segments.each).max(1)
}
