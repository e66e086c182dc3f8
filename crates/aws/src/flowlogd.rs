//! The operations that AWS does not have (JSON 1.1, target `Flowlogd_20261101`, `semantics.md` 22): what an
//! agent has to do, what it did, and how the log store stands.

mod describe_log_store;
mod get_agent_configuration;
mod report_agent;

pub use describe_log_store::{
    BlockCount, DescribeLogStoreRequest, DescribeLogStoreResponse, SegmentCount,
};
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
