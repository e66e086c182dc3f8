//! What would mend a broken link.

use flowlogd_aws::policy::StatementRef;
use serde_json::{Value, json};

use super::facts::{Facts, role_name};
use super::permissions::{SERVICE, named};

pub(super) fn attachment(facts: &Facts) -> String {
    if let Some((agent, report)) = facts.serving().first() {
        return format!(
            "See that the agent on {} runs and reaches this server, and that {} is a device there where the packets of {} pass.",
            agent.host, report.source, report.interface_id
        );
    }
    format!(
        "Attach an interface of {} to a device: [[agent.attachment]] in the configuration of the agent \
         on the host where its packets pass, and see that the agent runs.",
        facts.flow_log.resource_id
    )
}

pub(super) fn role(facts: &Facts) -> String {
    format!(
        "Make the role again (aws iam create-role --role-name {}), with a trust policy for {SERVICE} and \
         the permissions below it; or delete the flow log and make one with another role: a flow log \
         cannot be changed.",
        role_name(&facts.flow_log)
    )
}

pub(super) fn trust(facts: &Facts) -> String {
    format!(
        "aws iam update-assume-role-policy --role-name {} --policy-document file://trust.json, with",
        role_name(&facts.flow_log)
    )
}

/// Trusts the service for this account's flow logs only, as AWS recommends against confused deputies.
pub(super) fn trust_policy(facts: &Facts) -> Value {
    let account = facts.account.as_deref().unwrap_or_default();
    let region = &facts.region;
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": SERVICE },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": { "aws:SourceAccount": account },
                "ArnLike": { "aws:SourceArn": format!("arn:aws:ec2:{region}:{account}:vpc-flow-log/*") },
            },
        }],
    })
}

pub(super) fn permissions(facts: &Facts) -> String {
    format!(
        "aws iam put-role-policy --role-name {} --policy-name flow-logs --policy-document \
         file://permissions.json, with",
        role_name(&facts.flow_log)
    )
}

/// What one statement denies, no other can allow. With the policy that is left without the statement, if
/// anything is.
pub(super) fn denial(facts: &Facts, statement: &StatementRef) -> (String, Option<Value>) {
    let named = named(statement);
    let why = "what is denied, nothing can allow";
    match without(facts, statement) {
        Some(rest) => (
            format!("Take {named} away, or narrow it: {why}. Without it, the policy is"),
            Some(rest),
        ),
        None => (format!("Take {named} away, or narrow it: {why}."), None),
    }
}

/// The policy of a statement without it; nothing if it is the only one.
fn without(facts: &Facts, statement: &StatementRef) -> Option<Value> {
    let texts = facts.policies.as_ref().ok()?;
    let (_, text) = texts.iter().find(|(name, _)| *name == statement.policy)?;
    let mut policy: Value = serde_json::from_str(text).ok()?;
    let statements = policy.get_mut("Statement")?.as_array_mut()?;
    if statements.len() < 2 || statement.index >= statements.len() {
        return None;
    }
    statements.remove(statement.index);
    Some(policy)
}

/// What delivery to log groups needs (`flow-logs.md` §8).
pub(super) fn permission_policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": [
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:PutLogEvents",
                "logs:DescribeLogGroups",
                "logs:DescribeLogStreams",
            ],
            "Resource": "*",
        }],
    })
}
