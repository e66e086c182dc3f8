//! Tags of log groups, in two families of operations that see each other's (`cloudwatch-logs.md` §4.1).

use flowlogd_aws::Fault;
use flowlogd_aws::logs::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, ListTagsLogGroupRequest,
    ListTagsLogGroupResponse, TagLogGroupRequest, TagResourceRequest, UntagLogGroupRequest,
    UntagResourceRequest,
};

use crate::call::Call;
use crate::model::Tags;

use super::fault::{self, invalid};
use super::group_name::GroupName;
use super::violations::{RESOURCE_ARN, Violations};

/// Tags that a group may have.
const MAX_TAGS: usize = 50;

pub(super) fn tag_resource(call: &Call<'_>, request: TagResourceRequest) -> Result<(), Fault> {
    let group = resource(call, request.resource_arn.as_deref());
    let given = request.tags.clone().unwrap_or_default();
    call.authorize_tagging("logs:TagResource", &group, group.arn(), &given)?;
    let mut violations = Violations::default();
    check_arn(&mut violations, request.resource_arn);
    let tags = required(&mut violations, request.tags);
    violations.end()?;
    add(call, found(&group)?, tags, |name| {
        Fault::new(
            "TooManyTagsException",
            format!("The resource {name} can have no more than {MAX_TAGS} tags."),
        )
    })
}

pub(super) fn untag_resource(call: &Call<'_>, request: UntagResourceRequest) -> Result<(), Fault> {
    let group = resource(call, request.resource_arn.as_deref());
    call.authorize_group(&group, group.arn())?;
    let mut violations = Violations::default();
    check_arn(&mut violations, request.resource_arn);
    let keys = violations.required("tagKeys", request.tag_keys);
    let keys = violations.list("tagKeys", Some(keys), 0..=MAX_TAGS).unwrap_or_default();
    violations.end()?;
    remove(call, found(&group)?, &keys)
}

pub(super) fn list_for_resource(
    call: &Call<'_>,
    request: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, Fault> {
    let group = resource(call, request.resource_arn.as_deref());
    call.authorize_group(&group, group.arn())?;
    let mut violations = Violations::default();
    check_arn(&mut violations, request.resource_arn);
    violations.end()?;
    Ok(ListTagsForResourceResponse { tags: present(call, found(&group)?)? })
}

pub(super) fn tag_group(call: &Call<'_>, request: TagLogGroupRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    let given = request.tags.clone().unwrap_or_default();
    call.authorize_tagging("logs:TagLogGroup", &group, &group.stream_arn(""), &given)?;
    let mut violations = Violations::default();
    let name = violations.group_name(request.log_group_name);
    let tags = required(&mut violations, request.tags);
    violations.end()?;
    add(call, &name, tags, |name| {
        invalid(format!("The log group {name} can have no more than {MAX_TAGS} tags."))
    })
}

pub(super) fn untag_group(call: &Call<'_>, request: UntagLogGroupRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let name = violations.group_name(request.log_group_name);
    let keys = match request.tags {
        None => violations.required("tags", None),
        keys => violations.list("tags", keys, 1..=usize::MAX).unwrap_or_default(),
    };
    violations.end()?;
    remove(call, &name, &keys)
}

pub(super) fn list_for_group(
    call: &Call<'_>,
    request: ListTagsLogGroupRequest,
) -> Result<ListTagsLogGroupResponse, Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let name = violations.group_name(request.log_group_name);
    violations.end()?;
    Ok(ListTagsLogGroupResponse { tags: present(call, &name)? })
}

/// Checks the shape of tags (`cloudwatch-logs.md` §2.1).
pub(super) fn checked(violations: &mut Violations, tags: Option<Tags>) -> Tags {
    let Some(tags) = tags else { return Tags::new() };
    let printed = tags.iter().map(|(key, value)| format!("{key}={value}"));
    let printed = format!("{{{}}}", printed.collect::<Vec<_>>().join(", "));
    violations.length(&printed, "tags", tags.len(), 1..=MAX_TAGS);
    if !tags.keys().all(|key| matches!(key.chars().count(), 1..=128) && is_tag_text(key)) {
        violations.add(
            &printed,
            "tags",
            r"Map keys must satisfy constraint: [Member must have length less than or equal to 128, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$]",
        );
    }
    if !tags.values().all(|value| value.chars().count() <= 256 && is_tag_text(value)) {
        violations.add(
            &printed,
            "tags",
            r"Map value must satisfy constraint: [Member must have length less than or equal to 256, Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$]",
        );
    }
    tags
}

/// Refuses tags that only AWS itself sets.
pub(super) fn refuse_reserved(tags: &Tags) -> Result<(), Fault> {
    match tags.keys().find(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        Some(key) => Err(invalid(format!(
            "The tag key '{key}' is not allowed: keys that begin with aws: are reserved."
        ))),
        None => Ok(()),
    }
}

pub(super) fn is_tag_text(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_alphanumeric()
            || (character.is_whitespace() && !character.is_control())
            || matches!(character, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
    })
}

fn required(violations: &mut Violations, tags: Option<Tags>) -> Tags {
    if tags.is_none() {
        return violations.required("tags", tags);
    }
    checked(violations, tags)
}

fn resource(call: &Call<'_>, arn: Option<&str>) -> GroupName {
    GroupName::of_identifier(call, arn.unwrap_or_default())
}

fn check_arn(violations: &mut Violations, arn: Option<String>) {
    match arn {
        Some(arn) => violations.identifier("resourceArn", Some(&arn), RESOURCE_ARN),
        None => drop(violations.required("resourceArn", arn)),
    }
}

/// A name is no ARN, though it is enough elsewhere.
fn found(group: &GroupName) -> Result<&str, Fault> {
    if !group.is_of_arn() {
        return Err(invalid(format!(
            "'{}' is not the ARN of a log group: it would be arn:aws:logs:REGION:ACCOUNT:log-group:NAME.",
            group.name()
        )));
    }
    group.found()
}

fn present(call: &Call<'_>, name: &str) -> Result<Tags, Fault> {
    let group = call.logs.group(&call.owner(), name).map_err(fault::of)?;
    Ok(group.settings.tags)
}

fn add(
    call: &Call<'_>,
    name: &str,
    tags: Tags,
    too_many: impl Fn(&str) -> Fault,
) -> Result<(), Fault> {
    refuse_reserved(&tags)?;
    let mut all = present(call, name)?;
    all.extend(tags);
    if all.len() > MAX_TAGS {
        return Err(too_many(name));
    }
    call.logs.set_tags(&call.owner(), name, &all).map_err(fault::of)
}

fn remove(call: &Call<'_>, name: &str, keys: &[String]) -> Result<(), Fault> {
    let mut tags = present(call, name)?;
    tags.retain(|key, _| !keys.contains(key));
    call.logs.set_tags(&call.owner(), name, &tags).map_err(fault::of)
}
