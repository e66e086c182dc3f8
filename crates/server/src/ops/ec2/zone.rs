//! Availability zones: three a region. AWS maps the letters of zones to their ids anew for every account;
//! here `a` is always the first.

#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AvailabilityZone, DescribeAvailabilityZonesRequest, DescribeAvailabilityZonesResponse,
};

use super::filter_table::{FilterTable, none};
use super::region;
use crate::call::Call;
use crate::model::Tags;

/// A zone of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Zone {
    /// `us-east-1a`.
    pub(super) name: String,
    /// `use1-az1`.
    pub(super) id: String,
}

/// Returns the zones of a region, none where there is no such region.
pub(super) fn of(region: &str) -> Vec<Zone> {
    let Some(region) = region::find(region) else { return Vec::new() };
    (1_u8..)
        .zip(["a", "b", "c"])
        .map(|(number, letter)| Zone {
            name: format!("{}{letter}", region.name),
            id: format!("{}-az{number}", region.zone_prefix),
        })
        .collect()
}

/// Returns the id of a zone of a region by its name.
pub(crate) fn id_of(region: &str, name: &str) -> String {
    of(region).into_iter().find(|zone| zone.name == name).map(|zone| zone.id).unwrap_or_default()
}

/// `vpc-filtering.md` §14.
const FILTERS: FilterTable<AvailabilityZone> = FilterTable(&[
    ("group-long-name", |zone| vec![zone.group_long_name.clone()]),
    ("group-name", |zone| vec![zone.group_name.clone()]),
    ("message", |zone| zone.message_set.iter().map(|it| it.message.clone()).collect()),
    ("opt-in-status", |zone| vec![zone.opt_in_status.clone()]),
    ("parent-zone-id", none),
    ("parent-zone-name", none),
    ("region-name", |zone| vec![zone.region_name.clone()]),
    ("state", |zone| vec![zone.zone_state.clone()]),
    ("zone-id", |zone| vec![zone.zone_id.clone()]),
    ("zone-name", |zone| vec![zone.zone_name.clone()]),
    ("zone-type", |zone| vec![zone.zone_type.clone()]),
]);

/// Lists the zones of the call's region.
pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeAvailabilityZonesRequest,
) -> Result<DescribeAvailabilityZonesResponse, Fault> {
    let DescribeAvailabilityZonesRequest {
        zone_names,
        zone_ids,
        all_availability_zones: _,
        filters,
        dry_run,
    } = request;
    call.authorize("ec2:DescribeAvailabilityZones", "*")?;
    FILTERS.check_untagged(&filters)?;
    let zones = of(call.region());
    known(&zone_names, &zones, |zone| &zone.name)?;
    known(&zone_ids, &zones, |zone| &zone.id)?;
    call.dry_run(dry_run)?;

    let availability_zone_info = zones
        .iter()
        .filter(|zone| zone_names.is_empty() || zone_names.contains(&zone.name))
        .filter(|zone| zone_ids.is_empty() || zone_ids.contains(&zone.id))
        .map(|zone| printed(call.region(), zone))
        .filter(|zone| FILTERS.matches(&filters, &Tags::new(), zone))
        .collect();
    Ok(DescribeAvailabilityZonesResponse { availability_zone_info })
}

fn known(given: &[String], zones: &[Zone], member: fn(&Zone) -> &String) -> Result<(), Fault> {
    let unknown: Vec<&str> = given
        .iter()
        .filter(|given| !zones.iter().any(|zone| member(zone) == *given))
        .map(String::as_str)
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Fault::new(
        "InvalidParameterValue",
        format!("Invalid availability zone: [{}]", unknown.join(", ")),
    ))
}

/// `vpc-filtering.md` §14.1.
fn printed(region: &str, zone: &Zone) -> AvailabilityZone {
    let long_name = region::find(region).map(|region| region.long_name).unwrap_or_default();
    AvailabilityZone {
        opt_in_status: "opt-in-not-required".to_owned(),
        message_set: Vec::new(),
        region_name: region.to_owned(),
        zone_name: zone.name.clone(),
        zone_id: zone.id.clone(),
        group_name: format!("{region}-zg-1"),
        group_long_name: format!("{long_name} 1"),
        network_border_group: region.to_owned(),
        zone_type: "availability-zone".to_owned(),
        zone_state: "available".to_owned(),
    }
}
