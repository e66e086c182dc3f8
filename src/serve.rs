//! `flowlogd serve`: the server, and an agent beside it.

use std::env;
use std::future::Future;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use flowlogd_agent::client::Credentials;
use flowlogd_agent::daemon::End;
use flowlogd_logstore::{LogStore, Maintained};
use flowlogd_server::http::{HttpServer, ServerError};
use flowlogd_server::{
    AccountError, Door, FlowLogLines, RootCredentials, State, StateError, data_directory,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tracing_subscriber::EnvFilter;

use crate::cli::ServeOptions;
use crate::config::{self, ConfigFile};
use crate::exit_status::{Failure, Status};
use crate::messages::say;
use crate::service::{agent_client, unix_millis};

const DEFAULT_LISTEN: &str = "127.0.0.1:4566";
const DEFAULT_DATA_DIR: &str = "flowlogd-data";
/// Between two looks at what the log store has to move, merge or delete.
const MAINTENANCE: Duration = Duration::from_secs(1);

/// Between two writes of when keys and roles were last used: what was not written when the machine stops is
/// lost.
const LAST_USES: Duration = Duration::from_mins(5);

/// Runs the server until it is told to stop.
pub(crate) fn run(options: &ServeOptions) -> Result<Status, Failure> {
    let mut config = config::read(options.config.as_deref())?;
    if !options.account_id.is_empty() {
        config.server.accounts.clone_from(&options.account_id);
    }
    config.agent.check().map_err(Failure::usage)?;
    let listen = options
        .listen
        .clone()
        .or_else(|| config.server.listen.clone())
        .unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
    let directory = options
        .data_dir
        .clone()
        .or_else(|| config.server.data_dir.clone())
        .unwrap_or_else(|| PathBuf::from(DEFAULT_DATA_DIR));
    logging();

    let state = Arc::new(State::open(&directory).map_err(state_failure)?);
    let accounts = config.server.accounts.clone();
    let Some(account) = accounts.first().cloned() else {
        return Err(Failure::usage(anyhow!(
            "server.accounts is empty: there is at least one account"
        )));
    };
    flowlogd_server::prepare(&state, &accounts, &root_credentials()?, &directory, unix_millis())
        .map_err(account_failure)?;
    let lines = Arc::new(FlowLogLines::new(Arc::clone(&state)));
    let logs = LogStore::open_with(
        &data_directory::logs(&directory),
        config.server.log_store.settings(),
        lines,
    )
    .map_err(Failure::failed)?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    runtime.block_on(serve(config, state, logs, &listen, directory, &account))?;
    Ok(Status::Done)
}

async fn serve(
    config: ConfigFile,
    state: Arc<State>,
    logs: LogStore,
    listen: &str,
    directory: PathBuf,
    account: &str,
) -> Result<(), Failure> {
    let server = HttpServer::bind(listen, &config.server).await.map_err(server_failure)?;
    let address = server.local_addr();
    let scheme = if config.server.tls.is_some() { "https" } else { "http" };
    let host = host_name();
    let key =
        flowlogd_server::enroll(&state, account, &host, unix_millis()).map_err(account_failure)?;
    let maintenance = tokio::spawn(maintain(logs.clone()));
    let door = Arc::new(Door::new(state, logs, config.server.clone()));
    let last_uses = tokio::spawn(keep_last_uses_again_and_again(Arc::clone(&door)));

    let (stop, stopping) = watch::channel(false);
    let until_stopped = move || {
        let mut stopping = stopping.clone();
        async move {
            let _ = stopping.wait_for(|stop| *stop).await;
        }
    };
    let http = tokio::spawn(server.serve(Arc::clone(&door), until_stopped()));
    // Whoever reads the line may end it.
    let stopped = stopped().map_err(Failure::failed)?;
    say(format_args!(
        "flowlogd: listening on {scheme}://{address}, data in {}, account {account}",
        directory.display()
    ));

    let mut agent = config.agent;
    let endpoint = agent.endpoint.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
    let authority = agent
        .ca_file
        .clone()
        .or_else(|| config.server.tls.as_ref().map(|tls| tls.certificate.clone()));
    let credentials = Credentials::key(key.access_key_id, key.secret_access_key);
    let client = agent_client(&endpoint, &agent.region, authority, credentials)?;
    let state_dir = agent.state_dir.take().unwrap_or_else(|| directory.join("agent"));
    // The agent ends first: what it has left is delivered while there is a server.
    let result = if agent.attachments.is_empty() {
        stopped.await;
        Ok(())
    } else {
        flowlogd_agent::daemon::run(agent, None, state_dir, client, End::WhenTold, stopped)
            .await
            .map_err(Failure::failed)
    };
    let _ = stop.send(true);
    let _ = http.await;
    maintenance.abort();
    last_uses.abort();
    keep_last_uses(door).await;
    result
}

/// Writes down when keys and roles were last used.
async fn keep_last_uses(door: Arc<Door>) {
    match tokio::task::spawn_blocking(move || door.keep_last_uses(unix_millis())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "last uses of keys could not be written"),
        Err(error) => tracing::error!(%error, "writing last uses of keys broke off"),
    }
}

