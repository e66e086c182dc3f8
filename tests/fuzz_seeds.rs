//! Replays the committed seeds of every fuzz target, so that what once broke a parser stays mended.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use targets::TARGETS;

#[test]
fn every_seed_of_every_target_passes() {
    for target in TARGETS {
        let seeds = entries(&corpus().join(target.name));
        assert!(!seeds.is_empty(), "fuzz/corpus/{} has no seeds", target.name);
        for path in seeds {
            let seed =
                fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for input in [&seed[..], &seed[..seed.len() / 2]] {
                let passed = panic::catch_unwind(|| (target.run)(input)).is_ok();
                assert!(passed, "{}, of it {} bytes", path.display(), input.len());
            }
        }
    }
}

#[test]
fn every_directory_of_seeds_belongs_to_a_target() {
    for path in entries(&corpus()) {
        let name = path.file_name().unwrap_or_default();
        assert!(TARGETS.iter().any(|target| name == target.name), "{}", path.display());
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    paths
}
