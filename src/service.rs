//! What the commands around the service share: finding a server, and waiting for its answers.

use std::env;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use flowlogd_agent::client::{Client, ClientSettings, Credentials, Environment, Explicit};

use crate::cli::ClientOptions;
use crate::exit_status::Failure;

/// Where a server listens unless somebody says otherwise.
pub(crate) const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:4566";
/// The region unless somebody says otherwise.
const DEFAULT_REGION: &str = "us-east-1";

/// Finds endpoint, region and credentials as the AWS CLI does; the first two have defaults here.
pub(crate) fn client(options: &ClientOptions) -> Result<Client, Failure> {
    client_beside(options, None)
}

/// The same, but beside a server whose data directory is given, its root credentials are taken.
pub(crate) fn client_beside(
    options: &ClientOptions,
    data_dir: Option<&Path>,
) -> Result<Client, Failure> {
    let beside = data_dir.map(|directory| directory.join("credentials"));
    if let Some(file) = beside.as_ref().filter(|file| !file.exists()) {
        return Err(Failure::usage(anyhow!(
            "{} is not there: start flowlogd serve with this data directory first",
            file.display()
        )));
    }
    let explicit = Explicit {
        endpoint: options.endpoint_url.clone(),
        region: options.region.clone(),
        profile: options.profile.clone(),
    };
    let variable = |name: &str| {
        if let Some(file) = &beside {
            match name {
                "AWS_SHARED_CREDENTIALS_FILE" => return file.to_str().map(str::to_owned),
                // Whatever else there is of credentials is another server's.
                "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => return None,
                _ => {}
            }
        }
        env::var(name).ok().or_else(|| match name {
            "AWS_ENDPOINT_URL" => Some(DEFAULT_ENDPOINT.to_owned()),
            "AWS_DEFAULT_REGION" => Some(DEFAULT_REGION.to_owned()),
            _ => None,
        })
    };
    let environment = Environment::find(&explicit, variable).map_err(Failure::usage)?;
    environment.client(&ClientSettings::default()).map_err(Failure::usage)
}

/// Reads the credential that `flowlogd agent enroll` printed.
pub(crate) fn agent_credentials(file: &Path) -> Result<Credentials, Failure> {
    let explicit = Explicit {
        endpoint: Some(DEFAULT_ENDPOINT.to_owned()),
        region: Some(DEFAULT_REGION.to_owned()),
        profile: Some("default".to_owned()),
    };
    if let Err(error) = std::fs::File::open(file) {
        return Err(Failure::unreadable(anyhow!("the credential {}: {error}", file.display())));
    }
    let path = file.to_string_lossy().into_owned();
    let variable = |name: &str| (name == "AWS_SHARED_CREDENTIALS_FILE").then(|| path.clone());
    Environment::find(&explicit, variable)
        .map(|environment| environment.credentials)
        .map_err(Failure::usage)
}

/// Prepares the client of an agent.
pub(crate) fn agent_client(
    endpoint: &str,
    region: &str,
    authority: Option<PathBuf>,
    credentials: Credentials,
) -> Result<Client, Failure> {
    let settings = ClientSettings { authority, ..ClientSettings::default() };
    Client::new(endpoint, region, credentials, &settings).map_err(Failure::usage)
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
