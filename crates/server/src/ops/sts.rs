//! STS.

mod caller_identity;

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![Operation::read("GetCallerIdentity", caller_identity::get)]
}
