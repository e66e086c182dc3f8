//! `AssumeRole`.

use serde::{Deserialize, Serialize};

use crate::Seconds;
use crate::iam::shapes::Tag;

/// Request of `AssumeRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AssumeRoleRequest {
    /// Of the role.
    pub role_arn: String,
    /// 2 to 64 characters; of a delivery session the id of the flow log.
    pub role_session_name: String,
    /// Managed policies that limit the session; at most ten.
    #[serde(default)]
    pub policy_arns: Vec<PolicyDescriptor>,
    /// A policy that limits the session, as JSON.
    pub policy: Option<String>,
    /// 900 to 43200; 3600 where it is absent.
    pub duration_seconds: Option<i64>,
    /// Session tags; at most fifty.
    #[serde(default)]
    pub tags: Vec<Tag>,
    /// Keys of session tags that sessions made with this one inherit.
    #[serde(default)]
    pub transitive_tag_keys: Vec<String>,
    /// What the role's owner and a third party agreed on.
    pub external_id: Option<String>,
    /// Of a device: refused.
    pub serial_number: Option<String>,
    /// Of a device: refused.
    pub token_code: Option<String>,
    /// Who is behind the session, for good; 2 to 64 characters.
    pub source_identity: Option<String>,
    /// Refused.
    #[serde(default)]
    pub provided_contexts: Vec<ProvidedContext>,
    /// Refused.
    pub minimum_session_token_size: Option<i64>,
}

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyDescriptor {
    /// Its ARN.
    pub arn: String,
}

/// A statement of an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ProvidedContext {
    /// Of the provider.
    pub provider_arn: Option<String>,
    /// What it states.
    pub context_assertion: Option<String>,
}

/// Answer of `AssumeRole`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumeRoleResponse {
    /// What requests of the session are signed with.
    pub credentials: Credentials,
    /// Who the session is.
    pub assumed_role_user: AssumedRoleUser,
    /// How much of the space for policies and tags is used, in percent; absent where there are none.
    pub packed_policy_size: Option<u32>,
    /// Who is behind the session, where that was said.
    pub source_identity: Option<String>,
}

/// Temporary credentials.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    /// `ASIA…`.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// To be sent along with every request.
    pub session_token: String,
    /// When they end.
    pub expiration: Seconds,
}

/// Leaves the secrets out.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// A session of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRoleUser {
    /// `AROA…:SESSION`.
    pub assumed_role_id: String,
    /// `arn:aws:sts::A:assumed-role/ROLE/SESSION`.
    pub arn: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{from_node, xml};

    #[test]
    fn who_assumes_a_role_reads_its_credentials() {
        let answer = AssumeRoleResponse {
            credentials: Credentials {
                access_key_id: "ASIAEXAMPLE".to_owned(),
                secret_access_key: "s+/=".to_owned(),
                session_token: "t<&>".to_owned(),
                expiration: Seconds(1_767_229_200),
            },
            assumed_role_user: AssumedRoleUser {
                assumed_role_id: "AROAEXAMPLE:s".to_owned(),
                arn: "arn:aws:sts::123456789012:assumed-role/r/s".to_owned(),
            },
            packed_policy_size: None,
            source_identity: None,
        };

        let text = xml::write_query(crate::sts::NAMESPACE, "AssumeRole", "i", &answer).unwrap();
        let node = xml::parse(&text).unwrap();

        assert!(text.contains("<Expiration>2026-01-01T01:00:00Z</Expiration>"), "{text}");
        let read: AssumeRoleResponse = from_node(node.get("AssumeRoleResult").unwrap()).unwrap();
        assert_eq!(read, answer);
        assert!(!format!("{read:?}").contains("s+/="));
    }
}
