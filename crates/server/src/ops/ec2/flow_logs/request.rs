//! What `CreateFlowLogs` asks for → what it means: the only validation (`flow-logs.md` §9.1, §10).

use flowlogd_aws::ec2::CreateFlowLogsRequest;
use flowlogd_aws::{Arn, Fault};
use flowlogd_flowlog::LogFormat;

use super::super::tagging;
use crate::call::Call;
use crate::model::{ResourceType, Tags};

/// Resources that one call may name.
const MAX_RESOURCES: usize = 300;

/// A request that makes sense.
pub(super) struct Wanted {
    pub(super) resource_type: ResourceType,
    pub(super) traffic_type: String,
    pub(super) log_group_name: String,
    /// As given, where it was given.
    pub(super) log_destination: Option<String>,
    pub(super) role: Arn,
    pub(super) log_format: String,
    pub(super) max_aggregation_interval: u32,
    pub(super) tags: Tags,
}

fn parameter(text: impl Into<String>) -> Fault {
    Fault::new("InvalidParameter", text)
}

fn value(parameter: &str, given: &str, expected: &str) -> Fault {
    Fault::new(
        "InvalidParameterValue",
        format!("Value ({given}) for parameter {parameter} is invalid. {expected}"),
    )
}

fn missing(parameter: &str) -> Fault {
    Fault::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
}

/// Returns the kind of resource that a request names; it is needed to ask for permission.
pub(super) fn resource_type(request: &CreateFlowLogsRequest) -> Result<ResourceType, Fault> {
    match request.resource_type.as_deref() {
        None => Err(missing("ResourceType")),
        Some("VPC") => Ok(ResourceType::Vpc),
        Some("Subnet") => Ok(ResourceType::Subnet),
        Some("NetworkInterface") => Ok(ResourceType::NetworkInterface),
        Some(
            other @ ("TransitGateway"
            | "TransitGatewayAttachment"
            | "RegionalNatGateway"
            | "CoreNetwork"
            | "CoreNetworkEdge"
            | "CoreNetworkAttachment"),
        ) => Err(Fault::new(
            "UnsupportedOperation",
            format!(
                "There is no {other} here: flow logs are for VPC, Subnet and NetworkInterface."
            ),
        )),
        Some(other) => {
            Err(value("ResourceType", other, "Valid values: NetworkInterface, Subnet, VPC."))
        }
    }
}

impl Wanted {
    /// Validates a request, in the order in which AWS is known to.
    pub(super) fn of(call: &Call<'_>, request: &CreateFlowLogsRequest) -> Result<Self, Fault> {
        let resource_type = resource_type(request)?;
        if request.resource_ids.is_empty() {
            return Err(missing("ResourceId"));
        }
        if request.resource_ids.len() > MAX_RESOURCES {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!(
                    "The request names {} resources: at most {MAX_RESOURCES} are possible",
                    request.resource_ids.len()
                ),
            ));
        }
        let traffic_type = match request.traffic_type.as_deref() {
            None => return Err(missing("TrafficType")),
            Some(known @ ("ACCEPT" | "REJECT" | "ALL")) => known.to_owned(),
            Some(other) => {
                return Err(value("TrafficType", other, "Valid values: ACCEPT, REJECT, ALL."));
            }
        };
        let log_group_name = destination(call, request)?;
        let role = role(call, request)?;
        let max_aggregation_interval = match request.max_aggregation_interval {
            None => 600,
            Some(known @ (60 | 600)) => known,
            Some(_) => return Err(parameter("Invalid Flow Log Max Aggregation Interval")),
        };
        if request.client_token.as_ref().is_some_and(|token| token.is_empty() || token.len() > 64) {
            return Err(value("ClientToken", "", "It has 1 to 64 characters."));
        }
        let tags = tagging::specified(
            &request.tag_specifications,
            "vpc-flow-log",
            "InvalidParameterValue",
        )?;
        if !request.tag_field_specifications.is_empty() {
            return Err(Fault::new(
                "UnsupportedOperation",
                "TagFieldSpecification is not supported here: no field can hold the tags of resources.",
            ));
        }
        Ok(Self {
            resource_type,
            traffic_type,
            log_group_name,
            log_destination: request.log_destination.clone(),
            role,
            log_format: log_format(request)?,
            max_aggregation_interval,
            tags,
        })
    }
}

