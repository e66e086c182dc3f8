//! What a request says of its signature: in a header (§8.1) or in its query string (§8.4).

use percent_encoding::percent_decode_str;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{ALGORITHM, Presented, RequestParts, SigV4Error, Signature, parsed, written};

/// The longest that a presigned query may hold, in seconds: a week.
const LONGEST_EXPIRY: i64 = 604_800;

/// Reads the signature of a request, from its header or its query string.
pub fn read(request: &RequestParts<'_>) -> Result<Presented, SigV4Error> {
    let mut headers = request.headers.iter().filter(|(name, _)| name == "authorization");
    let header = headers.next().map(|(_, value)| value.as_str());
    if headers.next().is_some() {
        return Err(SigV4Error::Incomplete(
            "The request has more than one Authorization header".to_owned(),
        ));
    }
    let is_presigned =
        query(request, "X-Amz-Signature").is_some() || query(request, "X-Amz-Algorithm").is_some();
    match (header, is_presigned) {
        (None, false) => Err(SigV4Error::Missing),
        (Some(_), true) => Err(SigV4Error::Incomplete(
            "The request has an Authorization header and X-Amz-Signature in its query: one of them is enough"
                .to_owned(),
        )),
        (Some(header), false) => of_header(request, header),
        (None, true) => of_query(request),
    }
}

fn header<'a>(request: &RequestParts<'a>, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
}

fn query(request: &RequestParts<'_>, name: &str) -> Option<String> {
    request.query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name)
            .then(|| percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned())
    })
}

fn of_header(request: &RequestParts<'_>, header: &str) -> Result<Presented, SigV4Error> {
    let Some((algorithm, rest)) = header.split_once(' ') else {
        return Err(SigV4Error::Incomplete(format!(
            "Authorization header is not '{ALGORITHM} Credential=…, SignedHeaders=…, Signature=…'"
        )));
    };
    if algorithm != ALGORITHM {
        return Err(SigV4Error::Incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'")));
    }
    let (mut credential, mut signed_headers, mut signature) = (None, None, None);
    for pair in rest.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(SigV4Error::Incomplete(format!(
                "'{pair}' not a valid key=value pair (missing equal-sign) in Authorization header: \
                 '{header}'."
            )));
        };
        match name {
            "Credential" => credential = Some(value),
            "SignedHeaders" => signed_headers = Some(value),
            "Signature" => signature = Some(value),
            _ => {}
        }
    }
    let date = header_time(request);
    let mut missing = String::new();
    for (name, is_there) in [
        ("Credential", credential.is_some()),
        ("Signature", signature.is_some()),
        ("SignedHeaders", signed_headers.is_some()),
    ] {
        if !is_there {
            missing += &format!("Authorization header requires '{name}' parameter. ");
        }
    }
    if date.is_none() {
        missing +=
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    }
    let (Some(credential), Some(signed_headers), Some(signature), Some(time)) =
        (credential, signed_headers, signature, date)
    else {
        return Err(SigV4Error::Incomplete(format!("{missing}Authorization={algorithm}")));
    };
    let token = header_of(request, "x-amz-security-token");
    presented(credential, signed_headers, signature, &time, token, None)
}

fn header_of(request: &RequestParts<'_>, name: &str) -> Option<String> {
    header(request, name).map(str::to_owned)
}

/// `X-Amz-Date`, else `Date`, in the basic form of ISO 8601: what is signed, even if `Date` is in HTTP's form.
fn header_time(request: &RequestParts<'_>) -> Option<String> {
    header_of(request, "x-amz-date").or_else(|| {
        let date = header(request, "date")?;
        let seconds = OffsetDateTime::parse(date, &Rfc2822).map(OffsetDateTime::unix_timestamp);
        Some(seconds.map_or_else(|_| date.to_owned(), written))
    })
}

fn of_query(request: &RequestParts<'_>) -> Result<Presented, SigV4Error> {
    let required = |name: &str| {
        query(request, name).ok_or_else(|| {
            SigV4Error::Incomplete(format!("AWS query-string parameters must include '{name}'."))
        })
    };
    let algorithm = required("X-Amz-Algorithm")?;
    if algorithm != ALGORITHM {
        return Err(SigV4Error::Incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'")));
    }
    let expires = required("X-Amz-Expires")?;
    let expires =
        expires.parse().ok().filter(|expires| (1..=LONGEST_EXPIRY).contains(expires)).ok_or_else(
            || {
                SigV4Error::Incomplete(format!(
                    "X-Amz-Expires must be between 1 and {LONGEST_EXPIRY} seconds, not '{expires}'"
                ))
            },
        )?;
    presented(
        &required("X-Amz-Credential")?,
        &required("X-Amz-SignedHeaders")?,
        &required("X-Amz-Signature")?,
        &required("X-Amz-Date")?,
        query(request, "X-Amz-Security-Token"),
        Some(expires),
    )
}

fn presented(
    credential: &str,
    signed_headers: &str,
    signature: &str,
    time: &str,
    session_token: Option<String>,
    expires: Option<i64>,
) -> Result<Presented, SigV4Error> {
    let parts: Vec<&str> = credential.split('/').collect();
    let [access_key_id, date, region, service, terminator] = parts.as_slice() else {
        return Err(SigV4Error::Incomplete(format!(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
             got '{credential}'"
        )));
    };
    let Some(at) = parsed(time) else {
        return Err(SigV4Error::Incomplete(format!(
            "Date must be in ISO-8601 'basic format'. Got '{time}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )));
    };
    if region.is_empty() {
        return Err(SigV4Error::Scope(
            "Credential should be scoped to a valid region, not ''.".to_owned(),
        ));
    }
    let signed_headers: Vec<&str> = signed_headers.split(';').collect();
    let mut names = signed_headers.clone();
    names.sort_unstable();
    // A header that is listed a thousand times would be hashed a thousand times.
    if let Some(twice) =
        names.windows(2).find_map(|pair| (pair.first() == pair.last()).then(|| pair.first())?)
    {
        return Err(SigV4Error::Incomplete(format!(
            "The header '{twice}' is more than once among the SignedHeaders"
        )));
    }
    Ok(Presented {
        access_key_id: (*access_key_id).to_owned(),
        session_token,
        region: (*region).to_owned(),
        service: (*service).to_owned(),
        signature: Signature {
            date: (*date).to_owned(),
            time: time.to_owned(),
            at,
            terminator: (*terminator).to_owned(),
            signed_headers: signed_headers.into_iter().map(str::to_owned).collect(),
            value: signature.to_owned(),
            expires,
        },
    })
}
