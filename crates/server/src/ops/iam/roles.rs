//! Roles.

use flowlogd_aws::iam::shapes::{Role as Printed, RoleLastUsed};
use flowlogd_aws::iam::{
    CreateRoleRequest, CreateRoleResponse, DeleteRoleRequest, GetRoleRequest, GetRoleResponse,
    ListRolesRequest, ListRolesResponse, UpdateAssumeRolePolicyRequest, UpdateRoleRequest,
    UpdateRoleResponse, encoded_document,
};
use flowlogd_aws::{Fault, Seconds};

use super::constraint::{self, Constraints};
use super::entity::{self, Entity as _, action, arn, existing, id_of, store};
use super::managed_policies::boundary_policy;
use super::paging::page;
use super::tags;
use super::trust;
use super::users::{entity_is_bare, printed_boundary};
use crate::call::Call;
use crate::ids;
use crate::model::{Role, Tags};

/// Seconds that sessions may last where nothing is said.
const DEFAULT_SESSION: u32 = 3600;

pub(super) fn create(
    call: &Call<'_>,
    request: CreateRoleRequest,
) -> Result<CreateRoleResponse, Fault> {
    let name = request.role_name;
    let resource = arn(call.account(), Role::NOUN, request.path.as_deref().unwrap_or("/"), &name);
    let boundary = request.permissions_boundary;
    entity::authorize_making(
        call,
        Role::TITLE,
        &resource,
        |context| {
            tags::describe_request(&request.tags, context);
            if let Some(boundary) = &boundary {
                context.set("iam:PermissionsBoundary", boundary.clone());
            }
        },
        !request.tags.is_empty(),
    )?;
    settings(request.description.as_deref(), request.max_session_duration)
        .name("roleName", &name, 64)
        .finish()?;
    let path = constraint::path(request.path.as_deref())?;
    let tags = tags::read(&request.tags)?;
    if let Some(boundary) = &boundary {
        boundary_policy(call, boundary)?;
    }
    entity::room_for::<Role>(call, &name)?;
    let document = request.assume_role_policy_document;
    let trusted_ids = trust::read(call, "assumeRolePolicyDocument", &document)?;
    let role = Role {
        id: id_of(&name),
        name,
        path,
        unique_id: ids::unique("AROA", 21),
        created: call.now() / 1000,
        description: request.description,
        trust_policy: document,
        trusted_ids,
        max_session_duration: seconds(request.max_session_duration).unwrap_or(DEFAULT_SESSION),
        inline: Vec::new(),
        attached: Vec::new(),
        boundary,
        tags,
        last_used: None,
    };
    store(call, &role)?;
    Ok(CreateRoleResponse { role: printed(call, &role)? })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get(call: &Call<'_>, request: GetRoleRequest) -> Result<GetRoleResponse, Fault> {
    let role: Role = existing(call, &request.role_name, Constraints::new(), |_| {})?;
    let used = call.last_uses.of_role(call.account(), &role);
    let role_last_used = used.map(|(at, region)| RoleLastUsed {
        last_used_date: Some(Seconds(at)),
        region: Some(region),
    });
    Ok(GetRoleResponse { role: Printed { role_last_used, ..printed(call, &role)? } })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list(call: &Call<'_>, request: ListRolesRequest) -> Result<ListRolesResponse, Fault> {
    let prefix = request.path_prefix.as_deref().unwrap_or("/");
    call.authorize(&action(call), &arn(call.account(), Role::NOUN, "/", ""))?;
    Constraints::new().length("pathPrefix", prefix, 1, 512).finish()?;
    let mut roles: Vec<Role> = call.txn.list(&call.global())?;
    roles.retain(|role| role.path.starts_with(prefix));
    let page = page(roles, |role| role.id.clone(), request.max_items, request.marker.as_deref())?;
    let mut listed = Vec::with_capacity(page.items.len());
    for mut role in page.items {
        role.boundary = None;
        role.tags = Tags::new();
        listed.push(printed(call, &role)?);
    }
    Ok(ListRolesResponse { roles: listed, is_truncated: page.is_truncated, marker: page.marker })
}

pub(super) fn update(
    call: &Call<'_>,
    request: UpdateRoleRequest,
) -> Result<UpdateRoleResponse, Fault> {
    let constraints = settings(request.description.as_deref(), request.max_session_duration);
    let mut role: Role = existing(call, &request.role_name, constraints, |_| {})?;
    if let Some(description) = request.description {
        role.description = Some(description);
    }
    if let Some(duration) = seconds(request.max_session_duration) {
        role.max_session_duration = duration;
    }
    store(call, &role)?;
    Ok(UpdateRoleResponse {})
}

pub(super) fn update_trust(
    call: &Call<'_>,
    request: UpdateAssumeRolePolicyRequest,
) -> Result<(), Fault> {
    let mut role: Role = existing(call, &request.role_name, Constraints::new(), |_| {})?;
    role.trusted_ids = trust::read(call, "policyDocument", &request.policy_document)?;
    role.trust_policy = request.policy_document;
    store(call, &role)
}

/// Deletes a role. Its sessions end with it: they know it by its unique id.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(call: &Call<'_>, request: DeleteRoleRequest) -> Result<(), Fault> {
    let role: Role = existing(call, &request.role_name, Constraints::new(), |_| {})?;
    entity_is_bare(&role)?;
    call.txn.delete::<Role>(&call.global(), &role.id, call.now())?;
    Ok(())
}

fn settings(description: Option<&str>, max_session_duration: Option<i64>) -> Constraints {
    let description = description.unwrap_or_default();
    let printable = |character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}');
    let written = r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
    Constraints::new()
        .length("description", description, 0, 1000)
        .pattern("description", description, written, printable)
        .range("maxSessionDuration", max_session_duration, 3600, 43_200)
}

fn seconds(duration: Option<i64>) -> Option<u32> {
    duration.and_then(|seconds| u32::try_from(seconds).ok())
}

fn printed(call: &Call<'_>, role: &Role) -> Result<Printed, Fault> {
    Ok(Printed {
        path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.unique_id.clone(),
        arn: role.arn(call.account()),
        create_date: Seconds(role.created),
        assume_role_policy_document: Some(encoded_document(&trust::document(call.txn, role)?)),
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_duration),
        permissions_boundary: printed_boundary(role.boundary.as_deref()),
        tags: tags::printed(&role.tags),
        role_last_used: None,
    })
}
