//! `DescribeSecurityGroupRules`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::SecurityGroupRule as Printed;
use flowlogd_aws::ec2::{DescribeSecurityGroupRulesRequest, DescribeSecurityGroupRulesResponse};

use super::printed;
use crate::call::Call;
use crate::model::SecurityGroup;
use crate::ops::ec2::filter_table::FilterTable;
use crate::ops::ec2::identifier::RULE;
use crate::ops::ec2::page::page;

const FILTERS: FilterTable<Printed> = FilterTable(&[
    ("group-id", |it| vec![it.group_id.clone()]),
    ("security-group-rule-id", |it| vec![it.security_group_rule_id.clone()]),
]);

/// Lists rules.
pub(in super::super) fn describe(
    call: &Call<'_>,
    request: DescribeSecurityGroupRulesRequest,
) -> Result<DescribeSecurityGroupRulesResponse, Fault> {
    let DescribeSecurityGroupRulesRequest {
        security_group_rule_ids,
        filters,
        max_results,
        next_token,
        dry_run,
    } = request;
    call.authorize("ec2:DescribeSecurityGroupRules", "*")?;
    FILTERS.check(&filters)?;
    // A group id is looked at even where it is only a filter (`vpc-filtering.md` §11.1).
    for filter in filters.iter().filter(|filter| filter.name == "group-id") {
        for id in &filter.values {
            super::GROUP.check(id).map_err(|_| {
                Fault::new(
                    "InvalidGroupId.Malformed",
                    format!("The security group ID '{id}' is malformed"),
                )
            })?;
        }
    }
    call.dry_run(dry_run)?;

    let groups: Vec<SecurityGroup> = call.list()?;
    let all = groups
        .iter()
        .flat_map(|group| group.rules.iter().map(move |rule| (group, rule)))
        .collect::<Vec<_>>();
    let mut found = Vec::new();
    for (group, rule) in RULE.select(all, &security_group_rule_ids, |(_, rule)| &rule.id)? {
        let printed = printed::rule(call, group, rule)?;
        if FILTERS.matches(&filters, &rule.tags, &printed) {
            found.push(printed);
        }
    }
    let (security_group_rule_set, next_token) =
        page(found, |it: &Printed| &it.security_group_rule_id, max_results, next_token.as_deref())?;
    Ok(DescribeSecurityGroupRulesResponse { security_group_rule_set, next_token })
}
