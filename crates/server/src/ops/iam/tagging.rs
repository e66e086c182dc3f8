//! Tagging of users, roles and policies.

use flowlogd_aws::Fault;
use flowlogd_aws::iam::shapes::Tag;
use flowlogd_aws::iam::{
    ListPolicyTagsRequest, ListPolicyTagsResponse, ListRoleTagsRequest, ListRoleTagsResponse,
    ListUserTagsRequest, ListUserTagsResponse, TagPolicyRequest, TagRoleRequest, TagUserRequest,
    UntagPolicyRequest, UntagRoleRequest, UntagUserRequest,
};

use super::constraint::Constraints;
use super::entity::{Actor, existing, store};
use super::managed_policies::{own, readable};
use super::paging::Page;
use super::tags;
use crate::call::Call;
use crate::model::{Role, User};

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn tag_user(call: &Call<'_>, request: TagUserRequest) -> Result<(), Fault> {
    tag::<User>(call, &request.user_name, &request.tags)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn tag_role(call: &Call<'_>, request: TagRoleRequest) -> Result<(), Fault> {
    tag::<Role>(call, &request.role_name, &request.tags)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn tag_policy(call: &Call<'_>, request: TagPolicyRequest) -> Result<(), Fault> {
    let mut policy = own(call, &request.policy_arn, Constraints::new(), |context| {
        tags::describe_request(&request.tags, context);
    })?;
    tags::merge(&mut policy.tags, tags::read(&request.tags)?)?;
    store(call, &policy)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn untag_user(call: &Call<'_>, request: UntagUserRequest) -> Result<(), Fault> {
    untag::<User>(call, &request.user_name, &request.tag_keys)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn untag_role(call: &Call<'_>, request: UntagRoleRequest) -> Result<(), Fault> {
    untag::<Role>(call, &request.role_name, &request.tag_keys)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn untag_policy(call: &Call<'_>, request: UntagPolicyRequest) -> Result<(), Fault> {
    let mut policy = own(call, &request.policy_arn, Constraints::new(), |context| {
        tags::describe_keys(request.tag_keys.iter(), context);
    })?;
    tags::remove(&mut policy.tags, &request.tag_keys)?;
    store(call, &policy)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_user(
    call: &Call<'_>,
    request: ListUserTagsRequest,
) -> Result<ListUserTagsResponse, Fault> {
    let user: User = existing(call, &request.user_name, Constraints::new(), |_| {})?;
    let Page { items, is_truncated, marker } =
        tags::listed(&user.tags, request.max_items, request.marker.as_deref())?;
    Ok(ListUserTagsResponse { tags: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_role(
    call: &Call<'_>,
    request: ListRoleTagsRequest,
) -> Result<ListRoleTagsResponse, Fault> {
    let role: Role = existing(call, &request.role_name, Constraints::new(), |_| {})?;
    let Page { items, is_truncated, marker } =
        tags::listed(&role.tags, request.max_items, request.marker.as_deref())?;
    Ok(ListRoleTagsResponse { tags: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_policy(
    call: &Call<'_>,
    request: ListPolicyTagsRequest,
) -> Result<ListPolicyTagsResponse, Fault> {
    let policy = readable(call, &request.policy_arn, Constraints::new())?;
    let Page { items, is_truncated, marker } =
        tags::listed(&policy.tags, request.max_items, request.marker.as_deref())?;
    Ok(ListPolicyTagsResponse { tags: items, is_truncated, marker })
}

fn tag<E: Actor>(call: &Call<'_>, name: &str, given: &[Tag]) -> Result<(), Fault> {
    let mut entity: E = existing(call, name, Constraints::new(), |context| {
        tags::describe_request(given, context);
    })?;
    tags::merge(entity.tags_mut(), tags::read(given)?)?;
    store(call, &entity)
}

fn untag<E: Actor>(call: &Call<'_>, name: &str, keys: &[String]) -> Result<(), Fault> {
    let mut entity: E = existing(call, name, Constraints::new(), |context| {
        tags::describe_keys(keys.iter(), context);
    })?;
    tags::remove(entity.tags_mut(), keys)?;
    store(call, &entity)
}
