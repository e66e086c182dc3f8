//! The binary: command line and wiring.

mod agent;
mod attach;
mod backup;
mod cli;
mod config;
mod detach;
mod doctor;
mod exit_status;
mod explain;
mod fsck;
mod inventory;
mod lab;
mod lines;
mod messages;
mod records;
mod refusals;
mod replay;
mod serve;
mod service;
mod status;
mod summary;
mod tail;
mod watch;
mod what_if;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let result = match cli.command {
        cli::Command::Replay(options) => replay::run(&options),
        cli::Command::Watch(options) => watch::run(&options),
        cli::Command::Explain(options) => explain::run(&options),
        cli::Command::WhatIf(options) => what_if::run(&options),
        cli::Command::Serve(options) => serve::run(&options),
        cli::Command::Agent(options) => agent::run(&options),
        cli::Command::Attach(options) => attach::run(&options),
        cli::Command::Lab(options) => lab::run(&options),
        cli::Command::Status(options) => status::run(&options),
        cli::Command::Detach(options) => detach::run(&options),
        cli::Command::Doctor(options) => doctor::run(&options),
        cli::Command::Tail(options) => tail::run(&options),
        cli::Command::Fsck(options) => fsck::run(&options),
        cli::Command::Backup(options) => backup::run(&options),
        cli::Command::Restore(options) => backup::run_restore(&options),
    };
    match result {
        Ok(status) => status.into(),
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            messages::say(format_args!("flowlogd: {failure}"));
            failure.status().into()
        }
    }
}
