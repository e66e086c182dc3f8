//! JSON 1.1.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::ser::Serialize;

use crate::Fault;

/// Reads a request; no body is an empty one. Members that it does not know are left alone, as AWS does, and
/// every byte that is not UTF-8 is read as U+FFFD (`cloudwatch-logs.md` §4.3).
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    let body = if body.is_empty() { b"{}" } else { body };
    let text = match std::str::from_utf8(body) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(replaced(body)),
    };
    // What is read into members by name could also be read from a list, by place.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Fault::new(
            "SerializationException",
            "The request is not what it should be: it has to be a JSON object",
        ));
    }
    serde_json::from_str(&text).map_err(|error| {
        Fault::new(
            "SerializationException",
            format!("The request is not what it should be: {error}"),
        )
    })
}

fn replaced(body: &[u8]) -> String {
    let mut text = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// Writes an answer.
pub fn write<T: Serialize>(answer: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(answer)
}

/// Writes a fault: the short code, and `message` (`cloudwatch-logs.md` §1.3).
pub fn write_fault(fault: &Fault) -> Vec<u8> {
    // Denials write `Message`, all others `message` (`iam-sts-sigv4-cloudtrail.md` §7.3).
    let name = if fault.code == "AccessDeniedException" { "Message" } else { "message" };
    let body = serde_json::json!({ "__type": fault.code, name: fault.message });
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_that_is_not_utf_8_is_replaced() {
        let body = b"{\"a\":\"x\xff\xe2\x82y\"}";

        let read: std::collections::BTreeMap<String, String> = read(body).unwrap();

        assert_eq!(read["a"], "x\u{fffd}\u{fffd}\u{fffd}y");
    }
}
