//! Inventory files and the moments from which they count.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context, anyhow};
use flowlogd_agent::{Rules, Timeline};
use flowlogd_vpc::{CompileOptions, InterfaceIndex, Inventory, InventoryError, ReservedAddresses};

use crate::exit_status::Failure;
use crate::messages::say;

/// No inventory is longer, in bytes; something endless must not fill the memory.
const LONGEST: u64 = 1 << 30;

/// Reads one inventory; everything wrong in it goes to the standard error, a line each.
pub(crate) fn read(path: &str) -> Result<Inventory, Failure> {
    parse(&text(path, "inventory", "one JSON object, what `aws ec2 describe-*` print")?, path)
}

/// The same of a text that is called so.
pub(crate) fn parse(text: &str, path: &str) -> Result<Inventory, Failure> {
    let inventory = Inventory::from_json(text).map_err(|errors| {
        let faults = told(&errors, path);
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

/// Makes the changes of a file to an inventory; `-` is the standard input.
pub(crate) fn change(inventory: &Inventory, path: &str) -> Result<Inventory, Failure> {
    let (text, name) = if path == "-" {
        let mut text = String::new();
        let read = io::stdin().lock().take(LONGEST).read_to_string(&mut text);
        read.context("cannot read changes from the standard input").map_err(Failure::unreadable)?;
        (text, "standard input")
    } else {
        (text(path, "list of changes", "a JSON list of EC2's operations")?, path)
    };
    inventory.changed(&text).map_err(|errors| {
        let faults = told(&errors, name);
        Failure::usage(anyhow!("the changes of {name} have {faults}"))
    })
}

/// Writes faults to the standard error, a line each, and returns how many there are.
fn told(errors: &[InventoryError], path: &str) -> String {
    for error in errors {
        say(format_args!("flowlogd: {path}: {error}"));
    }
    if errors.len() == 1 { "a fault".to_owned() } else { format!("{} faults", errors.len()) }
}

/// Reads a file, of which it is known what it is and what it holds.
fn text(path: &str, what: &str, held: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read the {what} {path}"))
        .map_err(Failure::unreadable)?;
    let is_too_long = bytes.len() as u64 > LONGEST;
    match String::from_utf8(bytes) {
        Ok(text) if !is_too_long => Ok(text),
        Ok(_) => Err(Failure::usage(anyhow!(
            "the {what} {path} is longer than {LONGEST} bytes: expected {held}"
        ))),
        Err(_) => Err(Failure::usage(anyhow!("the {what} {path} is not text: expected {held}"))),
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

/// Reads Unix seconds, or a time like `2026-01-31T12:00:00Z`.
pub(crate) fn parse_time(text: &str) -> Option<u64> {
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
