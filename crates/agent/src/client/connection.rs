//! Connections to one endpoint.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::http::uri::Scheme;
use hyper::{Uri, http};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

/// Connections that are kept although nothing travels: as many as deliveries under way.
const IDLE_CONNECTIONS: usize = 32;
/// Shorter than servers keep theirs.
const IDLE: Duration = Duration::from_secs(30);

pub(super) type Connections = HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// What is wrong with the settings of a client.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Not an address that we can call.
    #[error("'{endpoint}' is not an endpoint: {problem}; an endpoint is http(s)://HOST[:PORT]")]
    Endpoint {
        /// What was given.
        endpoint: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of an authority's certificate.
    #[error("cannot read certificates from {}: {problem}", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The TLS library.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Where a service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) uri: Uri,
    /// As in the `Host` header: with the port where it is not the scheme's own.
    pub(super) host: String,
}

impl Endpoint {
    pub(super) fn parse(endpoint: &str) -> Result<Self, EndpointError> {
        let error = |problem: &str| EndpointError::Endpoint {
            endpoint: endpoint.to_owned(),
            problem: problem.to_owned(),
        };
        let uri: Uri = endpoint
            .parse()
            .map_err(|problem: http::uri::InvalidUri| error(&problem.to_string()))?;
        let default_port = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => 443,
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            _ => return Err(error("it begins with neither http:// nor https://")),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(error("it has a path"));
        }
        let name = uri.host().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| error("it names no host"))?;
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(error("it has a user"));
        }
        let host = match uri.port_u16() {
            Some(port) if port != default_port => format!("{name}:{port}"),
            _ => name.to_owned(),
        };
        Ok(Self { uri, host })
    }

    fn is_encrypted(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }
}

/// Prepares connections; the first is made with the first call.
pub(super) fn connections(
    endpoint: &Endpoint,
    authority: Option<&Path>,
    connect_timeout: Duration,
) -> Result<Connections, EndpointError> {
    let roots = if endpoint.is_encrypted() { roots(authority)? } else { RootCertStore::empty() };
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_timeout));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(HyperClient::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .build(connector))
}

/// The system's authorities, and one more.
fn roots(authority: Option<&Path>) -> Result<RootCertStore, EndpointError> {
    let mut roots = RootCertStore::empty();
    // A system without certificates may still know ours; what is missing shows when the peer's is checked.
    let native = rustls_native_certs::load_native_certs();
    for error in &native.errors {
        tracing::debug!(%error, "the system's certificates");
    }
    roots.add_parsable_certificates(native.certs);
    let Some(path) = authority else { return Ok(roots) };
    let error = |problem: String| EndpointError::Authority { path: path.to_owned(), problem };
    let pem = fs::read(path).map_err(|problem| error(problem.to_string()))?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|problem| error(problem.to_string()))?;
        roots.add(certificate).map_err(|problem| error(problem.to_string()))?;
    }
    if roots.len() == before {
        return Err(error("there is no certificate in it".to_owned()));
    }
    Ok(roots)
}
