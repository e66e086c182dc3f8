//! The reference page of the fields, made from the table.

use std::fmt::Write as _;

use super::{Field, Source, Values};

/// Returns the text of `docs/record-fields.md`.
pub fn reference_page() -> String {
    let mut page = String::from(HEAD);
    for (place, field) in Field::ALL.iter().enumerate() {
        let version = field.version().map_or("–".to_owned(), |version| version.to_string());
        // Writing into a string cannot fail.
        let _ = writeln!(
            page,
            "| {} | `{field}` | {version} | {} | {} | {} | {} |",
            place + 1,
            field.field_type(),
            values(field.values()),
            source(field.source()),
            field.doc(),
        );
    }
    page.push_str(TAIL);
    page
}

const HEAD: &str = "\
# Record fields

This page is made from the field table (`crates/flowlog/src/field.rs`) by
`UPDATE_DOCS=1 cargo test -p flowlogd-flowlog reference_page`.

A format names fields as `${srcaddr} ${dstaddr}`, single spaces between them, in any order, none twice.
A value that does not apply or cannot be told is a single `-`: `null` in JSON and in Parquet.
`version` in a record is the highest version among the fields of the format. Fields that begin with `x-`
are extensions: they belong to no version and stand in no default format.

| # | field | version | Parquet | values | source | meaning |
|---|---|---|---|---|---|---|
";

const TAIL: &str = "
## Where values come from

- **format**: the format itself. **capture**: how the packets were captured.
- **packet**: the packets of the flow. `-` in NODATA and SKIPDATA records.
- **window**: the window of the record, and how complete it is.
- **interface**, **inventory**: what the inventory says of the recorded interface and of the network
  around it. These are filled in NODATA and SKIPDATA records too, where they do not depend on a packet.
- **verdict**: the decision on the packets. `-` in NODATA and SKIPDATA records, and without an inventory.
- **none yet**: always `-`.

Without an inventory (`--promiscuous`) `account-id` is `unknown`, `action` is `-`, and so is every field of an
interface.

## `traffic-path`

For packets that the interface sent. Where the subnet's route table is known, the route with the longest
prefix that holds `pkt-dstaddr` decides; a route to a target that has no code, or to a peering
connection that is not active, gives `-`. Without a route table, 1 is written for destinations in the VPC's own blocks, 4 or 5 for those in
the other side's blocks of an active peering connection, and `-` for all others.

## `next-hop-…`

The interface that receives the packet next, or sent it last, is taken to be the one in the same VPC
that owns the far address (`pkt-dstaddr` of egress, `pkt-srcaddr` of ingress). Where that address belongs
to no other interface of the VPC, as behind a gateway or a middlebox, all five fields are `-`.

## Text

Values hold no spaces: white space and control characters inside one, and those alone, are percent-encoded.
";

fn values(values: Values) -> String {
    match values {
        Values::UpTo(u64::MAX) => "number".to_owned(),
        Values::UpTo(most) if most == i32::MAX as u64 => "number".to_owned(),
        Values::UpTo(most) => format!("0–{most}"),
        Values::Address => "IP address".to_owned(),
        Values::OneOf(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
        }
        Values::Token => "text".to_owned(),
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Format => "format",
        Source::Packet => "packet",
        Source::Window => "window",
        Source::Interface => "interface",
        Source::Inventory => "inventory",
        Source::Verdict => "verdict",
        Source::Capture => "capture",
        Source::NotYet => "none yet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_page_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/record-fields.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, reference_page()).unwrap();
        }

        let page = std::fs::read_to_string(path).unwrap_or_default();

        assert!(page == reference_page(), "docs/record-fields.md is stale: set UPDATE_DOCS=1");
    }
}
