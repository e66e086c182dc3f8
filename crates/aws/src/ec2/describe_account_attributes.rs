//! `DescribeAccountAttributes`.

use serde::{Deserialize, Serialize};

/// Request of `DescribeAccountAttributes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct DescribeAccountAttributesRequest {
    /// Only these: `supported-platforms`, `default-vpc`.
    #[serde(rename = "AttributeName", default)]
    pub attribute_names: Vec<String>,
    /// Only look whether it would succeed.
    #[serde(default)]
    pub dry_run: bool,
}

/// Answer of `DescribeAccountAttributes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAccountAttributesResponse {
    /// The attributes.
    #[serde(default)]
    pub account_attribute_set: Vec<AccountAttribute>,
}

/// An attribute of an account in a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAttribute {
    /// `default-vpc`.
    pub attribute_name: String,
    /// Its values.
    #[serde(default)]
    pub attribute_value_set: Vec<AccountAttributeValue>,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountAttributeValue {
    /// As text.
    pub attribute_value: String,
}
