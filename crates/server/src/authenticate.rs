//! Who signed a request, and the policies that apply to them (`iam-sts-sigv4-cloudtrail.md` §7, §8).

use flowlogd_aws::policy::{NamedPolicy, Policies, Policy, PolicyKind, Principal};
use flowlogd_aws::sigv4::{self, Presented, RequestParts, SigV4Error};
use flowlogd_aws::{Arn, Fault};

use crate::call::{Caller, Identity, internal};
use crate::dispatch::Service;
use crate::model::{
    AccessKey, Group, InlinePolicy, KeyOwner, Role, Session, SessionOwner, Tags, User, UserSession,
};
use crate::ops::iam::managed_policy;
use crate::state::{Place, State, Txn};

/// The policy that allows everything.
const EVERYTHING: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// A key that was found, with what its signature is checked by.
struct Found {
    caller: Caller,
    secret: String,
    expires: Option<i64>,
    reach: Reach,
}

/// Which services a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    All,
    /// Without MFA, sessions of users cannot call IAM (`iam-sts-sigv4-cloudtrail.md` §6).
    AllButIam,
}

/// Authenticates a request. `now` is in Unix seconds, `skew` in seconds.
pub(crate) fn authenticate(
    state: &State,
    service: Service,
    request: &RequestParts<'_>,
    presented: &Presented,
    now: i64,
    skew: i64,
) -> Result<Caller, Fault> {
    let found = state.read(|txn| find(txn, presented))?;
    let found = found.filter(|found| found.reach == Reach::All || service != Service::Iam);
    let Some(found) = found else { return Err(unknown_key(service)) };
    if found.expires.is_some_and(|expires| expires <= now) {
        return Err(expired(service));
    }
    sigv4::verify(request, presented, &found.secret, now, skew)
        .map_err(|error| refused(service, &error))?;
    Ok(found.caller)
}

fn find(txn: &Txn<'_>, presented: &Presented) -> Result<Option<Found>, Fault> {
    match &presented.session_token {
        None => find_key(txn, &presented.access_key_id),
        Some(token) => find_session(txn, &presented.access_key_id, token),
    }
}

fn find_key(txn: &Txn<'_>, id: &str) -> Result<Option<Found>, Fault> {
    let Some((place, key)) = txn.find::<AccessKey>(id)?.filter(|(_, key)| key.active) else {
        return Ok(None);
    };
    let (identity, tags) = match &key.owner {
        KeyOwner::Root => (root(&place), Tags::new()),
        KeyOwner::Agent(host) => (Identity::Agent { host: host.clone() }, Tags::new()),
        KeyOwner::User(id) => {
            let Some(user) = txn.get::<User>(&place, id)? else { return Ok(None) };
            (user_identity(txn, &place, &user)?, user.tags)
        }
    };
    let caller = Caller {
        account: place.account,
        identity,
        access_key_id: key.id,
        agent: None,
        token_issued: None,
        tags,
        transitive: Vec::new(),
        source_identity: None,
    };
    Ok(Some(Found { caller, secret: key.secret, expires: None, reach: Reach::All }))
}

fn root(place: &Place) -> Identity {
    let principal = Principal::Root { account: place.account.clone() };
    Identity::Iam { principal, policies: Box::default() }
}

fn user_identity(txn: &Txn<'_>, place: &Place, user: &User) -> Result<Identity, Fault> {
    let policies = Policies {
        identity: of_user(txn, place, user)?,
        boundary: boundary(txn, &place.account, user.boundary.as_deref())?,
        ..Policies::default()
    };
    let arn = user_arn(&place.account, user);
    let principal = Principal::User { arn, id: user.unique_id.clone(), name: user.name.clone() };
    Ok(Identity::Iam { principal, policies: Box::new(policies) })
}

fn user_arn(account: &str, user: &User) -> Arn {
    Arn::new("iam", "", account, format!("user{}{}", user.path, user.name))
}

fn find_session(txn: &Txn<'_>, id: &str, token: &str) -> Result<Option<Found>, Fault> {
    if let Some((place, session)) = txn.find::<Session>(id)? {
        return if is_same(&session.token, token) {
            role_session(txn, place, session)
        } else {
            Ok(None)
        };
    }
    match txn.find::<UserSession>(id)? {
        Some((place, session)) if is_same(&session.token, token) => {
            user_session(txn, place, session)
        }
        Some(_) | None => Ok(None),
    }
}

