//! `flowlogd lab down`.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use flowlogd_agent::attachment;
use flowlogd_agent::lab;

use super::process::Process;
use super::record::{DIRECTORY, Record};
use crate::cli::LabOptions;
use crate::exit_status::{Failure, Status};
use crate::messages::say;

/// Removes the lab.
pub(super) fn down(options: &LabOptions) -> Result<Status, Failure> {
    let record = Record::read()?;
    if let Some(record) = &record {
        record.check(options)?;
    }
    let namespaces = remove(record.as_ref())?;
    if record.is_none() && namespaces == 0 {
        return Err(Failure::usage(anyhow!("there is no lab")));
    }
    say("The lab is gone.");
    Ok(Status::Done)
}

/// Removes whatever there is of a lab, and returns how many namespaces there were.
pub(super) fn remove(record: Option<&Record>) -> Result<usize, Failure> {
    if let Some(record) = record {
        // Instances first, so that there is no traffic without an agent; the server last.
        record.processes.iter().rev().for_each(Process::end);
        if record.agent_dir().exists() {
            attachment::detach(Some(&record.agent_dir()))
                .context("the programs in the kernel")
                .map_err(Failure::failed)?;
        }
        forget(&record.data_dir)?;
    }
    // What somebody has started by `lab exec`.
    for id in lab::processes().map_err(Failure::failed)? {
        Process::of(id).as_ref().map(Process::end);
    }
    let namespaces = lab::remove().context("the namespaces").map_err(Failure::failed)?;
    forget(Path::new(DIRECTORY))?;
    Ok(namespaces)
}

fn forget(directory: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(directory) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::failed(anyhow!("{}: {error}", directory.display()))),
    }
}
