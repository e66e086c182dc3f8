//! Placeholder until the inventory is merged.

use crate::state::{Place, StateError, Txn};

pub(crate) fn inventory(_: &Txn<'_>, _: &Place) -> Result<serde_json::Value, StateError> {
    Ok(serde_json::json!({}))
}
