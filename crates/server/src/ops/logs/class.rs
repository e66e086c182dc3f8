//! Classes of log groups (`cloudwatch-logs.md` §2.4).

use flowlogd_aws::Fault;

use crate::call::Call;

use super::fault::{self, invalid};

const STANDARD: &str = "STANDARD";
const INFREQUENT_ACCESS: &str = "INFREQUENT_ACCESS";
const ESSENTIALS: &str = "ESSENTIALS";
/// What a request may name.
pub(super) const CLASSES: [&str; 4] = [STANDARD, INFREQUENT_ACCESS, "DELIVERY", ESSENTIALS];

/// The class of a group to be made.
pub(super) fn of_new(class: Option<String>) -> Result<String, Fault> {
    let class = class.unwrap_or_else(|| STANDARD.to_owned());
    // The others are for what AWS delivers elsewhere, and for what is not said.
    if class != STANDARD && class != INFREQUENT_ACCESS {
        return Err(invalid(format!(
            "Only log groups of the classes {STANDARD} and {INFREQUENT_ACCESS} are supported here."
        )));
    }
    Ok(class)
}

/// The class of the groups that are asked for: of these two, either means both, and only one exists here.
pub(super) fn of_listing(class: Option<String>) -> Option<String> {
    class.map(|class| if class == ESSENTIALS { INFREQUENT_ACCESS.to_owned() } else { class })
}

/// Refuses what is there for standard groups only.
pub(super) fn require_standard(call: &Call<'_>, group: &str) -> Result<(), Fault> {
    let group = call.logs.group(&call.owner(), group).map_err(fault::of)?;
    if group.settings.class == INFREQUENT_ACCESS {
        return Err(Fault::new(
            "ValidationException",
            "This operation is only supported on the Standard log class.",
        ));
    }
    Ok(())
}
