//! Log streams.

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::LogStream;
use flowlogd_aws::logs::{
    CreateLogStreamRequest, DeleteLogStreamRequest, DescribeLogStreamsRequest,
    DescribeLogStreamsResponse,
};
use flowlogd_logstore::{Stream, StreamOrder, StreamQuery};

use crate::call::Call;

use super::fault::{self, invalid};
use super::group_name::GroupName;
use super::put_events::sequence_token;
use super::token;
use super::violations::{MAX_NAME, STREAM_NAME, Violations};

/// Streams of a page.
const PAGE: i64 = 50;

pub(super) fn create(call: &Call<'_>, request: CreateLogStreamRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, request.log_stream_name.as_deref().unwrap_or_default())?;
    let mut violations = Violations::default();
    let group = violations.group_name(request.log_group_name);
    let stream = violations.stream_name(request.log_stream_name);
    violations.end()?;
    call.logs.create_stream(&call.owner(), &group, &stream, call.now()).map_err(fault::of)
}

pub(super) fn delete(call: &Call<'_>, request: DeleteLogStreamRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, request.log_stream_name.as_deref().unwrap_or_default())?;
    let mut violations = Violations::default();
    let group = violations.group_name(request.log_group_name);
    let stream = violations.stream_name(request.log_stream_name);
    violations.end()?;
    call.logs.delete_stream(&call.owner(), &group, &stream).map_err(fault::of)
}

pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeLogStreamsRequest,
) -> Result<DescribeLogStreamsResponse, Fault> {
    let (name, identifier) = (request.log_group_name, request.log_group_identifier);
    let group = GroupName::of_either(call, name.as_deref(), identifier.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let prefix = violations.text(
        "logStreamNamePrefix",
        request.log_stream_name_prefix,
        1..=MAX_NAME,
        Some(STREAM_NAME),
    );
    let order = violations.one_of("orderBy", request.order_by, &["LogStreamName", "LastEventTime"]);
    let limit = violations.limit(request.limit, PAGE);
    let next_token = violations.token(request.next_token);
    violations.name_or_identifier(name.as_ref(), identifier.as_ref());
    violations.end()?;
    super::group_name::exactly_one(name.as_ref(), identifier.as_ref())?;
    let order = match order.as_deref() {
        Some("LastEventTime") => StreamOrder::LastEvent,
        _ => StreamOrder::Name,
    };
    if order == StreamOrder::LastEvent && prefix.is_some() {
        return Err(invalid("Cannot order by LastEventTime with a logStreamNamePrefix."));
    }
    let descending = request.descending.unwrap_or_default();
    let after =
        next_token.as_deref().map(|token| token::stream(token, order, descending)).transpose()?;
    // One more than is returned tells whether there are more.
    let query = StreamQuery { prefix, order, descending, after, limit: limit + 1 };
    let mut streams =
        call.logs.streams(&call.owner(), group.found()?, &query).map_err(fault::of)?;
    let has_more = streams.len() > limit;
    streams.truncate(limit);
    let last = streams.last().filter(|_| has_more);
    let next_token = last.map(|last| {
        let timestamp = match order {
            StreamOrder::Name => 0,
            StreamOrder::LastEvent => last.last_event.unwrap_or(0),
        };
        token::after_stream(order, descending, &(timestamp, last.name.clone()))
    });
    let log_streams = streams.into_iter().map(|stream| printed(&group, stream)).collect();
    Ok(DescribeLogStreamsResponse { log_streams, next_token })
}

fn printed(group: &GroupName, stream: Stream) -> LogStream {
    LogStream {
        creation_time: stream.created,
        first_event_timestamp: stream.first_event,
        last_event_timestamp: stream.last_event,
        last_ingestion_time: stream.last_ingestion,
        upload_sequence_token: stream.last_ingestion.map(sequence_token),
        arn: group.stream_arn(&stream.name),
        stored_bytes: 0,
        log_stream_name: stream.name,
    }
}
