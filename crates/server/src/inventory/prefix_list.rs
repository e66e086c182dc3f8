//! Managed prefix lists with their entries.

use serde_json::{Value, json};

use crate::model::{AddressFamily, PrefixList};

pub(super) fn printed(owner: &str, list: &PrefixList) -> Value {
    let family = match list.family {
        AddressFamily::Ipv4 => "IPv4",
        AddressFamily::Ipv6 => "IPv6",
    };
    json!({
        "PrefixListId": list.id,
        "AddressFamily": family,
        "PrefixListName": list.name,
        "Version": list.version,
        "OwnerId": owner,
    })
}

/// The entries of each list under its id.
pub(super) fn entries(lists: &[PrefixList]) -> Value {
    let blocks = |list: &PrefixList| -> Vec<Value> {
        list.entries.iter().map(|entry| json!({ "Cidr": entry.cidr })).collect()
    };
    Value::Object(lists.iter().map(|list| (list.id.clone(), json!(blocks(list)))).collect())
}
