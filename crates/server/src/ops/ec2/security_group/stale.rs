//! `DescribeStaleSecurityGroups`: rules for groups of peered VPCs that cannot be reached
//! (`vpc-filtering.md` §2.4).

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{StaleIpPermission, StaleSecurityGroup};
use flowlogd_aws::ec2::{DescribeStaleSecurityGroupsRequest, DescribeStaleSecurityGroupsResponse};

use super::printed;
use crate::call::Call;
use crate::model::{Peer, PeeredGroup, SecurityGroup, SecurityGroupRule, Vpc};
use crate::ops::ec2::identifier::VPC;
use crate::ops::ec2::page::page_within;
use crate::ops::ec2::peering;
use crate::state::{Place, StateError};

/// Lists the groups of a VPC that have such rules.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn describe(
    call: &Call<'_>,
    request: DescribeStaleSecurityGroupsRequest,
) -> Result<DescribeStaleSecurityGroupsResponse, Fault> {
    let vpc_id = &request.vpc_id;
    call.authorize("ec2:DescribeStaleSecurityGroups", "*")?;
    VPC.check(vpc_id)?;
    call.dry_run(request.dry_run)?;

    call.get::<Vpc>(vpc_id)?.ok_or_else(|| VPC.missing(vpc_id))?;
    let mut found = Vec::new();
    for group in call.list::<SecurityGroup>()?.into_iter().filter(|it| it.vpc_id == *vpc_id) {
        let (mut ingress, mut egress) = (Vec::new(), Vec::new());
        for rule in &group.rules {
            enter(call, rule, if rule.is_egress { &mut egress } else { &mut ingress })?;
        }
        if !ingress.is_empty() || !egress.is_empty() {
            found.push(StaleSecurityGroup {
                description: group.description,
                group_id: group.id,
                group_name: group.name,
                stale_ip_permissions: ingress,
                stale_ip_permissions_egress: egress,
                vpc_id: group.vpc_id,
            });
        }
    }
    let (stale_security_group_set, next_token) = page_within(
        5..=255,
        found,
        |it: &StaleSecurityGroup| &it.group_id,
        request.max_results,
        request.next_token.as_deref(),
    )?;
    Ok(DescribeStaleSecurityGroupsResponse { next_token, stale_security_group_set })
}

/// Enters a rule with those of equal protocol and ports, if it is stale.
fn enter(
    call: &Call<'_>,
    rule: &SecurityGroupRule,
    permissions: &mut Vec<StaleIpPermission>,
) -> Result<(), StateError> {
    let Peer::PeeredGroup(peered) = &rule.peer else { return Ok(()) };
    let theirs = group_of(call, peered)?;
    let is_reachable =
        peering::get(call, &peered.peering_id)?.is_some_and(|it| it.carries_references());
    if is_reachable && theirs.is_some() {
        return Ok(());
    }
    let Some(mut pair) = printed::pair(call, rule)? else { return Ok(()) };
    match theirs {
        Some(theirs) => pair.group_name = Some(theirs.name),
        // Whose it was is not told of a group that is gone.
        None => pair.user_id = None,
    }
    let is_its = |permission: &StaleIpPermission| {
        (&permission.ip_protocol, permission.from_port, permission.to_port)
            == (&rule.protocol, rule.from_port, rule.to_port)
    };
    match permissions.iter_mut().find(|permission| is_its(permission)) {
        Some(permission) => permission.groups.push(pair),
        None => permissions.push(StaleIpPermission {
            from_port: rule.from_port,
            ip_protocol: rule.protocol.clone(),
            to_port: rule.to_port,
            groups: vec![pair],
        }),
    }
    Ok(())
}

fn group_of(call: &Call<'_>, peered: &PeeredGroup) -> Result<Option<SecurityGroup>, StateError> {
    call.txn.get(&Place::regional(&peered.account, call.region()), &peered.group_id)
}
