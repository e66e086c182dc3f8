//! What a change of the rules would do to flows that were recorded.
//!
//! Inferred like all of `explain`: every record is judged by the present rules and by the proposed ones, and
//! only where the present ones agree with what was recorded does a difference count as a flip.

mod comparison;
mod flips;
mod outcome;
mod report;
mod unused;

pub use comparison::{Counts, WhatIf};
pub use flips::Class;
pub use report::{Flip, FlowOfFlip, Report, Standing};
pub use unused::{UnusedRule, UnwatchedRule, Usage, Watches};
