//! Our two operations for agents.

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![]
}
