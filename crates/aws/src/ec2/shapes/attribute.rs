//! An attribute that is read or changed by itself: a structure with one member.

use serde::{Deserialize, Serialize};

/// `Description.Value` of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct AttributeParameter<T> {
    /// What it is to be.
    pub value: T,
}

/// `<description><value>…` of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute<T> {
    /// What it is.
    pub value: T,
}
