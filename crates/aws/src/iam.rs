//! IAM (Query, version 2010-05-08): one file an operation.

use percent_encoding::utf8_percent_encode;

use crate::codec::query::RESERVED;

mod add_user_to_group;
mod attach_group_policy;
mod attach_role_policy;
mod attach_user_policy;
mod create_access_key;
mod create_group;
mod create_policy;
mod create_policy_version;
mod create_role;
mod create_user;
mod delete_access_key;
mod delete_group;
mod delete_group_policy;
mod delete_policy;
mod delete_policy_version;
mod delete_role;
mod delete_role_permissions_boundary;
mod delete_role_policy;
mod delete_user;
mod delete_user_permissions_boundary;
mod delete_user_policy;
mod detach_group_policy;
mod detach_role_policy;
mod detach_user_policy;
mod get_access_key_last_used;
mod get_account_summary;
mod get_context_keys_for_custom_policy;
mod get_context_keys_for_principal_policy;
mod get_group;
mod get_group_policy;
mod get_policy;
mod get_policy_version;
mod get_role;
mod get_role_policy;
mod get_user;
mod get_user_policy;
mod list_access_keys;
mod list_account_aliases;
mod list_attached_group_policies;
mod list_attached_role_policies;
mod list_attached_user_policies;
mod list_entities_for_policy;
mod list_group_policies;
mod list_groups;
mod list_groups_for_user;
mod list_policies;
mod list_policy_tags;
mod list_policy_versions;
mod list_role_policies;
mod list_role_tags;
mod list_roles;
mod list_user_policies;
mod list_user_tags;
mod list_users;
mod put_group_policy;
mod put_role_permissions_boundary;
mod put_role_policy;
mod put_user_permissions_boundary;
mod put_user_policy;
mod remove_user_from_group;
mod set_default_policy_version;
pub mod shapes;
mod simulate_custom_policy;
mod simulate_principal_policy;
mod tag_policy;
mod tag_role;
mod tag_user;
mod untag_policy;
mod untag_role;
mod untag_user;
mod update_access_key;
mod update_assume_role_policy;
mod update_group;
mod update_role;
mod update_user;

pub use add_user_to_group::AddUserToGroupRequest;
pub use attach_group_policy::AttachGroupPolicyRequest;
pub use attach_role_policy::AttachRolePolicyRequest;
pub use attach_user_policy::AttachUserPolicyRequest;
pub use create_access_key::{CreateAccessKeyRequest, CreateAccessKeyResponse};
pub use create_group::{CreateGroupRequest, CreateGroupResponse};
pub use create_policy::{CreatePolicyRequest, CreatePolicyResponse};
pub use create_policy_version::{CreatePolicyVersionRequest, CreatePolicyVersionResponse};
pub use create_role::{CreateRoleRequest, CreateRoleResponse};
pub use create_user::{CreateUserRequest, CreateUserResponse};
pub use delete_access_key::DeleteAccessKeyRequest;
pub use delete_group::DeleteGroupRequest;
pub use delete_group_policy::DeleteGroupPolicyRequest;
pub use delete_policy::DeletePolicyRequest;
pub use delete_policy_version::DeletePolicyVersionRequest;
pub use delete_role::DeleteRoleRequest;
pub use delete_role_permissions_boundary::DeleteRolePermissionsBoundaryRequest;
pub use delete_role_policy::DeleteRolePolicyRequest;
pub use delete_user::DeleteUserRequest;
pub use delete_user_permissions_boundary::DeleteUserPermissionsBoundaryRequest;
pub use delete_user_policy::DeleteUserPolicyRequest;
pub use detach_group_policy::DetachGroupPolicyRequest;
pub use detach_role_policy::DetachRolePolicyRequest;
pub use detach_user_policy::DetachUserPolicyRequest;
pub use get_access_key_last_used::{GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse};
pub use get_account_summary::{GetAccountSummaryRequest, GetAccountSummaryResponse};
pub use get_context_keys_for_custom_policy::{
    GetContextKeysForCustomPolicyRequest, GetContextKeysForCustomPolicyResponse,
};
pub use get_context_keys_for_principal_policy::{
    GetContextKeysForPrincipalPolicyRequest, GetContextKeysForPrincipalPolicyResponse,
};
pub use get_group::{GetGroupRequest, GetGroupResponse};
pub use get_group_policy::{GetGroupPolicyRequest, GetGroupPolicyResponse};
pub use get_policy::{GetPolicyRequest, GetPolicyResponse};
pub use get_policy_version::{GetPolicyVersionRequest, GetPolicyVersionResponse};
pub use get_role::{GetRoleRequest, GetRoleResponse};
pub use get_role_policy::{GetRolePolicyRequest, GetRolePolicyResponse};
pub use get_user::{GetUserRequest, GetUserResponse};
pub use get_user_policy::{GetUserPolicyRequest, GetUserPolicyResponse};
pub use list_access_keys::{ListAccessKeysRequest, ListAccessKeysResponse};
pub use list_account_aliases::{ListAccountAliasesRequest, ListAccountAliasesResponse};
pub use list_attached_group_policies::{
    ListAttachedGroupPoliciesRequest, ListAttachedGroupPoliciesResponse,
};
pub use list_attached_role_policies::{
    ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse,
};
pub use list_attached_user_policies::{
    ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse,
};
pub use list_entities_for_policy::{ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse};
pub use list_group_policies::{ListGroupPoliciesRequest, ListGroupPoliciesResponse};
pub use list_groups::{ListGroupsRequest, ListGroupsResponse};
pub use list_groups_for_user::{ListGroupsForUserRequest, ListGroupsForUserResponse};
pub use list_policies::{ListPoliciesRequest, ListPoliciesResponse};
pub use list_policy_tags::{ListPolicyTagsRequest, ListPolicyTagsResponse};
pub use list_policy_versions::{ListPolicyVersionsRequest, ListPolicyVersionsResponse};
pub use list_role_policies::{ListRolePoliciesRequest, ListRolePoliciesResponse};
pub use list_role_tags::{ListRoleTagsRequest, ListRoleTagsResponse};
pub use list_roles::{ListRolesRequest, ListRolesResponse};
pub use list_user_policies::{ListUserPoliciesRequest, ListUserPoliciesResponse};
pub use list_user_tags::{ListUserTagsRequest, ListUserTagsResponse};
pub use list_users::{ListUsersRequest, ListUsersResponse};
pub use put_group_policy::PutGroupPolicyRequest;
pub use put_role_permissions_boundary::PutRolePermissionsBoundaryRequest;
pub use put_role_policy::PutRolePolicyRequest;
pub use put_user_permissions_boundary::PutUserPermissionsBoundaryRequest;
pub use put_user_policy::PutUserPolicyRequest;
pub use remove_user_from_group::RemoveUserFromGroupRequest;
pub use set_default_policy_version::SetDefaultPolicyVersionRequest;
pub use simulate_custom_policy::{SimulateCustomPolicyRequest, SimulateCustomPolicyResponse};
pub use simulate_principal_policy::{
    SimulatePrincipalPolicyRequest, SimulatePrincipalPolicyResponse,
};
pub use tag_policy::TagPolicyRequest;
pub use tag_role::TagRoleRequest;
pub use tag_user::TagUserRequest;
pub use untag_policy::UntagPolicyRequest;
pub use untag_role::UntagRoleRequest;
pub use untag_user::UntagUserRequest;
pub use update_access_key::UpdateAccessKeyRequest;
pub use update_assume_role_policy::UpdateAssumeRolePolicyRequest;
pub use update_group::UpdateGroupRequest;
pub use update_role::{UpdateRoleRequest, UpdateRoleResponse};
pub use update_user::UpdateUserRequest;

