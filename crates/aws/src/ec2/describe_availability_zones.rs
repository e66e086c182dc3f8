//! `DescribeAvailabilityZones`.

use serde::{Deserialize, Serialize};

use super::shapes::Filter;

/// Request of `DescribeAvailabilityZones`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeAvailabilityZonesRequest {
    /// Only these.
    #[serde(rename = "ZoneName", default)]
    pub zone_names: Vec<String>,
    /// Only these.
    #[serde(rename = "ZoneId", default)]
    pub zone_ids: Vec<String>,
    /// All zones are enabled here, so both give the same.
    pub all_availability_zones: Option<bool>,
    /// What is wanted.
    #[serde(rename = "Filter", default)]
    pub filters: Vec<Filter>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeAvailabilityZones`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAvailabilityZonesResponse {
    /// The zones.
    #[serde(default)]
    pub availability_zone_info: Vec<AvailabilityZone>,
}

/// A zone of a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilityZone {
    /// `opt-in-not-required`.
    pub opt_in_status: String,
    /// Empty.
    #[serde(default)]
    pub message_set: Vec<ZoneMessage>,
    /// `us-east-1`.
    pub region_name: String,
    /// `us-east-1a`.
    pub zone_name: String,
    /// `use1-az1`.
    pub zone_id: String,
    /// `us-east-1-zg-1`.
    pub group_name: String,
    /// `US East (N. Virginia) 1`.
    pub group_long_name: String,
    /// `us-east-1`.
    pub network_border_group: String,
    /// `availability-zone`.
    pub zone_type: String,
    /// `available`.
    pub zone_state: String,
}

/// What is the matter with a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneMessage {
    /// For people.
    pub message: String,
}
