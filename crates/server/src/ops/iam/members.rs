//! Who is in which group.

use flowlogd_aws::Fault;
use flowlogd_aws::iam::{
    AddUserToGroupRequest, ListGroupsForUserRequest, ListGroupsForUserResponse,
    RemoveUserFromGroupRequest,
};

use super::constraint::Constraints;
use super::entity::{Entity as _, existing, id_of, store, unknown};
use super::fault::{limit_exceeded, no_such_entity};
use super::groups::printed;
use super::paging::page;
use crate::call::Call;
use crate::model::{Group, User};

/// Groups that one user may be in.
pub(super) const GROUPS_PER_USER: usize = 10;

/// Adding again changes nothing (`iam-sts-sigv4-cloudtrail.md` §5.4).
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn add(call: &Call<'_>, request: AddUserToGroupRequest) -> Result<(), Fault> {
    let (group, mut user) = group_and_user(call, &request.group_name, &request.user_name)?;
    if user.groups.contains(&group.id) {
        return Ok(());
    }
    if user.groups.len() >= GROUPS_PER_USER {
        let text = format!("Cannot exceed quota for GroupsPerUser: {GROUPS_PER_USER}");
        return Err(limit_exceeded(text));
    }
    user.groups.push(group.id);
    store(call, &user)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn remove(call: &Call<'_>, request: RemoveUserFromGroupRequest) -> Result<(), Fault> {
    let (group, mut user) = group_and_user(call, &request.group_name, &request.user_name)?;
    if !user.groups.contains(&group.id) {
        let text = format!("User {} not in group {}", user.name, group.name);
        return Err(no_such_entity(text));
    }
    user.groups.retain(|id| *id != group.id);
    store(call, &user)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list_for_user(
    call: &Call<'_>,
    request: ListGroupsForUserRequest,
) -> Result<ListGroupsForUserResponse, Fault> {
    let user: User = existing(call, &request.user_name, Constraints::new(), |_| {})?;
    let mut groups: Vec<Group> = Vec::new();
    for id in &user.groups {
        groups.extend(call.txn.get(&call.global(), id)?);
    }
    let page =
        page(groups, |group| group.id.clone(), request.max_items, request.marker.as_deref())?
            .map(|group| printed(call, &group));
    Ok(ListGroupsForUserResponse {
        groups: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// Returns the users that are in a group.
pub(super) fn members(call: &Call<'_>, group: &Group) -> Result<Vec<User>, Fault> {
    let mut users: Vec<User> = call.txn.list(&call.global())?;
    users.retain(|user| user.groups.contains(&group.id));
    Ok(users)
}

/// Returns the two that a request names: permission is asked for on the group alone.
fn group_and_user(call: &Call<'_>, group: &str, user: &str) -> Result<(Group, User), Fault> {
    let constraints = Constraints::new().name("userName", user, User::LONGEST_NAME);
    let group: Group = existing(call, group, constraints, |_| {})?;
    let found: Option<User> = call.txn.get(&call.global(), &id_of(user))?;
    Ok((group, found.ok_or_else(|| unknown::<User>(user))?))
}
