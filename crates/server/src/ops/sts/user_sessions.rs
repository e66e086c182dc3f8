//! Sessions of users and of the account (`iam-sts-sigv4-cloudtrail.md` §6).

use flowlogd_aws::policy::Principal;
use flowlogd_aws::sts::{
    Credentials, FederatedUser, GetFederationTokenRequest, GetFederationTokenResponse,
    GetSessionTokenRequest, GetSessionTokenResponse,
};
use flowlogd_aws::{Arn, Fault, Seconds};

use super::session_policies::{MAX_MANAGED, SessionPolicies};
use super::session_tags::{SessionTags, describe};
use super::sweep::sweep;
use super::unsupported::refuse;
use crate::call::{Call, Identity};
use crate::ids;
use crate::model::{Federated, SessionOwner, UserSession};
use crate::ops::iam::constraint::{Constraints, in_name};

/// Seconds that a session lasts where nothing is said.
const DEFAULT_DURATION: i64 = 43_200;
/// Seconds that a session of the account may last: it is cut short, not refused.
const LONGEST_OF_ROOT: i64 = 3600;

/// A session of the caller itself. It needs no permission (`iam-sts-sigv4-cloudtrail.md` §2.4).
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get_session_token(
    call: &Call<'_>,
    request: GetSessionTokenRequest,
) -> Result<GetSessionTokenResponse, Fault> {
    call.needs_no_permission();
    let owner = long_term_owner(call)?;
    Constraints::new().range("durationSeconds", request.duration_seconds, 900, 129_600).finish()?;
    refuse(&[
        ("SerialNumber", request.serial_number.is_some()),
        ("TokenCode", request.token_code.is_some()),
        ("MinimumSessionTokenSize", request.minimum_session_token_size.is_some()),
    ])?;
    let credentials = make(call, owner, request.duration_seconds, None)?;
    Ok(GetSessionTokenResponse { credentials })
}

pub(super) fn get_federation_token(
    call: &Call<'_>,
    request: GetFederationTokenRequest,
) -> Result<GetFederationTokenResponse, Fault> {
    let name = request.name;
    let arn = Arn::new("sts", "", call.account(), format!("federated-user/{name}")).to_string();
    let ask = |action: &str| {
        call.authorize_with(action, &arn, |context| describe(&request.tags, &[], context))
    };
    ask("sts:GetFederationToken")?;
    if !request.tags.is_empty() {
        ask("sts:TagSession")?;
    }
    let owner = long_term_owner(call)?;
    Constraints::new()
        .length("name", &name, 2, 32)
        .pattern("name", &name, r"[\w+=,.@-]*", in_name)
        .range("durationSeconds", request.duration_seconds, 900, 129_600)
        .count("policyArns", request.policy_arns.len(), MAX_MANAGED)
        .finish()?;
    refuse(&[("MinimumSessionTokenSize", request.minimum_session_token_size.is_some())])?;
    let SessionTags { tags, .. } = SessionTags::read(call, &request.tags, &[])?;
    let limits = SessionPolicies::read(
        call,
        call.account(),
        request.policy.as_deref(),
        &request.policy_arns,
        &request.tags,
    )?;
    let federated = Federated {
        name: name.clone(),
        policies: limits.inline.unwrap_or_default(),
        managed: limits.managed,
        tags,
    };
    let credentials = make(call, owner, request.duration_seconds, Some(federated))?;
    Ok(GetFederationTokenResponse {
        credentials,
        federated_user: FederatedUser {
            federated_user_id: format!("{}:{name}", call.account()),
            arn,
        },
        packed_policy_size: limits.packed,
    })
}

/// Returns the caller, who has to have signed with a long-term key.
fn long_term_owner(call: &Call<'_>) -> Result<SessionOwner, Fault> {
    let owner = match &call.caller.identity {
        Identity::Iam { principal: Principal::Root { .. }, .. } => Some(SessionOwner::Root),
        Identity::Iam { principal: Principal::User { id, name, .. }, .. } => {
            Some(SessionOwner::User { id: name.to_ascii_lowercase(), unique_id: id.clone() })
        }
        Identity::Iam { .. } | Identity::Agent { .. } => None,
    };
    owner.filter(|_| call.caller.token_issued.is_none()).ok_or_else(|| with_session(call))
}

/// Refuses sessions of users, which may call of STS only `AssumeRole` and `GetCallerIdentity`.
pub(super) fn refuse_sessions_of_users(call: &Call<'_>) -> Result<(), Fault> {
    let Identity::Iam { principal, .. } = &call.caller.identity else { return Ok(()) };
    match principal {
        Principal::Root { .. } | Principal::User { .. } | Principal::Federated { .. }
            if call.caller.token_issued.is_some() =>
        {
            Err(with_session(call))
        }
        Principal::Root { .. }
        | Principal::User { .. }
        | Principal::Federated { .. }
        | Principal::Session { .. }
        | Principal::Service { .. } => Ok(()),
    }
}

fn with_session(call: &Call<'_>) -> Fault {
    let text = format!("Cannot call {} with session credentials", call.action);
    Fault::new("AccessDenied", text).with_status(403)
}

fn make(
    call: &Call<'_>,
    owner: SessionOwner,
    duration: Option<i64>,
    federated: Option<Federated>,
) -> Result<Credentials, Fault> {
    let place = call.global();
    let now = call.now() / 1000;
    sweep::<UserSession>(call, &place, |session| session.expires)?;
    let duration = duration.unwrap_or(DEFAULT_DURATION);
    let longest = match owner {
        SessionOwner::Root => LONGEST_OF_ROOT,
        SessionOwner::User { .. } => duration,
    };
    let session = UserSession {
        id: ids::unique("ASIA", 20),
        secret: ids::secret(),
        token: ids::token::<96>(),
        owner,
        issued: now,
        expires: now + duration.min(longest),
        federated,
    };
    call.txn.put(&place, &session, call.now())?;
    Ok(Credentials {
        access_key_id: session.id,
        secret_access_key: session.secret,
        session_token: session.token,
        expiration: Seconds(session.expires),
    })
}
