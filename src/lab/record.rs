//! What is written down of a lab that is up, so that it can be found and removed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use flowlogd_agent::lab::Network;
use serde::{Deserialize, Serialize};

use super::process::Process;
use crate::cli::LabOptions;
use crate::exit_status::Failure;

/// There is one lab on a machine, for its namespaces have names.
pub(super) const DIRECTORY: &str = "/run/flowlogd-lab";

/// A lab.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// Where the server is.
    pub(super) endpoint: String,
    /// Where everything is kept.
    pub(super) data_dir: PathBuf,
    /// What runs.
    pub(super) processes: Vec<Process>,
    /// What there is in the AWS API.
    pub(super) network: Network,
}

impl Record {
    /// Reads the record of the lab that is up, whether the making of it was finished or not.
    pub(super) fn read() -> Result<Option<Self>, Failure> {
        let path = path();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is broken", path.display()))
                .map(Some)
                .map_err(Failure::failed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::failed(anyhow!("{}: {error}", path.display()))),
        }
    }

    /// Reads the record of the lab that the options mean.
    pub(super) fn read_for(options: &LabOptions) -> Result<Self, Failure> {
        let Some(record) = Self::read()? else {
            return Err(Failure::usage(anyhow!("there is no lab: flowlogd lab up makes one")));
        };
        record.check(options)?;
        Ok(record)
    }

    /// Refuses options that mean another lab.
    pub(super) fn check(&self, options: &LabOptions) -> Result<(), Failure> {
        let other = |what: &str, ours: &str| {
            Failure::usage(anyhow!(
                "the lab that is up has {what} {ours}, and there is one at a time"
            ))
        };
        if let Some(directory) = &options.data_dir {
            let absolute = std::path::absolute(directory).map_err(Failure::failed)?;
            if absolute != self.data_dir {
                return Err(other("its data in", &self.data_dir.display().to_string()));
            }
        }
        match &options.listen {
            Some(listen) if !self.endpoint.ends_with(&format!("//{listen}")) => {
                Err(other("the endpoint", &self.endpoint))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Writes it down.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let (path, new) = (path(), path().with_extension("new"));
        serde_json::to_vec_pretty(self)
            .map_err(io::Error::from)
            .and_then(|bytes| fs::write(&new, bytes))
            .and_then(|()| fs::rename(&new, &path))
            .with_context(|| path.display().to_string())
            .map_err(Failure::failed)
    }

    /// Where a process writes what it has to say.
    pub(super) fn log_of(&self, name: &str) -> PathBuf {
        let file = if matches!(name, "server" | "agent") { name } else { "instances" };
        self.data_dir.join(format!("{file}.log"))
    }

    /// Where the agent of the lab keeps its state.
    pub(super) fn agent_dir(&self) -> PathBuf {
        self.data_dir.join("agent")
    }
}

fn path() -> PathBuf {
    Path::new(DIRECTORY).join("lab.json")
}
