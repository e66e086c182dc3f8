//! STS.

mod caller_identity;

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation::read("GetCallerIdentity", caller_identity::get)]
}

pub(crate) fn may_service_assume(
    _: &crate::call::Call<'_>,
    _: &crate::model::Role,
    _: &str,
    _: &str,
) -> Result<flowlogd_aws::policy::Evaluation, flowlogd_aws::Fault> {
    Err(flowlogd_aws::Fault::new("InternalFailure", ""))
}
