//! The policies that a simulation is about, and the context keys that they speak of
//! (`iam-sts-sigv4-cloudtrail.md` §5.5).

use std::collections::{BTreeMap, BTreeSet};

use flowlogd_aws::iam::{
    GetContextKeysForCustomPolicyRequest, GetContextKeysForCustomPolicyResponse,
    GetContextKeysForPrincipalPolicyRequest, GetContextKeysForPrincipalPolicyResponse,
};
use flowlogd_aws::policy::{NamedPolicy, Policy, PolicyKind};
use flowlogd_aws::{Arn, Fault};

use super::constraint::Constraints;
use super::documents;
use super::entity::{Entity, action, by_arn};
use super::fault::{invalid_input, no_such_entity};
use super::managed_policies::{managed_policy, parsed};
use crate::call::{Call, internal};
use crate::model::{Group, Role, User};

/// Policies with the texts that they were read from; managed ones have their ARN for a name, which alone is
/// unique.
pub(super) type Documents = Vec<(NamedPolicy, String)>;

/// Whose policies are simulated.
pub(super) enum Source {
    User(User),
    Group(Group),
    Role(Role),
}

/// What an ARN may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
    Role,
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn custom_keys(
    call: &Call<'_>,
    request: GetContextKeysForCustomPolicyRequest,
) -> Result<GetContextKeysForCustomPolicyResponse, Fault> {
    call.authorize(&action(call), "*")?;
    let policies = given("PolicyInputList", "policyInputList", &request.policy_input_list)?;
    Ok(GetContextKeysForCustomPolicyResponse { context_key_names: keys(&policies) })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn principal_keys(
    call: &Call<'_>,
    request: GetContextKeysForPrincipalPolicyRequest,
) -> Result<GetContextKeysForPrincipalPolicyResponse, Fault> {
    let source = authorized_source(call, &request.policy_source_arn)?;
    let (mut policies, boundary) = of_principal(call, &source)?;
    policies.extend(boundary);
    policies.extend(given("PolicyInputList", "policyInputList", &request.policy_input_list)?);
    Ok(GetContextKeysForPrincipalPolicyResponse { context_key_names: keys(&policies) })
}

/// Keys compare without case: of those that differ in nothing else, the first counts.
fn keys(policies: &Documents) -> Vec<String> {
    let all: BTreeSet<String> =
        policies.iter().flat_map(|(policy, _)| policy.policy.context_keys()).collect();
    let mut found = BTreeMap::new();
    for key in all {
        found.entry(key.to_ascii_lowercase()).or_insert(key);
    }
    found.into_values().collect()
}

/// Reads the policies of a request; they are told as `NAME.1`, `NAME.2` and so on.
pub(super) fn given(name: &str, member: &str, texts: &[String]) -> Result<Documents, Fault> {
    let mut found = Vec::with_capacity(texts.len());
    for (number, text) in (1..).zip(texts) {
        let member = format!("{member}.{number}.member");
        let policy = documents::read(&member, text, PolicyKind::Identity).map_err(|fault| {
            // These operations have no MalformedPolicyDocument.
            if fault.code == "MalformedPolicyDocument" {
                invalid_input(fault.message)
            } else {
                fault
            }
        })?;
        found.push((NamedPolicy { name: format!("{name}.{number}"), policy }, text.clone()));
    }
    Ok(found)
}

/// Tells what an ARN is of; sessions, federated users and services have no policies.
pub(super) fn kind_of(arn: &str) -> Result<Kind, Fault> {
    let of = arn.parse::<Arn>().ok().filter(|arn| arn.service == "iam");
    let kind = of.as_ref().and_then(|arn| arn.resource.split_once('/')).map(|(kind, _)| kind);
    match kind {
        Some("user") => Ok(Kind::User),
        Some("group") => Ok(Kind::Group),
        Some("role") => Ok(Kind::Role),
        Some(_) | None => Err(invalid_input(format!(
            "Invalid ARN {arn}: it has to be that of a user, a group or a role."
        ))),
    }
}

/// Asks for permission on the principal that a request names, and returns it.
pub(super) fn authorized_source(call: &Call<'_>, arn: &str) -> Result<Source, Fault> {
    call.authorize(&action(call), arn)?;
    Constraints::new().arn("policySourceArn", arn).finish()?;
    parsed(arn)?;
    let kind = kind_of(arn)?;
    let own = arn.parse::<Arn>().is_ok_and(|arn| arn.account == call.account());
    let found = match kind {
        Kind::User => by_arn::<User>(call.txn, arn)?.map(Source::User),
        Kind::Group => by_arn::<Group>(call.txn, arn)?.map(Source::Group),
        Kind::Role => by_arn::<Role>(call.txn, arn)?.map(Source::Role),
    };
    found
        .filter(|_| own)
        .ok_or_else(|| no_such_entity(format!("The entity {arn} cannot be found.")))
}

/// Returns the policies that a principal has, those of its groups among them, and its boundary.
pub(super) fn of_principal(
    call: &Call<'_>,
    source: &Source,
) -> Result<(Documents, Documents), Fault> {
    let mut found = Vec::new();
    let boundary = match source {
        Source::User(user) => {
            add(call, user, &mut found)?;
            for id in &user.groups {
                if let Some(group) = call.txn.get::<Group>(&call.global(), id)? {
                    add(call, &group, &mut found)?;
                }
            }
            user.boundary.as_deref()
        }
        Source::Group(group) => {
            add(call, group, &mut found)?;
            None
        }
        Source::Role(role) => {
            add(call, role, &mut found)?;
            role.boundary.as_deref()
        }
    };
    let mut limits = Vec::new();
    if let Some(arn) = boundary {
        limits.extend(managed(call, arn)?);
    }
    Ok((found, limits))
}

fn add<E: Entity>(call: &Call<'_>, entity: &E, found: &mut Documents) -> Result<(), Fault> {
    for policy in entity.inline() {
        let name = format!("{}_{}_{}", E::NOUN, entity.name(), policy.name);
        found.push(stored(name, &policy.document)?);
    }
    for arn in entity.attached() {
        found.extend(managed(call, arn)?);
    }
    Ok(())
}

fn managed(call: &Call<'_>, arn: &str) -> Result<Option<(NamedPolicy, String)>, Fault> {
    let Some(policy) = managed_policy(call.txn, call.account(), arn)? else { return Ok(None) };
    let version = policy.versions.iter().find(|version| version.id == policy.default_version);
    version.map(|version| stored(arn.to_owned(), &version.document)).transpose()
}

/// Reads a document that was checked when it was stored.
fn stored(name: String, document: &str) -> Result<(NamedPolicy, String), Fault> {
    let policy = Policy::parse(document, PolicyKind::Identity).map_err(|error| internal(&error))?;
    Ok((NamedPolicy { name, policy }, document.to_owned()))
}
