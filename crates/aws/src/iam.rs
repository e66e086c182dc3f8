//! IAM (Query, version 2010-05-08): one file an operation.

/// The version that requests name.
pub const VERSION: &str = "2010-05-08";
/// The namespace of answers.
pub const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
