//! Signatures by a second hand: nothing of the server's own code (`iam-sts-sigv4-cloudtrail.md` §8).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use time::macros::format_description;

use crate::request::Request;

pub(crate) const ROOT_KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const ROOT_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

#[expect(clippy::disallowed_methods, reason = "a client reads its clock")]
pub(crate) fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// `20150830T123600Z`.
pub(crate) fn basic(at: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(at).unwrap();
    time.format(format_description!("[year][month][day]T[hour][minute][second]Z")).unwrap()
}

/// `Sun, 30 Aug 2015 12:36:00 GMT`.
pub(crate) fn http_date(at: i64) -> String {
    OffsetDateTime::from_unix_timestamp(at)
        .unwrap()
        .format(&Rfc2822)
        .unwrap()
        .replace("+0000", "GMT")
}

#[derive(Clone)]
pub(crate) struct Signer {
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
    pub(crate) region: String,
    pub(crate) service: String,
    /// Unix seconds.
    pub(crate) at: i64,
}

impl Signer {
    pub(crate) fn root(service: &str) -> Self {
        Self {
            key_id: ROOT_KEY.to_owned(),
            secret: ROOT_SECRET.to_owned(),
            token: None,
            region: "us-east-1".to_owned(),
            service: service.to_owned(),
            at: unix_seconds(),
        }
    }

    /// Adds `X-Amz-Date`, the token and a signature over every header.
    pub(crate) fn sign(&self, request: Request) -> Request {
        self.sign_dated(request.with("x-amz-date", &basic(self.at)))
    }

    /// Signs a request that says its date itself.
    pub(crate) fn sign_dated(&self, request: Request) -> Request {
        let request = match &self.token {
            Some(token) => request.with("x-amz-security-token", token),
            None => request,
        };
        let (signed, signature) = self.signature(&request);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={signed}, Signature={signature}",
            self.key_id,
            self.scope()
        );
        request.authorization(&authorization)
    }

    /// Adds a signature to the query string. `expires` is as it is sent.
    pub(crate) fn presign(&self, mut request: Request, expires: &str) -> Request {
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        let mut query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F{}&X-Amz-Date={}\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders={}",
            self.key_id,
            self.scope().replace('/', "%2F"),
            basic(self.at),
            names.join("%3B")
        );
        if let Some(token) = &self.token {
            query += &format!("&X-Amz-Security-Token={token}");
        }
        request.target +=
            &format!("{}{query}", if request.target.contains('?') { '&' } else { '?' });
        let (_, signature) = self.signature(&request);
        request.target += &format!("&X-Amz-Signature={signature}");
        request
    }

    fn scope(&self) -> String {
        format!("{}/{}/{}/aws4_request", &basic(self.at)[..8], self.region, self.service)
    }

    /// Returns the names of the signed headers, and the signature.
    fn signature(&self, request: &Request) -> (String, String) {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let mut pairs: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") })
            .collect();
        pairs.sort();
        let headers: BTreeMap<&str, &str> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.trim())).collect();
        let mut lines = String::new();
        for (name, value) in &headers {
            let _ = writeln!(lines, "{name}:{value}");
        }
        let signed = headers.into_keys().collect::<Vec<_>>().join(";");
        let payload = hex(&Sha256::digest(&request.body));
        let canonical = format!(
            "{}\n{path}\n{}\n{lines}\n{signed}\n{payload}",
            request.method,
            pairs.join("&")
        );
        let text = format!(
            "AWS4-HMAC-SHA256\n{}\n{}\n{}",
            basic(self.at),
            self.scope(),
            hex(&Sha256::digest(canonical))
        );
        let secret = format!("AWS4{}", self.secret).into_bytes();
        let key = self.scope().split('/').fold(secret, |key, part| hmac(&key, part.as_bytes()));
        (signed, hex(&hmac(&key, text.as_bytes())))
    }
}

/// RFC 2104, for keys that are no longer than a block.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(text);
    let outer = Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
