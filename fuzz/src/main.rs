//! The fuzzer for stable Rust: mutated seeds, no coverage, the same inputs for the same `--seed`.
//!
//! `flowlogd-fuzz TARGET [--seconds N] [--seed N]`. An input that breaks the target is written to
//! `fuzz/artifacts/TARGET/`, and the exit status is 1.
#![expect(
    clippy::disallowed_methods,
    reason = "a search ends by the clock; no flowlogd code runs here"
)]

mod mutate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, panic, process, thread};

use mutate::{Random, mutate};

/// An input that takes this long is as bad as one that crashes.
const PATIENCE: Duration = Duration::from_secs(10);

struct Options {
    target: &'static str,
    time: Duration,
    seed: u64,
}

/// The input at work and since when, for the watchdog.
type AtWork = Arc<Mutex<(Instant, Vec<u8>)>>;

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\nusage: flowlogd-fuzz TARGET [--seconds N] [--seed N]");
            return ExitCode::from(2);
        }
    };
    let seeds = seeds(options.target);
    if seeds.is_empty() {
        eprintln!("{} has no seeds", seed_directory(options.target).display());
        return ExitCode::from(2);
    }
    fuzz(&options, &seeds)
}

fn fuzz(options: &Options, seeds: &[Vec<u8>]) -> ExitCode {
    let Options { target, time, seed } = *options;
    let at_work: AtWork = Arc::new(Mutex::new((Instant::now(), Vec::new())));
    watch(target, Arc::clone(&at_work));

    let began = Instant::now();
    let mut random = Random::new(seed);
    let mut runs = 0_u64;
    while began.elapsed() < time {
        let mut input = seeds[random.below(seeds.len())].clone();
        mutate(&mut input, &seeds[random.below(seeds.len())], &mut random);
        *at_work.lock().expect("the watchdog never panics") = (Instant::now(), input.clone());
        runs += 1;
        if panic::catch_unwind(|| flowlogd_fuzz::run(target, &input)).is_err() {
            let saved = save(target, "crash", &input);
            eprintln!(
                "{target}: run {runs} of seed {seed} failed; the input is {}",
                saved.display()
            );
            return ExitCode::FAILURE;
        }
    }
    println!("{target}: {runs} inputs from {} seeds, none failed (--seed {seed})", seeds.len());
    ExitCode::SUCCESS
}

/// Ends the process if one input takes longer than [`PATIENCE`].
fn watch(target: &'static str, at_work: AtWork) {
    thread::spawn(move || {
        loop {
            thread::sleep(Duration::from_secs(1));
            let (since, input) =
                at_work.lock().expect("the fuzzer panics outside the lock").clone();
            if since.elapsed() > PATIENCE {
                let saved = save(target, "hang", &input);
                eprintln!("{target}: an input takes too long; it is {}", saved.display());
                process::exit(1);
            }
        }
    });
}

fn save(target: &str, kind: &str, input: &[u8]) -> PathBuf {
    let directory = root().join("artifacts").join(target);
    // FNV-1a: a name for the file.
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = directory.join(format!("{kind}-{hash:016x}"));
    let written = fs::create_dir_all(&directory).and_then(|()| fs::write(&path, input));
    if let Err(error) = written {
        eprintln!("{}: {error}; the input in hex: {input:02x?}", path.display());
    }
    path
}

/// Returns the seeds in the order of their names, so that equal options make equal inputs.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(seed_directory(target)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| fs::read(path).ok()).collect()
}

fn seed_directory(target: &str) -> PathBuf {
    root().join("corpus").join(target)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn options() -> Result<Options, String> {
    let mut arguments = env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let names: Vec<&str> = flowlogd_fuzz::names().collect();
    let target = names.iter().find(|target| **target == name);
    let target = *target
        .ok_or_else(|| format!("no target is called {name:?}; there is {}", names.join(", ")))?;
    let mut options = Options { target, time: Duration::from_secs(60), seed: 1 };
    while let Some(option) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        let number: u64 =
            value.parse().map_err(|_| format!("{option} wants a number, not {value:?}"))?;
        match option.as_str() {
            "--seconds" => options.time = Duration::from_secs(number),
            "--seed" => options.seed = number,
            _ => return Err(format!("there is no option {option}")),
        }
    }
    Ok(options)
}
