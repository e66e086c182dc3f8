//! `CreateFlowLogs`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{UnsuccessfulItem, UnsuccessfulItemError};
use flowlogd_aws::ec2::{CreateFlowLogsRequest, CreateFlowLogsResponse};

use super::super::identifier::{INTERFACE, Kind, SUBNET, VPC};
use super::request::{self, Wanted};
use crate::call::Call;
use crate::ids;
use crate::model::{FlowLog, Interface, ResourceType, Subnet, Vpc};
use crate::ops::iam::{ServiceCall, may_service_assume, role_by_arn};

/// The service that delivers.
const SERVICE: &str = "vpc-flow-logs.amazonaws.com";
/// Flow logs that one resource may have (`flow-logs.md` §12).
const MAX_PER_RESOURCE: usize = 250;

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn create(
    call: &Call<'_>,
    request: CreateFlowLogsRequest,
) -> Result<CreateFlowLogsResponse, Fault> {
    authorize(call, &request)?;
    let wanted = Wanted::of(call, &request)?;
    call.authorize_with("iam:PassRole", &wanted.role.to_string(), |context| {
        context.set("iam:PassedToService", SERVICE);
    })?;
    if !wanted.tags.is_empty() {
        call.authorize_with("ec2:CreateTags", &call.ec2_arn("vpc-flow-log", "*"), |context| {
            for (key, value) in &wanted.tags {
                context.set(&format!("aws:RequestTag/{key}"), value.clone());
            }
            context.set_all("aws:TagKeys", wanted.tags.keys().cloned());
            context.set("ec2:CreateAction", call.action);
        })?;
    }
    call.dry_run(request.dry_run)?;
    call.once(request.client_token.as_deref(), &request, || {
        check_role(call, &wanted)?;
        make(call, &request, &wanted)
    })
}

/// One question for each resource, and one for the flow log (`iam-sts-sigv4-cloudtrail.md` §2.4).
fn authorize(call: &Call<'_>, request: &CreateFlowLogsRequest) -> Result<(), Fault> {
    call.authorize("ec2:CreateFlowLogs", &call.ec2_arn("vpc-flow-log", "*"))?;
    let kind = request::resource_type(request)?.arn_kind();
    request
        .resource_ids
        .iter()
        .try_for_each(|id| call.authorize("ec2:CreateFlowLogs", &call.ec2_arn(kind, id)))
}

/// The role has to be there, and to trust the service: tried with the ARN of a flow log to come.
fn check_role(call: &Call<'_>, wanted: &Wanted) -> Result<(), Fault> {
    let unable = |why: &str| {
        let text = format!("Unable to assume given IAM role {}: {why}", wanted.role);
        Fault::new("InvalidParameter", text)
    };
    let role =
        role_by_arn(call.txn, &wanted.role)?.ok_or_else(|| unable("there is no such role"))?;
    let id = call.new_id("fl");
    let asking = ServiceCall {
        service: SERVICE,
        source_arn: &call.ec2_arn("vpc-flow-log", &id),
        source_account: call.account(),
        session_name: &id,
        region: call.region(),
        now: call.now(),
    };
    let evaluation = may_service_assume(call.txn, call.account(), &role, &asking)?;
    if evaluation.is_allowed() {
        return Ok(());
    }
    Err(unable(&format!("its trust policy does not let {SERVICE} assume it")))
}

fn make(
    call: &Call<'_>,
    request: &CreateFlowLogsRequest,
    wanted: &Wanted,
) -> Result<CreateFlowLogsResponse, Fault> {
    let mut existing: Vec<FlowLog> = call.list()?;
    let mut answer = CreateFlowLogsResponse {
        client_token: request.client_token.clone().unwrap_or_else(ids::token::<32>),
        flow_log_id_set: Vec::new(),
        unsuccessful: Vec::new(),
    };
    // A resource that is not there fails the whole call; what else is wrong with one, only that one.
    for id in &request.resource_ids {
        wanted.resource_type.check(call, id)?;
    }
    for id in &request.resource_ids {
        let flow_log = FlowLog {
            id: call.new_id("fl"),
            resource_id: id.clone(),
            resource_type: wanted.resource_type,
            traffic_type: wanted.traffic_type.clone(),
            log_group_name: wanted.log_group_name.clone(),
            log_destination: wanted.log_destination.clone(),
            deliver_logs_permission_arn: wanted.role.to_string(),
            log_format: wanted.log_format.clone(),
            max_aggregation_interval: wanted.max_aggregation_interval,
            created: call.now(),
            tags: wanted.tags.clone(),
        };
        match obstacle(&existing, &flow_log) {
            Some(fault) if request.resource_ids.len() == 1 => return Err(fault),
            Some(fault) => answer.unsuccessful.push(UnsuccessfulItem {
                error: UnsuccessfulItemError { code: "400".to_owned(), message: fault.message },
                resource_id: id.clone(),
            }),
            None => {
                call.put(&flow_log)?;
                answer.flow_log_id_set.push(flow_log.id.clone());
                existing.push(flow_log);
            }
        }
    }
    Ok(answer)
}

/// Returns what stands in the way of another flow log on its resource (`flow-logs.md` §9.6, §12).
fn obstacle(existing: &[FlowLog], new: &FlowLog) -> Option<Fault> {
    let mut of_resource = existing.iter().filter(|other| other.resource_id == new.resource_id);
    let is_same = |other: &FlowLog| {
        (&other.log_group_name, &other.traffic_type) == (&new.log_group_name, &new.traffic_type)
            && (&other.log_format, other.max_aggregation_interval)
                == (&new.log_format, new.max_aggregation_interval)
            && other.deliver_logs_permission_arn == new.deliver_logs_permission_arn
    };
    if of_resource.clone().any(is_same) {
        return Some(Fault::new(
            "FlowLogAlreadyExists",
            "Error. There is an existing Flow Log with the same configuration and log destination.",
        ));
    }
    of_resource.nth(MAX_PER_RESOURCE - 1).map(|_| {
        Fault::new(
            "FlowLogsLimitExceeded",
            format!(
                "The maximum number of flow logs ({MAX_PER_RESOURCE}) has been reached for {}.",
                new.resource_id
            ),
        )
    })
}

impl ResourceType {
    /// The type in the ARN of such a resource.
    const fn arn_kind(self) -> &'static str {
        match self {
            Self::Vpc => "vpc",
            Self::Subnet => "subnet",
            Self::NetworkInterface => "network-interface",
        }
    }

    /// Refuses an id that no such resource has.
    fn check(self, call: &Call<'_>, id: &str) -> Result<(), Fault> {
        let (kind, is_there): (&Kind, bool) = match self {
            Self::Vpc => (&VPC, call.get::<Vpc>(id)?.is_some()),
            Self::Subnet => (&SUBNET, call.get::<Subnet>(id)?.is_some()),
            Self::NetworkInterface => (&INTERFACE, call.get::<Interface>(id)?.is_some()),
        };
        kind.check(id)?;
        if is_there { Ok(()) } else { Err(kind.missing(id)) }
    }
}
