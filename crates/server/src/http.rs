//! The HTTP door: one endpoint for all services, within limits.

mod agents;
mod body;
mod limits;
mod log_metrics;
mod log_store;
mod metrics;
mod route;
mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flowlogd_aws::Fault;
use flowlogd_aws::sigv4::{self, RequestParts};
use flowlogd_logstore::MetricTotals;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use body::Budget;
pub use limits::Limits;
pub use tls::{Tls, TlsError};

use crate::authenticate::{authenticate, refused};
use crate::config::Config;
use crate::dispatch::{Answer, Circumstances, Door, Service, write_fault};
use crate::ids;
use crate::ops::ec2::region::is_region;
use metrics::Metrics;
use route::Route;

/// How long connections may take to end their requests when the server ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// Why a server cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Nobody can listen there.
    #[error("cannot listen on {address}")]
    Listen {
        /// As asked for.
        address: String,
        /// How.
        source: io::Error,
    },
    /// Its TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A server that listens but does not serve yet.
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    limits: Limits,
}

impl HttpServer {
    /// Listens on `address`, `HOST:PORT`; port 0 is any free one.
    pub async fn bind(address: &str, config: &Config) -> Result<Self, ServerError> {
        let failed = |source| ServerError::Listen { address: address.to_owned(), source };
        let tls = config.tls.as_ref().map(Tls::acceptor).transpose()?;
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, tls, limits: config.limits.clone() })
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` completes, and what was begun until it is answered.
    pub async fn serve(self, door: Arc<Door>, shutdown: impl Future<Output = ()> + Send + 'static) {
        let Self { listener, tls, limits, .. } = self;
        let budget = Budget::new(&limits);
        let (metrics, secure) = (Metrics::new(now()), tls.is_some());
        let shared = Arc::new(Shared { door, limits, budget, metrics, secure });
        let places = Arc::new(Semaphore::new(shared.limits.connections));
        let (end, ending) = watch::channel(false);
        tokio::pin!(shutdown);
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = &mut shutdown => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: those that end make room.
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (shared, tls, ending) = (Arc::clone(&shared), tls.clone(), ending.clone());
            tokio::spawn(async move {
                serve_connection(stream, peer, tls, shared, ending).await;
                drop(place);
            });
        }
        drop(listener);
        let _ = end.send(true);
        let all = u32::try_from(shared.limits.connections).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(FAREWELL, places.acquire_many(all)).await;
    }
}

/// What all connections share.
struct Shared {
    door: Arc<Door>,
    limits: Limits,
    budget: Budget,
    metrics: Metrics,
    secure: bool,
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    ending: watch::Receiver<bool>,
) {
    // Answers are small: they must not wait for one another.
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve_stream(stream, peer, shared, ending).await,
        Some(tls) => {
            let patience = shared.limits.header_time();
            match tokio::time::timeout(patience, tls.accept(stream)).await {
                Ok(Ok(stream)) => serve_stream(stream, peer, shared, ending).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
                Err(_) => tracing::debug!(%peer, "TLS took too long"),
            }
        }
    }
}

async fn serve_stream(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    shared: Arc<Shared>,
    mut ending: watch::Receiver<bool>,
) {
    let limits = shared.limits.clone();
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.answer(request, peer).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time())
        .max_buf_size(limits.header_bytes.max(8192))
        .max_headers(limits.headers)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => {
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection ended");
            }
        }
        () = async { drop(ending.wait_for(|end| *end).await) } => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

impl Shared {
    /// Answers one request, and says so in one line.
    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let begun = now();
        if request.method() == Method::GET && request.uri().query().is_none() {
            match request.uri().path() {
                "/health" => return self.health().await,
                "/metrics" => return self.metrics_page().await,
                _ => {}
            }
        }
        let request_id = ids::uuid();
        let _in_flight = self.metrics.enter();
        let mut seen = Seen::default();
        let answer = match self.call(request, peer, &request_id, &mut seen).await {
            Ok(answer) => answer,
            Err(fault) => {
                seen.code = Some(fault.code.to_string());
                write_fault(seen.service.unwrap_or(Service::Logs), &fault, &request_id)
            }
        };
        let took = begun.elapsed();
        self.metrics.count(seen.service, seen.operation, answer.status, took);
        tracing::info!(
            request_id,
            service = seen.service.map_or("-", Service::name),
            operation = seen.operation.unwrap_or("-"),
            status = answer.status,
            code = seen.code.as_deref().unwrap_or("-"),
            micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            principal = seen.principal.as_deref().unwrap_or("-"),
            source = %peer.ip(),
            "request"
        );
        respond(answer, &request_id)
    }

    async fn call(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        request_id: &str,
        seen: &mut Seen,
    ) -> Result<Answer, Fault> {
        let (head, incoming) = request.into_parts();
        // What can be told before the body: in whose words errors are.
        seen.service = route::service_of_head(&head);
        let (sent, _share) = body::read(incoming, &head, &self.limits, &self.budget).await?;
        let headers = body::headers(&head)?;
        let path = head.uri.path();
        let query = head.uri.query().unwrap_or_default();
        let parts = RequestParts {
            method: head.method.as_str(),
            path,
            query,
            headers: &headers,
            body: &sent,
        };
        if path != "/" {
            return Err(Fault::new(
                "UnknownOperationException",
                format!("There is nothing at {}: all operations are at /", path.escape_debug()),
            )
            .with_status(404));
        }
        let route = body::inflate(&headers, &sent, &self.limits)
            .and_then(|inflated| Route::of(&head, query, inflated));
        let service = match (&route, seen.service) {
            (Ok(route), _) => route.service,
            // Who asks comes before what they ask for (`iam-sts-sigv4-cloudtrail.md` §8.3).
            (Err(_), Some(service)) => service,
            (Err(fault), None) => return Err(fault.clone()),
        };
        seen.service = Some(service);
        if let Ok(route) = &route {
            seen.operation = self.door.known_operation(service, &route.action);
        }

        let presented = sigv4::read(&parts).map_err(|error| refused(service, &error))?;
        if presented.service != service.name() {
            let text =
                format!("Credential should be scoped to correct service: '{}'.", service.name());
            return Err(refused(service, &sigv4::SigV4Error::Scope(text)));
        }
        if !is_region(&presented.region) {
            let text = format!(
                "Credential should be scoped to a valid region, not '{}'.",
                presented.region.escape_debug()
            );
            return Err(refused(service, &sigv4::SigV4Error::Scope(text)));
        }
        let now = unix_millis();
        let skew = i64::from(self.door.config().signature_skew);
        let caller =
            authenticate(self.door.state(), service, &parts, &presented, now / 1000, skew)?;
        seen.principal = Some(caller.arn());
        self.door.last_uses().note(&caller, service, &presented.region, now / 1000);
        let Route { action, body, .. } = route?;
        let circumstances = Circumstances {
            now,
            region: presented.region,
            request_id: request_id.to_owned(),
            source_ip: Some(peer.ip()),
            user_agent: headers
                .iter()
                .find(|(name, _)| name == "user-agent")
                .map(|(_, value)| value.clone()),
            secure: self.secure,
        };
        self.door.perform(service, &action, body, caller, circumstances).await
    }

    async fn health(&self) -> Response<Full<Bytes>> {
        let state = Arc::clone(self.door.state());
        let read = tokio::task::spawn_blocking(move || {
            #[expect(
                clippy::redundant_closure_for_method_calls,
                reason = "the method's path names one lifetime, and any is asked for"
            )]
            state.read(|txn| txn.places::<crate::model::AccessKey>())
        })
        .await;
        let is_well = matches!(read, Ok(Ok(_)));
        let status = if is_well { "ok" } else { "the state cannot be read" };
        let body = serde_json::json!({ "status": status, "version": env!("CARGO_PKG_VERSION") });
        let answer = Answer {
            status: if is_well { 200 } else { 503 },
            content_type: "application/json",
            body: body.to_string().into_bytes(),
        };
        respond(answer, &ids::uuid())
    }

    async fn metrics_page(&self) -> Response<Full<Bytes>> {
        let logs = self.door.logs().clone();
        let read = tokio::task::spawn_blocking(move || {
            let totals = logs.metric_totals(log_metrics::MOST).unwrap_or_default();
            (logs.figures(unix_millis()), totals)
        });
        let mut body = self.metrics.page(*self.door.state().changes().borrow(), now());
        let totals = match read.await {
            Ok((Ok(figures), totals)) => {
                body += &log_store::page(&figures);
                totals
            }
            Ok((Err(error), totals)) => {
                tracing::warn!(%error, "the log store's figures are not known");
                totals
            }
            Err(error) => {
                tracing::error!(%error, "the log store's figures broke off");
                MetricTotals::default()
            }
        };
        body += &agents::page(&self.door.reports().present(unix_millis()));
        body += &log_metrics::page(&totals);
        let answer = Answer {
            status: 200,
            content_type: "text/plain; version=0.0.4",
            body: body.into_bytes(),
        };
        respond(answer, &ids::uuid())
    }
}

/// What the log line tells of a request.
#[derive(Default)]
struct Seen {
    service: Option<Service>,
    operation: Option<&'static str>,
    principal: Option<String>,
    code: Option<String>,
}

fn respond(answer: Answer, request_id: &str) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert("content-type", hyper::header::HeaderValue::from_static(answer.content_type));
    // An id of ours is hex digits and dashes.
    if let Ok(id) = hyper::header::HeaderValue::from_str(request_id) {
        headers.insert("x-amzn-requestid", id);
    }
    if status == StatusCode::PAYLOAD_TOO_LARGE || status == StatusCode::REQUEST_TIMEOUT {
        // The rest of the body is not read.
        headers.insert("connection", hyper::header::HeaderValue::from_static("close"));
    }
    response
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the clock: how long an answer took")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the shell reads the clock: the time of the call")]
fn unix_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
