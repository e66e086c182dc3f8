//! Calling services that speak as AWS does: signed, over connections that are kept.
//!
//! A call is one request. Whether and when it is worth another is the caller's to decide; only a clock
//! that proves wrong is set right by the service's and tried again, as AWS's own clients do.

mod call_error;
mod clock;
mod connection;
mod credentials;
mod environment;
#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use flowlogd_aws::codec::{Node, json, query, xml};
use flowlogd_aws::sigv4::{self, RequestParts, SigningKey};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

pub use call_error::{CallError, ServiceError};
pub(crate) use clock::unix_milliseconds;
pub use connection::EndpointError;
pub use credentials::Credentials;
pub use environment::{Environment, EnvironmentError, Explicit};

use connection::{Connections, Endpoint};

/// An answer is at most this long.
const MAX_ANSWER: usize = 64 << 20;
/// A shorter body is not worth compressing.
const MIN_COMPRESSED: usize = 16 << 10;
/// Services allow five minutes.
const TOLERATED_SKEW: i64 = 4 * 60;

/// How a client talks.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// A certificate authority to trust beside the system's, as a PEM file.
    pub authority: Option<PathBuf>,
    /// For a connection.
    pub connect_timeout: Duration,
    /// For a call, from its beginning to the last byte of the answer.
    pub timeout: Duration,
    /// Whether large JSON bodies travel compressed.
    pub compression: BodyCompression,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            authority: None,
            connect_timeout: Duration::from_secs(5),
            // `GetAgentConfiguration` waits for up to 20 s.
            timeout: Duration::from_secs(40),
            compression: BodyCompression::None,
        }
    }
}

/// How large JSON bodies travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BodyCompression {
    /// As they are.
    #[default]
    None,
    /// With `Content-Encoding: gzip` (`cloudwatch-logs.md` §1.1).
    Gzip,
}

/// Calls the services of one endpoint under one set of credentials. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
    credentials: Credentials,
}

#[derive(Debug)]
struct Shared {
    endpoint: Endpoint,
    region: String,
    connections: Connections,
    timeout: Duration,
    compression: BodyCompression,
    /// What the service's clock is ahead of ours, in seconds.
    skew: AtomicI64,
}

/// A request before it is signed.
struct Unsigned {
    service: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Client {
    /// Prepares calls to `endpoint`, `http(s)://HOST[:PORT]`.
    pub fn new(
        endpoint: &str,
        region: impl Into<String>,
        credentials: Credentials,
        settings: &ClientSettings,
    ) -> Result<Self, EndpointError> {
        let endpoint = Endpoint::parse(endpoint)?;
        let authority = settings.authority.as_deref();
        let connections = connection::connections(&endpoint, authority, settings.connect_timeout)?;
        let shared = Shared {
            endpoint,
            region: region.into(),
            connections,
            timeout: settings.timeout,
            compression: settings.compression,
            skew: AtomicI64::new(0),
        };
        Ok(Self { shared: Arc::new(shared), credentials })
    }

    /// The same for somebody else.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self { shared: Arc::clone(&self.shared), credentials }
    }

    /// Returns the region of its signatures.
    pub fn region(&self) -> &str {
        &self.shared.region
    }

    /// Calls an operation of a JSON 1.1 service, like (`logs`, `Logs_20140328`, `PutLogEvents`). One
    /// without output is read as `serde::de::IgnoredAny`.
    pub async fn json<Q: Serialize + Sync, A: DeserializeOwned>(
        &self,
        service: &'static str,
        target_prefix: &str,
        operation: &str,
        request: &Q,
    ) -> Result<A, CallError> {
        let body = json::write(request)
            .map_err(|error| CallError::Malformed(format!("cannot write the request: {error}")))?;
        let mut headers = vec![
            ("content-type", "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target", format!("{target_prefix}.{operation}")),
        ];
        let compressed =
            self.shared.compression == BodyCompression::Gzip && body.len() >= MIN_COMPRESSED;
        let body = if compressed {
            headers.push(("content-encoding", "gzip".to_owned()));
            gzip(&body)
        } else {
            body
        };
        let answer = self.call(Unsigned { service, headers, body: body.into() }).await?;
        json::read(&answer).map_err(|fault| {
            CallError::Malformed(format!(
                "cannot read the answer to {operation}: {}",
                fault.message
            ))
        })
    }