fn role_session(txn: &Txn<'_>, place: Place, session: Session) -> Result<Option<Found>, Fault> {
    let role = txn.get::<Role>(&place, &session.role)?;
    // A role that was made anew does not revive the sessions of the old one.
    let Some(role) = role.filter(|role| role.unique_id == session.role_id) else { return Ok(None) };
    let account = place.account;
    let passed = match &session.policies {
        None => None,
        Some(inline) => Some(policies(txn, &account, inline, &session.managed)?),
    };
    let policies = Policies {
        identity: policies(txn, &account, &role.inline, &role.attached)?,
        boundary: boundary(txn, &account, role.boundary.as_deref())?,
        session: passed,
        resource: None,
    };
    let principal = Principal::Session {
        arn: Arn::new("sts", "", &account, format!("assumed-role/{}/{}", role.name, session.name)),
        role: Arn::new("iam", "", &account, format!("role{}{}", role.path, role.name)),
        role_id: role.unique_id,
        session: session.name,
    };
    let caller = Caller {
        account,
        identity: Identity::Iam { principal, policies: Box::new(policies) },
        access_key_id: session.id,
        agent: session.agent,
        token_issued: Some(session.issued),
        tags: with_session_tags(role.tags, session.tags),
        transitive: session.transitive,
        source_identity: session.source_identity,
    };
    let (secret, expires) = (session.secret, Some(session.expires));
    Ok(Some(Found { caller, secret, expires, reach: Reach::All }))
}

fn user_session(txn: &Txn<'_>, place: Place, session: UserSession) -> Result<Option<Found>, Fault> {
    let owner = match &session.owner {
        SessionOwner::Root => None,
        SessionOwner::User { id, unique_id } => {
            let user = txn.get::<User>(&place, id)?;
            let Some(user) = user.filter(|user| user.unique_id == *unique_id) else {
                return Ok(None);
            };
            Some(user)
        }
    };
    let mut identity = match &owner {
        None => root(&place),
        Some(user) => user_identity(txn, &place, user)?,
    };
    let mut tags = owner.map(|user| user.tags).unwrap_or_default();
    if let Some(federated) = session.federated {
        let account = &place.account;
        let limits = policies(txn, account, &federated.policies, &federated.managed)?;
        identity = federate(txn, account, identity, &federated.name, limits)?;
        tags = with_session_tags(tags, federated.tags);
    }
    let caller = Caller {
        account: place.account,
        identity,
        access_key_id: session.id,
        agent: None,
        token_issued: Some(session.issued),
        tags,
        transitive: Vec::new(),
        source_identity: None,
    };
    let (secret, expires) = (session.secret, Some(session.expires));
    Ok(Some(Found { caller, secret, expires, reach: Reach::AllButIam }))
}

/// Makes a federated session of an identity: it may do what both its owner and its own policies allow.
fn federate(
    txn: &Txn<'_>,
    account: &str,
    owner: Identity,
    name: &str,
    limits: Vec<NamedPolicy>,
) -> Result<Identity, Fault> {
    let Identity::Iam { principal, mut policies } = owner else { return Ok(owner) };
    let (issuer, issuer_id) = match principal {
        Principal::User { arn, id, .. } => (arn, id),
        Principal::Root { .. }
        | Principal::Session { .. }
        | Principal::Federated { .. }
        | Principal::Service { .. } => {
            // What root may do, as a policy that can be limited.
            policies.identity.extend(managed(txn, account, EVERYTHING)?);
            (Arn::new("iam", "", account, "root"), account.to_owned())
        }
    };
    policies.session = Some(limits);
    let arn = Arn::new("sts", "", account, format!("federated-user/{name}"));
    let principal = Principal::Federated { arn, issuer, issuer_id, name: name.to_owned() };
    Ok(Identity::Iam { principal, policies })
}

/// Tags of a user or role with those of its session, which win; keys compare without case.
fn with_session_tags(mut tags: Tags, session: Tags) -> Tags {
    for (key, value) in session {
        tags.retain(|other, _| other.to_lowercase() != key.to_lowercase());
        tags.insert(key, value);
    }
    tags
}

