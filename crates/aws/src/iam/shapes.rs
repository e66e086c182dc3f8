//! What the answers of several operations hold.

#![expect(clippy::struct_field_names, reason = "members are called what the wire calls them")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Seconds;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    /// 1 to 128 characters, unique without case.
    pub key: String,
    /// At most 256 characters.
    pub value: String,
}

/// The managed policy that limits a user or a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPermissionsBoundary {
    /// `Policy`.
    pub permissions_boundary_type: String,
    /// Of the managed policy.
    pub permissions_boundary_arn: String,
}

/// A user; root where it has no name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    /// `/` or `/…/`; root has none.
    pub path: Option<String>,
    /// As it was given; root has none.
    pub user_name: Option<String>,
    /// `AIDA…`; of root the account.
    pub user_id: String,
    /// `arn:aws:iam::A:user/path/NAME`.
    pub arn: String,
    /// When it was made; of root unknown.
    pub create_date: Option<Seconds>,
    /// Absent in lists.
    pub permissions_boundary: Option<AttachedPermissionsBoundary>,
    /// Absent in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Group {
    /// `/` or `/…/`.
    pub path: String,
    /// As it was given.
    pub group_name: String,
    /// `AGPA…`.
    pub group_id: String,
    /// `arn:aws:iam::A:group/path/NAME`.
    pub arn: String,
    /// When it was made.
    pub create_date: Seconds,
}

/// When and where credentials of a role were last used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoleLastUsed {
    /// When.
    pub last_used_date: Option<Seconds>,
    /// Where.
    pub region: Option<String>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Role {
    /// `/` or `/…/`.
    pub path: String,
    /// As it was given.
    pub role_name: String,
    /// `AROA…`.
    pub role_id: String,
    /// `arn:aws:iam::A:role/path/NAME`.
    pub arn: String,
    /// When it was made.
    pub create_date: Seconds,
    /// Percent-encoded JSON; principals that are gone stand in it by their unique ids.
    pub assume_role_policy_document: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Seconds.
    pub max_session_duration: Option<u32>,
    /// Absent in lists.
    pub permissions_boundary: Option<AttachedPermissionsBoundary>,
    /// Absent in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// Absent in lists.
    pub role_last_used: Option<RoleLastUsed>,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    /// As it was given.
    pub policy_name: String,
    /// `ANPA…`.
    pub policy_id: String,
    /// `arn:aws:iam::A:policy/path/NAME`.
    pub arn: String,
    /// `/` or `/…/`.
    pub path: String,
    /// The version that counts: `v1`.
    pub default_version_id: String,
    /// How many users, groups and roles have it.
    pub attachment_count: u32,
    /// How many users and roles are limited by it.
    pub permissions_boundary_usage_count: u32,
    /// Always true.
    pub is_attachable: bool,
    /// Absent in lists.
    pub description: Option<String>,
    /// When it was made.
    pub create_date: Seconds,
    /// When its newest version was made.
    pub update_date: Seconds,
    /// Absent in lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
}

/// A version of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyVersion {
    /// Percent-encoded JSON, where one version was asked for.
    pub document: Option<String>,
    /// `v1`.
    pub version_id: String,
    /// Whether it is the one that counts.
    pub is_default_version: bool,
    /// When it was made.
    pub create_date: Seconds,
}

/// A managed policy that a user, a group or a role has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttachedPolicy {
    /// Its name.
    pub policy_name: String,
    /// Its ARN.
    pub policy_arn: String,
}

/// A group that has a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyGroup {
    /// Its name.
    pub group_name: String,
    /// `AGPA…`.
    pub group_id: String,
}

/// A user that has a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyUser {
    /// Its name.
    pub user_name: String,
    /// `AIDA…`.
    pub user_id: String,
}

/// A role that has a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyRole {
    /// Its name.
    pub role_name: String,
    /// `AROA…`.
    pub role_id: String,
}

