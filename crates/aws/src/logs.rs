//! CloudWatch Logs (JSON 1.1, target `Logs_20140328`): one file an operation.

/// What `X-Amz-Target` begins with.
pub const TARGET: &str = "Logs_20140328";
