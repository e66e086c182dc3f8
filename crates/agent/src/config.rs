//! The agent's part of the configuration file.

use std::path::PathBuf;

use flowlogd_flowlog::WindowLength;
use flowlogd_vpc::ReservedAddresses;
use serde::Deserialize;

/// Section `[agent]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgentConfig {
    /// Where the AWS operations are served: `http://127.0.0.1:4566`. Inside `flowlogd serve` it is the
    /// server itself.
    pub endpoint: Option<String>,
    /// A file of certificates (PEM) to trust besides the system's, for an `https` endpoint.
    pub ca_file: Option<PathBuf>,
    /// The region whose interfaces are attached here.
    pub region: String,
    /// The agent's own credential, in AWS's shared-credentials format: what `flowlogd agent enroll` prints.
    pub credentials: Option<PathBuf>,
    /// Where spool, journals and the last configuration are kept. Inside `flowlogd serve` it is
    /// `DATA_DIR/agent`.
    pub state_dir: Option<PathBuf>,
    /// The base interval in seconds, 1 to 60: the windows of flow logs with a maximum aggregation
    /// interval of 60. Those with 600 sum up ten of them. Shorter than AWS's minute is for looking on and
    /// for tests.
    pub window: u64,
    /// Bytes that records may take on disk while they wait for delivery; then the oldest give way.
    pub spool_bytes: u64,
    /// Flows of all open windows of an attachment together; beyond that packets are lost, and told.
    pub max_flows: usize,
    /// Whether the addresses base + 1 and + 2 of subnets and VPCs are AWS's (`aws`) or ordinary machines
    /// (`none`). A replay goes by AWS's unless this says otherwise.
    pub reserved_addresses: Option<Reserved>,
    /// How packets of devices are captured: by the kernel's program (`ebpf`), by packet sockets (`af_packet`), or
    /// by the former where it can be used (`auto`).
    pub capture: CaptureOption,
    /// The network namespace that the devices are in, by its name (`ip netns`). Without it, it is the agent's own.
    pub netns: Option<String>,
    /// Seconds from the beginning of enforcement on in which TCP connections that are open already are let on, though no
    /// rule allows them, 0 to 3600.
    pub enforcement_grace: u64,
    /// What is attached to what: `[[agent.attachment]]`.
    #[serde(rename = "attachment")]
    pub attachments: Vec<AttachmentConfig>,
}

impl Default for AgentConfig {
    fn default() -> Self {
        Self {
            endpoint: None,
            ca_file: None,
            region: "us-east-1".to_owned(),
            credentials: None,
            state_dir: None,
            window: 60,
            spool_bytes: 1 << 30,
            max_flows: 2_000_000,
            reserved_addresses: None,
            capture: CaptureOption::default(),
            netns: None,
            enforcement_grace: 300,
            attachments: Vec::new(),
        }
    }
}

/// One `[[agent.attachment]]`: an interface, and where its packets are seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentConfig {
    /// The network interface: `eni-…`.
    pub interface: String,
    /// The device to capture from.
    pub device: Option<String>,
    /// Or the capture file to replay.
    pub replay: Option<PathBuf>,
    /// How fast a file is replayed.
    #[serde(default)]
    pub pace: Pace,
    /// Which end of the cable the device is: the host's, where what it receives is what the interface
    /// sends, or the guest's, the interface itself.
    #[serde(default)]
    pub side: Side,
    /// Whether packets are only judged, or dropped too where they are refused, which the kernel's program alone can.
    #[serde(default)]
    pub mode: ModeOption,
    /// What becomes of packets in mode `enforce` as long as no rules are known for the interface.
    #[serde(default)]
    pub without_rules: WithoutRules,
    /// Connections that the interface may have at a time; without it, as many as there is room for.
    pub conntrack_allowance: Option<usize>,
}

/// How fast a file is replayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pace {
    /// As it was captured; the first packet is now.
    Real,
    /// As fast as it goes; the last packet is now.
    #[default]
    Fast,
}

/// Which end of the cable a device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The host's end.
    #[default]
    Host,
    /// The interface itself.
    Guest,
}

