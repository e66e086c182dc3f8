//! Inventories put together from parts.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// Returns the path of `tests/replay`.
pub(crate) fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replay")
}

/// Puts the members of `tests/replay/inventory/*.json` together, lists one after the other.
pub(crate) fn inventory<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut whole = Map::new();
    for name in names {
        let path = home().join("inventory").join(format!("{name}.json"));
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let part: Map<String, Value> = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (member, value) in part {
            put_together(whole.entry(member).or_insert(Value::Null), value);
        }
    }
    Value::Object(whole).to_string()
}

fn put_together(whole: &mut Value, part: Value) {
    match (whole, part) {
        (Value::Array(list), Value::Array(more)) => list.extend(more),
        (Value::Object(object), Value::Object(more)) => object.extend(more),
        (whole, part) => *whole = part,
    }
}
