//! The entry that would let a packet through.

use std::fmt;

use flowlogd_packet::protocol;
use flowlogd_vpc::{Cidr, Direction, Inventory, NetworkAcl, NetworkAclEntry};

use super::case::{Case, EPHEMERAL};

/// The narrowest traffic that includes a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allow {
    /// IANA number.
    pub protocol: u8,
    /// Lowest and highest destination port, of TCP and UDP.
    pub ports: Option<(u16, u16)>,
    /// The other end, alone.
    pub peer: Cidr,
}

/// What to do so that a packet passes one of the two stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// One more rule of a security group.
    SecurityGroupRule {
        /// `sg-…`.
        group: String,
        /// Ingress or egress rule.
        direction: Direction,
        /// What it allows.
        allow: Allow,
    },
    /// One more entry of a network ACL, before the one that denies.
    NetworkAclEntry {
        /// `acl-…`.
        acl: String,
        /// Inbound or outbound entry.
        direction: Direction,
        /// A number that is free.
        number: u16,
        /// What it allows.
        allow: Allow,
    },
    /// The entry's number is the lowest, or all lower ones are taken.
    NoFreeNumber {
        /// `acl-…`.
        acl: String,
        /// Inbound or outbound entries.
        direction: Direction,
        /// The number of the entry that denies.
        denying: u16,
    },
    /// There is no group that a rule could be added to.
    NoSecurityGroup {
        /// `eni-…`.
        interface: String,
    },
}

impl Allow {
    /// Returns the packet's peer, protocol and destination port.
    pub(super) fn exactly(case: &Case) -> Self {
        let tuple = &case.tuple;
        let port = tuple.dstport;
        // Rules for every port alone match a packet without known ports.
        let ports = if tuple.has_unknown_ports() { (0, u16::MAX) } else { (port, port) };
        Self {
            protocol: tuple.protocol,
            ports: tuple.has_ports().then_some(ports),
            peer: Cidr::host(case.peer()),
        }
    }

    /// Returns the answers to the packet's peer, which never keeps to one port for long.
    pub(super) fn answers_to(case: &Case) -> Self {
        let exactly = Self::exactly(case);
        Self { ports: exactly.ports.map(|_| (EPHEMERAL, u16::MAX)), ..exactly }
    }
}

impl Remedy {
    /// Returns the network ACL entry that goes before the one that denies; `None` is the last, `*`.
    pub(super) fn of_acl(
        acl: &NetworkAcl,
        direction: Direction,
        denying: Option<u16>,
        allow: Allow,
    ) -> Self {
        let entries = match direction {
            Direction::Ingress => &acl.ingress,
            Direction::Egress => &acl.egress,
        };
        let id = acl.id.clone();
        match (free_number(entries, denying), denying) {
            (Some(number), _) => Self::NetworkAclEntry { acl: id, direction, number, allow },
            (None, denying) => Self::NoFreeNumber {
                acl: id,
                direction,
                denying: denying.unwrap_or(HIGHEST_NUMBER),
            },
        }
    }

    /// Returns a rule of the group of the nearest miss, or else of the interface's first.
    pub(super) fn of_groups(
        inventory: &Inventory,
        interface: &flowlogd_vpc::Interface,
        nearest: Option<&str>,
        direction: Direction,
        allow: Allow,
    ) -> Self {
        let first = || {
            let mut groups = interface.security_groups.iter();
            groups.find_map(|&group| Some(inventory.security_groups.get(group)?.id.as_str()))
        };
        match nearest.or_else(first) {
            Some(group) => Self::SecurityGroupRule { group: group.to_owned(), direction, allow },
            None => Self::NoSecurityGroup { interface: interface.id.clone() },
        }
    }

    /// Returns the command of the AWS CLI, if one command does it.
    pub fn command(&self) -> Option<String> {
        match self {
            Self::SecurityGroupRule { group, direction, allow } => {
                let permission = ip_permission(*allow);
                Some(format!(
                    "aws ec2 authorize-security-group-{direction} --group-id {group} --ip-permissions '{permission}'"
                ))
            }
            Self::NetworkAclEntry { acl, direction, number, allow } => Some(format!(
                "aws ec2 create-network-acl-entry --network-acl-id {acl} --{direction} --rule-number {number} {} --rule-action allow",
                acl_condition(*allow)
            )),
            Self::NoFreeNumber { .. } | Self::NoSecurityGroup { .. } => None,
        }
    }
}

/// The command, or why there is none.
impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecurityGroupRule { .. } | Self::NetworkAclEntry { .. } => {
                f.write_str(&self.command().unwrap_or_default())
            }
            Self::NoFreeNumber { acl, direction, denying } => write!(
                f,
                "{acl} has no free {direction} number below {denying}: renumber that entry, then put one that allows before it"
            ),
            Self::NoSecurityGroup { interface } => {
                write!(f, "{interface} has no security group: attach one that allows it")
            }
        }
    }
}

/// 32767 on is the `*` entry's (vpc-filtering.md §4).
const HIGHEST_NUMBER: u16 = 32766;
/// The step in which entries are usually numbered.
const STEP: u16 = 100;

