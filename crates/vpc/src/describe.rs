//! The wire shapes of `describe-*`, read by [`crate::Inventory::from_json`] and nobody else.
