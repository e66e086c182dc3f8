//! The report as programs read it: one object a line.

use std::fmt::Write;

use flowlogd_agent::explain::what_if::{Class, Flip, FlowOfFlip, Report, Standing};
use flowlogd_agent::explain::{Step, Totals};
use flowlogd_vpc::Action;
use serde_json::{Value, json};

/// Returns one line for each row, one for each class's others, and one with the counts.
pub(super) fn text(report: &Report, faulty_lines: u64) -> String {
    let flips = report.flips.iter().map(flip);
    let others = report.others.iter().map(|(class, totals)| {
        let Totals { packets, bytes, records } = totals;
        json!({
            "class": self::class(*class), "inferred": true,
            "packets": packets, "bytes": told(*bytes), "records": records,
            "reason": "too many rows to tell them apart",
        })
    });
    let counts = &report.counts;
    let counts = json!({
        "records": counts.records, "unchanged": counts.unchanged,
        "accept-to-reject": counts.accept_to_reject, "reject-to-accept": counts.reject_to_accept,
        "contradicted": counts.contradicted, "not-judged": counts.not_judged,
        "incomplete": counts.incomplete, "no-data": counts.no_data, "skip-data": counts.skip_data,
        "faulty-lines": faulty_lines,
    });
    let mut lines = String::new();
    for object in flips.chain(others).chain([counts]) {
        // Writing into a string cannot fail.
        let _ = writeln!(lines, "{object}");
    }
    lines
}

fn flip(flip: &Flip) -> Value {
    let Totals { packets, bytes, records } = flip.totals;
    json!({
        "class": class(flip.class),
        "inferred": true,
        "action": action(flip.recorded),
        "interface-id": flip.interface_id,
        "flow-direction": flip.direction.to_string(),
        "packets": packets,
        "bytes": told(bytes),
        "records": records,
        "start": flip.span.map(|span| span.start),
        "end": flip.span.map(|span| span.end),
        "flows": flip.flows.iter().map(flow).collect::<Vec<_>>(),
        "has-more-flows": flip.has_more_flows,
        "now": standing(&flip.now),
        "then": flip.then.as_ref().map(standing),
        "remarks": flip.remarks,
        "let-through": flip.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

fn flow(flow: &FlowOfFlip) -> Value {
    let Totals { packets, bytes, records } = flow.totals;
    json!({
        "peer": flow.peer.to_string(),
        "protocol": flow.service.protocol,
        "port": flow.service.port,
        "packets": packets,
        "bytes": told(bytes),
        "records": records,
    })
}

fn standing(standing: &Standing) -> Value {
    json!({
        "action": standing.action.map(action),
        "x-deciding-rule": standing.deciding_rule,
        "reason": standing.reason,
        "x-nearest-miss": standing.nearest_miss,
        "nearest-rule": standing.nearest_rule,
    })
}

fn step(step: &Step) -> Value {
    match step.remedy.command() {
        Some(command) => json!({ "why": step.why, "command": command }),
        None => json!({ "why": step.why, "advice": step.remedy.to_string() }),
    }
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Accept => "ACCEPT",
        Action::Reject => "REJECT",
    }
}

/// No packet has no bytes: then the records do not tell.
fn told(bytes: u64) -> Option<u64> {
    Some(bytes).filter(|bytes| *bytes > 0)
}

const fn class(class: Class) -> &'static str {
    match class {
        Class::AcceptToReject => "accept-to-reject",
        Class::RejectToAccept => "reject-to-accept",
        Class::Contradicted => "contradicted",
    }
}
