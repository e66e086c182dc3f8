//! Which rules nothing used.

use flowlogd_agent::explain::what_if::{UnusedRule, UnwatchedRule, Usage};
use serde_json::json;

use crate::lines::{line, number};
use crate::refusals::time;

/// Interfaces that a line names.
const NAMED_INTERFACES: usize = 4;

/// Returns the rules as people read them.
pub(super) fn text(usage: &Usage) -> String {
    let mut out = String::new();
    if !usage.unused.is_empty() {
        line(&mut out, "NOT USED\n");
        for UnusedRule { rule, text, interfaces, since, until } in &usage.unused {
            let hours = hours(*since, *until);
            let watched = if *interfaces == 1 { "was" } else { "were" };
            let interfaces = number(*interfaces as u64, "interface");
            let (since, until) = (second(*since), second(*until));
            line(&mut out, format_args!("  {rule} ({text})"));
            line(
                &mut out,
                format_args!(
                    "    not used in the {hours} that {interfaces} {watched} watched (since {since}, until {until})"
                ),
            );
        }
        out.push('\n');
    }
    if !usage.unwatched.is_empty() {
        line(&mut out, "NOT WATCHED\n");
        for UnwatchedRule { rule, text, unwatched, watched } in &usage.unwatched {
            line(&mut out, format_args!("  {rule} ({text})"));
            line(&mut out, format_args!("    {}", whereabouts(unwatched, *watched)));
        }
        out.push('\n');
    }
    if usage.allowing_entries > 0 {
        let entries = entries(usage.allowing_entries);
        line(
            &mut out,
            format_args!(
                "Of {entries} that allow no counter tells: what they let pass, the security groups decide."
            ),
        );
    }
    if usage.nameless > 0 {
        let rules = number(usage.nameless as u64, "rule");
        line(&mut out, format_args!("Of {rules} without an id no counter tells."));
    }
    line(
        &mut out,
        format_args!(
            "{} used, {} not used, {} not watched",
            number(usage.used as u64, "rule"),
            usage.unused.len(),
            usage.unwatched.len()
        ),
    );
    out
}

/// Returns one object a line for each rule, then one with the counts.
pub(super) fn json(usage: &Usage) -> String {
    let unused = usage.unused.iter().map(|rule| {
        json!({
            "class": "unused", "rule": rule.rule, "text": rule.text, "interfaces": rule.interfaces,
            "since": rule.since / 1000, "until": rule.until / 1000,
        })
    });
    let unwatched = usage.unwatched.iter().map(|rule| {
        json!({
            "class": "unwatched", "rule": rule.rule, "text": rule.text, "watched": rule.watched,
            "unwatched-interface-ids": rule.unwatched,
        })
    });
    let counts = json!({
        "rules-used": usage.used, "rules-unused": usage.unused.len(),
        "rules-unwatched": usage.unwatched.len(), "allowing-entries": usage.allowing_entries,
        "rules-without-ids": usage.nameless,
    });
    let mut lines = String::new();
    for object in unused.chain(unwatched).chain([counts]) {
        line(&mut lines, object);
    }
    lines
}

fn whereabouts(unwatched: &[String], watched: usize) -> String {
    let named: Vec<_> = unwatched.iter().take(NAMED_INTERFACES).map(String::as_str).collect();
    let more = match unwatched.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match (named.is_empty(), watched) {
        // Their agents' times have no moment in common.
        (true, _) => "its interfaces were not watched at the same time".to_owned(),
        (false, 0) => format!("nobody watches {}{more}", named.join(", ")),
        (false, watched) => {
            let watched = number(watched as u64, "watched interface");
            format!("not used at {watched}, but nobody watches {}{more}", named.join(", "))
        }
    }
}

fn entries(count: usize) -> String {
    if count == 1 {
        "1 network ACL entry".to_owned()
    } else {
        format!("{count} network ACL entries")
    }
}

fn hours(since: i64, until: i64) -> String {
    let minutes = (until - since).max(0) / 60_000;
    match minutes / 60 {
        0 => number(minutes.unsigned_abs(), "minute"),
        hours => number(hours.unsigned_abs(), "hour"),
    }
}

fn second(millis: i64) -> String {
    time((millis.max(0) / 1000).unsigned_abs())
}
