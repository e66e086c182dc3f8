//! The judge: an inventory of a VPC, and what its security groups and network ACLs say of a packet.
//!
//! Pure: the time is an argument, the inventory a text, the connection table a value of the caller's.
#![warn(missing_docs)]

mod connection;
mod describe;
mod evaluate;
mod inventory;
mod network;
mod rulebook;
mod ruleset;
#[cfg(test)]
mod testing;
mod verdict;

pub use connection::{ConnectionHint, ConnectionTable};
pub use evaluate::FlowOfConnection;
pub use inventory::{
    Interface, Inventory, InventoryError, NetworkAcl, NetworkAclEntry, Peer, Peering, PortMatch,
    PrefixList, ReservedAddresses, Route, RouteTable, RouteTarget, SecurityGroup,
    SecurityGroupRule, Subnet, TrackingTimeouts, Vpc,
};
pub use network::{Cidr, InvalidCidr};
pub use rulebook::{Ground, GroundIndex, InterfaceIndex, RuleBook};
pub use ruleset::{
    CompileOptions, FlatAcl, FlatBlocks, FlatCondition, FlatFamily, FlatRules, InterfaceSet,
    Points, Revision, Ruleset,
};
pub use verdict::{
    Action, Decision, Direction, Exclusion, Initiator, Judgement, Lacking, NearestMiss, Reuse,
    Tick, Verdict,
};
