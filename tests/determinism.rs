//! The same packets give the same bytes, however they are read and by how many threads
//! (`semantics.md` 31, 32), and no packet is missing from records and books.

#[expect(dead_code, reason = "the other tests use the rest")]
mod kit;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use kit::capture::EPOCH;
use kit::inventory::inventory;
use kit::random::Random;
use kit::run::{Run, command, replay, run_fed};
use kit::traffic::{Plan, capture};

/// A capture of many rounds and windows, and inventories of which each changes the rules.
struct Traffic {
    directory: TempDir,
    capture: Vec<u8>,
}

const SECONDS: u64 = 900;
const FIELDS: &str = "interface-id,flow-direction,srcaddr,dstaddr,srcport,dstport,protocol,packets,\
                      bytes,start,end,action,log-status,tcp-flags,pkt-srcaddr,pkt-dstaddr,\
                      x-deciding-rule,x-nearest-miss,x-rule-revision,x-mixed,x-lost-packets,x-initiator";

impl Traffic {
    fn new(packets: u64) -> Self {
        Self::of(Plan { seed: 20_261_101, packets, seconds: SECONDS, late_in: 200 })
    }

    fn of(plan: Plan) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let capture = capture(plan);
        fs::write(directory.path().join("capture.pcap"), &capture).expect("the capture is written");
        for (name, parts) in [
            (
                "first.json",
                ["network", "egress_all", "ssh_from_office", "udp_service", "acl_default"],
            ),
            (
                "second.json",
                ["network", "egress_all", "self_reference", "https", "acl_no_icmp_out"],
            ),
            ("third.json", ["network", "ping", "everything_in", "https_out", "acl_deny_scanner"]),
        ] {
            fs::write(directory.path().join(name), inventory(parts)).expect("an inventory");
        }
        Self { directory, capture }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.directory.path().join(name), bytes).expect("a file is written");
    }

    /// Returns options by which the packets are judged, with rules that change twice.
    fn judged() -> Vec<String> {
        let at = |name: &str, second: u64| format!("{name}.json@{}", EPOCH + second);
        ["--inventory".to_owned(), at("first", 0), "--inventory".to_owned(), at("second", 333)]
            .into_iter()
            .chain(["--inventory".to_owned(), at("third", 700), "--explain".to_owned()])
            .collect()
    }

    fn unjudged() -> Vec<String> {
        vec!["--promiscuous".to_owned()]
    }

    fn replay(&self, ways: &[String], more: &[&str]) -> Run {
        let fixed = ["capture.pcap", "--fields", FIELDS, "--aggregation-interval", "60"];
        let run = replay(
            self.directory.path(),
            fixed.into_iter().chain(ways.iter().map(String::as_str)).chain(more.iter().copied()),
        );
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        run
    }
}

/// Returns the messages without what differs from run to run: time, and who did how much.
fn books(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter(|line| !line.starts_with("flowlogd: took ")).collect()
}

/// Fails at the first line that differs; both texts are too long to be shown.
#[track_caller]
fn assert_same(one: &Run, other: &Run, what: &str) {
    assert_eq!(books(one), books(other), "{what}");
    if one.stdout == other.stdout {
        return;
    }
    let (lines, others) = (one.text().lines(), other.text().lines());
    for (number, (line, other)) in lines.zip(others).enumerate() {
        assert_eq!(line, other, "{what}, line {}", number + 1);
    }
    panic!("{what}: {} and {} bytes", one.stdout.len(), other.stdout.len());
}

