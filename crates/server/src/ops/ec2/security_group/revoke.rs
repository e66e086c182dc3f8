//! Rules that go.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{IpPermission, RevokedSecurityGroupRule};
use flowlogd_aws::ec2::{
    RevokeSecurityGroupEgressRequest, RevokeSecurityGroupEgressResponse,
    RevokeSecurityGroupIngressRequest, RevokeSecurityGroupIngressResponse,
};

use super::authorize::is_same;
use super::peer::Naming;
use super::permission::Named;
use super::{authorize_on, named, printed};
use crate::call::Call;
use crate::model::{SecurityGroup, SecurityGroupRule, Tags, Vpc};
use crate::ops::ec2::identifier::RULE;

type Revoked = (Vec<IpPermission>, Vec<RevokedSecurityGroupRule>);

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn revoke_ingress(
    call: &Call<'_>,
    request: RevokeSecurityGroupIngressRequest,
) -> Result<RevokeSecurityGroupIngressResponse, Fault> {
    let group = named(call, request.group_id.as_deref(), request.group_name.as_deref());
    authorize_on(call, request.group_id.as_deref(), group.as_ref().ok())?;
    let rules = Named {
        ip_permissions: &request.ip_permissions,
        ip_protocol: request.ip_protocol.as_ref(),
        from_port: request.from_port,
        to_port: request.to_port,
        cidr_ip: request.cidr_ip.as_ref(),
        source_group: request.source_security_group_name.as_ref(),
    };
    let ids = &request.security_group_rule_ids;
    let (unknown, revoked) = revoke(call, group?, &rules, ids, false, request.dry_run)?;
    Ok(RevokeSecurityGroupIngressResponse {
        return_value: true,
        unknown_ip_permission_set: unknown,
        revoked_security_group_rule_set: revoked,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn revoke_egress(
    call: &Call<'_>,
    request: RevokeSecurityGroupEgressRequest,
) -> Result<RevokeSecurityGroupEgressResponse, Fault> {
    let group = named(call, request.group_id.as_deref(), request.group_name.as_deref());
    authorize_on(call, request.group_id.as_deref(), group.as_ref().ok())?;
    let rules = Named {
        ip_permissions: &request.ip_permissions,
        ip_protocol: request.ip_protocol.as_ref(),
        from_port: request.from_port,
        to_port: request.to_port,
        cidr_ip: request.cidr_ip.as_ref(),
        source_group: request.source_security_group_name.as_ref(),
    };
    let ids = &request.security_group_rule_ids;
    let (unknown, revoked) = revoke(call, group?, &rules, ids, true, request.dry_run)?;
    Ok(RevokeSecurityGroupEgressResponse {
        return_value: true,
        unknown_ip_permission_set: unknown,
        revoked_security_group_rule_set: revoked,
    })
}

/// Takes rules away, all that are named or none. What a group of the default VPC does not have is told,
/// and is no error there (`vpc-filtering.md` §11.4).
fn revoke(
    call: &Call<'_>,
    mut group: SecurityGroup,
    rules: &Named<'_>,
    ids: &[String],
    is_egress: bool,
    dry_run: bool,
) -> Result<Revoked, Fault> {
    ids.iter().try_for_each(|id| RULE.check(id))?;
    let permissions = rules.read(call, &group, Naming::Finding)?;
    if permissions.is_empty() && ids.is_empty() {
        return Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter ipPermissions or securityGroupRuleIds",
        ));
    }
    call.dry_run(dry_run)?;
    let mut revoked = Vec::new();
    for id in ids {
        let place =
            group.rules.iter().position(|rule| rule.id == *id && rule.is_egress == is_egress);
        let place = place.ok_or_else(|| RULE.missing(id))?;
        revoked.push(group.rules.remove(place));
    }
    let is_default = call.get::<Vpc>(&group.vpc_id)?.is_some_and(|vpc| vpc.is_default);
    let mut unknown = Vec::new();
    for permission in permissions {
        let place = group
            .rules
            .iter()
            .position(|rule| rule.is_egress == is_egress && is_same(rule, &permission));
        match place {
            Some(place) => revoked.push(group.rules.remove(place)),
            None if is_default => unknown.push(SecurityGroupRule {
                id: String::new(),
                is_egress,
                protocol: permission.protocol,
                from_port: permission.from_port,
                to_port: permission.to_port,
                peer: permission.peer,
                description: permission.description,
                tags: Tags::new(),
            }),
            None => {
                return Err(Fault::new(
                    "InvalidPermission.NotFound",
                    "The specified rule does not exist in this security group.",
                ));
            }
        }
    }
    call.put(&group)?;
    let unknown = printed::permissions(call, unknown.iter())?;
    Ok((unknown, revoked.iter().map(|rule| printed::revoked(&group, rule)).collect()))
}
