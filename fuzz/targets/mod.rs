//! What is fuzzed: functions that take any bytes, and hold what the parsers promise.
//!
//! `tests/fuzz_seeds.rs` includes these files too, so they use nothing but our own crates, and serde's names.

mod capture;
mod directory;
mod filter_pattern;
mod frame;
mod inventory;
mod journal;
mod json;
mod log_block;
mod log_format;
mod log_store;
mod policy;
mod query;
mod records;
mod sigv4;
mod spool;
mod xml;

/// A parser under test, and the name of its seeds' directory.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Panics if the parser breaks a promise on this input.
    pub(crate) run: fn(&[u8]),
}

/// Every target there is.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "filter_pattern", run: filter_pattern::run },
    Target { name: "frame", run: frame::run },
    Target { name: "inventory", run: inventory::run },
    Target { name: "journal", run: journal::run },
    Target { name: "json", run: json::run },
    Target { name: "log_block", run: log_block::run },
    Target { name: "log_format", run: log_format::run },
    Target { name: "log_store", run: log_store::run },
    // One reader, which tells the two by their first bytes; two sets of seeds to begin from.
    Target { name: "pcap", run: capture::run },
    Target { name: "pcapng", run: capture::run },
    Target { name: "policy", run: policy::run },
    Target { name: "query", run: query::run },
    Target { name: "records", run: records::run },
    Target { name: "sigv4", run: sigv4::run },
    Target { name: "spool", run: spool::run },
    Target { name: "xml", run: xml::run },
];

/// Panics if a message is empty, or more than the one line of text that a log or a report has for it.
fn assert_one_line(message: &str) {
    assert!(!message.is_empty(), "an empty message");
    assert!(!message.contains(char::is_control), "a message with control characters: {message:?}");
}
