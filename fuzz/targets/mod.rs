//! What is fuzzed: functions that take any bytes, and hold what the parsers promise.
//!
//! `tests/fuzz_seeds.rs` includes these files too, so they use nothing but our own crates.

mod capture;
mod frame;
mod inventory;
mod log_format;
mod records;

/// A parser under test, and the name of its seeds' directory.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Panics if the parser breaks a promise on this input.
    pub(crate) run: fn(&[u8]),
}

/// Every target there is.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "frame", run: frame::run },
    Target { name: "inventory", run: inventory::run },
    Target { name: "log_format", run: log_format::run },
    // One reader, which tells the two by their first bytes; two sets of seeds to begin from.
    Target { name: "pcap", run: capture::run },
    Target { name: "pcapng", run: capture::run },
    Target { name: "records", run: records::run },
];

/// Panics if a message is empty, or more than the one line of text that a log or a report has for it.
fn assert_one_line(message: &str) {
    assert!(!message.is_empty(), "an empty message");
    assert!(!message.contains(char::is_control), "a message with control characters: {message:?}");
}
