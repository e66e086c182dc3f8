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
        self.named_elements().into_iter().map(|(_, element)| element).collect()
    }

    /// The same with their names below the list's: `1`, `member.1`; by place where they have no numbers, and
    /// without one where the list itself is the element.
    pub(super) fn named_elements(&self) -> Vec<(String, &Self)> {
        match self {
            Self::Text(text) if text.is_empty() => Vec::new(),
            Self::Text(_) => vec![(String::new(), self)],
            Self::List(elements) => {
                let places = elements.iter().enumerate();
                places.map(|(place, element)| ((place + 1).to_string(), element)).collect()
            }
            Self::Structure(members) => {
                if members.len() == 1
                    && let Some((name, inner)) = members.first_key_value()
                    && is_wrapper(name)
                {
                    return match inner {
                        Self::Structure(inner_members)
                            if !inner_members.keys().all(|key| is_number(key)) =>
                        {
                            vec![(name.clone(), inner)]
                        }
                        Self::Text(_) => vec![(name.clone(), inner)],
                        Self::Structure(_) | Self::List(_) => {
                            let elements = inner.named_elements().into_iter();
                            elements
                                .map(|(below, node)| (format!("{name}.{below}"), node))
                                .collect()
                        }
                    };
                }
                let mut numbered: Vec<(u32, &String, &Self)> = members
                    .iter()
                    .filter_map(|(key, value)| Some((key.parse().ok()?, key, value)))
                    .collect();
                numbered.sort_by_key(|(number, ..)| *number);
                numbered.into_iter().map(|(_, key, value)| (key.clone(), value)).collect()
            }
        }
    }

    /// Returns the name of a member that [`Self::elements`] would leave out.
    pub(super) fn stray_element(&self) -> Option<String> {
        let Self::Structure(members) = self else { return None };
        match members.first_key_value() {
            Some((name, inner)) if members.len() == 1 && is_wrapper(name) => match inner {
                Self::Structure(below) if below.keys().all(|key| is_number(key)) => {
                    inner.stray_element().map(|stray| format!("{name}.{stray}"))
                }
                Self::Structure(_) | Self::Text(_) | Self::List(_) => None,
            },
            _ => members.keys().find(|key| !is_number(key) || key.parse::<u32>().is_err()).cloned(),
        }
    }
}

fn is_wrapper(name: &str) -> bool {
    matches!(name, "member" | "item")
}

fn is_number(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}
