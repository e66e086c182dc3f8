//! Regions.

#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{self, DescribeRegionsRequest, DescribeRegionsResponse};

use super::filter_table::FilterTable;
use crate::call::Call;
use crate::model::Tags;

/// A region as AWS names it.
pub(super) struct Region {
    /// `us-east-1`.
    pub(super) name: &'static str,
    /// `US East (N. Virginia)`.
    pub(super) long_name: &'static str,
    /// `use1`, as in the zone id `use1-az1`.
    pub(super) zone_prefix: &'static str,
    /// All are enabled here, also those that an AWS account has to opt in to.
    opt_in_status: &'static str,
}

/// Whether AWS has a region of this name.
pub(crate) fn is_region(name: &str) -> bool {
    find(name).is_some()
}

/// Returns a region by its name.
pub(super) fn find(name: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.name == name)
}

/// `vpc-filtering.md` §14.
const FILTERS: FilterTable<ec2::Region> = FilterTable(&[
    ("endpoint", |region| vec![region.region_endpoint.clone()]),
    ("opt-in-status", |region| vec![region.opt_in_status.clone()]),
    ("region-name", |region| vec![region.region_name.clone()]),
]);

/// Lists regions.
pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeRegionsRequest,
) -> Result<DescribeRegionsResponse, Fault> {
    let DescribeRegionsRequest { region_names, all_regions: _, filters, dry_run } = request;
    call.authorize("ec2:DescribeRegions", "*")?;
    FILTERS.check_untagged(&filters)?;
    let unknown: Vec<&str> =
        region_names.iter().map(String::as_str).filter(|name| !is_region(name)).collect();
    if !unknown.is_empty() {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!("Invalid region names: [{}]", unknown.join(", ")),
        ));
    }
    call.dry_run(dry_run)?;

    let region_info = REGIONS
        .iter()
        .filter(|region| {
            region_names.is_empty() || region_names.iter().any(|name| name == region.name)
        })
        .map(printed)
        .filter(|region| FILTERS.matches(&filters, &Tags::new(), region))
        .collect();
    Ok(DescribeRegionsResponse { region_info })
}

fn printed(region: &Region) -> ec2::Region {
    ec2::Region {
        region_name: region.name.to_owned(),
        region_endpoint: format!("ec2.{}.amazonaws.com", region.name),
        opt_in_status: region.opt_in_status.to_owned(),
    }
}

const fn standard(
    name: &'static str,
    zone_prefix: &'static str,
    long_name: &'static str,
) -> Region {
    Region { name, long_name, zone_prefix, opt_in_status: "opt-in-not-required" }
}

const fn opt_in(name: &'static str, zone_prefix: &'static str, long_name: &'static str) -> Region {
    Region { name, long_name, zone_prefix, opt_in_status: "opted-in" }
}

const REGIONS: &[Region] = &[
    opt_in("af-south-1", "afs1", "Africa (Cape Town)"),
    opt_in("ap-east-1", "ape1", "Asia Pacific (Hong Kong)"),
    opt_in("ap-east-2", "ape2", "Asia Pacific (Taipei)"),
    standard("ap-northeast-1", "apne1", "Asia Pacific (Tokyo)"),
    standard("ap-northeast-2", "apne2", "Asia Pacific (Seoul)"),
    standard("ap-northeast-3", "apne3", "Asia Pacific (Osaka)"),
    standard("ap-south-1", "aps1", "Asia Pacific (Mumbai)"),
    opt_in("ap-south-2", "aps2", "Asia Pacific (Hyderabad)"),
    standard("ap-southeast-1", "apse1", "Asia Pacific (Singapore)"),
    standard("ap-southeast-2", "apse2", "Asia Pacific (Sydney)"),
    opt_in("ap-southeast-3", "apse3", "Asia Pacific (Jakarta)"),
    opt_in("ap-southeast-4", "apse4", "Asia Pacific (Melbourne)"),
    opt_in("ap-southeast-5", "apse5", "Asia Pacific (Malaysia)"),
    opt_in("ap-southeast-6", "apse6", "Asia Pacific (New Zealand)"),
    opt_in("ap-southeast-7", "apse7", "Asia Pacific (Thailand)"),
    standard("ca-central-1", "cac1", "Canada (Central)"),
    opt_in("ca-west-1", "caw1", "Canada West (Calgary)"),
    standard("eu-central-1", "euc1", "Europe (Frankfurt)"),
    opt_in("eu-central-2", "euc2", "Europe (Zurich)"),
    standard("eu-north-1", "eun1", "Europe (Stockholm)"),
    opt_in("eu-south-1", "eus1", "Europe (Milan)"),
    opt_in("eu-south-2", "eus2", "Europe (Spain)"),
    standard("eu-west-1", "euw1", "Europe (Ireland)"),
    standard("eu-west-2", "euw2", "Europe (London)"),
    standard("eu-west-3", "euw3", "Europe (Paris)"),
    opt_in("il-central-1", "ilc1", "Israel (Tel Aviv)"),
    opt_in("me-central-1", "mec1", "Middle East (UAE)"),
    opt_in("me-south-1", "mes1", "Middle East (Bahrain)"),
    opt_in("mx-central-1", "mxc1", "Mexico (Central)"),
    standard("sa-east-1", "sae1", "South America (Sao Paulo)"),
    standard("us-east-1", "use1", "US East (N. Virginia)"),
    standard("us-east-2", "use2", "US East (Ohio)"),
    standard("us-west-1", "usw1", "US West (N. California)"),
    standard("us-west-2", "usw2", "US West (Oregon)"),
];
