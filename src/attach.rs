//! `flowlogd attach`: what runs on this host gets interfaces, and an agent.

mod listing;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::anyhow;
use flowlogd_agent::attachment::Roster;
use flowlogd_agent::client::{Client, Credentials};
use flowlogd_agent::config::AgentConfig;
use flowlogd_agent::daemon::{self, End};
use flowlogd_agent::discover::{Docker, Machine};
use flowlogd_agent::doctor::account;
use flowlogd_agent::provision::{
    FlowLogs, Follower, Model, ProvisionError, Provisioner, Survey, SurveyError,
};
use flowlogd_server::State;

use crate::cli::AttachOptions;
use crate::config;
use crate::exit_status::{Failure, Status};
use crate::messages::say;
use crate::serve::{host_name, logging, stopped};
use crate::service::{self, agent_credentials, unix_millis};

/// Lists what there is, makes what is missing, and runs the agent.
pub(crate) fn run(options: &AttachOptions) -> Result<Status, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::failed)?;
    runtime.block_on(attach(options))
}

async fn attach(options: &AttachOptions) -> Result<Status, Failure> {
    let survey = Survey {
        source: options.discover.into(),
        bridges: options.bridge.clone(),
        names: options.name.clone(),
        docker: Docker::new(&options.docker_socket),
    };
    let machines = survey.look().await.map_err(survey_failure)?;
    let mut out = io::stdout().lock();
    if options.list {
        let text = if options.json { listing::json(&machines)? } else { listing::text(&machines) };
        out.write_all(text.as_bytes()).map_err(Failure::failed)?;
        return Ok(Status::Done);
    }
    out.write_all(listing::text(&machines).as_bytes()).map_err(Failure::failed)?;
    drop(out);

    let config = agent_config(options)?;
    let host = options.host.clone().unwrap_or_else(host_name);
    let client = service::client_beside(&options.client, options.data_dir.as_deref())?;
    let own = own_client(options, &config, &client, &host).await?;
    let provisioner =
        Provisioner::new(client.clone(), &host, options.vpc.as_deref(), &options.security_group)
            .await
            .map_err(provision_failure)?;
    let makes = listing::plan(&machines, &provisioner);
    if !makes.is_empty() && !options.yes && !agrees(&makes)? {
        return Err(Failure::usage(anyhow!("nothing was made")));
    }

    let (sender, roster) = Roster::new(&[]);
    let flow_logs = (!options.no_flow_log)
        .then(|| (FlowLogs { group: options.log_group.clone() }, client.clone()));
    let model = Model { mode: options.mode.into(), without_rules: options.without_rules.into() };
    let mut follower = Follower::new(survey, provisioner, model, flow_logs, sender);
    logging();
    if !follower.take(&machines).await {
        say("flowlogd: not everything could be made; it is tried again");
    }
    tell_attached(&machines, &follower, options)?;
    let state_dir = config.state_dir.clone().unwrap_or_else(|| PathBuf::from("flowlogd-agent"));
    let stop = stopped().map_err(Failure::failed)?;
    let agent = daemon::run(config, Some(roster), state_dir, own, End::WhenTold, stop);
    tokio::select! {
        ended = agent => ended.map_err(Failure::failed)?,
        ended = follower.run() => ended.map_err(Failure::failed)?,
    }
    Ok(Status::Done)
}

/// Returns the agent's configuration: what the command line says counts more than the file.
fn agent_config(options: &AttachOptions) -> Result<AgentConfig, Failure> {
    let mut config = config::read(options.config.as_deref())?.agent;
    if let Some(window) = options.window {
        config.window = window;
    }
    if let Some(capture) = options.capture {
        config.capture = capture.into();
    }
    if let Some(credentials) = &options.credentials {
        config.credentials = Some(credentials.clone());
    }
    if let Some(state_dir) = &options.state_dir {
        config.state_dir = Some(state_dir.clone());
    }
    if !config.attachments.is_empty() {
        return Err(Failure::usage(anyhow!(
            "the configuration has attachments, and attach finds its own: run them by flowlogd agent"
        )));
    }
    if config.netns.is_some() {
        return Err(Failure::usage(anyhow!(
            "attach looks for devices in its own namespace, not in agent.netns: run it by ip netns exec"
        )));
    }
    config.check().map_err(Failure::usage)?;
    Ok(config)
}

/// Returns the client that calls as this host's agent, which is enrolled if the server's data is here.
async fn own_client(
    options: &AttachOptions,
    config: &AgentConfig,
    client: &Client,
    host: &str,
) -> Result<Client, Failure> {
    let credentials = match (&config.credentials, &options.data_dir) {
        (Some(file), _) => agent_credentials(file)?,
        (None, Some(directory)) => {
            let account = account(client).await.map_err(Failure::failed)?;
            let state = State::open_beside(directory).map_err(Failure::failed)?;
            let key = flowlogd_server::enroll(&state, &account, host, unix_millis())
                .map_err(Failure::usage)?;
            Credentials::key(key.access_key_id, key.secret_access_key)
        }
        (None, None) => {
            return Err(Failure::usage(anyhow!(
                "as which agent? Give --data-dir DIR of a server on this host, or --credentials FILE with what `flowlogd agent \
                 enroll --host {host}` printed on the server"
            )));
        }
    };
    Ok(client.with_credentials(credentials))
}

/// Asks on the terminal whether what is missing may be made.
fn agrees(makes: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        let mut out = io::stdout().lock();
        write!(out, "\n{makes}").map_err(Failure::failed)?;
        return Err(Failure::usage(anyhow!(
            "there is nobody to ask whether this may be made; --yes says that it may"
        )));
    }
    let mut out = io::stdout().lock();
    write!(out, "\n{makes}\nWhat comes later is attached without asking. Go on? [y/N] ")
        .and_then(|()| out.flush())
        .map_err(Failure::failed)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Failure::failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn tell_attached(
    machines: &[Machine],
    follower: &Follower,
    options: &AttachOptions,
) -> Result<(), Failure> {
    let mut text = listing::attached(machines, &follower.attached());
    if !options.no_flow_log {
        text += &format!(
            "\nRecords with their reasons: flowlogd tail {} --follow (a window is {} s)\n",
            options.log_group,
            options.window.unwrap_or(60)
        );
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::failed)
}

fn survey_failure(error: SurveyError) -> Failure {
    match error {
        error @ SurveyError::Docker(_) => Failure::unreadable(error),
        error @ SurveyError::Host(_) => Failure::failed(error),
    }
}

fn provision_failure(error: ProvisionError) -> Failure {
    match error {
        error @ ProvisionError::Lack(_) => Failure::usage(error),
        error @ (ProvisionError::Call { .. }
        | ProvisionError::Vpc { .. }
        | ProvisionError::Address { .. }) => Failure::failed(error),
    }
}
