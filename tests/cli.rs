//! Bad input: every failure is one line that names the thing and what would be right, with the documented
//! exit status (`flowlogd replay --help`).

#[expect(dead_code, reason = "the other tests use the rest")]
mod kit;

use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use kit::capture::Capture;
use kit::run::{command, replay, run, run_fed};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const BROKEN: i32 = 3;
const UNREADABLE: i32 = 4;

const NETWORK: &str = include_str!("replay/inventory/nat_gateway.json");

/// A directory with `good.pcap`, a capture of one packet, and `network.json`, an inventory.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a temporary directory"));
        desk.write("good.pcap", &good());
        desk.write("network.json", NETWORK.as_bytes());
        desk
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).expect("a file is written");
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns the command `flowlogd replay` here, as a user whom permissions bind: root may do
    /// everything, so it becomes nobody, who must be able to reach the binary.
    fn unprivileged(&self) -> Command {
        let is_root = fs::metadata(self.path()).expect("it is there").uid() == 0;
        let mut command = if is_root {
            let everyone = Permissions::from_mode(0o755);
            fs::set_permissions(self.path(), everyone).expect("it is ours");
            let binary = self.path().join("flowlogd");
            fs::copy(env!("CARGO_BIN_EXE_flowlogd"), &binary).expect("the binary is copied");
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary);
            command
        } else {
            Command::new(env!("CARGO_BIN_EXE_flowlogd"))
        };
        command.arg("replay").current_dir(self.path());
        command
    }

    /// Runs, and expects nothing but one line of error.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], status: i32, message: &str) {
        let run = replay(self.path(), arguments);

        assert_eq!(run.stderr, format!("flowlogd: {message}\n"));
        assert_eq!(run.status, Some(status), "{message}");
        assert_eq!(run.text(), "", "{message}");
    }

    /// Runs, and expects the good capture's record beside the lines of error.
    #[track_caller]
    fn records_in_spite(&self, arguments: &[&str], status: i32, messages: &str) {
        let run = replay(self.path(), arguments);

        assert_eq!(run.stderr, messages);
        assert_eq!(run.status, Some(status));
        assert_eq!(run.text(), "203.0.113.7 10.0.1.5\n");
    }
}

fn good() -> Vec<u8> {
    Capture::from_text(["0 tcp 203.0.113.7:40000 > 10.0.1.5:22 S 60"]).into_bytes()
}

#[test]
fn a_format_that_is_none_is_refused_in_the_words_of_aws_with_the_reason() {
    let desk = Desk::new();
    let format = |format: &str, fault: &str| {
        desk.refuses(
            &["good.pcap", "--promiscuous", "--format", format],
            USAGE,
            &format!(
                "1 validation error detected: Value '{format}' at 'logFormat' has an invalid format: {fault}"
            ),
        );
    };

    let quotes = "; fields are written ${field}, and between double quotes the shell replaces them";
    format("", &format!("it names no field{quotes}"));
    format(" ", &format!("it begins with a space{quotes}"));
    format("${srcaddr} ", "it ends with a space");
    format("${srcaddr}  ${dstaddr}", "there are two spaces in a row");
    format("srcaddr", &format!("`srcaddr` is not of the form `${{field}}`{quotes}"));
    format("${srcadr}", "there is no field `srcadr`; did you mean `srcaddr`?");
    format("${srcaddr} ${srcaddr}", "`srcaddr` is listed twice");
    desk.refuses(
        &["good.pcap", "--promiscuous", "--fields", "srcaddr,dstadr"],
        USAGE,
        "--fields: there is no field `dstadr`; did you mean `dstaddr`?",
    );
    desk.refuses(
        &["good.pcap", "--promiscuous", "--fields", "srcaddr dstaddr"],
        USAGE,
        "--fields: there is no field `srcaddr dstaddr`; names are separated by commas",
    );
    let run = replay(desk.path(), ["good.pcap", "--promiscuous", "--fields", "colour"]);
    assert!(run.stderr.starts_with(
        "flowlogd: --fields: there is no field `colour`; there are version, account-id, "
    ));
    assert!(run.stderr.ends_with(", x-mode\n"));
}

