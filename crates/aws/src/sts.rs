//! STS (Query, version 2011-06-15): one file an operation.

mod assume_role;
mod get_caller_identity;

pub use assume_role::{
    AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser, Credentials, PolicyDescriptor,
    ProvidedContext,
};
pub use get_caller_identity::{GetCallerIdentityRequest, GetCallerIdentityResponse};

/// The version that requests name.
pub const VERSION: &str = "2011-06-15";
/// The namespace of answers.
pub const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
