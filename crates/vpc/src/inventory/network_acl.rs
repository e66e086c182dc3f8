//! Network ACLs.

use std::collections::HashMap;

use super::resolve::{Claim, Resolver};
use crate::describe::{NetworkAclItem, shown};
use crate::{Cidr, Direction, PortMatch};

/// A network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub id: String,
    /// Inbound entries, ascending, without the final deny-all ones.
    pub ingress: Vec<NetworkAclEntry>,
    /// Outbound entries, likewise.
    pub egress: Vec<NetworkAclEntry>,
}

/// One numbered entry of a network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkAclEntry {
    /// 1–32766.
    pub number: u16,
    /// Whether it allows; otherwise it denies.
    pub allow: bool,
    /// `None` is every protocol.
    pub protocol: Option<u8>,
    /// Destination ports, or ICMP type and code.
    pub ports: PortMatch,
    /// Remote source (ingress) or destination (egress).
    pub cidr: Cidr,
}

impl Resolver<'_> {
    pub(super) fn network_acls(&self) -> Vec<NetworkAcl> {
        self.document.network_acls.iter().flatten().map(|item| self.network_acl(item)).collect()
    }

    fn network_acl(&self, item: &NetworkAclItem<'_>) -> NetworkAcl {
        let mut acl =
            NetworkAcl { id: item.id.to_owned(), ingress: Vec::new(), egress: Vec::new() };
        let mut numbers = HashMap::new();
        for entry in &item.entries {
            if let Some(first) = numbers.insert((entry.direction, entry.number), &entry.path) {
                self.findings.fault(
                    &format!("{}.RuleNumber", entry.path),
                    format_args!("{} is the number of {first} already", entry.number),
                );
            }
            let entries = match entry.direction {
                Direction::Ingress => &mut acl.ingress,
                Direction::Egress => &mut acl.egress,
            };
            entries.push(NetworkAclEntry {
                number: entry.number,
                allow: entry.allow,
                protocol: entry.condition.protocol,
                ports: entry.condition.ports,
                cidr: entry.cidr,
            });
        }
        acl.ingress.sort_by_key(|entry| entry.number);
        acl.egress.sort_by_key(|entry| entry.number);
        acl
    }

    /// Returns the network ACL of each subnet.
    ///
    /// A file without network ACLs does not say what they are. One that has some must have one for
    /// every subnet that matters, else it is incomplete: each subnet has exactly one
    /// (vpc-filtering.md §4).
    pub(super) fn subnet_network_acls(&self) -> Vec<Option<usize>> {
        let Some(items) = &self.document.network_acls else { return Vec::new() };
        let claims = items.iter().map(|item| Claim {
            id: item.id,
            vpc: item.vpc.as_ref(),
            default: item.is_default.then_some(&item.path),
            subnets: &item.subnets,
        });
        let acls = self.assign(claims, "network ACL", "default");
        let interfaces = self.document.interfaces.iter().flatten();
        let mut used: Vec<_> = interfaces
            .filter_map(|item| self.subnets.index(item.subnet.as_ref()?.id))
            // A subnet whose VPC is unknown may have that VPC's default one.
            .filter(|&subnet| self.subnet_vpc(subnet).is_some())
            .filter(|&subnet| acls.get(subnet).copied().flatten().is_none())
            .collect();
        used.sort_unstable();
        used.dedup();
        for subnet in used.into_iter().filter_map(|subnet| self.subnet_item(subnet)) {
            self.findings.fault(
                &subnet.path,
                format_args!(
                    "no element of NetworkAcls is associated with {}, and its VPC has no default one",
                    shown(subnet.id)
                ),
            );
        }
        acls
    }
}
