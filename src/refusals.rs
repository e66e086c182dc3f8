//! The table of rejects by deciding rule.

use std::time::{Duration, UNIX_EPOCH};

use flowlogd_agent::Rules;
use flowlogd_agent::output::Refusal;
use flowlogd_flowlog::FlowKey;
use flowlogd_vpc::{Direction, Ground, Lacking, NearestMiss};

use crate::messages::say;

/// Prints the groups, as they are sorted, to the standard error.
pub(crate) fn print(refusals: &[Refusal], rules: &Rules) {
    if refusals.is_empty() {
        say("flowlogd: no packet was refused");
        return;
    }
    say(format_args!("{:>10} {:>12} {:>8}  refused by", "packets", "bytes", "records"));
    for refusal in refusals {
        let Some(timeline) = rules.timeline() else { continue };
        let ground =
            |index| timeline.book().ground(index).map(Ground::to_string).unwrap_or_default();
        let miss = refusal.decision.nearest_miss.map_or_else(
            String::new,
            |NearestMiss { rule, lacking }| {
                format!("; nearest: {}, but for the {}", ground(rule), lacking_name(lacking))
            },
        );
        say(format_args!(
            "{:>10} {:>12} {:>8}  {}{miss}",
            refusal.packets,
            refusal.bytes,
            refusal.records,
            ground(refusal.decision.ground),
        ));
        let interface = timeline.book().interface_id(refusal.example.interface).unwrap_or_default();
        say(format_args!(
            "{:10} e.g. {} at {interface}, {}",
            "",
            flow(&refusal.example),
            time(refusal.example_at)
        ));
    }
}

/// Names what a near miss lacks.
pub(crate) const fn lacking_name(lacking: Lacking) -> &'static str {
    match lacking {
        Lacking::Port => "port",
        Lacking::Peer => "peer's address",
        Lacking::Protocol => "protocol",
        Lacking::Family => "address family",
    }
}

/// Names a protocol as people know it.
pub(crate) fn protocol_name(protocol: u8) -> String {
    match protocol {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        58 => "icmpv6".to_owned(),
        132 => "sctp".to_owned(),
        other => format!("protocol {other}"),
    }
}

fn flow(key: &FlowKey) -> String {
    let direction = match key.direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    };
    let (src, dst) = (key.addresses.src(), key.addresses.dst());
    let protocol = protocol_name(key.protocol);
    if (key.srcport, key.dstport) == (0, 0) {
        format!("{direction} {protocol} {src} > {dst}")
    } else {
        let (src, dst) = (
            std::net::SocketAddr::new(src, key.srcport),
            std::net::SocketAddr::new(dst, key.dstport),
        );
        format!("{direction} {protocol} {src} > {dst}")
    }
}

/// Writes a Unix second as people read it.
pub(crate) fn time(secs: u64) -> String {
    UNIX_EPOCH.checked_add(Duration::from_secs(secs)).map_or_else(
        || format!("second {secs}"),
        |time| humantime::format_rfc3339_seconds(time).to_string(),
    )
}