#[test]
fn an_interface_that_is_not_there_is_refused_with_those_that_are() {
    Desk::new().refuses(
        &["good.pcap", "--inventory", "network.json", "--interface", "eni-none"],
        USAGE,
        "--interface eni-none is not in the inventory, which has eni-1235b8ca123456789, \
         eni-1111aaaa2222bbbb3, eni-0f1e2d3c4b5a69788",
    );
}

#[test]
fn an_inventory_is_refused_with_all_its_faults() {
    let desk = Desk::new();
    desk.write("dangling.json", NETWORK.replace("\"sg-open\" }]", "\"sg-9\" }]").as_bytes());

    let run = replay(desk.path(), ["good.pcap", "--inventory", "dangling.json"]);

    let expected = "\
flowlogd: dangling.json: NetworkInterfaces[0].Groups[0].GroupId: sg-9 is not in SecurityGroups
flowlogd: dangling.json: NetworkInterfaces[1].Groups[0].GroupId: sg-9 is not in SecurityGroups
flowlogd: dangling.json: NetworkInterfaces[2].Groups[0].GroupId: sg-9 is not in SecurityGroups
flowlogd: the inventory dangling.json has 3 faults
";
    assert_eq!((run.stderr.as_str(), run.status), (expected, Some(USAGE)));
}

#[test]
fn an_inventory_that_is_no_json_is_refused() {
    let desk = Desk::new();
    desk.write("cut.json", b"{\"Vpcs\": [");
    desk.write("empty.json", b"");

    let cut = replay(desk.path(), ["good.pcap", "--inventory", "cut.json"]);
    let empty = replay(desk.path(), ["good.pcap", "--inventory", "empty.json"]);

    assert_eq!(
        cut.stderr,
        "flowlogd: cut.json: line 1 column 10: cannot be read as JSON: EOF while parsing a list\n\
         flowlogd: the inventory cut.json has a fault\n"
    );
    assert_eq!(
        empty.stderr,
        "flowlogd: empty.json: inventory: the file is empty: expected one JSON object, what \
         `aws ec2 describe-*` prints\nflowlogd: the inventory empty.json has a fault\n"
    );
    assert_eq!((cut.status, empty.status), (Some(USAGE), Some(USAGE)));
    desk.refuses(
        &["good.pcap", "--inventory", "good.pcap"],
        USAGE,
        "the inventory good.pcap is not text: expected one JSON object, what `aws ec2 describe-*` print",
    );
}

#[test]
fn an_inventory_that_cannot_be_read_is_named() {
    let desk = Desk::new();

    desk.refuses(
        &["good.pcap", "--inventory", "none.json"],
        UNREADABLE,
        "cannot read the inventory none.json: No such file or directory (os error 2)",
    );
    desk.refuses(
        &["good.pcap", "--inventory", "."],
        UNREADABLE,
        "cannot read the inventory .: Is a directory (os error 21)",
    );
}

#[test]
fn inventories_over_time_need_a_time_each() {
    let desk = Desk::new();

    desk.refuses(
        &["good.pcap", "--inventory", "network.json@yesterday"],
        USAGE,
        "--inventory network.json@yesterday: `yesterday` is neither Unix seconds nor a time like \
         2026-01-31T12:00:00Z",
    );
    desk.refuses(
        &["good.pcap", "--inventory", "network.json", "--inventory", "network.json"],
        USAGE,
        "two inventories are in force from second 0: give each its own @TIME",
    );
    desk.refuses(
        &[
            "good.pcap",
            "--inventory",
            "network.json@1700000400",
            "--inventory",
            "network.json@2023-11-14T22:20:00Z",
        ],
        USAGE,
        "two inventories are in force from second 1700000400: give each its own @TIME",
    );
}

