//! The operations, a folder for each service. `operations()` of a service is its list.

pub(crate) mod ec2;
pub(crate) mod flowlogd;
pub(crate) mod iam;
pub(crate) mod logs;
pub(crate) mod sts;
