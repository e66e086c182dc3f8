//! IAM's codes with their statuses (`iam-sts-sigv4-cloudtrail.md` §5.2).

use flowlogd_aws::Fault;

pub(super) fn no_such_entity(message: impl Into<String>) -> Fault {
    Fault::new("NoSuchEntity", message).with_status(404)
}

pub(super) fn already_exists(message: impl Into<String>) -> Fault {
    Fault::new("EntityAlreadyExists", message).with_status(409)
}

pub(super) fn delete_conflict(message: impl Into<String>) -> Fault {
    Fault::new("DeleteConflict", message).with_status(409)
}

pub(super) fn limit_exceeded(message: impl Into<String>) -> Fault {
    Fault::new("LimitExceeded", message).with_status(409)
}

pub(super) fn invalid_input(message: impl Into<String>) -> Fault {
    Fault::new("InvalidInput", message)
}

pub(super) fn malformed_policy(message: impl Into<String>) -> Fault {
    Fault::new("MalformedPolicyDocument", message)
}
