//! Trust policies: whom they name, who that is by now, and whether a service may assume a role
//! (`iam-sts-sigv4-cloudtrail.md` §4).

use std::collections::BTreeMap;

use flowlogd_aws::policy::{
    self, Ask, Context, Evaluation, MalformedPolicy, NamedPolicy, Policies, Policy, PolicyKind,
    Principal,
};
use flowlogd_aws::{Arn, Fault, Seconds};
use serde_json::Value;

use super::documents;
use super::entity::{Entity, by_arn, id_of};
use super::fault::{limit_exceeded, malformed_policy};
use super::service_principals;
use crate::call::{Call, internal};
use crate::model::{Role, User};
use crate::state::{Place, StateError, Txn};

/// Characters that a trust policy may have, white space not counted.
const LONGEST: usize = 2048;

/// Checks a trust policy that is to be saved, and returns the unique ids of the users and roles that it
/// names: one that is made anew is another.
pub(super) fn read(
    call: &Call<'_>,
    member: &str,
    document: &str,
) -> Result<Vec<(String, String)>, Fault> {
    let policy = documents::read(member, document, PolicyKind::Trust)?;
    let mut trusted: Vec<(String, String)> = Vec::new();
    for (kind, name) in policy.principals() {
        if let Some(id) = resolve(call, &kind, &name)? {
            trusted.push((name, id));
        }
    }
    trusted.sort_unstable();
    trusted.dedup();
    if documents::size(document) > LONGEST {
        return Err(limit_exceeded(format!("Cannot exceed quota for ACLSizePerRole: {LONGEST}")));
    }
    Ok(trusted)
}

/// Whom a principal is, when a policy is saved.
enum Who {
    /// There is no such one.
    Nobody,
    /// An account, a service or everybody: it stands as it is written.
    AsWritten,
    /// A user or a role; this is its unique id.
    Entity(String),
}

/// Refuses a principal that does not exist; returns the unique id of a user or a role.
fn resolve(call: &Call<'_>, kind: &str, name: &str) -> Result<Option<String>, Fault> {
    let known = match kind {
        "AWS" => match who(call, name)? {
            Who::Entity(id) => return Ok(Some(id)),
            Who::AsWritten => true,
            Who::Nobody => false,
        },
        "Service" => service_principals::is_known(name),
        "Federated" => service_principals::is_identity_provider(name),
        _ => false,
    };
    if known {
        return Ok(None);
    }
    let kind = kind.to_uppercase();
    Err(malformed_policy(format!("Invalid principal in policy: \"{kind}\":\"{name}\"")))
}

fn who(call: &Call<'_>, name: &str) -> Result<Who, StateError> {
    let is_account =
        |text: &str| call.account() == text || call.config.accounts.iter().any(|a| a == text);
    if name == "*" || is_account(name) {
        return Ok(Who::AsWritten);
    }
    if name.starts_with("AIDA") || name.starts_with("AROA") {
        let there = arn_of(call.txn, name)?;
        return Ok(there.map_or(Who::Nobody, |_| Who::Entity(name.to_owned())));
    }
    let Ok(arn) = name.parse::<Arn>() else { return Ok(Who::Nobody) };
    if arn.partition != "aws" || !arn.region.is_empty() || !is_account(&arn.account) {
        return Ok(Who::Nobody);
    }
    if arn.service == "iam" && arn.resource == "root" {
        return Ok(Who::AsWritten);
    }
    Ok(id_of_principal(call.txn, name, &arn)?.map_or(Who::Nobody, Who::Entity))
}

/// Returns the unique id of the user or the role that has this ARN; of a session, its role's.
fn id_of_principal(txn: &Txn<'_>, text: &str, arn: &Arn) -> Result<Option<String>, StateError> {
    let (kind, rest) = arn.resource.split_once('/').unwrap_or_default();
    match (arn.service.as_str(), kind) {
        ("iam", "user") => Ok(by_arn::<User>(txn, text)?.map(|user| user.unique_id)),
        ("iam", "role") => Ok(by_arn::<Role>(txn, text)?.map(|role| role.unique_id)),
        ("sts", "assumed-role") => {
            let Some((name, session)) = rest.split_once('/') else { return Ok(None) };
            if session.is_empty() || session.contains(['/', '*', '?']) {
                return Ok(None);
            }
            let role: Option<Role> = txn.get(&Place::global(&arn.account), &id_of(name))?;
            Ok(role.filter(|role| role.name == name).map(|role| role.unique_id))
        }
        _ => Ok(None),
    }
}

/// Returns the ARN of the user or the role that has this unique id.
fn arn_of(txn: &Txn<'_>, id: &str) -> Result<Option<String>, StateError> {
    for place in txn.places::<User>()? {
        let users: Vec<User> = txn.list(&place)?;
        if let Some(user) = users.iter().find(|user| user.unique_id == id) {
            return Ok(Some(user.arn(&place.account)));
        }
    }
    for place in txn.places::<Role>()? {
        let roles: Vec<Role> = txn.list(&place)?;
        if let Some(role) = roles.iter().find(|role| role.unique_id == id) {
            return Ok(Some(role.arn(&place.account)));
        }
    }
    Ok(None)
}

