//! What `/metrics` tells of agents: interfaces and the rules that decided at them.

use std::fmt::Write as _;

use flowlogd_aws::flowlogd::{AttachmentReport, KernelReport, ReportAgentRequest};

/// A metric of every attachment, and where the report has it.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: fn(&AttachmentReport) -> Option<u64>,
}

const METRICS: &[Metric] = &[
    counter("packets", "Packets seen at the interface.", |report| Some(report.packets)),
    counter("bytes", "IP bytes in flows.", |report| Some(report.traffic.bytes)),
    counter("flows", "Flows of capture windows that are over.", |report| {
        Some(report.traffic.flows)
    }),
    counter("accepted_packets", "Packets in flows, accepted.", |report| {
        Some(report.traffic.accepted)
    }),
    counter("rejected_packets", "Packets in flows, refused.", |report| {
        Some(report.traffic.rejected)
    }),
    counter("excluded_packets", "Packets in no record, by rule.", |report| {
        Some(report.traffic.excluded)
    }),
    counter("lost_packets", "Packets that were lost, told by SKIPDATA.", |report| {
        Some(report.traffic.lost)
    }),
    counter(
        "unseen_frames",
        "Frames that the device received and the program did not see.",
        |report| kernel(report, |kernel| kernel.unseen),
    ),
    counter("enforced_drops", "Packets that enforcement dropped.", |report| {
        kernel(report, |kernel| kernel.dropped)
    }),
    counter("queue_drops", "Frames that were seen sent, and that the queue dropped.", |report| {
        kernel(report, |kernel| kernel.queue_drops)
    }),
    counter("device_drops", "Frames that were seen sent, and that the device dropped.", |report| {
        kernel(report, |kernel| kernel.device_drops)
    }),
    counter("not_ip_frames", "Frames that are not IP.", |report| {
        kernel(report, |kernel| kernel.not_ip)
    }),
    counter("malformed_frames", "Frames that are cut off or malformed.", |report| {
        kernel(report, |kernel| kernel.malformed)
    }),
    counter("orphan_fragments", "Later fragments whose first one is not known.", |report| {
        kernel(report, |kernel| kernel.orphan_fragments)
    }),
    gauge("connections", "Tracked connections.", |report| {
        kernel(report, |kernel| kernel.connections)
    }),
    gauge("connection_room", "Connections that there is room for.", |report| {
        kernel(report, |kernel| kernel.connection_room)
    }),
    counter("allowance_refusals", "Packets refused for want of connection allowance.", |report| {
        kernel(report, |kernel| kernel.allowance_refusals)
    }),
    counter("untracked_packets", "Packets whose connection found no room.", |report| {
        kernel(report, |kernel| kernel.untracked)
    }),
    gauge("flow_table_fill_permille", "How full the host's flow table was.", |report| {
        kernel(report, |kernel| kernel.flow_table_fill.into())
    }),
    gauge("drain_microseconds", "How long the host's last drain took.", |report| {
        kernel(report, |kernel| kernel.drain_micros)
    }),
];

const fn counter(
    name: &'static str,
    help: &'static str,
    value: fn(&AttachmentReport) -> Option<u64>,
) -> Metric {
    Metric { name, kind: "counter", help, value }
}

const fn gauge(
    name: &'static str,
    help: &'static str,
    value: fn(&AttachmentReport) -> Option<u64>,
) -> Metric {
    Metric { name, kind: "gauge", help, value }
}

fn kernel(report: &AttachmentReport, value: fn(&KernelReport) -> u64) -> Option<u64> {
    report.kernel.as_ref().map(value)
}

/// Writes what hosts have reported.
pub(super) fn page(reports: &[(String, ReportAgentRequest)]) -> String {
    let mut page = String::new();
    let all = || {
        reports.iter().flat_map(|(host, report)| {
            report.attachments.iter().map(move |attachment| (host.as_str(), attachment))
        })
    };
    if all().next().is_none() {
        return page;
    }
    for metric in METRICS {
        let suffix = if metric.kind == "counter" { "_total" } else { "" };
        let name = format!("flowlogd_interface_{}{suffix}", metric.name);
        let _ = writeln!(page, "# HELP {name} {}\n# TYPE {name} {}", metric.help, metric.kind);
        for (host, attachment) in all() {
            if let Some(value) = (metric.value)(attachment) {
                let _ = writeln!(page, "{name}{{{}}} {value}", labels(host, attachment));
            }
        }
    }
    let name = "flowlogd_rule_packets_total";
    let _ = writeln!(
        page,
        "# HELP {name} Packets of flows that a rule decided.\n# TYPE {name} counter"
    );
    for (host, attachment) in all() {
        for hits in &attachment.hits {
            let (labels, rule) = (labels(host, attachment), escaped(&hits.rule));
            let _ = writeln!(page, "{name}{{{labels},rule=\"{rule}\"}} {}", hits.packets);
        }
    }
    let name = "flowlogd_rule_last_use_seconds";
    let _ = writeln!(
        page,
        "# HELP {name} Unix time at which a rule last decided.\n# TYPE {name} gauge"
    );
    for (host, attachment) in all() {
        for hits in &attachment.hits {
            let (labels, rule) = (labels(host, attachment), escaped(&hits.rule));
            let _ = writeln!(page, "{name}{{{labels},rule=\"{rule}\"}} {}", hits.last_use / 1000);
        }
    }
    page
}

fn labels(host: &str, attachment: &AttachmentReport) -> String {
    let AttachmentReport { interface_id, source, capture, state, .. } = attachment;
    // What somebody wrote is no more than a value.
    let [host, interface_id, source, capture, state] =
        [host, interface_id, source, capture, state].map(escaped);
    format!(
        "host=\"{host}\",interface=\"{interface_id}\",source=\"{source}\",capture=\"{capture}\",state=\"{state}\""
    )
}

pub(super) fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use flowlogd_aws::flowlogd::{RuleHits, TrafficReport};

    use super::*;

    #[test]
    fn every_interface_has_a_line_of_each_metric_that_it_has() {
        let attachment = AttachmentReport {
            interface_id: "eni-1".to_owned(),
            source: "veth\"0".to_owned(),
            capture: "ebpf".to_owned(),
            state: "capturing".to_owned(),
            packets: 7,
            traffic: TrafficReport { rejected: 3, ..TrafficReport::default() },
            kernel: Some(KernelReport { unseen: 2, ..KernelReport::default() }),
            hits: vec![RuleHits { rule: "sgr-1".to_owned(), packets: 5, last_use: 9000 }],
            ..AttachmentReport::default()
        };
        let replay =
            AttachmentReport { kernel: None, capture: "replay".to_owned(), ..attachment.clone() };
        let report = ReportAgentRequest {
            attachments: vec![attachment, replay],
            ..ReportAgentRequest::default()
        };

        let page = page(&[("host-1".to_owned(), report)]);

        let line = |name: &str| page.lines().filter(|line| line.starts_with(name)).count();
        assert_eq!(
            (
                line("flowlogd_interface_packets_total{"),
                line("flowlogd_interface_unseen_frames_total{")
            ),
            (2, 1)
        );
        assert!(page.contains(
            "flowlogd_rule_packets_total{host=\"host-1\",interface=\"eni-1\",source=\"veth\\\"0\",capture=\"ebpf\",state=\"capturing\",rule=\"sgr-1\"} 5"
        ));
        assert!(page.contains("rule=\"sgr-1\"} 9\n"));
        assert!(page.contains("flowlogd_interface_rejected_packets_total"));
    }

    #[test]
    fn without_agents_nothing_is_told_of_them() {
        assert_eq!(page(&[]), "");
    }
}