/// Returns the highest free number before the entry that denies; where that is the last one, the next
/// round one after all others.
fn free_number(entries: &[NetworkAclEntry], denying: Option<u16>) -> Option<u16> {
    let is_free = |number: &u16| !entries.iter().any(|entry| entry.number == *number);
    if let Some(denying) = denying {
        return (1..denying).rev().find(is_free);
    }
    let last = entries.iter().map(|entry| entry.number).max().unwrap_or(0);
    let round = (last / STEP).checked_add(1).and_then(|hundreds| hundreds.checked_mul(STEP));
    round
        .filter(|round| *round <= HIGHEST_NUMBER)
        .or_else(|| (1..=HIGHEST_NUMBER).rev().find(is_free))
}

/// Returns the CLI's shorthand for a security group's permission.
fn ip_permission(allow: Allow) -> String {
    let v4 = allow.peer.address().is_ipv4();
    let service = match (allow.protocol, allow.ports) {
        (protocol::TCP, Some((from, to))) => format!("tcp,FromPort={from},ToPort={to}"),
        (protocol::UDP, Some((from, to))) => format!("udp,FromPort={from},ToPort={to}"),
        (protocol::ICMP, _) if v4 => "icmp,FromPort=-1,ToPort=-1".to_owned(),
        (protocol::ICMPV6, _) if !v4 => "icmpv6,FromPort=-1,ToPort=-1".to_owned(),
        // A rule for one family's ICMP matches nothing of the other family (vpc-filtering.md §2.3).
        (protocol::ICMP | protocol::ICMPV6, _) => "-1".to_owned(),
        (other, _) => other.to_string(),
    };
    let peer = allow.peer;
    if v4 {
        format!("IpProtocol={service},IpRanges=[{{CidrIp={peer}}}]")
    } else {
        format!("IpProtocol={service},Ipv6Ranges=[{{CidrIpv6={peer}}}]")
    }
}

/// Returns the options that say what a network ACL entry matches.
fn acl_condition(allow: Allow) -> String {
    let service = match (allow.protocol, allow.ports) {
        (protocol::TCP, Some((from, to))) => format!("tcp --port-range From={from},To={to}"),
        (protocol::UDP, Some((from, to))) => format!("udp --port-range From={from},To={to}"),
        (protocol::ICMP, _) => "icmp --icmp-type-code Type=-1,Code=-1".to_owned(),
        (protocol::ICMPV6, _) => "58 --icmp-type-code Type=-1,Code=-1".to_owned(),
        (other, _) => other.to_string(),
    };
    let option = if allow.peer.address().is_ipv4() { "cidr-block" } else { "ipv6-cidr-block" };
    format!("--protocol {service} --{option} {}", allow.peer)
}

#[cfg(test)]
mod tests {
    use flowlogd_vpc::PortMatch;

    use super::*;

    fn number(taken: &[u16], denying: Option<u16>) -> Option<u16> {
        let entry = |&number| NetworkAclEntry {
            number,
            allow: true,
            protocol: None,
            ports: PortMatch::Any,
            cidr: "0.0.0.0/0".parse().unwrap(),
        };
        free_number(&taken.iter().map(entry).collect::<Vec<_>>(), denying)
    }

    #[test]
    fn an_entry_goes_just_before_the_one_that_denies() {
        assert_eq!(number(&[100, 200], Some(200)), Some(199));
        assert_eq!(number(&[198, 199, 200], Some(200)), Some(197));
        assert_eq!(number(&[1, 2, 3], Some(3)), None);
        assert_eq!(number(&[1], Some(1)), None);
    }

    #[test]
    fn before_the_last_entry_the_next_round_number_is_taken() {
        assert_eq!(number(&[], None), Some(100));
        assert_eq!(number(&[100, 200], None), Some(300));
        assert_eq!(number(&[100, 250], None), Some(300));
        assert_eq!(number(&[32700], None), Some(32766));
        assert_eq!(number(&[32766, 32765], None), Some(32764));
    }

    #[test]
    fn commands_say_what_the_cli_takes() {
        let rule = |protocol, ports, peer: &str| {
            let peer = Cidr::host(peer.parse().unwrap());
            ip_permission(Allow { protocol, ports, peer })
        };
        let entry = |protocol, ports, peer: &str| {
            let peer = Cidr::host(peer.parse().unwrap());
            acl_condition(Allow { protocol, ports, peer })
        };

        assert_eq!(
            rule(17, Some((53, 53)), "10.0.0.1"),
            "IpProtocol=udp,FromPort=53,ToPort=53,IpRanges=[{CidrIp=10.0.0.1/32}]"
        );
        assert_eq!(
            rule(58, None, "2001:db8::1"),
            "IpProtocol=icmpv6,FromPort=-1,ToPort=-1,Ipv6Ranges=[{CidrIpv6=2001:db8::1/128}]"
        );
        assert_eq!(rule(58, None, "10.0.0.1"), "IpProtocol=-1,IpRanges=[{CidrIp=10.0.0.1/32}]");
        assert_eq!(rule(47, None, "10.0.0.1"), "IpProtocol=47,IpRanges=[{CidrIp=10.0.0.1/32}]");
        assert_eq!(
            entry(1, None, "10.0.0.1"),
            "--protocol icmp --icmp-type-code Type=-1,Code=-1 --cidr-block 10.0.0.1/32"
        );
        assert_eq!(
            entry(6, Some((1024, 65535)), "2001:db8::1"),
            "--protocol tcp --port-range From=1024,To=65535 --ipv6-cidr-block 2001:db8::1/128"
        );
    }
}
