//! A request's body and headers, within limits.

mod budget;

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use flowlogd_aws::Fault;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::http::request::Parts;

use super::Limits;

pub(super) use budget::{Budget, Share};

/// Reads the body as it travels. One that is too large is not read to its end. The share of the memory has to
/// be kept as long as the body.
pub(super) async fn read<'a>(
    incoming: Incoming,
    head: &Parts,
    limits: &Limits,
    budget: &'a Budget,
) -> Result<(Bytes, Share<'a>), Fault> {
    if head.uri.query().is_some_and(|query| query.len() > limits.header_bytes) {
        return Err(too_large("query string", limits.header_bytes));
    }
    if incoming.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large("body", limits.body_bytes));
    }
    let is_compressed = head.headers.contains_key("content-encoding");
    let share = budget.share(incoming.size_hint().upper(), is_compressed, limits).await?;
    let collected = Limited::new(incoming, limits.body_bytes).collect();
    match tokio::time::timeout(limits.body_time(), collected).await {
        Ok(Ok(body)) => Ok((body.to_bytes(), share)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(too_large("body", limits.body_bytes))
        }
        Ok(Err(error)) => Err(malformed(&format!("The body did not arrive whole: {error}"))),
        Err(_) => Err(Fault::new(
            "RequestTimeout",
            format!("The body did not arrive within {} seconds", limits.body_seconds),
        )
        .with_status(408)),
    }
}

/// Returns the headers by name, as text.
pub(super) fn headers(head: &Parts) -> Result<Vec<(String, String)>, Fault> {
    head.headers
        .iter()
        .map(|(name, value)| {
            let value = std::str::from_utf8(value.as_bytes())
                .map_err(|_| malformed(&format!("The header {name} is not UTF-8")))?;
            Ok((name.as_str().to_owned(), value.to_owned()))
        })
        .collect()
}

/// Undoes `Content-Encoding: gzip`; the signature is over the compressed bytes.
pub(super) fn inflate(
    headers: &[(String, String)],
    body: &Bytes,
    limits: &Limits,
) -> Result<Vec<u8>, Fault> {
    let encoding = headers.iter().find(|(name, _)| name == "content-encoding");
    match encoding.map(|(_, value)| value.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => Ok(body.to_vec()),
        Some("gzip") => {
            let mut inflated = Vec::new();
            let most = limits.body_bytes as u64;
            MultiGzDecoder::new(&**body)
                .take(most + 1)
                .read_to_end(&mut inflated)
                .map_err(|error| malformed(&format!("The body is not gzip: {error}")))?;
            if inflated.len() as u64 > most {
                return Err(too_large("body", limits.body_bytes));
            }
            Ok(inflated)
        }
        Some(other) => Err(malformed(&format!(
            "Content-Encoding '{}' is not supported: send gzip or none",
            other.escape_debug()
        ))),
    }
}

fn too_large(what: &str, limit: usize) -> Fault {
    Fault::new("RequestEntityTooLarge", format!("The {what} has more than {limit} bytes"))
        .with_status(413)
}

pub(super) fn malformed(text: &str) -> Fault {
    Fault::new("MalformedHttpRequestException", text)
}
