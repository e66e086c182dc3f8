//! `GetCallerIdentity`.

use serde::{Deserialize, Serialize};

/// Request of `GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GetCallerIdentityRequest {}

/// Answer of `GetCallerIdentity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetCallerIdentityResponse {
    /// `AIDA…`, `AROA…:session`, or the account for root.
    pub user_id: String,
    /// Twelve digits.
    pub account: String,
    /// Of the user or the session.
    pub arn: String,
}
