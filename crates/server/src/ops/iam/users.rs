//! Users.

use flowlogd_aws::iam::shapes::{AttachedPermissionsBoundary, User as Printed};
use flowlogd_aws::iam::{
    CreateUserRequest, CreateUserResponse, DeleteUserRequest, GetUserRequest, GetUserResponse,
    ListUsersRequest, ListUsersResponse, UpdateUserRequest,
};
use flowlogd_aws::policy::Principal;
use flowlogd_aws::{Fault, Seconds};

use super::access_keys::keys_of;
use super::constraint::{self, Constraints, invalid};
use super::entity::{self, Entity as _, action, arn, existing, id_of, store};
use super::fault::delete_conflict;
use super::managed_policies::boundary_policy;
use super::paging::page;
use super::tags;
use crate::call::{Call, Identity};
use crate::ids;
use crate::model::{KeyOwner, SessionOwner, User, UserSession};

pub(super) fn create(
    call: &Call<'_>,
    request: CreateUserRequest,
) -> Result<CreateUserResponse, Fault> {
    let name = request.user_name;
    let resource = arn(call.account(), User::NOUN, request.path.as_deref().unwrap_or("/"), &name);
    let boundary = request.permissions_boundary;
    entity::authorize_making(
        call,
        User::TITLE,
        &resource,
        |context| {
            tags::describe_request(&request.tags, context);
            if let Some(boundary) = &boundary {
                context.set("iam:PermissionsBoundary", boundary.clone());
            }
        },
        !request.tags.is_empty(),
    )?;
    Constraints::new().name("userName", &name, 64).finish()?;
    let path = constraint::path(request.path.as_deref())?;
    let tags = tags::read(&request.tags)?;
    if let Some(boundary) = &boundary {
        boundary_policy(call, boundary)?;
    }
    entity::room_for::<User>(call, &name)?;
    let user = User {
        id: id_of(&name),
        name,
        path,
        unique_id: ids::unique("AIDA", 21),
        created: call.now() / 1000,
        inline: Vec::new(),
        attached: Vec::new(),
        boundary,
        tags,
        groups: Vec::new(),
    };
    store(call, &user)?;
    Ok(CreateUserResponse { user: printed(call, &user) })
}

