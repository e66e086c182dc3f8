//! Sessions of roles (`iam-sts-sigv4-cloudtrail.md` §6).

use flowlogd_aws::policy::{
    self, Ask, Decision, Evaluation, Layer, Policies, PolicyKind, Principal,
};
use flowlogd_aws::sts::{AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser, Credentials};
use flowlogd_aws::{Arn, Fault, Seconds};

use super::delivery;
use crate::call::{Call, Identity};
use crate::ids;
use crate::model::{InlinePolicy, Role, Session};
use crate::ops::iam::constraint::{Constraints, in_name, invalid};
use crate::ops::iam::{documents, managed_policy, role_by_arn, trust_policy};
use crate::state::Place;

const ACTION: &str = "sts:AssumeRole";
/// Seconds that a session lasts where nothing is said.
const DEFAULT_DURATION: i64 = 3600;
/// Seconds that a session may last whose role was assumed by another role.
const LONGEST_CHAINED: i64 = 3600;
/// Characters that session policies and the ARNs of managed ones may have together.
const POLICY_SPACE: usize = 2048;
/// Session policies that are managed ones.
const MAX_MANAGED: usize = 10;
/// Old sessions that are looked at when one is made. More than one, so that they cannot pile up.
const SWEPT: usize = 32;

pub(super) fn assume(
    call: &Call<'_>,
    request: AssumeRoleRequest,
) -> Result<AssumeRoleResponse, Fault> {
    let arn = checked(&request)?;
    refuse_unsupported(&request)?;
    let role = role_by_arn(call.txn, &arn)?;
    authorize(call, &arn, role.as_ref(), &request)?;
    let role = role.ok_or_else(|| not_trusted(call, &request.role_arn))?;
    let duration = duration(call, &role, &request)?;
    let limits = Limits::read(call, &arn.account, &request)?;

    let place = Place::global(&arn.account);
    let now = call.now() / 1000;
    for old in call.txn.oldest::<Session>(&place, SWEPT)? {
        if old.expires <= now {
            call.txn.delete::<Session>(&place, &old.id, call.now())?;
        }
    }
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
    constraints.finish()?;
    request
        .role_arn
        .parse::<Arn>()
        .ok()
        .filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
        .ok_or_else(|| invalid(format!("{} is invalid", request.role_arn)))
}

/// A session that silently lacked what was asked for would be another one than the caller thinks.
fn refuse_unsupported(request: &AssumeRoleRequest) -> Result<(), Fault> {
    let unsupported = [
        ("Tags", !request.tags.is_empty()),
        ("TransitiveTagKeys", !request.transitive_tag_keys.is_empty()),
        ("SerialNumber", request.serial_number.is_some()),
        ("TokenCode", request.token_code.is_some()),
        ("SourceIdentity", request.source_identity.is_some()),
        ("ProvidedContexts", !request.provided_contexts.is_empty()),
        ("MinimumSessionTokenSize", request.minimum_session_token_size.is_some()),
    ];
    match unsupported.iter().find(|(_, given)| *given) {
        Some((parameter, _)) => Err(Fault::new(
            "InvalidParameterValue",
            format!("The parameter {parameter} is not supported here: leave it out."),
        )),
        None => Ok(()),
    }
}

fn authorize(
    call: &Call<'_>,
    arn: &Arn,
    role: Option<&Role>,
    request: &AssumeRoleRequest,
) -> Result<(), Fault> {
    call.authorized.set(true);
    match &call.caller.identity {
        Identity::Agent { host } => {
            let evaluation = delivery::may_assume(call, host, role, request)?;
            allowed(call, &request.role_arn, &evaluation)
        }
        Identity::Iam { principal: Principal::Root { .. }, .. } => {
            let text = "Roles may not be assumed by root accounts.";
            Err(Fault::new("AccessDenied", text).with_status(403))
        }
        Identity::Iam { principal, policies } => {
            let Some(role) = role else { return Err(not_trusted(call, &request.role_arn)) };
            let trust = trust_policy(call.txn, &arn.account, role)?;
            let policies = Policies { resource: Some(trust), ..(**policies).clone() };
            let mut context = call.context(principal);
            context.set("aws:ResourceAccount", arn.account.clone());
            context.set("sts:RoleSessionName", request.role_session_name.clone());
            if let Some(id) = &request.external_id {
                context.set("sts:ExternalId", id.clone());
            }
            for (key, value) in &role.tags {
                context.set(&format!("aws:ResourceTag/{key}"), value.clone());
                context.set(&format!("iam:ResourceTag/{key}"), value.clone());
            }
            let resource = request.role_arn.as_str();
            let ask = Ask { principal, action: ACTION, resource, context: &context };
            allowed(call, resource, &policy::evaluate(&ask, &policies))
        }
    }
}

fn allowed(call: &Call<'_>, role_arn: &str, evaluation: &Evaluation) -> Result<(), Fault> {
    if evaluation.is_allowed() {
        return Ok(());
    }
    Err(call.denied(ACTION, role_arn, &policy::clause(&evaluation.decision, ACTION)))
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

/// What the caller takes away from the session.
struct Limits {
    /// Absent where the session may do all that the role may.
    inline: Option<Vec<InlinePolicy>>,
    managed: Vec<String>,
    /// Percent of the space that is used.
    packed: Option<u32>,
}

impl Limits {
    fn read(call: &Call<'_>, account: &str, request: &AssumeRoleRequest) -> Result<Self, Fault> {
        if request.policy.is_none() && request.policy_arns.is_empty() {
            return Ok(Self { inline: None, managed: Vec::new(), packed: None });
        }
        let mut used = 0;
        let mut managed = Vec::new();
        for (number, descriptor) in (1..).zip(&request.policy_arns) {
            let arn = &descriptor.arn;
            Constraints::new().arn(&format!("policyArns.{number}.member.arn"), arn).finish()?;
            if managed_policy(call.txn, account, arn)?.is_none() {
                let text = format!("Policy {arn} does not exist or is not attachable.");
                return Err(Fault::new("InvalidParameterValue", text));
            }
            used += arn.chars().count();
            managed.push(arn.clone());
        }
        let mut inline = Vec::new();
        if let Some(document) = &request.policy {
            documents::read("policy", document, PolicyKind::Session)?;
            used += document.chars().count();
            inline.push(InlinePolicy { name: "session".to_owned(), document: document.clone() });
        }
        let percent = (used * 100).div_ceil(POLICY_SPACE);
        if used > POLICY_SPACE {
            return Err(Fault::new(
                "PackedPolicyTooLarge",
                format!(
                    "Packed policy consumes {percent}% of allotted space, please use smaller policy."
                ),
            ));
        }
        Ok(Self { inline: Some(inline), managed, packed: u32::try_from(percent).ok() })
    }
}
