//! `MaxItems` and `Marker` (`iam-sts-sigv4-cloudtrail.md` §5.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowlogd_aws::Fault;

use super::constraint::{Constraints, invalid};

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) is_truncated: bool,
    pub(super) marker: Option<String>,
}

impl<T> Page<T> {
    /// Returns the items in another form.
    pub(super) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            is_truncated: self.is_truncated,
            marker: self.marker,
        }
    }
}

/// Cuts a page out of a list, sorted by a key that is unique. The marker holds the key of the last item
/// of the page before, so that what comes or goes in between neither repeats nor hides others.
pub(super) fn page<T>(
    mut items: Vec<T>,
    key: impl Fn(&T) -> String,
    max_items: Option<i64>,
    marker: Option<&str>,
) -> Result<Page<T>, Fault> {
    Constraints::new().range("maxItems", max_items, 1, 1000).finish()?;
    items.sort_by_cached_key(&key);
    if let Some(marker) = marker {
        let last = URL_SAFE_NO_PAD
            .decode(marker)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| invalid("Invalid Marker: it has to be the one of the page before."))?;
        items.retain(|item| key(item) > last);
    }
    let limit = usize::try_from(max_items.unwrap_or(100)).unwrap_or(usize::MAX);
    let is_truncated = items.len() > limit;
    items.truncate(limit);
    let marker =
        items.last().filter(|_| is_truncated).map(|last| URL_SAFE_NO_PAD.encode(key(last)));
    Ok(Page { items, is_truncated, marker })
}
