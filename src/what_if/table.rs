//! The report as people read it.

use flowlogd_agent::explain::what_if::{Class, Counts, Flip, FlowOfFlip, Report, Standing};
use flowlogd_flowlog::Span;
use flowlogd_vpc::{Action, Direction};

use crate::lines::{entry, line, sum_of_records, sums};
use crate::refusals::time;

/// Peers and services of a row that are told one by one.
const TOLD_FLOWS: usize = 5;

/// Returns the whole report.
pub(super) fn text(report: &Report, faulty_lines: u64) -> String {
    let mut out = String::from(
        "Inferred by two sets of rules: a record does not tell which rule decided, nor what was tracked.\n\n",
    );
    for class in Class::ALL {
        let flips: Vec<_> = report.flips.iter().filter(|flip| flip.class == class).collect();
        let others: Vec<_> = report.others.iter().filter(|(other, _)| *other == class).collect();
        if flips.is_empty() && others.is_empty() {
            continue;
        }
        line(&mut out, heading(class));
        out.push('\n');
        for flip in flips {
            row(&mut out, flip);
        }
        for (_, totals) in others {
            let totals = sums(*totals);
            line(&mut out, format_args!("Others, for there are too many rows: {totals}\n"));
        }
    }
    counts(&mut out, &report.counts, faulty_lines);
    out
}

const fn heading(class: Class) -> &'static str {
    match class {
        Class::AcceptToReject => "ACCEPT → REJECT (inferred)",
        Class::RejectToAccept => "REJECT → ACCEPT (inferred)",
        Class::Contradicted => {
            "RECORDED OTHERWISE THAN THE PRESENT RULES HAVE IT (nothing is foretold)"
        }
    }
}

fn row(out: &mut String, flip: &Flip) {
    let span = flip.span.map(|Span { start, end }| format!(", {} to {}", time(start), time(end)));
    line(out, format_args!("{}{}", sums(flip.totals), span.unwrap_or_default()));
    entry(out, "at", format_args!("{}, {}", flip.interface_id, flip.direction));
    flows(out, flip);
    if flip.then.is_none() {
        entry(out, "recorded", action(flip.recorded));
    }
    standing(out, "now", &flip.now);
    if let Some(then) = &flip.then {
        standing(out, "then", then);
    }
    for remark in &flip.remarks {
        entry(out, "note", remark);
    }
    for step in &flip.steps {
        match &step.why {
            None => entry(out, "keep it", &step.remedy),
            Some(why) => {
                entry(out, "", format_args!("{why}:"));
                entry(out, "", &step.remedy);
            }
        }
    }
    out.push('\n');
}

fn flows(out: &mut String, flip: &Flip) {
    let preposition = match flip.direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let (told, rest) = flip.flows.split_at(flip.flows.len().min(TOLD_FLOWS));
    for (place, FlowOfFlip { peer, service, totals }) in told.iter().enumerate() {
        let name = if place == 0 { "flows" } else { "" };
        // What is all there is was said above.
        let sums = if flip.flows.len() == 1 && !flip.has_more_flows {
            String::new()
        } else {
            format!(": {}", sums(*totals))
        };
        entry(out, name, format_args!("{preposition} {peer}, {}{sums}", service.text()));
    }
    if flip.has_more_flows {
        entry(out, "", "and more than are kept apart");
    } else if !rest.is_empty() {
        entry(out, "", format_args!("and {} more peers and services", rest.len()));
    }
}

fn standing(out: &mut String, name: &str, standing: &Standing) {
    let reason = &standing.reason;
    match (standing.action, &standing.deciding_rule) {
        // A rule that allows is named by its words.
        (Some(Action::Reject), Some(rule)) => {
            entry(out, name, format_args!("REJECT by {rule}: {reason}"));
        }
        (Some(decided), _) => entry(out, name, format_args!("{} by {reason}", action(decided))),
        (None, _) => entry(out, name, reason),
    }
    if let Some(rule) = &standing.nearest_rule {
        entry(out, "", format_args!("nearest {rule}"));
    }
}

const fn action(action: Action) -> &'static str {
    match action {
        Action::Accept => "ACCEPT",
        Action::Reject => "REJECT",
    }
}

fn counts(out: &mut String, counts: &Counts, faulty_lines: u64) {
    let parts = [
        (counts.unchanged, "unchanged"),
        (counts.accept_to_reject, "ACCEPT → REJECT"),
        (counts.reject_to_accept, "REJECT → ACCEPT"),
        (counts.contradicted, "recorded otherwise"),
        (counts.not_judged, "not judged"),
        (counts.incomplete, "with values missing"),
        (counts.no_data, "NODATA"),
        (counts.skip_data, "SKIPDATA"),
    ];
    sum_of_records(out, counts.records, counts.skip_data, &parts, faulty_lines);
}
