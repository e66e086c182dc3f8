//! The reason clause of a denial (§7.1).

use super::{Decision, Layer};

/// Writes the reason clause of a denial (§7.1): `because no identity-based policy allows the X action`.
pub fn clause(decision: &Decision, action: &str) -> String {
    match decision {
        Decision::Allowed(_) => String::new(),
        Decision::ImplicitDeny(layer) => {
            let name = match layer {
                Layer::Identity => "identity-based policy",
                Layer::Boundary => "permissions boundary",
                Layer::Session => "session policy",
                Layer::Trust => "role trust policy",
            };
            format!("because no {name} allows the {action} action")
        }
        Decision::ExplicitDeny(layer, _) => {
            let name = match layer {
                Layer::Identity => "an identity-based policy",
                Layer::Boundary => "a permissions boundary",
                Layer::Session => "a session policy",
                Layer::Trust => "the role trust policy",
            };
            format!("with an explicit deny in {name}")
        }
    }
}
