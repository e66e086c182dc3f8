//! The lab's network in the AWS API: VPC, subnets, network ACL, security groups, interfaces, role, log group, flow log.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::topology::{GROUP, INSTANCES, SUBNETS, VPC};
use crate::client::{CallError, Client};
use crate::provision::calls::{self, Parameters, parameter};

/// The pool that the VPC's IPv6 block is said to be from.
const IPV6_POOL: &str = "ipv6pool-ec2-0123456789abcdef0";
/// The delivery role, as in AWS's own examples.
const ROLE: &str = "Flow-Logs-Role";
const LOGS: &str = "Logs_20140328";
/// The fields of the lab's flow log: what an incident takes.
const FIELDS: &str = "${start} ${interface-id} ${flow-direction} ${srcaddr} ${srcport} ${dstaddr} ${dstport} ${protocol} \
     ${packets} ${action} ${log-status} ${x-deciding-rule} ${x-nearest-miss}";

/// The ids of what was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// `vpc-…`.
    pub vpc: String,
    /// By the subnets' names: `subnet-…`.
    pub subnets: BTreeMap<String, String>,
    /// The public subnet's: `acl-…`.
    pub network_acl: String,
    /// By their names: `sg-…`.
    pub groups: BTreeMap<String, String>,
    /// By the instances' names: `eni-…`.
    pub interfaces: BTreeMap<String, String>,
    /// `fl-…`.
    pub flow_log: String,
}

