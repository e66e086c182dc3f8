//! The command line.

mod attach;
mod data_directory;
mod lab;
mod service;
mod what_if;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Parser, Subcommand, ValueEnum};
use flowlogd_agent::config::{CaptureOption, ModeOption, WithoutRules};
use flowlogd_agent::output::{Encoding, TrafficType};
use flowlogd_flowlog::{Field, FormatFault, LogFormat};
use flowlogd_vpc::ReservedAddresses;

use crate::exit_status::Failure;
pub(crate) use attach::{AttachOptions, DiscoverOption};
pub(crate) use data_directory::{BackupOptions, FsckOptions, RestoreOptions};
pub(crate) use lab::{
    LabCommand, LabExecOptions, LabOptions, LabStatusOptions, LabTryOptions, Place, Target,
};
pub(crate) use service::{
    AgentCommand, AgentOptions, AgentRunOptions, ClientOptions, DetachOptions, DoctorOptions,
    EnrollOptions, LiveOptions, ServeOptions, StatusOptions, TailOptions,
};
pub(crate) use what_if::{ReportForm, WhatIfOptions};

/// VPC Flow Logs for networks that people run themselves.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    max_term_width = 100,
    after_help = "\
flowlogd COMMAND --help has a command's options, an example and its exit statuses."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Turn packet captures into flow log records
    Replay(ReplayOptions),
    /// Look on at a live device
    Watch(WatchOptions),
    /// Find the rules behind existing flow log records
    Explain(ExplainOptions),
    /// Find what a change of the rules would do to flows that were recorded
    WhatIf(WhatIfOptions),
    /// Serve EC2, Logs, IAM and STS, and run an agent
    Serve(ServeOptions),
    /// Run the agent of a host
    Agent(AgentOptions),
    /// Attach what runs on this host: namespaces, guests of bridges, containers
    Attach(AttachOptions),
    /// A VPC of real hosts on this machine, to learn and to try
    Lab(LabOptions),
    /// Show agents, attachments, flow logs and the log store
    Status(StatusOptions),
    /// Take off devices what agents have left in the kernel, which counts on when they end
    Detach(DetachOptions),
    /// Find out why a flow log's records do not arrive
    Doctor(DoctorOptions),
    /// Print the events of a log group
    Tail(TailOptions),
    /// Look over the data of a server that is stopped, and set aside what is damaged
    Fsck(FsckOptions),
    /// Copy a server's data, also while it runs
    Backup(BackupOptions),
    /// Make a data directory of a backup
    Restore(RestoreOptions),
}

// What a subcommand's page says below its options. Words are wrapped by hand: clap leaves it as it is.
const REPLAY_HELP: &str = "\
Example: the refused flows of a capture, each with the rule that decided and the nearest miss
  flowlogd replay capture.pcap --inventory vpc.json --traffic-type REJECT \\
      --fields srcaddr,dstaddr,dstport,action,x-deciding-rule,x-nearest-miss

Without an inventory (--promiscuous) the account id is `unknown`, and the interface id, the action
and all else that only an inventory can tell are `-`.

Exit status:
  0  all captures were read and all records written
  1  the output could not be written, or the machine failed
  2  an option, a format or the content of an inventory is wrong
  3  a capture is broken; what came before the fault is in the output
  4  a capture or an inventory cannot be read at all; other captures were read";

const WATCH_HELP: &str = "\
Example: what the rules say of a machine's traffic, from the host's end of its cable, for a minute
  sudo flowlogd watch veth7 --side host --inventory vpc.json --interface eni-web --duration 60

It takes root. Without, the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON suffice, and for packet
sockets CAP_NET_RAW. Ctrl-C ends it: open windows are written, a summary is printed.

Exit status:
  0  ended by Ctrl-C or --duration
  1  the output could not be written, or the machine failed
  2  an option, a format or the content of the inventory is wrong
  4  the device or the inventory cannot be read, or the device is gone";

const EXPLAIN_HELP: &str = "\
Example: why flows of a log file from S3 were refused
  flowlogd explain 123456789012_vpcflowlogs_….log.gz --inventory vpc.json

Exit status:
  0  every line was read and explained
  1  the output could not be written, or the machine failed
  2  an option, a format or the content of the inventory is wrong
  3  lines could not be read; all others are explained
  4  a file cannot be read at all";

#[derive(Debug, Args)]
#[command(after_help = REPLAY_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line are independent")]
pub(crate) struct ReplayOptions {
    /// Captures: pcap or pcapng, plain, gzip or zstd; `-` is the standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) captures: Vec<PathBuf>,

    /// What `aws ec2 describe-*` print, as one JSON object. Several with times (Unix seconds or
    /// 2026-01-31T12:00:00Z) are rules that change
    #[arg(long, value_name = "FILE[@TIME]")]
    pub(crate) inventory: Vec<String>,

    /// Judge at this network interface only
    #[arg(long, value_name = "eni-…", requires = "inventory", conflicts_with = "promiscuous")]
    pub(crate) interface: Option<String>,

