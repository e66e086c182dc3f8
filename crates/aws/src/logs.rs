//! `CloudWatch` Logs (JSON 1.1, target `Logs_20140328`): one file an operation.
//!
//! Every member of a request may be missing: what has to be there is asked for by the operation, in AWS's
//! words.

mod create_log_group;
mod create_log_stream;
mod delete_log_group;
mod delete_log_stream;
mod delete_metric_filter;
mod delete_retention_policy;
mod describe_log_groups;
mod describe_log_streams;
mod describe_metric_filters;
mod filter_log_events;
mod get_log_events;
mod get_log_group_fields;
mod get_log_record;
mod integral;
mod list_log_groups;
mod list_tags_for_resource;
mod list_tags_log_group;
mod put_log_events;
mod put_log_group_deletion_protection;
mod put_metric_filter;
mod put_retention_policy;
pub mod shapes;
mod tag_log_group;
mod tag_resource;
mod test_metric_filter;
mod untag_log_group;
mod untag_resource;

pub use create_log_group::CreateLogGroupRequest;
pub use create_log_stream::CreateLogStreamRequest;
pub use delete_log_group::DeleteLogGroupRequest;
pub use delete_log_stream::DeleteLogStreamRequest;
pub use delete_metric_filter::DeleteMetricFilterRequest;
pub use delete_retention_policy::DeleteRetentionPolicyRequest;
pub use describe_log_groups::{DescribeLogGroupsRequest, DescribeLogGroupsResponse};
pub use describe_log_streams::{DescribeLogStreamsRequest, DescribeLogStreamsResponse};
pub use describe_metric_filters::{DescribeMetricFiltersRequest, DescribeMetricFiltersResponse};
pub use filter_log_events::{FilterLogEventsRequest, FilterLogEventsResponse};
pub use get_log_events::{GetLogEventsRequest, GetLogEventsResponse};
pub use get_log_group_fields::{GetLogGroupFieldsRequest, GetLogGroupFieldsResponse};
pub use get_log_record::{GetLogRecordRequest, GetLogRecordResponse};
pub use list_log_groups::{ListLogGroupsRequest, ListLogGroupsResponse};
pub use list_tags_for_resource::{ListTagsForResourceRequest, ListTagsForResourceResponse};
pub use list_tags_log_group::{ListTagsLogGroupRequest, ListTagsLogGroupResponse};
pub use put_log_events::{PutLogEventsRequest, PutLogEventsResponse};
pub use put_log_group_deletion_protection::PutLogGroupDeletionProtectionRequest;
pub use put_metric_filter::PutMetricFilterRequest;
pub use put_retention_policy::PutRetentionPolicyRequest;
pub use tag_log_group::TagLogGroupRequest;
pub use tag_resource::TagResourceRequest;
pub use test_metric_filter::{TestMetricFilterRequest, TestMetricFilterResponse};
pub use untag_log_group::UntagLogGroupRequest;
pub use untag_resource::UntagResourceRequest;

/// What `X-Amz-Target` begins with.
pub const TARGET: &str = "Logs_20140328";
