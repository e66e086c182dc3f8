//! Inventory files and the moments from which they count.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context, anyhow};
use flowlogd_agent::{Rules, Timeline};
use flowlogd_vpc::{CompileOptions, InterfaceIndex, Inventory, ReservedAddresses};

use crate::exit_status::Failure;
use crate::messages::say;

/// No inventory is longer, in bytes; something endless must not fill the memory.
const LONGEST: u64 = 1 << 30;

/// Reads one inventory; everything wrong in it goes to the standard error, a line each.
pub(crate) fn read(path: &str) -> Result<Inventory, Failure> {
    let text = text(path)?;
    let inventory = Inventory::from_json(&text).map_err(|errors| {
        for error in &errors {
            say(format_args!("flowlogd: {path}: {error}"));
        }
        let faults = if errors.len() == 1 {
            "a fault".to_owned()
        } else {
            format!("{} faults", errors.len())
        };
        Failure::usage(anyhow!("the inventory {path} has {faults}"))
    })?;
    for ignored in &inventory.ignored {
        say(format_args!("flowlogd: {path}: {ignored}"));
    }
    if inventory.interfaces.is_empty() {
        say(format_args!(
            "flowlogd: {path}: there are no NetworkInterfaces, so no packet is anybody's"
        ));
    }
    Ok(inventory)
}

fn text(path: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read the inventory {path}"))
        .map_err(Failure::unreadable)?;
    let is_too_long = bytes.len() as u64 > LONGEST;
    match String::from_utf8(bytes) {
        Ok(text) if !is_too_long => Ok(text),
        Ok(_) => Err(Failure::usage(anyhow!(
            "the inventory {path} is longer than {LONGEST} bytes: expected what `aws ec2 describe-*` print"
        ))),
        Err(_) => Err(Failure::usage(anyhow!(
            "the inventory {path} is not text: expected one JSON object, what `aws ec2 describe-*` print"
        ))),
    }
}

/// Reads `FILE[@TIME]…` as rules over time.
pub(crate) fn timeline(
    arguments: &[String],
    reserved_addresses: ReservedAddresses,
) -> Result<Timeline, Failure> {
    let mut inventories = Vec::new();
    for argument in arguments {
        let (path, from) = split_time(argument)?;
        // Without a time: from the beginning. Two of those are the timeline's to refuse.
        let from = from.unwrap_or(0);
        inventories.push((from, read(path)?));
    }
    Timeline::new(inventories, CompileOptions { reserved_addresses }).map_err(Failure::usage)
}

fn split_time(argument: &str) -> Result<(&str, Option<u64>), Failure> {
    match argument.rsplit_once('@') {
        Some((path, time)) if !Path::new(argument).exists() => {
            let from = parse_time(time).ok_or_else(|| {
                Failure::usage(anyhow!(
                    "--inventory {argument}: `{time}` is neither Unix seconds nor a time like 2026-01-31T12:00:00Z"
                ))
            })?;
            Ok((path, Some(from)))
        }
        Some(_) | None => Ok((argument, None)),
    }
}

fn parse_time(text: &str) -> Option<u64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let time = humantime::parse_rfc3339(text).ok()?;
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

/// Picks the one interface of interest, if one is named.
pub(crate) fn rules(timeline: Timeline, interface: Option<&str>) -> Result<Rules, Failure> {
    let only = match interface {
        None => None,
        Some(id) => Some(timeline.interface(id).ok_or_else(|| {
            let known: Vec<_> = (0..6)
                .map_while(|index| timeline.book().interface_id(InterfaceIndex(index)))
                .collect();
            let more = timeline.interfaces().saturating_sub(known.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            Failure::usage(anyhow!(
                "--interface {id} is not in the inventory, which has {}{more}",
                known.join(", ")
            ))
        })?),
    };
    Ok(Rules::Inventory { timeline, only })
}
