//! Plain structs → XML elements.

use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer,
};

use super::DecodeError;

/// What the elements of a list are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListStyle {
    /// `<item>` (EC2).
    Item,
    /// `<member>` (IAM, STS).
    Member,
}

impl ListStyle {
    const fn element(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Member => "member",
        }
    }
}

/// Writes a value as an element; without a name, only what is in it.
pub(super) fn write_element<T: Serialize + ?Sized>(
    out: &mut String,
    name: Option<&'static str>,
    value: &T,
    lists: ListStyle,
) -> Result<(), DecodeError> {
    value.serialize(Element { out, name, lists })
}

/// Writes text; a character that XML cannot hold becomes U+FFFD.
pub(super) fn write_text(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(character),
        }
    }
}

struct Element<'a> {
    out: &'a mut String,
    name: Option<&'static str>,
    lists: ListStyle,
}

impl Element<'_> {
    fn open(&mut self) {
        if let Some(name) = self.name {
            self.out.push('<');
            self.out.push_str(name);
            self.out.push('>');
        }
    }

    fn text(mut self, text: &str) {
        self.open();
        write_text(self.out, text);
        close(self.out, self.name);
    }
}

fn close(out: &mut String, name: Option<&'static str>) {
    if let Some(name) = name {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}

impl serde::ser::Error for DecodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Malformed(message.to_string())
    }
}

/// Writes a value's `Display` text.
macro_rules! displayed {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), DecodeError> {
            self.text(&value.to_string());
            Ok(())
        })*
    };
}

impl<'a> Serializer for Element<'a> {
    type Ok = ();
    type Error = DecodeError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = Impossible<(), DecodeError>;
    type SerializeTupleStruct = Impossible<(), DecodeError>;
    type SerializeTupleVariant = Impossible<(), DecodeError>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<(), DecodeError>;

    displayed! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
    }

    fn serialize_str(self, value: &str) -> Result<(), DecodeError> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), DecodeError> {
        Err(DecodeError::custom("no answer holds bytes"))
    }

    fn serialize_none(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), DecodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), DecodeError> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), DecodeError> {
        self.text(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), DecodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), DecodeError> {
        Err(DecodeError::custom("no answer holds a variant with a value"))
    }

    fn serialize_seq(mut self, _: Option<usize>) -> Result<List<'a>, DecodeError> {
        self.open();
        Ok(List { out: self.out, name: self.name, lists: self.lists })
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, DecodeError> {
        Err(DecodeError::custom("no answer holds a tuple"))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, DecodeError> {
        Err(DecodeError::custom("no answer holds a tuple"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, DecodeError> {
        Err(DecodeError::custom("no answer holds a tuple"))
    }

    fn serialize_map(mut self, _: Option<usize>) -> Result<Entries<'a>, DecodeError> {
        self.open();
        Ok(Entries { out: self.out, name: self.name, lists: self.lists })
    }

    fn serialize_struct(mut self, _: &'static str, _: usize) -> Result<Members<'a>, DecodeError> {
        self.open();
        Ok(Members { out: self.out, name: self.name, lists: self.lists })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, DecodeError> {
        Err(DecodeError::custom("no answer holds a variant with members"))
    }
}

pub(super) struct List<'a> {
    out: &'a mut String,
    name: Option<&'static str>,
    lists: ListStyle,
}

impl SerializeSeq for List<'_> {
    type Ok = ();
    type Error = DecodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DecodeError> {
        write_element(self.out, Some(self.lists.element()), value, self.lists)
    }

    fn end(self) -> Result<(), DecodeError> {
        close(self.out, self.name);
        Ok(())
    }
}

pub(super) struct Members<'a> {
    out: &'a mut String,
    name: Option<&'static str>,
    lists: ListStyle,
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = DecodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), DecodeError> {
        write_element(self.out, Some(name), value, self.lists)
    }

    fn end(self) -> Result<(), DecodeError> {
        close(self.out, self.name);
        Ok(())
    }
}

/// A map is `<entry><key/><value/></entry>` (IAM's `SummaryMap`).
pub(super) struct Entries<'a> {
    out: &'a mut String,
    name: Option<&'static str>,
    lists: ListStyle,
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = DecodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), DecodeError> {
        self.out.push_str("<entry>");
        write_element(self.out, Some("key"), key, self.lists)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), DecodeError> {
        write_element(self.out, Some("value"), value, self.lists)?;
        self.out.push_str("</entry>");
        Ok(())
    }

    fn end(self) -> Result<(), DecodeError> {
        close(self.out, self.name);
        Ok(())
    }
}