/// A key with its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKey {
    /// Whose; root has no name.
    pub user_name: Option<String>,
    /// `AKIA…`.
    pub access_key_id: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// Told this once.
    pub secret_access_key: String,
    /// When it was made.
    pub create_date: Option<Seconds>,
}

/// Leaves the secret out.
impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// When, where and for what a key was last used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKeyLastUsed {
    /// Absent where it never was.
    pub last_used_date: Option<Seconds>,
    /// `ec2`; `N/A` where it never was used.
    pub service_name: String,
    /// `us-east-1`; `N/A` where it never was used.
    pub region: String,
}

/// A key without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessKeyMetadata {
    /// Whose; root has no name.
    pub user_name: Option<String>,
    /// `AKIA…`.
    pub access_key_id: String,
    /// `Active` or `Inactive`.
    pub status: String,
    /// When it was made.
    pub create_date: Option<Seconds>,
}

/// Policies of one level of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct OrganizationPolicies {
    /// Policies, as JSON.
    #[serde(default)]
    pub service_control_policy_input_list: Vec<String>,
}

/// A policy that a simulation leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct PolicyExclusion {
    /// `inline`, `user-managed` and others.
    pub policy_type: Option<String>,
    /// Of a managed policy.
    pub policy_arn: Option<String>,
    /// Of an inline policy.
    pub inline_policy_identifier: Option<InlinePolicyIdentifier>,
}

/// Which inline policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct InlinePolicyIdentifier {
    /// Its name.
    pub policy_name: String,
    /// `user`, `group` or `role`.
    pub attachment_type: String,
    /// Of the user, group or role.
    pub attachment_name: String,
}

/// A context key of a simulated request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ContextEntry {
    /// `aws:SourceIp`.
    pub context_key_name: Option<String>,
    /// One, or of a list several.
    #[serde(default)]
    pub context_key_values: Vec<String>,
    /// `string`, `stringList` and others.
    pub context_key_type: Option<String>,
}

/// What would be decided on an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct EvaluationResult {
    /// As it was asked for.
    pub eval_action_name: String,
    /// The ARN where there is one; `*` where there are none or several.
    pub eval_resource_name: Option<String>,
    /// `allowed`, `explicitDeny` or `implicitDeny`: of several resources what is worst.
    pub eval_decision: String,
    /// What decides.
    #[serde(default)]
    pub matched_statements: Vec<MatchedStatement>,
    /// Context keys of the policies that were not given.
    #[serde(default)]
    pub missing_context_values: Vec<String>,
    /// Where there is a boundary.
    pub permissions_boundary_decision_detail: Option<PermissionsBoundaryDecisionDetail>,
    /// Of several accounts: there never is anything in it.
    pub eval_decision_details: Option<BTreeMap<String, String>>,
    /// One an ARN that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_specific_results: Vec<ResourceSpecificResult>,
}

/// What would be decided on an action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceSpecificResult {
    /// The ARN.
    pub eval_resource_name: String,
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub eval_resource_decision: String,
    /// What decides.
    #[serde(default)]
    pub matched_statements: Vec<MatchedStatement>,
    /// Context keys of the policies that were not given.
    #[serde(default)]
    pub missing_context_values: Vec<String>,
    /// Of several accounts: there never is anything in it.
    pub eval_decision_details: Option<BTreeMap<String, String>>,
    /// Where there is a boundary.
    pub permissions_boundary_decision_detail: Option<PermissionsBoundaryDecisionDetail>,
}

/// A statement that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MatchedStatement {
    /// `PolicyInputList.1`, `user_bob_policy`, or the name of a managed policy.
    pub source_policy_id: String,
    /// `IAM Policy`, whatever the service model says.
    pub source_policy_type: String,
    /// Where it begins.
    pub start_position: Position,
    /// Where it ends.
    pub end_position: Position,
}

/// A place in a document, behind a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
}

/// What a boundary says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PermissionsBoundaryDecisionDetail {
    /// Whether it lets the action through.
    pub allowed_by_permissions_boundary: bool,
}
