//! A service to test against: it answers what a closure says, and keeps what it was asked.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use flowlogd_aws::codec::query::Parameters;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request, read.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    /// `PutLogEvents`.
    pub(crate) operation: String,
    /// Of the signature.
    pub(crate) access_key_id: String,
    /// The JSON, or the form as an object.
    pub(crate) body: Value,
    /// As transmitted.
    pub(crate) bytes: Bytes,
    pub(crate) headers: Vec<(String, String)>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) delay: Duration,
    pub(crate) closes: bool,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<String>) -> Self {
        let (headers, delay) = (Vec::new(), Duration::ZERO);
        Self { status: 200, body: body.into(), headers, delay, closes: false }
    }

    pub(crate) fn json_fault(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "__type": code, "message": message });
        Self { status, ..Self::ok(body.to_string()) }
    }

    pub(crate) fn query_fault(status: u16, code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>\
             </Error><RequestId>r-1</RequestId></ErrorResponse>"
        );
        Self { status, ..Self::ok(body) }
    }

    pub(crate) fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub(crate) fn closing() -> Self {
        Self { closes: true, ..Self::ok("") }
    }
}

type Script = dyn Fn(&Received) -> Answer + Send + Sync;

/// The service; it ends when it is dropped.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl Fake {
    pub(crate) async fn start(
        script: impl Fn(&Received) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&received));
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        let accepting = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::Relaxed);
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                serving.spawn(async move {
                    let service = service_fn(move |request| {
                        answer(Arc::clone(&script), Arc::clone(&log), request)
                    });
                    // A connection that is closed on purpose ends in an error.
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, received, connections, accepting }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn operations(&self) -> Vec<String> {
        self.received().into_iter().map(|received| received.operation).collect()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn answer(
    script: Arc<Script>,
    log: Arc<Mutex<Vec<Received>>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let headers: Vec<(String, String)> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let (operation, body) = if let Some(target) = header("x-amz-target") {
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        (target.split_once('.').unwrap().1.to_owned(), body)
    } else {
        let form = Parameters::parse(std::str::from_utf8(&bytes).unwrap()).unwrap();
        let body: serde_json::Map<String, Value> =
            form.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
        (form.get("Action").unwrap_or_default().to_owned(), Value::Object(body))
    };
    let access_key_id = header("authorization")
        .and_then(|value| value.split_once("Credential="))
        .and_then(|(_, rest)| rest.split('/').next())
        .unwrap_or_default()
        .to_owned();
    let received = Received { operation, access_key_id, body, bytes, headers };
    let answer = script(&received);
    log.lock().unwrap_or_else(PoisonError::into_inner).push(received);
    tokio::time::sleep(answer.delay).await;
    if answer.closes {
        // The connection's task ends with the panic, and the connection with it.
        std::panic::resume_unwind(Box::new("closed on purpose"));
    }
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    Ok(response.body(Full::new(answer.body.into())).unwrap())
}
