//! Internet gateways.

use serde::{Deserialize, Serialize};

use super::{Tags, document};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InternetGateway {
    /// `igw-…`.
    pub(crate) id: String,
    /// To which it is attached.
    pub(crate) vpc_id: Option<String>,
    pub(crate) tags: Tags,
}

document!(InternetGateway, "internet-gateway");
