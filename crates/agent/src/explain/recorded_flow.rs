//! What a record tells of its flow.

use std::net::IpAddr;

use flowlogd_flowlog::{Field, LogFormat, ParsedRecord};
use flowlogd_packet::Addresses;
use flowlogd_vpc::{Action, Direction, Initiator, Interface};

use super::case::Tuple;
use super::cause::{Owned, RejectReason};

/// A record with everything that judging needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordedFlow<'a> {
    pub(super) interface_id: Option<&'a str>,
    pub(super) tuple: Tuple,
    pub(super) action: Action,
    pub(super) reject_reason: Option<RejectReason>,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    pub(super) start: Option<u64>,
    pub(super) end: Option<u64>,
    /// Who opened the connection, where the record tells.
    pub(super) initiator: Initiator,
    flow_direction: Option<Direction>,
    // As displayed: the interface's side is its primary address (flow-logs.md §4.5).
    shown: (IpAddr, IpAddr),
}

impl<'a> RecordedFlow<'a> {
    /// Returns the record's flow, if it has one with all its values.
    pub(super) fn of(record: &ParsedRecord<'a>) -> Option<Self> {
        let (srcaddr, dstaddr) = (record.srcaddr(), record.dstaddr());
        let (pkt_srcaddr, pkt_dstaddr) = (record.pkt_srcaddr(), record.pkt_dstaddr());
        let tuple = Tuple {
            // Rules see what is on the wire.
            addresses: addresses(pkt_srcaddr.or(srcaddr)?, pkt_dstaddr.or(dstaddr)?)?,
            srcport: record.srcport()?,
            dstport: record.dstport()?,
            protocol: record.protocol()?,
            tcp_flags: record.tcp_flags(),
            icmp: None,
        };
        Some(Self {
            interface_id: record.interface_id(),
            tuple,
            action: record.action()?,
            reject_reason: record.text(Field::RejectReason).map(RejectReason::of),
            packets: record.packets().unwrap_or(1),
            bytes: record.bytes().unwrap_or(0),
            start: record.start(),
            end: record.end(),
            initiator: match record.text(Field::XInitiator) {
                Some("src") => Initiator::Source,
                Some("dst") => Initiator::Destination,
                Some(_) | None => Initiator::Unknown,
            },
            flow_direction: record.flow_direction(),
            shown: (srcaddr.or(pkt_srcaddr)?, dstaddr.or(pkt_dstaddr)?),
        })
    }

    /// Returns the direction, from the record itself or from whose the addresses are.
    pub(super) fn direction(&self, interface: &Interface) -> Result<Direction, Owned> {
        if let Some(direction) = self.flow_direction {
            return Ok(direction);
        }
        match (interface.owns(self.shown.0), interface.owns(self.shown.1)) {
            (true, false) => Ok(Direction::Egress),
            (false, true) => Ok(Direction::Ingress),
            (true, true) => Err(Owned::Both),
            (false, false) => Err(Owned::Neither),
        }
    }
}

fn addresses(src: IpAddr, dst: IpAddr) -> Option<Addresses> {
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => Some(Addresses::V4 { src, dst }),
        (IpAddr::V6(src), IpAddr::V6(dst)) => Some(Addresses::V6 { src, dst }),
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
    }
}

/// Records of a format that does not tell what explaining needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records have no {}, without which none can be explained", .0.join(", no "))]
pub struct MissingFields(Vec<String>);

/// Each must be there, or its substitute.
const NEEDED: [(Field, Option<Field>); 7] = [
    (Field::InterfaceId, None),
    (Field::SrcAddr, Some(Field::PktSrcAddr)),
    (Field::DstAddr, Some(Field::PktDstAddr)),
    (Field::SrcPort, None),
    (Field::DstPort, None),
    (Field::Protocol, None),
    (Field::Action, None),
];

impl MissingFields {
    /// Checks that records of a format can be explained.
    pub fn check(format: &LogFormat) -> Result<(), Self> {
        let listed = |field: &Field| format.place(*field).is_some();
        let missing: Vec<_> = NEEDED
            .iter()
            .filter(|(field, substitute)| {
                !listed(field) && !substitute.as_ref().is_some_and(listed)
            })
            .map(|(field, substitute)| match substitute {
                Some(substitute) => format!("{field} or {substitute}"),
                None => field.to_string(),
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(Self(missing)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(names: &str) -> String {
        let format = LogFormat::from_names(names.split(' ')).unwrap();
        MissingFields::check(&format).map_or_else(|missing| missing.to_string(), |()| String::new())
    }

    #[test]
    fn what_a_format_lacks_is_named() {
        assert_eq!(missing("interface-id srcaddr dstaddr srcport dstport protocol action"), "");
        assert_eq!(
            missing("interface-id pkt-srcaddr pkt-dstaddr srcport dstport protocol action"),
            ""
        );
        assert_eq!(
            missing("interface-id srcaddr srcport dstport protocol"),
            "the records have no dstaddr or pkt-dstaddr, no action, without which none can be explained"
        );
    }
}
