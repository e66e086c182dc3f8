//! What the tests of the built binary share: packets as text, captures made of them, runs.

pub(crate) mod capture;
pub(crate) mod inventory;
pub(crate) mod packet;
pub(crate) mod random;
pub(crate) mod run;
pub(crate) mod traffic;
