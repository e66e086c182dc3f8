//! Options of `lab`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

const LAB_HELP: &str = "\
Example: the incident of docs/lab.md
  sudo \"$(command -v flowlogd)\" lab up
  eval \"$(sudo \"$(command -v flowlogd)\" lab status --env)\"  # for the AWS CLI; $lab_acl, $lab_web, … are the lab's ids
  flowlogd tail lab --follow
  sudo \"$(command -v flowlogd)\" lab try client web 80
  sudo \"$(command -v flowlogd)\" lab down

Three instances are network namespaces of this machine (web, app, client), in two subnets behind a router; a customer is
outside. Security groups and network ACLs are enforced. Everything is gone after `lab down`.

Exit status:
  0  done
  1  the machine failed; a process of the lab has ended (status); no connection came about (try)
  2  an option is wrong, or there is no lab, or there is one already";

#[derive(Debug, Args)]
#[command(after_help = LAB_HELP)]
pub(crate) struct LabOptions {
    #[command(subcommand)]
    pub(crate) command: LabCommand,

    /// Where the lab's server listens [default: 127.0.0.1:4566]
    #[arg(long, global = true, value_name = "ADDR")]
    pub(crate) listen: Option<String>,

    /// Where the lab keeps its data as long as it is up [default: /run/flowlogd-lab/data]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Make the lab
    Up,
    /// Remove it, with everything that it has recorded
    Down,
    /// Show what there is
    Status(LabStatusOptions),
    /// Run a command on an instance; a shell without one
    Exec(LabExecOptions),
    /// Try connections from an instance or the customer, and say what came of them
    Try(LabTryOptions),
    /// Be an instance
    #[command(hide = true)]
    Run(LabRunOptions),
}

#[derive(Debug, Args)]
pub(crate) struct LabStatusOptions {
    /// As assignments for a shell: `eval "$(flowlogd lab status --env)"`
    #[arg(long)]
    pub(crate) env: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabExecOptions {
    /// On which instance, or as the customer
    #[arg(value_enum, value_name = "INSTANCE")]
    pub(crate) place: Place,

    /// The command, with its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct LabTryOptions {
    /// From where
    #[arg(value_enum, value_name = "FROM")]
    pub(crate) from: Place,

    /// To whom: an instance or an address
    #[arg(value_name = "TO")]
    pub(crate) to: Target,

    /// To which TCP port, or ports: 80, 1-1024
    #[arg(value_name = "PORT[-PORT]", value_parser = ports)]
    pub(crate) ports: (u16, u16),

    /// Over IPv6, where TO is an instance
    #[arg(long, short = '6')]
    pub(crate) ipv6: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LabRunOptions {
    /// Which
    #[arg(value_enum)]
    pub(crate) place: Place,
}

/// A place in the lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Place {
    /// The web server, in the public subnet
    Web,
    /// The application behind it, in the private subnet
    App,
    /// A client, in the private subnet
    Client,
    /// Somebody outside of the VPC
    Customer,
}

/// To whom a connection goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Place(Place),
    Address(IpAddr),
}

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(place) = Place::from_str(text, true) {
            return Ok(Self::Place(place));
        }
        text.parse()
            .map(Self::Address)
            .map_err(|_| "it is neither web, app, client or customer nor an IP address".to_owned())
    }
}

fn ports(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let ports = first.parse().ok().zip(last.parse().ok());
    ports
        .filter(|(first, last): &(u16, u16)| *first >= 1 && first <= last)
        .ok_or_else(|| "a port is 1 to 65535, a range is 1-1024".to_owned())
}
