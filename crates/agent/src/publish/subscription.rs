//! A flow log as an interface's windows see it.

use flowlogd_aws::flowlogd::{CoveringFlowLog, Decisions};
use flowlogd_flowlog::{InvalidLogFormat, LogFormat};

use crate::output::TrafficType;

/// Which windows a subscription takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// `MaxAggregationInterval` 60.
    Base,
    /// `MaxAggregationInterval` 600.
    Long,
}

/// What of an interface's windows goes where, and how it is written.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The flow log's id, or `decisions`.
    pub queue: String,
    /// Where to.
    pub log_group_name: String,
    /// What the stream's name has after the interface's id: `all`, `accept` or `reject`.
    pub suffix: Option<&'static str>,
    /// What.
    pub traffic: TrafficType,
    /// How.
    pub format: LogFormat,
    /// Of which windows.
    pub interval: Interval,
    /// Windows that ended up to this second are not its own.
    pub since: u64,
    /// Whether refusals are written as JSON, and nothing else.
    pub as_json: bool,
}

/// What of a flow log this agent does not understand.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFlowLog {
    /// Its format.
    #[error("flow log {0}: {1}")]
    Format(String, InvalidLogFormat),
    /// Its traffic type.
    #[error("flow log {0}: the traffic type '{1}' is none of ACCEPT, REJECT and ALL")]
    TrafficType(String, String),
}

/// The fields of a decision: the default format, the direction, and all that is known of the reason.
const DECISION_FIELDS: &[&str] = &[
    "version",
    "account-id",
    "interface-id",
    "srcaddr",
    "dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "log-status",
    "flow-direction",
    "tcp-flags",
    "x-deciding-rule",
    "x-nearest-miss",
    "x-rule-revision",
    "x-mixed",
    "x-initiator",
    "x-mode",
];

impl Subscription {
    /// Reads a flow log. With `from_beginning`, as for a replay, all windows are its own.
    pub fn of(flow_log: &CoveringFlowLog, from_beginning: bool) -> Result<Self, InvalidFlowLog> {
        let id = || flow_log.flow_log_id.clone();
        let (traffic, suffix) = match flow_log.traffic_type.as_str() {
            "ACCEPT" => (TrafficType::Accept, "accept"),
            "REJECT" => (TrafficType::Reject, "reject"),
            "ALL" => (TrafficType::All, "all"),
            other => return Err(InvalidFlowLog::TrafficType(id(), other.to_owned())),
        };
        let created = u64::try_from(flow_log.creation_time / 1000).unwrap_or(0);
        Ok(Self {
            queue: flow_log.flow_log_id.clone(),
            log_group_name: flow_log.log_group_name.clone(),
            suffix: Some(suffix),
            traffic,
            format: flow_log
                .log_format
                .parse()
                .map_err(|error| InvalidFlowLog::Format(id(), error))?,
            interval: interval(flow_log),
            since: if from_beginning { 0 } else { created },
            as_json: false,
        })
    }

    /// The decisions of an interface that these flow logs cover; nothing where none of them wants
    /// refusals.
    pub fn decisions(
        decisions: &Decisions,
        flow_logs: &[&CoveringFlowLog],
        from_beginning: bool,
    ) -> Option<Self> {
        let wanted = || flow_logs.iter().filter(|flow_log| flow_log.traffic_type != "ACCEPT");
        if !decisions.enabled {
            return None;
        }
        let since = wanted().map(|flow_log| flow_log.creation_time).min()? / 1000;
        let is_long = wanted().all(|flow_log| interval(flow_log) == Interval::Long);
        Some(Self {
            queue: "decisions".to_owned(),
            log_group_name: decisions.log_group_name.clone(),
            suffix: None,
            traffic: TrafficType::Reject,
            format: LogFormat::from_names(DECISION_FIELDS.iter().copied()).ok()?,
            interval: if is_long { Interval::Long } else { Interval::Base },
            since: if from_beginning { 0 } else { u64::try_from(since).unwrap_or(0) },
            as_json: true,
        })
    }
}

const fn interval(flow_log: &CoveringFlowLog) -> Interval {
    if flow_log.max_aggregation_interval > 60 { Interval::Long } else { Interval::Base }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow_log(traffic_type: &str, interval: u32) -> CoveringFlowLog {
        CoveringFlowLog {
            flow_log_id: "fl-1".to_owned(),
            interface_ids: vec!["eni-1".to_owned()],
            traffic_type: traffic_type.to_owned(),
            log_format: "${version} ${action}".to_owned(),
            max_aggregation_interval: interval,
            log_group_name: "g".to_owned(),
            deliver_logs_permission_arn: "arn:aws:iam::1:role/r".to_owned(),
            creation_time: 61_500,
        }
    }

    #[test]
    fn decisions_are_told_once_at_the_shortest_interval_of_those_who_want_refusals() {
        let on = Decisions { enabled: true, log_group_name: "/flowlogd/decisions".to_owned() };
        let (accept, reject, all) =
            (flow_log("ACCEPT", 60), flow_log("REJECT", 600), flow_log("ALL", 60));

        assert!(Subscription::decisions(&on, &[&accept], false).is_none());
        let slow = Subscription::decisions(&on, &[&accept, &reject], false).unwrap();
        assert_eq!((slow.interval, slow.since), (Interval::Long, 61));
        let fast = Subscription::decisions(&on, &[&reject, &all], true).unwrap();
        assert_eq!((fast.interval, fast.since), (Interval::Base, 0));
        let off = Decisions { enabled: false, ..on };
        assert!(Subscription::decisions(&off, &[&all], false).is_none());
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let mut odd = flow_log("SOME", 60);
        assert!(Subscription::of(&odd, false).unwrap_err().to_string().contains("'SOME'"));
        odd.traffic_type = "ALL".to_owned();
        odd.log_format = "${nonsense}".to_owned();
        assert!(
            Subscription::of(&odd, false).unwrap_err().to_string().starts_with("flow log fl-1")
        );
    }
}
