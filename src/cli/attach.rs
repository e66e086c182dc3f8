//! Options of `attach`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use flowlogd_agent::discover::Source;

use super::LiveOptions;

const ATTACH_HELP: &str = "\
Example: everything that runs in network namespaces of this host, as root beside a server on this host
  flowlogd serve --data-dir ./data &
  flowlogd attach --discover netns --data-dir ./data --yes &
  export AWS_SHARED_CREDENTIALS_FILE=./data/credentials
  flowlogd tail flow-logs --follow

A VPC (with a block of 65,536 addresses for each network), subnets and network interfaces are made through the AWS API for what is found, and used
again by the next start: they bear the tags flowlogd:host and flowlogd:origin. What comes later is attached as it comes.
Programs that an agent has attached count on when it ends; `flowlogd detach` takes them off.

Without --data-dir, endpoint, region and credentials are found as the AWS CLI finds them, and the agent's own are what
`flowlogd agent enroll` printed (--credentials).

Exit status:
  0  ended by Ctrl-C or SIGTERM, or listed
  1  the machine or the server failed
  2  an option is wrong, or the question was answered with no
  4  Docker does not answer";

/// Where machines are looked for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DiscoverOption {
    /// Network namespaces with names (`ip netns`)
    Netns,
    /// Ports of bridges: cables and tap devices
    Bridge,
    /// Cables (veth) into other network namespaces, whoever's they are
    Veth,
    /// Containers of Docker
    Docker,
}

#[derive(Debug, Args)]
#[command(after_help = ATTACH_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line are independent")]
pub(crate) struct AttachOptions {
    /// What to look for
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) discover: DiscoverOption,

    /// Only what has a name that begins so; may be given several times
    #[arg(long, value_name = "PREFIX")]
    pub(crate) name: Vec<String>,

    /// Only ports of this bridge; may be given several times
    #[arg(long, value_name = "DEVICE")]
    pub(crate) bridge: Vec<String>,

    /// The socket of Docker
    #[arg(long, default_value = "/var/run/docker.sock", value_name = "SOCKET")]
    pub(crate) docker_socket: PathBuf,

    /// Only list what is found, with the devices and addresses
    #[arg(long)]
    pub(crate) list: bool,

    /// List it as JSON
    #[arg(long, requires = "list")]
    pub(crate) json: bool,

    /// Do not ask before anything is made
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Make subnets and interfaces in this VPC [default: VPCs of the host's own]
    #[arg(long, value_name = "vpc-…")]
    pub(crate) vpc: Option<String>,

    /// Security groups of new interfaces [default: the VPC's default group]
    #[arg(long, value_name = "sg-…", requires = "vpc")]
    pub(crate) security_group: Vec<String>,

    /// Where a flow log over each VPC that has none delivers
    #[arg(long, default_value = "flow-logs", value_name = "GROUP", value_parser = log_group)]
    pub(crate) log_group: String,

    /// Make no flow log
    #[arg(long)]
    pub(crate) no_flow_log: bool,

    #[command(flatten)]
    pub(crate) live: LiveOptions,

    /// The data directory of a server on this host: its credentials are used, and the agent is enrolled
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// The agent's own credential: what `flowlogd agent enroll` printed
    #[arg(long, value_name = "FILE")]
    pub(crate) credentials: Option<PathBuf>,

    /// The agent's part of a configuration file (docs/configuration.md); the options here count more
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Where spool, journal and the last configuration are kept [default: flowlogd-agent]
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,

    /// Name of this host [default: the machine's]
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,

    #[command(flatten)]
    pub(crate) client: super::ClientOptions,
}

/// Refuses what is no name of a log group, before anything is made.
fn log_group(name: &str) -> Result<String, String> {
    let is_good = |char: char| char.is_ascii_alphanumeric() || "._-/#".contains(char);
    if (1..=512).contains(&name.len()) && name.chars().all(is_good) {
        return Ok(name.to_owned());
    }
    Err("the name of a log group has 1 to 512 letters, digits and . _ - / #".to_owned())
}

impl From<DiscoverOption> for Source {
    fn from(option: DiscoverOption) -> Self {
        match option {
            DiscoverOption::Netns => Self::Netns,
            DiscoverOption::Bridge => Self::Bridge,
            DiscoverOption::Veth => Self::Veth,
            DiscoverOption::Docker => Self::Docker,
        }
    }
}
