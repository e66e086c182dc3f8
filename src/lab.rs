//! `flowlogd lab`: a VPC of real hosts on this machine.

mod attempt;
mod down;
mod instance;
mod process;
mod record;
mod status;
mod up;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::anyhow;
use flowlogd_agent::lab::{INSTANCES, Instance, OUTSIDE};
use flowlogd_agent::netns;
use nix::unistd::geteuid;

use crate::cli::{LabCommand, LabExecOptions, LabOptions, Place};
use crate::exit_status::{Failure, Status};
use record::Record;

/// Runs a command of the lab.
pub(crate) fn run(options: &LabOptions) -> Result<Status, Failure> {
    must_be_root()?;
    match &options.command {
        LabCommand::Run(run) => instance::run(run.place),
        LabCommand::Up => up::up(options),
        LabCommand::Down => down::down(options),
        LabCommand::Status(status) => status::status(&Record::read_for(options)?, status),
        LabCommand::Exec(exec) => self::exec(&Record::read_for(options)?, exec),
        LabCommand::Try(attempt) => attempt::attempt(&Record::read_for(options)?, attempt),
    }
}

/// Refuses others than root, who alone can make and enter namespaces, and enforce rules.
fn must_be_root() -> Result<(), Failure> {
    if geteuid().is_root() {
        return Ok(());
    }
    Err(Failure::usage(anyhow!("the lab takes root: sudo \"$(command -v flowlogd)\" lab …")))
}

/// Becomes a command in a place of the lab.
fn exec(_: &Record, options: &LabExecOptions) -> Result<Status, Failure> {
    enter(options.place)?;
    let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/sh".to_owned());
    let command = options.command.first().unwrap_or(&shell);
    let error = Command::new(command).args(options.command.iter().skip(1)).exec();
    Err(Failure::failed(anyhow!("{command}: {error}")))
}

/// Moves this thread to a place of the lab.
fn enter(place: Place) -> Result<(), Failure> {
    let name = place.namespace();
    netns::enter(&netns::path(&name)).map_err(|error| Failure::failed(anyhow!("{name}: {error}")))
}

impl Place {
    fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::App => "app",
            Self::Client => "client",
            Self::Customer => OUTSIDE.name,
        }
    }

    fn namespace(self) -> String {
        let instance = INSTANCES.iter().find(|instance| instance.name == self.name());
        instance.map_or_else(|| OUTSIDE.namespace.to_owned(), Instance::namespace)
    }

    fn addresses(self) -> (Ipv4Addr, Ipv6Addr) {
        let instance = INSTANCES.iter().find(|instance| instance.name == self.name());
        instance.map_or((OUTSIDE.ipv4, OUTSIDE.ipv6), Instance::addresses)
    }

    /// Returns the address of a kind.
    fn address(self, ipv6: bool) -> IpAddr {
        let (v4, v6) = self.addresses();
        if ipv6 { v6.into() } else { v4.into() }
    }
}
