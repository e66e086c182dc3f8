//! What a failed call means for a flow log (`flow-logs.md` §11).

use crate::client::CallError;

/// What keeps a flow log from being delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The role may not, or must not be assumed.
    Access,
    /// The service asks for patience.
    RateLimited,
    /// Anything else.
    Unknown,
}

impl Trouble {
    /// Returns `deliverLogsErrorMessage`.
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Access => "Access error",
            Self::RateLimited => "Rate limited",
            Self::Unknown => "Unknown error",
        }
    }
}

/// Why a batch was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It is worth another attempt.
    Trouble(Trouble, String),
    /// It will never be accepted. The code, and what the service says.
    Refused(String, String),
}

impl Failure {
    /// What it means that a step of delivery other than the batch itself failed.
    pub(super) fn of_step(step: &str, error: &CallError) -> Self {
        let trouble = if error.is_access_denied() {
            Trouble::Access
        } else if error.is_throttled() {
            Trouble::RateLimited
        } else {
            Trouble::Unknown
        };
        Self::Trouble(trouble, format!("{step}: {error}"))
    }

    /// What it means that a batch was not taken.
    pub(super) fn of_batch(error: &CallError) -> Self {
        match error.code() {
            Some(code) if error.is_invalid_request() => {
                Self::Refused(code.to_owned(), error.to_string())
            }
            _ => Self::of_step("PutLogEvents", error),
        }
    }
}
