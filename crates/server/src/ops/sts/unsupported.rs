//! Parameters that AWS has and we do not support.

use flowlogd_aws::Fault;

/// Refuses the first of some parameters that is given: a session that silently lacked what was asked for
/// would be another one than the caller thinks.
pub(super) fn refuse(unsupported: &[(&str, bool)]) -> Result<(), Fault> {
    match unsupported.iter().find(|(_, given)| *given) {
        Some((parameter, _)) => Err(Fault::new(
            "InvalidParameterValue",
            format!("The parameter {parameter} is not supported here: leave it out."),
        )),
        None => Ok(()),
    }
}
