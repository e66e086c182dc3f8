//! The published signing test suite, and what it would be for our services (§8.8, §8.9), against [`read`],
//! [`verify`] and [`sign`]: what the server and the agent call.

mod services;
mod vectors;

use super::*;

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SKEW: i64 = 300;

/// A request that owns what [`RequestParts`] borrows.
#[derive(Clone, Default)]
struct Sent {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sent {
    fn parts(&self) -> RequestParts<'_> {
        RequestParts {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &self.headers,
            body: self.body.as_bytes(),
        }
    }

    fn push(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    fn header_names(&self) -> String {
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.join(";")
    }

    /// Adds a signature that somebody else made over all headers there are.
    fn authorize(&mut self, scope: &str, signature: &str) {
        let authorization = format!(
            "{ALGORITHM} Credential={KEY_ID}/{scope}/{TERMINATOR}, SignedHeaders={}, Signature={signature}",
            self.header_names()
        );
        self.push("authorization", &authorization);
    }

    /// The server's check, at the time of the signature.
    fn check(&self) -> Result<(), SigV4Error> {
        let presented = read(&self.parts())?;
        verify(&self.parts(), &presented, SECRET, presented.signature.at, SKEW)
    }
}

fn key(token: Option<&str>) -> SigningKey<'_> {
    SigningKey {
        access_key_id: KEY_ID.into(),
        secret_access_key: SECRET.into(),
        session_token: token.map(Into::into),
    }
}
