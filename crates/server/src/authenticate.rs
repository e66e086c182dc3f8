//! Who signed a request, and the policies that apply to them (`iam-sts-sigv4-cloudtrail.md` §7, §8).

use flowlogd_aws::policy::{NamedPolicy, Policies, Policy, PolicyKind, Principal};
use flowlogd_aws::sigv4::{self, Presented, RequestParts, SigV4Error};
use flowlogd_aws::{Arn, Fault};

use crate::call::{Caller, Identity, internal};
use crate::dispatch::Service;
use crate::model::{AccessKey, Group, InlinePolicy, KeyOwner, Role, Session, User};
use crate::ops::iam::managed_policy;
use crate::state::{Place, State, Txn};

/// A key that was found, with what its signature is checked by.
struct Found {
    caller: Caller,
    secret: String,
    expires: Option<i64>,
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
    let account = place.account.clone();
    let identity = match &key.owner {
        KeyOwner::Root => Identity::Iam {
            principal: Principal::Root { account: account.clone() },
            policies: Box::default(),
        },
        KeyOwner::Agent(host) => Identity::Agent { host: host.clone() },
        KeyOwner::User(id) => {
            let Some(user) = txn.get::<User>(&place, id)? else { return Ok(None) };
            let policies = Policies {
                identity: of_user(txn, &place, &user)?,
                boundary: boundary(txn, &account, user.boundary.as_deref())?,
                ..Policies::default()
            };
            let arn = Arn::new("iam", "", &account, format!("user{}{}", user.path, user.name));
            let principal = Principal::User { arn, id: user.unique_id, name: user.name };
            Identity::Iam { principal, policies: Box::new(policies) }
        }
    };
    let caller =
        Caller { account, identity, access_key_id: key.id, agent: None, token_issued: None };
    Ok(Some(Found { caller, secret: key.secret, expires: None }))
}

fn find_session(txn: &Txn<'_>, id: &str, token: &str) -> Result<Option<Found>, Fault> {
    let Some((place, session)) = txn.find::<Session>(id)? else { return Ok(None) };
    if !is_same(&session.token, token) {
        return Ok(None);
    }
    let role = txn.get::<Role>(&place, &session.role)?;
    // A role that was made anew does not revive the sessions of the old one.
    let Some(role) = role.filter(|role| role.unique_id == session.role_id) else { return Ok(None) };
    let account = place.account.clone();
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
    };
    Ok(Some(Found { caller, secret: session.secret, expires: Some(session.expires) }))
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
