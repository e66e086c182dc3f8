//! What both judges tell of a sequence, in one form.

use std::collections::BTreeMap;

use flowlogd_agent::capture::ebpf::layout::{Counters, counter};
use flowlogd_flowlog::FlowKey;
use flowlogd_packet::{NonIp, ParseError};
use flowlogd_vpc::Initiator;

/// A flow of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    pub(crate) window: u64,
    pub(crate) key: FlowKey,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    /// Seconds of the first and the last packet after the window's start.
    pub(crate) seconds: (u16, u16),
    pub(crate) tcp_flags: Option<u8>,
    /// The first packet's: ground, and whether it only opened the connection.
    pub(crate) ground: (u32, bool),
    pub(crate) generation: u16,
    pub(crate) initiator: Initiator,
    /// The first packet's: type and code.
    pub(crate) icmp: Option<(u8, u8)>,
    /// The first packet's: a later fragment of which no port is known.
    pub(crate) has_unknown_ports: bool,
    pub(crate) is_mixed: bool,
}

/// What a sequence comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Books {
    /// In the order of windows and keys.
    pub(crate) flows: Vec<Flow>,
    /// By window.
    pub(crate) counters: BTreeMap<u64, Counters>,
    /// Connections that are alive in the end.
    pub(crate) connections: u64,
    /// By frame: whether it was dropped.
    pub(crate) dropped: Vec<bool>,
}

/// How an interface is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// Connections that there is room for.
    pub(crate) connections: u32,
    /// Whether that many are its allowance.
    pub(crate) has_allowance: bool,
    /// Whether what is refused is dropped.
    pub(crate) is_enforced: bool,
    /// Seconds after a batch's beginning until which TCP is let on that may have been open before.
    pub(crate) grace: u32,
}

impl Setup {
    /// Returns whether connections may come to find no room, so that dead ones have to be collected at once.
    pub(crate) const fn is_tight(self) -> bool {
        self.connections < 36
    }
}

/// Returns the counter of frames in which no IP packet can be read.
pub(crate) fn counter_of(error: ParseError) -> usize {
    match error {
        ParseError::NotIp(NonIp::Arp) => counter::NOT_IP_ARP,
        ParseError::NotIp(NonIp::Mpls) => counter::NOT_IP_MPLS,
        ParseError::NotIp(NonIp::Pppoe) => counter::NOT_IP_PPPOE,
        ParseError::NotIp(NonIp::Llc) => counter::NOT_IP_LLC,
        ParseError::NotIp(NonIp::Other(_)) => counter::NOT_IP_OTHER,
        ParseError::LinkTruncated => counter::LINK_TRUNCATED,
        ParseError::IpTruncated => counter::IP_TRUNCATED,
        ParseError::IpMalformed => counter::IP_MALFORMED,
    }
}
