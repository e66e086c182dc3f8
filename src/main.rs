//! The binary: command line and wiring.

mod cli;
mod explain;
mod inventory;
mod messages;
mod refusals;
mod replay;
mod status;
mod summary;
mod watch;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let result = match cli.command {
        cli::Command::Replay(options) => replay::run(&options),
        cli::Command::Watch(options) => watch::run(&options),
        cli::Command::Explain(options) => explain::run(&options),
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
