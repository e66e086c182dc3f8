//! The role, its trust, and each permission on each ARN, weighed as the server weighs them.

use flowlogd_aws::Arn;
use flowlogd_aws::policy::{
    Ask, Context, Decision, Evaluation, Mismatch, NamedPolicy, Policies, Policy, PolicyKind,
    Principal, StatementRef, evaluate,
};

use super::facts::{Facts, group_of, role_name};
use super::{Condition, Walk};

/// The service that assumes the role.
pub(super) const SERVICE: &str = "vpc-flow-logs.amazonaws.com";

pub(super) fn role(facts: &Facts, walk: &mut Walk) {
    let name = role_name(&facts.flow_log);
    match &facts.trust {
        Err(error) => walk.enter("role", Condition::Unknown, error.to_string()),
        Ok(None) => walk.enter("role", Condition::Broken, format!("there is no role {name}")),
        Ok(Some(_)) => walk.enter("role", Condition::Good, name),
    }
}

/// Whether the service may assume the role for this flow log.
pub(super) fn trust(facts: &Facts, walk: &mut Walk) {
    let (Ok(Some(document)), Ok(account)) = (&facts.trust, &facts.account) else { return };
    let policy = match Policy::parse(document, PolicyKind::Trust) {
        Ok(policy) => policy,
        Err(error) => return walk.enter("trust", Condition::Broken, error.to_string()),
    };
    let mut context = context(facts);
    let source = Arn::new(
        "ec2",
        &facts.region,
        account,
        format!("vpc-flow-log/{}", facts.flow_log.flow_log_id),
    );
    context.set("aws:SourceArn", source.to_string());
    context.set("aws:SourceAccount", account.clone());
    context.set("aws:PrincipalIsAWSService", "true");
    context.set("aws:PrincipalServiceName", SERVICE);
    let principal = Principal::Service { name: SERVICE.to_owned() };
    let resource = facts.flow_log.deliver_logs_permission_arn.clone().unwrap_or_default();
    let ask = Ask {
        principal: &principal,
        action: "sts:AssumeRole",
        resource: &resource,
        context: &context,
    };
    let name = "the trust policy".to_owned();
    let policies = Policies { resource: Some(NamedPolicy { name, policy }), ..Policies::default() };
    let evaluation = evaluate(&ask, &policies);
    if evaluation.is_allowed() {
        walk.enter("trust", Condition::Good, format!("{SERVICE} may assume it"));
    } else {
        let why = why(&evaluation, &ask);
        walk.enter("trust", Condition::Broken, format!("{SERVICE} may not assume it: {why}"));
    }
}

/// Each action that delivery needs, on the ARN that it is asked for. Returns the statement that denies one.
pub(super) fn actions(facts: &Facts, walk: &mut Walk) -> Option<StatementRef> {
    let account = facts.account.as_ref().ok()?;
    let texts = match &facts.policies {
        Ok(texts) => texts,
        Err(error) => {
            walk.enter("permissions", Condition::Unknown, error.to_string());
            return None;
        }
    };
    let mut identity = Vec::new();
    for (name, text) in texts {
        match Policy::parse(text, PolicyKind::Identity) {
            Ok(policy) => identity.push(NamedPolicy { name: name.clone(), policy }),
            Err(error) => {
                walk.enter("permissions", Condition::Broken, format!("{name}: {error}"));
                return None;
            }
        }
    }
    let policies = Policies { identity, ..Policies::default() };
    let (role, session) = (role_name(&facts.flow_log), &facts.flow_log.flow_log_id);
    let principal = Principal::Session {
        arn: Arn::new("sts", "", account, format!("assumed-role/{role}/{session}")),
        role: facts
            .flow_log
            .deliver_logs_permission_arn
            .as_deref()
            .and_then(|arn| arn.parse().ok())
            .unwrap_or_else(|| Arn::new("iam", "", account, format!("role/{role}"))),
        role_id: String::new(),
        session: session.clone(),
    };
    let group = group_of(&facts.flow_log);
    let arn = |stream: &str| {
        let resource = format!("log-group:{group}:log-stream:{stream}");
        Arn::new("logs", &facts.region, account, resource).to_string()
    };
    let mut wanted = Vec::new();
    if facts.group_is_missing() {
        wanted.push(("logs:CreateLogGroup", arn("")));
    }
    wanted.push(("logs:CreateLogStream", arn(&facts.stream())));
    wanted.push(("logs:PutLogEvents", arn(&facts.stream())));
    let context = context(facts);
    for (action, resource) in wanted {
        let ask = Ask { principal: &principal, action, resource: &resource, context: &context };
        let evaluation = evaluate(&ask, &policies);
        if evaluation.is_allowed() {
            walk.enter(action, Condition::Good, format!("allowed on {resource}"));
        } else {
            let why = why(&evaluation, &ask);
            walk.enter(action, Condition::Broken, format!("not allowed on {resource}: {why}"));
            return match evaluation.decision {
                Decision::ExplicitDeny(_, statement) => Some(statement),
                Decision::Allowed(_) | Decision::ImplicitDeny(_) => None,
            };
        }
    }
    None
}

fn context(facts: &Facts) -> Context {
    let mut context = Context::default();
    let now = facts.now / 1000;
    context.set("aws:CurrentTime", flowlogd_aws::Seconds(now).to_string());
    context.set("aws:EpochTime", now.to_string());
    context.set("aws:RequestedRegion", facts.region.clone());
    if let Ok(account) = &facts.account {
        context.set("aws:ResourceAccount", account.clone());
    }
    context
}

/// Says what is in the way: the statement that denies, or what of the nearest statements did not fit.
fn why(evaluation: &Evaluation, ask: &Ask<'_>) -> String {
    if let Decision::ExplicitDeny(_, statement) = &evaluation.decision {
        return format!("{} denies it", named(statement));
    }
    // A statement that fails by its condition or resource came nearer than one of another action.
    let nearness = |mismatch: &Mismatch| match mismatch {
        Mismatch::Principal => 0,
        Mismatch::Action => 1,
        Mismatch::Resource => 2,
        Mismatch::Condition { .. } => 3,
    };
    let nearest = evaluation.misses.iter().max_by_key(|(_, mismatch)| nearness(mismatch));
    let Some((statement, mismatch)) = nearest else {
        return format!("no statement allows {}", ask.action);
    };
    let statement = named(statement);
    match mismatch {
        Mismatch::Principal => format!("{statement} allows others, not this principal"),
        Mismatch::Action => {
            format!("no statement allows {}; {statement} allows others", ask.action)
        }
        Mismatch::Resource => format!("{statement} allows the action on other resources only"),
        Mismatch::Condition { operator, key, wanted, found } => {
            let found = found.as_ref().map_or_else(
                || "the request does not have it".to_owned(),
                |found| format!("the request has {}", found.join(", ")),
            );
            format!(
                "the condition {operator} of {statement} wants {key} to be {}, and {found}",
                wanted.join(" or ")
            )
        }
    }
}

pub(super) fn named(statement: &StatementRef) -> String {
    match &statement.sid {
        Some(sid) => format!("statement {sid} of {}", statement.policy),
        None => format!("statement {} of {}", statement.index + 1, statement.policy),
    }
}
