//! Why existing records say what they say, by the rules of an inventory.
//!
//! Inferred, and never more: a record does not tell which rule decided, nor what was tracked
//! (flow-logs.md §4.11), and the rules may have changed since. Pure: records in, a report out.

mod author;
mod case;
mod cause;
mod exclusion_text;
mod explainer;
mod groups;
mod icmp_types;
mod judge;
#[cfg(test)]
mod laws;
mod recorded_flow;
mod remedy;
mod report;
mod rule_text;
mod services;
pub mod what_if;

pub use cause::Section;
pub use explainer::{Counts, Explainer};
pub use groups::Totals;
pub use recorded_flow::MissingFields;
pub use remedy::{Allow, Remedy};
pub use report::{Example, Explained, Report, Step};
pub use services::{Service, ServiceList};
