//! EC2 (Query, version 2016-11-15): one file an operation; what several share is in [`shapes`].

mod create_flow_logs;
mod create_vpc;
mod delete_flow_logs;
mod describe_flow_logs;
pub mod shapes;

pub use create_flow_logs::{
    CreateFlowLogsRequest, CreateFlowLogsResponse, DestinationOptions, TagFieldSpecification,
};
pub use create_vpc::{CreateVpcRequest, CreateVpcResponse};
pub use delete_flow_logs::{DeleteFlowLogsRequest, DeleteFlowLogsResponse};
pub use describe_flow_logs::{DescribeFlowLogsRequest, DescribeFlowLogsResponse};

/// The version that requests name.
pub const VERSION: &str = "2016-11-15";
/// The namespace of answers.
pub const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
