//! What `replay` knows of each packet, `explain` infers from the records.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::{INVENTORY, explain, path, stdout};

const OWN: [&str; 4] = ["10.0.1.5", "10.0.1.50", "10.0.2.5", "2001:db8:a:1::5"];
const PEERS: [&str; 9] = [
    "10.0.1.5",
    "10.0.1.77",
    "10.0.2.5",
    "10.1.2.3",
    "192.0.2.7",
    "198.51.100.9",
    "203.0.113.7",
    "2001:db8:9::9",
    "2001:db8:a:1::77",
];
const PORTS: [u16; 7] = [22, 23, 443, 3306, 5432, 8080, 50000];
/// Above all of them, so that no flow is another one's answer.
const CLIENT_PORTS: u16 = 60000;

/// A TCP or UDP packet that opens a connection, or tries to.
#[derive(Clone, Copy, Debug)]
struct Request {
    src: IpAddr,
    dst: IpAddr,
    srcport: u16,
    dstport: u16,
    protocol: u8,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn explain_infers_what_replay_decided(requests in requests()) {
        let directory = tempfile::tempdir().unwrap();
        let capture = directory.path().join("requests.pcap");
        fs::write(&capture, pcap(&requests)).unwrap();
        let recorded = replay(&capture);
        let stripped = directory.path().join("records");
        fs::write(&stripped, without_reasons(&recorded)).unwrap();

        let report = stdout(&explain(&["--json", &path(&stripped)]));

        let objects: Vec<serde_json::Value> =
            report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (counts, groups) = objects.split_last().unwrap();
        let mut inferred = BTreeMap::new();
        for group in groups.iter().filter(|group| group["verdict"] == "explained") {
            let rule = group["x-deciding-rule"].as_str().unwrap().to_owned();
            let miss = group["x-nearest-miss"].as_str().unwrap_or("-").to_owned();
            *inferred.entry((rule, miss)).or_insert(0) += group["packets"].as_u64().unwrap();
        }
        prop_assert_eq!(inferred, decided(&recorded));
        prop_assert_eq!(&counts["does-not-fit"], 0);
        prop_assert_eq!(&counts["not-judged"], 0);
        prop_assert_eq!(&counts["accepted"], recorded.matches(" ACCEPT ").count());
        prop_assert!(recorded.contains(" REJECT "));
    }
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let pick = (0..OWN.len(), 0..PEERS.len(), 0..PORTS.len(), any::<bool>(), any::<bool>());
    prop::collection::vec(pick, 150..300).prop_map(|picks| {
        picks
            .into_iter()
            .zip(CLIENT_PORTS..)
            .filter_map(|((own, peer, port, sent, tcp), srcport)| {
                let (own, peer): (IpAddr, IpAddr) =
                    (OWN[own].parse().unwrap(), PEERS[peer].parse().unwrap());
                if own.is_ipv4() != peer.is_ipv4() || own == peer {
                    return None;
                }
                let (src, dst) = if sent { (own, peer) } else { (peer, own) };
                let protocol = if tcp { 6 } else { 17 };
                Some(Request { src, dst, srcport, dstport: PORTS[port], protocol })
            })
            .collect()
    })
}

fn replay(capture: &Path) -> String {
    let fields = "interface-id,srcaddr,dstaddr,srcport,dstport,protocol,packets,action,flow-direction,\
                  pkt-srcaddr,pkt-dstaddr,x-deciding-rule,x-nearest-miss";
    let output = Command::new(env!("CARGO_BIN_EXE_flowlogd"))
        .args(["replay", "--quiet", "--inventory", INVENTORY, "--fields", fields])
        .arg(capture)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Rule and nearest miss → packets.
fn decided(records: &str) -> BTreeMap<(String, String), u64> {
    let mut decided = BTreeMap::new();
    for line in records.lines().filter(|line| line.contains(" REJECT ")) {
        let values: Vec<&str> = line.split(' ').collect();
        let [.., rule, miss] = values[..] else { panic!("{line}") };
        let packets: u64 = values[6].parse().unwrap();
        *decided.entry((rule.to_owned(), miss.to_owned())).or_insert(0) += packets;
    }
    decided
}

fn without_reasons(records: &str) -> String {
    records.lines().fold(String::new(), |mut stripped, line| {
        let values: Vec<&str> = line.split(' ').collect();
        stripped.push_str(&values[..values.len() - 2].join(" "));
        stripped.push('\n');
        stripped
    })
}

/// Packets of one second, without a link layer.
fn pcap(requests: &[Request]) -> Vec<u8> {
    const RAW_IP: u32 = 101;
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, RAW_IP] {
        file.extend_from_slice(&u32::to_le_bytes(word));
    }
    for request in requests {
        let packet = packet(request);
        let len = u32::try_from(packet.len()).unwrap();
        for word in [1_700_000_000, 0, len, len] {
            file.extend_from_slice(&u32::to_le_bytes(word));
        }
        file.extend_from_slice(&packet);
    }
    file
}

fn packet(request: &Request) -> Vec<u8> {
    let mut upper = [request.srcport.to_be_bytes(), request.dstport.to_be_bytes()].concat();
    if request.protocol == 6 {
        // Sequence and acknowledgement, five words, SYN, window, checksum, urgent pointer.
        upper.extend_from_slice(&[0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0]);
    } else {
        upper.extend_from_slice(&[0, 8, 0, 0]);
    }
    let upper_len = u8::try_from(upper.len()).unwrap();
    let mut packet = match (request.src, request.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let mut header =
                vec![0x45, 0, 0, 20 + upper_len, 0, 1, 0x40, 0, 64, request.protocol, 0, 0];
            header.extend_from_slice(&src.octets());
            header.extend_from_slice(&dst.octets());
            header
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            let mut header = vec![0x60, 0, 0, 0, 0, upper_len, request.protocol, 64];
            header.extend_from_slice(&src.octets());
            header.extend_from_slice(&dst.octets());
            header
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {
            panic!("two families: {request:?}")
        }
    };
    packet.extend_from_slice(&upper);
    packet
}
