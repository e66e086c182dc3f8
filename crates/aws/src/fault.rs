//! What a caller is told when a request fails.

use std::borrow::Cow;

/// The three ways in which the services that we speak write requests and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// EC2 Query: flattened lists in, XML without result wrapper out (`vpc-filtering.md` §9).
    Ec2,
    /// AWS Query: `member` lists in, XML with a result wrapper out (`iam-sts-sigv4-cloudtrail.md` §5.1).
    Query,
    /// JSON 1.1 (`cloudwatch-logs.md` §1).
    Json,
}

/// An error as AWS would answer it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// `InvalidVpcID.NotFound`, `ResourceNotFoundException`, …
    pub code: Cow<'static, str>,
    /// For people; clients match on the code.
    pub message: String,
    /// HTTP status.
    pub status: u16,
}

impl Fault {
    /// A fault of the caller's, with status 400.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), message: message.into(), status: 400 }
    }

    /// The same with another HTTP status.
    #[must_use]
    pub const fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}
