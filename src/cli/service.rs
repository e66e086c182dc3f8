//! Options of the commands around the service: `serve`, `agent`, `status`, `doctor`, `tail`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use flowlogd_agent::config::{Pace, Side};

use super::{CaptureChoice, ModeChoice, SideOption, WithoutRulesChoice};

const SERVE_HELP: &str = "\
Example: a server for this machine, and the AWS CLI as its client
  flowlogd serve --data-dir ./data
  export AWS_SHARED_CREDENTIALS_FILE=./data/credentials AWS_ENDPOINT_URL=http://127.0.0.1:4566 \\
      AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  aws sts get-caller-identity

Root credentials are made at the first start and written to DATA_DIR/credentials, or taken from
FLOWLOGD_ROOT_ACCESS_KEY_ID and FLOWLOGD_ROOT_SECRET_ACCESS_KEY.

Exit status:
  0  ended by Ctrl-C or SIGTERM
  1  the machine failed, or another process holds the data directory
  2  an option or the configuration file is wrong";

const AGENT_HELP: &str = "\
Example: the agent of a host whose guest web-1 is behind the device veth7
  umask 077; flowlogd agent enroll --host web-1 --data-dir ./data > agent-credentials     (on the server)
  flowlogd agent --endpoint http://10.0.0.5:4566 --credentials agent-credentials \\
      --interface eni-0a1b2c3d4e5f60718 --device veth7

Example: a capture file as if it were the interface's traffic now
  flowlogd agent --replay capture.pcap --interface eni-0a1b2c3d4e5f60718 --credentials agent-credentials

Capturing from a device takes root; or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, or else CAP_NET_RAW. A replay ends by itself when everything is delivered.

Exit status:
  0  ended by Ctrl-C or SIGTERM, or the replay is over
  1  the machine failed
  2  an option or the configuration file is wrong";

const TAIL_HELP: &str = "\
Example: what is refused, as it happens
  flowlogd tail flow-logs --follow --filter REJECT

Endpoint, region and credentials are found as the AWS CLI finds them (AWS_ENDPOINT_URL, AWS_REGION,
AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE, …).";

#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct ServeOptions {
    /// Where to listen [default: 127.0.0.1:4566]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,

    /// Where everything is kept [default: flowlogd-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// An account; may be given several times [default: 123456789012]
    #[arg(long, value_name = "N")]
    pub(crate) account_id: Vec<String>,

    /// The configuration file (docs/configuration.md)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = AGENT_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct AgentOptions {
    #[command(subcommand)]
    pub(crate) command: Option<AgentCommand>,

    #[command(flatten)]
    pub(crate) run: AgentRunOptions,
}

#[derive(Debug, Args)]
pub(crate) struct AgentRunOptions {
    /// The configuration file (docs/configuration.md); the options below count more
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Where the server is; `AWS_ENDPOINT_URL` without it, else <http://127.0.0.1:4566>
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,

    /// The region of the interfaces [default: us-east-1]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// What `flowlogd agent enroll` printed
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,

    /// Where spool, journal and the last configuration are kept [default: flowlogd-agent]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// The network interface that is attached
    #[arg(long, value_name = "eni-…")]
    pub(crate) interface: Option<String>,

    /// To this device of the host
    #[arg(long, value_name = "DEVICE", requires = "interface", conflicts_with = "replay")]
    pub(crate) device: Option<String>,

    /// Which end of its cable the device is
    #[arg(long, value_enum, default_value = "host", value_name = "SIDE")]
    pub(crate) side: SideOption,

    /// Or to this capture file
    #[arg(long, value_name = "FILE", requires = "interface")]
    pub(crate) replay: Option<PathBuf>,

    /// How fast a file is replayed: as it was captured, or as fast as it goes
    #[arg(long, value_enum, default_value = "fast", value_name = "PACE")]
    pub(crate) pace: PaceOption,

    #[command(flatten)]
    pub(crate) live: LiveOptions,
}

/// How packets are captured and what is done with them, by whoever runs an agent.
#[derive(Debug, Args)]
pub(crate) struct LiveOptions {
    /// Whether packets that are refused are only recorded as such, or dropped too
    #[arg(long, value_enum, default_value = "observe", value_name = "MODE")]
    pub(crate) mode: ModeChoice,

    /// What becomes of packets in mode enforce as long as no rules are known for the interface
    #[arg(long, value_enum, default_value = "pass", value_name = "WHAT")]
    pub(crate) without_rules: WithoutRulesChoice,

    /// How packets of devices are captured: in the kernel, by packet sockets, or in the kernel where that is possible
    /// [default: auto]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) capture: Option<CaptureChoice>,

    /// The base interval in seconds, 1 to 60 [default: 60]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) window: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Print the credential of a host's agent; made at the first call. Runs beside the server
    Enroll(EnrollOptions),
}

#[derive(Debug, Args)]
pub(crate) struct EnrollOptions {
    /// Name of the host
    #[arg(long, value_name = "NAME")]
    pub(crate) host: String,

    /// The server's data directory
    #[arg(long, default_value = "flowlogd-data", value_name = "DIR")]
    pub(crate) data_dir: PathBuf,

    /// The account that the agent is of
    #[arg(long, default_value = "123456789012", value_name = "N")]
    pub(crate) account_id: String,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct DetachOptions {
    /// What all agents of this machine have left
    #[arg(long)]
    pub(crate) all: bool,

    /// What the agent with this state directory has left
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

/// How a server is found, and as whom it is asked: as by the AWS CLI.
#[derive(Debug, Args)]
pub(crate) struct ClientOptions {
    /// Where the server is; `AWS_ENDPOINT_URL` without it, else <http://127.0.0.1:4566>
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,

    /// The region; `AWS_REGION` without it, else us-east-1
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,

    /// The profile of the shared credentials [default: `AWS_PROFILE`, else default]
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    #[command(flatten)]
    pub(crate) client: ClientOptions,

    /// Of every interface the rules that decided, with packets and last use
    #[arg(long)]
    pub(crate) rules: bool,

    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorOptions {
    /// The flow log; all of the region without it
    #[arg(value_name = "FLOWLOGID")]
    pub(crate) flow_log_id: Option<String>,

    #[command(flatten)]
    pub(crate) client: ClientOptions,

    /// JSON, with the policy document that would pass
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = TAIL_HELP)]
pub(crate) struct TailOptions {
    /// The log group
    #[arg(value_name = "GROUP")]
    pub(crate) group: String,

    #[command(flatten)]
    pub(crate) client: ClientOptions,

    /// Go on with what comes
    #[arg(long, short)]
    pub(crate) follow: bool,

    /// From how long ago
    #[arg(long, default_value = "10m", value_name = "TIME")]
    pub(crate) since: String,

    /// Only events that match the filter pattern
    #[arg(long, value_name = "PATTERN")]
    pub(crate) filter: Option<String>,

    /// Only streams whose names begin so
    #[arg(long, value_name = "PREFIX")]
    pub(crate) stream_prefix: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PaceOption {
    /// The first packet is now
    Real,
    /// The last packet is now
    Fast,
}

impl From<PaceOption> for Pace {
    fn from(option: PaceOption) -> Self {
        match option {
            PaceOption::Real => Self::Real,
            PaceOption::Fast => Self::Fast,
        }
    }
}

impl From<SideOption> for Side {
    fn from(option: SideOption) -> Self {
        match option {
            SideOption::Guest => Self::Guest,
            SideOption::Host => Self::Host,
        }
    }
}
