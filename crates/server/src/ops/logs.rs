//! `CloudWatch` Logs.
//!
//! Log groups are in the log store, which has transactions of its own: to the server's state these
//! operations are readers. Only tagging reads what it then writes, and waits for its turn as a writer.

mod class;
mod discovery;
mod fault;
mod filter_events;
mod get_events;
mod group;
mod group_fields;
mod group_name;
mod list_groups;
mod log_record;
mod metric_filter;
mod name_pattern;
mod permission;
mod put_events;
mod retention;
mod stream;
mod tag_filter;
mod tags;
mod test_metric_filter;
mod token;
mod transformation;
mod violations;

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::read("CreateLogGroup", group::create),
        Operation::read("DeleteLogGroup", group::delete),
        Operation::read("DescribeLogGroups", group::describe),
        Operation::read("ListLogGroups", list_groups::list),
        Operation::read("PutLogGroupDeletionProtection", group::put_deletion_protection),
        Operation::read("PutRetentionPolicy", retention::put),
        Operation::read("DeleteRetentionPolicy", retention::delete),
        Operation::write("TagResource", tags::tag_resource),
        Operation::write("UntagResource", tags::untag_resource),
        Operation::read("ListTagsForResource", tags::list_for_resource),
        Operation::write("TagLogGroup", tags::tag_group),
        Operation::write("UntagLogGroup", tags::untag_group),
        Operation::read("ListTagsLogGroup", tags::list_for_group),
        Operation::read("CreateLogStream", stream::create),
        Operation::read("DeleteLogStream", stream::delete),
        Operation::read("DescribeLogStreams", stream::describe),
        Operation::read("PutLogEvents", put_events::put),
        Operation::read("GetLogEvents", get_events::get),
        Operation::read("FilterLogEvents", filter_events::filter),
        Operation::read("GetLogRecord", log_record::get),
        Operation::read("GetLogGroupFields", group_fields::get),
        Operation::read("PutMetricFilter", metric_filter::put),
        Operation::read("DescribeMetricFilters", metric_filter::describe),
        Operation::read("DeleteMetricFilter", metric_filter::delete),
        Operation::read("TestMetricFilter", test_metric_filter::test),
    ]
}

#[cfg(test)]
mod tests;
