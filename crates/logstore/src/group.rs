//! Log groups.

use std::collections::BTreeMap;

/// Whose groups: everything is apart by account and region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// Twelve digits.
    pub account: String,
    /// `us-east-1`.
    pub region: String,
}

/// A group to be made. Names are checked before they come here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewGroup {
    /// Up to 512 characters.
    pub name: String,
    /// `STANDARD`, `INFREQUENT_ACCESS`: never changed, and of no meaning to the store.
    pub class: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it may be deleted.
    pub deletion_protection: bool,
    /// After how many days events go; never without.
    pub retention_days: Option<u32>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it was made of, tags and retention as they are now.
    pub settings: NewGroup,
    /// Unix milliseconds.
    pub created: i64,
    /// Bytes that its events take on disk.
    pub stored_bytes: u64,
    /// Metric filters that it has.
    pub metric_filters: u32,
}

/// Which groups to list, in ASCII order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupQuery {
    /// Names that begin so.
    pub prefix: Option<String>,
    /// Names that contain this.
    pub pattern: Option<String>,
    /// Those of this class.
    pub class: Option<String>,
    /// Names after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}
