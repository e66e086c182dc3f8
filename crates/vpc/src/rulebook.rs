//! Numbers for interfaces and for grounds of decisions that stay the same over a whole run.

use std::fmt;

use rustc_hash::FxHashMap;

/// An interface's number, the same in every generation of a rule timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceIndex(pub u32);

/// A ground's number in the [`RuleBook`]; fits 30 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroundIndex(pub u32);

/// What a decision can rest on. Its `Display` is the text of `x-deciding-rule` (`semantics.md` 17).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ground {
    /// No rules are known for the interface, and it is closed until there are: `no-rules`.
    NoRules,
    /// A security group rule: `sgr-…`, or `sg-…:ingress:tcp:22:10.0.0.0/8` where it has no id.
    SecurityGroupRule(String),
    /// A network ACL entry: `acl-…:ingress:100`, `acl-…:egress:*`.
    NetworkAclEntry(String),
    /// No rule of these groups allows it: `implicit-deny:sg-a,sg-b`.
    ImplicitDeny(String),
    /// The interface's connection allowance is used up: `conntrack-allowance`.
    ConnectionAllowance,
    /// A TCP connection that was open when its interface's rules began to be enforced (`docs/enforcement.md`):
    /// `enforcement-grace`.
    Grace,
    /// Traffic that neither security groups nor network ACLs filter, and that is recorded all the
    /// same (`vpc-filtering.md` §5): `-`.
    NeverFiltered,
}

impl fmt::Display for Ground {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecurityGroupRule(text)
            | Self::NetworkAclEntry(text)
            | Self::ImplicitDeny(text) => f.write_str(text),
            Self::NoRules => f.write_str("no-rules"),
            Self::ConnectionAllowance => f.write_str("conntrack-allowance"),
            Self::Grace => f.write_str("enforcement-grace"),
            Self::NeverFiltered => f.write_str("-"),
        }
    }
}

/// Append-only: what was numbered once keeps its number, so decisions of several generations can
/// stand side by side.
#[derive(Clone, Debug)]
pub struct RuleBook {
    grounds: Vec<Ground>,
    ground_numbers: FxHashMap<Ground, GroundIndex>,
    interfaces: Vec<String>,
    interface_numbers: FxHashMap<String, InterfaceIndex>,
}

impl Default for RuleBook {
    /// Without any rules there is one ground already: their want, which has the number 0.
    fn default() -> Self {
        let mut book = Self {
            grounds: Vec::new(),
            ground_numbers: FxHashMap::default(),
            interfaces: Vec::new(),
            interface_numbers: FxHashMap::default(),
        };
        book.number_ground(Ground::NoRules);
        book
    }
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

    /// Returns the number of the interface with this id, if any generation has had it.
    pub fn interface_index(&self, id: &str) -> Option<InterfaceIndex> {
        self.interface_numbers.get(id).copied()
    }

    /// Returns how many interfaces all generations together have had.
    pub fn interfaces(&self) -> usize {
        self.interfaces.len()
    }

    pub(crate) fn number_ground(&mut self, ground: Ground) -> GroundIndex {
        if let Some(&known) = self.ground_numbers.get(&ground) {
            return known;
        }
        let number = GroundIndex(next_number(self.grounds.len()));
        self.grounds.push(ground.clone());
        self.ground_numbers.insert(ground, number);
        number
    }

    pub(crate) fn number_interface(&mut self, id: &str) -> InterfaceIndex {
        if let Some(known) = self.interface_index(id) {
            return known;
        }
        let number = InterfaceIndex(next_number(self.interfaces.len()));
        self.interfaces.push(id.to_owned());
        self.interface_numbers.insert(id.to_owned(), number);
        number
    }
}

/// A number holds 30 bits, so that two more can be packed beside it; a billion names do not fit memory.
fn next_number(count: usize) -> u32 {
    u32::try_from(count)
        .ok()
        .filter(|number| *number < 1 << 30)
        .expect("a billion names would have filled the memory first")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_numbered_once_keeps_its_number() {
        let mut book = RuleBook::default();
        let first = book.number_ground(Ground::SecurityGroupRule("sgr-1".to_owned()));
        let other = book.number_ground(Ground::NetworkAclEntry("sgr-1".to_owned()));
        let eni = book.number_interface("eni-1");

        assert_ne!(first, other);
        assert_eq!(book.number_ground(Ground::SecurityGroupRule("sgr-1".to_owned())), first);
        assert_eq!(book.ground(first).unwrap().to_string(), "sgr-1");
        assert_eq!(book.number_interface("eni-2"), InterfaceIndex(1));
        assert_eq!(book.number_interface("eni-1"), eni);
        assert_eq!(book.interface_id(eni), Some("eni-1"));
        assert_eq!(book.interface_index("eni-2"), Some(InterfaceIndex(1)));
    }
}
