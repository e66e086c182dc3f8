//! New descriptions for rules: `UpdateSecurityGroupRuleDescriptions…`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{IpPermissionParameter, SecurityGroupRuleDescription};
use flowlogd_aws::ec2::{
    UpdateSecurityGroupRuleDescriptionsEgressRequest,
    UpdateSecurityGroupRuleDescriptionsEgressResponse,
    UpdateSecurityGroupRuleDescriptionsIngressRequest,
    UpdateSecurityGroupRuleDescriptionsIngressResponse,
};

use super::authorize::is_same;
use super::peer::Naming;
use super::permission::{Named, description};
use super::{authorize_on, named};
use crate::call::Call;
use crate::model::SecurityGroup;
use crate::ops::ec2::identifier::RULE;

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn describe_ingress_rules_anew(
    call: &Call<'_>,
    request: UpdateSecurityGroupRuleDescriptionsIngressRequest,
) -> Result<UpdateSecurityGroupRuleDescriptionsIngressResponse, Fault> {
    let group = named(call, request.group_id.as_deref(), request.group_name.as_deref());
    authorize_on(call, request.group_id.as_deref(), group.as_ref().ok())?;
    let (permissions, ids) = (&request.ip_permissions, &request.security_group_rule_descriptions);
    update(call, group?, permissions, ids, false, request.dry_run)?;
    Ok(UpdateSecurityGroupRuleDescriptionsIngressResponse { return_value: true })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn describe_egress_rules_anew(
    call: &Call<'_>,
    request: UpdateSecurityGroupRuleDescriptionsEgressRequest,
) -> Result<UpdateSecurityGroupRuleDescriptionsEgressResponse, Fault> {
    let group = named(call, request.group_id.as_deref(), request.group_name.as_deref());
    authorize_on(call, request.group_id.as_deref(), group.as_ref().ok())?;
    let (permissions, ids) = (&request.ip_permissions, &request.security_group_rule_descriptions);
    update(call, group?, permissions, ids, true, request.dry_run)?;
    Ok(UpdateSecurityGroupRuleDescriptionsEgressResponse { return_value: true })
}

fn update(
    call: &Call<'_>,
    mut group: SecurityGroup,
    permissions: &[IpPermissionParameter],
    by_id: &[SecurityGroupRuleDescription],
    is_egress: bool,
    dry_run: bool,
) -> Result<(), Fault> {
    let named = Named {
        ip_permissions: permissions,
        ip_protocol: None,
        from_port: None,
        to_port: None,
        cidr_ip: None,
        source_group: None,
    };
    let permissions = named.read(call, &group, Naming::Finding)?;
    if permissions.is_empty() && by_id.is_empty() {
        return Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter ipPermissions or securityGroupRuleDescriptions",
        ));
    }
    by_id.iter().try_for_each(|it| RULE.check(&it.security_group_rule_id))?;
    call.dry_run(dry_run)?;
    let mut rules =
        group.rules.iter_mut().filter(|rule| rule.is_egress == is_egress).collect::<Vec<_>>();
    for it in by_id {
        let id = &it.security_group_rule_id;
        let rule = rules.iter_mut().find(|rule| rule.id == *id).ok_or_else(|| RULE.missing(id))?;
        rule.description = description(it.description.as_deref())?;
    }
    for permission in permissions {
        let rule = rules.iter_mut().find(|rule| is_same(rule, &permission)).ok_or_else(|| {
            Fault::new(
                "InvalidPermission.NotFound",
                "The specified rule does not exist in this security group.",
            )
        })?;
        rule.description = permission.description;
    }
    call.put(&group)?;
    Ok(())
}
