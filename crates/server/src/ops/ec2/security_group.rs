//! Security groups.

mod authorize;
mod describe;
mod descriptions;
mod for_vpc;
mod peer;
mod permission;
mod printed;
mod references;
mod revoke;
mod room;
mod rules;
mod stale;
#[cfg(test)]
mod tests;

pub(super) use authorize::{authorize_egress, authorize_ingress, modify};
pub(super) use describe::describe;
pub(super) use descriptions::{describe_egress_rules_anew, describe_ingress_rules_anew};
pub(super) use for_vpc::get as for_vpc;
pub(super) use permission::block;
pub(super) use references::describe as describe_references;
pub(super) use revoke::{revoke_egress, revoke_ingress};
pub(super) use room::{Resized, has_room};
pub(super) use rules::describe as describe_rules;
pub(super) use stale::describe as describe_stale;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    CreateSecurityGroupRequest, CreateSecurityGroupResponse, DeleteSecurityGroupRequest,
    DeleteSecurityGroupResponse,
};

use super::identifier::{GROUP, VPC};
use super::tagging;
use super::vpc::dual_stack;
use crate::call::Call;
use crate::model::{Families, Interface, Peer, SecurityGroup, SecurityGroupRule, Tags, Vpc};

/// Characters of names and descriptions besides letters and digits (`vpc-filtering.md` §2.1).
const ALLOWED: &str = " ._-:/()#,@[]+=&;{}!$*";
const DEFAULT: &str = "default";

/// Makes a group: nothing comes in, everything goes out.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create(
    call: &Call<'_>,
    request: CreateSecurityGroupRequest,
) -> Result<CreateSecurityGroupResponse, Fault> {
    let tags =
        tagging::specified(&request.tag_specifications, "security-group", "InvalidParameterValue")?;
    call.authorize_making(&call.ec2_arn("security-group", "*"), &tags)?;
    let name = checked("groupName", request.group_name.as_deref())?.trim_end().to_owned();
    let description = checked("groupDescription", request.group_description.as_deref())?;
    if name.eq_ignore_ascii_case(DEFAULT) {
        return Err(Fault::new(
            "InvalidGroup.Reserved",
            "The security group name 'default' is reserved",
        ));
    }
    if name.to_ascii_lowercase().starts_with("sg-") {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
            ),
        ));
    }
    if let Some(vpc_id) = &request.vpc_id {
        VPC.check(vpc_id)?;
        call.authorize("ec2:CreateSecurityGroup", &call.ec2_arn("vpc", vpc_id))?;
    }
    call.dry_run(request.dry_run)?;

    let vpc = match &request.vpc_id {
        Some(vpc_id) => call.get::<Vpc>(vpc_id)?.ok_or_else(|| VPC.missing(vpc_id))?,
        None => default_vpc(call)?,
    };
    let groups: Vec<SecurityGroup> = call.list()?;
    if groups.iter().any(|group| group.vpc_id == vpc.id && group.name.eq_ignore_ascii_case(&name)) {
        return Err(Fault::new(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists for VPC '{}'", vpc.id),
        ));
    }
    if groups.len() >= call.config.quotas.security_groups_per_region {
        return Err(Fault::new(
            "SecurityGroupLimitExceeded",
            "The maximum number of security groups has been reached.",
        ));
    }
    let families = vpc.families();
    let mut group = SecurityGroup {
        id: call.new_id("sg"),
        vpc_id: vpc.id,
        name,
        description: description.to_owned(),
        rules: vec![SecurityGroupRule {
            id: call.new_id("sgr"),
            is_egress: true,
            protocol: "-1".to_owned(),
            from_port: None,
            to_port: None,
            peer: Peer::Ipv4("0.0.0.0/0".to_owned()),
            description: None,
            tags: Tags::new(),
        }],
        tags,
    };
    match families {
        Families::Ipv4 => {}
        Families::DualStack => group.rules.push(dual_stack::egress_rule()),
    }
    call.put(&group)?;
    Ok(CreateSecurityGroupResponse {
        security_group_arn: call.ec2_arn("security-group", &group.id),
        tag_set: tagging::printed(&group.tags),
        group_id: group.id,
    })
}