#[test]
fn an_inventory_file_with_an_at_sign_in_its_name_needs_no_time() {
    let desk = Desk::new();
    desk.write("network@home.json", NETWORK.as_bytes());

    let run = replay(
        desk.path(),
        ["good.pcap", "--inventory", "network@home.json", "--fields", "interface-id", "-q"],
    );

    assert_eq!((run.text(), run.stderr.as_str()), ("interface-id\neni-1111aaaa2222bbbb3\n", ""));
}

#[test]
fn without_an_inventory_both_ways_on_are_named() {
    Desk::new().refuses(
        &["good.pcap"],
        USAGE,
        "by what are the packets judged? Give --inventory FILE, or --promiscuous to record all of them unjudged",
    );
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let desk = Desk::new();
    let refused = |arguments: &[&str], named: &[&str]| {
        let run = replay(desk.path(), arguments);
        assert_eq!(run.status, Some(USAGE), "{arguments:?}");
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
        for name in named {
            assert!(run.stderr.contains(name), "{name} is not in {}", run.stderr);
        }
    };

    refused(&["--promiscuous"], &["<FILE>"]);
    refused(
        &["good.pcap", "--promiscuous", "--inventory", "network.json"],
        &["--promiscuous", "--inventory"],
    );
    refused(&["good.pcap", "--promiscuous", "--interface", "eni-a"], &["--interface"]);
    refused(&["good.pcap", "--promiscuous", "--explain"], &["--explain"]);
    refused(
        &["good.pcap", "--promiscuous", "--fields", "srcaddr", "--format", "${srcaddr}"],
        &["--fields", "--format"],
    );
    refused(&["good.pcap", "--promiscuous", "--threads", "0"], &["--threads"]);
    refused(&["good.pcap", "--promiscuous", "--max-flows", "0"], &["--max-flows"]);
    refused(&["good.pcap", "--promiscuous", "--aggregation-interval", "61"], &["60, 600"]);
    refused(&["good.pcap", "--promiscuous", "--traffic-type", "NONE"], &["ACCEPT, REJECT, ALL"]);
}

#[test]
fn a_file_that_is_no_capture_is_refused_by_how_it_begins() {
    let desk = Desk::new();
    desk.write("text.pcap", b"hello world\n");
    desk.write("empty.pcap", b"");
    // As large as no memory is; takes no room on the disk.
    let zeros = File::create(desk.path().join("zeros.pcap")).expect("a file is made");
    zeros.set_len(1 << 40).expect("the file system has sparse files");
    let refuses = |name: &str, message: &str| {
        desk.refuses(&[name, "--promiscuous"], UNREADABLE, message);
    };

    let readable = "pcap and pcapng are read, as they are or compressed with gzip or zstd";
    refuses(
        "text.pcap",
        &format!(
            "unknown format: text.pcap starts with 68 65 6c 6c 6f 20 77 6f (\"hello wo\"); {readable}"
        ),
    );
    refuses(
        "zeros.pcap",
        &format!("unknown format: zeros.pcap starts with 00 00 00 00 00 00 00 00; {readable}"),
    );
    refuses("empty.pcap", "empty.pcap is empty");
    refuses(".", ". is a directory, not a capture file");
    refuses("none.pcap", "no such file: none.pcap");
    refuses("-", "standard input is empty");
}

#[test]
fn an_endless_inventory_does_not_fill_the_memory() {
    let desk = Desk::new();
    let zeros = File::create(desk.path().join("zeros.json")).expect("a file is made");
    zeros.set_len(1 << 40).expect("the file system has sparse files");

    // A process that may have 3 GiB and takes them is killed.
    let run = run(Command::new("prlimit")
        .args(["--as=3221225472", env!("CARGO_BIN_EXE_flowlogd"), "replay", "good.pcap"])
        .args(["--threads", "1", "--inventory", "zeros.json"])
        .current_dir(desk.path()));

    assert_eq!(
        run.stderr,
        "flowlogd: the inventory zeros.json is longer than 1073741824 bytes: expected one JSON object, what \
         `aws ec2 describe-*` print\n"
    );
    assert_eq!(run.status, Some(USAGE));
}