/// What the traffic must have, so that equal outputs mean something.
#[test]
fn the_traffic_has_every_kind_that_could_come_out_differently() {
    let run = Traffic::new(200_000).replay(&Traffic::judged(), &["--no-header"]);
    let records: Vec<Vec<&str>> =
        run.text().lines().map(|line| line.split(' ').collect()).collect();
    let fields: Vec<&str> = FIELDS.split(',').collect();
    let count = |wanted: &[(&str, &str)]| {
        let is_wanted = |record: &&Vec<&str>| {
            wanted.iter().all(|(field, value)| {
                let place = fields.iter().position(|name| name == field).expect("a field");
                record.get(place).is_some_and(|token| token.contains(value))
            })
        };
        records.iter().filter(is_wanted).count()
    };

    for (wanted, least) in [
        (&[("action", "ACCEPT"), ("x-deciding-rule", "tracked:")][..], 1000),
        (&[("action", "REJECT"), ("x-deciding-rule", "implicit-deny")], 1000),
        (&[("action", "REJECT"), ("x-deciding-rule", "acl-")], 100),
        // Errors of routers about tracked connections: in the shard of the connection.
        (&[("srcaddr", "192.0.2.1"), ("protocol", "1"), ("x-deciding-rule", "tracked:")], 100),
        (&[("srcaddr", "2001:db8:e::1"), ("x-deciding-rule", "tracked:")], 5),
        (&[("srcaddr", "192.0.2.1"), ("protocol", "1"), ("action", "REJECT")], 20),
        (&[("x-mixed", "1")], 5),
        (&[("srcaddr", "2001:db8:a:1::5")], 1000),
        // Later fragments whose first was not seen.
        (&[("srcport", "0"), ("dstport", "0"), ("protocol", "17")], 10),
        (&[("protocol", "132")], 100),
        (&[("protocol", "47")], 100),
    ] {
        assert!(count(wanted) >= least, "{wanted:?}: {} of {least}", count(wanted));
    }
    assert!(run.stderr.contains(" later fragments without their first"), "{}", run.stderr);
    assert!(run.stderr.contains(" Amazon DNS"), "{}", run.stderr);
    assert!(run.stderr.contains(" source/destination check"), "{}", run.stderr);
    assert!(!run.stderr.contains(" 0 of no interface"), "{}", run.stderr);
    assert!(!run.stderr.contains(" 0 not IP"), "{}", run.stderr);
    let start = fields.iter().position(|name| *name == "start").expect("a field");
    let starts: Vec<u64> = records
        .iter()
        .filter_map(|record| record.get(start)?.parse().ok())
        .map(|start: u64| start / 60)
        .collect();
    assert!(!starts.is_sorted(), "records of late packets come after those of later windows");
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads() {
    let traffic = Traffic::new(200_000);
    for ways in [Traffic::judged(), Traffic::unjudged()] {
        let alone = traffic.replay(&ways, &["--threads", "1"]);
        assert!(alone.text().lines().count() > 50_000, "{}", alone.stderr);

        for threads in ["2", "3"] {
            let together = traffic.replay(&ways, &["--threads", threads]);

            assert_same(&alone, &together, &format!("{ways:?} on {threads} threads"));
        }
    }
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads_when_tables_are_full() {
    let traffic = Traffic::new(30_000);
    for bounds in [["--max-flows", "640"], ["--conntrack-allowance", "50"]] {
        let ways: Vec<_> = Traffic::judged().into_iter().chain(bounds.map(str::to_owned)).collect();
        let alone = traffic.replay(&ways, &["--threads", "1"]);

        let together = traffic.replay(&ways, &["--threads", "3"]);

        assert!(
            alone.text().contains("SKIPDATA") || alone.text().contains("conntrack-allowance"),
            "{bounds:?} is reached"
        );
        assert_same(&alone, &together, &format!("{bounds:?}"));
    }
}

#[test]
fn the_output_does_not_depend_on_the_number_of_threads_when_many_packets_are_late() {
    let traffic = Traffic::of(Plan { seed: 9, packets: 60_000, seconds: SECONDS, late_in: 2 });
    let alone = traffic.replay(&Traffic::judged(), &["--threads", "1"]);

    let together = traffic.replay(&Traffic::judged(), &["--threads", "3"]);

    assert_same(&alone, &together, "late packets");
}

#[test]
fn the_output_does_not_depend_on_how_the_capture_arrives() {
    let traffic = Traffic::new(30_000);
    let mut random = Random::from_seed(7);
    for ways in [Traffic::judged(), Traffic::unjudged()] {
        let from_file = traffic.replay(&ways, &[]);

        let mut rest = traffic.capture.as_slice();
        let pieces = std::iter::from_fn(|| {
            let size = 1 + usize::try_from(random.below(9000)).expect("a small number");
            let (piece, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        });
        let mut command = command(["-", "--fields", FIELDS, "--aggregation-interval", "60"]);
        let piped = run_fed(command.args(&ways).current_dir(traffic.directory.path()), pieces);

        assert_same(&from_file, &piped, "standard input");
    }
}

#[test]
fn a_packed_capture_and_one_in_two_files_give_the_same_as_the_whole() {
    let traffic = Traffic::new(30_000);
    let whole = traffic.replay(&Traffic::judged(), &[]);

    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&traffic.capture).expect("memory can be written");
    traffic.write("capture.pcap", &packed.finish().expect("memory can be written"));
    let unpacked = traffic.replay(&Traffic::judged(), &[]);
    // Cut between two packets, the file header before both halves.
    let (header, records) = traffic.capture.split_at(24);
    let (first, rest) = records.split_at(boundary_after(records, records.len() / 2));
    traffic.write("capture.pcap", &[header, first].concat());
    traffic.write("rest.pcap", &[header, rest].concat());
    let in_two = traffic.replay(&Traffic::judged(), &["rest.pcap"]);

    assert_same(&whole, &unpacked, "gzip");
    assert_same(&whole, &in_two, "two files");
}

/// Returns where the first record ends that reaches to `place` or beyond.
fn boundary_after(records: &[u8], place: usize) -> usize {
    let mut at = 0;
    while at < place {
        let length = records.get(at + 8..at + 12).and_then(|field| field.try_into().ok());
        at += 16 + u32::from_le_bytes(length.expect("a record has its length")) as usize;
    }
    at
}

#[test]
fn packets_of_the_records_are_those_of_the_books() {
    let traffic = Traffic::new(30_000);
    for (ways, is_judged) in [(Traffic::judged(), true), (Traffic::unjudged(), false)] {
        let run = traffic.replay(&ways, &["--no-header"]);

        let mut packets: BTreeMap<&str, u64> = BTreeMap::new();
        for line in run.text().lines() {
            let mut tokens = line.split(' ');
            let interface = tokens.next().expect("the first field");
            if let Some(count) = tokens.nth(6).and_then(|count| count.parse::<u64>().ok()) {
                *packets.entry(interface).or_default() += count;
            }
        }
        let interfaces = if is_judged { 4 } else { 1 };
        if !is_judged {
            // Nothing but IP packets was made, and here and there a frame of 20 bytes 0xff.
            assert_eq!(packets.get("-"), Some(&30_000));
        }
        assert_eq!(packets.len(), interfaces, "{packets:?}");
        for (interface, packets) in packets {
            let name = if is_judged { interface } else { "(no interface)" };
            let told = format!(" = {packets} recorded + ");
            assert!(
                run.stderr.lines().any(|line| line.contains(name) && line.contains(&told)),
                "{interface} has {packets} packets in records:\n{}",
                run.stderr
            );
        }
    }
}

#[test]
fn real_captures_give_the_same_on_any_number_of_threads() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/pcap");
    let Ok(files) = fs::read_dir(&corpus) else {
        skip(&format!("{} is not there: no real captures were replayed", corpus.display()));
        return;
    };
    for file in files {
        let path = file.expect("the directory is read").path();
        let on = |threads: &str| {
            let mut run = replay(
                &corpus,
                [
                    path.as_os_str(),
                    "--promiscuous".as_ref(),
                    "--threads".as_ref(),
                    threads.as_ref(),
                ],
            );
            // Only these may differ: a file that is broken is so for everyone.
            run.stderr = books(&run).join("\n");
            run
        };
        let alone = on("1");

        let together = on("3");

        assert_eq!(alone.status, together.status, "{}", path.display());
        assert!(matches!(alone.status, Some(0 | 3 | 4)), "{}: {}", path.display(), alone.stderr);
        assert_same(&alone, &together, &path.display().to_string());
    }
}

#[expect(clippy::print_stderr, reason = "a test that did not run says so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
