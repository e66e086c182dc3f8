//! `DeleteFlowLogs`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{DeleteFlowLogsRequest, DeleteFlowLogsResponse};

use super::{check_ids, missing};
use crate::call::Call;
use crate::model::{Delivery, FlowLog};

/// All of them or, where one is unknown, none.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn delete(
    call: &Call<'_>,
    request: DeleteFlowLogsRequest,
) -> Result<DeleteFlowLogsResponse, Fault> {
    if request.flow_log_ids.is_empty() {
        call.authorize("ec2:DeleteFlowLogs", &call.ec2_arn("vpc-flow-log", "*"))?;
        let text = "The request must contain the parameter FlowLogId";
        return Err(Fault::new("MissingParameter", text));
    }
    for id in &request.flow_log_ids {
        call.authorize("ec2:DeleteFlowLogs", &call.ec2_arn("vpc-flow-log", id))?;
    }
    check_ids(&request.flow_log_ids)?;
    call.dry_run(request.dry_run)?;

    let mut unknown = Vec::new();
    for id in &request.flow_log_ids {
        if call.get::<FlowLog>(id)?.is_none() {
            unknown.push(id.as_str());
        }
    }
    if !unknown.is_empty() {
        return Err(missing(&unknown));
    }
    let deliveries: Vec<Delivery> = call.list()?;
    for id in &request.flow_log_ids {
        call.delete::<FlowLog>(id)?;
        for delivery in deliveries.iter().filter(|delivery| delivery.flow_log_id == *id) {
            call.delete::<Delivery>(&delivery.id)?;
        }
    }
    Ok(DeleteFlowLogsResponse { unsuccessful: Vec::new() })
}
