//! What an account has, and what it is called.

use std::collections::BTreeMap;

use flowlogd_aws::Fault;
use flowlogd_aws::iam::{
    GetAccountSummaryRequest, GetAccountSummaryResponse, ListAccountAliasesRequest,
    ListAccountAliasesResponse,
};

use super::access_keys::{PER_USER, keys_of};
use super::entity::{Entity, action};
use super::managed_policies::{LONGEST, PER_ACCOUNT};
use super::paging::page;
use super::policy_versions::MAX_VERSIONS;
use super::{attachments, members};
use crate::call::Call;
use crate::model::{Group, KeyOwner, ManagedPolicy, Role, User};
use crate::state::Document;

/// Counts what there is, and tells the quotas. What we do not have is counted as none.
pub(super) fn summary(
    call: &Call<'_>,
    GetAccountSummaryRequest {}: GetAccountSummaryRequest,
) -> Result<GetAccountSummaryResponse, Fault> {
    call.authorize(&action(call), "*")?;
    let policies: Vec<ManagedPolicy> = call.txn.list(&call.global())?;
    let versions = policies.iter().map(|policy| policy.versions.len()).sum();
    let has_root_key = !keys_of(call, &KeyOwner::Root)?.is_empty();
    let counts = [
        ("Users", count::<User>(call)?),
        ("UsersQuota", User::PER_ACCOUNT),
        ("Groups", count::<Group>(call)?),
        ("GroupsQuota", Group::PER_ACCOUNT),
        ("Roles", count::<Role>(call)?),
        ("RolesQuota", Role::PER_ACCOUNT),
        ("Policies", policies.len()),
        ("PoliciesQuota", PER_ACCOUNT),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", PER_ACCOUNT * MAX_VERSIONS),
        ("PolicySizeQuota", LONGEST),
        ("VersionsPerPolicyQuota", MAX_VERSIONS),
        ("UserPolicySizeQuota", User::INLINE_LIMIT),
        ("GroupPolicySizeQuota", Group::INLINE_LIMIT),
        ("RolePolicySizeQuota", Role::INLINE_LIMIT),
        ("AttachedPoliciesPerUserQuota", attachments::MAX_ATTACHED),
        ("AttachedPoliciesPerGroupQuota", attachments::MAX_ATTACHED),
        ("AttachedPoliciesPerRoleQuota", attachments::MAX_ATTACHED),
        ("AccessKeysPerUserQuota", PER_USER),
        ("GroupsPerUserQuota", members::GROUPS_PER_USER),
        ("AccountAccessKeysPresent", usize::from(has_root_key)),
        ("AccountMFAEnabled", 0),
        ("AccountPasswordPresent", 0),
        ("AccountSigningCertificatesPresent", 0),
        ("InstanceProfiles", 0),
        ("MFADevices", 0),
        ("MFADevicesInUse", 0),
        ("Providers", 0),
        ("ServerCertificates", 0),
    ];
    let summary_map: BTreeMap<String, u32> = counts
        .into_iter()
        .map(|(name, count)| (name.to_owned(), u32::try_from(count).unwrap_or(u32::MAX)))
        .collect();
    Ok(GetAccountSummaryResponse { summary_map })
}

/// Accounts have no names here but their numbers.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn aliases(
    call: &Call<'_>,
    request: ListAccountAliasesRequest,
) -> Result<ListAccountAliasesResponse, Fault> {
    call.authorize(&action(call), "*")?;
    let page = page(Vec::new(), String::clone, request.max_items, request.marker.as_deref())?;
    Ok(ListAccountAliasesResponse {
        account_aliases: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn count<D: Document>(call: &Call<'_>) -> Result<usize, Fault> {
    Ok(call.txn.list::<D>(&call.global())?.len())
}
