//! What is fuzzed: functions that take any bytes, and hold what the parsers promise.
//!
//! `tests/fuzz_seeds.rs` includes this file too, so it uses nothing but our own crates.

use flowlogd_packet::{Fragment, LinkType, parse, protocol};

/// A parser under test, and the name of its seeds' directory.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Panics if the parser breaks a promise on this input.
    pub(crate) run: fn(&[u8]),
}

/// Every target there is.
pub(crate) const TARGETS: &[Target] = &[Target { name: "frame", run: frame }];

/// A frame, read as each link type and with each kind of length on the wire.
fn frame(data: &[u8]) {
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
            let Ok(parsed) = parse(link, data, wire_len) else { continue };
            let header = parsed.header;
            let has_ports =
                matches!(header.protocol, protocol::TCP | protocol::UDP | protocol::SCTP);
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
    }
}
