//! An inventory compiled for judging.

mod acl;
pub(crate) mod bits;
mod exclusion;
mod flat;
mod groups;
mod hosts;
mod ownership;
#[cfg(test)]
mod points_tests;
mod revision;
#[cfg(test)]
mod revision_tests;
mod rule_name;
pub(crate) mod service;
pub(crate) mod site;
mod stages;

use std::sync::Arc;

use flowlogd_packet::{Addresses, FrameDirection, LinkInfo};
use hashbrown::HashMap;

use crate::{
    Direction, Ground, GroundIndex, Interface, InterfaceIndex, Inventory, NetworkAcl,
    ReservedAddresses, RuleBook, TrackingTimeouts,
};

use acl::AclEntries;
use bits::PerDirection;
pub(crate) use exclusion::ServiceAddresses;
pub use flat::{FlatAcl, FlatBlocks, FlatCondition, FlatFamily, FlatRules};
pub(crate) use groups::Reach;
use groups::{GroupCatalogue, GroupRules};
pub use ownership::InterfaceSet;
use ownership::Ownership;
pub use revision::Revision;
use revision::{GroupsText, interface_text};
use site::{FamilySite, Site, Tracking};

/// What compiling needs to know besides the inventory.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileOptions {
    /// Whether base + 1 and + 2 are AWS's.
    pub reserved_addresses: ReservedAddresses,
}

/// Where a frame is judged (`semantics.md` 13): first as egress, then as ingress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// Interfaces that send it.
    pub egress: InterfaceSet,
    /// Interfaces that receive it.
    pub ingress: InterfaceSet,
}

impl Points {
    /// Those of a foreign frame: none.
    pub const NONE: Self = Self { egress: InterfaceSet::EMPTY, ingress: InterfaceSet::EMPTY };
}

/// One generation of rules: everything that judging reads, per interface and direction.
#[derive(Debug)]
pub struct Ruleset {
    inventory: Inventory,
    options: CompileOptions,
    // Position in the inventory and in `sites`, by interface number.
    positions: Box<[Option<usize>]>,
    sites: Box<[Site]>,
    // By interface number, and apart from all else: of a connection's packets nothing more is read.
    timeouts: Box<[Option<TrackingTimeouts>]>,
    revisions: Box<[Revision]>,
    ownership: Ownership,
    pub(crate) allowance_ground: GroundIndex,
    pub(crate) grace_ground: GroundIndex,
    pub(crate) never_filtered_ground: GroundIndex,
}

impl Ruleset {
    /// Compiles `inventory`; `book` numbers its interfaces and grounds.
    pub fn compile(inventory: Inventory, options: CompileOptions, book: &mut RuleBook) -> Self {
        let indexes: Vec<InterfaceIndex> = inventory
            .interfaces
            .iter()
            .map(|interface| book.number_interface(&interface.id))
            .collect();
        let ownership = Ownership::new(indexes.iter().copied().zip(&inventory.interfaces));

        let reserved = options.reserved_addresses;
        let catalogue = GroupCatalogue::new(&inventory, book);
        let acls: Vec<CompiledAcl> =
            inventory.network_acls.iter().map(|acl| CompiledAcl::new(acl, book)).collect();
        let mut pools: HashMap<Vec<usize>, Pool> = HashMap::new();
        let mut sites = Vec::new();
        let mut revisions = Vec::new();
        for interface in &inventory.interfaces {
            let groups = groups_in_order(&inventory, interface);
            // A thousand interfaces with the same groups share one table of them.
            let pool = pools
                .entry(groups)
                .or_insert_with_key(|groups| Pool::new(&inventory, &catalogue, groups, book));
            let acl = inventory
                .subnets
                .get(interface.subnet)
                .and_then(|subnet| acls.get(subnet.network_acl?));
            sites.push(Site {
                tracking: Tracking::of(&interface.interface_type),
                timeouts: interface.timeouts,
                implicit_deny: pool.implicit_deny,
                v4: FamilySite::new(
                    &inventory,
                    interface,
                    reserved,
                    pool.v4.clone(),
                    PerDirection::from_fn(|direction| {
                        acl.map(|acl| Arc::clone(acl.v4.of(direction)))
                    }),
                ),
                v6: FamilySite::new(
                    &inventory,
                    interface,
                    reserved,
                    pool.v6.clone(),
                    PerDirection::from_fn(|direction| {
                        acl.map(|acl| Arc::clone(acl.v6.of(direction)))
                    }),
                ),
            });
            let rest = interface_text(&inventory, interface, reserved);
            revisions.push(pool.text.revision(&rest));
        }

        let positions = positions(&indexes);
        let timeouts =
            positions.iter().map(|position| Some(sites.get((*position)?)?.timeouts)).collect();
        Self {
            positions,
            timeouts,
            sites: sites.into(),
            revisions: revisions.into(),
            ownership,
            allowance_ground: book.number_ground(Ground::ConnectionAllowance),
            grace_ground: book.number_ground(Ground::Grace),
            never_filtered_ground: book.number_ground(Ground::NeverFiltered),
            options,
            inventory,
        }
    }

