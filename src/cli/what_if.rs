//! Options of `what-if`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ClientOptions, ReservedAddressesOption};

const WHAT_IF_HELP: &str = "\
Example: what a rule less would do to the last day's flows
  echo '[{\"RevokeSecurityGroupIngress\": {\"SecurityGroupRuleIds\": [\"sgr-0a1b2c3d4e5f60718\"]}}]' | \\
      flowlogd what-if --log-group flow-logs --since 24h --change -

Example: the same without a service, the proposal as a whole inventory
  flowlogd what-if records.log.gz --current vpc.json --inventory proposed.json

Example: rules that nothing used
  flowlogd what-if --unused

Changes are EC2's operations with the AWS CLI's parameters (docs/what-if.md). Nothing is changed.

Exit status:
  0  every record was read and judged, whether flows flip or not
  1  the output could not be written, or the service does not answer
  2  an option, a format, a change or the content of an inventory is wrong
  3  lines could not be read; all others are judged
  4  a file or the log group cannot be read at all";

#[derive(Debug, Args)]
#[command(after_help = WHAT_IF_HELP)]
pub(crate) struct WhatIfOptions {
    /// Flow log records: text or gzip, with the line of field names or in --format; `-` is the standard
    /// input
    #[arg(value_name = "RECORDS")]
    pub(crate) records: Vec<PathBuf>,

    /// Records that the service has in this log group; their format is that of the flow logs that write there
    #[arg(long, value_name = "NAME")]
    pub(crate) log_group: Option<String>,

    /// Of the log group's records those not earlier: 24h ago, Unix seconds or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", requires = "log_group")]
    pub(crate) since: Option<String>,

    /// And not later
    #[arg(long, value_name = "TIME", requires = "log_group")]
    pub(crate) until: Option<String>,

    /// The present rules: what `aws ec2 describe-*` print, as one JSON object [default: asked from the
    /// service]
    #[arg(long, value_name = "FILE")]
    pub(crate) current: Option<String>,

    /// The proposed rules, likewise
    #[arg(long, value_name = "FILE", conflicts_with = "change")]
    pub(crate) inventory: Option<String>,

    /// Or changes of the present rules: a JSON list of EC2's operations; several are made one after the
    /// other; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) change: Vec<String>,

    /// Tell which rules nothing used, by the hit counters that agents report
    #[arg(long)]
    pub(crate) unused: bool,

    /// Format of records without a line of field names [default: the flow logs'; of files the default format]
    #[arg(long, value_name = "'${version} …'")]
    pub(crate) format: Option<String>,

    /// Whose base + 1 of a subnet and base + 2 of a VPC are: AWS's router and DNS server, whose traffic
    /// is not logged, or nobody's
    #[arg(long, value_enum, default_value = "aws", value_name = "WHOSE")]
    pub(crate) reserved_addresses: ReservedAddressesOption,

    /// Form of the report; `json` is an object a line, for each row, then for the counts
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub(crate) output_format: ReportForm,

    #[command(flatten)]
    pub(crate) client: ClientOptions,
}

/// For whom a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportForm {
    Text,
    Json,
}
