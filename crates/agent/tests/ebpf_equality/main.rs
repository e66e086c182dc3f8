//! The kernel program against the pure engine: random inventories, packets, rule changes and clock steps, judged by both.
//!
//! The program runs through `BPF_PROG_TEST_RUN` with a clock of the test's. What it tells of every sequence — flows with
//! all that records are made of, counters, connections — must be what the engine tells.
//!
//! `FLOWLOGD_EQUALITY_SEQUENCES` makes a run shorter or longer than a million sequences, `FLOWLOGD_EQUALITY_SEED` another
//! one. Needs root; without it the test says so and does nothing, or fails with `FLOWLOGD_REQUIRE_ROOT_TESTS=1`.
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod batch;
mod books;
mod cases;
mod conversation;
mod frame;
mod inventory;
mod kernel;
mod oracle;
mod plan;
mod report;
mod rng;
mod run;
mod traffic;

#[test]
fn the_kernel_tells_of_a_million_sequences_what_the_engine_tells() {
    run::run();
}
