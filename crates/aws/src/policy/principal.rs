//! Principals of trust policies (§4).

use super::Principal;
use crate::Arn;

/// Whom a statement of a trust policy speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrincipalMatcher {
    /// `*`.
    Everybody,
    /// An account: its root, and whoever its own policies allow.
    Account { account: String, written: String },
    /// A user, a role or a session, by its ARN.
    Arn(String),
    /// A principal that is gone, by its unique id.
    UniqueId(String),
    /// An AWS service.
    Service(String),
    /// `Federated` and `CanonicalUser`: nobody here is one.
    Other { kind: String, written: String },
}

/// How a principal fits, and with it how far an Allow reaches (§2.3), least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is not meant.
    None,
    /// Its account is meant: its own policies have to allow too.
    Account,
    /// The role or user behind a session is meant: its policies need not allow, but boundary and session
    /// policies limit.
    Issuer,
    /// It itself is meant: only an explicit denial counts against it.
    Exact,
}

impl PrincipalMatcher {
    /// Reads one value of a kind; nothing if it cannot be a principal.
    pub(super) fn parse(kind: &str, value: &str) -> Option<Self> {
        let is_account =
            |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        match kind {
            "AWS" if value == "*" => Some(Self::Everybody),
            "AWS" if is_account(value) => {
                Some(Self::Account { account: value.to_owned(), written: value.to_owned() })
            }
            "AWS" if value.contains(['*', '?']) => None,
            "AWS" => match value.parse::<Arn>() {
                Ok(arn) if arn.service == "iam" && arn.resource == "root" => {
                    Some(Self::Account { account: arn.account, written: value.to_owned() })
                }
                Ok(arn) => {
                    let kind = arn.resource.split('/').next().unwrap_or_default();
                    let is_one = match arn.service.as_str() {
                        "iam" => matches!(kind, "user" | "role"),
                        "sts" => matches!(kind, "assumed-role" | "federated-user"),
                        _ => false,
                    };
                    (is_one && arn.resource.contains('/')).then(|| Self::Arn(value.to_owned()))
                }
                Err(_) => {
                    let is_id = (value.starts_with("AIDA") || value.starts_with("AROA"))
                        && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
                    is_id.then(|| Self::UniqueId(value.to_owned()))
                }
            },
            "Service" => {
                let is_name = value.ends_with(".amazonaws.com") && !value.contains(['*', '?', ' ']);
                is_name.then(|| Self::Service(value.to_owned()))
            }
            "Federated" | "CanonicalUser" => {
                Some(Self::Other { kind: kind.to_owned(), written: value.to_owned() })
            }
            _ => None,
        }
    }

    /// Returns kind and value as written.
    pub(super) fn written(&self) -> (String, String) {
        let (kind, value) = match self {
            Self::Everybody => ("AWS", "*"),
            Self::Account { written, .. } => ("AWS", written.as_str()),
            Self::Arn(arn) => ("AWS", arn.as_str()),
            Self::UniqueId(id) => ("AWS", id.as_str()),
            Self::Service(name) => ("Service", name.as_str()),
            Self::Other { kind, written } => (kind.as_str(), written.as_str()),
        };
        (kind.to_owned(), value.to_owned())
    }

    /// How a principal fits. ARNs of users and roles count as they stand: who wants them to mean the entity
    /// of the time when the policy was saved writes its unique id in their place (§4).
    pub(super) fn fits(&self, principal: &Principal) -> Fit {
        let exact = |is_it: bool| if is_it { Fit::Exact } else { Fit::None };
        let behind = |is_it: bool| if is_it { Fit::Issuer } else { Fit::None };
        match (self, principal) {
            // As for the type of the caller (§2.3); of a session that is who is behind it.
            (Self::Everybody, Principal::Session { .. } | Principal::Federated { .. }) => {
                Fit::Issuer
            }
            (Self::Everybody, _) => Fit::Exact,
            (Self::Account { account, .. }, Principal::Root { account: own }) => {
                exact(account == own)
            }
            (Self::Account { account, .. }, Principal::User { arn, .. })
            | (Self::Account { account, .. }, Principal::Session { arn, .. })
            | (Self::Account { account, .. }, Principal::Federated { arn, .. }) => {
                if *account == arn.account { Fit::Account } else { Fit::None }
            }
            (Self::Arn(named), Principal::User { arn, .. }) => exact(*named == arn.to_string()),
            (Self::Arn(named), Principal::Session { arn, role, .. }) => {
                exact(*named == arn.to_string()).max(behind(*named == role.to_string()))
            }
            (Self::Arn(named), Principal::Federated { arn, issuer, .. }) => {
                exact(*named == arn.to_string()).max(behind(*named == issuer.to_string()))
            }
            (Self::UniqueId(named), Principal::Federated { issuer_id, .. }) => {
                behind(named == issuer_id)
            }
            (Self::UniqueId(named), Principal::User { id, .. }) => exact(named == id),
            (Self::UniqueId(named), Principal::Session { role_id, .. }) => behind(named == role_id),
            (Self::Service(named), Principal::Service { name }) => exact(named == name),
            (
                Self::Account { .. }
                | Self::Arn(_)
                | Self::UniqueId(_)
                | Self::Service(_)
                | Self::Other { .. },
                _,
            ) => Fit::None,
        }
    }
}
