//! Rules that come, and rules that become others.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AuthorizeSecurityGroupEgressRequest, AuthorizeSecurityGroupEgressResponse,
    AuthorizeSecurityGroupIngressRequest, AuthorizeSecurityGroupIngressResponse,
    ModifySecurityGroupRulesRequest, ModifySecurityGroupRulesResponse,
};

use super::peer::Naming;
use super::permission::{Named, Permission, of_update};
use super::room::check_room;
use super::{authorize_on, named, printed};
use crate::call::Call;
use crate::model::{Peer, SecurityGroup, SecurityGroupRule, Tags};
use crate::ops::ec2::identifier::RULE;
use crate::ops::ec2::tagging;

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn authorize_ingress(
    call: &Call<'_>,
    request: AuthorizeSecurityGroupIngressRequest,
) -> Result<AuthorizeSecurityGroupIngressResponse, Fault> {
    let group = named(call, request.group_id.as_deref(), request.group_name.as_deref());
    authorize_on(call, request.group_id.as_deref(), group.as_ref().ok())?;
    let tags =
        tagging::specified(&request.tag_specifications, "security-group-rule", "InvalidParameter")?;
    let rules = Named {
        ip_permissions: &request.ip_permissions,
        ip_protocol: request.ip_protocol.as_ref(),
        from_port: request.from_port,
        to_port: request.to_port,
        cidr_ip: request.cidr_ip.as_ref(),
        source_group: request.source_security_group_name.as_ref(),
    };
    let (group, rules) = add(call, group?, &rules, false, &tags, request.dry_run)?;
    Ok(AuthorizeSecurityGroupIngressResponse {
        return_value: true,
        security_group_rule_set: printed::rules(call, &group, &rules)?,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn authorize_egress(
    call: &Call<'_>,
    request: AuthorizeSecurityGroupEgressRequest,
) -> Result<AuthorizeSecurityGroupEgressResponse, Fault> {
    let group = named(call, request.group_id.as_deref(), request.group_name.as_deref());
    authorize_on(call, request.group_id.as_deref(), group.as_ref().ok())?;
    let tags =
        tagging::specified(&request.tag_specifications, "security-group-rule", "InvalidParameter")?;
    let rules = Named {
        ip_permissions: &request.ip_permissions,
        ip_protocol: request.ip_protocol.as_ref(),
        from_port: request.from_port,
        to_port: request.to_port,
        cidr_ip: request.cidr_ip.as_ref(),
        source_group: request.source_security_group_name.as_ref(),
    };
    let (group, rules) = add(call, group?, &rules, true, &tags, request.dry_run)?;
    Ok(AuthorizeSecurityGroupEgressResponse {
        return_value: true,
        security_group_rule_set: printed::rules(call, &group, &rules)?,
    })
}

fn add(
    call: &Call<'_>,
    mut group: SecurityGroup,
    rules: &Named<'_>,
    is_egress: bool,
    tags: &Tags,
    dry_run: bool,
) -> Result<(SecurityGroup, Vec<SecurityGroupRule>), Fault> {
    let permissions = rules.read(call, &group, Naming::Adding)?;
    if permissions.is_empty() {
        return Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter ipPermissions",
        ));
    }
    call.dry_run(dry_run)?;
    let mut added = Vec::new();
    for permission in permissions {
        refuse_twin(&group, &permission, is_egress, None)?;
        let rule = SecurityGroupRule {
            id: call.new_id("sgr"),
            is_egress,
            protocol: permission.protocol,
            from_port: permission.from_port,
            to_port: permission.to_port,
            peer: permission.peer,
            description: permission.description,
            tags: tags.clone(),
        };
        group.rules.push(rule.clone());
        added.push(rule);
    }
    check_room(call, &group)?;
    call.put(&group)?;
    Ok((group, added))
}

/// Refuses what is there already; the description does not make a difference.
fn refuse_twin(
    group: &SecurityGroup,
    permission: &Permission,
    is_egress: bool,
    but: Option<&str>,
) -> Result<(), Fault> {
    let is_twin = |rule: &SecurityGroupRule| {
        rule.is_egress == is_egress && is_same(rule, permission) && Some(rule.id.as_str()) != but
    };
    if !group.rules.iter().any(is_twin) {
        return Ok(());
    }
    let ports = match (permission.from_port, permission.to_port) {
        (Some(from), Some(to)) => format!(", from port: {from}, to port: {to}"),
        _ => String::new(),
    };
    let protocol = match permission.protocol.as_str() {
        "-1" => "ALL".to_owned(),
        other => other.to_ascii_uppercase(),
    };
    let peer = peer_text(&permission.peer);
    Err(Fault::new(
        "InvalidPermission.Duplicate",
        format!("the specified rule \"peer: {peer}, {protocol}{ports}, ALLOW\" already exists"),
    ))
}

pub(super) fn peer_text(peer: &Peer) -> &str {
    match peer {
        Peer::Ipv4(text) | Peer::Ipv6(text) | Peer::PrefixList(text) | Peer::Group(text) => text,
        Peer::PeeredGroup(peered) => &peered.group_id,
    }
}

pub(super) fn is_same(rule: &SecurityGroupRule, permission: &Permission) -> bool {
    (&rule.protocol, rule.from_port, rule.to_port, &rule.peer)
        == (&permission.protocol, permission.from_port, permission.to_port, &permission.peer)
}

/// `ModifySecurityGroupRules`.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn modify(
    call: &Call<'_>,
    request: ModifySecurityGroupRulesRequest,
) -> Result<ModifySecurityGroupRulesResponse, Fault> {
    let group = named(call, Some(&request.group_id), None);
    authorize_on(call, Some(&request.group_id), group.as_ref().ok())?;
    let mut group = group?;
    let mut changes = Vec::new();
    for update in &request.security_group_rules {
        let id = &update.security_group_rule_id;
        RULE.check(id)?;
        let Some(content) = &update.security_group_rule else {
            return Err(Fault::new(
                "MissingParameter",
                "The request must contain the parameter SecurityGroupRule",
            ));
        };
        changes.push((id, of_update(call, &group, content)?));
    }
    if changes.is_empty() {
        return Err(Fault::new(
            "MissingParameter",
            "The request must contain the parameter SecurityGroupRule",
        ));
    }
    call.dry_run(request.dry_run)?;
    for (id, permission) in changes {
        let Some(place) = group.rules.iter().position(|rule| rule.id == *id) else {
            return Err(RULE.missing(id));
        };
        let is_egress = group.rules.get(place).is_some_and(|rule| rule.is_egress);
        refuse_twin(&group, &permission, is_egress, Some(id))?;
        if let Some(rule) = group.rules.get_mut(place) {
            rule.protocol = permission.protocol;
            rule.from_port = permission.from_port;
            rule.to_port = permission.to_port;
            rule.peer = permission.peer;
            rule.description = permission.description;
        }
    }
    check_room(call, &group)?;
    call.put(&group)?;
    Ok(ModifySecurityGroupRulesResponse { return_value: true })
}
