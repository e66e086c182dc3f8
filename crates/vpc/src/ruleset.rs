//! An inventory compiled for judging.

use flowlogd_packet::{Addresses, LinkInfo};

use crate::{Interface, InterfaceIndex, Inventory, ReservedAddresses, RuleBook};

/// What compiling needs to know besides the inventory.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompileOptions {
    /// Whether base + 1 and + 2 are AWS's.
    pub reserved_addresses: ReservedAddresses,
}

/// A set of interfaces, usually of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceSet(u32);

/// Where a frame is judged (`semantics.md` 13): first as egress, then as ingress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// Interfaces that send it.
    pub egress: InterfaceSet,
    /// Interfaces that receive it.
    pub ingress: InterfaceSet,
}

/// First 16 hex digits of the SHA-256 over the canonical text of what `evaluate` reads for an
/// interface (`semantics.md` 12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Revision(pub u64);

/// One generation of rules: everything that judging reads, per interface and direction.
#[derive(Debug)]
pub struct Ruleset {
    inventory: Inventory,
}

impl Ruleset {
    /// Compiles `inventory`; `book` numbers its interfaces and grounds.
    pub fn compile(inventory: Inventory, options: CompileOptions, book: &mut RuleBook) -> Self {
        let _ = (options, book);
        Self { inventory }
    }

    /// Returns where a frame is judged. Both sets empty: the frame is foreign.
    pub fn points(&self, link: &LinkInfo, addresses: &Addresses) -> Points {
        let _ = (link, addresses);
        todo!()
    }

    /// Returns where a frame is judged if only `interface` is of interest.
    pub fn points_at(
        &self,
        interface: InterfaceIndex,
        link: &LinkInfo,
        addresses: &Addresses,
    ) -> Points {
        let _ = (interface, link, addresses);
        todo!()
    }

    /// Returns the members of a set, in ascending order.
    pub fn members(&self, set: InterfaceSet) -> &[InterfaceIndex] {
        let _ = set;
        &[]
    }

    /// Returns the interface with this number, if this generation has it.
    pub fn interface(&self, index: InterfaceIndex) -> Option<&Interface> {
        let _ = index;
        self.inventory.interfaces.first()
    }

    /// Returns the revision of the rules of an interface.
    pub fn revision(&self, index: InterfaceIndex) -> Option<Revision> {
        let _ = index;
        None
    }

    /// Returns the inventory that was compiled.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }
}