/// An operation that failed while the lab was made.
#[derive(Debug, thiserror::Error)]
#[error("{action}: {error}")]
pub struct LabError {
    /// Which.
    pub action: String,
    /// How.
    pub error: CallError,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    vpc: Option<Ids>,
    subnet: Option<Ids>,
    network_acl: Option<Ids>,
    network_interface: Option<Ids>,
    group_id: Option<String>,
    #[serde(default)]
    flow_log_id_set: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    vpc_id: Option<String>,
    subnet_id: Option<String>,
    network_acl_id: Option<String>,
    network_interface_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Acls {
    network_acl_set: Vec<Acl>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Acl {
    association_set: Vec<Association>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Association {
    network_acl_association_id: String,
    subnet_id: String,
}

#[derive(Deserialize)]
struct Nothing {}

impl Network {
    /// Makes all of it on a server that has nothing of it.
    ///
    /// # Errors
    ///
    /// What the server refuses. What was made before is there.
    pub async fn make(client: &Client) -> Result<Self, LabError> {
        let builder = Builder { client };
        let mut network = Self { vpc: builder.vpc().await?, ..Self::default() };
        for subnet in &SUBNETS {
            let parameters = [
                parameter("VpcId", &network.vpc),
                parameter("CidrBlock", subnet.block()),
                parameter("Ipv6CidrBlock", subnet.ipv6_block()),
            ];
            let made = builder.make("CreateSubnet", "subnet", subnet.name, &parameters).await?;
            let id = made.subnet.and_then(|subnet| subnet.subnet_id).unwrap_or_default();
            network.subnets.insert(subnet.name.to_owned(), id);
        }
        network.network_acl = builder.network_acl(&network).await?;
        network.groups = builder.groups(&network.vpc).await?;
        for instance in &INSTANCES {
            let (ipv4, ipv6) = instance.addresses();
            let subnet = SUBNETS.get(instance.subnet).map_or("", |subnet| subnet.name);
            let parameters = [
                parameter("SubnetId", network.subnets.get(subnet).cloned().unwrap_or_default()),
                parameter("PrivateIpAddress", ipv4.to_string()),
                parameter("Ipv6Addresses.1.Ipv6Address", ipv6.to_string()),
                parameter(
                    "SecurityGroupId.1",
                    network.groups.get(instance.name).cloned().unwrap_or_default(),
                ),
                parameter("Description", format!("{} of the lab", instance.name)),
            ];
            let kind = "network-interface";
            let made =
                builder.make("CreateNetworkInterface", kind, instance.name, &parameters).await?;
            let made = made.network_interface.and_then(|made| made.network_interface_id);
            network.interfaces.insert(instance.name.to_owned(), made.unwrap_or_default());
        }
        network.flow_log = builder.flow_log(&network.vpc).await?;
        Ok(network)
    }
}

/// Makes parts.
struct Builder<'a> {
    client: &'a Client,
}

impl Builder<'_> {
    async fn vpc(&self) -> Result<String, LabError> {
        let parameters = [
            parameter("CidrBlock", VPC.0),
            parameter("Ipv6CidrBlock", VPC.1),
            parameter("Ipv6Pool", IPV6_POOL),
        ];
        let made = self.make("CreateVpc", "vpc", "lab", &parameters).await?;
        Ok(made.vpc.and_then(|vpc| vpc.vpc_id).unwrap_or_default())
    }

    /// The public subnet has a network ACL of its own, which lets everything through as yet.
    async fn network_acl(&self, network: &Network) -> Result<String, LabError> {
        let parameters = [parameter("VpcId", &network.vpc)];
        let made = self.make("CreateNetworkAcl", "network-acl", "public", &parameters).await?;
        let acl = made.network_acl.and_then(|acl| acl.network_acl_id).unwrap_or_default();
        let blocks = [("100", "CidrBlock", "0.0.0.0/0"), ("101", "Ipv6CidrBlock", "::/0")];
        for egress in ["false", "true"] {
            for (number, kind, block) in blocks {
                let parameters = [
                    parameter("NetworkAclId", &acl),
                    parameter("RuleNumber", number),
                    parameter("Egress", egress),
                    parameter("Protocol", "-1"),
                    parameter("RuleAction", "allow"),
                    parameter(kind, block),
                ];
                self.order("CreateNetworkAclEntry", &parameters).await?;
            }
        }
        let public = network.subnets.get("public").cloned().unwrap_or_default();
        let parameters = [
            parameter("Filter.1.Name", "association.subnet-id"),
            parameter("Filter.1.Value.1", &public),
        ];
        let there: Acls = self.call("DescribeNetworkAcls", &parameters).await?;
        let associations = there.network_acl_set.iter().flat_map(|acl| &acl.association_set);
        for association in associations.filter(|association| association.subnet_id == public) {
            let parameters = [
                parameter("AssociationId", &association.network_acl_association_id),
                parameter("NetworkAclId", &acl),
            ];
            self.order("ReplaceNetworkAclAssociation", &parameters).await?;
        }
        Ok(acl)
    }

    /// The web server is open to all by HTTP over IPv4, the application to the web server, the client to nobody; ping is
    /// open inside the VPC.
    async fn groups(&self, vpc: &str) -> Result<BTreeMap<String, String>, LabError> {
        let mut groups = BTreeMap::new();
        for instance in &INSTANCES {
            let parameters = [
                parameter("VpcId", vpc),
                parameter("GroupName", instance.name),
                parameter("GroupDescription", format!("{} of the lab", instance.name)),
            ];
            let made = self
                .make("CreateSecurityGroup", "security-group", instance.name, &parameters)
                .await?;
            groups.insert(instance.name.to_owned(), made.group_id.unwrap_or_default());
        }
        let group = |name: &str| groups.get(name).cloned().unwrap_or_default();
        for name in groups.keys() {
            let ping = ports("icmp", "-1", ("IpRanges.1.CidrIp", VPC.0.to_owned()));
            self.allow(&group(name), ping).await?;
        }
        let http = ports("tcp", "80", ("IpRanges.1.CidrIp", "0.0.0.0/0".to_owned()));
        self.allow(&group("web"), http).await?;
        let from_web = ports("tcp", "8080", ("Groups.1.GroupId", group("web")));
        self.allow(&group("app"), from_web).await?;
        Ok(groups)
    }

    async fn allow(&self, group: &str, permission: Parameters) -> Result<(), LabError> {
        let parameters: Parameters =
            std::iter::once(parameter("GroupId", group)).chain(permission).collect();
        self.order("AuthorizeSecurityGroupIngress", &parameters).await
    }

    async fn flow_log(&self, vpc: &str) -> Result<String, LabError> {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": "vpc-flow-logs.amazonaws.com" },
        }] });
        let policy = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Resource": "*", "Action": [
                "logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents",
                "logs:DescribeLogGroups", "logs:DescribeLogStreams",
            ],
        }] });
        let failed = |action: &str| {
            let action = action.to_owned();
            move |error| LabError { action, error }
        };
        let (version, name) = (flowlogd_aws::iam::VERSION, ("RoleName", ROLE));
        let (trust, policy) = (trust.to_string(), policy.to_string());
        let parameters = [name, ("AssumeRolePolicyDocument", trust.as_str())];
        let made = self.client.query("iam", version, "CreateRole", &parameters).await;
        let made = made.map_err(failed("CreateRole"))?;
        let role = made.get("CreateRoleResult").unwrap_or(&made).get("Role");
        let arn = role.and_then(|role| role.get("Arn")).and_then(|arn| arn.text());
        let arn = arn.unwrap_or_default().to_owned();
        let parameters = [name, ("PolicyName", "delivery"), ("PolicyDocument", policy.as_str())];
        let put = self.client.query("iam", version, "PutRolePolicy", &parameters).await;
        put.map_err(failed("PutRolePolicy"))?;
        let group = json!({ "logGroupName": GROUP });
        let made = self.client.json::<_, Value>("logs", LOGS, "CreateLogGroup", &group).await;
        made.map_err(failed("CreateLogGroup"))?;
        let parameters = [
            parameter("ResourceId.1", vpc),
            parameter("ResourceType", "VPC"),
            parameter("TrafficType", "ALL"),
            parameter("LogGroupName", GROUP),
            parameter("DeliverLogsPermissionArn", arn),
            parameter("MaxAggregationInterval", "60"),
            parameter("LogFormat", FIELDS),
        ];
        let made = self.make("CreateFlowLogs", "vpc-flow-log", "lab", &parameters).await?;
        Ok(made.flow_log_id_set.into_iter().next().unwrap_or_default())
    }

    /// Makes something with a name.
    async fn make(
        &self,
        action: &str,
        kind: &str,
        name: &str,
        parameters: &[(String, String)],
    ) -> Result<Made, LabError> {
        let mut all = parameters.to_vec();
        all.extend(calls::tags_of_new(kind, [("Name", name)]));
        self.call(action, &all).await
    }

    async fn order(&self, action: &str, parameters: &[(String, String)]) -> Result<(), LabError> {
        self.call::<Nothing>(action, parameters).await.map(drop)
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        action: &str,
        parameters: &[(String, String)],
    ) -> Result<T, LabError> {
        calls::call(self.client, action, parameters)
            .await
            .map_err(|error| LabError { action: action.to_owned(), error })
    }
}

/// Returns a permission for one port or kind, for one peer.
fn ports(protocol: &str, port: &str, (peer, value): (&str, String)) -> Parameters {
    vec![
        parameter("IpPermissions.1.IpProtocol", protocol),
        parameter("IpPermissions.1.FromPort", port),
        parameter("IpPermissions.1.ToPort", port),
        (format!("IpPermissions.1.{peer}"), value),
    ]
}