#[test]
fn a_link_type_that_is_not_read_is_named() {
    let desk = Desk::new();
    let mut wifi = good();
    wifi[20] = 127;
    desk.write("wifi.pcap", &wifi);

    desk.refuses(
        &["wifi.pcap", "--promiscuous"],
        UNREADABLE,
        "wifi.pcap has link type 127 (IEEE 802.11 with radiotap header), which is not read; \
         Ethernet, raw IP, BSD loopback and Linux cooked captures are",
    );
}

#[test]
fn of_a_broken_capture_the_good_part_is_recorded() {
    let desk = Desk::new();
    // A second packet, cut off after 20 of its 16 + 74 bytes.
    let good = good();
    let mut cut = good.clone();
    cut.extend_from_slice(&good[24..44]);
    desk.write("cut.pcap", &cut);

    desk.records_in_spite(
        &["cut.pcap", "--promiscuous", "--fields", "srcaddr,dstaddr", "--no-header", "-q"],
        BROKEN,
        "flowlogd: cut.pcap is broken at byte 114: cut off: needs 90 bytes, 20 are there\n",
    );
}

#[test]
fn of_several_captures_those_that_can_be_read_are_and_the_worst_is_told() {
    let desk = Desk::new();
    desk.write("text.pcap", b"hello world\n");
    let options = ["--promiscuous", "--fields", "srcaddr,dstaddr", "--no-header", "-q"];

    desk.records_in_spite(
        &[&["none.pcap", "good.pcap"], options.as_slice()].concat(),
        UNREADABLE,
        "flowlogd: no such file: none.pcap\n",
    );
}

#[test]
fn a_capture_that_cannot_be_read_leaves_the_output_as_it_was() {
    let desk = Desk::new();
    desk.write("old.log", b"precious\n");
    desk.write("text.pcap", b"hello world\n");

    let old = replay(desk.path(), ["text.pcap", "--promiscuous", "-o", "old.log"]);
    let new = replay(desk.path(), ["text.pcap", "--promiscuous", "-o", "new.log"]);

    assert_eq!((old.status, new.status), (Some(UNREADABLE), Some(UNREADABLE)));
    assert_eq!(fs::read(desk.path().join("old.log")).expect("it is there"), b"precious\n");
    assert!(!desk.path().join("new.log").exists());
}

