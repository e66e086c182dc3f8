//! A role, a log group and flow logs over VPCs, for who has none yet.

use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::{self, parameter};
use crate::client::{CallError, Client};

/// The fields of a flow log over discovered machines: AWS's default format, the direction, and the reasons.
pub const FLOW_LOG_FIELDS: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} \
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
    flow_log_id: String,
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
    /// Sees to it that there is a flow log over a VPC. Returns the new one; nothing where there was one, to whatever group.
    ///
    /// # Errors
    ///
    /// What the server refuses.
    pub async fn cover(&self, client: &Client, vpc_id: &str) -> Result<Option<String>, CallError> {
        let parameters =
            vec![parameter("Filter.1.Name", "resource-id"), parameter("Filter.1.Value.1", vpc_id)];
        let there: Described = calls::call(client, "DescribeFlowLogs", &parameters).await?;
        if there.flow_log_set.iter().any(|flow_log| flow_log.flow_log_id.starts_with("fl-")) {
            return Ok(None);
        }
        let role = role(client).await?;
        let group = json!({ "logGroupName": self.group });
        match client.json::<_, Value>("logs", LOGS, "CreateLogGroup", &group).await {
            Ok(_) => {}
            Err(error) if error.is_already_there() => {}
            Err(error) => return Err(error),
        }
        let parameters = vec![
            parameter("ResourceId.1", vpc_id),
            parameter("ResourceType", "VPC"),
            parameter("TrafficType", "ALL"),
            parameter("LogGroupName", &self.group),
            parameter("DeliverLogsPermissionArn", role),
            parameter("MaxAggregationInterval", "60"),
            parameter("LogFormat", FLOW_LOG_FIELDS),
        ];
        let created: Created = calls::call(client, "CreateFlowLogs", &parameters).await?;
        if let Some(refused) = created.unsuccessful.into_iter().next() {
            return Err(CallError::Malformed(refused.error.message));
        }
        Ok(created.flow_log_id_set.into_iter().next())
    }
}

/// Returns the ARN of the delivery role, made if there is none.
async fn role(client: &Client) -> Result<String, CallError> {
    let version = flowlogd_aws::iam::VERSION;
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": { "Service": "vpc-flow-logs.amazonaws.com" },
    }] })
    .to_string();
    let name = ("RoleName", ROLE);
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
