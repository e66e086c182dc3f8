//! Network ACLs.

mod association;
mod describe;
mod entries;
#[cfg(test)]
mod tests;

pub(super) use association::replace as replace_association;
pub(super) use describe::describe;
pub(super) use entries::{
    create as create_entry, delete as delete_entry, replace as replace_entry,
};

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    CreateNetworkAclRequest, CreateNetworkAclResponse, DeleteNetworkAclRequest,
};

use super::identifier::{ACL, VPC};
use super::tagging;
use crate::call::Call;
use crate::model::{NetworkAcl, Vpc};

/// Makes an ACL: nothing passes until it has entries.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create(
    call: &Call<'_>,
    request: CreateNetworkAclRequest,
) -> Result<CreateNetworkAclResponse, Fault> {
    let tags =
        tagging::specified(&request.tag_specifications, "network-acl", "InvalidParameterValue")?;
    call.authorize_making(&call.ec2_arn("network-acl", "*"), &tags)?;
    VPC.check(&request.vpc_id)?;
    call.authorize("ec2:CreateNetworkAcl", &call.ec2_arn("vpc", &request.vpc_id))?;
    call.dry_run(request.dry_run)?;
    call.once(request.client_token.as_deref(), &request, || {
        let vpc = call.get::<Vpc>(&request.vpc_id)?;
        let vpc = vpc.ok_or_else(|| VPC.missing(&request.vpc_id))?;
        let of_vpc = call.list::<NetworkAcl>()?.iter().filter(|it| it.vpc_id == vpc.id).count();
        if of_vpc >= call.config.quotas.network_acls_per_vpc {
            return Err(Fault::new(
                "NetworkAclLimitExceeded",
                "The maximum number of network acls has been reached.",
            ));
        }
        let families = vpc.families();
        let acl = NetworkAcl {
            id: call.new_id("acl"),
            vpc_id: vpc.id,
            is_default: false,
            entries: Vec::new(),
            associations: Vec::new(),
            tags: tags.clone(),
        };
        call.put(&acl)?;
        Ok(CreateNetworkAclResponse {
            network_acl: describe::printed(call, &acl, families),
            client_token: request.client_token.clone(),
        })
    })
}

/// Deletes an ACL that no subnet has.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(call: &Call<'_>, request: DeleteNetworkAclRequest) -> Result<(), Fault> {
    let id = &request.network_acl_id;
    let acl = authorized(call, id)?;
    call.dry_run(request.dry_run)?;
    let acl = acl.ok_or_else(|| ACL.missing(id))?;
    if acl.is_default {
        let text = format!("cannot delete default network ACL {id}");
        return Err(Fault::new("InvalidParameterValue", text));
    }
    if !acl.associations.is_empty() {
        let text = format!("The network ACL '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", text));
    }
    call.delete::<NetworkAcl>(id)?;
    Ok(())
}

/// Asks for permission on an ACL, and returns it if there is one of this id.
fn authorized(call: &Call<'_>, id: &str) -> Result<Option<NetworkAcl>, Fault> {
    let acl: Option<NetworkAcl> = call.get(id)?;
    let arn = call.ec2_arn("network-acl", id);
    call.authorize(&format!("ec2:{}", call.action), &arn)?;
    ACL.check(id)?;
    Ok(acl)
}
