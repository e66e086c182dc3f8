//! The filters of one operation: their names, and what each is compared with.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::Filter;

use super::filter;
use crate::model::Tags;

/// What a resource has under the name of a filter.
pub(super) type Values<T> = fn(&T) -> Vec<String>;

/// Filters over `T`, a resource as answers print it. One list, so that no name is known without meaning
/// something.
pub(super) struct FilterTable<T: 'static>(pub(super) &'static [(&'static str, Values<T>)]);

impl<T> FilterTable<T> {
    /// Refuses names that are not in the table; tags are filtered by everywhere.
    pub(super) fn check(&self, filters: &[Filter]) -> Result<(), Fault> {
        let names: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
        filter::check(filters, &names)
    }

    /// The same for what has no tags.
    pub(super) fn check_untagged(&self, filters: &[Filter]) -> Result<(), Fault> {
        self.check(filters)?;
        match filters.iter().find(|filter| !self.0.iter().any(|(name, _)| *name == filter.name)) {
            None => Ok(()),
            Some(filter) => Err(Fault::new(
                "InvalidParameterValue",
                format!("The filter '{}' is invalid", filter.name),
            )),
        }
    }

    /// Whether a resource passes all filters.
    pub(super) fn matches(&self, filters: &[Filter], tags: &Tags, item: &T) -> bool {
        filter::matches(filters, tags, |wanted| {
            self.0
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, values)| values(item))
                .unwrap_or_default()
        })
    }
}

/// What nothing here ever has.
pub(super) const fn none<T>(_: &T) -> Vec<String> {
    Vec::new()
}
