//! `flowlogd what-if`: recorded flows, present and proposed rules → the flows that flip.

mod json;
mod table;

use flowlogd_agent::explain::what_if::WhatIf;
use flowlogd_vpc::CompileOptions;

use crate::cli::{self, ReportForm, WhatIfOptions};
use crate::exit_status::{Failure, Status};
use crate::inventory;
use crate::lines::print;
use crate::messages::readable_lines;
use crate::records;

/// Runs the command.
pub(crate) fn run(options: &WhatIfOptions) -> Result<Status, Failure> {
    let format = options.format.as_deref().map(cli::parse_format).transpose()?;
    let reserved_addresses = options.reserved_addresses.into();
    let present = inventory::read(&options.current)?;
    let proposed = inventory::read(&options.inventory)?;
    let mut what_if = WhatIf::new(present, proposed, CompileOptions { reserved_addresses });

    let mut status = Status::Done;
    let mut faulty_lines = 0;
    for path in &options.records {
        let read = records::read(path, format.as_ref(), &mut |record| what_if.take(record))?;
        status = status.max(read.status);
        faulty_lines += read.faulty_lines;
    }

    let report = what_if.report();
    print(&match options.output_format {
        ReportForm::Json => json::text(&report, faulty_lines),
        // Records come from files that anyone may have written, and people read this.
        ReportForm::Text => readable_lines(&table::text(&report, faulty_lines)),
    })?;
    Ok(status)
}