/// The version that requests name.
pub const VERSION: &str = "2010-05-08";
/// The namespace of answers.
pub const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// Writes a policy as answers hold it: percent-encoded by RFC 3986, a space as `%20`
/// (`iam-sts-sigv4-cloudtrail.md` §5.1).
pub fn encoded_document(document: &str) -> String {
    utf8_percent_encode(document, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::query::Parameters;
    use crate::codec::{from_node, xml};

    #[test]
    fn a_document_is_percent_encoded_by_rfc_3986() {
        assert_eq!(
            encoded_document("{\"a\": [\"x*~-_.\u{e9}\"]}"),
            "%7B%22a%22%3A%20%5B%22x%2A~-_.%C3%A9%22%5D%7D"
        );
    }

    #[test]
    fn an_empty_structure_has_a_result_element_and_no_output_has_none() {
        let role = xml::write_query(NAMESPACE, "UpdateRole", "i", &UpdateRoleResponse {}).unwrap();
        let user = xml::write_query(NAMESPACE, "UpdateUser", "i", &()).unwrap();

        assert!(role.contains("<UpdateRoleResult></UpdateRoleResult><ResponseMetadata>"), "{role}");
        assert!(!user.contains("Result"), "{user}");
    }

    #[test]
    fn an_empty_list_is_an_empty_element_and_reads_as_one() {
        let answer = ListUsersResponse { users: Vec::new(), is_truncated: false, marker: None };

        let text = xml::write_query(NAMESPACE, "ListUsers", "i", &answer).unwrap();
        let node = xml::parse(&text).unwrap();

        assert!(text.contains("<Users></Users><IsTruncated>false</IsTruncated>"), "{text}");
        let read: ListUsersResponse = from_node(node.get("ListUsersResult").unwrap()).unwrap();
        assert_eq!(read, answer);
    }

    #[test]
    fn lists_of_requests_are_members_and_may_be_empty() {
        let form = "UserName=bob&Tags.member.1.Key=k&Tags.member.1.Value=v+w";
        let read: TagUserRequest = Parameters::parse(form).unwrap().read().unwrap();
        let empty: UntagUserRequest =
            Parameters::parse("UserName=bob&TagKeys=").unwrap().read().unwrap();

        assert_eq!(read.tags[0].value, "v w");
        assert!(empty.tag_keys.is_empty());
    }
}
