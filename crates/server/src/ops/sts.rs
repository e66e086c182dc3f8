//! STS: sessions of roles. Sessions of users and federated ones are not made here.

mod assume_role;
#[cfg(test)]
mod assume_role_tests;
mod caller_identity;
#[cfg(test)]
mod cross_account_tests;
mod delivery;
#[cfg(test)]
mod delivery_tests;

use crate::dispatch::Operation;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::read("GetCallerIdentity", caller_identity::get),
        Operation::write("AssumeRole", assume_role::assume),
    ]
}
