//! The binary: command line and wiring.
#![expect(clippy::print_stderr, reason = "the binary is what talks to people")]

mod cli;
mod explain;
mod inventory;
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
            eprintln!("flowlogd: {failure}");
            failure.status().into()
        }
    }
}
