//! A run: batches on two threads, each with data planes of its own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use flowlogd_agent::capture::ebpf::EbpfError;
use flowlogd_flowlog::WindowLength;

use crate::batch::{Batch, SEQUENCES};
use crate::cases::{Case, Counts};
use crate::kernel::Bench;
use crate::report;

const THREADS: usize = 2;
const ALL: u64 = 1_000_000;
const LEAST_OF_EACH_CASE: u64 = 1000;
const SEED: u64 = 0x0f10_010d;
/// One batch of so many finds little room for its flows.
const TIGHT: u64 = 8;

/// Flow tables with room for everything, and with room for few.
struct Benches {
    roomy: Bench,
    tight: Bench,
}

impl Benches {
    fn new() -> Result<Self, EbpfError> {
        let short = WindowLength::try_from(10).expect("a length");
        Ok(Self {
            roomy: Bench::new(1 << 16, WindowLength::ONE_MINUTE)?,
            tight: Bench::new(4096, short)?,
        })
    }
}

pub(crate) fn run() {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
    };
    let sequences = number("FLOWLOGD_EQUALITY_SEQUENCES").unwrap_or(ALL);
    let seed =
        number("FLOWLOGD_EQUALITY_SEED").or_else(|| number("PROPTEST_RNG_SEED")).unwrap_or(SEED);
    let only = number("FLOWLOGD_EQUALITY_BATCH");
    report::say(&format!("equality: seed {seed}, {sequences} sequences"));

    let next = AtomicU64::new(only.unwrap_or(0));
    let end = only.map_or(sequences.div_ceil(SEQUENCES.into()), |only| only + 1);
    let stop = AtomicBool::new(false);
    let total = Mutex::new((Counts::default(), 0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut benches = Benches::new().unwrap_or_else(|error| panic!("{error}"));
                let mut counts = Counts::default();
                while !stop.load(Ordering::Relaxed) {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    if batch >= end {
                        break;
                    }
                    let differences = play(&mut benches, seed, batch, &mut counts);
                    if differences > 0 {
                        total.lock().expect("no panic").1 += differences;
                        stop.store(true, Ordering::Relaxed);
                    }
                }
                total.lock().expect("no panic").0.add(&counts);
            });
        }
    });
    let (counts, differences) = total.into_inner().expect("no panic");
    report::say(&format!(
        "equality: {} sequences, {} packets; {}; differences {differences}",
        counts.sequences,
        counts.packets,
        counts.text()
    ));
    assert_eq!(differences, 0, "the kernel and the engine differ");
    assert!(counts.packets >= 20 * counts.sequences, "sequences are too short");
    if sequences >= ALL && only.is_none() {
        assert!(counts.silent().is_empty(), "nothing was counted by {:?}", counts.silent());
        assert!(counts.sequences >= ALL);
        for (case, name) in Case::ALL {
            assert!(counts.get(case) >= LEAST_OF_EACH_CASE, "too few sequences had {name}");
        }
    }
}

/// Plays one batch, and returns how many differences it has.
fn play(benches: &mut Benches, seed: u64, number: u64, counts: &mut Counts) -> usize {
    let bench = if number % TIGHT == TIGHT - 1 { &mut benches.tight } else { &mut benches.roomy };
    let batch = Batch::random(seed, number, bench.length().as_secs());
    let differences = batch.run(bench, counts).unwrap_or_else(|error| panic!("{error}"));
    if let Some(first) = differences.first() {
        report::explain(&batch, bench, first, seed, number);
    }
    differences.len()
}
