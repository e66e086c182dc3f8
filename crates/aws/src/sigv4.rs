//! Signature Version 4: reading, checking and making signatures (`iam-sts-sigv4-cloudtrail.md` §8).

use std::borrow::Cow;

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
    pub(crate) placeholder: (),
}

/// Why a signature does not hold. The texts are AWS's (§7.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigV4Error {
    /// There is none.
    #[error("Missing Authentication Token")]
    Missing,
    /// It cannot be read.
    #[error("{0}")]
    Incomplete(String),
    /// It is too old or too new.
    #[error("{0}")]
    Skewed(String),
    /// Its scope is not one of ours.
    #[error("{0}")]
    Scope(String),
    /// It is another one than the secret gives.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
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

/// Reads the signature of a request, from its header or its query string.
pub fn read(request: &RequestParts<'_>) -> Result<Presented, SigV4Error> {
    let _ = request;
    Err(SigV4Error::Missing)
}

/// Checks a signature against the secret of its key. `now` is in Unix seconds, `skew` the greatest
/// difference allowed, in seconds. The order of the checks is AWS's (§8.3): time, scope, signature.
pub fn verify(
    request: &RequestParts<'_>,
    presented: &Presented,
    secret_access_key: &str,
    now: i64,
    skew: i64,
) -> Result<(), SigV4Error> {
    let _ = (request, presented, secret_access_key, now, skew);
    Err(SigV4Error::Mismatch)
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
    let _ = (request, key, region, service, now);
    Vec::new()
}
