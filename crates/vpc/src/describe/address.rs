//! Members that are addresses or address blocks.

use std::collections::HashSet;
use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use flowlogd_packet::MacAddress;

use super::item::Item;
use super::node::Node;
use super::{Findings, shown};
use crate::Cidr;

/// The family a member is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    /// As `AddressFamily` has it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        }
    }

    pub(super) const fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }
}

impl Item<'_, '_> {
    pub(super) fn ipv4(&self, name: &str) -> Option<Ipv4Addr> {
        self.parsed(name, "malformed IPv4 address")
    }

    pub(super) fn ipv6(&self, name: &str) -> Option<Ipv6Addr> {
        self.parsed(name, "malformed IPv6 address")
    }

    /// Returns a block of one family.
    pub(super) fn cidr(&self, name: &str, family: Family) -> Option<Cidr> {
        cidr(self.text(name)?, Some(family), &|| self.at(name), self.findings)
    }

    pub(super) fn mac(&self, name: &str) -> Option<MacAddress> {
        let text = self.text(name)?;
        let mac = mac(text);
        if mac.is_none() {
            self.fault(
                name,
                format_args!(
                    "malformed MAC address {}: expected the form 06:6a:0f:9a:49:37",
                    shown(text)
                ),
            );
        }
        mac
    }

    /// Reads a list of objects that have one block each, and where it is that of a VPC or a subnet, a
    /// state.
    pub(super) fn associated_cidrs(&self, list: &str, cidr: &str, family: Family) -> Vec<Cidr> {
        let state_of = format!("{cidr}State");
        let items = self.list(list).unwrap_or_default();
        let associated = items.iter().filter(|item| {
            let state = item.object(&state_of).and_then(|state| state.text("State"));
            !matches!(state, Some("disassociated" | "failing" | "failed"))
        });
        associated
            .filter_map(|item| {
                if item.node(cidr).is_none() {
                    item.missing(cidr, "expected an address block");
                }
                item.cidr(cidr, family)
            })
            .collect()
    }

    fn parsed<T: FromStr>(&self, name: &str, malformed: impl Display) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.fault(name, format_args!("{malformed} {}", shown(text)));
        }
        parsed
    }
}

/// Leaves out what was there before, and keeps the order.
pub(super) fn distinct(cidrs: impl Iterator<Item = Cidr>) -> Vec<Cidr> {
    let mut seen = HashSet::new();
    cidrs.filter(|&cidr| seen.insert(cidr)).collect()
}

/// Reads an element of a list as a block.
pub(super) fn cidr_node(
    node: &Node<'_>,
    family: Option<Family>,
    path: &str,
    findings: &Findings,
) -> Option<Cidr> {
    let Node::Text(text) = node else {
        findings.fault(path, format_args!("expected text, got {}", node.kind()));
        return None;
    };
    cidr(text, family, &|| path.to_owned(), findings)
}

fn cidr(
    text: &str,
    family: Option<Family>,
    path: &dyn Fn() -> String,
    findings: &Findings,
) -> Option<Cidr> {
    let Ok(cidr) = text.parse::<Cidr>() else {
        findings.fault(&path(), format_args!("CIDR block {} is malformed", shown(text)));
        return None;
    };
    match family {
        Some(family) if Family::of(cidr.address()) != family => {
            findings.fault(
                &path(),
                format_args!("expected an {} block, got {}", family.name(), shown(text)),
            );
            None
        }
        Some(_) | None => Some(cidr),
    }
}

fn mac(text: &str) -> Option<MacAddress> {
    let mut mac = MacAddress::default();
    let mut groups = text.split(':');
    for byte in &mut mac {
        let group = groups.next().filter(|group| group.len() == 2)?;
        // `from_str_radix` takes a sign, an address does not.
        if !group.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(group, 16).ok()?;
    }
    groups.next().is_none().then_some(mac)
}