#[test]
fn an_input_is_never_the_output() {
    let desk = Desk::new();
    fs::hard_link(desk.path().join("good.pcap"), desk.path().join("same.log")).expect("a link");
    let refuses = |output: &str| {
        desk.refuses(
            &["good.pcap", "--inventory", "network.json@0", "-o", output],
            USAGE,
            &format!(
                "--output {output} is an input too, and would be overwritten: name another file"
            ),
        );
    };

    refuses("good.pcap");
    refuses("./good.pcap");
    refuses("same.log");
    refuses("network.json");
    assert_eq!(fs::read(desk.path().join("good.pcap")).expect("it is there"), good());
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let desk = Desk::new();
    let refuses = |output: &str, form: &str, message: &str| {
        let options = ["good.pcap", "--promiscuous", "-q", "--output-format", form, "-o", output];
        desk.refuses(&options, FAILED, message);
    };

    let full = "cannot write /dev/full: No space left on device (os error 28)";
    refuses("/dev/full", "text", full);
    refuses("/dev/full", "gzip", full);
    refuses("/dev/full", "json", full);
    let run = replay(
        desk.path(),
        ["good.pcap", "--promiscuous", "-q", "--output-format", "parquet", "-o", "/dev/full"],
    );
    assert_eq!(run.status, Some(FAILED));
    assert!(run.stderr.starts_with("flowlogd: cannot write /dev/full"), "{}", run.stderr);
    assert!(run.stderr.contains("No space left on device"), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    refuses(
        "none/x.log",
        "text",
        "cannot write none/x.log: No such file or directory (os error 2)",
    );
    // A file cannot hold files.
    refuses("good.pcap/", "text", "cannot write good.pcap/: File exists (os error 17)");
    refuses(
        "/proc/none/",
        "text",
        "cannot write /proc/none/: No such file or directory (os error 2)",
    );
}

#[test]
fn a_full_standard_output_is_a_failure() {
    let desk = Desk::new();
    let full = File::options().write(true).open("/dev/full").expect("Linux has it");

    let mut command = command(["good.pcap", "--promiscuous", "-q"]);
    let output = command
        .current_dir(desk.path())
        .stdin(Stdio::null())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("the binary runs");

    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "flowlogd: cannot write the output: No space left on device (os error 28)\n"
    );
    assert_eq!(output.status.code(), Some(FAILED));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let desk = Desk::new();
    let lines: Vec<_> =
        (1..40_000).map(|port| format!("0 udp 203.0.113.7:{port} > 10.0.1.5:53 60")).collect();
    desk.write("many.pcap", &Capture::from_text(lines.iter().map(String::as_str)).into_bytes());

    // As `| head -c 1` does: reads a little and goes.
    for form in ["text", "gzip", "json", "parquet"] {
        let mut command = command(["many.pcap", "--promiscuous", "--output-format", form]);
        let mut child = command
            .current_dir(desk.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stdout = child.stdout.take().expect("it is piped");
        stdout.read_exact(&mut [0]).expect("a byte");
        drop(stdout);
        let mut stderr = String::new();
        child.stderr.take().expect("it is piped").read_to_string(&mut stderr).expect("text");
        let status = child.wait().expect("the binary ends");

        assert_eq!((stderr.as_str(), status.code()), ("", Some(DONE)), "{form}");
    }
}

#[test]
fn messages_that_cannot_be_written_stop_nothing() {
    let desk = Desk::new();
    let full = || File::options().write(true).open("/dev/full").expect("Linux has it");
    let status = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.current_dir(desk.path()).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(full()).status().expect("the binary runs").code()
    };

    assert_eq!(status(&["good.pcap", "--promiscuous"]), Some(DONE));
    assert_eq!(status(&["none.pcap", "--promiscuous"]), Some(UNREADABLE));
    assert_eq!(status(&["good.pcap", "--inventory", "none.json"]), Some(UNREADABLE));
    assert_eq!(status(&["good.pcap", "--inventory", "network.json", "--explain"]), Some(DONE));
}

#[test]
fn a_capture_without_permission_is_named() {
    let desk = Desk::new();
    desk.write("secret.pcap", &good());
    let secret = desk.path().join("secret.pcap");
    fs::set_permissions(secret, Permissions::from_mode(0o000)).expect("it is ours");

    let run = run(desk.unprivileged().args(["secret.pcap", "--promiscuous"]));

    assert_eq!(run.stderr, "flowlogd: no permission to read secret.pcap\n");
    assert_eq!(run.status, Some(UNREADABLE));
}

#[test]
fn an_output_directory_without_permission_is_named() {
    let desk = Desk::new();
    let shut = desk.path().join("shut");
    fs::create_dir(&shut).expect("a directory is made");
    fs::set_permissions(shut, Permissions::from_mode(0o555)).expect("it is ours");
    let write_to = |output: &str| {
        run(desk.unprivileged().args(["good.pcap", "--promiscuous", "-q", "-o", output]))
    };

    let (inside, below) = (write_to("shut/"), write_to("shut/records/"));

    assert_eq!(
        inside.stderr,
        "flowlogd: cannot write shut/unknown.log: Permission denied (os error 13)\n"
    );
    assert_eq!(
        below.stderr,
        "flowlogd: cannot write shut/records/: Permission denied (os error 13)\n"
    );
    assert_eq!((inside.status, below.status), (Some(FAILED), Some(FAILED)));
}

#[test]
fn a_capture_can_come_through_the_standard_input() {
    let good = good();

    let run = run_fed(
        &mut command(["-", "--promiscuous", "--fields", "srcaddr,dstport", "-q"]),
        good.chunks(1),
    );

    assert_eq!((run.text(), run.stderr.as_str()), ("srcaddr dstport\n203.0.113.7 22\n", ""));
    assert_eq!(run.status, Some(DONE));
}
