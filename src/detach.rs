//! `flowlogd detach`: removes from the kernel what agents have left there.

use std::io::{self, Write as _};

use anyhow::anyhow;
use flowlogd_agent::attachment::detach;
use flowlogd_agent::spool::Spool;

use crate::cli::DetachOptions;
use crate::exit_status::{Failure, Status};

/// Where the kernel keeps programs and tables.
const PINS: &str = "/sys/fs/bpf/flowlogd";

/// Detaches, and tells how much there was.
pub(crate) fn run(options: &DetachOptions) -> Result<Status, Failure> {
    let state_dir = options.state_dir.as_deref();
    if let Some(state_dir) = state_dir
        && !state_dir.is_dir()
    {
        return Err(Failure::unreadable(anyhow!(
            "there is no state directory {}",
            state_dir.display()
        )));
    }
    if let Some(state_dir) = state_dir
        && Spool::is_in_use(&state_dir.join("spool")).map_err(Failure::failed)?
    {
        return Err(Failure::failed(anyhow!(
            "an agent runs with the state directory {}: end it first, or it attaches its programs again",
            state_dir.display()
        )));
    }
    let programs = detach(state_dir).map_err(|error| {
        Failure::failed(anyhow!(
            "cannot remove what is in {PINS}: {error} (it takes root, or CAP_BPF, CAP_NET_ADMIN and the files' owner)"
        ))
    })?;
    writeln!(io::stdout(), "{programs} programs taken off").map_err(Failure::failed)?;
    Ok(Status::Done)
}
