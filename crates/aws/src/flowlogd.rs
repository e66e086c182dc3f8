//! The two operations that AWS does not have (JSON 1.1, target `Flowlogd_20261101`, `semantics.md` 22):
//! what an agent has to do, and what it did.

mod get_agent_configuration;
mod report_agent;

pub use get_agent_configuration::{
    AgentConfiguration, CoveringFlowLog, Decisions, GetAgentConfigurationRequest,
    GetAgentConfigurationResponse, Lease,
};
pub use report_agent::{
    AttachmentReport, DeliveryReport, KernelReport, ReportAgentRequest, ReportAgentResponse,
    RuleHits, TrafficReport, WindowLedger,
};

/// What `X-Amz-Target` begins with.
pub const TARGET: &str = "Flowlogd_20261101";
/// The service in the scope of signatures.
pub const SERVICE: &str = "flowlogd";
