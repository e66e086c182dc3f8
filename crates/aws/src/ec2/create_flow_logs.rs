//! `CreateFlowLogs` (`flow-logs.md` §9.1).

use serde::{Deserialize, Serialize};

use super::shapes::{TagSpecification, UnsuccessfulItem};

/// Request of `CreateFlowLogs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateFlowLogsRequest {
    /// Up to 300 ids of the same kind.
    #[serde(rename = "ResourceId", default)]
    pub resource_ids: Vec<String>,
    /// `VPC`, `Subnet`, `NetworkInterface`; others are AWS's alone.
    pub resource_type: Option<String>,
    /// `ACCEPT`, `REJECT`, `ALL`.
    pub traffic_type: Option<String>,
    /// `cloud-watch-logs` (default), `s3`, `kinesis-data-firehose`.
    pub log_destination_type: Option<String>,
    /// ARN of a log group; not together with `LogGroupName`.
    pub log_destination: Option<String>,
    /// Name of a log group.
    pub log_group_name: Option<String>,
    /// The delivery role.
    pub deliver_logs_permission_arn: Option<String>,
    /// Of Firehose in another account.
    pub deliver_cross_account_role: Option<String>,
    /// `${version} ${account-id} …`.
    pub log_format: Option<String>,
    /// 60 or 600 (default).
    pub max_aggregation_interval: Option<u32>,
    /// Of S3.
    pub destination_options: Option<DestinationOptions>,
    /// Tags of type `vpc-flow-log`.
    #[serde(rename = "TagSpecification", default)]
    pub tag_specifications: Vec<TagSpecification>,
    /// Tags of resources as fields.
    #[serde(rename = "TagFieldSpecification", default)]
    pub tag_field_specifications: Vec<TagFieldSpecification>,
    /// Makes a repeated call have no further effect.
    pub client_token: Option<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// How files in S3 look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DestinationOptions {
    /// `plain-text` or `parquet`.
    pub file_format: Option<String>,
    /// Whether folders are `key=value`.
    pub hive_compatible_partitions: Option<bool>,
    /// Whether there is a folder an hour.
    pub per_hour_partition: Option<bool>,
}

/// Tags of a kind of resource that become fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct TagFieldSpecification {
    /// `network-interface`, `instance`, `auto-scaling-group`.
    pub resource_type: Option<String>,
    /// One or two keys.
    #[serde(rename = "TagKey", default)]
    pub tag_keys: Vec<String>,
}

/// Answer of `CreateFlowLogs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateFlowLogsResponse {
    /// The caller's, or one that was made.
    pub client_token: String,
    /// One for each resource for which it went well.
    #[serde(default)]
    pub flow_log_id_set: Vec<String>,
    /// The others.
    #[serde(default)]
    pub unsuccessful: Vec<UnsuccessfulItem>,
}
