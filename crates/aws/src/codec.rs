//! Between bytes and plain structs: form parameters and XML by way of a [`Node`] tree, JSON by `serde_json`.
//!
//! A request's `Deserialize` and a response's `Serialize` say everything: member names are field names
//! (renamed where the wire differs), absent options are not written, and a `Vec` is a list in the
//! dialect of the protocol.

mod deserialize;
pub mod json;
mod node;
pub mod query;
mod serialize;
pub mod xml;

pub use deserialize::from_node;
pub use node::Node;

use crate::Fault;
use crate::one_line::one_line;

/// Why a request cannot be read: one line of text each, whatever was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A parameter that has to be there is not.
    #[error("The request must contain the parameter {}", one_line(.0))]
    Missing(String),
    /// A parameter that no such operation has.
    #[error("The parameter {} is not recognized", one_line(.0))]
    Unknown(String),
    /// A value of the wrong kind.
    #[error(
        "Value ({}) for parameter {} is invalid. {}",
        one_line(.value), one_line(.parameter), one_line(.expected)
    )]
    Invalid {
        /// `Filter.1.Name`.
        parameter: String,
        /// What was sent.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// Not a document of the protocol at all.
    #[error("{}", one_line(.0))]
    Malformed(String),
}

impl DecodeError {
    /// The error of the EC2 and Query protocols.
    pub fn into_query_fault(self) -> Fault {
        let message = self.to_string();
        match self {
            Self::Missing(_) => Fault::new("MissingParameter", message),
            Self::Unknown(_) => Fault::new("UnknownParameter", message),
            Self::Invalid { .. } => Fault::new("InvalidParameterValue", message),
            Self::Malformed(_) => Fault::new("MalformedQueryString", message),
        }
    }
}
