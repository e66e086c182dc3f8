//! Machines as they come and go → interfaces, and the roster of what is attached.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::{FlowLogs, ProvisionError, Provisioner};
use crate::client::Client;
use crate::config::{AttachmentConfig, ModeOption, Side, WithoutRules};
use crate::discover::{Changes, Docker, DockerError, Host, Machine, Source, machines};

/// What has gone stays attached for so many base intervals: until the longest window, of ten, is closed and published.
const FAREWELL: u32 = 12;
/// After a call that failed, it is not tried again before.
const RETRY: Duration = Duration::from_secs(5);
/// So often the server is asked what there is.
const REFRESH: Duration = Duration::from_secs(20);

/// How machines are looked for.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Where.
    pub source: Source,
    /// Bridges; all of them without any.
    pub bridges: Vec<String>,
    /// Only machines whose names begin so; all of them without any.
    pub names: Vec<String>,
    /// Docker, for its containers.
    pub docker: Docker,
}

/// Why nothing is known of the machines of a host.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// The kernel does not tell.
    #[error("the devices of this host cannot be listed: {0}")]
    Host(#[from] io::Error),
    /// Docker does not tell.
    #[error(transparent)]
    Docker(#[from] DockerError),
}

impl Survey {
    /// Looks once.
    ///
    /// # Errors
    ///
    /// That kernel or Docker do not tell.
    pub async fn look(&self) -> Result<Vec<Machine>, SurveyError> {
        let containers = match self.source {
            Source::Docker => self.docker.containers().await?,
            Source::Netns | Source::Bridge | Source::Veth => Vec::new(),
        };
        let source = self.source;
        let host = tokio::task::spawn_blocking(move || Host::look(source)).await;
        let host = host.unwrap_or_else(|error| Err(io::Error::other(error)))?;
        let mut found = machines(source, &host, &self.bridges, &containers);
        found.retain(|machine| {
            self.names.is_empty() || self.names.iter().any(|name| machine.name.starts_with(name))
        });
        Ok(found)
    }
}

/// What all attachments have in common.
#[derive(Clone, Copy, Debug, Default)]
pub struct Model {
    /// Whether packets are only judged, or dropped too.
    pub mode: ModeOption,
    /// What becomes of them as long as no rules are known.
    pub without_rules: WithoutRules,
    /// The base interval of windows.
    pub window: Duration,
}

/// Keeps the roster.
pub struct Follower {
    survey: Survey,
    provisioner: Provisioner,
    model: Model,
    flow_logs: Option<(FlowLogs, Client)>,
    roster: watch::Sender<Arc<[AttachmentConfig]>>,
    /// By interface: its attachment, and since when its machine is gone.
    attached: BTreeMap<String, (AttachmentConfig, Option<Instant>)>,
    /// Why machines are not attached, as told last.
    told: BTreeMap<String, String>,
    /// By VPC: the log group that records of its interfaces go to.
    covered: BTreeMap<String, String>,
}

impl Follower {
    /// Creates one that has attached nothing yet. With `flow_logs`, every VPC is covered by one.
    pub fn new(
        survey: Survey,
        provisioner: Provisioner,
        model: Model,
        flow_logs: Option<(FlowLogs, Client)>,
        roster: watch::Sender<Arc<[AttachmentConfig]>>,
    ) -> Self {
        Self {
            survey,
            provisioner,
            model,
            flow_logs,
            roster,
            attached: BTreeMap::new(),
            told: BTreeMap::new(),
            covered: BTreeMap::new(),
        }
    }

    /// Follows for ever.
    ///
    /// # Errors
    ///
    /// That the kernel can no longer be listened to.
    pub async fn run(mut self) -> io::Result<()> {
        let mut changes = Changes::open(self.survey.source)?;
        let mut asked = crate::attachment::now();
        loop {
            // Somebody may have changed what there is.
            if asked.elapsed() >= REFRESH {
                asked = crate::attachment::now();
                if let Err(error) = self.provisioner.look_again().await {
                    self.tell("", &error.to_string());
                }
            }
            match self.survey.look().await {
                Ok(machines) => {
                    if !self.take(&machines).await {
                        tokio::time::sleep(RETRY).await;
                    }
                }
                Err(error) => self.tell("", &error.to_string()),
            }
            changes.next().await;
        }
    }

    /// Attaches the machines that there are. Returns whether that was possible, as far as the server is concerned.
    pub async fn take(&mut self, machines: &[Machine]) -> bool {
        let present: BTreeSet<String> =
            machines.iter().map(|machine| machine.origin.clone()).collect();
        let mut here = BTreeSet::new();
        let mut went_well = true;
        for machine in machines {
            let Some(device) = &machine.device else {
                self.tell(&machine.name, machine.lack.as_deref().unwrap_or_default());
                continue;
            };
            let attached = match self.provisioner.attach(machine, &present).await {
                Ok(attached) => attached,
                Err(error) => {
                    went_well &= !matches!(error, ProvisionError::Call { .. });
                    self.tell(&machine.name, &error.to_string());
                    continue;
                }
            };
            self.told.remove(&machine.name);
            went_well &= self.cover(&attached.vpc_id).await;
            let config = self.config(&attached.interface_id, device);
            here.insert(attached.interface_id.clone());
            self.attached.insert(attached.interface_id, (config, None));
        }
        self.part(&here);
        self.told.retain(|name, _| machines.iter().any(|machine| machine.name == *name));
        let roster: Arc<[AttachmentConfig]> =
            self.attached.values().map(|(config, _)| config.clone()).collect();
        self.roster.send_if_modified(|before| {
            let differs = *before != roster;
            *before = roster;
            differs
        });
        went_well
    }

    /// Returns the log groups that records go to.
    pub fn log_groups(&self) -> BTreeSet<&str> {
        self.covered.values().map(String::as_str).collect()
    }

    /// Returns the interfaces that are attached, by their devices.
    pub fn attached(&self) -> BTreeMap<&str, &str> {
        let attached = self.attached.iter();
        attached
            .filter_map(|(id, (config, _))| Some((config.device.as_deref()?, id.as_str())))
            .collect()
    }

    /// Takes leave of those whose machines have been gone for long.
    fn part(&mut self, here: &BTreeSet<String>) {
        let now = crate::attachment::now();
        for (id, (config, gone)) in &mut self.attached {
            if !here.contains(id) && gone.is_none() {
                tracing::info!(interface = id, device = config.device, "its machine is gone");
                *gone = Some(now);
            }
        }
        self.attached.retain(|_, (_, gone)| {
            gone.is_none_or(|since| now - since < FAREWELL * self.model.window)
        });
    }

    async fn cover(&mut self, vpc_id: &str) -> bool {
        let Some((flow_logs, client)) = &self.flow_logs else { return true };
        if self.covered.contains_key(vpc_id) {
            return true;
        }
        match flow_logs.cover(client, vpc_id).await {
            Ok(group) => {
                self.covered.insert(vpc_id.to_owned(), group);
                true
            }
            Err(error) => {
                tracing::warn!(vpc = vpc_id, %error, "there is no flow log over it");
                false
            }
        }
    }

    fn config(&self, interface: &str, device: &str) -> AttachmentConfig {
        AttachmentConfig {
            interface: interface.to_owned(),
            device: Some(device.to_owned()),
            replay: None,
            pace: crate::config::Pace::default(),
            side: Side::Host,
            mode: self.model.mode,
            without_rules: self.model.without_rules,
            conntrack_allowance: None,
        }
    }

    /// Says once what is wrong with a machine.
    fn tell(&mut self, name: &str, why: &str) {
        if self.told.get(name).map(String::as_str) != Some(why) {
            tracing::warn!(machine = name, "not attached: {why}");
            self.told.insert(name.to_owned(), why.to_owned());
        }
    }
}
