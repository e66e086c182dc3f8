//! `flowlogd explain`: existing records and an inventory → the rules behind them.

mod json;
mod table;

use flowlogd_agent::explain::Explainer;
use flowlogd_vpc::CompileOptions;

use crate::cli::{self, ExplainOptions};
use crate::exit_status::{Failure, Status};
use crate::inventory;
use crate::lines::print;
use crate::messages::readable_lines;
use crate::records;

/// Runs the command.
pub(crate) fn run(options: &ExplainOptions) -> Result<Status, Failure> {
    let format = options.format.as_deref().map(cli::parse_format).transpose()?;
    let reserved_addresses = options.reserved_addresses.into();
    let inventory = inventory::read(&options.inventory)?;
    let mut explainer = Explainer::new(inventory, CompileOptions { reserved_addresses });

    let mut status = Status::Done;
    let mut faulty_lines = 0;
    for path in &options.records {
        let read = records::read(path, format.as_ref(), &mut |record| explainer.take(record))?;
        status = status.max(read.status);
        faulty_lines += read.faulty_lines;
    }

    let report = explainer.report();
    let text = if options.json {
        json::text(&report, faulty_lines)
    } else {
        // Records come from files that anyone may have written, and people read this.
        readable_lines(&table::text(&report, faulty_lines))
    };
    print(&text)?;
    Ok(status)
}
