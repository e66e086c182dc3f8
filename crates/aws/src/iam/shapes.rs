//! What the answers of several operations hold.

#![expect(clippy::struct_field_names, reason = "members are called what the wire calls them")]

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
