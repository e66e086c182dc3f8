//! `flowlogd what-if`: recorded flows, present and proposed rules → the flows that flip; and rules that nothing
//! used.

mod json;
mod stored;
mod table;
mod usage;

use std::path::Path;

use anyhow::anyhow;
use flowlogd_agent::client::Client;
use flowlogd_agent::doctor::agents;
use flowlogd_agent::dump::dump;
use flowlogd_agent::explain::what_if::{Report, Watches, WhatIf};
use flowlogd_vpc::{CompileOptions, Inventory};

use crate::cli::{self, ReportForm, WhatIfOptions};
use crate::exit_status::{Failure, Status};
use crate::inventory;
use crate::lines::print;
use crate::messages::readable_lines;
use crate::{records, service};

/// Runs the command.
pub(crate) fn run(options: &WhatIfOptions) -> Result<Status, Failure> {
    let is_judging = check(options)?;
    let asks = options.log_group.is_some() || options.unused || options.current.is_none();
    let client = asks.then(|| service::client(&options.client)).transpose()?;
    let present = present_rules(options, client.as_ref())?;

    let mut text = String::new();
    let mut status = Status::Done;
    if is_judging {
        let (report, faulty_lines, judged) = judge(options, &present, client.as_ref())?;
        status = judged;
        text += &match options.output_format {
            ReportForm::Json => json::text(&report, faulty_lines),
            ReportForm::Text => table::text(&report, faulty_lines),
        };
    }
    if let Some(client) = client.filter(|_| options.unused) {
        let agents = service::block_on(async { agents(&client).await.map_err(Failure::failed) })?;
        let usage = Watches::of(&agents).usage(&present);
        text += &match options.output_format {
            ReportForm::Json => usage::json(&usage),
            ReportForm::Text if is_judging => "\n".to_owned() + &usage::text(&usage),
            ReportForm::Text => usage::text(&usage),
        };
    }
    print(&match options.output_format {
        ReportForm::Json => text,
        // Records come from files that anyone may have written, and people read this.
        ReportForm::Text => readable_lines(&text),
    })?;
    Ok(status)
}

/// Returns whether records are to be judged; options that do not belong together are an error.
fn check(options: &WhatIfOptions) -> Result<bool, Failure> {
    let has_records = !options.records.is_empty() || options.log_group.is_some();
    let has_proposal = options.inventory.is_some() || !options.change.is_empty();
    let of_standard_input = options.records.iter().filter(|path| path.as_path() == Path::new("-"));
    let of_standard_input =
        of_standard_input.count() + options.change.iter().filter(|path| *path == "-").count();
    let wrong = match (has_records, has_proposal) {
        _ if of_standard_input > 1 => "the standard input can be read once only",
        (true, false) => "nothing is proposed: give --inventory or --change",
        (false, true) => "there is nothing to judge: give files of records or --log-group",
        (false, false) if !options.unused => {
            "there is nothing to do: give records (files or --log-group) and a proposal (--inventory or --change), or --unused"
        }
        (true, true) | (false, false) => return Ok(has_records),
    };
    Err(Failure::usage(anyhow!(wrong)))
}

fn present_rules(options: &WhatIfOptions, client: Option<&Client>) -> Result<Inventory, Failure> {
    match (&options.current, client) {
        (Some(path), _) => inventory::read(path),
        (None, Some(client)) => {
            let dump = service::block_on(async { dump(client).await.map_err(Failure::failed) })?;
            inventory::parse(&dump.to_string(), "the service's answer")
        }
        (None, None) => Err(Failure::usage(anyhow!("--current is missing"))),
    }
}

fn proposed_rules(options: &WhatIfOptions, present: &Inventory) -> Result<Inventory, Failure> {
    if let Some(path) = &options.inventory {
        return inventory::read(path);
    }
    let mut proposed = present.clone();
    for path in &options.change {
        proposed = inventory::change(&proposed, path)?;
    }
    Ok(proposed)
}

/// Judges all records; besides the report come the lines that are no records, and how far they were read.
fn judge(
    options: &WhatIfOptions,
    present: &Inventory,
    client: Option<&Client>,
) -> Result<(Report, u64, Status), Failure> {
    let format = options.format.as_deref().map(cli::parse_format).transpose()?;
    let compile = CompileOptions { reserved_addresses: options.reserved_addresses.into() };
    let proposed = proposed_rules(options, present)?;
    let mut what_if = WhatIf::new(present.clone(), proposed, compile);

    let mut status = Status::Done;
    let mut faulty_lines = 0;
    let mut add = |read: records::Read| {
        status = status.max(read.status);
        faulty_lines += read.faulty_lines;
    };
    for path in &options.records {
        add(records::read(path, format.as_ref(), &mut |record| what_if.take(record))?);
    }
    if let (Some(group), Some(client)) = (&options.log_group, client) {
        add(stored::read(options, group, format, client, &mut |record| what_if.take(record))?);
    }
    Ok((what_if.report(), faulty_lines, status))
}
