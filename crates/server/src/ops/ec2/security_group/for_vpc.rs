//! `GetSecurityGroupsForVpc`: the groups that interfaces of a VPC may have.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::SecurityGroupForVpc;
use flowlogd_aws::ec2::{GetSecurityGroupsForVpcRequest, GetSecurityGroupsForVpcResponse};

use crate::call::Call;
use crate::model::{SecurityGroup, Vpc};
use crate::ops::ec2::filter_table::FilterTable;
use crate::ops::ec2::identifier::VPC;
use crate::ops::ec2::page::page;
use crate::ops::ec2::tagging;

/// `vpc-filtering.md` §14.
const FILTERS: FilterTable<SecurityGroupForVpc> = FilterTable(&[
    ("group-id", |it| vec![it.group_id.clone()]),
    ("description", |it| vec![it.description.clone()]),
    ("group-name", |it| vec![it.group_name.clone()]),
    ("owner-id", |it| vec![it.owner_id.clone()]),
    ("primary-vpc-id", |it| vec![it.primary_vpc_id.clone()]),
]);

/// Lists the groups of a VPC.
pub(in super::super) fn get(
    call: &Call<'_>,
    request: GetSecurityGroupsForVpcRequest,
) -> Result<GetSecurityGroupsForVpcResponse, Fault> {
    let GetSecurityGroupsForVpcRequest { vpc_id, next_token, max_results, filters, dry_run } =
        request;
    call.authorize("ec2:GetSecurityGroupsForVpc", &call.ec2_arn("vpc", &vpc_id))?;
    VPC.check(&vpc_id)?;
    FILTERS.check_untagged(&filters)?;
    call.dry_run(dry_run)?;

    call.get::<Vpc>(&vpc_id)?.ok_or_else(|| VPC.missing(&vpc_id))?;
    let found = call
        .list::<SecurityGroup>()?
        .into_iter()
        .filter(|group| group.vpc_id == vpc_id)
        .map(|group| {
            let printed = SecurityGroupForVpc {
                description: group.description,
                group_name: group.name,
                owner_id: call.account().to_owned(),
                group_id: group.id,
                tag_set: tagging::printed(&group.tags),
                primary_vpc_id: group.vpc_id,
            };
            (group.tags, printed)
        })
        .filter(|(tags, printed)| FILTERS.matches(&filters, tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (security_group_for_vpc_set, next_token) =
        page(found, |it: &SecurityGroupForVpc| &it.group_id, max_results, next_token.as_deref())?;
    Ok(GetSecurityGroupsForVpcResponse { next_token, security_group_for_vpc_set })
}
