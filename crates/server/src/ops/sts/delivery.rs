//! An agent assumes a delivery role, as the service that delivers flow logs (`semantics.md` 23).

use flowlogd_aws::Fault;
use flowlogd_aws::policy::Evaluation;
use flowlogd_aws::sts::AssumeRoleRequest;

use super::assume_role::not_trusted;
use crate::call::Call;
use crate::model::{Attachment, FlowLog, Interface, ResourceType, Role};
use crate::ops::iam::{ServiceCall, may_service_assume};

/// The service that an agent is then.
const SERVICE: &str = "vpc-flow-logs.amazonaws.com";

/// Decides by the role's trust policy, once it is sure that the agent needs the role: the session is named
/// after a flow log that delivers with it, and the agent holds an interface which that flow log covers.
pub(super) fn may_assume(
    call: &Call<'_>,
    host: &str,
    role: Option<&Role>,
    request: &AssumeRoleRequest,
) -> Result<Evaluation, Fault> {
    let (arn, id) = (&request.role_arn, &request.role_session_name);
    let refuse = |why: String| call.denied("sts:AssumeRole", arn, &format!("because {why}"));
    let Some(flow_log) = call.get::<FlowLog>(id)? else {
        return Err(refuse(format!(
            "there is no flow log {id} in {}: an agent's RoleSessionName is the id of the flow log that it \
             delivers",
            call.region()
        )));
    };
    if flow_log.deliver_logs_permission_arn != *arn {
        let its = &flow_log.deliver_logs_permission_arn;
        return Err(refuse(format!("flow log {id} delivers with the role {its}")));
    }
    if !holds_an_interface_of(call, host, &flow_log)? {
        let resource = &flow_log.resource_id;
        return Err(refuse(format!(
            "host {host} has no valid lease of an interface that flow log {id} covers ({resource})"
        )));
    }
    // CreateFlowLogs refuses roles of other accounts; should one have come in, it is not ours to judge.
    let own = format!("arn:aws:iam::{}:", call.account());
    let Some(role) = role.filter(|_| arn.starts_with(&own)) else {
        return Err(not_trusted(call, arn));
    };
    let asking = ServiceCall {
        service: SERVICE,
        source_arn: &call.ec2_arn("vpc-flow-log", id),
        source_account: call.account(),
        session_name: id,
        region: call.region(),
        now: call.now(),
    };
    may_service_assume(call.txn, call.account(), role, &asking)
}

fn holds_an_interface_of(call: &Call<'_>, host: &str, flow_log: &FlowLog) -> Result<bool, Fault> {
    for lease in call.list::<Attachment>()? {
        if lease.host != host || lease.until <= call.now() {
            continue;
        }
        if let Some(interface) = call.get::<Interface>(&lease.id)?
            && covers(flow_log, &interface)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn covers(flow_log: &FlowLog, interface: &Interface) -> bool {
    let own = match flow_log.resource_type {
        ResourceType::NetworkInterface => &interface.id,
        ResourceType::Subnet => &interface.subnet_id,
        ResourceType::Vpc => &interface.vpc_id,
    };
    flow_log.resource_id == *own
}