pub(super) fn get(call: &Call<'_>, request: GetUserRequest) -> Result<GetUserResponse, Fault> {
    let user = match named_or_caller(call, request.user_name)? {
        Whose::User(name) => {
            let user: User = existing(call, &name, Constraints::new(), |_| {})?;
            printed(call, &user)
        }
        Whose::Root => root(call)?,
    };
    Ok(GetUserResponse { user })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list(call: &Call<'_>, request: ListUsersRequest) -> Result<ListUsersResponse, Fault> {
    let prefix = request.path_prefix.as_deref().unwrap_or("/");
    call.authorize(&action(call), &arn(call.account(), User::NOUN, "/", ""))?;
    Constraints::new().length("pathPrefix", prefix, 1, 512).finish()?;
    let mut users: Vec<User> = call.txn.list(&call.global())?;
    users.retain(|user| user.path.starts_with(prefix));
    let page = page(users, |user| user.id.clone(), request.max_items, request.marker.as_deref())?
        .map(|user| listed(call, &user));
    Ok(ListUsersResponse {
        users: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

/// Renames or moves a user. It stays the same one: its unique id, keys, sessions and groups, and the trust in it go along.
pub(super) fn update(call: &Call<'_>, request: UpdateUserRequest) -> Result<(), Fault> {
    let mut constraints = Constraints::new();
    if let Some(name) = &request.new_user_name {
        constraints = constraints.name("newUserName", name, 64);
    }
    let mut user: User = existing(call, &request.user_name, constraints, |_| {})?;
    let old_id = user.id.clone();
    if let Some(name) = request.new_user_name {
        user.id = id_of(&name);
        user.name = name;
    }
    if let Some(path) = request.new_path {
        user.path = path;
    }
    // Both ends count: otherwise one could move a user to where one has no say.
    call.authorize_with(&action(call), &user.arn(call.account()), |context| {
        user.describe(context);
    })?;
    user.path = constraint::path(Some(&user.path))?;
    let place = call.global();
    if user.id != old_id {
        if call.txn.get::<User>(&place, &user.id)?.is_some() {
            return Err(entity::taken::<User>(&user.name));
        }
        for mut key in keys_of(call, &KeyOwner::User(old_id.clone()))? {
            key.owner = KeyOwner::User(user.id.clone());
            store(call, &key)?;
        }
        for mut session in call.txn.list::<UserSession>(&place)? {
            if let SessionOwner::User { id, .. } = &mut session.owner
                && *id == old_id
            {
                id.clone_from(&user.id);
                store(call, &session)?;
            }
        }
        call.txn.delete::<User>(&place, &old_id, call.now())?;
    }
    store(call, &user)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(call: &Call<'_>, request: DeleteUserRequest) -> Result<(), Fault> {
    let user: User = existing(call, &request.user_name, Constraints::new(), |_| {})?;
    if !user.groups.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must remove users from group first."));
    }
    entity_is_bare(&user)?;
    if !keys_of(call, &KeyOwner::User(user.id.clone()))?.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must remove referenced objects first."));
    }
    call.txn.delete::<User>(&call.global(), &user.id, call.now())?;
    Ok(())
}

/// Refuses to delete what still has policies (`iam-sts-sigv4-cloudtrail.md` §5.3).
pub(super) fn entity_is_bare<E: entity::Entity>(entity: &E) -> Result<(), Fault> {
    if !entity.attached().is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !entity.inline().is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    Ok(())
}

/// Whom a request without `UserName` means.
pub(super) enum Whose {
    Root,
    User(String),
}

/// Returns the user that is named, or the caller (`iam-sts-sigv4-cloudtrail.md` §5.4).
pub(super) fn named_or_caller(call: &Call<'_>, name: Option<String>) -> Result<Whose, Fault> {
    if let Some(name) = name {
        return Ok(Whose::User(name));
    }
    match &call.caller.identity {
        Identity::Iam { principal: Principal::Root { .. }, .. } => Ok(Whose::Root),
        Identity::Iam { principal: Principal::User { name, .. }, .. } => {
            Ok(Whose::User(name.clone()))
        }
        Identity::Iam {
            principal:
                Principal::Session { .. } | Principal::Federated { .. } | Principal::Service { .. },
            ..
        }
        | Identity::Agent { .. } => {
            Err(invalid("Must specify userName when calling with non-User credentials"))
        }
    }
}

/// The ARN of the account itself.
pub(super) fn root_arn(call: &Call<'_>) -> String {
    format!("arn:aws:iam::{}:root", call.account())
}

/// The account as a user: when it was made is not known, but it is as old as its oldest key.
fn root(call: &Call<'_>) -> Result<Printed, Fault> {
    let arn = root_arn(call);
    call.authorize(&action(call), &arn)?;
    let oldest = keys_of(call, &KeyOwner::Root)?.iter().map(|key| key.created).min();
    Ok(Printed {
        path: None,
        user_name: None,
        user_id: call.account().to_owned(),
        arn,
        create_date: oldest.map(Seconds),
        permissions_boundary: None,
        tags: Vec::new(),
    })
}

/// A user as lists print it: without tags and boundary (`iam-sts-sigv4-cloudtrail.md` §5.4).
pub(super) fn listed(call: &Call<'_>, user: &User) -> Printed {
    Printed { permissions_boundary: None, tags: Vec::new(), ..printed(call, user) }
}

fn printed(call: &Call<'_>, user: &User) -> Printed {
    Printed {
        path: Some(user.path.clone()),
        user_name: Some(user.name.clone()),
        user_id: user.unique_id.clone(),
        arn: user.arn(call.account()),
        create_date: Some(Seconds(user.created)),
        permissions_boundary: printed_boundary(user.boundary.as_deref()),
        tags: tags::printed(&user.tags),
    }
}

/// A boundary as answers print it: of type `Policy`, whatever the service model says.
pub(super) fn printed_boundary(boundary: Option<&str>) -> Option<AttachedPermissionsBoundary> {
    boundary.map(|arn| AttachedPermissionsBoundary {
        permissions_boundary_type: "Policy".to_owned(),
        permissions_boundary_arn: arn.to_owned(),
    })
}
