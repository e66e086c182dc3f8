//! EC2.

mod filter;
mod flow_logs;
mod identifier;
mod page;
mod tagging;
mod vpc;

use flowlogd_aws::Fault;

use crate::dispatch::{Circumstances, Operation};
use crate::state::State;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::write("CreateVpc", vpc::create),
        Operation::write("CreateFlowLogs", flow_logs::create),
        Operation::read("DescribeFlowLogs", flow_logs::describe),
        Operation::write("DeleteFlowLogs", flow_logs::delete),
    ]
}

/// Makes what a fresh region has, at the first call that looks at it.
pub(crate) fn furnish(
    state: &State,
    account: &str,
    circumstances: &Circumstances,
) -> Result<(), Fault> {
    let _ = (state, account, circumstances);
    Ok(())
}
