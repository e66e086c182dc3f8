//! One frame.

use flowlogd_packet::{Fragment, LinkType, parse, protocol};

/// A frame, read as each link type and with each kind of length on the wire.
pub(super) fn run(data: &[u8]) {
    let captured = u32::try_from(data.len()).unwrap_or(u32::MAX);
    for link in [
        LinkType::Ethernet,
        LinkType::RawIp,
        LinkType::Null,
        LinkType::Loop,
        LinkType::LinuxSll,
        LinkType::LinuxSll2,
    ] {
        for wire_len in [captured, 0, u32::MAX] {
            check(link, data, wire_len);
        }
    }
}

/// Panics if what is read in a frame is more than there can be.
pub(super) fn check(link: LinkType, frame: &[u8], wire_len: u32) {
    let Ok(parsed) = parse(link, frame, wire_len) else { return };
    let header = parsed.header;
    let has_ports = matches!(header.protocol, protocol::TCP | protocol::UDP | protocol::SCTP);
    if !has_ports || matches!(header.fragment, Fragment::Later { .. }) {
        assert_eq!((header.srcport, header.dstport), (0, 0), "ports from nowhere");
    }
    if header.tcp_flags.is_some() {
        assert_eq!(header.protocol, protocol::TCP, "TCP flags of something else");
    }
    if header.icmp.is_some() || header.quoted.is_some() {
        assert!(
            matches!(header.protocol, protocol::ICMP | protocol::ICMPV6),
            "an ICMP header in something else"
        );
    }
}
