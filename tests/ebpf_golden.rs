//! The golden captures of `tests/replay` through the kernel program: its flows and books must be those of a replay.
//!
//! Needs root; without it the test says so and does nothing, or fails with `FLOWLOGD_REQUIRE_ROOT_TESTS=1`.

#[path = "ebpf_golden/bench.rs"]
mod bench;
#[expect(dead_code, reason = "the equality test uses the rest")]
#[path = "../crates/agent/tests/ebpf_equality/books.rs"]
mod books;
#[expect(dead_code, reason = "the replay test uses the rest")]
#[path = "replay/case.rs"]
mod case;
#[expect(dead_code, reason = "the other tests use the rest")]
mod kit;
#[path = "ebpf_golden/replayed.rs"]
mod replayed;
#[path = "ebpf_golden/setting.rs"]
mod setting;
#[path = "../crates/agent/tests/ebpf_equality/telling.rs"]
mod telling;

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;

use bench::Benches;
use flowlogd_agent::capture::ebpf::EbpfError;
use replayed::replay;
use setting::Setting;

#[test]
fn the_kernel_tells_of_every_golden_capture_what_replay_tells() {
    let mut benches = match ready() {
        Ok(benches) => benches,
        Err(why) => return skip(&why),
    };
    let mut faults = Vec::new();
    let (mut played, mut left_out) = (0, BTreeMap::<_, Vec<_>>::new());
    for case in case::all() {
        let setting = match Setting::of(&case) {
            Ok(setting) => setting,
            Err(why) => {
                left_out.entry(why).or_default().push(case.name);
                continue;
            }
        };
        played += 1;
        let expected = replay(&setting);
        let told = benches.play(&setting).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        if told != expected {
            faults.push(format!("{}: replay\n{expected:#?}\nkernel\n{told:#?}", case.name));
        }
    }
    say(&format!("golden captures through the kernel program: {played}; left out: {left_out:#?}"));
    assert!(faults.is_empty(), "{} of {played}:\n{}", faults.len(), faults.join("\n"));
    assert!(played > 70, "most captures can be played");
}

fn ready() -> Result<Benches, String> {
    // Its owner is who this process acts as.
    if !std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0) {
        return Err("this is not root".to_owned());
    }
    let mut benches = Benches::default();
    match benches.of(60) {
        Ok(_) => Ok(benches),
        Err(EbpfError::NotBuilt) => Err("the kernel program is not built".to_owned()),
        Err(error) => panic!("{error}"),
    }
}

fn skip(why: &str) {
    let required =
        std::env::var_os("FLOWLOGD_REQUIRE_ROOT_TESTS").is_some_and(|value| value == "1");
    assert!(!required, "FLOWLOGD_REQUIRE_ROOT_TESTS is 1, and {why}");
    say(&format!("SKIPPED: {why}; FLOWLOGD_REQUIRE_ROOT_TESTS=1 makes that a failure"));
}

#[expect(clippy::print_stderr, reason = "what was left out is part of the result")]
fn say(text: &str) {
    eprintln!("{text}");
}
