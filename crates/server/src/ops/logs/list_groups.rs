//! `ListLogGroups`: names, ARNs and classes, searched by parts of names and by tags
//! (`cloudwatch-logs.md` §4.1).

use flowlogd_aws::Fault;
use flowlogd_aws::logs::shapes::LogGroupSummary;
use flowlogd_aws::logs::{ListLogGroupsRequest, ListLogGroupsResponse};
use flowlogd_logstore::{Group, GroupQuery};

use crate::call::Call;

use super::class::{self, CLASSES};
use super::fault::{self, unsupported};
use super::group_name::{self, GroupName};
use super::name_pattern::NamePattern;
use super::tag_filter::TagFilters;
use super::token;
use super::violations::Violations;

/// Groups of a page, …
const MAX_PAGE: i64 = 1000;
/// … and of one whose size is not said.
const PAGE: usize = 50;
/// Groups that are read at a time.
const AT_A_TIME: usize = 1000;
/// Groups that one call looks at; then its page is short, and goes on by a token.
const MAX_SCAN: usize = 20_000;

pub(super) fn list(
    call: &Call<'_>,
    request: ListLogGroupsRequest,
) -> Result<ListLogGroupsResponse, Fault> {
    let asked = GroupName::of_name(call, None);
    call.authorize("logs:ListLogGroups", &asked.stream_arn(""))?;
    let mut violations = Violations::default();
    let names = NamePattern::checked(&mut violations, request.log_group_name_pattern);
    let class = violations.one_of("logGroupClass", request.log_group_class, &CLASSES);
    let tags = TagFilters::checked(&mut violations, request.log_group_tags);
    let is_given = request.limit.is_some();
    let limit = violations.limit(request.limit, MAX_PAGE);
    let next_token = violations.token(request.next_token);
    violations.end()?;
    for (member, is_given) in [
        ("accountIdentifiers", request.account_identifiers.is_some_and(|some| !some.is_empty())),
        ("includeLinkedAccounts", request.include_linked_accounts == Some(true)),
        ("dataSources", request.data_sources.is_some()),
        ("fieldIndexNames", request.field_index_names.is_some()),
    ] {
        if is_given {
            return Err(unsupported(member));
        }
    }
    let limit = if is_given { limit } else { PAGE };
    let after = next_token.as_deref().map(token::group).transpose()?;
    let class = class::of_listing(class);
    let is_wanted =
        |group: &Group| names.matches(&group.settings.name) && tags.match_all(&group.settings.tags);
    let (groups, after) = page(call, class, after, limit, is_wanted)?;
    Ok(ListLogGroupsResponse {
        log_groups: groups.into_iter().map(|group| printed(call, group)).collect(),
        next_token: after.as_deref().map(token::after_group),
    })
}

/// Reads groups until there are as many as wanted and one more that says that there are more. Returns the
/// name after which to go on, if so.
fn page(
    call: &Call<'_>,
    class: Option<String>,
    after: Option<String>,
    limit: usize,
    is_wanted: impl Fn(&Group) -> bool,
) -> Result<(Vec<Group>, Option<String>), Fault> {
    let mut found = Vec::new();
    let mut query = GroupQuery { class, after, limit: AT_A_TIME, ..GroupQuery::default() };
    let mut looked_at = 0;
    while looked_at < MAX_SCAN {
        let groups = call.logs.groups(&call.owner(), &query).map_err(fault::of)?;
        let is_end = groups.len() < AT_A_TIME;
        looked_at += groups.len();
        for group in groups {
            let is_wanted = is_wanted(&group);
            if is_wanted && found.len() == limit {
                return Ok((found, query.after));
            }
            query.after = Some(group.settings.name.clone());
            if is_wanted {
                found.push(group);
            }
        }
        if is_end {
            return Ok((found, None));
        }
    }
    Ok((found, query.after))
}

fn printed(call: &Call<'_>, group: Group) -> LogGroupSummary {
    LogGroupSummary {
        log_group_arn: group_name::arn(call, &group.settings.name),
        log_group_name: group.settings.name,
        log_group_class: group.settings.class,
    }
}
