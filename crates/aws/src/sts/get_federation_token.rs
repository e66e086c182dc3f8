//! `GetFederationToken`.

use serde::{Deserialize, Serialize};

use super::{Credentials, PolicyDescriptor};
use crate::iam::shapes::Tag;

/// Request of `GetFederationToken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct GetFederationTokenRequest {
    /// 2 to 32 characters.
    pub name: String,
    /// A policy that limits the session, as JSON.
    pub policy: Option<String>,
    /// Managed policies that limit the session; at most ten.
    #[serde(default)]
    pub policy_arns: Vec<PolicyDescriptor>,
    /// 900 to 129600; 43200 where it is absent, and of root at most 3600.
    pub duration_seconds: Option<i64>,
    /// Session tags; at most fifty.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Refused.
    pub minimum_session_token_size: Option<i64>,
}

/// Answer of `GetFederationToken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetFederationTokenResponse {
    /// What requests of the session are signed with.
    pub credentials: Credentials,
    /// Who the session is.
    pub federated_user: FederatedUser,
    /// How much of the space for policies and tags is used, in percent; absent where there are none.
    pub packed_policy_size: Option<u32>,
}

/// A federated session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct FederatedUser {
    /// `A:NAME`.
    pub federated_user_id: String,
    /// `arn:aws:sts::A:federated-user/NAME`.
    pub arn: String,
}