/// Returns the log group that records go to.
fn destination(call: &Call<'_>, request: &CreateFlowLogsRequest) -> Result<String, Fault> {
    let kind = request.log_destination_type.as_deref().unwrap_or("cloud-watch-logs");
    if !matches!(kind, "cloud-watch-logs" | "s3" | "kinesis-data-firehose") {
        return Err(value(
            "LogDestinationType",
            kind,
            "Valid values: cloud-watch-logs, s3, kinesis-data-firehose.",
        ));
    }
    let text = match (&request.log_group_name, &request.log_destination) {
        (Some(_), Some(_)) => {
            return Err(parameter(
                "Please only provide LogGroupName or only provide LogDestination.",
            ));
        }
        (Some(_), None) if kind != "cloud-watch-logs" => {
            return Err(parameter(
                "LogDestination type must be cloud-watch-logs if LogGroupName is provided.",
            ));
        }
        (None, None) => {
            return Err(parameter(
                "LogDestination can't be empty if LogGroupName is not provided.",
            ));
        }
        (Some(name), None) | (None, Some(name)) => name,
    };
    if kind == "s3" && request.deliver_logs_permission_arn.is_some() {
        return Err(parameter("DeliverLogsPermissionArn is not applicable for s3 delivery"));
    }
    if kind != "cloud-watch-logs" {
        return Err(Fault::new(
            "UnsupportedOperation",
            format!("Delivery to {kind} is not supported here yet: use cloud-watch-logs."),
        ));
    }
    if request.deliver_cross_account_role.is_some() {
        return Err(parameter(
            "DeliverCrossAccountRole is not applicable for cloud-watch-logs delivery",
        ));
    }
    if request.destination_options.is_some() {
        return Err(parameter("DestinationOptions is only applicable for s3 delivery"));
    }
    let name =
        if request.log_destination.is_some() { group_of_arn(call, text)? } else { text.clone() };
    let is_name = (1..=512).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte))
        && !name.starts_with("aws/");
    if !is_name {
        return Err(value(
            "LogGroupName",
            &name,
            "A log group's name has 1 to 512 of the characters a-z, A-Z, 0-9, '_', '-', '/', '.' and '#'.",
        ));
    }
    Ok(name)
}

/// `arn:aws:logs:R:A:log-group:NAME`, with or without `:*`; of this account and region.
fn group_of_arn(call: &Call<'_>, text: &str) -> Result<String, Fault> {
    let expected =
        format!("Expecting arn:aws:logs:{}:{}:log-group:NAME.", call.region(), call.account());
    let wrong = || value("LogDestination", text, &expected);
    let arn: Arn = text.parse().map_err(|_| wrong())?;
    let name = arn.resource.strip_prefix("log-group:").ok_or_else(wrong)?;
    if arn.service != "logs" || arn.region != call.region() || arn.account != call.account() {
        return Err(wrong());
    }
    Ok(name.strip_suffix(":*").unwrap_or(name).to_owned())
}

fn role(call: &Call<'_>, request: &CreateFlowLogsRequest) -> Result<Arn, Fault> {
    let Some(text) = &request.deliver_logs_permission_arn else {
        return Err(parameter(
            "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.",
        ));
    };
    let arn: Option<Arn> = text.parse().ok();
    arn.filter(|arn| {
        arn.service == "iam" && arn.account == call.account() && arn.resource.starts_with("role/")
    })
    .ok_or_else(|| {
        value(
            "DeliverLogsPermissionArn",
            text,
            &format!("Expecting arn:aws:iam::{}:role/NAME.", call.account()),
        )
    })
}

fn log_format(request: &CreateFlowLogsRequest) -> Result<String, Fault> {
    let Some(text) = &request.log_format else { return Ok(LogFormat::default().to_string()) };
    match text.parse::<LogFormat>() {
        Ok(_) => Ok(text.clone()),
        Err(error) => Err(Fault::new("InvalidParameterValue", format!("{error}: {}", error.fault))),
    }
}