/// Deletes a group that nothing uses.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(
    call: &Call<'_>,
    request: DeleteSecurityGroupRequest,
) -> Result<DeleteSecurityGroupResponse, Fault> {
    let group = named(call, request.group_id.as_deref(), request.group_name.as_deref());
    authorize_on(call, request.group_id.as_deref(), group.as_ref().ok())?;
    call.dry_run(request.dry_run)?;
    let group = group?;
    if group.name == DEFAULT {
        return Err(Fault::new(
            "CannotDelete",
            format!(
                "the specified group: \"{}\" name: \"default\" cannot be deleted by a user",
                group.id
            ),
        ));
    }
    let is_used = call.list::<Interface>()?.iter().any(|it| it.groups.contains(&group.id));
    let refers = |rule: &SecurityGroupRule| rule.peer == Peer::Group(group.id.clone());
    let is_referenced = call
        .list::<SecurityGroup>()?
        .iter()
        .any(|other| other.id != group.id && other.rules.iter().any(refers));
    if is_used || is_referenced {
        return Err(Fault::new(
            "DependencyViolation",
            format!("resource {} has a dependent object", group.id),
        ));
    }
    call.delete::<SecurityGroup>(&group.id)?;
    Ok(DeleteSecurityGroupResponse { return_value: true, group_id: group.id })
}

/// Returns the group that a request names: by id, or by name in the default VPC.
fn named(call: &Call<'_>, id: Option<&str>, name: Option<&str>) -> Result<SecurityGroup, Fault> {
    match (id, name) {
        (Some(id), _) => {
            GROUP.check(id)?;
            call.get(id)?.ok_or_else(|| GROUP.missing(id))
        }
        (None, Some(name)) => {
            let vpc = default_vpc(call)?;
            let groups: Vec<SecurityGroup> = call.list()?;
            groups
                .into_iter()
                .find(|group| group.vpc_id == vpc.id && group.name == name)
                .ok_or_else(|| GROUP.missing(name))
        }
        (None, None) => Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter groupName or groupId",
        )),
    }
}

/// Asks for permission on the group, as far as it is known.
fn authorize_on(
    call: &Call<'_>,
    id: Option<&str>,
    group: Option<&SecurityGroup>,
) -> Result<(), Fault> {
    let id = group.map(|group| group.id.as_str()).or(id).unwrap_or("*");
    let arn = call.ec2_arn("security-group", id);
    call.authorize(&format!("ec2:{}", call.action), &arn)
}

fn default_vpc(call: &Call<'_>) -> Result<Vpc, Fault> {
    let vpcs: Vec<Vpc> = call.list()?;
    vpcs.into_iter()
        .find(|vpc| vpc.is_default)
        .ok_or_else(|| Fault::new("VPCIdNotSpecified", "No default VPC for this user"))
}

/// Returns a name or description that is there and has no other characters than it may.
fn checked<'a>(parameter: &str, value: Option<&'a str>) -> Result<&'a str, Fault> {
    let Some(value) = value else {
        return Err(Fault::new(
            "MissingParameter",
            format!("The request must contain the parameter {parameter}"),
        ));
    };
    let is_good = (1..=255).contains(&value.chars().count())
        && value.chars().all(|it| it.is_ascii_alphanumeric() || ALLOWED.contains(it));
    if is_good {
        return Ok(value);
    }
    Err(Fault::new(
        "InvalidParameterValue",
        format!(
            "Value ({value}) for parameter {parameter} is invalid. Character sets beyond ASCII are not \
             supported; it has 1 to 255 letters, digits and {ALLOWED}"
        ),
    ))
}