async fn keep_last_uses_again_and_again(door: Arc<Door>) {
    let mut ticks = tokio::time::interval(LAST_USES);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        keep_last_uses(Arc::clone(&door)).await;
    }
}

/// Has the log store move, merge and delete events, again and again.
async fn maintain(logs: LogStore) {
    let mut ticks = tokio::time::interval(MAINTENANCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let logs = logs.clone();
        match tokio::task::spawn_blocking(move || logs.maintain(unix_millis())).await {
            Ok(Ok(done)) if done == Maintained::default() => {}
            Ok(Ok(Maintained { drained, merged, swept, reclaimed })) => {
                tracing::info!(drained, merged, swept, reclaimed, "the log store was maintained");
            }
            Ok(Err(error)) => tracing::warn!(%error, "the log store could not be maintained"),
            Err(error) => tracing::error!(%error, "the log store's maintenance broke off"),
        }
    }
}

/// Credentials that somebody chose for root.
fn root_credentials() -> Result<RootCredentials, Failure> {
    let names = ["FLOWLOGD_ROOT_ACCESS_KEY_ID", "FLOWLOGD_ROOT_SECRET_ACCESS_KEY"];
    match names.map(|name| env::var(name).ok().filter(|value| !value.is_empty())) {
        [Some(access_key_id), Some(secret_access_key)] => {
            let given = flowlogd_server::Credentials { access_key_id, secret_access_key };
            Ok(RootCredentials { given: Some(given) })
        }
        [None, None] => Ok(RootCredentials::default()),
        [Some(_), None] | [None, Some(_)] => {
            Err(Failure::usage(anyhow!("{} and {} go together: set both", names[0], names[1])))
        }
    }
}

/// The name under which this host's agent is enrolled.
pub(crate) fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    // A machine without a name calls itself `(none)`.
    let name: String = name
        .trim()
        .chars()
        .take(64)
        .map(|char| if char.is_ascii_alphanumeric() || ".-_".contains(char) { char } else { '-' })
        .collect();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

/// Structured lines on the standard error: JSON in a pipe, readable on a terminal. `RUST_LOG` chooses.
pub(crate) fn logging() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if io::stderr().is_terminal() {
        lines.init();
    } else {
        lines.json().flatten_event(true).init();
    }
}

/// Completes at the first signal to stop.
pub(crate) fn stopped() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

fn state_failure(error: StateError) -> Failure {
    Failure::failed(error)
}

fn server_failure(error: ServerError) -> Failure {
    match error {
        // An address that is none.
        ServerError::Listen { ref source, .. } if source.kind() == io::ErrorKind::InvalidInput => {
            Failure::usage(error)
        }
        error @ (ServerError::Listen { .. } | ServerError::Tls(_)) => Failure::failed(error),
    }
}

fn account_failure(error: AccountError) -> Failure {
    match error {
        error @ (AccountError::Id(_)
        | AccountError::Unknown(_)
        | AccountError::Host(_)
        | AccountError::KeyId(_)) => Failure::usage(error),
        error @ (AccountError::State(_) | AccountError::File { .. }) => Failure::failed(error),
    }
}
