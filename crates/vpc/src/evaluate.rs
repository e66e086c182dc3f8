//! Packet, rules and connections → judgement.

#[cfg(test)]
mod connection_life;
#[cfg(test)]
mod exclusions;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod reuse;
#[cfg(test)]
mod verdict_table;

use flowlogd_packet::{Addresses, PacketHeader, protocol, tcp_flag};

use crate::connection::{
    Connection, Key, Moment, Opened, Related, TcpFlags, TrackedFamily, Traffic, may_open,
};
use crate::ruleset::Reach;
use crate::ruleset::service::ServiceKey;
use crate::ruleset::site::{FamilySite, Site, Tracking, local_and_peer};
use crate::{
    Action, ConnectionHint, ConnectionTable, Decision, Direction, Exclusion, GroundIndex,
    Initiator, InterfaceIndex, Judgement, NearestMiss, Reuse, Ruleset, Tick, Verdict,
};

impl Ruleset {
    /// Judges one packet at one interface, and lets the connection table learn from it.
    ///
    /// At an interface that this generation does not have every packet is excluded: nobody there owns
    /// an address of it.
    pub fn evaluate(
        &self,
        connections: &mut ConnectionTable,
        packet: &PacketHeader,
        interface: InterfaceIndex,
        direction: Direction,
        tick: Tick,
    ) -> Judgement {
        let Some(site) = self.site(interface) else {
            return Judgement::Excluded(Exclusion::SourceDestinationCheck);
        };
        let when = When { now: connections.at(tick), lets_on: connections.lets_on(tick) };
        match packet.addresses {
            Addresses::V4 { src, dst } => {
                Case::new(self, site, &site.v4, packet, (interface, direction), when).judge(
                    connections,
                    src.to_bits(),
                    dst.to_bits(),
                )
            }
            Addresses::V6 { src, dst } => {
                Case::new(self, site, &site.v6, packet, (interface, direction), when).judge(
                    connections,
                    src.to_bits(),
                    dst.to_bits(),
                )
            }
        }
    }

    /// Judges a further packet of a TCP or UDP flow of which this generation has accepted one, if its
    /// connection is still where the hint says: then no rule is read at all. Otherwise the packet is for
    /// [`evaluate`](Self::evaluate).
    ///
    /// The network ACL and the exclusions read nothing of TCP and UDP but addresses, protocol and ports,
    /// which are the flow's; so what let one packet pass lets all of them pass.
    #[inline]
    pub fn evaluate_accepted(
        &self,
        connections: &mut ConnectionTable,
        flow: &FlowOfConnection,
        hint: ConnectionHint,
        interface: InterfaceIndex,
        direction: Direction,
        tick: Tick,
    ) -> Option<Verdict> {
        if hint == ConnectionHint::NONE || !flow.tells_all() {
            return None;
        }
        let now = connections.at(tick);
        let traffic =
            Traffic { direction, flags: flow.flags(), now, timeouts: self.timeouts(interface)? };
        match flow.addresses {
            Addresses::V4 { src, dst } => {
                let key = flow.key(direction, src.to_bits(), dst.to_bits());
                follow_at(connections.find_at(hint, interface, &key, now)?, hint, &traffic)
            }
            Addresses::V6 { src, dst } => {
                let key = flow.key(direction, src.to_bits(), dst.to_bits());
                follow_at(connections.find_at(hint, interface, &key, now)?, hint, &traffic)
            }
        }
    }

    /// Judges a further packet of a flow that this generation refused by its rules: looks for a
    /// connection, and only if there is one, or what was open before is let on, evaluates anew.
    ///
    /// Good for verdicts with [`Reuse::RulesOnly`] alone: what refused them reads nothing but addresses,
    /// protocol and ports, which are the flow's.
    pub fn evaluate_refused(
        &self,
        connections: &mut ConnectionTable,
        packet: &PacketHeader,
        interface: InterfaceIndex,
        direction: Direction,
        tick: Tick,
        refusal: Decision,
    ) -> Judgement {
        let now = connections.at(tick);
        let found = match packet.addresses {
            Addresses::V4 { src, dst } => {
                let key = Key::of(packet, direction, src.to_bits(), dst.to_bits());
                key.is_some_and(|key| connections.find(interface, &key, now).is_some())
            }
            Addresses::V6 { src, dst } => {
                let key = Key::of(packet, direction, src.to_bits(), dst.to_bits());
                key.is_some_and(|key| connections.find(interface, &key, now).is_some())
            }
        };
        if found || connections.lets_on(tick) {
            return self.evaluate(connections, packet, interface, direction, tick);
        }
        Judgement::Decided(Verdict {
            action: Action::Reject,
            decision: refusal,
            initiator: initiator_by_flags(TcpFlags::of(packet)),
            reuse: Reuse::RulesOnly,
            connection: ConnectionHint::NONE,
        })
    }
}

