//! Both ways to capture, of which the same is expected.

use std::process::Command;
use std::sync::OnceLock;

use crate::netns::as_root;
use crate::watching::run;

/// Runs a test with each of them, as root.
pub(crate) fn each_capture(test: impl Fn(&str)) {
    as_root(|| {
        test("af_packet");
        if in_kernel() {
            test("ebpf");
        }
    });
}

/// Whether the kernel's program can be used here: if not it is said, or a failure.
pub(crate) fn in_kernel() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogd"));
        let ended = run(command.args(["watch", "lo", "--capture", "ebpf", "--duration", "0"]));
        let can = ended.status == Some(0);
        let required =
            std::env::var_os("FLOWLOGD_REQUIRE_ROOT_TESTS").is_some_and(|value| value == "1");
        assert!(can || !required, "{}", ended.stderr);
        if !can {
            say_left_out(&ended.stderr);
        }
        can
    })
}

#[expect(clippy::print_stderr, reason = "a test that did not run must not look like one that did")]
fn say_left_out(why: &str) {
    eprintln!(
        "NOT WITH THE KERNEL'S PROGRAM; FLOWLOGD_REQUIRE_ROOT_TESTS=1 makes that a failure: {why}"
    );
}

/// What is said first of all.
pub(crate) fn line_of(device: &str, capture: &str) -> String {
    let by =
        if capture == "ebpf" { "in the kernel (eBPF)" } else { "by packet sockets (AF_PACKET)" };
    format!("flowlogd: watching {device} {by}\n")
}
