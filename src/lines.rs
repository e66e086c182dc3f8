//! Reports on the standard output, and their lines.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

use anyhow::Context;
use flowlogd_agent::explain::Totals;

use crate::exit_status::Failure;

/// Writes a report to the standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        // The reader of the output has gone away, which is its right.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to the standard output").map_err(Failure::failed),
    }
}

/// Returns `2 packets, 80 bytes in 1 record`.
pub(crate) fn sums(totals: Totals) -> String {
    let packets = number(totals.packets, "packet");
    let records = number(totals.records, "record");
    match totals.bytes {
        // No packet has none, so the records do not tell.
        0 => format!("{packets} in {records}"),
        bytes => format!("{packets}, {} in {records}", number(bytes, "byte")),
    }
}

/// Returns `1 packet`, `2 packets`.
pub(crate) fn number(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Adds a line of a group: its name, and what is to be said.
pub(crate) fn entry(out: &mut String, name: &str, text: impl Display) {
    line(out, format_args!("  {name:<8}  {text}"));
}

/// Adds a line.
pub(crate) fn line(out: &mut String, text: impl Display) {
    // Writing into a string cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Adds how many records there were, and what became of them: the sum of the parts.
pub(crate) fn sum_of_records(
    out: &mut String,
    records: u64,
    skip_data: u64,
    parts: &[(u64, &str)],
    faulty_lines: u64,
) {
    if skip_data > 0 {
        let records = number(skip_data, "SKIPDATA record");
        line(out, format_args!("{records}: packets were skipped, of which no record tells."));
    }
    let parts: Vec<_> = parts.iter().map(|(count, what)| format!("{count} {what}")).collect();
    let (records, lines) = (number(records, "record"), number(faulty_lines, "line"));
    line(out, format_args!("{records} read = {}; {lines} faulty", parts.join(" + ")));
}
