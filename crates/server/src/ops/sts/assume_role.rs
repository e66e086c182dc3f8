//! Sessions of roles (`iam-sts-sigv4-cloudtrail.md` §6).

use flowlogd_aws::policy::{self, Ask, Context, Decision, Evaluation, Layer, Policies, Principal};
use flowlogd_aws::sts::{AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser, Credentials};
use flowlogd_aws::{Arn, Fault, Seconds};

use super::delivery;
use super::session_policies::{MAX_MANAGED, SessionPolicies};
use super::session_tags::{self, SessionTags};
use super::sweep::sweep;
use super::unsupported::refuse;
use crate::call::{Call, Identity};
use crate::ids;
use crate::model::{Role, Session};
use crate::ops::iam::constraint::{Constraints, in_name, invalid};
use crate::ops::iam::{role_by_arn, trust_policy};
use crate::state::Place;

const ACTION: &str = "sts:AssumeRole";
/// Seconds that a session lasts where nothing is said.
const DEFAULT_DURATION: i64 = 3600;
/// Seconds that a session may last whose role was assumed by another role.
const LONGEST_CHAINED: i64 = 3600;

pub(super) fn assume(
    call: &Call<'_>,
    request: AssumeRoleRequest,
) -> Result<AssumeRoleResponse, Fault> {
    let arn = checked(&request)?;
    refuse_unsupported(call, &request)?;
    let source_identity = source_identity(call, &request);
    let role = role_by_arn(call.txn, &arn)?;
    authorize(call, &arn, role.as_ref(), &request, source_identity.as_deref())?;
    let role = role.ok_or_else(|| not_trusted(call, &request.role_arn))?;
    let duration = duration(call, &role, &request)?;
    let SessionTags { tags, transitive } =
        SessionTags::read(call, &request.tags, &request.transitive_tag_keys)?;
    let limits = SessionPolicies::read(
        call,
        &arn.account,
        request.policy.as_deref(),
        &request.policy_arns,
        &request.tags,
    )?;

    let place = Place::global(&arn.account);
    let now = call.now() / 1000;
    sweep::<Session>(call, &place, |session| session.expires)?;
    let session = Session {
        id: ids::unique("ASIA", 20),
        secret: ids::secret(),
        token: ids::token::<96>(),
        role: role.id,
        role_id: role.unique_id,
        name: request.role_session_name,
        issued: now,
        expires: now + duration,
        policies: limits.inline,
        managed: limits.managed,
        tags,
        transitive,
        source_identity,
        agent: match &call.caller.identity {
            Identity::Agent { host } => Some(host.clone()),
            Identity::Iam { .. } => None,
        },
    };
    call.txn.put(&place, &session, call.now())?;
    let (role_name, name) = (role.name, &session.name);
    Ok(AssumeRoleResponse {
        assumed_role_user: AssumedRoleUser {
            assumed_role_id: format!("{}:{name}", session.role_id),
            // The role's path is not part of it.
            arn: format!("arn:aws:sts::{}:assumed-role/{role_name}/{name}", arn.account),
        },
        credentials: Credentials {
            access_key_id: session.id,
            secret_access_key: session.secret,
            session_token: session.token,
            expiration: Seconds(session.expires),
        },
        packed_policy_size: limits.packed,
        source_identity: session.source_identity,
    })
}

/// Checks the members by themselves, and returns the role's ARN.
fn checked(request: &AssumeRoleRequest) -> Result<Arn, Fault> {
    let name = &request.role_session_name;
    let mut constraints = Constraints::new()
        .length("roleArn", &request.role_arn, 20, 2048)
        .length("roleSessionName", name, 2, 64)
        .pattern("roleSessionName", name, r"[\w+=,.@-]*", in_name)
        .range("durationSeconds", request.duration_seconds, 900, 43_200)
        .count("policyArns", request.policy_arns.len(), MAX_MANAGED);
    if let Some(id) = &request.external_id {
        constraints = constraints.length("externalId", id, 2, 1224).pattern(
            "externalId",
            id,
            r"[\w+=,.@:\/-]*",
            |character| in_name(character) || matches!(character, ':' | '/'),
        );
    }
    if let Some(identity) = &request.source_identity {
        constraints = constraints.length("sourceIdentity", identity, 2, 64).pattern(
            "sourceIdentity",
            identity,
            r"[\w+=,.@-]*",
            in_name,
        );
    }
    constraints.finish()?;
    request
        .role_arn
        .parse::<Arn>()
        .ok()
        .filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
        .ok_or_else(|| invalid(format!("{} is invalid", request.role_arn)))
}

/// What nobody may ask for here, and what an agent, for which a service's rules count, may not.
fn refuse_unsupported(call: &Call<'_>, request: &AssumeRoleRequest) -> Result<(), Fault> {
    let is_agent = matches!(call.caller.identity, Identity::Agent { .. });
    refuse(&[
        ("Tags", is_agent && !request.tags.is_empty()),
        ("TransitiveTagKeys", is_agent && !request.transitive_tag_keys.is_empty()),
        ("SerialNumber", request.serial_number.is_some()),
        ("TokenCode", request.token_code.is_some()),
        ("SourceIdentity", is_agent && request.source_identity.is_some()),
        ("ProvidedContexts", !request.provided_contexts.is_empty()),
        ("MinimumSessionTokenSize", request.minimum_session_token_size.is_some()),
    ])
}