    /// Calls an operation of a Query service (EC2, IAM, STS); returns the answer's root element.
    pub async fn query(
        &self,
        service: &'static str,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Node, CallError> {
        let named = [("Action", action), ("Version", version)];
        let body = query::encode(named.into_iter().chain(parameters.iter().copied()));
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        let headers = vec![("content-type", content_type.to_owned())];
        let answer = self.call(Unsigned { service, headers, body: body.into() }).await?;
        std::str::from_utf8(&answer)
            .map_err(|error| error.to_string())
            .and_then(|document| xml::parse(document).map_err(|error| error.to_string()))
            .map_err(|error| {
                CallError::Malformed(format!("cannot read the answer to {action}: {error}"))
            })
    }

    async fn call(&self, unsigned: Unsigned) -> Result<Bytes, CallError> {
        let (error, skew) = match self.call_once(&unsigned).await {
            Ok(answer) => return Ok(answer),
            Err((error, skew)) => (error, skew),
        };
        let Some(skew) = skew.filter(|_| error.is_about_time()) else { return Err(error) };
        if (skew - self.shared.skew.load(Ordering::Relaxed)).abs() < TOLERATED_SKEW {
            return Err(error);
        }
        tracing::warn!(
            seconds = skew,
            "the service's clock differs from ours; signing by its clock"
        );
        self.shared.skew.store(skew, Ordering::Relaxed);
        self.call_once(&unsigned).await.map_err(|(error, _)| error)
    }

    /// Sends a request; with an error comes what the service's clock is ahead, in seconds.
    async fn call_once(&self, unsigned: &Unsigned) -> Result<Bytes, (CallError, Option<i64>)> {
        let transport = |problem: String| (CallError::Transport(problem), None);
        let request = self.sign(unsigned).map_err(|error| (error, None))?;
        let exchange = async {
            let response =
                self.shared.connections.request(request).await.map_err(|error| chain(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER).collect().await;
            Ok((head, body.map_err(|error| chain(error.as_ref()))?.to_bytes()))
        };
        let (head, body) = tokio::time::timeout(self.shared.timeout, exchange)
            .await
            .map_err(|_| {
                transport(format!("no answer within {} s", self.shared.timeout.as_secs_f32()))
            })?
            .map_err(|problem: String| {
                transport(format!("{}: {problem}", self.shared.endpoint.host))
            })?;
        if head.status == StatusCode::OK {
            return Ok(body);
        }
        let id = text(&head.headers, "x-amzn-requestid").map(str::to_owned);
        let error = CallError::of_answer(head.status.as_u16(), id, &body);
        Err((error, skew_of(&head.headers)))
    }

    fn sign(&self, unsigned: &Unsigned) -> Result<Request<Full<Bytes>>, CallError> {
        let mut headers: Vec<(String, String)> =
            vec![("host".to_owned(), self.shared.endpoint.host.clone())];
        let given = unsigned.headers.iter();
        headers.extend(given.map(|(name, value)| ((*name).to_owned(), value.clone())));
        let parts = RequestParts {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: &unsigned.body,
        };
        let key = SigningKey {
            access_key_id: Cow::Borrowed(&self.credentials.access_key_id),
            secret_access_key: Cow::Borrowed(&self.credentials.secret_access_key),
            session_token: self.credentials.session_token.as_deref().map(Cow::Borrowed),
        };
        let now = unix_milliseconds() / 1000 + self.shared.skew.load(Ordering::Relaxed);
        let signature = sigv4::sign(&parts, &key, &self.shared.region, unsigned.service, now);

        let mut request = Request::new(Full::new(unsigned.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.shared.endpoint.uri.clone();
        let unsigned_headers =
            [("user-agent", concat!("flowlogd/", env!("CARGO_PKG_VERSION")).to_owned())];
        let all = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .chain(signature.iter().map(|(name, value)| (*name, value)))
            .chain(unsigned_headers.iter().map(|(name, value)| (*name, value)));
        for (name, value) in all {
            let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
            else {
                // A credential with a line break in it, for one.
                return Err(CallError::Malformed(format!("the header {name} cannot be sent")));
            };
            request.headers_mut().insert(name, value);
        }
        Ok(request)
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

/// Returns an error with all that it stems from, for hyper's own says next to nothing.
fn chain(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message.push_str(": ");
        message.push_str(&cause.to_string());
        source = cause.source();
    }
    message
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn skew_of(headers: &HeaderMap) -> Option<i64> {
    let date = OffsetDateTime::parse(text(headers, "date")?, &Rfc2822).ok()?;
    Some(date.unix_timestamp() - unix_milliseconds() / 1000)
}