    /// Record every IP packet under one nameless interface, unjudged
    #[arg(long, conflicts_with = "inventory")]
    pub(crate) promiscuous: bool,

    #[command(flatten)]
    pub(crate) record: RecordOptions,

    /// Which flows to record
    #[arg(long, value_enum, ignore_case = true, default_value = "ALL", value_name = "TYPE")]
    pub(crate) traffic_type: TrafficTypeOption,

    /// Length of the capture windows in seconds
    #[arg(long, default_value = "600", value_parser = ["60", "600"], value_name = "SECONDS")]
    pub(crate) aggregation_interval: String,

    /// Where records go; a name that ends in `/`, or an existing directory, gets one file for each
    /// interface; `-` is the standard output
    #[arg(long, short, default_value = "-", value_name = "FILE|DIR|-")]
    pub(crate) output: PathBuf,

    /// Form of the records; `json` is an object a line
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub(crate) output_format: EncodingOption,

    /// Leave out the line of field names with which text begins
    #[arg(long)]
    pub(crate) no_header: bool,

    /// Flows of all open windows together; what finds no room is counted, and told by SKIPDATA
    #[arg(long, default_value = "16777216", value_name = "N")]
    pub(crate) max_flows: NonZeroUsize,

    /// Connections that each interface may have; the next one is refused [default: as many as there is
    /// room for]
    #[arg(long, value_name = "N")]
    pub(crate) conntrack_allowance: Option<NonZeroUsize>,

    /// Whose base + 1 of a subnet and base + 2 of a VPC are: AWS's router and DNS server, whose traffic
    /// is not logged, or nobody's
    #[arg(long, value_enum, default_value = "aws", value_name = "WHOSE")]
    pub(crate) reserved_addresses: ReservedAddressesOption,

    /// Packet threads, the reader included [default: one for each core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Print a table of the rejects by the rule that decided, with the nearest miss
    #[arg(long, conflicts_with = "promiscuous")]
    pub(crate) explain: bool,

    /// No summary and no progress bar; warnings stay
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
#[command(after_help = WATCH_HELP)]
pub(crate) struct WatchOptions {
    /// A network device of this host, or of this network namespace
    #[arg(value_name = "DEVICE")]
    pub(crate) device: String,

    /// What `aws ec2 describe-*` print, as one JSON object; without it flows are unjudged
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Option<String>,

    /// Judge at this network interface only
    #[arg(long, value_name = "eni-…", requires = "inventory")]
    pub(crate) interface: Option<String>,

    /// Which end of its cable the device is
    #[arg(long, value_enum, default_value = "guest", value_name = "SIDE")]
    pub(crate) side: SideOption,

    /// How packets are captured: in the kernel, by packet sockets, or in the kernel where that is possible
    #[arg(long, value_enum, default_value = "auto", value_name = "HOW")]
    pub(crate) capture: CaptureChoice,

    #[command(flatten)]
    pub(crate) record: RecordOptions,

    /// Which flows to show
    #[arg(long, value_enum, ignore_case = true, default_value = "ALL", value_name = "TYPE")]
    pub(crate) traffic_type: TrafficTypeOption,

    /// Length of the capture windows in seconds, 1 to 600
    #[arg(long, default_value = "5", value_name = "SECONDS")]
    pub(crate) window: u64,

    /// Stop by itself after so many seconds [default: at Ctrl-C]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) duration: Option<u64>,

    /// Flows of all open windows together; what finds no room is counted, and told by SKIPDATA
    #[arg(long, default_value = "1048576", value_name = "N")]
    pub(crate) max_flows: NonZeroUsize,

    /// Connections that each interface may have; the next one is refused [default: as many as there is
    /// room for]
    #[arg(long, value_name = "N")]
    pub(crate) conntrack_allowance: Option<NonZeroUsize>,

    /// Whose base + 1 of a subnet and base + 2 of a VPC are: AWS's router and DNS server, whose traffic
    /// is not logged, or nobody's
    #[arg(long, value_enum, default_value = "none", value_name = "WHOSE")]
    pub(crate) reserved_addresses: ReservedAddressesOption,
}

#[derive(Debug, Args)]
#[command(after_help = EXPLAIN_HELP)]
pub(crate) struct ExplainOptions {
    /// Flow log records: text or gzip, with the line of field names or in --format; `-` is the standard
    /// input
    #[arg(required = true, value_name = "RECORDS")]
    pub(crate) records: Vec<PathBuf>,

    /// What `aws ec2 describe-*` print, as one JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: String,

    /// Format of records without a line of field names [default: the default format]
    #[arg(long, value_name = "'${version} …'")]
    pub(crate) format: Option<String>,

    /// Whose base + 1 of a subnet and base + 2 of a VPC are: AWS's router and DNS server, whose traffic
    /// is not logged, or nobody's
    #[arg(long, value_enum, default_value = "aws", value_name = "WHOSE")]
    pub(crate) reserved_addresses: ReservedAddressesOption,

