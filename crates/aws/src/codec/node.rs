//! A document of text, structures and lists: what form parameters and XML have in common.

use std::collections::BTreeMap;

/// One value of a request's parameters or of an XML document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A value.
    Text(String),
    /// Members by name.
    Structure(BTreeMap<String, Self>),
    /// Elements of the same name (XML).
    List(Vec<Self>),
}

impl Default for Node {
    fn default() -> Self {
        Self::Structure(BTreeMap::new())
    }
}

impl Node {
    /// Returns a member by name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Structure(members) => members.get(name),
            Self::Text(_) | Self::List(_) => None,
        }
    }

    /// Returns the text of a value.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Structure(_) | Self::List(_) => None,
        }
    }

    /// Returns the elements of a list, whichever way it is written: `Name.1`, `Name.member.1`, repeated
    /// elements, `<item>` or `<member>` children; numbered ones by their number.
    pub fn elements(&self) -> Vec<&Self> {
        match self {
            Self::Text(text) if text.is_empty() => Vec::new(),
            Self::Text(_) => vec![self],
            Self::List(elements) => elements.iter().collect(),
            Self::Structure(members) => {
                if members.len() == 1
                    && let Some(inner) = members.get("member").or_else(|| members.get("item"))
                {
                    return match inner {
                        Self::Structure(inner_members)
                            if !inner_members.keys().all(|key| is_number(key)) =>
                        {
                            vec![inner]
                        }
                        Self::Text(_) => vec![inner],
                        Self::Structure(_) | Self::List(_) => inner.elements(),
                    };
                }
                let mut numbered: Vec<(u32, &Self)> = members
                    .iter()
                    .filter_map(|(key, value)| Some((key.parse().ok()?, value)))
                    .collect();
                numbered.sort_by_key(|(number, _)| *number);
                numbered.into_iter().map(|(_, value)| value).collect()
            }
        }
    }
}

/// Whether elements can be numbered so.
pub(super) fn is_number(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit()) && key.parse::<u32>().is_ok()
}
