//! `flowlogd doctor`: the first broken link between a flow log and its records.

use std::io::{self, IsTerminal as _, Write as _};

use flowlogd_agent::doctor::{Condition, Diagnosis, examine};

use crate::cli::DoctorOptions;
use crate::exit_status::{Failure, Status};
use crate::messages::readable;
use crate::service::{self, unix_millis};

/// Prints the chain of one flow log, or of all. The status is 1 where a link is broken.
pub(crate) fn run(options: &DoctorOptions) -> Result<Status, Failure> {
    let client = service::client(&options.client)?;
    let diagnoses = service::block_on(async {
        examine(&client, options.flow_log_id.as_deref(), unix_millis())
            .await
            .map_err(Failure::failed)
    })?;
    let mut out = io::stdout().lock();
    if options.json {
        let text = serde_json::to_string_pretty(&diagnoses).map_err(Failure::failed)?;
        writeln!(out, "{text}").map_err(Failure::failed)?;
    } else if diagnoses.is_empty() {
        writeln!(out, "There is no flow log in {}.", client.region()).map_err(Failure::failed)?;
    } else {
        let colours = io::stdout().is_terminal();
        for diagnosis in &diagnoses {
            write!(out, "{}", told(diagnosis, colours)).map_err(Failure::failed)?;
        }
    }
    let is_sound = diagnoses.iter().all(Diagnosis::is_sound);
    Ok(if is_sound { Status::Done } else { Status::Failed })
}

fn told(diagnosis: &Diagnosis, colours: bool) -> String {
    let mut text = format!("{}\n", diagnosis.flow_log_id);
    for link in &diagnosis.links {
        let (sign, colour) = match link.condition {
            Condition::Good => ("ok", "32"),
            Condition::Note => ("note", "33"),
            Condition::Broken => ("BROKEN", "31"),
            Condition::Unknown => ("?", "33"),
        };
        let sign = format!("{sign:6}");
        let sign = if colours { format!("\x1b[{colour}m{sign}\x1b[0m") } else { sign };
        text += &format!("  {sign} {:20} {}\n", link.name, readable(&link.found));
    }
    if let Some(remedy) = &diagnosis.remedy {
        text += &format!("\n  To mend it: {}\n", readable(remedy));
    }
    if let Some(policy) = &diagnosis.policy {
        for line in serde_json::to_string_pretty(policy).unwrap_or_default().lines() {
            text += &format!("    {line}\n");
        }
    }
    text.push('\n');
    text
}
