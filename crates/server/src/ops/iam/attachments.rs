//! Which managed policies users, groups and roles have.

use flowlogd_aws::Fault;
use flowlogd_aws::iam::shapes::{AttachedPolicy, PolicyGroup, PolicyRole, PolicyUser};
use flowlogd_aws::iam::{
    AttachGroupPolicyRequest, AttachRolePolicyRequest, AttachUserPolicyRequest,
    DetachGroupPolicyRequest, DetachRolePolicyRequest, DetachUserPolicyRequest,
    ListAttachedGroupPoliciesRequest, ListAttachedGroupPoliciesResponse,
    ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse,
    ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse,
    ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse,
};

use super::constraint::Constraints;
use super::entity::{Entity, existing, store};
use super::fault::{limit_exceeded, no_such_entity};
use super::managed_policies::{USAGE_FILTERS, managed_policy, parsed, readable};
use super::paging::{Page, page};
use crate::call::Call;
use crate::model::{Group, Role, User};

/// Managed policies that one user, group or role may have.
pub(super) const MAX_ATTACHED: usize = 10;

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn attach_user(call: &Call<'_>, request: AttachUserPolicyRequest) -> Result<(), Fault> {
    attach::<User>(call, &request.user_name, &request.policy_arn)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn attach_role(call: &Call<'_>, request: AttachRolePolicyRequest) -> Result<(), Fault> {
    attach::<Role>(call, &request.role_name, &request.policy_arn)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn attach_group(
    call: &Call<'_>,
    request: AttachGroupPolicyRequest,
) -> Result<(), Fault> {
    attach::<Group>(call, &request.group_name, &request.policy_arn)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn detach_user(call: &Call<'_>, request: DetachUserPolicyRequest) -> Result<(), Fault> {
    detach::<User>(call, &request.user_name, &request.policy_arn)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn detach_role(call: &Call<'_>, request: DetachRolePolicyRequest) -> Result<(), Fault> {
    detach::<Role>(call, &request.role_name, &request.policy_arn)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn detach_group(
    call: &Call<'_>,
    request: DetachGroupPolicyRequest,
) -> Result<(), Fault> {
    detach::<Group>(call, &request.group_name, &request.policy_arn)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_user(
    call: &Call<'_>,
    request: ListAttachedUserPoliciesRequest,
) -> Result<ListAttachedUserPoliciesResponse, Fault> {
    let prefix = request.path_prefix.as_deref();
    let attached = attached::<User>(call, &request.user_name, prefix)?;
    let Page { items, is_truncated, marker } =
        page(attached, by_name, request.max_items, request.marker.as_deref())?;
    Ok(ListAttachedUserPoliciesResponse { attached_policies: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_role(
    call: &Call<'_>,
    request: ListAttachedRolePoliciesRequest,
) -> Result<ListAttachedRolePoliciesResponse, Fault> {
    let prefix = request.path_prefix.as_deref();
    let attached = attached::<Role>(call, &request.role_name, prefix)?;
    let Page { items, is_truncated, marker } =
        page(attached, by_name, request.max_items, request.marker.as_deref())?;
    Ok(ListAttachedRolePoliciesResponse { attached_policies: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_group(
    call: &Call<'_>,
    request: ListAttachedGroupPoliciesRequest,
) -> Result<ListAttachedGroupPoliciesResponse, Fault> {
    let prefix = request.path_prefix.as_deref();
    let attached = attached::<Group>(call, &request.group_name, prefix)?;
    let Page { items, is_truncated, marker } =
        page(attached, by_name, request.max_items, request.marker.as_deref())?;
    Ok(ListAttachedGroupPoliciesResponse { attached_policies: items, is_truncated, marker })
}

/// Whom a policy belongs to.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn entities(
    call: &Call<'_>,
    request: ListEntitiesForPolicyRequest,
) -> Result<ListEntitiesForPolicyResponse, Fault> {
    enum Having {
        Group(Group),
        User(User),
        Role(Role),
    }
    let prefix = request.path_prefix.as_deref().unwrap_or("/");
    let filters = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    let usage = request.policy_usage_filter.as_deref();
    let constraints = Constraints::new()
        .one_of("entityFilter", request.entity_filter.as_deref(), &filters)
        .one_of("policyUsageFilter", usage, USAGE_FILTERS)
        .length("pathPrefix", prefix, 1, 512);
    let policy = readable(call, &request.policy_arn, constraints)?;
    let wanted = |kind: &str| request.entity_filter.as_deref().is_none_or(|filter| filter == kind);
    let mut having = Vec::new();
    if wanted("Group") {
        let groups: Vec<Group> = call.txn.list(&call.global())?;
        let groups = groups.into_iter().filter(|group| has(group, &policy.id, usage, prefix));
        having.extend(groups.map(Having::Group));
    }
    if wanted("User") {
        let users: Vec<User> = call.txn.list(&call.global())?;
        let users = users.into_iter().filter(|user| has(user, &policy.id, usage, prefix));
        having.extend(users.map(Having::User));
    }
    if wanted("Role") {
        let roles: Vec<Role> = call.txn.list(&call.global())?;
        let roles = roles.into_iter().filter(|role| has(role, &policy.id, usage, prefix));
        having.extend(roles.map(Having::Role));
    }
    let key = |entity: &Having| match entity {
        Having::Group(group) => format!("group {}", group.id),
        Having::User(user) => format!("user {}", user.id),
        Having::Role(role) => format!("role {}", role.id),
    };
    let page = page(having, key, request.max_items, request.marker.as_deref())?;
    let (mut policy_groups, mut policy_users, mut policy_roles) =
        (Vec::new(), Vec::new(), Vec::new());
    for entity in page.items {
        match entity {
            Having::Group(group) => {
                policy_groups
                    .push(PolicyGroup { group_name: group.name, group_id: group.unique_id });
            }
            Having::User(user) => {
                policy_users.push(PolicyUser { user_name: user.name, user_id: user.unique_id });
            }
            Having::Role(role) => {
                policy_roles.push(PolicyRole { role_name: role.name, role_id: role.unique_id });
            }
        }
    }
    Ok(ListEntitiesForPolicyResponse {
        policy_groups,
        policy_users,
        policy_roles,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

fn has<E: Entity>(entity: &E, policy: &str, usage: Option<&str>, prefix: &str) -> bool {
    let attached =
        usage != Some("PermissionsBoundary") && entity.attached().iter().any(|arn| arn == policy);
    let limiting = usage != Some("PermissionsPolicy") && entity.boundary() == Some(policy);
    entity.path().starts_with(prefix) && (attached || limiting)
}

/// Attaching again changes nothing.
fn attach<E: Entity>(call: &Call<'_>, name: &str, policy: &str) -> Result<(), Fault> {
    let mut entity = entity_and_policy::<E>(call, name, policy)?;
    if managed_policy(call.txn, call.account(), policy)?.is_none() {
        let text = format!("Policy {policy} does not exist or is not attachable.");
        return Err(no_such_entity(text));
    }
    if entity.attached().iter().any(|arn| arn == policy) {
        return Ok(());
    }
    if entity.attached().len() >= MAX_ATTACHED {
        let title = E::TITLE;
        let text = format!("Cannot exceed quota for PoliciesPer{title}: {MAX_ATTACHED}");
        return Err(limit_exceeded(text));
    }
    entity.attached_mut().push(policy.to_owned());
    store(call, &entity)
}

fn detach<E: Entity>(call: &Call<'_>, name: &str, policy: &str) -> Result<(), Fault> {
    let mut entity = entity_and_policy::<E>(call, name, policy)?;
    let before = entity.attached().len();
    entity.attached_mut().retain(|arn| arn != policy);
    if entity.attached().len() == before {
        return Err(no_such_entity(format!("Policy {policy} was not found.")));
    }
    store(call, &entity)
}

fn entity_and_policy<E: Entity>(call: &Call<'_>, name: &str, policy: &str) -> Result<E, Fault> {
    let constraints = Constraints::new().arn("policyArn", policy);
    let entity = existing(call, name, constraints, |context| {
        context.set("iam:PolicyARN", policy);
    })?;
    parsed(policy)?;
    Ok(entity)
}

fn attached<E: Entity>(
    call: &Call<'_>,
    name: &str,
    prefix: Option<&str>,
) -> Result<Vec<AttachedPolicy>, Fault> {
    let prefix = prefix.unwrap_or("/");
    let constraints = Constraints::new().length("pathPrefix", prefix, 1, 512);
    let entity: E = existing(call, name, constraints, |_| {})?;
    let mut attached = Vec::new();
    for arn in entity.attached() {
        let policy = managed_policy(call.txn, call.account(), arn)?;
        // A policy cannot be deleted while it is attached.
        attached.extend(
            policy
                .filter(|policy| policy.path.starts_with(prefix))
                .map(|policy| AttachedPolicy { policy_name: policy.name, policy_arn: policy.id }),
        );
    }
    Ok(attached)
}

fn by_name(policy: &AttachedPolicy) -> String {
    format!("{} {}", policy.policy_name.to_lowercase(), policy.policy_arn)
}
