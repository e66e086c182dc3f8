//! `describe-managed-prefix-lists`, `describe-prefix-lists`, and the entries of lists.

use std::collections::{HashMap, HashSet};

use super::address::{Family, cidr_node};
use super::item::{Item, is_id};
use super::node::Node;
use super::shown;
use crate::Cidr;

/// A prefix list, gathered from `PrefixLists` and `PrefixListEntries`.
pub(crate) struct PrefixListItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    /// `None` where the file only names the list.
    pub(crate) entries: Option<Vec<Cidr>>,
}

/// A mention of a list in either member.
struct Part<'n> {
    /// Where the id or the entries stand.
    path: String,
    id: &'n str,
    family: Option<Family>,
    entries: Option<Vec<Cidr>>,
    source: Source,
}

/// The member that a mention is in.
#[derive(Clone, Copy)]
enum Source {
    Lists,
    Entries,
}

/// Reads both members. Either is enough: `PrefixListEntries` names the lists as well.
pub(super) fn read<'n>(file: &Item<'n, '_>) -> Option<Vec<PrefixListItem<'n>>> {
    let lists = file.list("PrefixLists");
    let entries = file.object("PrefixListEntries");
    if lists.is_none() && entries.is_none() {
        return None;
    }
    let mut gathered = Gathered::default();
    for item in lists.unwrap_or_default() {
        if let Some(part) = described(&item) {
            gathered.add(part, file);
        }
    }
    let mut seen = HashSet::new();
    for (id, node) in entries.iter().flat_map(Item::members) {
        let path = format!("PrefixListEntries.{}", shown(id));
        if !seen.insert(id) {
            file.findings.fault(&path, "is given twice in one object: merge the two");
            continue;
        }
        if !is_id(id, "pl-") {
            file.findings.fault(&path, "malformed id: expected pl-…");
        }
        let family = gathered.family(id);
        let entries = Some(listed(file, node, &path, family));
        gathered.add(Part { path, id, family, entries, source: Source::Entries }, file);
    }
    Some(gathered.lists)
}

/// What was read so far, by id.
#[derive(Default)]
struct Gathered<'n> {
    lists: Vec<PrefixListItem<'n>>,
    first: HashMap<&'n str, First>,
}

/// The first mention of a list.
struct First {
    index: usize,
    path: String,
    family: Option<Family>,
}

impl<'n> Gathered<'n> {
    fn family(&self, id: &str) -> Option<Family> {
        self.first.get(id).and_then(|first| first.family)
    }

    /// Adds what one member says of a list to what another one said: the two answers that print
    /// `PrefixLists`, put together, have one element each for the same list.
    fn add(&mut self, part: Part<'n>, file: &Item<'n, '_>) {
        let Part { path, id, family, entries, source } = part;
        let Some(first) = self.first.get_mut(id) else {
            let index = self.lists.len();
            self.lists.push(PrefixListItem { path: path.clone(), id, entries });
            self.first.insert(id, First { index, path, family });
            return;
        };
        first.family = first.family.or(family);
        let Some(list) = self.lists.get_mut(first.index) else { return };
        match (&list.entries, entries, source) {
            (None, Some(entries), _) => list.entries = Some(entries),
            (Some(_), None, Source::Lists) => {}
            (Some(known), Some(other), Source::Entries) => {
                if !same_blocks(known, &other) {
                    file.findings.fault(
                        &path,
                        format_args!("the entries differ from those of {}", first.path),
                    );
                }
            }
            (Some(_), Some(_), Source::Lists)
            | (None, None, _)
            | (Some(_), None, Source::Entries) => {
                file.findings.fault(
                    &format!("{path}.PrefixListId"),
                    format_args!("{} is the id of {} already", shown(id), first.path),
                );
            }
        }
    }
}

fn same_blocks(one: &[Cidr], other: &[Cidr]) -> bool {
    let sorted = |blocks: &[Cidr]| {
        let mut blocks = blocks.to_vec();
        blocks.sort_unstable();
        blocks.dedup();
        blocks
    };
    sorted(one) == sorted(other)
}

/// An element of `PrefixLists`, from either of the two answers: the managed one has an
/// `AddressFamily` and no blocks, the other one has `Cidrs`.
fn described<'n>(item: &Item<'n, '_>) -> Option<Part<'n>> {
    let family = match item.text("AddressFamily") {
        Some("IPv4") => Some(Family::Ipv4),
        Some("IPv6") => Some(Family::Ipv6),
        Some(other) => {
            item.fault(
                "AddressFamily",
                format_args!("unknown family {}: expected IPv4 or IPv6", shown(other)),
            );
            None
        }
        None => None,
    };
    let cidrs = item.nodes("Cidrs").map(|nodes| {
        nodes.filter_map(|(path, node)| cidr_node(node, family, &path, item.findings)).collect()
    });
    let id = item.required_id("PrefixListId", "pl-")?;
    Some(Part { path: item.path.clone(), id, family, entries: cidrs, source: Source::Lists })
}

/// The entries of one list: a list of them, or the whole answer that has them in `Entries`.
///
/// What cannot be read is a fault, and counts as given all the same.
fn listed<'n>(
    file: &Item<'n, '_>,
    node: &'n Node<'_>,
    path: &str,
    family: Option<Family>,
) -> Vec<Cidr> {
    const EXPECTED: &str = "expected a list of objects with a Cidr";

    let (nodes, path) = match node {
        Node::List(nodes) => (nodes, path.to_owned()),
        Node::Object(members) => {
            let answer = Item::new(members, path.to_owned(), file.findings);
            answer.note_if_truncated();
            match answer.node("Entries") {
                Some(Node::List(nodes)) => (nodes, answer.at("Entries")),
                Some(other) => {
                    answer.fault("Entries", format_args!("{EXPECTED}, got {}", other.kind()));
                    return Vec::new();
                }
                None => {
                    answer.missing("Entries", EXPECTED);
                    return Vec::new();
                }
            }
        }
        Node::Null | Node::Boolean(_) | Node::Integer(_) | Node::OtherNumber | Node::Text(_) => {
            file.findings.fault(path, format_args!("{EXPECTED}, got {}", node.kind()));
            return Vec::new();
        }
    };
    let entries = nodes.iter().enumerate().filter_map(|(i, node)| {
        let item = Item::of(node, format!("{path}[{i}]"), file.findings)?;
        let Some(cidr) = item.node("Cidr") else {
            item.missing("Cidr", "expected an address block");
            return None;
        };
        cidr_node(cidr, family, &item.at("Cidr"), file.findings)
    });
    entries.collect()
}
