//! One object of the file, and how its members are read.

use std::fmt::Display;

use super::node::{Node, Text};
use super::{Findings, NEXT_TOKEN, shown};

/// An object and the path that leads to it.
///
/// Every getter reports a member of the wrong type and returns `None` for it. `null` and an empty
/// text count as absent: that is how the CLI prints an empty XML element.
pub(super) struct Item<'n, 't> {
    members: &'n [(Text<'t>, Node<'t>)],
    pub(super) path: String,
    pub(super) findings: &'n Findings,
}

/// Something mentioned by its id, and where.
pub(crate) struct Mention<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
}

impl<'n, 't> Item<'n, 't> {
    pub(super) const fn new(
        members: &'n [(Text<'t>, Node<'t>)],
        path: String,
        findings: &'n Findings,
    ) -> Self {
        Self { members, path, findings }
    }

    /// Takes a node for an object.
    pub(super) fn of(node: &'n Node<'t>, path: String, findings: &'n Findings) -> Option<Self> {
        let Node::Object(members) = node else {
            findings.fault(&path, format_args!("expected an object, got {}", node.kind()));
            return None;
        };
        Some(Self::new(members, path, findings))
    }

    /// Returns the path of a member.
    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Reports a fault of a member.
    pub(super) fn fault(&self, name: &str, fault: impl Display) {
        self.findings.fault(&self.at(name), fault);
    }

    /// Returns a member that is there.
    pub(super) fn node(&self, name: &str) -> Option<&'n Node<'t>> {
        let mut given =
            self.members.iter().filter(|(given, _)| &**given == name).map(|(_, node)| node);
        let node = given.next()?;
        if given.next().is_some() {
            self.fault(name, "is given twice in one object: merge the two");
        }
        match node {
            Node::Null => None,
            Node::Text(text) if text.is_empty() => None,
            Node::Boolean(_)
            | Node::Integer(_)
            | Node::OtherNumber
            | Node::Text(_)
            | Node::List(_)
            | Node::Object(_) => Some(node),
        }
    }

    pub(super) fn members(&self) -> impl Iterator<Item = (&'n str, &'n Node<'t>)> {
        self.members.iter().map(|(name, node)| (&**name, node))
    }

    pub(super) fn text(&self, name: &str) -> Option<&'n str> {
        let node = self.node(name)?;
        let Node::Text(text) = node else { return self.wrong_type(name, "text", node) };
        Some(text)
    }

    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        let node = self.node(name)?;
        let Node::Integer(value) = node else {
            return self.wrong_type(name, "a whole number", node);
        };
        Some(*value)
    }

    pub(super) fn boolean(&self, name: &str) -> Option<bool> {
        let node = self.node(name)?;
        let Node::Boolean(value) = node else {
            return self.wrong_type(name, "true or false", node);
        };
        Some(*value)
    }

    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::of(self.node(name)?, self.at(name), self.findings)
    }

    /// Returns the objects of a list; `None` where the member is absent.
    pub(super) fn list(&self, name: &str) -> Option<Vec<Self>> {
        let nodes = self.nodes(name)?;
        Some(nodes.filter_map(|(path, node)| Self::of(node, path, self.findings)).collect())
    }

    /// Returns the elements of a list, whatever they are, with their paths.
    pub(super) fn nodes(
        &self,
        name: &str,
    ) -> Option<impl Iterator<Item = (String, &'n Node<'t>)> + use<'n, 't>> {
        let node = self.node(name)?;
        let Node::List(nodes) = node else { return self.wrong_type(name, "a list", node) };
        let path = self.at(name);
        Some(nodes.iter().enumerate().map(move |(i, node)| (format!("{path}[{i}]"), node)))
    }

    /// Returns the texts of a list.
    pub(super) fn texts(&self, name: &str) -> Vec<&'n str> {
        let texts = self.nodes(name).into_iter().flatten().filter_map(|(path, node)| {
            let Node::Text(text) = node else {
                self.findings.fault(&path, format_args!("expected text, got {}", node.kind()));
                return None;
            };
            Some(&**text)
        });
        texts.collect()
    }

    /// Returns the ids of a list.
    pub(super) fn ids(&self, name: &str, prefix: &str) -> Vec<Mention<'n>> {
        let ids = self.nodes(name).into_iter().flatten().filter_map(|(path, node)| {
            let Node::Text(id) = node else {
                self.findings.fault(&path, format_args!("expected text, got {}", node.kind()));
                return None;
            };
            if !is_id(id, prefix) {
                let id = shown(id);
                self.findings.fault(&path, format_args!("malformed id {id}: expected {prefix}…"));
            }
            Some(Mention { path, id })
        });
        ids.collect()
    }

    /// Returns an id. A malformed one is reported and yet returned, so that what mentions it is not
    /// taken for dangling as well.
    pub(super) fn id(&self, name: &str, prefix: &str) -> Option<&'n str> {
        let id = self.text(name)?;
        if !is_id(id, prefix) {
            self.fault(name, format_args!("malformed id {}: expected {prefix}…", shown(id)));
        }
        Some(id)
    }

    /// Returns an id that must be there.
    pub(super) fn required_id(&self, name: &str, prefix: &str) -> Option<&'n str> {
        if self.node(name).is_none() {
            self.missing(name, format_args!("expected {prefix}…"));
            return None;
        }
        self.id(name, prefix)
    }

    pub(super) fn mention(&self, name: &str, prefix: &str) -> Option<Mention<'n>> {
        Some(Mention { path: self.at(name), id: self.id(name, prefix)? })
    }

    pub(super) fn required_mention(&self, name: &str, prefix: &str) -> Option<Mention<'n>> {
        Some(Mention { path: self.at(name), id: self.required_id(name, prefix)? })
    }

    /// Returns an account of 12 digits.
    pub(super) fn account(&self, name: &str) -> Option<&'n str> {
        let account = self.text(name)?;
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            self.fault(
                name,
                format_args!("malformed account {}: expected 12 digits", shown(account)),
            );
        }
        Some(account)
    }

    /// Reports a member that must be there.
    pub(super) fn missing(&self, name: &str, expected: impl Display) {
        self.fault(name, format_args!("is missing: {expected}"));
    }

    /// Tells that an answer was cut into pages, of which the file has only some.
    pub(super) fn note_if_truncated(&self) {
        if self.node(NEXT_TOKEN).is_some() {
            self.findings.note(
                &self.at(NEXT_TOKEN),
                "an answer was cut short, what the further pages say is missing; dump without \
                 --max-items and --no-paginate",
            );
        }
    }

    fn wrong_type<T>(&self, name: &str, expected: &str, node: &Node<'_>) -> Option<T> {
        self.fault(name, format_args!("expected {expected}, got {}", node.kind()));
        None
    }
}

/// Ids of AWS's are hexadecimal, those of one's own networks may be words; but they stand in records
/// between spaces, and in deciding rules between colons and commas (`semantics.md` 17).
pub(super) fn is_id(id: &str, prefix: &str) -> bool {
    id.strip_prefix(prefix).is_some_and(|rest| {
        !rest.is_empty()
            && rest.len() <= 64
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}