/// What a connection needs to know of a further packet of a flow.
#[derive(Clone, Copy, Debug)]
pub struct FlowOfConnection {
    /// As on the wire.
    pub addresses: Addresses,
    /// TCP or UDP; no other protocol's flows tell their connection.
    pub protocol: u8,
    /// Source port.
    pub srcport: u16,
    /// Destination port.
    pub dstport: u16,
    /// The packet's TCP flags, where there are any.
    pub tcp_flags: Option<u8>,
}

impl FlowOfConnection {
    fn tells_all(&self) -> bool {
        flow_tells_all(self.protocol, self.srcport, self.dstport)
    }

    fn flags(&self) -> TcpFlags {
        TcpFlags::read(self.protocol, self.tcp_flags)
    }

    fn key<A: TrackedFamily>(&self, direction: Direction, src: A, dst: A) -> Key<A> {
        Key::of_flow(direction, (src, dst), self.protocol, (self.srcport, self.dstport))
    }
}

/// Lets a connection learn from a packet that the network ACL allows. `reuse` is how long the verdict may
/// stand if no further packet of the tick can change the connection.
fn follow<A: TrackedFamily>(
    connection: &mut Connection<A>,
    hint: ConnectionHint,
    traffic: &Traffic,
    reuse: Reuse,
) -> Verdict {
    connection.observe(traffic);
    let reuse = if connection.is_steady() { reuse } else { Reuse::Never };
    let initiator = initiator_of(connection, traffic);
    Verdict { connection: hint, ..accept(connection.ground(), true, initiator, reuse) }
}

/// The same for a packet of a TCP or UDP flow, unless it would open the connection anew.
fn follow_at<A: TrackedFamily>(
    connection: &mut Connection<A>,
    hint: ConnectionHint,
    traffic: &Traffic,
) -> Option<Verdict> {
    if opens_anew(connection, traffic.flags) {
        return None;
    }
    let reuse = if traffic.flags.is_eventful() { Reuse::Never } else { Reuse::WithinTick };
    Some(follow(connection, hint, traffic, reuse))
}

/// Returns which end of a packet opened its connection.
fn initiator_of<A: TrackedFamily>(connection: &Connection<A>, traffic: &Traffic) -> Initiator {
    if connection.initiator() == traffic.direction {
        Initiator::Source
    } else {
        Initiator::Destination
    }
}

/// Returns whether a packet meets a connection that it would open anew (semantics.md 8).
fn opens_anew<A: TrackedFamily>(connection: &Connection<A>, flags: TcpFlags) -> bool {
    connection.is_closing() && flags.is_opening()
}

/// Returns whether rules read nothing of the packets of a flow but addresses, protocol and ports, and the
/// ports are not those of packets without known ports as well.
const fn flow_tells_all(protocol: u8, srcport: u16, dstport: u16) -> bool {
    matches!(protocol, protocol::TCP | protocol::UDP) && (srcport != 0 || dstport != 0)
}

/// What time it is.
#[derive(Clone, Copy)]
struct When {
    now: Moment,
    /// Whether what may have been open before is let on.
    lets_on: bool,
}

/// One packet at one interface.
struct Case<'a, A> {
    ruleset: &'a Ruleset,
    site: &'a Site,
    family: &'a FamilySite<A>,
    packet: &'a PacketHeader,
    interface: InterfaceIndex,
    service: ServiceKey,
    traffic: Traffic,
    lets_on: bool,
}

impl<'a, A: TrackedFamily> Case<'a, A> {
    fn new(
        ruleset: &'a Ruleset,
        site: &'a Site,
        family: &'a FamilySite<A>,
        packet: &'a PacketHeader,
        (interface, direction): (InterfaceIndex, Direction),
        When { now, lets_on }: When,
    ) -> Self {
        Self {
            ruleset,
            site,
            family,
            packet,
            interface,
            service: ServiceKey::of(packet),
            traffic: Traffic {
                direction,
                flags: TcpFlags::of(packet),
                now,
                timeouts: site.timeouts,
            },
            lets_on,
        }
    }

