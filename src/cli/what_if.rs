//! Options of `what-if`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::ReservedAddressesOption;

const WHAT_IF_HELP: &str = "\
Example: what an edited inventory would do to the flows of a log file
  flowlogd what-if records.log.gz --current vpc.json --inventory proposed.json

Exit status:
  0  every line was read and judged, whether flows flip or not
  1  the output could not be written
  2  an option, a format or the content of an inventory is wrong
  3  lines could not be read; all others are judged
  4  a file cannot be read at all";

#[derive(Debug, Args)]
#[command(after_help = WHAT_IF_HELP)]
pub(crate) struct WhatIfOptions {
    /// Flow log records: text or gzip, with the line of field names or in --format; `-` is the standard
    /// input
    #[arg(required = true, value_name = "RECORDS")]
    pub(crate) records: Vec<PathBuf>,

    /// The present rules: what `aws ec2 describe-*` print, as one JSON object
    #[arg(long, value_name = "FILE")]
    pub(crate) current: String,

    /// The proposed rules, likewise
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: String,

    /// Format of records without a line of field names [default: the default format]
    #[arg(long, value_name = "'${version} …'")]
    pub(crate) format: Option<String>,

    /// Whose base + 1 of a subnet and base + 2 of a VPC are: AWS's router and DNS server, whose traffic
    /// is not logged, or nobody's
    #[arg(long, value_enum, default_value = "aws", value_name = "WHOSE")]
    pub(crate) reserved_addresses: ReservedAddressesOption,

    /// Form of the report; `json` is an object a line, for each row, then for the counts
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub(crate) output_format: ReportForm,
}

/// For whom a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportForm {
    Text,
    Json,
}