/// Who is behind the session: as the request says, or as was said when the caller's session was made.
fn source_identity(call: &Call<'_>, request: &AssumeRoleRequest) -> Option<String> {
    request.source_identity.clone().or_else(|| call.caller.source_identity.clone())
}

fn authorize(
    call: &Call<'_>,
    arn: &Arn,
    role: Option<&Role>,
    request: &AssumeRoleRequest,
    source_identity: Option<&str>,
) -> Result<(), Fault> {
    call.authorized.set(true);
    match &call.caller.identity {
        Identity::Agent { host } => {
            let evaluation = delivery::may_assume(call, host, role, request)?;
            allowed(call, ACTION, &request.role_arn, &evaluation)
        }
        Identity::Iam { principal: Principal::Root { .. }, .. } => {
            let text = "Roles may not be assumed by root accounts.";
            Err(Fault::new("AccessDenied", text).with_status(403))
        }
        // A federated session may ask who it is, and nothing else of STS.
        Identity::Iam { principal: Principal::Federated { .. }, .. } => {
            Err(not_trusted(call, &request.role_arn))
        }
        Identity::Iam { principal, policies } => {
            let Some(role) = role else { return Err(not_trusted(call, &request.role_arn)) };
            let trust = trust_policy(call.txn, &arn.account, role)?;
            let policies = Policies { resource: Some(trust), ..(**policies).clone() };
            let context = context(call, principal, arn, role, request, source_identity);
            let resource = request.role_arn.as_str();
            // Tags and source identity are permissions of their own, in the trust policy as well.
            let actions = [
                (ACTION, true),
                ("sts:TagSession", !request.tags.is_empty()),
                ("sts:SetSourceIdentity", source_identity.is_some()),
            ];
            for (action, _) in actions.into_iter().filter(|(_, asked)| *asked) {
                let ask = Ask { principal, action, resource, context: &context };
                allowed(call, action, resource, &policy::evaluate(&ask, &policies))?;
            }
            keeps_source_identity(call, resource, source_identity)
        }
    }
}

fn context(
    call: &Call<'_>,
    principal: &Principal,
    arn: &Arn,
    role: &Role,
    request: &AssumeRoleRequest,
    source_identity: Option<&str>,
) -> Context {
    let mut context = call.context(principal);
    context.set("aws:ResourceAccount", arn.account.clone());
    context.set("sts:RoleSessionName", request.role_session_name.clone());
    if let Some(id) = &request.external_id {
        context.set("sts:ExternalId", id.clone());
    }
    if let Some(identity) = source_identity {
        context.set("sts:SourceIdentity", identity);
    }
    session_tags::describe(&request.tags, &request.transitive_tag_keys, &mut context);
    for (key, value) in &role.tags {
        context.set(&format!("aws:ResourceTag/{key}"), value.clone());
        context.set(&format!("iam:ResourceTag/{key}"), value.clone());
    }
    context
}

/// Who is behind a session stays behind those that are made with it.
fn keeps_source_identity(
    call: &Call<'_>,
    role_arn: &str,
    source_identity: Option<&str>,
) -> Result<(), Fault> {
    match &call.caller.source_identity {
        Some(own) if Some(own.as_str()) != source_identity => {
            let clause = "because the source identity of the calling session cannot be changed";
            Err(call.denied("sts:SetSourceIdentity", role_arn, clause))
        }
        Some(_) | None => Ok(()),
    }
}

fn allowed(
    call: &Call<'_>,
    action: &str,
    role_arn: &str,
    evaluation: &Evaluation,
) -> Result<(), Fault> {
    if evaluation.is_allowed() {
        return Ok(());
    }
    Err(call.denied(action, role_arn, &policy::clause(&evaluation.decision, action)))
}

/// A role that does not exist trusts nobody: who may not assume a role does not learn whether there is one.
pub(super) fn not_trusted(call: &Call<'_>, role_arn: &str) -> Fault {
    let clause = policy::clause(&Decision::ImplicitDeny(Layer::Trust), ACTION);
    call.denied(ACTION, role_arn, &clause)
}

fn duration(call: &Call<'_>, role: &Role, request: &AssumeRoleRequest) -> Result<i64, Fault> {
    let duration = request.duration_seconds.unwrap_or(DEFAULT_DURATION);
    if duration > i64::from(role.max_session_duration) {
        return Err(invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let chained =
        matches!(call.caller.identity, Identity::Iam { principal: Principal::Session { .. }, .. });
    if chained && duration > LONGEST_CHAINED {
        return Err(invalid(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
             chaining",
        ));
    }
    Ok(duration)
}
