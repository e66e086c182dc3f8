//! The real server with limits that a test does not have to wait for.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use flowlogd_logstore::LogStore;
use flowlogd_server::http::{HttpServer, Limits};
use flowlogd_server::{Config, Credentials, Door, RootCredentials, State};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::answer::Answer;
use crate::request::Request;
use crate::signer::{ROOT_KEY, ROOT_SECRET, Signer, unix_seconds};

pub(crate) const BODY_BYTES: usize = 256 << 10;
pub(crate) const HEADER_BYTES: usize = 16 << 10;
pub(crate) const HEADERS: usize = 40;

/// Nothing that is answered at all takes as long.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _directory: TempDir,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with_memory(BODY_BYTES, Limits::default().memory_bytes)
    }

    /// For one body and for all together.
    pub(crate) fn with_memory(body_bytes: usize, memory_bytes: usize) -> Self {
        let limits = Limits {
            body_bytes,
            memory_bytes,
            header_bytes: HEADER_BYTES,
            headers: HEADERS,
            header_seconds: 1,
            body_seconds: 1,
            connections: 64,
        };
        let directory = tempfile::tempdir().unwrap();
        let state = Arc::new(State::open(directory.path()).unwrap());
        let given = Credentials {
            access_key_id: ROOT_KEY.to_owned(),
            secret_access_key: ROOT_SECRET.to_owned(),
        };
        let root = RootCredentials { given: Some(given) };
        let config = Config { limits, ..Config::default() };
        let now = unix_seconds() * 1000;
        flowlogd_server::prepare(&state, &config.accounts, &root, directory.path(), now).unwrap();
        let logs = LogStore::open(&directory.path().join("logs")).unwrap();

        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let server = HttpServer::bind("127.0.0.1:0", &config).await.unwrap();
                tell.send(server.local_addr()).unwrap();
                let door = Arc::new(Door::new(state, logs, config));
                server.serve(door, async move { drop(stopped.await) }).await;
            });
        });
        let address = told.recv().unwrap();
        Self { address, stop: Some(stop), thread: Some(thread), _directory: directory }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes and reads all that comes back. The sending side stays open.
    pub(crate) fn send(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // The server may have heard enough before all is sent.
        let _ = stream.write_all(bytes);
        read(stream)
    }

    /// The same, with an end to what is sent.
    pub(crate) fn send_and_end(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        read(stream)
    }

    /// Sends a request of root's, and returns the answer, which is good.
    pub(crate) fn call(&self, service: &'static str, request: Request) -> Answer {
        let answer = self.send(&Signer::root(service).sign(request).bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer
    }

    /// Whether a good request is answered.
    pub(crate) fn is_well(&self) -> Result<(), String> {
        let answer = self.send(&Signer::root("sts").sign(Request::caller()).bytes());
        let arn = "<Arn>arn:aws:iam::123456789012:root</Arn>";
        if answer.status == 200 && answer.body.contains(arn) {
            return Ok(());
        }
        Err(format!("the next good request: {answer:?}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server panicked");
        }
    }
}

/// Reads until the connection is closed, by whatever means.
pub(crate) fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) => {
                let waited = matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                );
                assert!(!waited, "no end of the answer: {}", String::from_utf8_lossy(&bytes));
                break;
            }
        }
    }
    Answer::parse(&bytes)
}
