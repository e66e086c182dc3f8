//! `flowlogd attach`: what runs on this host gets interfaces, and an agent.

mod listing;

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use flowlogd_agent::attachment::Roster;
use flowlogd_agent::client::{Client, Credentials};
use flowlogd_agent::config::AgentConfig;
use flowlogd_agent::daemon::{self, End};
use flowlogd_agent::discover::Docker;
use flowlogd_agent::doctor::account;
use flowlogd_agent::provision::{
    FlowLogs, Follower, Model, ProvisionError, Provisioner, Survey, SurveyError,
};
use flowlogd_server::State;

use crate::cli::{AttachOptions, CaptureChoice, DiscoverOption, ModeChoice};
use crate::config;
use crate::exit_status::{Failure, Status};
use crate::lines::print;
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
    check(options)?;
    let config = agent_config(options)?;
    let survey = Survey {
        source: options.discover.into(),
        bridges: options.bridge.clone(),
        names: options.name.clone(),
        docker: Docker::new(&options.docker_socket),
    };
    let machines = survey.look().await.map_err(survey_failure)?;
    if options.list && options.json {
        print(&listing::json(&machines)?)?;
        return Ok(Status::Done);
    }
    print(&listing::text(&machines))?;
    if options.list {
        return Ok(Status::Done);
    }

    let host = options.host.clone().unwrap_or_else(host_name);
    let client = service::client_beside(&options.client, options.data_dir.as_deref())?;
    let own = own_client(options, &config, &client, &host).await?;
    let provisioner =
        Provisioner::new(client.clone(), &host, options.vpc.as_deref(), &options.security_group)
            .await
            .map_err(provision_failure)?;
    ask(options, listing::plan(&machines, &provisioner))?;

    let (sender, roster) = Roster::new(&[]);
    let flow_logs = (!options.no_flow_log)
        .then(|| (FlowLogs { group: options.log_group.clone() }, client.clone()));
    let model = Model {
        mode: options.live.mode.into(),
        without_rules: options.live.without_rules.into(),
        window: Duration::from_secs(config.window),
    };
    let mut follower = Follower::new(survey, provisioner, model, flow_logs, sender);
    logging();
    if !follower.take(&machines).await {
        say("flowlogd: not everything could be made; it is tried again");
    }
    print(&listing::attached(&machines, &follower.attached()))?;
    for group in follower.log_groups() {
        let seconds = config.window;
        print(&format!(
            "\nRecords with their reasons: flowlogd tail {group} --follow (a window is {seconds} s)\n"
        ))?;
    }
    let state_dir = config.state_dir.clone().unwrap_or_else(|| PathBuf::from("flowlogd-agent"));
    let detach = format!("flowlogd detach --state-dir {}", state_dir.display());
    let stop = stopped().map_err(Failure::failed)?;
    let agent = daemon::run(config, Some(roster), state_dir, own, End::WhenTold, stop);
    tokio::select! {
        ended = agent => ended.map_err(Failure::failed)?,
        ended = follower.run() => ended.map_err(Failure::failed)?,
    }
    if !matches!(options.live.capture, Some(CaptureChoice::AfPacket)) {
        let goes_on = match options.live.mode {
            ModeChoice::Enforce => "what the rules refuse is still dropped",
            ModeChoice::Observe => "the kernel counts on, for the next start",
        };
        say(format_args!("flowlogd: {goes_on}; {detach} ends that"));
    }
    Ok(Status::Done)
}

/// Refuses options that do not go together.
fn check(options: &AttachOptions) -> Result<(), Failure> {
    let is_of_bridges = matches!(options.discover, DiscoverOption::Bridge);
    if !options.bridge.is_empty() && !is_of_bridges {
        return Err(Failure::usage(anyhow!("--bridge goes with --discover bridge")));
    }
    let by_sockets = matches!(options.live.capture, Some(CaptureChoice::AfPacket));
    if by_sockets && matches!(options.live.mode, ModeChoice::Enforce) {
        return Err(Failure::usage(anyhow!(
            "mode enforce takes the kernel's program: packet sockets (--capture af_packet) cannot drop packets"
        )));
    }
    Ok(())
}

/// Asks whether what is missing may be made, and whether what the rules refuse may be dropped, if nobody has said so.
fn ask(options: &AttachOptions, makes: String) -> Result<(), Failure> {
    let mut plan = makes;
    if !plan.is_empty() && !options.no_flow_log {
        plan += &format!(
            "each VPC without a flow log gets one, into the log group {} by the role flowlogd-delivery\n",
            options.log_group
        );
    }
    if matches!(options.live.mode, ModeChoice::Enforce) {
        plan += "what security groups and network ACLs refuse is DROPPED; a VPC's default group lets nobody in but its members\n";
    }
    if plan.is_empty() || options.yes || agrees(&plan)? {
        return Ok(());
    }
    Err(Failure::usage(anyhow!("nothing was made")))
}

/// Returns the agent's configuration: what the command line says counts more than the file.
fn agent_config(options: &AttachOptions) -> Result<AgentConfig, Failure> {
    let mut config = config::read(options.config.as_deref())?.agent;
    if let Some(window) = options.live.window {
        config.window = window;
    }
    if let Some(capture) = options.live.capture {
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
        print(&format!("\n{makes}"))?;
        return Err(Failure::usage(anyhow!(
            "there is nobody to ask whether this may be made; --yes says that it may"
        )));
    }
    print(&format!("\n{makes}\nWhat comes later is attached without asking. Go on? [y/N] "))?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Failure::failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
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
