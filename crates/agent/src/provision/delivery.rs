//! A role, a log group and flow logs over VPCs, for who has none yet.

use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{self, parameter};
use crate::client::{CallError, Client};

/// The fields of a flow log over discovered machines: AWS's default format, the direction, and the reasons.
const FLOW_LOG_FIELDS: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} \
     ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status} ${flow-direction} ${x-deciding-rule} \
     ${x-nearest-miss}";
/// The role by which it is delivered.
const ROLE: &str = "flowlogd-delivery";
const LOGS: &str = "Logs_20140328";

/// Flow logs over VPCs into one log group.
#[derive(Clone, Debug)]
pub struct FlowLogs {
    /// The log group.
    pub group: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    flow_log_set: Vec<DescribedFlowLog>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribedFlowLog {
    log_group_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    #[serde(default)]
    flow_log_id_set: Vec<String>,
    #[serde(default)]
    unsuccessful: Vec<Unsuccessful>,
}

#[derive(Deserialize)]
struct Unsuccessful {
    error: Why,
}

#[derive(Deserialize)]
struct Why {
    message: String,
}

impl FlowLogs {
    /// Sees to it that there is a flow log over a VPC. Returns the log group that its records go to: another than wanted where
    /// there was one.
    ///
    /// # Errors
    ///
    /// What the server refuses.
    pub async fn cover(&self, client: &Client, vpc_id: &str) -> Result<String, CallError> {
        let parameters =
            vec![parameter("Filter.1.Name", "resource-id"), parameter("Filter.1.Value.1", vpc_id)];
        let there: Described = calls::call(client, "DescribeFlowLogs", &parameters).await?;
        if let Some(flow_log) = there.flow_log_set.into_iter().next() {
            return Ok(flow_log.log_group_name.unwrap_or_else(|| self.group.clone()));
        }
        let flow_log = create(client, vpc_id, &self.group, ROLE, FLOW_LOG_FIELDS).await?;
        tracing::info!(flow_log, vpc = vpc_id, group = self.group, "flow log made");
        Ok(self.group.clone())
    }
}

/// Makes a flow log over a VPC, of all traffic, into a log group, with role and group where they are missing. Returns its id.
pub(crate) async fn create(
    client: &Client,
    vpc_id: &str,
    group: &str,
    role: &str,
    fields: &str,
) -> Result<String, CallError> {
    let role = self::role(client, role).await?;
    let named = json!({ "logGroupName": group });
    match client.json::<_, Value>("logs", LOGS, "CreateLogGroup", &named).await {
        Ok(_) => {}
        Err(error) if error.is_already_there() => {}
        Err(error) => return Err(error),
    }
    let mut parameters = vec![
        parameter("ResourceId.1", vpc_id),
        parameter("ResourceType", "VPC"),
        parameter("TrafficType", "ALL"),
        parameter("LogGroupName", group),
        parameter("DeliverLogsPermissionArn", role),
        parameter("MaxAggregationInterval", "60"),
        parameter("LogFormat", fields),
    ];
    parameters.extend(calls::tags_of_new("vpc-flow-log", [("Name", group)]));
    let created: Created = calls::call(client, "CreateFlowLogs", &parameters).await?;
    if let Some(refused) = created.unsuccessful.into_iter().next() {
        return Err(CallError::Malformed(refused.error.message));
    }
    let id = created.flow_log_id_set.into_iter().next();
    id.ok_or_else(|| CallError::Malformed("the server has made no flow log".to_owned()))
}

/// Returns the ARN of the delivery role, made if there is none.
async fn role(client: &Client, name: &str) -> Result<String, CallError> {
    let version = flowlogd_aws::iam::VERSION;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "vpc-flow-logs.amazonaws.com" },
    }] })
    .to_string();
    let name = ("RoleName", name);
    let made = client
        .query("iam", version, "CreateRole", &[name, ("AssumeRolePolicyDocument", &trust)])
        .await;
    let answer = match made {
        Ok(answer) => answer,
        Err(error) if error.is_already_there() => {
            client.query("iam", version, "GetRole", &[name]).await?
        }
        Err(error) => return Err(error),
    };
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Resource": "*", "Action": [
            "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
            "logs:DescribeLogGroups", "logs:DescribeLogStreams",
        ],
    }] })
    .to_string();
    let parameters = [name, ("PolicyName", "delivery"), ("PolicyDocument", policy.as_str())];
    client.query("iam", version, "PutRolePolicy", &parameters).await?;
    let result = answer.get("CreateRoleResult").or_else(|| answer.get("GetRoleResult"));
    let arn = result
        .unwrap_or(&answer)
        .get("Role")
        .and_then(|role| role.get("Arn"))
        .and_then(|arn| arn.text())
        .map(str::to_owned);
    arn.ok_or_else(|| CallError::Malformed("the answer about the role has no ARN".to_owned()))
}
