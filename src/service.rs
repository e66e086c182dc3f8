//! What the commands around the service share: finding a server, and waiting for its answers.

use std::env;
use std::future::Future;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use flowlogd_agent::client::{Client, ClientSettings, Credentials};

use crate::cli::ClientOptions;
use crate::exit_status::Failure;

/// Where a server listens unless somebody says otherwise.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4566";
/// The region unless somebody says otherwise.
pub(crate) const DEFAULT_REGION: &str = "us-east-1";

/// Finds endpoint, region and credentials as the AWS CLI does.
pub(crate) fn client(options: &ClientOptions) -> Result<Client, Failure> {
    let variable = |names: &[&str]| {
        names.iter().find_map(|name| env::var(name).ok()).filter(|value| !value.is_empty())
    };
    let endpoint = options
        .endpoint_url
        .clone()
        .or_else(|| variable(&["AWS_ENDPOINT_URL"]))
        .unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
    let region = options
        .region
        .clone()
        .or_else(|| variable(&["AWS_REGION", "AWS_DEFAULT_REGION"]))
        .unwrap_or_else(|| DEFAULT_REGION.to_owned());
    let credentials = credentials(options, variable)?;
    let ca_file = variable(&["AWS_CA_BUNDLE"]).map(PathBuf::from);
    Client::new(ClientSettings { endpoint, region, ca_file }, credentials).map_err(Failure::usage)
}

fn credentials(
    options: &ClientOptions,
    variable: impl Fn(&[&str]) -> Option<String>,
) -> Result<Credentials, Failure> {
    if options.profile.is_none()
        && let (Some(id), Some(secret)) =
            (variable(&["AWS_ACCESS_KEY_ID"]), variable(&["AWS_SECRET_ACCESS_KEY"]))
    {
        return Ok(Credentials::new(id, secret, variable(&["AWS_SESSION_TOKEN"])));
    }
    let profile = options
        .profile
        .clone()
        .or_else(|| variable(&["AWS_PROFILE"]))
        .unwrap_or_else(|| "default".to_owned());
    let file = variable(&["AWS_SHARED_CREDENTIALS_FILE"]).map(PathBuf::from).or_else(|| {
        let near = PathBuf::from("flowlogd-data/credentials");
        near.exists().then_some(near)
    });
    let file = file
        .or_else(|| variable(&["HOME"]).map(|home| PathBuf::from(home).join(".aws/credentials")))
        .ok_or_else(|| {
            Failure::usage(anyhow!(
                "as whom? Set AWS_SHARED_CREDENTIALS_FILE to the server's DATA_DIR/credentials"
            ))
        })?;
    Credentials::from_file(&file, &profile).map_err(Failure::usage)
}

/// Runs a future to its end.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?
        .block_on(future)
}

/// Unix milliseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "the shell reads the clock: how long ago something was"
)]
pub(crate) fn unix_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
