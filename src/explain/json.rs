//! The report as programs read it: one object a line.

use std::fmt::Write;

use flowlogd_agent::explain::{Example, Explained, Report, Section, Service, Step, Totals};
use flowlogd_vpc::{Action, Direction};
use serde_json::{Value, json};

/// Returns one line for each group, one for each section's others, and one with the counts.
pub(super) fn text(report: &Report, faulty_lines: u64) -> String {
    let groups = report.groups.iter().map(explained);
    let others = report.others.iter().map(|(section, totals)| {
        let Totals { packets, bytes, records } = totals;
        json!({
            "verdict": verdict(*section), "inferred": true,
            "packets": packets, "bytes": told(*bytes), "records": records,
            "reason": "too many groups to tell them apart",
        })
    });
    let counts = &report.counts;
    let counts = json!({
        "records": counts.records, "explained": counts.explained, "accepted": counts.accepted,
        "does-not-fit": counts.not_fitting, "not-judged": counts.not_judged,
        "incomplete": counts.incomplete, "no-data": counts.no_data, "skip-data": counts.skip_data,
        "faulty-lines": faulty_lines,
    });
    let mut lines = String::new();
    for object in groups.chain(others).chain([counts]) {
        // Writing into a string cannot fail.
        let _ = writeln!(lines, "{object}");
    }
    lines
}

fn explained(group: &Explained) -> Value {
    let Totals { packets, bytes, records } = group.totals;
    json!({
        "verdict": verdict(group.section),
        "inferred": true,
        "action": match group.action {
            Action::Accept => "ACCEPT",
            Action::Reject => "REJECT",
        },
        "packets": packets,
        "bytes": told(bytes),
        "records": records,
        "start": group.span.map(|span| span.start),
        "end": group.span.map(|span| span.end),
        "reason": group.reason,
        "x-deciding-rule": group.deciding_rule,
        "x-nearest-miss": group.nearest_miss,
        "nearest-rule": group.nearest_rule,
        "remarks": group.remarks,
        "example": example(&group.example),
        "services": group.services.heaviest.iter().copied().map(service).collect::<Vec<_>>(),
        // null: too many to count.
        "more-services": group.services.more,
        "let-through": group.steps.iter().map(step).collect::<Vec<_>>(),
        "packets-let-through": group.packets_let_through,
    })
}

fn example(example: &Example) -> Value {
    json!({
        "interface-id": example.interface_ids.join(","),
        "flow-direction": example.direction.map(|direction| match direction {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        }),
        "srcaddr": example.srcaddr.to_string(),
        "dstaddr": example.dstaddr.to_string(),
        "srcport": example.srcport,
        "dstport": example.dstport,
        "protocol": example.protocol,
        "start": example.start,
    })
}

fn service(service: Service) -> Value {
    json!({ "protocol": service.protocol, "port": service.port })
}

fn step(step: &Step) -> Value {
    match step.remedy.command() {
        Some(command) => json!({ "why": step.why, "command": command }),
        None => json!({ "why": step.why, "advice": step.remedy.to_string() }),
    }
}

/// No packet has no bytes: then the records do not tell.
fn told(bytes: u64) -> Option<u64> {
    Some(bytes).filter(|bytes| *bytes > 0)
}

const fn verdict(section: Section) -> &'static str {
    match section {
        Section::Explained => "explained",
        Section::DoesNotFit => "does-not-fit",
        Section::NotJudged => "not-judged",
    }
}
