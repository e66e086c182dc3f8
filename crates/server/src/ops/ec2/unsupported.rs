//! Parameters that AWS has and that nothing here stands behind: refused, never ignored.

use flowlogd_aws::Fault;

/// Refuses the first of these parameters that asks for something.
pub(super) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    match parameters.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((name, _)) => Err(Fault::new(
            "UnsupportedOperation",
            format!("The parameter {name} is not supported here: leave it out."),
        )),
    }
}
