//! `MaxResults` and `NextToken` (`vpc-filtering.md` §10.4).

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowlogd_aws::Fault;

/// Cuts a page out of a list. The token names the last resource of the page before, so that resources
/// that come or go in between neither repeat nor hide others.
pub(super) fn page<T>(
    items: Vec<T>,
    id: impl Fn(&T) -> &str,
    max_results: Option<i64>,
    next_token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    page_within(5..=1000, items, id, max_results, next_token)
}

/// The same where `MaxResults` has other bounds.
pub(super) fn page_within<T>(
    bounds: RangeInclusive<i64>,
    items: Vec<T>,
    id: impl Fn(&T) -> &str,
    max_results: Option<i64>,
    next_token: Option<&str>,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let mut items = items;
    items.sort_by(|a, b| id(a).cmp(id(b)));
    if let Some(token) = next_token {
        let last = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| Fault::new("InvalidNextToken", "The specified nextToken is invalid."))?;
        items.retain(|item| id(item) > last.as_str());
    }
    let Some(max_results) = max_results else { return Ok((items, None)) };
    let wrong = |expecting: &str| {
        Fault::new(
            "InvalidParameterValue",
            format!("Value ( {max_results} ) for parameter maxResults is invalid. {expecting}"),
        )
    };
    let (least, most) = (bounds.start(), bounds.end());
    if max_results < *least {
        return Err(wrong(&format!("Expecting a value greater than {least}.")));
    }
    if max_results > *most {
        return Err(wrong(&format!("Expecting a value less than or equal to {most}.")));
    }
    let limit = usize::try_from(max_results).unwrap_or(usize::MAX);
    if items.len() <= limit {
        return Ok((items, None));
    }
    items.truncate(limit);
    let token = items.last().map(|last| URL_SAFE_NO_PAD.encode(id(last)));
    Ok((items, token))
}
