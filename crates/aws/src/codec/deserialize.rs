//! [`Node`] → plain structs.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::{DecodeError, Node};

/// Reads a struct from a tree. Errors name the parameter by its whole path.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, DecodeError> {
    T::deserialize(Value { node, path: String::new() })
}

impl Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Invalid {
            parameter: String::new(),
            value: String::new(),
            expected: message.to_string(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field.to_owned())
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(field.to_owned())
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::Invalid {
            parameter: String::new(),
            value: variant.to_owned(),
            expected: format!("Valid values: {}", expected.join(", ")),
        }
    }
}

/// Says where in the request an error is.
fn located(error: DecodeError, path: &str, text: &str) -> DecodeError {
    let joined = |name: &str| {
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    };
    match error {
        DecodeError::Missing(name) => DecodeError::Missing(joined(&name)),
        DecodeError::Unknown(name) => DecodeError::Unknown(joined(&name)),
        DecodeError::Invalid { parameter, value, expected } if parameter.is_empty() => {
            let value = if value.is_empty() { text.to_owned() } else { value };
            DecodeError::Invalid { parameter: path.to_owned(), value, expected }
        }
        other @ (DecodeError::Invalid { .. } | DecodeError::Malformed(_)) => other,
    }
}

struct Value<'a> {
    node: &'a Node,
    path: String,
}

impl Value<'_> {
    fn text(&self) -> Result<&str, DecodeError> {
        self.node.text().ok_or_else(|| {
            DecodeError::Unknown(match self.node {
                Node::Structure(members) => match members.keys().next() {
                    Some(member) => format!("{}.{member}", self.path),
                    None => self.path.clone(),
                },
                Node::Text(_) | Node::List(_) => self.path.clone(),
            })
        })
    }

    fn invalid(&self, expected: &str) -> DecodeError {
        DecodeError::Invalid {
            parameter: self.path.clone(),
            value: self.node.text().unwrap_or_default().to_owned(),
            expected: expected.to_owned(),
        }
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, DecodeError> {
        self.text()?.trim().parse().map_err(|_| self.invalid("Expecting a number."))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            let number = self.number()?;
            visitor.$visit(number).map_err(|error| located(error, &self.path, ""))
        })*
    };
}

impl<'de> Deserializer<'de> for Value<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node {
            Node::Text(_) => self.deserialize_str(visitor),
            Node::Structure(_) => self.deserialize_map(visitor),
            Node::List(_) => self.deserialize_seq(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.text()? {
            "true" | "True" | "1" => visitor.visit_bool(true),
            "false" | "False" | "0" => visitor.visit_bool(false),
            _ => Err(self.invalid("Expecting true or false.")),
        }
    }

    numbers! {
        deserialize_i8 visit_i8,
        deserialize_i16 visit_i16,
        deserialize_i32 visit_i32,
        deserialize_i64 visit_i64,
        deserialize_u8 visit_u8,
        deserialize_u16 visit_u16,
        deserialize_u32 visit_u32,
        deserialize_u64 visit_u64,
        deserialize_f32 visit_f32,
        deserialize_f64 visit_f64,
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let text = self.text()?;
        visitor.visit_str(text).map_err(|error| located(error, &self.path, text))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if let Some(stray) = self.node.stray_element() {
            return Err(DecodeError::Unknown(format!("{}.{stray}", self.path)));
        }
        visitor.visit_seq(Elements {
            elements: self.node.named_elements().into_iter(),
            path: &self.path,
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let members = match self.node {
            Node::Structure(members) => Some(members),
            // An element without children is an empty structure.
            Node::Text(text) if text.trim().is_empty() => None,
            Node::Text(_) | Node::List(_) => return Err(self.invalid("Expecting a structure.")),
        };
        visitor
            .visit_map(Members {
                rest: members.into_iter().flatten().collect::<Vec<_>>().into_iter(),
                value: None,
                path: &self.path,
            })
            .map_err(|error| match error {
                DecodeError::Missing(name) if !name.contains('.') || self.path.is_empty() => {
                    located(DecodeError::Missing(name), &self.path, "")
                }
                other @ (DecodeError::Missing(_)
                | DecodeError::Unknown(_)
                | DecodeError::Invalid { .. }
                | DecodeError::Malformed(_)) => other,
            })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let text = self.text()?;
        let variant: StringDeserializer<DecodeError> = text.to_owned().into_deserializer();
        visitor.visit_enum(variant).map_err(|error| located(error, &self.path, text))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Elements<'a, 'p> {
    elements: std::vec::IntoIter<(String, &'a Node)>,
    path: &'p str,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        let Some((name, node)) = self.elements.next() else { return Ok(None) };
        let path =
            if name.is_empty() { self.path.to_owned() } else { format!("{}.{name}", self.path) };
        seed.deserialize(Value { node, path }).map(Some)
    }
}

struct Members<'a, 'p> {
    rest: std::vec::IntoIter<(&'a String, &'a Node)>,
    value: Option<(&'a str, &'a Node)>,
    path: &'p str,
}

impl<'de> MapAccess<'de> for Members<'_, '_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        let Some((name, node)) = self.rest.next() else { return Ok(None) };
        self.value = Some((name, node));
        let key: StringDeserializer<DecodeError> = name.clone().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| located(error, self.path, ""))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DecodeError> {
        let Some((name, node)) = self.value.take() else {
            return Err(DecodeError::Malformed("a value without a name".to_owned()));
        };
        let path =
            if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        seed.deserialize(Value { node, path })
    }
}
