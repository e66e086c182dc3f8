//! JSON lines: one object a record.

use std::io::Write as _;

use super::text::push_value;
use super::value::{Row, Value};
use crate::{LogFormat, Record};

impl LogFormat {
    /// Appends the record as one JSON object on one line, without a newline.
    ///
    /// Members have the names and the order of the fields. Numbers are JSON numbers, `-` is `null`, and all
    /// else is a string of what the text line says.
    pub fn render_json(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let row = Row::new(record, self.version());
        for (place, field) in self.fields().iter().enumerate() {
            out.push(if place == 0 { b'{' } else { b',' });
            // Names of fields need no escaping.
            out.push(b'"');
            out.extend_from_slice(field.name().as_bytes());
            out.extend_from_slice(b"\":");
            push_json(row.value(*field), out);
        }
        out.push(b'}');
    }
}

fn push_json(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Absent => out.extend_from_slice(b"null"),
        Value::Number(_) => push_value(value, out),
        Value::Address(_)
        | Value::Text(_)
        | Value::Rule { .. }
        | Value::NearMiss(..)
        | Value::Revision(_) => {
            out.push(b'"');
            let start = out.len();
            push_value(value, out);
            escape_from(start, out);
            out.push(b'"');
        }
    }
}

/// Escapes what a JSON string must not hold; control characters cannot be there, a token has none.
fn escape_from(start: usize, out: &mut Vec<u8>) {
    let needs_escape = |byte: &u8| matches!(byte, b'"' | b'\\');
    if !out.iter().skip(start).any(needs_escape) {
        return;
    }
    for byte in out.split_off(start) {
        if needs_escape(&byte) {
            out.push(b'\\');
        }
        // Writing into a vector cannot fail.
        let _ = out.write_all(&[byte]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{OwnedRecord, any_format, any_record};
    use crate::{Field, FieldType};

    #[test]
    fn numbers_are_numbers_and_hyphens_null() {
        let record = OwnedRecord::example();
        let format = LogFormat::from_names([
            "version",
            "srcaddr",
            "dstport",
            "bytes",
            "sublocation-id",
            "action",
            "x-mixed",
        ])
        .unwrap();
        let mut out = Vec::new();

        record.with(|record| format.render_json(record, &mut out));

        insta::assert_snapshot!(
            String::from_utf8(out).unwrap(),
            @r#"{"version":4,"srcaddr":"10.0.5.5","dstport":443,"bytes":4249,"sublocation-id":null,"action":"ACCEPT","x-mixed":0}"#
        );
    }

    #[test]
    fn a_quote_in_a_name_does_not_end_the_string() {
        let mut record = OwnedRecord::example();
        record.inventory.interfaces[0].id = r#"eni-"\"#.to_owned();
        let format = LogFormat::from_names(["interface-id"]).unwrap();
        let mut out = Vec::new();

        record.with(|record| format.render_json(record, &mut out));

        assert_eq!(String::from_utf8(out).unwrap(), r#"{"interface-id":"eni-\"\\"}"#);
    }

    proptest! {
        #[test]
        fn the_object_says_what_the_line_says(record in any_record(), format in any_format()) {
            let (mut line, mut object) = (Vec::new(), Vec::new());

            record.with(|record| {
                format.render(record, &mut line);
                format.render_json(record, &mut object);
            });

            let line = String::from_utf8(line).unwrap();
            let object: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(&object).unwrap();
            prop_assert_eq!(object.len(), format.fields().len());
            for (token, field) in line.split(' ').zip(format.fields()) {
                let expected = match field.field_type() {
                    _ if token == "-" => serde_json::Value::Null,
                    FieldType::Int32 | FieldType::Int64 => token.parse::<u64>().unwrap().into(),
                    FieldType::Text => token.into(),
                };
                prop_assert_eq!(&object[Field::name(*field)], &expected);
            }
        }
    }
}
