//! IAM: users, groups, roles and policies. There are no login profiles or providers.

mod access_keys;
mod account;
mod attachments;
mod boundaries;
mod builtin;
pub(super) mod constraint;
pub(super) mod documents;
mod entity;
mod fault;
mod groups;
mod inline_policies;
mod managed_policies;
mod members;
mod paging;
mod policy_versions;
mod roles;
mod service_principals;
mod simulated;
mod simulation;
mod tagging;
pub(super) mod tags;
#[cfg(test)]
pub(super) mod tests;
mod trust;
mod users;

pub(crate) use managed_policies::managed_policy;
pub(super) use trust::trust_policy;
pub(crate) use trust::{ServiceCall, may_service_assume, role_by_arn};

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::write("CreateUser", users::create),
        Operation::read("GetUser", users::get),
        Operation::read("ListUsers", users::list),
        Operation::write("UpdateUser", users::update),
        Operation::write("DeleteUser", users::delete),
        Operation::write("CreateAccessKey", access_keys::create),
        Operation::read("ListAccessKeys", access_keys::list),
        Operation::write("UpdateAccessKey", access_keys::update),
        Operation::write("DeleteAccessKey", access_keys::delete),
        Operation::write("CreateGroup", groups::create),
        Operation::read("GetGroup", groups::get),
        Operation::read("ListGroups", groups::list),
        Operation::write("UpdateGroup", groups::update),
        Operation::write("DeleteGroup", groups::delete),
        Operation::write("AddUserToGroup", members::add),
        Operation::write("RemoveUserFromGroup", members::remove),
        Operation::read("ListGroupsForUser", members::list_for_user),
        Operation::read("GetAccessKeyLastUsed", access_keys::last_used),
        Operation::read("GetAccountSummary", account::summary),
        Operation::read("ListAccountAliases", account::aliases),
        Operation::write("CreateRole", roles::create),
        Operation::read("GetRole", roles::get),
        Operation::read("ListRoles", roles::list),
        Operation::write("UpdateRole", roles::update),
        Operation::write("UpdateAssumeRolePolicy", roles::update_trust),
        Operation::write("DeleteRole", roles::delete),
        Operation::write("PutUserPolicy", inline_policies::put_user),
        Operation::read("GetUserPolicy", inline_policies::get_user),
        Operation::read("ListUserPolicies", inline_policies::list_user),
        Operation::write("DeleteUserPolicy", inline_policies::delete_user),
        Operation::write("PutGroupPolicy", inline_policies::put_group),
        Operation::read("GetGroupPolicy", inline_policies::get_group),
        Operation::read("ListGroupPolicies", inline_policies::list_group),
        Operation::write("DeleteGroupPolicy", inline_policies::delete_group),
        Operation::write("PutRolePolicy", inline_policies::put_role),
        Operation::read("GetRolePolicy", inline_policies::get_role),
        Operation::read("ListRolePolicies", inline_policies::list_role),
        Operation::write("DeleteRolePolicy", inline_policies::delete_role),
        Operation::write("CreatePolicy", managed_policies::create),
        Operation::read("GetPolicy", managed_policies::get),
        Operation::read("ListPolicies", managed_policies::list),
        Operation::write("DeletePolicy", managed_policies::delete),
        Operation::write("CreatePolicyVersion", policy_versions::create),
        Operation::read("GetPolicyVersion", policy_versions::get),
        Operation::read("ListPolicyVersions", policy_versions::list),
        Operation::write("SetDefaultPolicyVersion", policy_versions::set_default),
        Operation::write("DeletePolicyVersion", policy_versions::delete),
        Operation::write("AttachUserPolicy", attachments::attach_user),
        Operation::write("DetachUserPolicy", attachments::detach_user),
        Operation::read("ListAttachedUserPolicies", attachments::list_user),
        Operation::write("AttachGroupPolicy", attachments::attach_group),
        Operation::write("DetachGroupPolicy", attachments::detach_group),
        Operation::read("ListAttachedGroupPolicies", attachments::list_group),
        Operation::write("AttachRolePolicy", attachments::attach_role),
        Operation::write("DetachRolePolicy", attachments::detach_role),
        Operation::read("ListAttachedRolePolicies", attachments::list_role),
        Operation::read("ListEntitiesForPolicy", attachments::entities),
        Operation::write("PutUserPermissionsBoundary", boundaries::put_user),
        Operation::write("DeleteUserPermissionsBoundary", boundaries::delete_user),
        Operation::write("PutRolePermissionsBoundary", boundaries::put_role),
        Operation::write("DeleteRolePermissionsBoundary", boundaries::delete_role),
        Operation::read("SimulateCustomPolicy", simulation::custom),
        Operation::read("SimulatePrincipalPolicy", simulation::of_one_principal),
        Operation::read("GetContextKeysForCustomPolicy", simulated::custom_keys),
        Operation::read("GetContextKeysForPrincipalPolicy", simulated::principal_keys),
        Operation::write("TagUser", tagging::tag_user),
        Operation::write("UntagUser", tagging::untag_user),
        Operation::read("ListUserTags", tagging::list_user),
        Operation::write("TagRole", tagging::tag_role),
        Operation::write("UntagRole", tagging::untag_role),
        Operation::read("ListRoleTags", tagging::list_role),
        Operation::write("TagPolicy", tagging::tag_policy),
        Operation::write("UntagPolicy", tagging::untag_policy),
        Operation::read("ListPolicyTags", tagging::list_policy),
    ]
}