/// How packets of devices are captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureOption {
    /// In the kernel if possible, else by packet sockets.
    #[default]
    Auto,
    /// In the kernel, or not at all.
    Ebpf,
    /// By packet sockets.
    AfPacket,
}

/// What happens to refused packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeOption {
    /// They are judged and recorded.
    #[default]
    Observe,
    /// They are dropped too.
    Enforce,
}

/// What becomes of packets for which no rules are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WithoutRules {
    /// They pass.
    #[default]
    Pass,
    /// They are dropped, but for ARP, DHCP, neighbour discovery and what is never filtered.
    Drop,
}

/// Whether the reserved addresses of subnets are AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reserved {
    /// The VPC router and the DNS server.
    Aws,
    /// Ordinary machines.
    None,
}

impl From<Reserved> for ReservedAddresses {
    fn from(reserved: Reserved) -> Self {
        match reserved {
            Reserved::Aws => Self::Aws,
            Reserved::None => Self::None,
        }
    }
}

/// What of a configuration cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// The base interval.
    #[error("agent.window is {0}: the base interval is 1 to 60 seconds")]
    Window(u64),
    /// An attachment without a source.
    #[error("the attachment of {0} has neither device nor replay: say where its packets are seen")]
    NoSource(String),
    /// An attachment with two.
    #[error("the attachment of {0} has both device and replay: it can have one")]
    TwoSources(String),
    /// Not an interface.
    #[error("'{0}' is no network interface: its id would be eni-…")]
    Interface(String),
    /// Two attachments for one.
    #[error("{0} is attached twice: an interface has one attachment")]
    Twice(String),
    /// What a replay and `AF_PACKET` cannot.
    #[error(
        "the attachment of {0} has mode enforce: only the kernel's program can drop packets, and only those of a device; give it \
         a device, and agent.capture ebpf or auto"
    )]
    Enforce(String),
    /// A time that is no grace.
    #[error("agent.enforcement_grace is {0}: it is 0 to 3600 seconds")]
    Grace(u64),
    /// Too small to be of use.
    #[error("agent.{0} is {1}: it is at least {2}")]
    TooSmall(&'static str, u64, u64),
}

impl AttachmentConfig {
    /// Returns whether packets that are refused are dropped.
    pub fn is_enforced(&self) -> bool {
        self.mode == ModeOption::Enforce
    }
}

impl AgentConfig {
    /// Refuses what cannot be.
    pub fn check(&self) -> Result<(), InvalidConfig> {
        if !(1..=60).contains(&self.window) {
            return Err(InvalidConfig::Window(self.window));
        }
        let least = 16 << 20;
        if self.spool_bytes < least {
            return Err(InvalidConfig::TooSmall("spool_bytes", self.spool_bytes, least));
        }
        if self.max_flows < 1000 {
            return Err(InvalidConfig::TooSmall("max_flows", self.max_flows as u64, 1000));
        }
        if self.enforcement_grace > 3600 {
            return Err(InvalidConfig::Grace(self.enforcement_grace));
        }
        for (place, attachment) in self.attachments.iter().enumerate() {
            let id = || attachment.interface.clone();
            if !attachment.interface.starts_with("eni-") {
                return Err(InvalidConfig::Interface(id()));
            }
            match (&attachment.device, &attachment.replay) {
                (None, None) => return Err(InvalidConfig::NoSource(id())),
                (Some(_), Some(_)) => return Err(InvalidConfig::TwoSources(id())),
                (Some(_), None) | (None, Some(_)) => {}
            }
            let cannot_drop =
                attachment.device.is_none() || self.capture == CaptureOption::AfPacket;
            if attachment.mode == ModeOption::Enforce && cannot_drop {
                return Err(InvalidConfig::Enforce(id()));
            }
            let earlier = self.attachments.get(..place).unwrap_or_default();
            if earlier.iter().any(|other| other.interface == attachment.interface) {
                return Err(InvalidConfig::Twice(id()));
            }
        }
        Ok(())
    }

    /// The base interval.
    pub fn window_length(&self) -> WindowLength {
        WindowLength::try_from(self.window).unwrap_or(WindowLength::ONE_MINUTE)
    }
}
