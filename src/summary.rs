//! The end of a run: every packet accounted for (`semantics.md` 19).

use std::fmt::Write;
use std::time::Duration;

use flowlogd_agent::output::Written;
use flowlogd_agent::{InterfaceLedger, Ledger, Rules};
use flowlogd_vpc::{Exclusion, InterfaceIndex};

use crate::messages::say;

/// Interfaces that are told one by one; of more, those with most packets.
const TOLD_INTERFACES: usize = 12;

/// Prints the books to the standard error.
pub(crate) fn print(ledger: &Ledger, written: &Written, rules: &Rules, took: Duration) {
    for line in text(ledger, written, rules, took).lines() {
        say(line);
    }
}

fn text(ledger: &Ledger, written: &Written, rules: &Rules, took: Duration) -> String {
    let mut out = String::new();
    frames(&mut out, ledger);
    interfaces(&mut out, ledger, rules);
    let kinds = [
        (written.accept, "ACCEPT"),
        (written.reject, "REJECT"),
        (written.unjudged, "unjudged"),
        (written.no_data, "NODATA"),
        (written.skip_data, "SKIPDATA"),
    ];
    line(&mut out, &format!("records {}{}", written.records(), list(kinds)));
    for (first, windows) in &written.untold_gaps {
        line(
            &mut out,
            &format!(
                "no packet at all in {windows} windows from {first:?}: no NODATA records for them"
            ),
        );
    }
    let threads: Vec<_> = ledger.packets_per_thread.iter().map(u64::to_string).collect();
    let threads = match threads.join(" + ") {
        none if none.is_empty() => none,
        threads => format!("; packets per thread: {threads}"),
    };
    line(&mut out, &format!("took {:.3} s{threads}", took.as_secs_f64()));
    out
}

fn frames(out: &mut String, ledger: &Ledger) {
    let refused = &ledger.refused;
    let not_ip = refused.not_ip_total();
    let malformed: u64 = refused.malformed.values().sum();
    line(
        out,
        &format!(
            "frames {} = {} packets + {not_ip} not IP + {malformed} malformed + {} of no interface",
            ledger.frames, ledger.packets, refused.foreign
        ),
    );
    if not_ip > 0 {
        let named = refused.not_ip.iter().map(|(kind, frames)| (*frames, kind.to_string()));
        let unnamed = (refused.not_ip_unnamed, "other types".to_owned());
        line(out, &format!("  not IP{}", list(named.chain([unnamed]))));
    }
    if malformed > 0 {
        line(
            out,
            &format!(
                "  malformed{}",
                list(refused.malformed.iter().map(|(fault, frames)| (*frames, fault)))
            ),
        );
    }
    if ledger.orphan_fragments > 0 {
        line(
            out,
            &format!("  {} later fragments without their first: ports 0", ledger.orphan_fragments),
        );
    }
    if ledger.untracked > 0 {
        line(
            out,
            &format!(
                "  {} accepted connections not tracked: no room (--max-flows)",
                ledger.untracked
            ),
        );
    }
}

fn interfaces(out: &mut String, ledger: &Ledger, rules: &Rules) {
    let mut interfaces: Vec<_> = ledger.interfaces.iter().collect();
    interfaces.sort_by_key(|(index, interface)| (std::cmp::Reverse(interface.seen), **index));
    let told = interfaces.len().min(TOLD_INTERFACES);
    let (shown, rest) = interfaces.split_at(told);
    for (index, interface) in shown {
        line(out, &format!("{} {}", name(rules, **index), books(interface)));
    }
    if !rest.is_empty() {
        let mut sum = InterfaceLedger::default();
        for (_, interface) in rest {
            sum.add(interface);
        }
        line(out, &format!("{} more interfaces {}", rest.len(), books(&sum)));
    }
}

fn books(interface: &InterfaceLedger) -> String {
    let excluded = Exclusion::ALL
        .iter()
        .zip(interface.excluded)
        .map(|(reason, packets)| (packets, exclusion(*reason)));
    format!(
        "seen {} = {} recorded + {} excluded{} + {} lost",
        interface.seen,
        interface.recorded,
        interface.excluded_total(),
        list(excluded),
        interface.lost
    )
}

fn name(rules: &Rules, index: InterfaceIndex) -> &str {
    rules
        .timeline()
        .and_then(|timeline| timeline.book().interface_id(index))
        .unwrap_or("(no interface)")
}

const fn exclusion(reason: Exclusion) -> &'static str {
    match reason {
        Exclusion::AmazonDns => "Amazon DNS",
        Exclusion::InstanceMetadata => "instance metadata",
        Exclusion::TimeSync => "time sync",
        Exclusion::LicenceActivation => "licence activation",
        Exclusion::Dhcp => "DHCP",
        Exclusion::NeighbourDiscovery => "neighbour discovery",
        Exclusion::VpcRouter => "VPC router",
        Exclusion::EndpointToLoadBalancer => "endpoint to load balancer",
        Exclusion::SourceDestinationCheck => "source/destination check",
    }
}

/// ` (3 this, 2 that)` of what there is.
fn list<T: std::fmt::Display>(counts: impl IntoIterator<Item = (u64, T)>) -> String {
    let counts: Vec<_> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if counts.is_empty() { String::new() } else { format!(" ({})", counts.join(", ")) }
}

fn line(out: &mut String, text: &str) {
    // Writing into a string cannot fail.
    let _ = writeln!(out, "flowlogd: {text}");
}
