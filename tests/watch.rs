//! `flowlogd watch` against the kernel, in network namespaces made for it. Needs root, `ip` and `ping`.
//!
//! Without root the tests whose names begin with `live_` say so and do nothing; with
//! `FLOWLOGD_REQUIRE_ROOT_TESTS=1` that is a failure. Those of what both captures promise run with both; on a
//! system where the kernel's program cannot be used, the same goes for it.

#[path = "watch/captures.rs"]
mod captures;
#[expect(dead_code, reason = "the agent's own tests use the rest")]
#[path = "../crates/agent/tests/netns/mod.rs"]
mod netns;
#[path = "../crates/agent/tests/netns/programs.rs"]
mod programs;
#[path = "watch/watching.rs"]
mod watching;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::Duration;

use captures::{each_capture, in_kernel, line_of};
use netns::{Namespace, Pair, as_root, read_number, send_frame};
use programs::attached_programs;
use watching::{Ended, Watching, run};

const DONE: Option<i32> = Some(0);
const USAGE: Option<i32> = Some(2);
const UNREADABLE: Option<i32> = Some(4);

/// `eni-left` is the device `left`: it takes pings from the far network and HTTPS from anywhere, but
/// the network ACL forgets ICMP on the way out.
const INVENTORY: &str = r#"{
  "Vpcs": [{ "VpcId": "vpc-a", "OwnerId": "123456789012", "CidrBlock": "10.76.0.0/14" }],
  "Subnets": [{ "SubnetId": "subnet-left", "VpcId": "vpc-a", "CidrBlock": "10.77.0.0/24" }],
  "NetworkInterfaces": [{
    "NetworkInterfaceId": "eni-left", "OwnerId": "123456789012", "VpcId": "vpc-a",
    "SubnetId": "subnet-left", "PrivateIpAddress": "10.77.0.1",
    "MacAddress": "02:00:0a:4d:00:01", "Groups": [{ "GroupId": "sg-left" }]
  }],
  "SecurityGroups": [{ "GroupId": "sg-left", "GroupName": "left", "VpcId": "vpc-a" }],
  "SecurityGroupRules": [
    { "SecurityGroupRuleId": "sgr-ping", "GroupId": "sg-left", "IsEgress": false,
      "IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "CidrIpv4": "10.78.0.0/24" },
    { "SecurityGroupRuleId": "sgr-https", "GroupId": "sg-left", "IsEgress": false,
      "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "0.0.0.0/0" },
    { "SecurityGroupRuleId": "sgr-out", "GroupId": "sg-left", "IsEgress": true,
      "IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0" }
  ],
  "NetworkAcls": [{
    "NetworkAclId": "acl-left", "VpcId": "vpc-a", "IsDefault": true,
    "Associations": [{ "SubnetId": "subnet-left" }],
    "Entries": [
      { "RuleNumber": 100, "Egress": false, "RuleAction": "allow",
        "Protocol": "-1", "CidrBlock": "0.0.0.0/0" },
      { "RuleNumber": 100, "Egress": true, "RuleAction": "allow",
        "Protocol": "6", "CidrBlock": "0.0.0.0/0", "PortRange": { "From": 0, "To": 65535 } }
    ]
  }]
}"#;

/// Without what another run would have otherwise: times, and the ports that the kernel picks.
const FIELDS: &str = "interface-id,flow-direction,srcaddr,dstaddr,protocol,packets,bytes,action,\
                      x-deciding-rule,x-nearest-miss,x-mode";

const PING: [&str; 2] = [
    "eni-left ingress 10.78.0.2 10.77.0.1 1 1 84 ACCEPT sgr-ping - observe",
    "eni-left egress 10.77.0.1 10.78.0.2 1 1 84 REJECT acl-left:egress:* - observe",
];
/// A SYN with the kernel's options, and the RST of a host where nobody listens.
const REFUSED_SYN: [&str; 2] = [
    "eni-left ingress 10.78.0.2 10.77.0.1 6 1 60 REJECT implicit-deny:sg-left sgr-https:port observe",
    "eni-left egress 10.77.0.1 10.78.0.2 6 1 40 ACCEPT sgr-out - observe",
];

fn inventory() -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(INVENTORY.as_bytes()).expect("written");
    file
}

