//! The kernel program against the pure engine: random inventories, packets, rule changes and clock steps, judged by both.
//!
//! The program runs through `BPF_PROG_TEST_RUN` with a clock of the test's. What it tells of every sequence — flows with
//! all that records are made of, counters, connections — must be what the engine tells.
//!
//! `FLOWLOGD_EQUALITY_SEQUENCES` makes a run shorter or longer than a million sequences, `FLOWLOGD_EQUALITY_SEED`
//! (or `PROPTEST_RNG_SEED`) another one, and `FLOWLOGD_EQUALITY_BATCH` plays one batch of it. Needs root; without it
//! the test says so and does nothing, or fails with `FLOWLOGD_REQUIRE_ROOT_TESTS=1`.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod batch;
mod books;
mod cases;
mod conversation;
mod course;
mod frame;
mod inventory;
mod kernel;
mod oracle;
mod plan;
mod report;
mod rng;
mod run;
mod telling;
mod traffic;

use std::os::unix::fs::MetadataExt;

use flowlogd_agent::capture::ebpf::EbpfError;
use flowlogd_flowlog::WindowLength;

use kernel::Bench;

#[test]
fn the_kernel_tells_of_a_million_sequences_what_the_engine_tells() {
    match why_not() {
        None => run::run(),
        Some(why) => {
            let required =
                std::env::var_os("FLOWLOGD_REQUIRE_ROOT_TESTS").is_some_and(|value| value == "1");
            assert!(!required, "FLOWLOGD_REQUIRE_ROOT_TESTS is 1, and {why}");
            report::say(&format!(
                "SKIPPED: {why}; FLOWLOGD_REQUIRE_ROOT_TESTS=1 makes that a failure"
            ));
        }
    }
}

/// Returns why the test cannot run, if it cannot.
fn why_not() -> Option<&'static str> {
    // Its owner is who this process acts as.
    if !std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0) {
        return Some("this is not root");
    }
    matches!(Bench::new(16, WindowLength::ONE_MINUTE), Err(EbpfError::NotBuilt))
        .then_some("the kernel program was not built (the build says why)")
}
