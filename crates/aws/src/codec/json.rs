//! JSON 1.1.

use serde::de::DeserializeOwned;
use serde::ser::Serialize;

use crate::Fault;

/// Reads a request; no body is an empty one. Members that it does not know are left alone, as AWS does.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        Fault::new(
            "SerializationException",
            format!("The request is not what it should be: {error}"),
        )
    })
}

/// Writes an answer.
pub fn write<T: Serialize>(answer: &T) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(answer)
}

/// Writes a fault: the short code, and `message` (`cloudwatch-logs.md` §1.3).
pub fn write_fault(fault: &Fault) -> Vec<u8> {
    // Denials write `Message`, all others `message` (`iam-sts-sigv4-cloudtrail.md` §7.3).
    let name = if fault.code == "AccessDeniedException" { "Message" } else { "message" };
    let body = serde_json::json!({ "__type": fault.code, name: fault.message });
    body.to_string().into_bytes()
}
