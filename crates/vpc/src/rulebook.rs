//! Numbers for interfaces and for grounds of decisions that stay the same over a whole run.

use std::fmt;

/// An interface's number, the same in every generation of a rule timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceIndex(pub u32);

/// A ground's number in the [`RuleBook`]; fits 30 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroundIndex(pub u32);

/// What a decision can rest on. Its `Display` is the text of `x-deciding-rule` (`semantics.md` 17).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ground {
    /// A security group rule: `sgr-…`, or `sg-…:ingress:tcp:22:10.0.0.0/8` where it has no id.
    SecurityGroupRule(String),
    /// A network ACL entry: `acl-…:ingress:100`, `acl-…:egress:*`.
    NetworkAclEntry(String),
    /// No rule of these groups allows it: `implicit-deny:sg-a,sg-b`.
    ImplicitDeny(String),
    /// The interface's connection allowance is used up: `conntrack-allowance`.
    ConnectionAllowance,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecurityGroupRule(text)
            | Self::NetworkAclEntry(text)
            | Self::ImplicitDeny(text) => f.write_str(text),
            Self::ConnectionAllowance => f.write_str("conntrack-allowance"),
        }
    }
}

/// Append-only: what was numbered once keeps its number, so decisions of several generations can
/// stand side by side.
#[derive(Debug, Default)]
pub struct RuleBook {
    grounds: Vec<Ground>,
    interfaces: Vec<String>,
}

impl RuleBook {
    /// Returns the ground with this number.
    pub fn ground(&self, index: GroundIndex) -> Option<&Ground> {
        self.grounds.get(index.0 as usize)
    }

    /// Returns the id (`eni-…`) of the interface with this number.
    pub fn interface_id(&self, index: InterfaceIndex) -> Option<&str> {
        self.interfaces.get(index.0 as usize).map(String::as_str)
    }
}
