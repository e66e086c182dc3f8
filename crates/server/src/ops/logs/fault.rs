//! What the store says, in AWS's codes and words (`cloudwatch-logs.md` §3).

use flowlogd_aws::Fault;
use flowlogd_logstore::{InvalidMetricFilter, MAX_DIMENSIONS, StoreError};

use crate::call::internal;

use super::put_events::{MAX_BATCH_BYTES, MAX_EVENTS};

/// A request that cannot be what it is.
pub(super) fn invalid(text: impl Into<String>) -> Fault {
    Fault::new("InvalidParameterException", text)
}

/// A parameter that AWS has and we do not.
pub(super) fn unsupported(member: &str) -> Fault {
    invalid(format!("The parameter {member} is not supported here: leave it out."))
}

pub(super) fn no_group() -> Fault {
    Fault::new("ResourceNotFoundException", "The specified log group does not exist.")
}

pub(super) fn invalid_token() -> Fault {
    invalid("The specified nextToken is invalid.")
}

/// What went wrong in the store.
pub(super) fn of(error: StoreError) -> Fault {
    match error {
        StoreError::NoGroup => no_group(),
        StoreError::NoStream => {
            Fault::new("ResourceNotFoundException", "The specified log stream does not exist.")
        }
        StoreError::GroupExists => {
            Fault::new("ResourceAlreadyExistsException", "The specified log group already exists")
        }
        StoreError::StreamExists => {
            Fault::new("ResourceAlreadyExistsException", "The specified log stream already exists")
        }
        StoreError::Protected => Fault::new(
            "ValidationException",
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first.",
        ),
        StoreError::Unordered => {
            invalid("Log events in a single PutLogEvents request must be in chronological order.")
        }
        StoreError::Empty => invalid(
            "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: \
             Member must have length greater than or equal to 1",
        ),
        StoreError::TooManyEvents(_) => invalid(format!(
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: \
             Member must have length less than or equal to {MAX_EVENTS}"
        )),
        StoreError::BatchTooLarge(bytes) => {
            invalid(format!("Upload too large: {bytes} bytes exceeds limit of {MAX_BATCH_BYTES}"))
        }
        StoreError::SpanTooLong => invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
        ),
        StoreError::NoMetricFilter => {
            Fault::new("ResourceNotFoundException", "The specified metric filter does not exist.")
        }
        StoreError::InvalidMetricFilter(wrong) => invalid_metric_filter(&wrong),
        StoreError::TooManyMetricFilters => {
            Fault::new("LimitExceededException", "Resource limit exceeded.")
        }
        StoreError::Full(_) => {
            tracing::error!(error = %error, "the log store takes nothing");
            Fault::new("ServiceUnavailableException", "The service cannot complete the request.")
                .with_status(503)
        }
        StoreError::Database(_)
        | StoreError::Io(_)
        | StoreError::InUse(_)
        | StoreError::Conflict
        | StoreError::Damaged(_)
        | StoreError::Segment(_) => internal(&error),
    }
}

fn invalid_metric_filter(wrong: &InvalidMetricFilter) -> Fault {
    let transformation = |text: &str| invalid(format!("Invalid metric transformation: {text}"));
    match wrong {
        InvalidMetricFilter::Pattern(pattern) => invalid(pattern.to_string()),
        InvalidMetricFilter::Value(value) => {
            transformation(&format!("metric value {value} must be a valid number"))
        }
        InvalidMetricFilter::NoParts => {
            invalid("The specified filter pattern does not support dimensions")
        }
        InvalidMetricFilter::Dimension(_) => {
            transformation("dimension value must be valid selector")
        }
        InvalidMetricFilter::TooManyDimensions(_) => {
            transformation(&format!("no more than {MAX_DIMENSIONS} dimensions are possible"))
        }
        InvalidMetricFilter::DefaultWithDimensions => {
            transformation("dimensions and default value are mutually exclusive properties")
        }
        InvalidMetricFilter::Default => {
            transformation("default value must be between -2^360 and 2^360")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_a_service_that_is_not_available_and_damage_our_own_fault() {
        let full = of(StoreError::Full("1 GiB left".to_owned()));
        let damaged = of(StoreError::Damaged("block 7".to_owned()));

        assert_eq!((full.code.as_ref(), full.status), ("ServiceUnavailableException", 503));
        assert_eq!((damaged.code.as_ref(), damaged.status), ("InternalFailure", 500));
        assert!(!damaged.message.contains("block 7"), "{damaged}");
    }
}
