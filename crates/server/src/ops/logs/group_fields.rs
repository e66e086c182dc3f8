//! Which fields a group's events have (`cloudwatch-logs.md` §4.11).

use std::collections::BTreeMap;

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::LogGroupField;
use flowlogd_aws::logs::{GetLogGroupFieldsRequest, GetLogGroupFieldsResponse};
use flowlogd_logstore::{Event, FilterQuery, Pattern, Streams};

use crate::call::{Call, internal};

use super::discovery::{Discovery, SYSTEM_FIELDS};
use super::fault;
use super::get_events::MAX_PAGE_BYTES;
use super::group_name::{GroupName, exactly_one};
use super::violations::Violations;

const MINUTE: i64 = 60_000;
/// How far the events may be from the time that is asked for, …
const AROUND: i64 = 8 * MINUTE;
/// … or from the present, if none is.
const RECENT: i64 = 15 * MINUTE;
/// The newest events are looked at, this many.
const SAMPLE: usize = 1000;

pub(super) fn get(
    call: &Call<'_>,
    request: GetLogGroupFieldsRequest,
) -> Result<GetLogGroupFieldsResponse, Fault> {
    let (name, identifier) = (request.log_group_name, request.log_group_identifier);
    let group = GroupName::of_either(call, name.as_deref(), identifier.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    violations.name_or_identifier(name.as_ref(), identifier.as_ref());
    let time = violations.time("time", request.time);
    violations.end()?;
    exactly_one(name.as_ref(), identifier.as_ref())?;
    let (start, end) = match time {
        Some(seconds) => {
            let middle = seconds.saturating_mul(1000);
            (middle.saturating_sub(AROUND), middle.saturating_add(AROUND))
        }
        None => (call.now() - RECENT, call.now()),
    };
    let (owner, group) = (call.owner(), group.found()?);
    let all = Pattern::parse("").map_err(|error| internal(&error))?;
    let query = FilterQuery {
        owner: &owner,
        group,
        streams: Streams::All,
        start: Some(start),
        end: Some(end),
        pattern: &all,
        descending: true,
        beyond: None,
        limit: SAMPLE,
        max_bytes: MAX_PAGE_BYTES,
    };
    let sample = call.logs.filter(&query, call.now()).map_err(fault::of)?.events;
    let log_group_fields = frequent_first(&Discovery::of_group(call, group)?, &sample);
    Ok(GetLogGroupFieldsResponse { log_group_fields })
}

fn frequent_first(discovery: &Discovery, sample: &[Event]) -> Vec<LogGroupField> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for event in sample {
        for name in discovery.fields(&event.message).into_keys() {
            *counts.entry(name).or_default() += 1;
        }
    }
    if !sample.is_empty() {
        counts.extend(SYSTEM_FIELDS.map(|name| (name.to_owned(), sample.len())));
    }
    let percent = |count: usize| u32::try_from(count * 100 / sample.len().max(1)).unwrap_or(100);
    let mut fields: Vec<_> = counts.into_iter().collect();
    // By name where they are equally frequent.
    fields.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    fields
        .into_iter()
        .map(|(name, count)| LogGroupField { name, percent: percent(count) })
        .collect()
}
