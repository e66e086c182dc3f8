//! Versions of managed policies.

use flowlogd_aws::iam::shapes::PolicyVersion as Printed;
use flowlogd_aws::iam::{
    CreatePolicyVersionRequest, CreatePolicyVersionResponse, DeletePolicyVersionRequest,
    GetPolicyVersionRequest, GetPolicyVersionResponse, ListPolicyVersionsRequest,
    ListPolicyVersionsResponse, SetDefaultPolicyVersionRequest, encoded_document,
};
use flowlogd_aws::{Fault, Seconds};

use super::constraint::Constraints;
use super::entity::store;
use super::fault::{delete_conflict, limit_exceeded, no_such_entity};
use super::managed_policies::{check_document, own, readable};
use super::paging::page;
use crate::call::Call;
use crate::model::{ManagedPolicy, PolicyVersion};

/// Versions that a policy may have.
pub(super) const MAX_VERSIONS: usize = 5;

pub(super) fn create(
    call: &Call<'_>,
    request: CreatePolicyVersionRequest,
) -> Result<CreatePolicyVersionResponse, Fault> {
    let mut policy = own(call, &request.policy_arn, Constraints::new(), |_| {})?;
    check_document(&request.policy_document)?;
    if policy.versions.len() >= MAX_VERSIONS {
        return Err(limit_exceeded(
            "A managed policy can have up to 5 versions. Before you create a new version, you must \
             delete an existing version.",
        ));
    }
    let now = call.now() / 1000;
    let id = format!("v{}", policy.next_version);
    let version = PolicyVersion { id: id.clone(), document: request.policy_document, created: now };
    policy.next_version += 1;
    policy.updated = now;
    if request.set_as_default == Some(true) {
        policy.default_version = id;
    }
    let printed = printed(&policy, &version);
    policy.versions.push(version);
    store(call, &policy)?;
    Ok(CreatePolicyVersionResponse { policy_version: printed })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get(
    call: &Call<'_>,
    request: GetPolicyVersionRequest,
) -> Result<GetPolicyVersionResponse, Fault> {
    let policy = readable(call, &request.policy_arn, version_id(&request.version_id))?;
    let version = version(&policy, &request.version_id)?;
    let document = Some(encoded_document(&version.document));
    let policy_version = Printed { document, ..printed(&policy, version) };
    Ok(GetPolicyVersionResponse { policy_version })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list(
    call: &Call<'_>,
    request: ListPolicyVersionsRequest,
) -> Result<ListPolicyVersionsResponse, Fault> {
    let policy = readable(call, &request.policy_arn, Constraints::new())?;
    let versions: Vec<Printed> =
        policy.versions.iter().map(|version| printed(&policy, version)).collect();
    let newest_first = |version: &Printed| {
        let number = version.version_id.trim_start_matches('v').parse().unwrap_or(0);
        format!("{:010}", u32::MAX - number)
    };
    let page = page(versions, newest_first, request.max_items, request.marker.as_deref())?;
    Ok(ListPolicyVersionsResponse {
        versions: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

pub(super) fn set_default(
    call: &Call<'_>,
    request: SetDefaultPolicyVersionRequest,
) -> Result<(), Fault> {
    let mut policy = own(call, &request.policy_arn, version_id(&request.version_id), |_| {})?;
    version(&policy, &request.version_id)?;
    policy.default_version = request.version_id;
    store(call, &policy)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(call: &Call<'_>, request: DeletePolicyVersionRequest) -> Result<(), Fault> {
    let mut policy = own(call, &request.policy_arn, version_id(&request.version_id), |_| {})?;
    version(&policy, &request.version_id)?;
    if policy.default_version == request.version_id {
        return Err(delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.retain(|version| version.id != request.version_id);
    store(call, &policy)
}

fn version_id(id: &str) -> Constraints {
    let number = id.strip_prefix('v').unwrap_or_default();
    let fits = !number.is_empty()
        && !number.starts_with('0')
        && number.bytes().all(|byte| byte.is_ascii_digit());
    let written = r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?";
    Constraints::new().pattern("versionId", id, written, |_| fits).length("versionId", id, 1, 64)
}

fn version<'a>(policy: &'a ManagedPolicy, id: &str) -> Result<&'a PolicyVersion, Fault> {
    policy.versions.iter().find(|version| version.id == id).ok_or_else(|| {
        let arn = &policy.id;
        no_such_entity(format!("Policy {arn} version {id} does not exist or is not attachable."))
    })
}

fn printed(policy: &ManagedPolicy, version: &PolicyVersion) -> Printed {
    Printed {
        document: None,
        version_id: version.id.clone(),
        is_default_version: policy.default_version == version.id,
        create_date: Seconds(version.created),
    }
}