    /// Returns where a frame is judged. Both sets empty: the frame is foreign.
    ///
    /// The direction counts where the link layer knows it; a side is found by IP address, and only
    /// where no interface has that by hardware address, as on both sides of a NAT gateway.
    #[inline]
    pub fn points(&self, link: &LinkInfo, addresses: &Addresses) -> Points {
        let (src, dst) = self.ownership.of_addresses(addresses);
        let or_mac = |set: InterfaceSet, mac| {
            if set.is_empty() { self.ownership.of_mac(mac) } else { set }
        };
        match link.direction {
            Some(FrameDirection::Outgoing) => {
                Points { egress: or_mac(src, link.src_mac), ingress: InterfaceSet::EMPTY }
            }
            Some(FrameDirection::Incoming) => {
                Points { egress: InterfaceSet::EMPTY, ingress: or_mac(dst, link.dst_mac) }
            }
            None => {
                Points { egress: or_mac(src, link.src_mac), ingress: or_mac(dst, link.dst_mac) }
            }
        }
    }

    /// Returns where a frame is judged if only `interface` is of interest.
    ///
    /// The direction counts where the link layer knows it, then the interface's addresses, then its
    /// hardware address.
    pub fn points_at(
        &self,
        interface: InterfaceIndex,
        link: &LinkInfo,
        addresses: &Addresses,
    ) -> Points {
        if self.interface(interface).is_none() {
            return Points::NONE;
        }
        let here = InterfaceSet::of(interface);
        let if_here = |set: InterfaceSet| {
            if self.members(set).contains(&interface) { here } else { InterfaceSet::EMPTY }
        };
        match link.direction {
            Some(FrameDirection::Outgoing) => Points { egress: here, ..Points::NONE },
            Some(FrameDirection::Incoming) => Points { ingress: here, ..Points::NONE },
            None => {
                let (src, dst) = self.ownership.of_addresses(addresses);
                let by_address = Points { egress: if_here(src), ingress: if_here(dst) };
                if by_address != Points::NONE {
                    return by_address;
                }
                let by_mac = |mac| if_here(self.ownership.of_mac(mac));
                Points { egress: by_mac(link.src_mac), ingress: by_mac(link.dst_mac) }
            }
        }
    }

    /// Returns the connection tracking timeouts of an interface.
    #[inline]
    pub(crate) fn timeouts(&self, interface: InterfaceIndex) -> Option<TrackingTimeouts> {
        *self.timeouts.get(interface.0 as usize)?
    }

    /// Returns the members of a set, in ascending order.
    #[inline]
    pub fn members(&self, set: InterfaceSet) -> &[InterfaceIndex] {
        self.ownership.members(set)
    }

    /// Returns the interface with this number, if this generation has it.
    pub fn interface(&self, index: InterfaceIndex) -> Option<&Interface> {
        self.inventory.interfaces.get(self.position(index)?)
    }

