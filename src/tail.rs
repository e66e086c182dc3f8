//! `flowlogd tail`: the events of a log group, as they come.

#![expect(
    clippy::indexing_slicing,
    reason = "an index into JSON gives null where there is nothing"
)]

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::anyhow;
use flowlogd_aws::Timestamp;
use serde_json::{Value, json};

use crate::cli::TailOptions;
use crate::exit_status::{Failure, Status};
use crate::messages::readable;
use crate::service::{self, unix_millis};

/// Between two looks for new events.
const PATIENCE: Duration = Duration::from_secs(1);
/// Events may come late: each look reaches back so far, in milliseconds, and shows what is new.
const REACH: i64 = 60_000;
/// Ids that are remembered, so that no event is shown twice.
const MOST_SHOWN: usize = 200_000;

/// Prints until everything is printed; with `--follow`, until it is interrupted.
pub(crate) fn run(options: &TailOptions) -> Result<Status, Failure> {
    let since = humantime::parse_duration(&options.since).map_err(|error| {
        Failure::usage(anyhow!("--since {}: {error}; it would be 10m, 2h or 1d", options.since))
    })?;
    let mut since = unix_millis() - i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let client = service::client(&options.client)?;
    let colours = io::stdout().is_terminal();
    service::block_on(async {
        let mut shown: BTreeSet<String> = BTreeSet::new();
        loop {
            let mut token: Option<String> = None;
            loop {
                let mut request = json!({ "logGroupName": options.group, "startTime": since });
                if let Some(pattern) = &options.filter {
                    request["filterPattern"] = pattern.as_str().into();
                }
                if let Some(prefix) = &options.stream_prefix {
                    request["logStreamNamePrefix"] = prefix.as_str().into();
                }
                if let Some(token) = &token {
                    request["nextToken"] = token.as_str().into();
                }
                let page: Value = client
                    .json("logs", "Logs_20140328", "FilterLogEvents", &request)
                    .await
                    .map_err(Failure::failed)?;
                print(&page, &mut shown, colours)?;
                token = page["nextToken"].as_str().map(str::to_owned);
                if token.is_none() {
                    break;
                }
            }
            if !options.follow {
                return Ok(Status::Done);
            }
            since = since.max(unix_millis() - REACH);
            // Ids begin with the time: the first ones are of events that are not asked for again.
            while shown.len() > MOST_SHOWN {
                shown.pop_first();
            }
            tokio::time::sleep(PATIENCE).await;
        }
    })
}

/// Prints the events that were not shown before.
fn print(page: &Value, shown: &mut BTreeSet<String>, colours: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    for event in page["events"].as_array().into_iter().flatten() {
        let text = |member: &str| event[member].as_str().unwrap_or_default();
        if !shown.insert(text("eventId").to_owned()) {
            continue;
        }
        let at = Timestamp(event["timestamp"].as_i64().unwrap_or_default());
        let (stream, message) = (readable(text("logStreamName")), readable(text("message")));
        let written = if colours {
            writeln!(out, "\x1b[2m{at}\x1b[0m \x1b[36m{stream}\x1b[0m {}", coloured(&message))
        } else {
            writeln!(out, "{at} {stream} {message}")
        };
        written.map_err(Failure::failed)?;
    }
    out.flush().map_err(Failure::failed)
}

/// Accepted flows green, refused ones red.
fn coloured(message: &str) -> String {
    message
        .split(' ')
        .map(|word| match word {
            "ACCEPT" => "\x1b[32mACCEPT\x1b[0m".to_owned(),
            "REJECT" => "\x1b[31mREJECT\x1b[0m".to_owned(),
            "NODATA" | "SKIPDATA" => format!("\x1b[33m{word}\x1b[0m"),
            other => other.to_owned(),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_coloured_and_nothing_else() {
        assert_eq!(coloured("2 a REJECT OK"), "2 a \x1b[31mREJECT\x1b[0m OK");
        assert_eq!(coloured("REJECTED"), "REJECTED");
    }
}