/// Returns a role's trust policy as it counts: whoever is still there stands in it by the ARN of today, who
/// is gone by the unique id, which nobody will ever have again.
pub(super) fn document(txn: &Txn<'_>, role: &Role) -> Result<String, Fault> {
    let mut changed = BTreeMap::new();
    for (text, id) in &role.trusted_ids {
        if let Some(now) = name_by_now(txn, text, id)? {
            changed.insert(text.as_str(), now);
        }
    }
    if changed.is_empty() {
        return Ok(role.trust_policy.clone());
    }
    let mut document: Value =
        serde_json::from_str(&role.trust_policy).map_err(|error| internal(&error))?;
    if let Some(statements) = document.get_mut("Statement") {
        for statement in one_or_many(statements) {
            for element in ["Principal", "NotPrincipal"] {
                let Some(names) = statement.get_mut(element).and_then(|map| map.get_mut("AWS"))
                else {
                    continue;
                };
                for name in one_or_many(names) {
                    if let Some(now) = name.as_str().and_then(|text| changed.get(text)) {
                        *name = Value::String(now.clone());
                    }
                }
            }
        }
    }
    Ok(document.to_string())
}

fn one_or_many(value: &mut Value) -> &mut [Value] {
    match value {
        Value::Array(values) => values,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_mut(value)
        }
    }
}

/// Returns how a principal has to be written by now; `None` where it still has the ARN it was saved with.
fn name_by_now(txn: &Txn<'_>, text: &str, id: &str) -> Result<Option<String>, StateError> {
    if let Ok(arn) = text.parse::<Arn>()
        && id_of_principal(txn, text, &arn)?.as_deref() == Some(id)
    {
        return Ok(None);
    }
    Ok(Some(arn_of(txn, id)?.unwrap_or_else(|| id.to_owned())))
}

/// Returns the trust policy of a role as it counts, ready to be judged by.
pub(in crate::ops) fn trust_policy(
    txn: &Txn<'_>,
    account: &str,
    role: &Role,
) -> Result<NamedPolicy, Fault> {
    let document = document(txn, role)?;
    let policy = Policy::parse(&document, PolicyKind::Trust)
        .map_err(|MalformedPolicy(text)| internal(&UnreadableTrust(role.name.clone(), text)))?;
    Ok(NamedPolicy { name: role.arn(account), policy })
}

/// A document that was checked when it was saved.
#[derive(Debug, thiserror::Error)]
#[error("the stored trust policy of role {0} cannot be read: {1}")]
struct UnreadableTrust(String, String);

/// A service that wants to act for one of its resources.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServiceCall<'a> {
    /// `vpc-flow-logs.amazonaws.com`.
    pub(crate) service: &'a str,
    /// `arn:aws:ec2:R:A:vpc-flow-log/fl-…`.
    pub(crate) source_arn: &'a str,
    /// Twelve digits.
    pub(crate) source_account: &'a str,
    /// What the session is or would be called: the id of the flow log.
    pub(crate) session_name: &'a str,
    /// Where.
    pub(crate) region: &'a str,
    /// Unix milliseconds.
    pub(crate) now: i64,
}

/// Decides whether a service may assume a role of an account. Only the trust policy counts: a service has
/// no policies of its own (`iam-sts-sigv4-cloudtrail.md` §2.2, §2.4).
pub(crate) fn may_service_assume(
    txn: &Txn<'_>,
    account: &str,
    role: &Role,
    asking: &ServiceCall<'_>,
) -> Result<Evaluation, Fault> {
    let trust = trust_policy(txn, account, role)?;
    let principal = Principal::Service { name: asking.service.to_owned() };
    let now = asking.now / 1000;
    let mut context = Context::default();
    context.set("aws:CurrentTime", Seconds(now).to_string());
    context.set("aws:EpochTime", now.to_string());
    context.set("aws:SecureTransport", "true");
    context.set("aws:RequestedRegion", asking.region);
    context.set("aws:ResourceAccount", account);
    context.set("aws:SourceArn", asking.source_arn);
    context.set("aws:SourceAccount", asking.source_account);
    context.set("aws:PrincipalIsAWSService", "true");
    context.set("aws:PrincipalServiceName", asking.service);
    context.set_all("aws:PrincipalServiceNamesList", [asking.service.to_owned()]);
    context.set("sts:RoleSessionName", asking.session_name);
    let resource = role.arn(account);
    let ask = Ask {
        principal: &principal,
        action: "sts:AssumeRole",
        resource: &resource,
        context: &context,
    };
    Ok(policy::evaluate(&ask, &Policies { resource: Some(trust), ..Policies::default() }))
}

/// Returns the role that has this ARN, with its account.
pub(crate) fn role_by_arn(txn: &Txn<'_>, arn: &Arn) -> Result<Option<Role>, StateError> {
    by_arn::<Role>(txn, &arn.to_string())
}
