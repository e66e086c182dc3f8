//! Groups of users.

use flowlogd_aws::iam::shapes::Group as Printed;
use flowlogd_aws::iam::{
    CreateGroupRequest, CreateGroupResponse, DeleteGroupRequest, GetGroupRequest, GetGroupResponse,
    ListGroupsRequest, ListGroupsResponse, UpdateGroupRequest,
};
use flowlogd_aws::{Fault, Seconds};

use super::constraint::{self, Constraints};
use super::entity::{self, Entity as _, action, arn, existing, id_of, store};
use super::fault::delete_conflict;
use super::members::members;
use super::paging::page;
use super::users::{entity_is_bare, listed};
use crate::call::Call;
use crate::ids;
use crate::model::Group;

pub(super) fn create(
    call: &Call<'_>,
    request: CreateGroupRequest,
) -> Result<CreateGroupResponse, Fault> {
    let name = request.group_name;
    let path = request.path.as_deref();
    call.authorize(&action(call), &arn(call.account(), Group::NOUN, path.unwrap_or("/"), &name))?;
    Constraints::new().name("groupName", &name, Group::LONGEST_NAME).finish()?;
    let path = constraint::path(path)?;
    entity::room_for::<Group>(call, &name)?;
    let group = Group {
        id: id_of(&name),
        name,
        path,
        unique_id: ids::unique("AGPA", 21),
        created: call.now() / 1000,
        inline: Vec::new(),
        attached: Vec::new(),
    };
    store(call, &group)?;
    Ok(CreateGroupResponse { group: printed(call, &group) })
}

/// The group and a page of its users, who are printed as in lists.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get(call: &Call<'_>, request: GetGroupRequest) -> Result<GetGroupResponse, Fault> {
    let group: Group = existing(call, &request.group_name, Constraints::new(), |_| {})?;
    let users = members(call, &group)?;
    let page = page(users, |user| user.id.clone(), request.max_items, request.marker.as_deref())?
        .map(|user| listed(call, &user));
    Ok(GetGroupResponse {
        group: printed(call, &group),
        users: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list(
    call: &Call<'_>,
    request: ListGroupsRequest,
) -> Result<ListGroupsResponse, Fault> {
    let prefix = request.path_prefix.as_deref().unwrap_or("/");
    call.authorize(&action(call), &arn(call.account(), Group::NOUN, "/", ""))?;
    Constraints::new().length("pathPrefix", prefix, 1, 512).finish()?;
    let mut groups: Vec<Group> = call.txn.list(&call.global())?;
    groups.retain(|group| group.path.starts_with(prefix));
    let page =
        page(groups, |group| group.id.clone(), request.max_items, request.marker.as_deref())?
            .map(|group| printed(call, &group));
    Ok(ListGroupsResponse {
        groups: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// Renames or moves a group. It stays the same one: its unique id, policies and users go along.
pub(super) fn update(call: &Call<'_>, request: UpdateGroupRequest) -> Result<(), Fault> {
    let mut constraints = Constraints::new();
    if let Some(name) = &request.new_group_name {
        constraints = constraints.name("newGroupName", name, Group::LONGEST_NAME);
    }
    let mut group: Group = existing(call, &request.group_name, constraints, |_| {})?;
    let before = group.clone();
    if let Some(name) = request.new_group_name {
        group.id = id_of(&name);
        group.name = name;
    }
    if let Some(path) = request.new_path {
        group.path = path;
    }
    // Both ends count: otherwise one could move a group to where one has no say.
    call.authorize(&action(call), &group.arn(call.account()))?;
    group.path = constraint::path(Some(&group.path))?;
    if group.id != before.id {
        let place = call.global();
        if call.txn.get::<Group>(&place, &group.id)?.is_some() {
            return Err(entity::taken::<Group>(&group.name));
        }
        for mut user in members(call, &before)? {
            user.groups.retain(|id| *id != before.id);
            user.groups.push(group.id.clone());
            store(call, &user)?;
        }
        call.txn.delete::<Group>(&place, &before.id, call.now())?;
    }
    store(call, &group)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(call: &Call<'_>, request: DeleteGroupRequest) -> Result<(), Fault> {
    let group: Group = existing(call, &request.group_name, Constraints::new(), |_| {})?;
    if !members(call, &group)?.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must remove users from group first."));
    }
    entity_is_bare(&group)?;
    call.txn.delete::<Group>(&call.global(), &group.id, call.now())?;
    Ok(())
}

pub(super) fn printed(call: &Call<'_>, group: &Group) -> Printed {
    Printed {
        path: group.path.clone(),
        group_name: group.name.clone(),
        group_id: group.unique_id.clone(),
        arn: group.arn(call.account()),
        create_date: Seconds(group.created),
    }
}
