//! Calls of EC2's operations, with the parts of their answers that are wanted here.

use flowlogd_aws::codec::from_node;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{CallError, Client};

/// Parameters of the query protocol.
pub(crate) type Parameters = Vec<(String, String)>;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// Makes a call, and returns what is wanted of the answer.
pub(crate) async fn call<T: DeserializeOwned>(
    client: &Client,
    action: &str,
    parameters: &[(String, String)],
) -> Result<T, CallError> {
    let parameters: Vec<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = client.query("ec2", flowlogd_aws::ec2::VERSION, action, &parameters).await?;
    from_node(&answer).map_err(|error| {
        CallError::Malformed(format!("cannot read the answer to {action}: {error}"))
    })
}

/// Returns a page's items, and where the next one begins.
pub(crate) trait Page: DeserializeOwned {
    type Item;

    fn into_parts(self) -> (Vec<Self::Item>, Option<String>);
}

/// Calls a describing operation, page by page.
pub(crate) async fn all<P: Page>(
    client: &Client,
    action: &str,
    parameters: &Parameters,
) -> Result<Vec<P::Item>, CallError> {
    let (mut items, mut token) = (Vec::new(), None);
    loop {
        let mut parameters = parameters.clone();
        parameters.push(("MaxResults".to_owned(), "1000".to_owned()));
        parameters.extend(token.map(|token| ("NextToken".to_owned(), token)));
        let (page, next) = call::<P>(client, action, &parameters).await?.into_parts();
        items.extend(page);
        token = next;
        if token.is_none() {
            return Ok(items);
        }
    }
}

/// Returns the parameters that give a new resource its tags.
pub(crate) fn tags_of_new<'a>(
    kind: &str,
    tags: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Parameters {
    let mut parameters = vec![("TagSpecification.1.ResourceType".to_owned(), kind.to_owned())];
    for (place, (key, value)) in (1..).zip(tags) {
        let prefix = format!("TagSpecification.1.Tag.{place}");
        parameters.push((format!("{prefix}.Key"), key.to_owned()));
        parameters.push((format!("{prefix}.Value"), value.to_owned()));
    }
    parameters
}

/// Returns one parameter.
pub(crate) fn parameter(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

/// Returns a tag's value.
pub(crate) fn value_of(tags: &[Tag], key: &str) -> Option<String> {
    tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.clone())
}