/// Watches a device, judged by the inventory, in windows of a second.
fn watch_judged(namespace: &Namespace, device: &str, capture: &str, more: &[&str]) -> Watching {
    let inventory = inventory();
    let path = inventory.path().to_str().expect("text").to_owned();
    let options = [device, "--inventory", &path, "--fields", FIELDS, "--window", "1"];
    let more = &[&["--capture", capture], more].concat();
    // The inventory is read before the line of field names is written.
    Watching::begin(namespace, &[options.as_slice(), more].concat())
}

fn ping(from: &Namespace, to: &str) {
    let output = from.run(|| Command::new("ping").args(["-c", "1", "-W", "5", to]).output());
    let output = output.expect("ping, of the package iputils-ping");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn connect_in_vain(from: &Namespace, to: &str) {
    let error = from.run(|| TcpStream::connect(to)).expect_err("nobody listens");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[test]
fn live_a_ping_is_accepted_and_its_reply_refused_by_the_rules_that_did_it() {
    each_capture(|capture| {
        let pair = Pair::new();
        let far = pair.add_far_end();
        let mut watching = watch_judged(&pair.left, "left", capture, &[]);

        ping(&far, "10.77.0.1");
        // Comes while watching goes on.
        assert_eq!(watching.next_records(2), PING);
        connect_in_vain(&far, "10.77.0.1:22");
        assert_eq!(watching.next_records(2), REFUSED_SYN);

        assert!(watching.goes_on());
        let ended = watching.stop("INT");
        assert_eq!((ended.records, ended.status), (vec![], DONE));
        assert!(ended.stderr.starts_with(&line_of("left", capture)), "{}", ended.stderr);
        let seen = "flowlogd: eni-left seen 4 = 4 recorded + 0 excluded + 0 lost\n";
        assert!(ended.stderr.contains(seen), "{}", ended.stderr);
        assert!(ended.stderr.contains("flowlogd: records 4 (2 ACCEPT, 2 REJECT)\n"));
    });
}

#[test]
fn live_the_hosts_end_of_the_cable_shows_the_same_records() {
    each_capture(|capture| {
        let pair = Pair::new();
        let far = pair.add_far_end();
        let mut guest = watch_judged(&pair.left, "left", capture, &["--interface", "eni-left"]);
        let mut host = watch_judged(&pair.right, "right", capture, &["--side", "host"]);

        ping(&far, "10.77.0.1");
        let seen = (guest.next_records(2), host.next_records(2));
        assert_eq!(seen, (PING.map(String::from).into(), PING.map(String::from).into()));
        connect_in_vain(&far, "10.77.0.1:22");

        let (guest, host) = (guest.stop("INT"), host.stop("INT"));
        assert_eq!(guest.records, REFUSED_SYN);
        assert_eq!(host.records, REFUSED_SYN);
    });
}

#[test]
fn live_with_the_wrong_side_the_interfaces_packets_are_nobodys() {
    each_capture(|capture| {
        let pair = Pair::new();
        let watching = watch_judged(&pair.right, "right", capture, &["--side", "guest"]);

        ping(&pair.right, "10.77.0.1");

        let ended = watching.stop("INT");
        assert_eq!((ended.records, ended.status), (vec![], DONE));
        assert!(
            ended.stderr.contains(" 2 excluded (2 source/destination check) "),
            "{}",
            ended.stderr
        );
    });
}

#[test]
fn live_without_an_inventory_flows_are_unjudged() {
    each_capture(|capture| {
        let pair = Pair::new();
        let fields = "interface-id,srcaddr,dstaddr,protocol,action,x-deciding-rule,log-status";
        let watching =
            Watching::begin(&pair.left, &["left", "--capture", capture, "--fields", fields]);

        ping(&pair.right, "10.77.0.1");

        let ended = watching.stop("INT");
        assert_eq!(
            ended.records,
            ["- 10.77.0.1 10.77.0.2 1 - - OK", "- 10.77.0.2 10.77.0.1 1 - - OK"]
        );
    });
}

#[test]
fn live_a_signal_to_stop_writes_what_was_seen_up_to_then() {
    each_capture(|capture| {
        let pair = Pair::new();
        let fields = [
            "--capture",
            capture,
            "--fields",
            "dstaddr,dstport,packets,log-status",
            "--window",
            "600",
        ];
        for signal in ["INT", "TERM"] {
            let (left, _right) = sockets(&pair);
            let watching = Watching::begin(&pair.left, &[&["left"], fields.as_slice()].concat());

            // Standing still, it has several blocks of the ring to read when the signal comes.
            watching.pause();
            for _ in 0..20_000 {
                left.send_to(&[7; 300], "10.77.0.2:5000").expect("sent");
            }
            watching.signal(signal);
            watching.signal("CONT");
            let ended = watching.wait();

            assert_eq!(sum(&ended, "OK", 2), 20_000, "{:?}", ended.records);
            assert_eq!(ended.status, DONE);
            assert!(ended.stderr.contains("seen 20000 = 20000 recorded"), "{}", ended.stderr);
        }
    });
}

#[test]
fn live_watching_ends_by_itself_after_its_duration() {
    each_capture(|capture| {
        let pair = Pair::new();

        let options = ["left", "--capture", capture, "--duration", "1", "--fields", "srcaddr"];
        let ended = Watching::begin(&pair.left, &options).wait();

        assert_eq!((ended.records, ended.status), (vec![], DONE));
        assert!(ended.stderr.contains("\nflowlogd: frames 0 = 0 packets"), "{}", ended.stderr);
    });
}

#[test]
fn live_a_device_that_goes_away_ends_watching_with_what_was_seen() {
    each_capture(|capture| {
        let pair = Pair::new();
        let fields = "srcaddr,dstaddr,packets";
        let options = ["left", "--capture", capture, "--window", "600", "--fields", fields];
        let watching = Watching::begin(&pair.left, &options);

        ping(&pair.right, "10.77.0.1");
        pair.right.ip(&["link", "delete", "right"]);
        let ended = watching.wait();

        assert_eq!(ended.records, ["10.77.0.1 10.77.0.2 1", "10.77.0.2 10.77.0.1 1"]);
        assert_eq!(ended.status, UNREADABLE);
        assert!(ended.stderr.contains("flowlogd: device left is gone\n"), "{}", ended.stderr);
    });
}

#[test]
fn live_what_the_kernel_dropped_is_told_by_skipdata_and_nothing_is_missing() {
    /// More than the ring of 32 MiB holds of packets that are cut at 256 bytes.
    const PACKETS: u64 = 150_000;

    as_root(|| {
        let pair = Pair::new();
        let (left, _right) = sockets(&pair);
        let fields = "packets,log-status,x-lost-packets";
        let capture = ["left", "--capture", "af_packet"];
        let options = [&capture, ["--window", "2", "--fields", fields].as_slice()].concat();
        let watching = Watching::begin(&pair.left, &options);
        let before = read_number(&pair.left, "left", "tx_packets");

        watching.pause();
        for _ in 0..PACKETS {
            left.send_to(&[7; 300], "10.77.0.2:5000").expect("sent");
        }
        watching.signal("CONT");
        let ended = watching.stop("INT");

        let sent = read_number(&pair.left, "left", "tx_packets") - before;
        assert_eq!(sent, PACKETS);
        let lost = sum(&ended, "SKIPDATA", 2);
        assert!(lost > 0, "{:?}", ended.records);
        assert_eq!(sum(&ended, "OK", 0) + lost, sent, "{:?}", ended.records);
        let told = format!("flowlogd: {lost} packets were dropped before they could be read");
        assert!(ended.stderr.contains(&told), "{}", ended.stderr);
        assert_eq!(ended.status, DONE);
    });
}

/// The device is given whole segments of 64 KB; further on, `towards` counts what is on the wire.
#[test]
fn live_packets_and_bytes_are_those_that_the_device_counts() {
    each_capture(|capture| {
        let pair = Pair::new();
        let far = pair.add_far_end();
        let fields = "dstaddr,packets,bytes,tcp-flags";
        let options = ["left", "--capture", capture, "--window", "1", "--fields", fields];
        let watching = Watching::begin(&pair.left, &options);
        let listener = far.run(|| TcpListener::bind("10.78.0.2:6000").expect("a listener"));
        let count = |what| read_number(&pair.right, "towards", what);
        let (packets, bytes) = (count("tx_packets"), count("tx_bytes"));

        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            stream.read_to_end(&mut Vec::new()).expect("all of it")
        });
        let mut client =
            pair.left.run(|| TcpStream::connect("10.78.0.2:6000").expect("a connection"));
        client.write_all(&vec![7; 8_000_000]).expect("all of it");
        drop(client);
        assert_eq!(server.join().expect("no panic"), 8_000_000);
        let ended = watching.stop("INT");

        let (packets, bytes) = (count("tx_packets") - packets, count("tx_bytes") - bytes);
        assert!(packets > 5000, "{packets}");
        assert_eq!(sum(&ended, "10.78.0.2", 1), packets);
        assert_eq!(sum(&ended, "10.78.0.2", 2), bytes - 14 * packets, "without Ethernet headers");
    });
}

