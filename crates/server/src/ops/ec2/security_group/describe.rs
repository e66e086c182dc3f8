//! `DescribeSecurityGroups`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{IpPermission, SecurityGroup as Printed};
use flowlogd_aws::ec2::{DescribeSecurityGroupsRequest, DescribeSecurityGroupsResponse};

use super::{GROUP, default_vpc, printed};
use crate::call::Call;
use crate::model::SecurityGroup;
use crate::ops::ec2::filter_table::FilterTable;
use crate::ops::ec2::page::page;

/// What one kind of value the rules of a direction have.
fn rules(rules: &[IpPermission], values: fn(&IpPermission) -> Vec<String>) -> Vec<String> {
    rules.iter().flat_map(values).collect()
}

fn port(port: Option<i32>) -> Vec<String> {
    port.iter().map(ToString::to_string).collect()
}

fn blocks(it: &IpPermission) -> Vec<String> {
    it.ip_ranges.iter().map(|range| range.cidr_ip.clone()).collect()
}

fn blocks_v6(it: &IpPermission) -> Vec<String> {
    it.ipv6_ranges.iter().map(|range| range.cidr_ipv6.clone()).collect()
}

fn groups(it: &IpPermission) -> Vec<String> {
    it.groups.iter().map(|pair| pair.group_id.clone()).collect()
}

fn users(it: &IpPermission) -> Vec<String> {
    it.groups.iter().filter_map(|pair| pair.user_id.clone()).collect()
}

fn lists(it: &IpPermission) -> Vec<String> {
    it.prefix_list_ids.iter().map(|list| list.prefix_list_id.clone()).collect()
}

const FILTERS: FilterTable<Printed> = FilterTable(&[
    ("description", |it| vec![it.group_description.clone()]),
    ("group-id", |it| vec![it.group_id.clone()]),
    ("group-name", |it| vec![it.group_name.clone()]),
    ("owner-id", |it| vec![it.owner_id.clone()]),
    ("vpc-id", |it| vec![it.vpc_id.clone()]),
    ("ip-permission.cidr", |it| rules(&it.ip_permissions, blocks)),
    ("ip-permission.from-port", |it| rules(&it.ip_permissions, |it| port(it.from_port))),
    ("ip-permission.group-id", |it| rules(&it.ip_permissions, groups)),
    ("ip-permission.group-name", |_| Vec::new()),
    ("ip-permission.ipv6-cidr", |it| rules(&it.ip_permissions, blocks_v6)),
    ("ip-permission.prefix-list-id", |it| rules(&it.ip_permissions, lists)),
    ("ip-permission.protocol", |it| rules(&it.ip_permissions, |it| vec![it.ip_protocol.clone()])),
    ("ip-permission.to-port", |it| rules(&it.ip_permissions, |it| port(it.to_port))),
    ("ip-permission.user-id", |it| rules(&it.ip_permissions, users)),
    ("egress.ip-permission.cidr", |it| rules(&it.ip_permissions_egress, blocks)),
    ("egress.ip-permission.from-port", |it| {
        rules(&it.ip_permissions_egress, |it| port(it.from_port))
    }),
    ("egress.ip-permission.group-id", |it| rules(&it.ip_permissions_egress, groups)),
    ("egress.ip-permission.group-name", |_| Vec::new()),
    ("egress.ip-permission.ipv6-cidr", |it| rules(&it.ip_permissions_egress, blocks_v6)),
    ("egress.ip-permission.prefix-list-id", |it| rules(&it.ip_permissions_egress, lists)),
    ("egress.ip-permission.protocol", |it| {
        rules(&it.ip_permissions_egress, |it| vec![it.ip_protocol.clone()])
    }),
    ("egress.ip-permission.to-port", |it| rules(&it.ip_permissions_egress, |it| port(it.to_port))),
    ("egress.ip-permission.user-id", |it| rules(&it.ip_permissions_egress, users)),
]);

/// Lists groups.
pub(in super::super) fn describe(
    call: &Call<'_>,
    request: DescribeSecurityGroupsRequest,
) -> Result<DescribeSecurityGroupsResponse, Fault> {
    let DescribeSecurityGroupsRequest {
        group_ids,
        group_names,
        filters,
        max_results,
        next_token,
        dry_run,
    } = request;
    call.authorize("ec2:DescribeSecurityGroups", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let mut found = GROUP.select(call.list::<SecurityGroup>()?, &group_ids, |it| &it.id)?;
    if !group_names.is_empty() {
        let vpc = default_vpc(call)?;
        let is_there =
            |name: &String| found.iter().any(|group| group.vpc_id == vpc.id && group.name == *name);
        if let Some(missing) = group_names.iter().find(|name| !is_there(name)) {
            return Err(GROUP.missing(missing));
        }
        found.retain(|group| group.vpc_id == vpc.id && group_names.contains(&group.name));
    }
    let mut passed = Vec::new();
    for group in &found {
        let printed = printed::group(call, group)?;
        if FILTERS.matches(&filters, &group.tags, &printed) {
            passed.push(printed);
        }
    }
    let (security_group_info, next_token) =
        page(passed, |it: &Printed| &it.group_id, max_results, next_token.as_deref())?;
    Ok(DescribeSecurityGroupsResponse { security_group_info, next_token })
}
