//! A client of AWS operations: signed calls over HTTP/1.1, with or without TLS.

mod credentials;
mod error;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flowlogd_aws::codec::{Node, query, xml};
use flowlogd_aws::sigv4::{RequestParts, sign};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Request, Uri};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use credentials::{Credentials, CredentialsError};
pub use error::{CallError, SettingsError};

/// The longest wait for a whole answer: longer than any long poll.
const PATIENCE: Duration = Duration::from_secs(40);
/// The longest answer that is read.
const MAX_ANSWER: usize = 64 << 20;

/// Where a service is.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// `http://127.0.0.1:4566`.
    pub endpoint: String,
    /// `us-east-1`.
    pub region: String,
    /// Certificates (PEM) to trust besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// A client under one credential. Clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: Arc<Uri>,
    host: Arc<str>,
    region: Arc<str>,
    credentials: Arc<Credentials>,
    http: HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Client {
    /// Prepares a client; nothing is connected yet.
    pub fn new(settings: ClientSettings, credentials: Credentials) -> Result<Self, SettingsError> {
        let endpoint: Uri = settings
            .endpoint
            .parse()
            .map_err(|_| SettingsError::Endpoint(settings.endpoint.clone()))?;
        let is_http = matches!(endpoint.scheme_str(), Some("http" | "https"));
        let (true, Some(authority)) = (is_http, endpoint.authority()) else {
            return Err(SettingsError::Endpoint(settings.endpoint));
        };
        let host = authority.as_str().into();
        let tls = tls(settings.ca_file)?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .build();
        let http = HyperClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(15))
            .build(connector);
        Ok(Self {
            endpoint: Arc::new(endpoint),
            host,
            region: settings.region.into(),
            credentials: Arc::new(credentials),
            http,
        })
    }

    /// The same client under another credential.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        Self { credentials: Arc::new(credentials), ..self.clone() }
    }

    /// Returns the region of its calls.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Calls a JSON 1.1 operation; `target` is what `X-Amz-Target` begins with.
    pub async fn json<Sent: Serialize + Sync, Answer: DeserializeOwned>(
        &self,
        service: &str,
        target: &str,
        operation: &str,
        request: &Sent,
    ) -> Result<Answer, CallError> {
        let body =
            serde_json::to_vec(request).map_err(|error| CallError::malformed(error.to_string()))?;
        let headers = vec![
            ("content-type".to_owned(), "application/x-amz-json-1.1".to_owned()),
            ("x-amz-target".to_owned(), format!("{target}.{operation}")),
        ];
        let (status, answer) = self.send(service, headers, body).await?;
        if status != 200 {
            return Err(CallError::of_json(status, &answer));
        }
        let answer = if answer.is_empty() { b"null".as_slice() } else { &answer };
        serde_json::from_slice(answer).map_err(|error| CallError::malformed(error.to_string()))
    }

    /// Calls an operation of EC2, IAM or STS, and returns the members of its answer.
    pub async fn query(
        &self,
        service: &str,
        version: &str,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Node, CallError> {
        let head = [("Action", action), ("Version", version)];
        let body = query::encode(head.into_iter().chain(parameters.iter().copied()));
        let headers = vec![(
            "content-type".to_owned(),
            "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
        )];
        let (status, answer) = self.send(service, headers, body.into_bytes()).await?;
        let text = std::str::from_utf8(&answer)
            .map_err(|_| CallError::malformed("the answer is not UTF-8".to_owned()))?;
        if status != 200 {
            return Err(CallError::of_xml(status, text));
        }
        xml::parse(text).map_err(|error| CallError::malformed(error.to_string()))
    }

    async fn send(
        &self,
        service: &str,
        mut headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<(u16, Bytes), CallError> {
        headers.push(("host".to_owned(), self.host.to_string()));
        let parts =
            RequestParts { method: "POST", path: "/", query: "", headers: &headers, body: &body };
        let added = sign(&parts, &self.credentials.key(), &self.region, service, unix_seconds());
        let mut request = Request::post((*self.endpoint).clone());
        let names = headers.iter().map(|(name, value)| (name.as_str(), value));
        for (name, value) in names.chain(added.iter().map(|(name, value)| (*name, value))) {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| CallError::malformed(error.to_string()))?;
        let exchange = async {
            let answer = self.http.request(request).await.map_err(CallError::transport)?;
            let status = answer.status().as_u16();
            let body = Limited::new(answer.into_body(), MAX_ANSWER)
                .collect()
                .await
                .map_err(|error| CallError::Transport(error.to_string()))?;
            Ok((status, body.to_bytes()))
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| {
            Err(CallError::Transport(format!("no answer within {} s", PATIENCE.as_secs())))
        })
    }
}

fn tls(ca_file: Option<PathBuf>) -> Result<rustls::ClientConfig, SettingsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| SettingsError::Tls(error.to_string()))?;
    let Some(path) = ca_file else {
        // A machine without certificates of its own can still speak plain HTTP.
        return Ok(match builder.clone().with_native_roots() {
            Ok(builder) => builder.with_no_client_auth(),
            Err(_) => {
                builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
            }
        });
    };
    let failed = |error: String| SettingsError::Certificates(path.clone(), error);
    let mut roots = rustls::RootCertStore::empty();
    let certificates = <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::pem_file_iter(&path)
        .map_err(|error| failed(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock: signatures bear the time"
)]
fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
