//! Protocols, ports, and ICMP types and codes (vpc-filtering.md §2.3 and §4.2).
//!
//! What is read has one form for one meaning: TCP and UDP always have a [`PortMatch::Range`], ICMP
//! and `ICMPv6` a [`PortMatch::Icmp`], everything else [`PortMatch::Any`].

use super::address::Family;
use super::item::Item;
use super::shown;
use crate::PortMatch;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

const EVERY_ICMP: PortMatch = PortMatch::Icmp { kind: None, code: None };

/// Which packets a rule or entry is about, the peer aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Condition {
    /// `None` is every protocol.
    pub(crate) protocol: Option<u8>,
    pub(crate) ports: PortMatch,
}

/// Reads `IpProtocol`, `FromPort` and `ToPort` of a security group rule.
pub(super) fn rule_condition(item: &Item<'_, '_>) -> Option<Condition> {
    let protocol = protocol(item, "IpProtocol")?;
    let ports = match protocol {
        Some(TCP | UDP) => port_range(item, "FromPort", "ToPort")?,
        Some(ICMPV6) if item.node("FromPort").is_none() && item.node("ToPort").is_none() => {
            EVERY_ICMP
        }
        Some(ICMP | ICMPV6) => {
            let icmp = icmp(item, "FromPort", "ToPort")?;
            if matches!(icmp, PortMatch::Icmp { kind: None, code: Some(_) }) {
                item.fault("ToPort", "an ICMP rule for every type (-1) must have code -1 too");
                return None;
            }
            icmp
        }
        Some(_) | None => PortMatch::Any,
    };
    Some(Condition { protocol, ports })
}

/// Reads `Protocol`, `PortRange` and `IcmpTypeCode` of a network ACL entry for `family`.
pub(super) fn entry_condition(item: &Item<'_, '_>, family: Family) -> Option<Condition> {
    let protocol = protocol(item, "Protocol")?;
    let ports = match (protocol, family) {
        (Some(TCP | UDP), _) => {
            if item.node("PortRange").is_none() {
                item.missing("PortRange", "expected From and To, as the protocol is TCP or UDP");
            }
            port_range(&item.object("PortRange")?, "From", "To")?
        }
        (Some(ICMPV6), Family::Ipv4) => EVERY_ICMP,
        (Some(ICMP | ICMPV6), _) => {
            if item.node("IcmpTypeCode").is_none() {
                item.missing("IcmpTypeCode", "expected Type and Code, -1 for every one");
            }
            icmp(&item.object("IcmpTypeCode")?, "Type", "Code")?
        }
        (Some(_) | None, _) => PortMatch::Any,
    };
    Some(Condition { protocol, ports })
}

/// The outer option is whether it could be read; the inner one `None` is every protocol.
#[expect(clippy::option_option, reason = "unreadable, every protocol, and one protocol are three")]
fn protocol(item: &Item<'_, '_>, name: &str) -> Option<Option<u8>> {
    if item.node(name).is_none() {
        item.missing(name, "expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1");
    }
    let text = item.text(name)?;
    let number = match text.to_ascii_lowercase().as_str() {
        "-1" => return Some(None),
        "icmp" => Some(ICMP),
        "tcp" => Some(TCP),
        "udp" => Some(UDP),
        "icmpv6" => Some(ICMPV6),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    };
    if number.is_none() {
        item.fault(
            name,
            format_args!(
                "unknown protocol {}: expected tcp, udp, icmp, icmpv6, a number from 0 to 255, or -1",
                shown(text)
            ),
        );
    }
    number.map(Some)
}

fn port_range(item: &Item<'_, '_>, from: &str, to: &str) -> Option<PortMatch> {
    let low = port(item, from);
    let high = port(item, to);
    let (low, high) = (low?, high?);
    if low > high {
        item.fault(from, format_args!("port range {low} to {high} is upside down"));
        return None;
    }
    Some(PortMatch::Range { from: low, to: high })
}

fn port(item: &Item<'_, '_>, name: &str) -> Option<u16> {
    if item.node(name).is_none() {
        item.missing(name, "a rule for TCP or UDP must have both ports");
    }
    let value = item.integer(name)?;
    let port = u16::try_from(value).ok();
    if port.is_none() {
        item.fault(name, format_args!("TCP/UDP port {value} is out of range: expected 0 to 65535"));
    }
    port
}

fn icmp(item: &Item<'_, '_>, kind: &str, code: &str) -> Option<PortMatch> {
    let kind = icmp_number(item, kind, "type");
    let code = icmp_number(item, code, "code");
    Some(PortMatch::Icmp { kind: kind?, code: code? })
}

#[expect(clippy::option_option, reason = "unreadable, every number, and one number are three")]
fn icmp_number(item: &Item<'_, '_>, name: &str, what: &str) -> Option<Option<u8>> {
    if item.node(name).is_none() {
        item.missing(name, format_args!("expected the ICMP {what}, -1 for every one"));
    }
    match item.integer(name)? {
        -1 => Some(None),
        value => {
            let number = u8::try_from(value).ok();
            if number.is_none() {
                item.fault(
                    name,
                    format_args!("ICMP {what} {value} is out of range: expected -1 to 255"),
                );
            }
            number.map(Some)
        }
    }
}