#[test]
fn live_a_reader_that_has_seen_enough_is_no_failure() {
    each_capture(|capture| {
        let pair = Pair::new();
        let mut watching =
            Watching::begin(&pair.left, &["left", "--capture", capture, "--window", "1"]);

        watching.close_stdout();
        // The pipe closes after the first records, and the next ones find that out.
        for _ in 0..100 {
            ping(&pair.right, "10.77.0.1");
            if !watching.goes_on() {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let ended = watching.wait();

        assert_eq!((ended.stderr, ended.status), (line_of("left", capture), DONE));
    });
}

#[test]
fn live_a_second_signal_ends_what_nobody_reads() {
    each_capture(|capture| {
        let pair = Pair::new();
        let (left, _right) = sockets(&pair);
        let mut watching =
            Watching::begin(&pair.left, &["left", "--capture", capture, "--window", "1"]);

        // Some 300 KB of records, of which a pipe holds 64.
        watching.stop_reading();
        for port in 10_000..14_000 {
            left.send_to(b"x", ("10.77.0.2", port)).expect("sent");
        }
        let signal = watching.signal_until_it_ends("TERM");

        assert_eq!(signal, Some(libc::SIGTERM));
    });
}

#[test]
fn live_without_permission_a_device_is_refused_in_one_line() {
    as_root(|| {
        let pair = Pair::new();

        let ended = pair.left.run(|| {
            let mut command = Command::new("setpriv");
            command
                .args(["--bounding-set=-net_raw,-bpf,-sys_admin", env!("CARGO_BIN_EXE_flowlogd")]);
            run(command.args(["watch", "left"]))
        });

        let refused =
            "flowlogd: no permission to capture from left: it takes the capability CAP_NET_RAW\n";
        assert_eq!(ended, Ended::refused(UNREADABLE, refused));
    });
}

#[test]
fn live_a_device_that_is_down_is_refused_in_one_line() {
    each_capture(|capture| {
        let pair = Pair::new();
        pair.left.ip(&["link", "set", "left", "down"]);

        let ended = pair.left.run(|| watch(&["left", "--capture", capture]));

        assert_eq!(ended, Ended::refused(UNREADABLE, "flowlogd: device left is down\n"));
    });
}

/// What a loopback device sends it also receives.
#[test]
fn live_a_loopback_device_shows_every_packet_twice() {
    each_capture(|capture| {
        let pair = Pair::new();
        pair.left.ip(&["link", "set", "lo", "up"]);
        let fields = ["--fields", "dstaddr,packets,bytes"];
        let watching = Watching::begin(
            &pair.left,
            &[&["lo", "--capture", capture], fields.as_slice()].concat(),
        );

        ping(&pair.left, "127.0.0.1");

        assert_eq!(watching.stop("INT").records, ["127.0.0.1 4 336"]);
    });
}

#[test]
fn live_what_is_no_readable_packet_is_in_the_books() {
    each_capture(|capture| {
        let pair = Pair::new();
        let watching = Watching::begin(&pair.left, &["left", "--capture", capture]);

        let frame = |kind: u16, fill| {
            let mut frame = [fill; 60];
            frame[12..14].copy_from_slice(&kind.to_be_bytes());
            frame
        };
        pair.right.run(|| {
            send_frame("right", &frame(0x0806, 0));
            send_frame("right", &frame(0x88cc, 0));
            send_frame("right", &frame(0x0800, 0xff));
        });

        let ended = watching.stop("INT");
        let told = "frames 3 = 0 packets + 2 not IP + 1 malformed + 0 of no interface\n";
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        let kind = if capture == "ebpf" { "other types" } else { "type 0x88cc" };
        assert!(ended.stderr.contains(&format!("not IP (1 ARP, 1 {kind})\n")), "{}", ended.stderr);
        assert!(ended.stderr.contains("malformed (1 IP header malformed)\n"), "{}", ended.stderr);
        assert_eq!((ended.records, ended.status), (vec![], DONE));
    });
}

#[test]
fn live_flows_beyond_what_is_allowed_are_lost_and_told() {
    const FLOWS: u16 = 3000;

    each_capture(|capture| {
        let pair = Pair::new();
        let (left, _right) = silent_sockets(&pair);
        let fields = ["--fields", "packets,log-status,x-lost-packets", "--max-flows", "500"];
        let options =
            [&["left", "--capture", capture, "--window", "600"], fields.as_slice()].concat();
        let watching = Watching::begin(&pair.left, &options);

        for port in 0..FLOWS {
            left.send_to(b"x", ("10.77.0.9", 10_000 + port)).expect("sent");
        }
        let ended = watching.stop("INT");

        let (kept, lost) = (sum(&ended, "OK", 0), sum(&ended, "SKIPDATA", 2));
        assert!(lost > 0 && kept <= 500, "{kept} {lost}");
        assert_eq!(kept + lost, u64::from(FLOWS));
        let books = format!("seen {FLOWS} = {kept} recorded + 0 excluded + {lost} lost\n");
        assert!(ended.stderr.contains(&books), "{}", ended.stderr);
        assert_eq!(ended.status, DONE);
    });
}

#[test]
fn live_what_finds_no_room_in_the_kernel_is_told_by_skipdata_and_nothing_is_missing() {
    as_root(|| {
        if !in_kernel() {
            return;
        }
        let pair = Pair::new();
        let (left, more) = silent_sockets(&pair);
        let fields = ["--fields", "packets,log-status,x-lost-packets", "--window", "600"];
        let watching = Watching::begin(
            &pair.left,
            &[&["left", "--capture", "ebpf"], fields.as_slice()].concat(),
        );
        let before = read_number(&pair.left, "left", "tx_packets");

        // Standing still, it does not empty the tables.
        watching.pause();
        for port in 1..=u16::MAX {
            left.send_to(b"x", ("10.77.0.9", port)).expect("sent");
            more.send_to(b"x", ("10.77.0.9", port)).expect("sent");
        }
        watching.signal("CONT");
        let ended = watching.stop("INT");

        let sent = read_number(&pair.left, "left", "tx_packets") - before;
        assert_eq!(sent, 2 * u64::from(u16::MAX));
        let lost = sum(&ended, "SKIPDATA", 2);
        assert!(lost > 0, "{} records", ended.records.len());
        assert_eq!(sum(&ended, "OK", 0) + lost, sent);
        let books = format!("seen {sent} = {} recorded + 0 excluded + {lost} lost\n", sent - lost);
        assert!(ended.stderr.contains(&books), "{}", ended.stderr);
        assert_eq!(ended.status, DONE);
    });
}

#[test]
fn live_without_permission_for_the_kernel_packet_sockets_do_it_and_the_line_says_why() {
    const WHY: &str =
        "the kernel program takes the capabilities CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON";

    as_root(|| {
        let pair = Pair::new();
        let restricted = |capture| {
            pair.left.run(|| {
                let mut command = Command::new("setpriv");
                command.args(["--bounding-set=-bpf,-sys_admin", env!("CARGO_BIN_EXE_flowlogd")]);
                command.args(["watch", "left", "--duration", "0", "--capture", capture]);
                run(&mut command)
            })
        };

        let ended = restricted("auto");
        let line = line_of("left", "af_packet").replace(")\n", &format!("): {WHY}\n"));
        if in_kernel() {
            assert!(ended.stderr.starts_with(&line), "{}", ended.stderr);
        }
        assert_eq!(ended.status, DONE);

        let ended = restricted("ebpf");
        if in_kernel() {
            assert_eq!(ended.stderr, format!("flowlogd: --capture ebpf: {WHY}\n"));
        }
        assert_eq!(ended.status, UNREADABLE);
    });
}

#[test]
fn live_the_kernel_is_chosen_where_it_can_be() {
    as_root(|| {
        if !in_kernel() {
            return;
        }
        let pair = Pair::new();
        let ended = Watching::begin(&pair.left, &["left", "--duration", "0"]).wait();
        assert!(ended.stderr.starts_with(&line_of("left", "ebpf")), "{}", ended.stderr);
    });
}

#[test]
fn live_several_interfaces_are_judged_by_packet_sockets() {
    const WHY: &str =
        "the kernel program judges at one interface, and there are 2 (--interface names one)";

    as_root(|| {
        let pair = Pair::new();
        let mut inventory = tempfile::NamedTempFile::new().expect("a file");
        let another = r#""NetworkInterfaces": [{
            "NetworkInterfaceId": "eni-other", "OwnerId": "123456789012", "VpcId": "vpc-a",
            "SubnetId": "subnet-left", "PrivateIpAddress": "10.77.0.7",
            "Groups": [{ "GroupId": "sg-left" }]
          }, {"#;
        let text = INVENTORY.replacen(r#""NetworkInterfaces": [{"#, another, 1);
        inventory.write_all(text.as_bytes()).expect("written");
        let path = inventory.path().to_str().expect("text");
        let begin = |more: &[&str]| {
            let options = ["left", "--duration", "0", "--inventory", path];
            pair.left.run(|| watch(&[&options, more].concat()))
        };

        let ended = begin(&[]);
        let line = line_of("left", "af_packet").replace(")\n", &format!("): {WHY}\n"));
        assert!(ended.stderr.starts_with(&line), "{}", ended.stderr);
        assert_eq!(ended.status, DONE);
        if in_kernel() {
            let ended = begin(&["--interface", "eni-other"]);
            assert!(ended.stderr.starts_with(&line_of("left", "ebpf")), "{}", ended.stderr);
        }
        let ended = begin(&["--capture", "ebpf"]);
        assert_eq!(ended, Ended::refused(USAGE, &format!("flowlogd: --capture ebpf: {WHY}\n")));
    });
}

#[test]
fn live_the_program_leaves_the_device_with_the_command_however_that_ends() {
    as_root(|| {
        if !in_kernel() {
            return;
        }
        let pair = Pair::new();
        for signal in ["INT", "TERM", "KILL"] {
            let watching = Watching::begin(&pair.left, &["left", "--capture", "ebpf"]);
            assert_eq!(attached_programs(&pair.left, "left"), 2);

            watching.stop(signal);

            assert_eq!(attached_programs(&pair.left, "left"), 0, "{signal}");
        }
    });
}

#[test]
fn live_a_device_that_is_down_for_a_while_is_told_and_watched_on() {
    each_capture(|capture| {
        let pair = Pair::new();
        let fields = ["--window", "600", "--fields", "dstaddr,protocol,packets"];
        let options = [&["left", "--capture", capture], fields.as_slice()].concat();
        let watching = Watching::begin(&pair.left, &options);

        pair.right.ip(&["link", "set", "right", "down"]);
        pair.left.ip(&["link", "set", "left", "down"]);
        thread::sleep(Duration::from_millis(500));
        pair.left.ip(&["link", "set", "left", "up"]);
        pair.right.ip(&["link", "set", "right", "up"]);
        ping(&pair.right, "10.77.0.1");

        let ended = watching.stop("INT");
        assert_eq!(ended.records, ["10.77.0.2 1 1", "10.77.0.1 1 1"]);
        let told =
            format!("{}flowlogd: device left is down\nflowlogd: frames", line_of("left", capture));
        assert!(ended.stderr.starts_with(&told), "{}", ended.stderr);
    });
}

#[test]
fn a_device_that_is_not_there_is_refused_with_those_that_are() {
    let ended = watch(&["nope"]);

    assert!(ended.stderr.starts_with("flowlogd: no device nope; there are: "), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1);
    assert_eq!((ended.records, ended.status), (vec![], UNREADABLE));
}

#[test]
fn names_do_not_write_on_the_terminal() {
    let ended = watch(&["eth\u{1b}[2J\r0"]);

    assert!(
        ended.stderr.starts_with(r"flowlogd: no device eth\u{1b}[2J\r0; there"),
        "{}",
        ended.stderr
    );
}

#[test]
fn options_of_watch_that_are_wrong_are_refused_in_one_line() {
    let inventory = inventory();
    let inventory = inventory.path().to_str().expect("text");
    let refused = |options: &[&str], status, message: &str| {
        let ended = watch(&[&["lo"], options].concat());
        assert_eq!(ended, Ended::refused(status, &format!("flowlogd: {message}\n")));
    };

    refused(&["--window", "0"], USAGE, "a capture window is 1 to 600 seconds long, not 0");
    refused(&["--window", "601"], USAGE, "a capture window is 1 to 600 seconds long, not 601");
    refused(
        &["--inventory", inventory, "--interface", "eni-right"],
        USAGE,
        "--interface eni-right is not in the inventory, which has eni-left",
    );
    refused(
        &["--inventory", "nope.json"],
        UNREADABLE,
        "cannot read the inventory nope.json: No such file or directory (os error 2)",
    );
    refused(
        &["--fields", "srcaddr,dstadr"],
        USAGE,
        "--fields: there is no field `dstadr`; did you mean `dstaddr`?",
    );
}

fn watch(arguments: &[&str]) -> Ended {
    run(Command::new(env!("CARGO_BIN_EXE_flowlogd")).arg("watch").args(arguments))
}

/// A socket at each end. With both there, nobody answers that a port is unreachable.
fn sockets(pair: &Pair) -> (UdpSocket, UdpSocket) {
    let left = pair.left.run(|| UdpSocket::bind("10.77.0.1:4000").expect("a socket"));
    let right = pair.right.run(|| UdpSocket::bind("10.77.0.2:5000").expect("a socket"));
    (left, right)
}

/// Two sockets at one end. What they send to 10.77.0.9 nobody takes, or answers.
fn silent_sockets(pair: &Pair) -> (UdpSocket, UdpSocket) {
    let mac = ["lladdr", "02:00:0a:4d:00:09", "dev", "left"];
    pair.left.ip(&[&["neigh", "replace", "10.77.0.9"], mac.as_slice()].concat());
    pair.left.run(|| {
        let bind = |port| UdpSocket::bind(("10.77.0.1", port)).expect("a socket");
        (bind(4000), bind(4001))
    })
}

/// Adds up a column of the records that have that word in one.
fn sum(ended: &Ended, word: &str, column: usize) -> u64 {
    let records = ended.records.iter().map(|record| record.split(' ').collect::<Vec<_>>());
    let chosen = records.filter(|columns| columns.contains(&word));
    chosen.map(|columns| columns.get(column).expect("it").parse::<u64>().expect("a number")).sum()
}
