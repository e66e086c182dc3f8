//! Form parameters: `Filter.1.Value.2=x` and `Tags.member.1.Key=x`.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::DeserializeOwned;

use super::{DecodeError, Node, from_node};

/// More parameters than any request needs.
const MAX_PARAMETERS: usize = 20_000;
/// Deeper than any structure is.
const MAX_DEPTH: usize = 16;

/// Everything but RFC 3986's unreserved characters.
pub(crate) const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters of a request, in the order in which they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a form body or a query string.
    pub fn parse(form: &str) -> Result<Self, DecodeError> {
        let mut parameters = Vec::new();
        for pair in form.split('&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == MAX_PARAMETERS {
                return Err(DecodeError::Malformed(format!(
                    "The request has more than {MAX_PARAMETERS} parameters"
                )));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.push((decode(name)?, decode(value)?));
        }
        Ok(Self(parameters))
    }

    /// Returns the value of a parameter by its whole name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns all parameters as they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Builds the tree that the dots of the names describe. `Action`, `Version` and what belongs to a
    /// presigned signature are left out.
    pub fn tree(&self) -> Result<Node, DecodeError> {
        let mut root = BTreeMap::new();
        for (name, value) in self.0.iter().filter(|(name, _)| !name.starts_with("X-Amz-")) {
            insert(&mut root, name, value)?;
        }
        root.remove("Action");
        root.remove("Version");
        Ok(Node::Structure(root))
    }

    /// Reads a request.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, DecodeError> {
        from_node(&self.tree()?)
    }
}

fn insert(
    mut members: &mut BTreeMap<String, Node>,
    name: &str,
    value: &str,
) -> Result<(), DecodeError> {
    let twice = || DecodeError::Malformed(format!("The parameter {name} is given twice"));
    let mut parts = name.split('.').peekable();
    let mut depth = 0;
    while let Some(part) = parts.next() {
        depth += 1;
        if depth > MAX_DEPTH || part.is_empty() {
            return Err(DecodeError::Unknown(name.to_owned()));
        }
        if parts.peek().is_none() {
            if members.contains_key(part) {
                return Err(twice());
            }
            members.insert(part.to_owned(), Node::Text(value.to_owned()));
            return Ok(());
        }
        let Node::Structure(inner) = members.entry(part.to_owned()).or_default() else {
            return Err(twice());
        };
        members = inner;
    }
    Ok(())
}

fn decode(text: &str) -> Result<String, DecodeError> {
    let malformed = || {
        DecodeError::Malformed(format!("'{}' is not percent-encoded UTF-8", text.escape_debug()))
    };
    let is_escape = |after: &str| {
        after.len() >= 2 && after.bytes().take(2).all(|byte| byte.is_ascii_hexdigit())
    };
    if !text.split('%').skip(1).all(is_escape) {
        return Err(malformed());
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map(Into::into).map_err(|_| malformed())
}

/// Writes a form body.
pub fn encode<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut form = String::new();
    for (name, value) in parameters {
        if !form.is_empty() {
            form.push('&');
        }
        form.extend(utf8_percent_encode(name, RESERVED));
        form.push('=');
        form.extend(utf8_percent_encode(value, RESERVED));
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::DescribeFlowLogsRequest;
    use crate::iam::UntagRoleRequest;

    #[test]
    fn a_fault_names_the_parameter_as_it_was_sent() {
        let read = |form: &str| {
            let parameters = Parameters::parse(form).unwrap();
            parameters.read::<DescribeFlowLogsRequest>().unwrap_err().to_string()
        };
        assert_eq!(
            read("Filter.7.Value.1=a"),
            "The request must contain the parameter Filter.7.Name"
        );
        assert_eq!(
            read("Filter=a"),
            "Value (a) for parameter Filter is invalid. Expecting a structure."
        );
        assert_eq!(read("Filter.7.Nam=a"), "The parameter Filter.7.Nam is not recognized");
    }

    #[test]
    fn no_element_of_a_list_is_left_out() {
        let read = |form: &str| {
            let parameters = Parameters::parse(&format!("RoleName=r&{form}")).unwrap();
            parameters.read::<UntagRoleRequest>().map(|request| request.tag_keys)
        };
        assert_eq!(read("TagKeys.member.9=b&TagKeys.member.1=a"), Ok(vec!["a".into(), "b".into()]));
        for (form, stray) in [
            ("TagKeys.member.1=a&TagKeys.1=b", "TagKeys.member"),
            ("TagKeys.member.1=a&TagKeys.item.1=b", "TagKeys.item"),
            ("TagKeys.4294967296=a", "TagKeys.4294967296"),
            ("TagKeys.member.4294967296=a", "TagKeys.member.4294967296"),
        ] {
            assert_eq!(read(form), Err(DecodeError::Unknown(stray.to_owned())), "{form}");
        }
    }
}
