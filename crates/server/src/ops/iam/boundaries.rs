//! Managed policies that limit what a user or a role may do.

use flowlogd_aws::Fault;
use flowlogd_aws::iam::{
    DeleteRolePermissionsBoundaryRequest, DeleteUserPermissionsBoundaryRequest,
    PutRolePermissionsBoundaryRequest, PutUserPermissionsBoundaryRequest,
};

use super::constraint::Constraints;
use super::entity::{Actor, existing, store};
use super::managed_policies::boundary_policy;
use crate::call::Call;
use crate::model::{Role, User};

pub(super) fn put_user(
    call: &Call<'_>,
    request: PutUserPermissionsBoundaryRequest,
) -> Result<(), Fault> {
    put::<User>(call, &request.user_name, request.permissions_boundary)
}

pub(super) fn put_role(
    call: &Call<'_>,
    request: PutRolePermissionsBoundaryRequest,
) -> Result<(), Fault> {
    put::<Role>(call, &request.role_name, request.permissions_boundary)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete_user(
    call: &Call<'_>,
    request: DeleteUserPermissionsBoundaryRequest,
) -> Result<(), Fault> {
    delete::<User>(call, &request.user_name)
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete_role(
    call: &Call<'_>,
    request: DeleteRolePermissionsBoundaryRequest,
) -> Result<(), Fault> {
    delete::<Role>(call, &request.role_name)
}

/// A policy may ask for the boundary that is to be set, so that is the one the call is judged by.
fn put<E: Actor>(call: &Call<'_>, name: &str, boundary: String) -> Result<(), Fault> {
    let mut entity: E = existing(call, name, Constraints::new(), |context| {
        context.set("iam:PermissionsBoundary", boundary.clone());
    })?;
    boundary_policy(call, &boundary)?;
    *entity.boundary_mut() = Some(boundary);
    store(call, &entity)
}

/// Where there is none, nothing is to be done.
fn delete<E: Actor>(call: &Call<'_>, name: &str) -> Result<(), Fault> {
    let mut entity: E = existing(call, name, Constraints::new(), |_| {})?;
    *entity.boundary_mut() = None;
    store(call, &entity)
}
