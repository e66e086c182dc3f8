//! `DescribeSecurityGroupReferences`: peered VPCs that refer to groups of the caller's.

use std::collections::BTreeSet;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::SecurityGroupReference;
use flowlogd_aws::ec2::{
    DescribeSecurityGroupReferencesRequest, DescribeSecurityGroupReferencesResponse,
};

use super::GROUP;
use crate::call::Call;
use crate::model::{Peer, SecurityGroup};
use crate::ops::ec2::peering;

/// Lists the VPCs at the other side of active connections whose rules refer to groups.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn describe(
    call: &Call<'_>,
    request: DescribeSecurityGroupReferencesRequest,
) -> Result<DescribeSecurityGroupReferencesResponse, Fault> {
    call.authorize("ec2:DescribeSecurityGroupReferences", "*")?;
    if request.group_ids.is_empty() {
        return Err(super::permission::missing("groupId"));
    }
    call.dry_run(request.dry_run)?;

    let groups = GROUP.select(call.list::<SecurityGroup>()?, &request.group_ids, |it| &it.id)?;
    let mut found = BTreeSet::new();
    for peering in peering::all(call)?.iter().filter(|it| it.carries_references()) {
        for group in &groups {
            let Some(beyond) = peering.beyond(&group.vpc_id) else { continue };
            let refers = |peer: &Peer| match peer {
                Peer::PeeredGroup(it) => it.group_id == group.id && it.peering_id == peering.id,
                Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_) | Peer::Group(_) => false,
            };
            let theirs: Vec<SecurityGroup> = call.txn.list(&beyond.place())?;
            let mut of_vpc = theirs.iter().filter(|theirs| theirs.vpc_id == beyond.vpc_id);
            if of_vpc.any(|theirs| theirs.rules.iter().any(|rule| refers(&rule.peer))) {
                found.insert(SecurityGroupReference {
                    group_id: group.id.clone(),
                    referencing_vpc_id: beyond.vpc_id.clone(),
                    vpc_peering_connection_id: peering.id.clone(),
                });
            }
        }
    }
    let security_group_reference_set = found.into_iter().collect();
    Ok(DescribeSecurityGroupReferencesResponse { security_group_reference_set })
}
