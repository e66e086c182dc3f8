//! VPCs.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{CreateVpcRequest, CreateVpcResponse};

use crate::call::Call;

pub(super) fn create(
    call: &Call<'_>,
    request: CreateVpcRequest,
) -> Result<CreateVpcResponse, Fault> {
    call.authorize("ec2:CreateVpc", &call.ec2_arn("vpc", "*"))?;
    call.dry_run(request.dry_run)?;
    Err(Fault::new("UnsupportedOperation", "CreateVpc is not built yet"))
}
