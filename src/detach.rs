//! `flowlogd detach`: removes from the kernel what agents have left there.

use std::io::{self, Write as _};

use anyhow::anyhow;
use flowlogd_agent::attachment::detach;

use crate::cli::DetachOptions;
use crate::exit_status::{Failure, Status};

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
    let programs = detach(state_dir).map_err(Failure::failed)?;
    writeln!(io::stdout(), "{programs} programs taken off").map_err(Failure::failed)?;
    Ok(Status::Done)
}
