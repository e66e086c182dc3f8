//! `flowlogd lab up`.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use flowlogd_agent::client::Client;
use flowlogd_agent::doctor::{account, agents};
use flowlogd_agent::lab::{self, INSTANCES, Network, OUTSIDE, ROUTER};
use flowlogd_server::State;

use super::down;
use super::process::Process;
use super::record::{DIRECTORY, Record};
use super::status;
use crate::cli::{ClientOptions, LabOptions};
use crate::exit_status::{Failure, Status};
use crate::messages::say;
use crate::service::{self, unix_millis};

/// The host of the lab's agent.
const HOST: &str = "lab";
const DEFAULT_LISTEN: &str = "127.0.0.1:4566";
/// How long a process may take until it works.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);
/// The base interval in seconds: records come while people look on.
const WINDOW: u32 = 5;

/// Makes the lab; all of it or nothing.
pub(super) fn up(options: &LabOptions) -> Result<Status, Failure> {
    if let Some(record) = Record::read()? {
        return Err(Failure::usage(anyhow!(
            "there is a lab already, with its data in {}: flowlogd lab down removes it",
            record.data_dir.display()
        )));
    }
    let data_dir = options.data_dir.clone().unwrap_or_else(|| Path::new(DIRECTORY).join("data"));
    let data_dir = std::path::absolute(data_dir).map_err(Failure::failed)?;
    if data_dir.exists() {
        return Err(Failure::usage(anyhow!(
            "{} exists: the lab's data directory goes with the lab, so it has to be a new one",
            data_dir.display()
        )));
    }
    // Whoever makes it keeps others from it.
    match fs::create_dir(DIRECTORY) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::usage(anyhow!(
                "{DIRECTORY} is there: a lab is being made, or the making of one was killed; then flowlogd lab down removes what \
                 is left of it"
            )));
        }
        made => made.with_context(|| DIRECTORY.to_owned()).map_err(Failure::failed)?,
    }
    let mut record = Record { data_dir, ..Record::default() };
    match service::block_on(make(options, &mut record)) {
        Ok(()) => {}
        Err(failure) => {
            say("flowlogd: the lab could not be made; what was there of it is removed");
            down::remove(Some(&record))?;
            return Err(failure);
        }
    }
    status::tell(&record)?;
    Ok(Status::Done)
}

async fn make(options: &LabOptions, record: &mut Record) -> Result<(), Failure> {
    for directory in [Path::new(DIRECTORY), &record.data_dir] {
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(directory);
        made.with_context(|| directory.display().to_string()).map_err(Failure::failed)?;
    }
    record.write()?;
    lab::lay().context("the lab's namespaces").map_err(Failure::failed)?;
    let listen = options.listen.as_deref().unwrap_or(DEFAULT_LISTEN);
    start_server(record, listen).await?;
    let client = client(record)?;
    record.network = Network::make(&client).await.map_err(Failure::failed)?;
    record.write()?;
    start_agent(record, &client).await?;
    for name in INSTANCES.iter().map(|instance| instance.name).chain([OUTSIDE.name]) {
        let log = record.log_of(name);
        start(record, name, ["lab", "run", name].map(Into::into), &log)?;
    }
    Ok(())
}

async fn start_server(record: &mut Record, listen: &str) -> Result<(), Failure> {
    let (log, data_dir) = (record.log_of("server"), record.data_dir.join("server"));
    let arguments = [
        "serve".into(),
        "--listen".into(),
        listen.into(),
        "--data-dir".into(),
        data_dir.into_os_string(),
    ];
    start(record, "server", arguments, &log)?;
    let endpoint = wait(record, "server", &log, async || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let (_, rest) = text.split_once("listening on ")?;
        rest.split_once(',').map(|(endpoint, _)| endpoint.to_owned())
    });
    record.endpoint = endpoint.await?;
    record.write()
}

async fn start_agent(record: &mut Record, client: &Client) -> Result<(), Failure> {
    let (log, config) = (record.log_of("agent"), record.data_dir.join("agent.toml"));
    let credentials = enroll(record, client).await?;
    let written = fs::write(&config, agent_config(record, &credentials));
    written.with_context(|| config.display().to_string()).map_err(Failure::failed)?;
    let arguments = ["agent".into(), "--config".into(), config.into_os_string()];
    start(record, "agent", arguments, &log)?;
    wait(record, "agent", &log, async || {
        let agents = agents(client).await.ok()?;
        let attachments = agents.iter().flat_map(|agent| &agent.report.attachments);
        let working = attachments.filter(|attachment| attachment.state == "capturing").count();
        (working == INSTANCES.len()).then_some(())
    })
    .await
}

/// Enrols the lab's agent, and returns the file with its credential.
async fn enroll(record: &Record, client: &Client) -> Result<PathBuf, Failure> {
    let account = account(client).await.map_err(Failure::failed)?;
    let state = State::open_beside(&record.data_dir.join("server")).map_err(Failure::failed)?;
    let key =
        flowlogd_server::enroll(&state, &account, HOST, unix_millis()).map_err(Failure::failed)?;
    let path = record.data_dir.join("agent-credentials");
    let text = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.access_key_id, key.secret_access_key
    );
    fs::write(&path, text).with_context(|| path.display().to_string()).map_err(Failure::failed)?;
    Ok(path)
}

fn agent_config(record: &Record, credentials: &Path) -> String {
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let mut text = format!(
        "[agent]\nendpoint = \"{}\"\ncredentials = {}\nstate_dir = {}\nnetns = \"{ROUTER}\"\nwindow = {WINDOW}\n\
         reserved_addresses = \"aws\"\ncapture = \"ebpf\"\n",
        record.endpoint,
        quoted(credentials),
        quoted(&record.agent_dir())
    );
    for (name, interface) in &record.network.interfaces {
        // Writing into a string cannot fail.
        let _ = write!(
            text,
            "\n[[agent.attachment]]\ninterface = \"{interface}\"\ndevice = \"{name}\"\nmode = \"enforce\"\n\
             without_rules = \"drop\"\n"
        );
    }
    text
}

/// Returns a client with the lab's root credentials.
pub(super) fn client(record: &Record) -> Result<Client, Failure> {
    let options = ClientOptions {
        endpoint_url: Some(record.endpoint.clone()),
        region: Some(status::REGION.to_owned()),
        profile: None,
    };
    service::client_beside(&options, Some(&record.data_dir.join("server")))
}

fn start(
    record: &mut Record,
    name: &str,
    arguments: impl IntoIterator<Item = std::ffi::OsString>,
    log: &Path,
) -> Result<(), Failure> {
    record.processes.push(Process::start(name, arguments, log)?);
    record.write()
}

/// Waits until a process does what it is for.
async fn wait<T>(
    record: &Record,
    name: &str,
    log: &Path,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Result<T, Failure> {
    let mut left = PATIENCE;
    let failed = |what: &str| {
        let text = fs::read_to_string(log).unwrap_or_default();
        let last = text.lines().last().unwrap_or("it has printed nothing");
        Failure::failed(anyhow!("the lab's {name} {what}: {last}"))
    };
    loop {
        if let Some(found) = look().await {
            return Ok(found);
        }
        if record.processes.iter().any(|process| process.name == name && !process.runs()) {
            return Err(failed("has ended"));
        }
        if left.is_zero() {
            return Err(failed("does not work after 30 s"));
        }
        tokio::time::sleep(LOOK).await;
        left = left.saturating_sub(LOOK);
    }
}
