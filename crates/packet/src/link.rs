//! What lies below IP.

/// An Ethernet hardware address.
pub type MacAddress = [u8; 6];

/// The link types that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// Ethernet (1), any depth of VLAN tags.
    Ethernet,
    /// Raw IPv4 or IPv6 (12, 14, 101, 228, 229).
    RawIp,
    /// BSD loopback (0): a family in the byte order of the capturing host, told by its value.
    Null,
    /// OpenBSD loopback (108): a family in network byte order.
    Loop,
    /// Linux cooked capture (113).
    LinuxSll,
    /// Linux cooked capture, version 2 (276).
    LinuxSll2,
}

impl LinkType {
    /// Returns the link type with this number in the list of tcpdump.org, if it can be read.
    pub const fn from_number(number: u16) -> Option<Self> {
        match number {
            0 => Some(Self::Null),
            1 => Some(Self::Ethernet),
            12 | 14 | 101 | 228 | 229 => Some(Self::RawIp),
            108 => Some(Self::Loop),
            113 => Some(Self::LinuxSll),
            276 => Some(Self::LinuxSll2),
            _ => None,
        }
    }
}

/// Which way a frame went, where the source of the capture knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FrameDirection {
    /// Received by the capturing device.
    Incoming,
    /// Sent by the capturing device.
    Outgoing,
}

impl FrameDirection {
    /// Returns the direction at the other end of the cable.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Incoming => Self::Outgoing,
            Self::Outgoing => Self::Incoming,
        }
    }
}

/// What the link layer says of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkInfo {
    /// Sender, where there is an Ethernet address.
    pub src_mac: Option<MacAddress>,
    /// Receiver, where there is an Ethernet address.
    pub dst_mac: Option<MacAddress>,
    /// Direction, where the link header (cooked capture) or the capture file says it.
    pub direction: Option<FrameDirection>,
}
