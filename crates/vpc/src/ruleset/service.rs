//! Protocol and ports: what a packet has, and what a rule wants.

use flowlogd_packet::{Fragment, PacketHeader, protocol};

use super::bits::AddressBits;
use crate::PortMatch;

/// A selector has this bit if it is an ICMP type and code, so that those never pass for a port.
const ICMP: u32 = 0x2_0000;
/// The selector of a packet whose port, type or code is unknown or does not exist.
const NONE: u32 = 0x4_0000;
/// Where no packet's selector is.
const NOWHERE: u32 = 0x8_0000;
/// Every protocol, in [`Service::protocol`].
const EVERY_PROTOCOL: u16 = 0xffff;
/// Added to a protocol that does not exist in the family, so that it equals no packet's.
const FOREIGN: u16 = 0x100;

/// Returns whether a packet's ports are unknown: a later fragment whose first one was not seen
/// (vpc-filtering.md §4.6). It matches rules for all ports alone, and belongs to no connection.
pub(crate) fn has_unknown_ports(packet: &PacketHeader) -> bool {
    matches!(packet.fragment, Fragment::Later { .. })
        && matches!(packet.protocol, protocol::TCP | protocol::UDP)
        && packet.srcport == 0
        && packet.dstport == 0
}

/// What a packet has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceKey {
    protocol: u16,
    selector: u32,
}

impl ServiceKey {
    /// Returns what rules compare: the destination port, or the ICMP type and code.
    pub(crate) fn of(packet: &PacketHeader) -> Self {
        let selector = match packet.protocol {
            protocol::TCP | protocol::UDP | protocol::SCTP if !has_unknown_ports(packet) => {
                u32::from(packet.dstport)
            }
            protocol::ICMP | protocol::ICMPV6 => packet
                .icmp
                .map_or(NONE, |icmp| ICMP | u32::from(icmp.kind) << 8 | u32::from(icmp.code)),
            _ => NONE,
        };
        Self { protocol: packet.protocol.into(), selector }
    }

    /// Returns what the rules of the other direction would compare for an answer over TCP or UDP.
    pub(crate) fn of_answer(packet: &PacketHeader) -> Self {
        Self { protocol: packet.protocol.into(), selector: packet.srcport.into() }
    }
}

/// What a rule or entry wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    protocol: u16,
    // A selector matches if `selector & mask` is one of the `span + 1` numbers from `low` on.
    mask: u32,
    low: u32,
    span: u32,
}

impl Service {
    /// Returns the condition of a security group rule or network ACL entry. Ports count for TCP and
    /// UDP, type and code for ICMP; for every other protocol what is given is ignored
    /// (vpc-filtering.md §2.3, §4.2).
    pub(crate) fn new(protocol: Option<u8>, ports: PortMatch) -> Self {
        let everything = (u32::MAX, 0, u32::MAX);
        let nothing = (u32::MAX, NOWHERE, 0);
        let (mask, low, span) = match (protocol, ports) {
            (Some(protocol::TCP | protocol::UDP), PortMatch::Range { from, to }) => {
                match to.checked_sub(from) {
                    Some(u16::MAX) => everything,
                    Some(span) => (u32::MAX, from.into(), span.into()),
                    None => nothing,
                }
            }
            (Some(protocol::ICMP | protocol::ICMPV6), PortMatch::Icmp { kind, code }) => {
                match (kind, code) {
                    (Some(kind), Some(code)) => {
                        (u32::MAX, ICMP | u32::from(kind) << 8 | u32::from(code), 0)
                    }
                    (Some(kind), None) => (u32::MAX, ICMP | u32::from(kind) << 8, 0xff),
                    (None, Some(code)) => (!0xff00, ICMP | u32::from(code), 0),
                    (None, None) => everything,
                }
            }
            (Some(protocol::TCP | protocol::UDP), PortMatch::Icmp { .. })
            | (Some(protocol::ICMP | protocol::ICMPV6), PortMatch::Range { .. }) => nothing,
            (_, _) => everything,
        };
        Self { protocol: protocol.map_or(EVERY_PROTOCOL, u16::from), mask, low, span }
    }

    /// Returns the condition as it is in a family: of the two ICMPs each family has but one.
    pub(crate) fn in_family<A: AddressBits>(mut self) -> Self {
        if self.protocol == u16::from(A::FOREIGN_ICMP) {
            self.protocol |= FOREIGN;
        }
        self
    }

    pub(crate) fn matches(&self, key: ServiceKey) -> bool {
        self.protocol_matches(key) && self.ports_match(key)
    }

    pub(crate) fn protocol_matches(&self, key: ServiceKey) -> bool {
        self.protocol == key.protocol || self.protocol == EVERY_PROTOCOL
    }

    pub(crate) fn ports_match(&self, key: ServiceKey) -> bool {
        (key.selector & self.mask).wrapping_sub(self.low) <= self.span
    }

    /// Returns whether a packet would match were it of the rule's family, the two ICMPs being one.
    pub(crate) fn matches_across_families(&self, key: ServiceKey) -> bool {
        let is_icmp = |number: u16| {
            number == u16::from(protocol::ICMP) || number == u16::from(protocol::ICMPV6)
        };
        let same = self.protocol_matches(key) || (is_icmp(self.protocol) && is_icmp(key.protocol));
        same && self.ports_match(key)
    }

    /// Returns protocol, mask, lowest selector and span: a packet matches whose protocol is the same or any,
    /// and whose `selector & mask` is one of the `span + 1` numbers from the lowest on.
    pub(crate) const fn parts(&self) -> (u16, u32, u32, u32) {
        (self.protocol, self.mask, self.low, self.span)
    }

    /// Returns whether every packet of a protocol matches.
    pub(crate) fn covers(&self, protocol: u8) -> bool {
        let key = ServiceKey { protocol: protocol.into(), selector: NONE };
        self.matches(key)
    }

    /// Returns whether only some ports, types or codes of one protocol match.
    pub(crate) fn is_narrow(&self) -> bool {
        self.protocol != EVERY_PROTOCOL && self.width() < 0x1_0000
    }

    /// Returns how many ports, or types and codes, match: the second criterion of the canonical order
    /// (semantics.md 10).
    pub(crate) fn width(&self) -> u32 {
        match (self.mask, self.span) {
            (u32::MAX, u32::MAX) => 0x1_0000,
            (u32::MAX, span) => span + 1,
            // Any type, one code.
            (_, _) => 0x100,
        }
    }
}
