//! Killed at every step and at random, with a disk that fails: every acknowledged event is there, once and
//! unaltered.
//!
//! `FLOWLOGD_CRASH_ROUNDS` says how many rounds are at random (16), `FLOWLOGD_SEED` which random numbers.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test: it panics where what it relies on is not so"
)]

#[path = "crash/ledger.rs"]
mod ledger;
#[path = "crash/worker.rs"]
mod worker;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger::{Ledger, Shown};
use worker::mix;

/// Every place where the store can be told to end, in the order in which events come by.
const STAGES: [&str; 16] = [
    "stored",
    "drain-read",
    "segment-slice",
    "segment-written",
    "segment-named",
    "drain-written",
    "drain-uncommitted",
    "drain-committed",
    "compact-read",
    "compact-written",
    "compact-uncommitted",
    "compact-committed",
    "sweep-uncommitted",
    "sweep-committed",
    "reclaim-removed",
    "reclaim-forgotten",
];

/// How a round ends.
#[derive(Debug)]
enum End {
    /// By itself, at a step, when it is reached for the nth time.
    At(&'static str, u64),
    /// By `kill -9` after a time.
    After(Duration),
    /// A fault of the disk, which may end it; else `kill -9` does.
    Fault(String, Duration),
}

/// The process that is killed. It is among the tests for the other one to start, and does nothing by itself.
#[test]
fn worker() {
    let Ok(directory) = std::env::var("FLOWLOGD_CRASH_DIR") else { return };
    let numbers = std::env::var("FLOWLOGD_CRASH_FROM").expect("the parent says it");
    let numbers: Vec<i64> =
        numbers.split(' ').map(|word| word.parse().expect("it is a number")).collect();
    let first = [numbers[0], numbers[1]].map(|number| u64::try_from(number).expect("it is one"));
    worker::run(Path::new(&directory), first, numbers[2]);
}

#[test]
fn every_acknowledged_event_survives_whatever_ends_the_process() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
    };
    let (seed, random_rounds) = (number("FLOWLOGD_SEED", 6), number("FLOWLOGD_CRASH_ROUNDS", 16));
    let directory = tempfile::tempdir().expect("it is made");
    let library = faulty(directory.path());
    let data = directory.path().join("logs");
    let mut rounds: Vec<End> = STAGES
        .iter()
        .zip(0..)
        .map(|(stage, round)| End::At(stage, 1 + mix(seed ^ round) % 3))
        .collect();
    let pause = |round: u64| Duration::from_millis(80 + mix(seed ^ round << 8) % 500);
    rounds.extend((0..random_rounds).map(|round| End::After(pause(round))));
    let fault = |kind: &str, round: u64, last: &str| {
        let first = 20 + mix(seed ^ round << 16) % 150;
        End::Fault(format!("{kind}:{first}{last}"), Duration::from_millis(900))
    };
    rounds.extend((0..3).map(|round| fault("sync", round, "")));
    rounds.extend((3..5).map(|round| fault("full", round, ":40")));
    rounds.push(End::Fault("short:9".to_owned(), Duration::from_millis(900)));

    worker::prepare(&worker::open(&data).expect("it opens"));
    let mut ledger = Ledger::new();
    let mut hit: BTreeMap<String, u64> = BTreeMap::new();
    let mut all = Shown::default();
    let count = rounds.len();
    for end in rounds {
        let ended = round(&data, &library, &end, &mut ledger);
        *hit.entry(ended).or_default() += 1;
        let store = worker::open(&data).expect("it opens after every end");
        let shown = ledger.compare(&store);
        assert_eq!((shown.lost, shown.doubled, shown.altered), (0, 0, 0), "after {end:?}");
        assert_eq!(store.damage(), [""; 0], "after {end:?}");
        all = Shown { events: shown.events, ..all };
    }
    // What printed is the test's result: it shows what was tried.
    #[expect(clippy::print_stderr, reason = "read by who runs the test")]
    {
        eprintln!("seed {seed}; rounds {count}; ended by: {hit:?}");
        eprintln!(
            "events acknowledged {}, drained {}, segments merged away {}, blocks and segments expired {}, files reclaimed {}, streams deleted {}, puts refused {}",
            ledger.acknowledged,
            ledger.drained,
            ledger.merged,
            ledger.swept,
            ledger.reclaimed,
            ledger.deletions,
            ledger.refused
        );
        eprintln!(
            "events read {}, lost {}, doubled {}, altered {}",
            all.events, all.lost, all.doubled, all.altered
        );
    }
    for stage in STAGES.into_iter().chain(["fault sync", "fault full", "fault short"]) {
        assert!(hit.contains_key(stage), "{stage} was never reached: {hit:?}");
    }
    assert!(
        ledger.drained > 1000 && ledger.merged > 10 && ledger.swept > 10 && ledger.reclaimed > 10
    );
    assert!(ledger.deletions > 0 && ledger.refused > 0);
}

