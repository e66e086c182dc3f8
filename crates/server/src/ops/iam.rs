//! IAM.

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![]
}
