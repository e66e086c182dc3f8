//! Records that a log group of the service holds.

use anyhow::anyhow;
use flowlogd_agent::client::Client;
use flowlogd_agent::explain::MissingFields;
use flowlogd_agent::stored_records::{FormatError, StoredRecords};
use flowlogd_flowlog::{LineParser, LogFormat};

use crate::cli::WhatIfOptions;
use crate::exit_status::{Failure, Status};
use crate::inventory::parse_time;
use crate::messages::say;
use crate::records::{Read, TOLD_FAULTS, Take};
use crate::service::{block_on, unix_millis};

/// Reads the group's records of the time that the options say, page by page.
pub(super) fn read(
    options: &WhatIfOptions,
    group: &str,
    format: Option<LogFormat>,
    client: &Client,
    take: &mut Take<'_>,
) -> Result<Read, Failure> {
    let stored = StoredRecords {
        group: group.to_owned(),
        since: time("--since", options.since.as_deref())?,
        until: time("--until", options.until.as_deref())?,
    };
    block_on(async {
        let format = match format {
            Some(format) => format,
            None => stored.format(client).await.map_err(|error| match error {
                FormatError::Call(_) => Failure::failed(error),
                FormatError::NoFlowLog(_)
                | FormatError::Several { .. }
                | FormatError::Unreadable { .. } => Failure::usage(error),
            })?,
        };
        let inexplicable = |missing: MissingFields| Failure::usage(anyhow!("{group}: {missing}"));
        MissingFields::check(&format).map_err(inexplicable)?;
        let mut parser = LineParser::new(format);
        let mut faulty_lines: u64 = 0;
        let mut token = None;
        loop {
            let mut missing = Ok(());
            let page = stored.page(client, token, |stream, message| {
                if missing.is_err() {
                    return;
                }
                match parser.parse(message.as_bytes()) {
                    Ok(record) => missing = take(&record),
                    Err(fault) => {
                        faulty_lines += 1;
                        if faulty_lines <= TOLD_FAULTS as u64 {
                            say(format_args!("flowlogd: {group}: {stream}: {fault}"));
                        }
                    }
                }
            });
            let next = page.await.map_err(|error| {
                if error.is_missing_resource() {
                    return Failure::unreadable(anyhow!("there is no log group {group}"));
                }
                Failure::failed(error)
            })?;
            missing.map_err(inexplicable)?;
            match next {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        let untold = faulty_lines.saturating_sub(TOLD_FAULTS as u64);
        if untold > 0 {
            say(format_args!("flowlogd: {group}: {untold} more events are no records"));
        }
        let status = if faulty_lines > 0 { Status::Broken } else { Status::Done };
        Ok(Read { status, faulty_lines })
    })
}

/// Reads a time as Unix milliseconds.
fn time(option: &str, text: Option<&str>) -> Result<Option<i64>, Failure> {
    let Some(text) = text else { return Ok(None) };
    if let Some(seconds) = parse_time(text) {
        return Ok(Some(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000)));
    }
    let Ok(ago) = humantime::parse_duration(text) else {
        return Err(Failure::usage(anyhow!(
            "{option} {text}: expected 10m, 2h or 1d ago, Unix seconds, or a time like 2026-01-31T12:00:00Z"
        )));
    };
    let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
    Ok(Some(unix_millis().saturating_sub(ago)))
}
