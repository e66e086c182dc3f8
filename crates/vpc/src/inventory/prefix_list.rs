//! Prefix lists.

use super::resolve::Resolver;
use crate::Cidr;
use crate::describe::Mention;

/// A prefix list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrefixList {
    /// `pl-…`.
    pub id: String,
    /// Current entries.
    pub entries: Vec<Cidr>,
}

impl Resolver<'_> {
    pub(super) fn prefix_lists(&self) -> Vec<PrefixList> {
        let items = self.document.prefix_lists.iter().flatten();
        items
            .map(|item| PrefixList {
                id: item.id.to_owned(),
                entries: item.entries.clone().unwrap_or_default(),
            })
            .collect()
    }

    /// Resolves a list that must be known with its entries: a rule for a list that nobody has seen
    /// would silently match nothing.
    pub(super) fn known_prefix_list(&self, mention: &Mention<'_>) -> Option<usize> {
        let index = self.lists.resolve(mention, self.findings)?;
        if self.prefix_list_entries(mention.id).is_none() {
            self.findings.fault(
                &mention.path,
                format_args!(
                    "the file does not say what is in {0}: expected PrefixListEntries.{0}",
                    mention.id
                ),
            );
            return None;
        }
        Some(index)
    }

    pub(super) fn prefix_list_entries(&self, id: &str) -> Option<&[Cidr]> {
        let index = self.lists.index(id)?;
        self.document.prefix_lists.as_ref()?.get(index)?.entries.as_deref()
    }
}
