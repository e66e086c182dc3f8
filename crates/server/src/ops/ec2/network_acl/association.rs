//! Which ACL a subnet has.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    ReplaceNetworkAclAssociationRequest, ReplaceNetworkAclAssociationResponse,
};

use super::authorized;
use crate::call::Call;
use crate::model::{AclAssociation, NetworkAcl};
use crate::ops::ec2::identifier::ACL;

/// Gives a subnet another ACL; the association is a new one.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn replace(
    call: &Call<'_>,
    request: ReplaceNetworkAclAssociationRequest,
) -> Result<ReplaceNetworkAclAssociationResponse, Fault> {
    let acl = authorized(call, &request.network_acl_id)?;
    call.dry_run(request.dry_run)?;
    let missing = || {
        Fault::new(
            "InvalidAssociationID.NotFound",
            format!("The association ID '{}' does not exist", request.association_id),
        )
    };
    let acl = acl.ok_or_else(|| ACL.missing(&request.network_acl_id))?;
    let all: Vec<NetworkAcl> = call.list()?;
    let has_it = |it: &&NetworkAcl| {
        it.associations.iter().any(|association| association.id == request.association_id)
    };
    let mut old = all.iter().find(has_it).cloned().ok_or_else(missing)?;
    if old.vpc_id != acl.vpc_id {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!("{} and {} belong to different networks", old.id, acl.id),
        ));
    }
    let place = old
        .associations
        .iter()
        .position(|association| association.id == request.association_id)
        .ok_or_else(missing)?;
    let subnet_id = old.associations.remove(place).subnet_id;
    call.put(&old)?;
    // It may be the same one.
    let mut new = call.get::<NetworkAcl>(&acl.id)?.unwrap_or(acl);
    let association = AclAssociation { id: call.new_id("aclassoc"), subnet_id };
    let new_association_id = association.id.clone();
    new.associations.push(association);
    call.put(&new)?;
    Ok(ReplaceNetworkAclAssociationResponse { new_association_id })
}
