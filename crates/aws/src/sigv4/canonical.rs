//! The canonical request (§8.2).

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::RequestParts;
use crate::codec::query::RESERVED;

/// Writes the six parts. `payload` is the hash of the body.
pub(super) fn request(
    request: &RequestParts<'_>,
    signed_headers: &[String],
    payload: &str,
    normalize: bool,
) -> String {
    let mut text = String::new();
    text.push_str(request.method);
    text.push('\n');
    text.push_str(&path(request.path, normalize));
    text.push('\n');
    text.push_str(&query(request.query));
    text.push('\n');
    for name in signed_headers {
        text.push_str(name);
        text.push(':');
        let values = request.headers.iter().filter(|(header, _)| header == name);
        for (place, (_, value)) in values.enumerate() {
            if place > 0 {
                text.push(',');
            }
            push_trimmed(&mut text, value);
        }
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&signed_headers.join(";"));
    text.push('\n');
    text.push_str(payload);
    text
}

/// Ends are trimmed; runs of spaces, and folded lines, become one space.
fn push_trimmed(text: &mut String, value: &str) {
    let words = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    for (place, word) in words.enumerate() {
        if place > 0 {
            text.push(' ');
        }
        text.push_str(word);
    }
}

/// Dot segments and double slashes go, then every byte of the wire's path is encoded once more.
fn path(path: &str, normalize: bool) -> String {
    let mut segments: Vec<&str> = Vec::new();
    let normalized;
    let path = if normalize {
        let mut ends_open = path.ends_with('/');
        for segment in path.split('/') {
            match segment {
                "" | "." => {}
                ".." => {
                    segments.pop();
                }
                other => segments.push(other),
            }
        }
        ends_open |= path.ends_with("/.") || path.ends_with("/..");
        let end = if ends_open && !segments.is_empty() { "/" } else { "" };
        normalized = format!("/{}{end}", segments.join("/"));
        normalized.as_str()
    } else if path.is_empty() {
        "/"
    } else {
        path
    };
    path.split('/')
        .map(|segment| utf8_percent_encode(segment, RESERVED).to_string())
        .collect::<Vec<_>>()
        .join("/")
}

/// Sorted by encoded name, then value; the signature itself does not take part.
fn query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (encoded(name), encoded(value))
        })
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    percent_encoding::percent_encode(&bytes, RESERVED).to_string()
}