    fn judge(&self, connections: &mut ConnectionTable, src: A, dst: A) -> Judgement {
        let direction = self.traffic.direction;
        if let Some(exclusion) = self.family.exclusion(self.packet, direction, src, dst) {
            return Judgement::Excluded(exclusion);
        }
        Judgement::Decided(self.decide(connections, src, dst))
    }

    fn decide(&self, connections: &mut ConnectionTable, src: A, dst: A) -> Verdict {
        let packet = self.packet;
        let direction = self.traffic.direction;
        let (_, peer) = local_and_peer(direction, src, dst);
        // The peer alone can be a service, and none opens a connection: else every packet would pass that
        // claims to be one's.
        let (port, opens) = match direction {
            Direction::Ingress => (packet.srcport, self.traffic.flags.is_opening()),
            Direction::Egress => (packet.dstport, false),
        };
        if !peer.never_filtered(packet.protocol, port) {
            return self.decide_filtered(connections, src, dst);
        }
        if !opens {
            return self.accept_without_state(self.ruleset.never_filtered_ground);
        }
        // What it is refused for is no other packet's.
        Verdict { reuse: Reuse::Never, ..self.decide_filtered(connections, src, dst) }
    }

    fn decide_filtered(&self, connections: &mut ConnectionTable, src: A, dst: A) -> Verdict {
        let packet = self.packet;
        let direction = self.traffic.direction;
        let (_, peer) = local_and_peer(direction, src, dst);
        // The network ACL has no state: it is asked for every packet, tracked or not.
        let denial = self.family.acl_denial(direction, peer, self.service);
        let key = Key::of(packet, direction, src, dst);
        if let Some(key) = &key
            && let Some((hint, connection)) =
                connections.find(self.interface, key, self.traffic.now)
            && !opens_anew(connection, self.traffic.flags)
        {
            return self.follow(connection, hint, denial);
        }
        if let Some(quoted) = &packet.quoted
            && let Some(related) =
                connections.find_quoted(self.interface, quoted, direction, self.traffic.now)
        {
            return self.relate(&related, denial);
        }
        self.decide_by_rules(connections, key, peer, denial)
    }

    /// Judges a packet of a live connection.
    fn follow(
        &self,
        connection: &mut Connection<A>,
        hint: ConnectionHint,
        denial: Option<GroundIndex>,
    ) -> Verdict {
        if let Some(ground) = denial {
            let initiator = initiator_of(connection, &self.traffic);
            let refusal = self.refuse(ground, None);
            // Once the connection is gone, outbound the security groups come first, and may refuse it
            // for another reason.
            let reuse = match self.traffic.direction {
                Direction::Ingress => refusal.reuse,
                Direction::Egress => Reuse::Never,
            };
            return Verdict { initiator, reuse, ..refusal };
        }
        follow(connection, hint, &self.traffic, self.reuse_of_accept())
    }

    /// Judges an ICMP error about a packet of a live connection.
    fn relate(&self, related: &Related, denial: Option<GroundIndex>) -> Verdict {
        let addresses = &self.packet.addresses;
        let initiator = match related.opener {
            opener if opener == addresses.src() => Initiator::Source,
            opener if opener == addresses.dst() => Initiator::Destination,
            // A router on the way complains.
            _ => Initiator::Unknown,
        };
        match denial {
            Some(ground) => Verdict { initiator, ..self.refuse(ground, None) },
            None => accept(related.ground, true, initiator, Reuse::Never),
        }
    }