/// Returns a user's own policies and those of its groups.
fn of_user(txn: &Txn<'_>, place: &Place, user: &User) -> Result<Vec<NamedPolicy>, Fault> {
    let mut found = policies(txn, &place.account, &user.inline, &user.attached)?;
    for id in &user.groups {
        if let Some(group) = txn.get::<Group>(place, id)? {
            found.extend(policies(txn, &place.account, &group.inline, &group.attached)?);
        }
    }
    Ok(found)
}

fn policies(
    txn: &Txn<'_>,
    account: &str,
    inline: &[InlinePolicy],
    attached: &[String],
) -> Result<Vec<NamedPolicy>, Fault> {
    let mut policies = Vec::with_capacity(inline.len() + attached.len());
    for policy in inline {
        policies.push(parsed(&policy.name, &policy.document)?);
    }
    for arn in attached {
        policies.extend(managed(txn, account, arn)?);
    }
    Ok(policies)
}

fn boundary(txn: &Txn<'_>, account: &str, arn: Option<&str>) -> Result<Option<NamedPolicy>, Fault> {
    arn.map_or(Ok(None), |arn| managed(txn, account, arn))
}

fn managed(txn: &Txn<'_>, account: &str, arn: &str) -> Result<Option<NamedPolicy>, Fault> {
    let Some(policy) = managed_policy(txn, account, arn)? else { return Ok(None) };
    let version = policy.versions.iter().find(|version| version.id == policy.default_version);
    version.map(|version| parsed(arn, &version.document)).transpose()
}

fn parsed(name: &str, document: &str) -> Result<NamedPolicy, Fault> {
    let policy = Policy::parse(document, PolicyKind::Identity).map_err(|error| internal(&error))?;
    Ok(NamedPolicy { name: name.to_owned(), policy })
}

/// Compares in a time that does not depend on where they differ.
fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len()
        && a.bytes().zip(b.bytes()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

fn fault(
    service: Service,
    ec2: (&'static str, u16),
    query: (&'static str, u16),
    json: &'static str,
    text: &str,
) -> Fault {
    let (code, status) = match service {
        Service::Ec2 => ec2,
        Service::Iam | Service::Sts => query,
        Service::Logs | Service::Flowlogd => (json, 400),
    };
    let text = if code == "AuthFailure" {
        "AWS was not able to validate the provided access credentials"
    } else if code == "RequestExpired" {
        "Request has expired."
    } else {
        text
    };
    Fault::new(code, text).with_status(status)
}

fn unknown_key(service: Service) -> Fault {
    fault(
        service,
        ("AuthFailure", 401),
        ("InvalidClientTokenId", 403),
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )
}

fn expired(service: Service) -> Fault {
    fault(
        service,
        ("RequestExpired", 400),
        ("ExpiredToken", 403),
        "ExpiredTokenException",
        "The security token included in the request is expired",
    )
}

/// A signature that does not hold, in the words of the service (§7.2).
pub(crate) fn refused(service: Service, error: &SigV4Error) -> Fault {
    let text = error.to_string();
    match error {
        SigV4Error::Missing if service == Service::Ec2 => {
            Fault::new("MissingParameter", "The request must contain the parameter AWSAccessKeyId")
        }
        SigV4Error::Missing => fault(
            service,
            ("AuthFailure", 401),
            ("MissingAuthenticationToken", 403),
            "MissingAuthenticationTokenException",
            if matches!(service, Service::Iam | Service::Sts) {
                "Request is missing Authentication Token"
            } else {
                &text
            },
        ),
        SigV4Error::Incomplete(_) => fault(
            service,
            ("IncompleteSignature", 400),
            ("IncompleteSignature", 400),
            "IncompleteSignatureException",
            &text,
        ),
        SigV4Error::Skewed(_) => fault(
            service,
            ("RequestExpired", 400),
            ("SignatureDoesNotMatch", 403),
            "InvalidSignatureException",
            &text,
        ),
        SigV4Error::Scope(_) | SigV4Error::Mismatch => fault(
            service,
            ("AuthFailure", 401),
            ("SignatureDoesNotMatch", 403),
            "InvalidSignatureException",
            &text,
        ),
    }
}