    /// One JSON object for each group, then one with the counts
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a record consists of.
#[derive(Debug, Args)]
pub(crate) struct RecordOptions {
    /// Fields of a record, as `CreateFlowLogs` takes them [default: AWS's default format; in watch, its
    /// own choice]
    #[arg(long, value_name = "'${version} …'", conflicts_with = "fields")]
    format: Option<String>,

    /// The same by the names of the fields, `srcaddr,dstaddr,action`
    #[arg(long, value_name = "a,b,c")]
    fields: Option<String>,
}

impl RecordOptions {
    /// Returns the chosen format, if one was chosen.
    pub(crate) fn chosen(&self) -> Result<Option<LogFormat>, Failure> {
        match (&self.format, &self.fields) {
            (Some(format), _) => parse_format(format).map(Some),
            (None, Some(names)) => {
                LogFormat::from_names(names.split(',').map(str::trim)).map(Some).map_err(|error| {
                    let hint = hint(&error.fault);
                    Failure::usage(anyhow!("--fields: {}{hint}", error.fault))
                })
            }
            (None, None) => Ok(None),
        }
    }
}

/// Reads a format string; a wrong one gets AWS's words and ours.
pub(crate) fn parse_format(format: &str) -> Result<LogFormat, Failure> {
    format.parse::<LogFormat>().map_err(|error| {
        if format.contains("${") {
            return Failure::usage(error);
        }
        Failure::usage(anyhow!(
            "{error}: {}; fields are written ${{field}}, and between double quotes the shell replaces them",
            error.fault
        ))
    })
}

/// Says what would be right where the fault itself cannot.
fn hint(fault: &FormatFault) -> String {
    match fault {
        FormatFault::UnknownField { name, .. } if name.contains(char::is_whitespace) => {
            "; names are separated by commas".to_owned()
        }
        FormatFault::UnknownField { nearest: None, .. } => {
            let names: Vec<_> = Field::ALL.iter().map(|field| field.name()).collect();
            format!("; there are {}", names.join(", "))
        }
        FormatFault::UnknownField { nearest: Some(_), .. }
        | FormatFault::Empty
        | FormatFault::LeadingSpace
        | FormatFault::TrailingSpace
        | FormatFault::DoubleSpace
        | FormatFault::NotAField(_)
        | FormatFault::Unterminated(_)
        | FormatFault::Duplicate(_) => String::new(),
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TrafficTypeOption {
    #[value(name = "ACCEPT")]
    Accept,
    #[value(name = "REJECT")]
    Reject,
    #[value(name = "ALL")]
    All,
}

impl From<TrafficTypeOption> for TrafficType {
    fn from(option: TrafficTypeOption) -> Self {
        match option {
            TrafficTypeOption::Accept => Self::Accept,
            TrafficTypeOption::Reject => Self::Reject,
            TrafficTypeOption::All => Self::All,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EncodingOption {
    Text,
    Gzip,
    Parquet,
    Json,
}

impl From<EncodingOption> for Encoding {
    fn from(option: EncodingOption) -> Self {
        match option {
            EncodingOption::Text => Self::Text,
            EncodingOption::Gzip => Self::Gzip,
            EncodingOption::Parquet => Self::Parquet,
            EncodingOption::Json => Self::Json,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ReservedAddressesOption {
    Aws,
    None,
}

impl From<ReservedAddressesOption> for ReservedAddresses {
    fn from(option: ReservedAddressesOption) -> Self {
        match option {
            ReservedAddressesOption::Aws => Self::Aws,
            ReservedAddressesOption::None => Self::None,
        }
    }
}

/// At which end of its cable the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SideOption {
    /// The device is the network interface itself: what it receives is ingress
    Guest,
    /// The device is the host's end of the interface's veth or tap: what it receives, the interface sent
    Host,
}

/// What happens to refused packets.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ModeChoice {
    /// They are judged and recorded
    Observe,
    /// They are dropped too
    Enforce,
}

impl From<ModeChoice> for ModeOption {
    fn from(choice: ModeChoice) -> Self {
        match choice {
            ModeChoice::Observe => Self::Observe,
            ModeChoice::Enforce => Self::Enforce,
        }
    }
}

/// What becomes of packets in mode `enforce` as long as no rules are known.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum WithoutRulesChoice {
    /// They pass
    Pass,
    /// They are dropped
    Drop,
}

impl From<WithoutRulesChoice> for WithoutRules {
    fn from(choice: WithoutRulesChoice) -> Self {
        match choice {
            WithoutRulesChoice::Pass => Self::Pass,
            WithoutRulesChoice::Drop => Self::Drop,
        }
    }
}

/// How packets of a device are captured.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum CaptureChoice {
    /// In the kernel if possible, else by packet sockets
    Auto,
    /// In the kernel, or not at all
    Ebpf,
    /// By packet sockets
    #[value(name = "af_packet")]
    AfPacket,
}

impl From<CaptureChoice> for CaptureOption {
    fn from(choice: CaptureChoice) -> Self {
        match choice {
            CaptureChoice::Auto => Self::Auto,
            CaptureChoice::Ebpf => Self::Ebpf,
            CaptureChoice::AfPacket => Self::AfPacket,
        }
    }
}
