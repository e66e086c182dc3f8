//! Signature Version 4: reading, checking and making signatures (`iam-sts-sigv4-cloudtrail.md` §8).

mod canonical;
mod read;
#[cfg(test)]
mod suite;

use std::borrow::Cow;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::one_line::one_line;

pub use read::read;

/// A request as it travelled.
#[derive(Clone, Copy, Debug)]
pub struct RequestParts<'a> {
    /// `POST`.
    pub method: &'a str,
    /// As in the request line, before `?`.
    pub path: &'a str,
    /// As in the request line, after `?`.
    pub query: &'a str,
    /// Names in lower case, in the order received.
    pub headers: &'a [(String, String)],
    /// As transmitted, after any content encoding.
    pub body: &'a [u8],
}

/// What a request says of its signer; nothing of it is proved yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// `AKIA…` or `ASIA…`.
    pub access_key_id: String,
    /// The session token that came along.
    pub session_token: Option<String>,
    /// Region of the scope.
    pub region: String,
    /// Service of the scope: `ec2`, `logs`, `iam`, `sts`, ….
    pub service: String,
    /// The rest of what has to be checked.
    pub(crate) signature: Signature,
}

/// What the check needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// `20150830`, of the scope.
    pub(crate) date: String,
    /// `20150830T123600Z`.
    pub(crate) time: String,
    /// Unix seconds of `time`.
    pub(crate) at: i64,
    /// `aws4_request`.
    pub(crate) terminator: String,
    /// As sent.
    pub(crate) signed_headers: Vec<String>,
    /// 64 hex digits.
    pub(crate) value: String,
    /// Of a presigned query: seconds that it holds.
    pub(crate) expires: Option<i64>,
}

/// Why a signature does not hold. The texts are AWS's (§7.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigV4Error {
    /// There is none.
    #[error("Missing Authentication Token")]
    Missing,
    /// It cannot be read.
    #[error("{}", one_line(.0))]
    Incomplete(String),
    /// It is too old or too new.
    #[error("{}", one_line(.0))]
    Skewed(String),
    /// Its scope is not one of ours.
    #[error("{}", one_line(.0))]
    Scope(String),
    /// It is another one than the secret gives.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS \
         Secret Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

/// Who signs: the secret and what goes with it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey<'a> {
    /// Public part.
    pub access_key_id: Cow<'a, str>,
    /// Never shown.
    pub secret_access_key: Cow<'a, str>,
    /// Of temporary credentials.
    pub session_token: Option<Cow<'a, str>>,
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";
const TIME: &[time::format_description::BorrowedFormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");

/// Checks a signature against the secret of its key. `now` is in Unix seconds, `skew` the greatest
/// difference allowed, in seconds. The order of the checks is AWS's (§8.3): time, scope, signature.
pub fn verify(
    request: &RequestParts<'_>,
    presented: &Presented,
    secret_access_key: &str,
    now: i64,
    skew: i64,
) -> Result<(), SigV4Error> {
    let signature = &presented.signature;
    check_time(signature, now, skew)?;
    if signature.terminator != TERMINATOR {
        return Err(SigV4Error::Scope(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'.",
            signature.terminator
        )));
    }
    if !signature.time.starts_with(&signature.date) {
        return Err(SigV4Error::Scope(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: \
             '{}' != '{}', from '{}'.",
            signature.date,
            signature.time.get(..8).unwrap_or_default(),
            signature.time
        )));
    }
    check_coverage(request, signature)?;
    let payload = payload_hash(request)?;
    let canonical = canonical::request(request, &signature.signed_headers, &payload, true);
    let expected = signature_of(
        &canonical,
        &signature.time,
        &signature.date,
        &presented.region,
        &presented.service,
        secret_access_key,
    );
    // Compared in constant time.
    let given = unhex(&signature.value).ok_or(SigV4Error::Mismatch)?;
    expected.verify_slice(&given).map_err(|_| SigV4Error::Mismatch)
}

