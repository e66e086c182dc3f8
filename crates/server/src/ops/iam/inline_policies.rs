//! Policies that are part of a user, a group or a role.

use flowlogd_aws::Fault;
use flowlogd_aws::iam::{
    DeleteGroupPolicyRequest, DeleteRolePolicyRequest, DeleteUserPolicyRequest,
    GetGroupPolicyRequest, GetGroupPolicyResponse, GetRolePolicyRequest, GetRolePolicyResponse,
    GetUserPolicyRequest, GetUserPolicyResponse, ListGroupPoliciesRequest,
    ListGroupPoliciesResponse, ListRolePoliciesRequest, ListRolePoliciesResponse,
    ListUserPoliciesRequest, ListUserPoliciesResponse, PutGroupPolicyRequest, PutRolePolicyRequest,
    PutUserPolicyRequest, encoded_document,
};
use flowlogd_aws::policy::PolicyKind;

use super::constraint::Constraints;
use super::documents;
use super::entity::{Entity, existing, store};
use super::fault::{limit_exceeded, no_such_entity};
use super::paging::{Page, page};
use crate::call::Call;
use crate::model::{Group, InlinePolicy, Role, User};

pub(super) fn put_user(call: &Call<'_>, request: PutUserPolicyRequest) -> Result<(), Fault> {
    put::<User>(call, &request.user_name, request.policy_name, request.policy_document)
}

pub(super) fn put_role(call: &Call<'_>, request: PutRolePolicyRequest) -> Result<(), Fault> {
    put::<Role>(call, &request.role_name, request.policy_name, request.policy_document)
}

pub(super) fn put_group(call: &Call<'_>, request: PutGroupPolicyRequest) -> Result<(), Fault> {
    put::<Group>(call, &request.group_name, request.policy_name, request.policy_document)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get_user(
    call: &Call<'_>,
    request: GetUserPolicyRequest,
) -> Result<GetUserPolicyResponse, Fault> {
    let (user_name, policy) = get::<User>(call, &request.user_name, &request.policy_name)?;
    let policy_document = encoded_document(&policy.document);
    Ok(GetUserPolicyResponse { user_name, policy_name: policy.name, policy_document })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get_role(
    call: &Call<'_>,
    request: GetRolePolicyRequest,
) -> Result<GetRolePolicyResponse, Fault> {
    let (role_name, policy) = get::<Role>(call, &request.role_name, &request.policy_name)?;
    let policy_document = encoded_document(&policy.document);
    Ok(GetRolePolicyResponse { role_name, policy_name: policy.name, policy_document })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get_group(
    call: &Call<'_>,
    request: GetGroupPolicyRequest,
) -> Result<GetGroupPolicyResponse, Fault> {
    let (group_name, policy) = get::<Group>(call, &request.group_name, &request.policy_name)?;
    let policy_document = encoded_document(&policy.document);
    Ok(GetGroupPolicyResponse { group_name, policy_name: policy.name, policy_document })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_user(
    call: &Call<'_>,
    request: ListUserPoliciesRequest,
) -> Result<ListUserPoliciesResponse, Fault> {
    let Page { items, is_truncated, marker } =
        list::<User>(call, &request.user_name, request.max_items, request.marker.as_deref())?;
    Ok(ListUserPoliciesResponse { policy_names: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_role(
    call: &Call<'_>,
    request: ListRolePoliciesRequest,
) -> Result<ListRolePoliciesResponse, Fault> {
    let Page { items, is_truncated, marker } =
        list::<Role>(call, &request.role_name, request.max_items, request.marker.as_deref())?;
    Ok(ListRolePoliciesResponse { policy_names: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_group(
    call: &Call<'_>,
    request: ListGroupPoliciesRequest,
) -> Result<ListGroupPoliciesResponse, Fault> {
    let Page { items, is_truncated, marker } =
        list::<Group>(call, &request.group_name, request.max_items, request.marker.as_deref())?;
    Ok(ListGroupPoliciesResponse { policy_names: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete_user(call: &Call<'_>, request: DeleteUserPolicyRequest) -> Result<(), Fault> {
    delete::<User>(call, &request.user_name, &request.policy_name)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete_role(call: &Call<'_>, request: DeleteRolePolicyRequest) -> Result<(), Fault> {
    delete::<Role>(call, &request.role_name, &request.policy_name)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete_group(
    call: &Call<'_>,
    request: DeleteGroupPolicyRequest,
) -> Result<(), Fault> {
    delete::<Group>(call, &request.group_name, &request.policy_name)
}

/// Adds a policy, or replaces the one of this name.
fn put<E: Entity>(
    call: &Call<'_>,
    name: &str,
    policy: String,
    document: String,
) -> Result<(), Fault> {
    let mut entity: E = existing(call, name, policy_name(&policy), |_| {})?;
    documents::read("policyDocument", &document, PolicyKind::Identity)?;
    let policies = entity.inline_mut();
    policies.retain(|other| other.name != policy);
    policies.push(InlinePolicy { name: policy, document });
    let size: usize = policies.iter().map(|policy| documents::size(&policy.document)).sum();
    if size > E::INLINE_LIMIT {
        return Err(limit_exceeded(format!(
            "Maximum policy size of {} bytes exceeded for {} {}",
            E::INLINE_LIMIT,
            E::NOUN,
            entity.name()
        )));
    }
    store(call, &entity)
}

fn get<E: Entity>(
    call: &Call<'_>,
    name: &str,
    policy: &str,
) -> Result<(String, InlinePolicy), Fault> {
    let entity: E = existing(call, name, policy_name(policy), |_| {})?;
    let found = entity.inline().iter().find(|other| other.name == policy);
    let found = found.cloned().ok_or_else(|| unknown::<E>(policy))?;
    Ok((entity.name().to_owned(), found))
}

fn list<E: Entity>(
    call: &Call<'_>,
    name: &str,
    max_items: Option<i64>,
    marker: Option<&str>,
) -> Result<Page<String>, Fault> {
    let entity: E = existing(call, name, Constraints::new(), |_| {})?;
    let names = entity.inline().iter().map(|policy| policy.name.clone()).collect();
    page(names, Clone::clone, max_items, marker)
}

fn delete<E: Entity>(call: &Call<'_>, name: &str, policy: &str) -> Result<(), Fault> {
    let mut entity: E = existing(call, name, policy_name(policy), |_| {})?;
    let before = entity.inline().len();
    entity.inline_mut().retain(|other| other.name != policy);
    if entity.inline().len() == before {
        return Err(unknown::<E>(policy));
    }
    store(call, &entity)
}

fn policy_name(name: &str) -> Constraints {
    Constraints::new().name("policyName", name, 128)
}

fn unknown<E: Entity>(policy: &str) -> Fault {
    no_such_entity(format!("The {} policy with name {policy} cannot be found.", E::NOUN))
}