    /// Returns the revision of the rules of an interface.
    pub fn revision(&self, index: InterfaceIndex) -> Option<Revision> {
        self.revisions.get(self.position(index)?).copied()
    }

    /// Returns the text that the revision of an interface's rules is the hash of.
    ///
    /// Written anew for each call: with its groups' members it can be long.
    pub fn revision_text(&self, index: InterfaceIndex) -> Option<String> {
        let interface = self.interface(index)?;
        // Names are the same in every book.
        let catalogue = GroupCatalogue::new(&self.inventory, &mut RuleBook::default());
        let groups = groups_in_order(&self.inventory, interface);
        let groups = GroupsText::new(&self.inventory, &catalogue, &groups);
        let reserved = self.options.reserved_addresses;
        Some(groups.text(&interface_text(&self.inventory, interface, reserved)))
    }

    /// Returns the inventory that was compiled.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    pub(crate) fn site(&self, index: InterfaceIndex) -> Option<&Site> {
        self.sites.get(self.position(index)?)
    }

    fn position(&self, index: InterfaceIndex) -> Option<usize> {
        self.positions.get(index.0 as usize).copied().flatten()
    }
}

/// What interfaces with the same security groups share.
struct Pool {
    v4: PerDirection<Arc<GroupRules<u32>>>,
    v6: PerDirection<Arc<GroupRules<u128>>>,
    implicit_deny: GroundIndex,
    text: GroupsText,
}

impl Pool {
    fn new(
        inventory: &Inventory,
        catalogue: &GroupCatalogue<'_>,
        groups: &[usize],
        book: &mut RuleBook,
    ) -> Self {
        let ids: Vec<&str> = groups
            .iter()
            .filter_map(|&group| inventory.security_groups.get(group))
            .map(|group| group.id.as_str())
            .collect();
        let considered = if ids.is_empty() { "-".to_owned() } else { ids.join(",") };
        let ground = Ground::ImplicitDeny(format!("implicit-deny:{considered}"));
        Self {
            v4: PerDirection::from_fn(|direction| {
                Arc::new(GroupRules::compile(catalogue, groups, direction))
            }),
            v6: PerDirection::from_fn(|direction| {
                Arc::new(GroupRules::compile(catalogue, groups, direction))
            }),
            implicit_deny: book.number_ground(ground),
            text: GroupsText::new(inventory, catalogue, groups),
        }
    }
}

/// A network ACL for both directions and families.
struct CompiledAcl {
    v4: PerDirection<Arc<AclEntries<u32>>>,
    v6: PerDirection<Arc<AclEntries<u128>>>,
}

impl CompiledAcl {
    fn new(acl: &NetworkAcl, book: &mut RuleBook) -> Self {
        Self {
            v4: PerDirection::from_fn(|direction: Direction| {
                Arc::new(AclEntries::compile(acl, direction, book))
            }),
            v6: PerDirection::from_fn(|direction: Direction| {
                Arc::new(AclEntries::compile(acl, direction, book))
            }),
        }
    }
}

/// Returns the interface's groups by id, each once: the order in which a refusal names them.
fn groups_in_order(inventory: &Inventory, interface: &Interface) -> Vec<usize> {
    let id = |group: &usize| inventory.security_groups.get(*group).map(|group| &group.id);
    let mut groups = interface.security_groups.clone();
    groups.sort_by(|a, b| id(a).cmp(&id(b)).then(a.cmp(b)));
    groups.dedup();
    groups
}

fn positions(indexes: &[InterfaceIndex]) -> Box<[Option<usize>]> {
    let mut positions = Vec::new();
    for (position, index) in indexes.iter().enumerate() {
        let index = index.0 as usize;
        if positions.len() <= index {
            positions.resize(index + 1, None);
        }
        if let Some(slot) = positions.get_mut(index) {
            *slot = Some(position);
        }
    }
    positions.into()
}