fn check_time(signature: &Signature, now: i64, skew: i64) -> Result<(), SigV4Error> {
    let minutes = skew / 60;
    let expiry = signature.expires.unwrap_or(skew);
    let (at, server) = (&signature.time, written(now));
    if signature.at > now.saturating_add(skew) {
        return Err(SigV4Error::Skewed(format!(
            "Signature not yet current: {at} is still later than {} ({server} + {minutes} min.)",
            written(now.saturating_add(skew))
        )));
    }
    if now >= signature.at + expiry && (signature.expires.is_some() || now > signature.at + skew) {
        return Err(SigV4Error::Skewed(match signature.expires {
            Some(_) => {
                let end = written(signature.at + expiry);
                format!("Signature expired: {end} is now earlier than {server}")
            }
            None => format!(
                "Signature expired: {at} is now earlier than {} ({server} - {minutes} min.)",
                written(now - skew)
            ),
        }));
    }
    Ok(())
}

/// The host and every `x-amz-` header have to be signed, and what is signed has to be there.
fn check_coverage(request: &RequestParts<'_>, signature: &Signature) -> Result<(), SigV4Error> {
    let is_signed = |name: &str| signature.signed_headers.iter().any(|signed| signed == name);
    if !is_signed("host") {
        return Err(SigV4Error::Incomplete(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.".to_owned(),
        ));
    }
    for (name, _) in request.headers {
        if name.starts_with("x-amz-") && !is_signed(name) {
            return Err(SigV4Error::Incomplete(format!(
                "There were headers present in the request which were not signed: {name}"
            )));
        }
    }
    for signed in &signature.signed_headers {
        if !request.headers.iter().any(|(name, _)| name == signed) {
            return Err(SigV4Error::Incomplete(format!(
                "The header '{signed}' is among the SignedHeaders, but not in the request"
            )));
        }
    }
    Ok(())
}

/// Returns the hash of the body that the signature is over, having checked what the client says it is.
fn payload_hash(request: &RequestParts<'_>) -> Result<String, SigV4Error> {
    let real = hex(&Sha256::digest(request.body));
    let said = request.headers.iter().find(|(name, _)| name == "x-amz-content-sha256");
    match said {
        Some((_, said)) if *said != real => Err(SigV4Error::Mismatch),
        Some(_) | None => Ok(real),
    }
}

/// Returns the headers to add to a request so that it is signed: `x-amz-date`, `authorization` and, with
/// temporary credentials, `x-amz-security-token`. `host` has to be among the headers of the request.
pub fn sign(
    request: &RequestParts<'_>,
    key: &SigningKey<'_>,
    region: &str,
    service: &str,
    now: i64,
) -> Vec<(&'static str, String)> {
    let time = written(now);
    let date = time.get(..8).unwrap_or_default().to_owned();
    let mut added = vec![("x-amz-date", time.clone())];
    if let Some(token) = &key.session_token {
        added.push(("x-amz-security-token", token.clone().into_owned()));
    }
    let mut headers = request.headers.to_vec();
    headers.extend(added.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let mut signed: Vec<String> = headers.iter().map(|(name, _)| name.clone()).collect();
    signed.sort();
    signed.dedup();
    let payload = hex(&Sha256::digest(request.body));
    let parts = RequestParts { headers: &headers, ..*request };
    let canonical = canonical::request(&parts, &signed, &payload, true);
    let secret = &key.secret_access_key;
    let signature = signature_of(&canonical, &time, &date, region, service, secret);
    let signature = hex(&signature.finalize().into_bytes());
    added.push((
        "authorization",
        format!(
            "{ALGORITHM} Credential={}/{date}/{region}/{service}/{TERMINATOR}, SignedHeaders={}, \
             Signature={signature}",
            key.access_key_id,
            signed.join(";")
        ),
    ));
    added
}

/// §8.3.
fn signature_of(
    canonical: &str,
    time: &str,
    date: &str,
    region: &str,
    service: &str,
    secret: &str,
) -> Hmac<Sha256> {
    let text = format!(
        "{ALGORITHM}\n{time}\n{date}/{region}/{service}/{TERMINATOR}\n{}",
        hex(&Sha256::digest(canonical))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [date, region, service, TERMINATOR] {
        key = mac(&key, part).finalize().into_bytes().to_vec();
    }
    mac(&key, &text)
}

fn mac(key: &[u8], text: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("an HMAC key may have any length");
    mac.update(text.as_bytes());
    mac
}

fn written(seconds: i64) -> String {
    // A time that does not fit into a calendar is none that we made.
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|time| time.format(TIME).ok())
        .unwrap_or_default()
}

fn parsed(time: &str) -> Option<i64> {
    Some(PrimitiveDateTime::parse(time, TIME).ok()?.assume_utc().unix_timestamp())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}
