//! `flowlogd agent`: the agent of a host, and its enrolment on the server.

use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::anyhow;
use flowlogd_agent::config::{AgentConfig, AttachmentConfig};
use flowlogd_agent::daemon::End;
use flowlogd_server::State;

use crate::cli::{AgentCommand, AgentOptions, AgentRunOptions, EnrollOptions};
use crate::config;
use crate::exit_status::{Failure, Status};
use crate::serve::{logging, stopped};
use crate::service::{DEFAULT_ENDPOINT, agent_client, agent_credentials, unix_millis};

/// Runs the agent, or enrols one.
pub(crate) fn run(options: &AgentOptions) -> Result<Status, Failure> {
    match &options.command {
        Some(AgentCommand::Enroll(options)) => enroll(options),
        None => run_agent(&options.run),
    }
}

fn enroll(options: &EnrollOptions) -> Result<Status, Failure> {
    let directory = &options.data_dir;
    if !directory.join("state.db").exists() {
        return Err(Failure::usage(anyhow!(
            "{} is no data directory of a server: start flowlogd serve there first",
            directory.display()
        )));
    }
    let state = State::open_beside(directory).map_err(Failure::failed)?;
    let key = flowlogd_server::enroll(&state, &options.account_id, &options.host, unix_millis())
        .map_err(Failure::usage)?;
    let text = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.access_key_id, key.secret_access_key
    );
    io::stdout().lock().write_all(text.as_bytes()).map_err(Failure::failed)?;
    Ok(Status::Done)
}

fn run_agent(options: &AgentRunOptions) -> Result<Status, Failure> {
    let mut config = config::read(options.config.as_deref())?.agent;
    override_by(&mut config, options);
    config.check().map_err(Failure::usage)?;
    if config.attachments.is_empty() {
        return Err(Failure::usage(anyhow!(
            "nothing is attached: give --interface with --device or --replay, or [[agent.attachment]] in a \
             configuration file"
        )));
    }
    let Some(file) = &config.credentials else {
        return Err(Failure::usage(anyhow!(
            "as which agent? Give --credentials FILE with what `flowlogd agent enroll --host NAME` printed on \
             the server"
        )));
    };
    let credentials = agent_credentials(file)?;
    let variable = std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty());
    let endpoint =
        config.endpoint.clone().or(variable).unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
    let client = agent_client(&endpoint, &config.region, config.ca_file.clone(), credentials)?;
    let directory = config.state_dir.clone().unwrap_or_else(|| PathBuf::from("flowlogd-agent"));
    logging();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    runtime.block_on(async {
        let stop = stopped().map_err(Failure::failed)?;
        flowlogd_agent::daemon::run(config, None, directory, client, End::WhenReplayed, stop)
            .await
            .map_err(Failure::failed)
    })?;
    Ok(Status::Done)
}

/// What the command line says counts more than the file.
fn override_by(config: &mut AgentConfig, options: &AgentRunOptions) {
    if let Some(endpoint) = &options.endpoint {
        config.endpoint = Some(endpoint.clone());
    }
    if let Some(region) = &options.region {
        config.region.clone_from(region);
    }
    if let Some(credentials) = &options.credentials {
        config.credentials = Some(credentials.clone());
    }
    if let Some(state_dir) = &options.state_dir {
        config.state_dir = Some(state_dir.clone());
    }
    if let Some(window) = options.live.window {
        config.window = window;
    }
    if let Some(capture) = options.live.capture {
        config.capture = capture.into();
    }
    if let Some(interface) = &options.interface {
        config.attachments.push(AttachmentConfig {
            interface: interface.clone(),
            device: options.device.clone(),
            replay: options.replay.clone(),
            pace: options.pace.into(),
            side: options.side.into(),
            mode: options.live.mode.into(),
            without_rules: options.live.without_rules.into(),
            conntrack_allowance: None,
        });
    }
}
