//! The report as people read it.

use flowlogd_agent::explain::{Counts, Explained, Report, Section};
use flowlogd_flowlog::Span;
use flowlogd_vpc::Action;

use crate::lines::{entry, line, sum_of_records, sums};
use crate::refusals::time;

/// Returns the whole report.
pub(super) fn text(report: &Report, faulty_lines: u64) -> String {
    let mut out = String::from(
        "Inferred by the rules of the inventory: a record does not tell which rule decided, nor what was tracked.\n\n",
    );
    for section in Section::ALL {
        let groups: Vec<_> =
            report.groups.iter().filter(|group| group.section == section).collect();
        let others: Vec<_> = report.others.iter().filter(|(other, _)| *other == section).collect();
        if groups.is_empty() && others.is_empty() {
            continue;
        }
        line(&mut out, heading(section));
        out.push('\n');
        for group in groups {
            explained(&mut out, group);
        }
        for (_, totals) in others {
            line(
                &mut out,
                format_args!("Others, for there are too many groups: {}\n", sums(*totals)),
            );
        }
    }
    counts(&mut out, &report.counts, faulty_lines);
    out
}

const fn heading(section: Section) -> &'static str {
    match section {
        Section::Explained => "REJECT, EXPLAINED (inferred)",
        Section::DoesNotFit => "DOES NOT FIT THE INVENTORY (inferred)",
        Section::NotJudged => "NOT JUDGED",
    }
}

fn explained(out: &mut String, group: &Explained) {
    let span = group.span.map(|Span { start, end }| format!(", {} to {}", time(start), time(end)));
    line(out, format_args!("{}{}", sums(group.totals), span.unwrap_or_default()));
    let action = match group.action {
        Action::Accept => "ACCEPT",
        Action::Reject => "REJECT",
    };
    match (&group.deciding_rule, group.section) {
        (Some(rule), Section::Explained) => {
            entry(out, action, format_args!("by {rule}: {}", group.reason));
        }
        (Some(_) | None, _) => entry(out, action, &group.reason),
    }
    if let Some(rule) = &group.nearest_rule {
        entry(out, "nearest", rule);
    }
    for remark in &group.remarks {
        entry(out, "note", remark);
    }
    let at = group.example.start.map(|start| format!(", {}", time(start))).unwrap_or_default();
    entry(out, "example", format_args!("{}{at}", group.example));
    if let Some(services) = group.services.text() {
        entry(out, "services", format_args!("{services}{}", whose_command(group)));
    }
    for step in &group.steps {
        match &step.why {
            None => entry(out, "allow it", &step.remedy),
            Some(why) => {
                entry(out, "", format_args!("{why}:"));
                entry(out, "", &step.remedy);
            }
        }
    }
    if !group.steps.is_empty() && group.packets_let_through < group.totals.packets {
        entry(
            out,
            "",
            format_args!(
                "(for the example, {} of these {} packets)",
                group.packets_let_through, group.totals.packets
            ),
        );
    }
    out.push('\n');
}

/// Returns which of several services the commands are for.
fn whose_command(group: &Explained) -> String {
    let commands = group.steps.iter().filter(|step| step.remedy.command().is_some()).count();
    match (&group.example_service, commands) {
        (None, _) | (Some(_), 0) => String::new(),
        (Some(service), 1) => format!(" (the command is for {})", service.text()),
        (Some(service), _) => format!(" (the commands are for {})", service.text()),
    }
}

fn counts(out: &mut String, counts: &Counts, faulty_lines: u64) {
    let parts = [
        (counts.explained, "rejects explained"),
        (counts.accepted, "accepts that fit"),
        (counts.not_fitting, "not fitting"),
        (counts.not_judged, "not judged"),
        (counts.incomplete, "with values missing"),
        (counts.no_data, "NODATA"),
        (counts.skip_data, "SKIPDATA"),
    ];
    sum_of_records(out, counts.records, counts.skip_data, &parts, faulty_lines);
}
