//! STS (Query, version 2011-06-15): one file an operation.

mod assume_role;
mod decode_authorization_message;
mod get_access_key_info;
mod get_caller_identity;
mod get_federation_token;
mod get_session_token;

pub use assume_role::{
    AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser, Credentials, PolicyDescriptor,
    ProvidedContext,
};
pub use decode_authorization_message::{
    DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse,
};
pub use get_access_key_info::{GetAccessKeyInfoRequest, GetAccessKeyInfoResponse};
pub use get_caller_identity::{GetCallerIdentityRequest, GetCallerIdentityResponse};
pub use get_federation_token::{
    FederatedUser, GetFederationTokenRequest, GetFederationTokenResponse,
};
pub use get_session_token::{GetSessionTokenRequest, GetSessionTokenResponse};

/// The version that requests name.
pub const VERSION: &str = "2011-06-15";
/// The namespace of answers.
pub const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
