//! After how many days events go.

use flowlogd_aws::Fault;
use flowlogd_aws::logs::{DeleteRetentionPolicyRequest, PutRetentionPolicyRequest};

use crate::call::Call;

use super::fault::{self, invalid};
use super::group_name::GroupName;
use super::violations::Violations;

/// What `retentionInDays` may be (`cloudwatch-logs.md` §2.1).
const DAYS: [u32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

pub(super) fn put(call: &Call<'_>, request: PutRetentionPolicyRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let name = violations.group_name(request.log_group_name);
    let days = violations.required("retentionInDays", request.retention_in_days);
    violations.end()?;
    let days = DAYS.into_iter().find(|allowed| i64::from(*allowed) == days).ok_or_else(|| {
        let allowed = DAYS.map(|days| days.to_string()).join(", ");
        invalid(format!("Invalid retention value. Valid values are: [{allowed}]"))
    })?;
    call.logs.set_retention(&call.owner(), &name, Some(days)).map_err(fault::of)
}

/// Nothing is wrong with a group that keeps its events for ever already.
pub(super) fn delete(call: &Call<'_>, request: DeleteRetentionPolicyRequest) -> Result<(), Fault> {
    let group = GroupName::of_name(call, request.log_group_name.as_deref());
    call.authorize_logs(&group, "")?;
    let mut violations = Violations::default();
    let name = violations.group_name(request.log_group_name);
    violations.end()?;
    call.logs.set_retention(&call.owner(), &name, None).map_err(fault::of)
}
