//! Random identifiers and secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the kernel always has random bytes");
    bytes
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `vpc` → `vpc-` and 17 hex digits (`vpc-filtering.md` §10.1).
pub(crate) fn resource(prefix: &str) -> String {
    let digits = hex(&random::<9>());
    format!("{prefix}-{}", digits.get(..17).unwrap_or_default())
}

/// `AIDA` → `AIDA` and 17 letters (`iam-sts-sigv4-cloudtrail.md` §1.3): 21 in all; access keys 20.
pub(crate) fn unique(prefix: &str, length: usize) -> String {
    let mut id = prefix.to_owned();
    for byte in random::<32>().iter().take(length.saturating_sub(prefix.len())) {
        id.push(char::from(BASE32.get(usize::from(byte & 31)).copied().unwrap_or(b'A')));
    }
    id
}

/// A secret access key: 40 characters of base64.
pub(crate) fn secret() -> String {
    STANDARD.encode(random::<30>())
}

/// A session or client token of some length.
pub(crate) fn token<const BYTES: usize>() -> String {
    STANDARD.encode(random::<BYTES>())
}

/// A MAC address: unicast, locally administered (`vpc-filtering.md` §7).
pub(crate) fn mac() -> String {
    let [first, rest @ ..] = random::<6>();
    let first = first & 0xfc | 0x02;
    rest.iter().fold(format!("{first:02x}"), |mac, byte| format!("{mac}:{byte:02x}"))
}

/// A version 4 UUID: request ids.
pub(crate) fn uuid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    let part = |range: std::ops::Range<usize>| digits.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}