/// Runs the worker until its end; returns what ended it.
fn round(data: &Path, library: &Path, end: &End, ledger: &mut Ledger) -> String {
    let [one, two] = ledger.first();
    let mut command = Command::new(std::env::current_exe().expect("it is known"));
    command
        .args(["worker", "--exact", "--nocapture"])
        .env("FLOWLOGD_CRASH_DIR", data)
        .env("FLOWLOGD_CRASH_FROM", format!("{one} {two} {}", ledger.clock))
        .env_remove("FLOWLOGD_CRASH_AT")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let pause = match end {
        End::At(stage, count) => {
            command.env("FLOWLOGD_CRASH_AT", format!("{stage}:{count}"));
            // It ends by itself; a stage that is not reached is noticed.
            Duration::from_secs(20)
        }
        End::After(pause) => *pause,
        End::Fault(fault, pause) => {
            command
                .env("LD_PRELOAD", library)
                .env("FLOWLOGD_FAULT", fault)
                .env("FLOWLOGD_FAULT_DIR", data);
            *pause
        }
    };
    let mut child = command.spawn().expect("it starts");
    let (output, errors) =
        (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let (ready, is_ready) = std::sync::mpsc::channel();
    let told = std::thread::spawn(move || {
        let mut told = Vec::new();
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let Some(line) = line.strip_prefix('@') else { continue };
            if line == "ready" {
                let _ = ready.send(());
            }
            told.push(line.to_owned());
        }
        told
    });
    // A fault is waited for, however slow the machine.
    let is_due = Arc::new(AtomicBool::new(!matches!(end, End::Fault(..))));
    let has_come = Arc::clone(&is_due);
    let said = std::thread::spawn(move || {
        let mut said = Vec::new();
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            if line.starts_with("fault: ") {
                has_come.store(true, Ordering::Relaxed);
            }
            said.push(line);
        }
        said
    });
    let _ = is_ready.recv_timeout(Duration::from_secs(20));
    let mut waited = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            break status;
        }
        if waited >= pause && (is_due.load(Ordering::Relaxed) || waited > Duration::from_secs(20)) {
            child.kill().expect("it is a child");
            break child.wait().expect("it is a child");
        }
        let step = Duration::from_millis(5);
        std::thread::sleep(step);
        waited += step;
    };
    for line in told.join().expect("it reads") {
        ledger.enter(&line);
    }
    let said = said.join().expect("it reads");
    let aborted = status.signal() == Some(6);
    match end {
        End::At(stage, _) if aborted => (*stage).to_owned(),
        End::At(stage, count) => panic!("{stage}:{count} was not reached: {status:?} {said:?}"),
        End::After(_) => {
            assert_eq!(status.signal(), Some(9), "{said:?}");
            "kill".to_owned()
        }
        End::Fault(fault, _) => {
            let kind = fault.split(':').next().unwrap_or_default().to_owned();
            let has_come = said.iter().any(|line| *line == format!("fault: {kind}"));
            // After a failed fsync nobody goes on.
            assert_eq!(aborted, kind == "sync" && has_come, "{fault}: {status:?} {said:?}");
            if has_come { format!("fault {kind}") } else { format!("no {kind}") }
        }
    }
}

/// Compiles what makes the disk fail.
fn faulty(directory: &Path) -> PathBuf {
    let library = directory.join("faulty.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crash/faulty.c");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status()
        .expect("a C compiler is there");
    assert!(status.success());
    library
}
