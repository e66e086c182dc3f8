//! The network as `aws ec2 describe-*` prints it, references resolved.
//!
//! Everything here is what the judge and the records need; what else `describe-*` prints is ignored
//! by a documented list (`docs/inventory.md`).

mod change;
mod interface;
mod network_acl;
mod peering;
mod prefix_list;
mod resolve;
mod route_table;
mod security_group;
mod vpc;

pub use self::interface::{Interface, TrackingTimeouts};
pub use self::network_acl::{NetworkAcl, NetworkAclEntry};
pub use self::peering::Peering;
pub use self::prefix_list::PrefixList;
pub use self::route_table::{Route, RouteTable, RouteTarget};
pub use self::security_group::{Peer, PortMatch, SecurityGroup, SecurityGroupRule};
pub use self::vpc::{Subnet, Vpc};
use crate::describe::{Dump, Findings};

/// Whether base + 1 and base + 2 of a subnet and a VPC are AWS's router and DNS server, or ordinary
/// machines (`semantics.md` 15).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReservedAddresses {
    /// As in a VPC of AWS's: the default in replay and in the lab.
    #[default]
    Aws,
    /// As on a host's own networks.
    None,
}

/// The whole of an inventory file. References are indexes into these lists and always valid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// All VPCs.
    pub vpcs: Vec<Vpc>,
    /// All subnets.
    pub subnets: Vec<Subnet>,
    /// All network interfaces.
    pub interfaces: Vec<Interface>,
    /// All security groups.
    pub security_groups: Vec<SecurityGroup>,
    /// All network ACLs.
    pub network_acls: Vec<NetworkAcl>,
    /// All prefix lists with their entries.
    pub prefix_lists: Vec<PrefixList>,
    /// All VPC peering connections.
    pub peerings: Vec<Peering>,
    /// All route tables.
    pub route_tables: Vec<RouteTable>,
    /// What the file says but the engine does not use, each with its path and the reason in one line:
    /// for one warning each.
    pub ignored: Vec<String>,
}

/// One fault of an inventory file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct InventoryError {
    /// Where: `NetworkInterfaces[2].Groups[0].GroupId`.
    pub path: String,
    /// What is wrong and what would be right, in one line.
    pub fault: String,
}

impl Inventory {
    /// Reads one JSON object whose members are what `aws ec2 describe-*` prints.
    ///
    /// Everything wrong is reported at once, by path.
    pub fn from_json(text: &str) -> Result<Self, Vec<InventoryError>> {
        let findings = Findings::default();
        let inventory = Self::read(text, &findings);
        let ignored = findings.into_notes()?;
        Ok(Self { ignored, ..inventory })
    }

    fn read(text: &str, findings: &Findings) -> Self {
        let Some(dump) = Dump::parse(text, findings) else { return Self::default() };
        let document = dump.read(findings);
        resolve::resolve(&document, findings)
    }

    /// Returns the VPC that an interface of this inventory is in.
    pub fn vpc(&self, interface: &Interface) -> Option<&Vpc> {
        self.vpcs.get(interface.vpc)
    }

    /// Returns the subnet that an interface of this inventory is in.
    pub fn subnet(&self, interface: &Interface) -> Option<&Subnet> {
        self.subnets.get(interface.subnet)
    }

    /// Returns the network ACL of an interface's subnet; `None` where the file has none at all.
    pub fn network_acl(&self, interface: &Interface) -> Option<&NetworkAcl> {
        self.network_acls.get(self.subnet(interface)?.network_acl?)
    }

    /// Returns the route table that what an interface sends is routed by.
    pub fn route_table(&self, interface: &Interface) -> Option<&RouteTable> {
        self.route_tables.get(self.subnet(interface)?.route_table?)
    }

    /// Returns the VPC peering connection with this id.
    pub fn peering(&self, id: &str) -> Option<&Peering> {
        self.peerings.iter().find(|peering| peering.id == id)
    }
}
