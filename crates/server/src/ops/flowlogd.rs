//! Our own operations: two for agents (`semantics.md` 22, 23), and one about the log store.

mod configuration;
mod lease;
mod log_store;
mod report;

pub(crate) use lease::holds;

use flowlogd_aws::Fault;

use crate::call::{Call, Identity};
use crate::dispatch::Operation;

/// Where refusals are told (`semantics.md` 18).
pub(crate) const DECISIONS: &str = "/flowlogd/decisions";
/// Where agents' reports are kept: consoles and tools read them as log events.
pub(crate) const AGENTS: &str = "/flowlogd/agents";

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::wait("GetAgentConfiguration", configuration::get),
        Operation::write("ReportAgent", report::report),
        Operation::read("DescribeLogStore", log_store::describe),
    ]
}

/// Returns the host of the agent that calls; nobody else has anything to ask here.
fn host<'a>(call: &'a Call<'_>) -> Result<&'a str, Fault> {
    call.authorize(&format!("flowlogd:{}", call.action), "*")?;
    match &call.caller.identity {
        Identity::Agent { host } => Ok(host),
        Identity::Iam { .. } => {
            let clause = "because only an enrolled agent may (flowlogd agent enroll)";
            Err(call.denied(&format!("flowlogd:{}", call.action), "*", clause))
        }
    }
}