    /// Judges a packet of no connection.
    fn decide_by_rules(
        &self,
        connections: &mut ConnectionTable,
        key: Option<Key<A>>,
        peer: A,
        denial: Option<GroundIndex>,
    ) -> Verdict {
        let Traffic { direction, flags, now, .. } = self.traffic;
        // Inbound the network ACL comes first, outbound the security groups (vpc-filtering.md §1).
        if direction == Direction::Ingress
            && let Some(ground) = denial
        {
            return self.refuse(ground, None);
        }
        let rules = self.family.rules(direction);
        let rule = rules.deciding_rule(peer, self.service);
        if rule.is_none() && !(denial.is_none() && self.was_open_before()) {
            let nearest_miss = rules.nearest_miss(peer, self.service);
            return self.refuse(self.site.implicit_deny, nearest_miss);
        }
        if let Some(ground) = denial {
            return self.refuse(ground, None);
        }
        let ground = rule.map_or(self.ruleset.grace_ground, |rule| rule.ground);

        let opens = may_open(self.packet) && !flags.has(tcp_flag::RST);
        let Some(key) = key.filter(|_| opens) else {
            return self.accept_without_state(ground);
        };
        if rule.is_some_and(|rule| self.is_untracked(rule.reach, peer)) {
            if flags.is_opening() {
                // It begins anew what was closing.
                connections.close(self.interface, &key);
            }
            return self.accept_without_state(ground);
        }
        let connection = Connection::opened_by(self.interface, key, ground, &self.traffic);
        let reuse = if connection.is_steady() { self.reuse_of_accept() } else { Reuse::Never };
        match connections.open(self.interface, connection, now) {
            Opened::Tracked(connection) => {
                Verdict { connection, ..accept(ground, false, Initiator::Source, reuse) }
            }
            Opened::AllowanceUsedUp => {
                let refusal = self.refuse(self.ruleset.allowance_ground, None);
                Verdict { reuse: Reuse::Never, ..refusal }
            }
            Opened::NoRoom => {
                let accepted = self.accept_without_state(ground);
                Verdict { reuse: Reuse::Never, ..accepted }
            }
        }
    }

    /// Returns whether a packet may be one of a connection that was open before the rules were enforced: of TCP nothing
    /// but a SYN opens one.
    fn was_open_before(&self) -> bool {
        let is_tcp = self.packet.protocol == protocol::TCP && self.packet.tcp_flags.is_some();
        self.lets_on && is_tcp && !self.traffic.flags.is_opening()
    }

    /// Returns whether the flow of an allowed packet is left untracked (vpc-filtering.md §3.1): the rule
    /// that allows the first packet is for everyone, and so are all answers.
    ///
    /// Without a SYN nothing tells the first packet from an answer, so then it suffices that the packet
    /// is one or the other: else the answers of an untracked flow would be tracked, and outlive its rule.
    fn is_untracked(&self, reach: Reach, peer: A) -> bool {
        let protocol = self.packet.protocol;
        if self.site.tracking == Tracking::Always
            || !matches!(protocol, protocol::TCP | protocol::UDP)
        {
            return false;
        }
        let direction = self.traffic.direction;
        let rules = self.family.rules(direction);
        let opposite = self.family.rules(direction.reversed());
        if reach == Reach::Everyone && opposite.is_open(protocol) {
            return true;
        }
        !self.traffic.flags.is_opening()
            && rules.is_open(protocol)
            && opposite
                .deciding_rule(peer, ServiceKey::of_answer(self.packet))
                .is_some_and(|rule| rule.reach == Reach::Everyone)
    }

    fn accept_without_state(&self, ground: GroundIndex) -> Verdict {
        accept(ground, false, initiator_by_flags(self.traffic.flags), self.reuse_of_accept())
    }

    fn refuse(&self, ground: GroundIndex, nearest_miss: Option<NearestMiss>) -> Verdict {
        let reuse = if self.flow_tells_all() { Reuse::RulesOnly } else { Reuse::Never };
        Verdict {
            action: Action::Reject,
            decision: Decision { ground, tracked: false, nearest_miss },
            initiator: initiator_by_flags(self.traffic.flags),
            reuse,
            connection: ConnectionHint::NONE,
        }
    }

    fn reuse_of_accept(&self) -> Reuse {
        let holds = self.flow_tells_all() && !self.traffic.flags.is_eventful();
        if holds { Reuse::WithinTick } else { Reuse::Never }
    }

    fn flow_tells_all(&self) -> bool {
        flow_tells_all(self.packet.protocol, self.packet.srcport, self.packet.dstport)
    }
}

fn accept(ground: GroundIndex, tracked: bool, initiator: Initiator, reuse: Reuse) -> Verdict {
    let decision = Decision { ground, tracked, nearest_miss: None };
    Verdict { action: Action::Accept, decision, initiator, reuse, connection: ConnectionHint::NONE }
}

/// Returns who opened a connection of which nothing is known but one packet's flags.
fn initiator_by_flags(flags: TcpFlags) -> Initiator {
    if flags.is_opening() {
        Initiator::Source
    } else if flags.is_answer() {
        Initiator::Destination
    } else {
        Initiator::Unknown
    }
}
