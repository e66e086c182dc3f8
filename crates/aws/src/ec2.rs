//! EC2 (Query, version 2016-11-15): one file an operation; what several share is in [`shapes`].

mod create_vpc;
pub mod shapes;

pub use create_vpc::{CreateVpcRequest, CreateVpcResponse};

/// The version that requests name.
pub const VERSION: &str = "2016-11-15";
/// The namespace of answers.
pub const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";
