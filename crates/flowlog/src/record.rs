//! One flow log record, before it is a line.

use std::net::IpAddr;

use flowlogd_vpc::{Action, Direction, Ground, Initiator, Interface, Inventory, Lacking, Revision};

/// How the packets were seen: the value of `x-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Judged and dropped where refused.
    Enforce,
    /// Judged only.
    Observe,
    /// Read from a capture file.
    Replay,
}

/// What an interface has to report.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The interface; `None` is the nameless one of a capture without inventory.
    pub interface: Option<InterfaceView<'a>>,
    /// How the packets were seen.
    pub mode: Mode,
    /// What was seen.
    pub body: Body<'a>,
}

/// An interface and the inventory around it.
#[derive(Clone, Copy, Debug)]
pub struct InterfaceView<'a> {
    /// The interface itself.
    pub interface: &'a Interface,
    /// The way to its VPC, its subnet and its neighbours.
    pub inventory: &'a Inventory,
}

impl<'a> InterfaceView<'a> {
    /// Returns the ids of its security groups, in their order.
    pub fn group_ids(&self) -> impl Iterator<Item = &'a str> {
        let groups = &self.inventory.security_groups;
        self.interface
            .security_groups
            .iter()
            .filter_map(|place| groups.get(*place))
            .map(|group| group.id.as_str())
    }
}

/// The three kinds of record; they are the three values of `log-status`.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// `OK`: one flow.
    Flow(Flow<'a>),
    /// `NODATA`: no loggable traffic in the window.
    NoData(Span),
    /// `SKIPDATA`: packets of this window were lost.
    SkipData {
        /// The window.
        window: Span,
        /// How many.
        lost_packets: u64,
    },
}

/// Two Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First second.
    pub start: u64,
    /// Last second (of a flow), or the first second after it (of a window).
    pub end: u64,
}

/// The packets of one flow in one window.
#[derive(Clone, Copy, Debug)]
pub struct Flow<'a> {
    /// As seen by the interface; `None` without an inventory.
    pub direction: Option<Direction>,
    /// Source address on the wire (`pkt-srcaddr`).
    pub pkt_srcaddr: IpAddr,
    /// Destination address on the wire (`pkt-dstaddr`).
    pub pkt_dstaddr: IpAddr,
    /// Source port.
    pub srcport: u16,
    /// Destination port.
    pub dstport: u16,
    /// IANA protocol number.
    pub protocol: u8,
    /// Packets.
    pub packets: u64,
    /// IP bytes.
    pub bytes: u64,
    /// First and last packet.
    pub seen: Span,
    /// `None` without an inventory: unjudged.
    pub action: Option<Action>,
    /// The bits that AWS reports, of all packets; `None` where no packet's flags could be read.
    pub tcp_flags: Option<u8>,
    /// Why; `None` without an inventory.
    pub explanation: Option<Explanation<'a>>,
}

/// Why a flow was accepted or refused.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    /// What decided the first packet.
    pub deciding_rule: &'a Ground,
    /// Whether it did so by having opened the connection.
    pub tracked: bool,
    /// The rule that came nearest to allowing, and what it lacked.
    pub nearest_miss: Option<(&'a Ground, Lacking)>,
    /// The rules of the interface at the first packet.
    pub revision: Revision,
    /// Whether a later packet of the record was decided otherwise.
    pub mixed: bool,
    /// Who opened the connection.
    pub initiator: Initiator,
}
