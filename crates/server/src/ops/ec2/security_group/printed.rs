//! Groups and rules as answers print them.

use flowlogd_aws::ec2::shapes;

use crate::call::Call;
use crate::model::{Peer, SecurityGroup, SecurityGroupRule};
use crate::ops::ec2::{peering, tagging};
use crate::state::StateError;

/// A group, its rules put together by protocol and ports.
pub(super) fn group(
    call: &Call<'_>,
    group: &SecurityGroup,
) -> Result<shapes::SecurityGroup, StateError> {
    let of = |is_egress| group.rules.iter().filter(move |rule| rule.is_egress == is_egress);
    Ok(shapes::SecurityGroup {
        owner_id: call.account().to_owned(),
        group_id: group.id.clone(),
        group_name: group.name.clone(),
        group_description: group.description.clone(),
        vpc_id: group.vpc_id.clone(),
        security_group_arn: call.ec2_arn("security-group", &group.id),
        ip_permissions: permissions(call, of(false))?,
        ip_permissions_egress: permissions(call, of(true))?,
        tag_set: tagging::printed(&group.tags),
    })
}

/// Rules with equal protocol and ports are one permission with several peers.
pub(super) fn permissions<'a>(
    call: &Call<'_>,
    rules: impl Iterator<Item = &'a SecurityGroupRule>,
) -> Result<Vec<shapes::IpPermission>, StateError> {
    let mut permissions: Vec<shapes::IpPermission> = Vec::new();
    for rule in rules {
        let is_its = |permission: &shapes::IpPermission| {
            (&permission.ip_protocol, permission.from_port, permission.to_port)
                == (&rule.protocol, rule.from_port, rule.to_port)
        };
        let place = permissions.iter().position(is_its).unwrap_or_else(|| {
            permissions.push(shapes::IpPermission {
                ip_protocol: rule.protocol.clone(),
                from_port: rule.from_port,
                to_port: rule.to_port,
                groups: Vec::new(),
                ip_ranges: Vec::new(),
                ipv6_ranges: Vec::new(),
                prefix_list_ids: Vec::new(),
            });
            permissions.len() - 1
        });
        let Some(permission) = permissions.get_mut(place) else { continue };
        let description = rule.description.clone();
        match &rule.peer {
            Peer::Ipv4(cidr) => {
                permission.ip_ranges.push(shapes::IpRange { description, cidr_ip: cidr.clone() });
            }
            Peer::Ipv6(cidr) => permission
                .ipv6_ranges
                .push(shapes::Ipv6Range { description, cidr_ipv6: cidr.clone() }),
            Peer::PrefixList(id) => permission
                .prefix_list_ids
                .push(shapes::PrefixListId { description, prefix_list_id: id.clone() }),
            Peer::Group(_) | Peer::PeeredGroup(_) => {
                permission.groups.extend(pair(call, rule)?);
            }
        }
    }
    Ok(permissions)
}

/// The group that a rule is for, if it is for one.
pub(super) fn pair(
    call: &Call<'_>,
    rule: &SecurityGroupRule,
) -> Result<Option<shapes::UserIdGroupPair>, StateError> {
    let Some(found) = referenced(call, &rule.peer)? else { return Ok(None) };
    Ok(Some(shapes::UserIdGroupPair {
        description: rule.description.clone(),
        user_id: Some(found.user_id),
        group_name: None,
        group_id: found.group_id,
        vpc_id: found.vpc_id,
        vpc_peering_connection_id: found.vpc_peering_connection_id,
        peering_status: found.peering_status,
    }))
}

/// A group as the peer of a rule; one of another VPC with the way to it.
fn referenced(
    call: &Call<'_>,
    peer: &Peer,
) -> Result<Option<shapes::ReferencedSecurityGroup>, StateError> {
    Ok(match peer {
        Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_) => None,
        Peer::Group(id) => Some(shapes::ReferencedSecurityGroup {
            group_id: id.clone(),
            user_id: call.account().to_owned(),
            vpc_id: None,
            vpc_peering_connection_id: None,
            peering_status: None,
        }),
        Peer::PeeredGroup(peered) => Some(shapes::ReferencedSecurityGroup {
            group_id: peered.group_id.clone(),
            user_id: peered.account.clone(),
            vpc_id: Some(peered.vpc_id.clone()),
            vpc_peering_connection_id: Some(peered.peering_id.clone()),
            peering_status: Some(peering::status_code(call, &peered.peering_id)?.to_owned()),
        }),
    })
}

/// Ports of a rule alone: of all protocols they are -1.
const fn ports(rule: &SecurityGroupRule) -> (Option<i32>, Option<i32>) {
    match (rule.from_port, rule.to_port) {
        (None, None) => (Some(-1), Some(-1)),
        ports => ports,
    }
}

/// Several rules of a group.
pub(super) fn rules(
    call: &Call<'_>,
    group: &SecurityGroup,
    rules: &[SecurityGroupRule],
) -> Result<Vec<shapes::SecurityGroupRule>, StateError> {
    rules.iter().map(|it| rule(call, group, it)).collect()
}

/// A rule.
pub(super) fn rule(
    call: &Call<'_>,
    group: &SecurityGroup,
    rule: &SecurityGroupRule,
) -> Result<shapes::SecurityGroupRule, StateError> {
    let (from_port, to_port) = ports(rule);
    let mut printed = shapes::SecurityGroupRule {
        security_group_rule_id: rule.id.clone(),
        group_id: group.id.clone(),
        group_owner_id: call.account().to_owned(),
        is_egress: rule.is_egress,
        ip_protocol: rule.protocol.clone(),
        from_port,
        to_port,
        cidr_ipv4: None,
        cidr_ipv6: None,
        prefix_list_id: None,
        referenced_group_info: None,
        description: rule.description.clone(),
        tag_set: tagging::printed(&rule.tags),
        security_group_rule_arn: call.ec2_arn("security-group-rule", &rule.id),
    };
    match &rule.peer {
        Peer::Ipv4(cidr) => printed.cidr_ipv4 = Some(cidr.clone()),
        Peer::Ipv6(cidr) => printed.cidr_ipv6 = Some(cidr.clone()),
        Peer::PrefixList(id) => printed.prefix_list_id = Some(id.clone()),
        Peer::Group(_) | Peer::PeeredGroup(_) => {
            printed.referenced_group_info = referenced(call, &rule.peer)?;
        }
    }
    Ok(printed)
}

/// A rule that was taken away.
pub(super) fn revoked(
    group: &SecurityGroup,
    rule: &SecurityGroupRule,
) -> shapes::RevokedSecurityGroupRule {
    let (from_port, to_port) = ports(rule);
    let peer = |wanted: fn(&Peer) -> Option<&String>| wanted(&rule.peer).cloned();
    shapes::RevokedSecurityGroupRule {
        security_group_rule_id: rule.id.clone(),
        group_id: group.id.clone(),
        is_egress: rule.is_egress,
        ip_protocol: rule.protocol.clone(),
        from_port,
        to_port,
        cidr_ipv4: peer(|peer| if let Peer::Ipv4(it) = peer { Some(it) } else { None }),
        cidr_ipv6: peer(|peer| if let Peer::Ipv6(it) = peer { Some(it) } else { None }),
        prefix_list_id: peer(|peer| if let Peer::PrefixList(it) = peer { Some(it) } else { None }),
        referenced_group_id: peer(|peer| match peer {
            Peer::Group(id) => Some(id),
            Peer::PeeredGroup(peered) => Some(&peered.group_id),
            Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_) => None,
        }),
        description: rule.description.clone(),
    }
}
