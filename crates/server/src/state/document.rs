//! What is stored: documents of a kind, in a place.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Account and region of a document; global ones (IAM) have no region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Twelve digits.
    pub account: String,
    /// `us-east-1`, or empty.
    pub region: String,
}

impl Place {
    /// A place in a region.
    pub fn regional(account: &str, region: &str) -> Self {
        Self { account: account.to_owned(), region: region.to_owned() }
    }

    /// The place of what is the same in all regions.
    pub fn global(account: &str) -> Self {
        Self { account: account.to_owned(), region: String::new() }
    }
}

/// Something that is stored whole, as JSON, under its id.
pub trait Document: Serialize + DeserializeOwned {
    /// `vpc`, `user`, …: for EC2 the resource type of its ARN.
    const KIND: &'static str;
    /// Whether it enters rule revisions, so that its history is kept.
    const HISTORY: bool = false;

    /// Returns its id, unique in its place and kind.
    fn id(&self) -> &str;
}
