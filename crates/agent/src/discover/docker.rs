//! Docker's Engine API on its socket: which containers run, and where their interfaces are.
//!
//! The shapes are those of the API's version 1.24 and later: `GET /containers/json` and `GET /containers/ID/json`.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::{Address, Container, Network};

/// An answer is at most so long: some kilobytes for each of thousands of containers.
const MOST: usize = 64 << 20;
/// An answer comes within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Docker's socket.
#[derive(Clone, Debug)]
pub struct Docker {
    socket: PathBuf,
}

/// Why Docker does not tell of its containers.
#[derive(Debug, thiserror::Error)]
pub enum DockerError {
    /// There is no Docker, or it is somebody else's.
    #[error("Docker at {}: {why}", socket.display())]
    Unreachable {
        /// Where.
        socket: PathBuf,
        /// How.
        why: String,
    },
    /// It refuses.
    #[error("Docker answers {status} to GET {path}: {text}")]
    Refused {
        /// What was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// What it says.
        text: String,
    },
    /// It says what is not understood.
    #[error("Docker's answer to GET {path} cannot be read: {why}")]
    Unreadable {
        /// What was asked.
        path: String,
        /// What is wrong.
        why: String,
    },
}

/// One of `GET /containers/json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
}

/// `GET /containers/ID/json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    name: String,
    state: State,
    network_settings: Settings,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    /// 0 when it does not run.
    pid: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Settings {
    /// Null in a container that is in none.
    networks: Option<BTreeMap<String, Endpoint>>,
}

/// Empty texts and 0 where something is not set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[derive(Default)]
struct Endpoint {
    #[serde(rename = "IPAddress")]
    ip_address: String,
    #[serde(rename = "IPPrefixLen")]
    ip_prefix_len: u8,
    #[serde(rename = "GlobalIPv6Address")]
    global_ipv6_address: String,
    #[serde(rename = "GlobalIPv6PrefixLen")]
    global_ipv6_prefix_len: u8,
    mac_address: String,
}

impl Docker {
    /// Names a socket: `/var/run/docker.sock`.
    pub fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    /// Asks for the containers that run.
    ///
    /// # Errors
    ///
    /// That Docker does not answer, or not as it should. A container that ends meanwhile is left out.
    pub async fn containers(&self) -> Result<Vec<Container>, DockerError> {
        let listed: Vec<Listed> = self.get("/containers/json").await?;
        let mut containers = Vec::with_capacity(listed.len());
        for Listed { id } in listed {
            match self.get::<Inspected>(&format!("/containers/{id}/json")).await {
                Ok(inspected) => containers.push(inspected.into()),
                Err(DockerError::Refused { status: 404, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(containers)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, DockerError> {
        let unreachable =
            |why: String| DockerError::Unreachable { socket: self.socket.clone(), why };
        let answer = tokio::time::timeout(PATIENCE, self.exchange(path)).await;
        let (status, body) = answer
            .map_err(|_| unreachable(format!("no answer within {} s", PATIENCE.as_secs())))?
            .map_err(unreachable)?;
        if status != StatusCode::OK {
            return Err(DockerError::Refused {
                path: path.to_owned(),
                status: status.as_u16(),
                text: String::from_utf8_lossy(&body).trim().to_owned(),
            });
        }
        serde_json::from_slice(&body).map_err(|error| DockerError::Unreadable {
            path: path.to_owned(),
            why: error.to_string(),
        })
    }

    async fn exchange(&self, path: &str) -> Result<(StatusCode, Bytes), String> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| error.to_string())?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        let connection = tokio::spawn(connection);
        let request = Request::get(path)
            .header(header::HOST, "docker")
            .body(Empty::<Bytes>::new())
            .map_err(|error| error.to_string())?;
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MOST).collect().await;
        connection.abort();
        Ok((status, body.map_err(|error| error.to_string())?.to_bytes()))
    }
}

impl From<Inspected> for Container {
    fn from(inspected: Inspected) -> Self {
        let networks = inspected.network_settings.networks.unwrap_or_default();
        Self {
            name: inspected.name.trim_start_matches('/').to_owned(),
            process: Some(inspected.state.pid).filter(|process| *process != 0),
            networks: networks
                .into_iter()
                .filter_map(|(name, endpoint)| network(name, &endpoint))
                .collect(),
        }
    }
}

/// Nothing of a network in which it has no address: `host` and `none`.
fn network(name: String, endpoint: &Endpoint) -> Option<Network> {
    let pairs = [
        (&endpoint.ip_address, endpoint.ip_prefix_len),
        (&endpoint.global_ipv6_address, endpoint.global_ipv6_prefix_len),
    ];
    let addresses: Vec<Address> = pairs
        .into_iter()
        .filter_map(|(text, prefix)| {
            Some(Address { address: text.parse::<IpAddr>().ok()?, prefix })
        })
        .collect();
    let hardware: Vec<u8> = endpoint
        .mac_address
        .split(':')
        .filter_map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect();
    (!addresses.is_empty()).then_some(Network { name, hardware, addresses })
}
