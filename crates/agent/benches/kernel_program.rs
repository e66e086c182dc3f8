//! What the kernel's program takes for a packet, by the kernel's own test runs: nanoseconds, the median of so many rounds.
//!
//! The limit in the same run is a frame of a device that nobody has attached: entering the program and one look-up.

use std::fmt::Write as _;
use std::io::Write as _;

use flowlogd_agent::capture::ebpf::layout::Device;
use flowlogd_agent::capture::ebpf::{Clock, Plane, PlaneOptions, Sizes, Timing, Way};
use flowlogd_vpc::{CompileOptions, Inventory, RuleBook, Ruleset};

/// The loopback device: test runs want one that is there.
const LO: u32 = 1;
const ROUNDS: usize = 9;
const REPEAT: u32 = 200_000;

fn main() {
    let mut lines = String::new();
    for rules in [1, 100] {
        let mut bench = Bench::new(rules);
        let mut tell = |case: &str, nanoseconds: u32| {
            writeln!(lines, "{case:44} {nanoseconds:5} ns")
                .expect("a string takes what is written");
        };
        if rules == 1 {
            tell("a device of nobody's (the limit)", bench.time(&udp(5353, 1000), false));
        }
        let of = |what: &str| format!("{what}, {rules} rules");
        tell(&of("one hot UDP flow"), bench.time(&udp(5353, 1000), true));
        tell(&of("one hot TCP flow"), bench.time(&tcp(5353, 1000, 0x10), true));
        tell(&of("SYNs of one flow"), bench.time(&tcp(5354, 1000, 0x02), true));
        tell(&of("ping"), bench.time(&ping(), true));
        tell(&of("refused by the groups"), bench.time(&udp(5353, 9), true));
        tell(&of("refused by the network ACL"), bench.time(&udp(5353, 7), true));
        tell(&of("refused ICMP, judged each time"), bench.time(&icmp(13), true));
    }
    std::io::stdout().write_all(lines.as_bytes()).expect("somebody reads");
}

struct Bench {
    plane: Plane,
}

impl Bench {
    fn new(rules: u32) -> Self {
        let options = PlaneOptions {
            sizes: Sizes::default(),
            clock: Clock::Kernel,
            way: Way::Links,
            directory: None,
            window_length: 60,
            first_epoch: 1,
        };
        let mut plane = Plane::load(options, Timing::fixed(1_700_000_000_000_000_000))
            .expect("root, and a kernel with eBPF");
        let inventory = Inventory::from_json(&inventory(rules)).expect("an inventory");
        let mut book = RuleBook::default();
        let ruleset = Ruleset::compile(inventory, CompileOptions::default(), &mut book);
        let index = book.interface_index("eni-1").expect("the interface");
        plane.open_slot(0, 1 << 16).expect("a slot");
        plane.set_rules(0, 0, &ruleset.flat(index).expect("rules"), false).expect("rules in force");
        Self { plane }
    }

    fn time(&mut self, frame: &[u8], bound: bool) -> u32 {
        if bound {
            self.plane.bind(LO, Device::default()).expect("bound");
        }
        let mut times: Vec<u32> = (0..ROUNDS)
            .map(|_| self.plane.run(frame, LO, true, REPEAT).expect("a run").nanoseconds)
            .collect();
        times.sort_unstable();
        times.get(ROUNDS / 2).copied().unwrap_or_default()
    }
}

/// Rules for the ports from 1000 down, so that the first port is the last of them; as many entries of the network ACL.
fn inventory(rules: u32) -> String {
    let permissions: Vec<String> = (0..rules)
        .map(|n| {
            let port = 1000 + n;
            format!(
                r#"{{"SecurityGroupRuleId":"sgr-{n:04}","GroupId":"sg-1","IsEgress":false,"IpProtocol":"{}","FromPort":{port},"ToPort":{port},"CidrIpv4":"10.0.0.0/8"}}"#,
                if n % 2 == 0 { "udp" } else { "tcp" },
            )
        })
        .chain([
            r#"{"SecurityGroupRuleId":"sgr-tcp","GroupId":"sg-1","IsEgress":false,"IpProtocol":"tcp","FromPort":1000,"ToPort":1000,"CidrIpv4":"10.0.0.0/8"}"#.to_owned(),
            r#"{"SecurityGroupRuleId":"sgr-ping","GroupId":"sg-1","IsEgress":false,"IpProtocol":"icmp","FromPort":8,"ToPort":-1,"CidrIpv4":"10.0.0.0/8"}"#.to_owned(),
        ])
        .collect();
    let entries: Vec<String> = (0..rules)
        .map(|n| {
            let port = 2000 + n;
            format!(
                r#"{{"RuleNumber":{},"RuleAction":"deny","Egress":false,"Protocol":"17","CidrBlock":"0.0.0.0/0","PortRange":{{"From":{port},"To":{port}}}}}"#,
                n + 1
            )
        })
        .chain([
            r#"{"RuleNumber":5000,"RuleAction":"deny","Egress":false,"Protocol":"17","CidrBlock":"0.0.0.0/0","PortRange":{"From":7,"To":7}}"#.to_owned(),
            r#"{"RuleNumber":6000,"RuleAction":"allow","Egress":false,"Protocol":"-1","CidrBlock":"0.0.0.0/0"}"#.to_owned(),
        ])
        .collect();
    format!(
        r#"{{"Vpcs":[{{"VpcId":"vpc-1","CidrBlock":"10.1.0.0/16","OwnerId":"123456789012"}}],
        "Subnets":[{{"SubnetId":"subnet-1","VpcId":"vpc-1","CidrBlock":"10.1.1.0/24"}}],
        "NetworkAcls":[{{"NetworkAclId":"acl-1","VpcId":"vpc-1","Associations":[{{"SubnetId":"subnet-1"}}],"Entries":[{}]}}],
        "SecurityGroups":[{{"GroupId":"sg-1","VpcId":"vpc-1","GroupName":"g"}}],
        "SecurityGroupRules":[{}],
        "NetworkInterfaces":[{{"NetworkInterfaceId":"eni-1","SubnetId":"subnet-1","VpcId":"vpc-1","OwnerId":"123456789012",
          "Groups":[{{"GroupId":"sg-1"}}],"PrivateIpAddress":"10.1.1.5","PrivateIpAddresses":[{{"PrivateIpAddress":"10.1.1.5","Primary":true}}],
          "InterfaceType":"interface","SourceDestCheck":true}}]}}"#,
        entries.join(","),
        permissions.join(",")
    )
}

fn frame(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total = u8::try_from(20 + payload.len()).expect("a short packet");
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    frame.extend([0x45, 0, 0, total, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 9, 10, 1, 1, 5]);
    frame.extend(payload);
    frame.resize(frame.len().max(60), 0);
    frame
}

fn udp(src: u16, dst: u16) -> Vec<u8> {
    let ([s0, s1], [d0, d1]) = (src.to_be_bytes(), dst.to_be_bytes());
    frame(17, &[s0, s1, d0, d1, 0, 26, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

fn tcp(src: u16, dst: u16, flags: u8) -> Vec<u8> {
    let ([s0, s1], [d0, d1]) = (src.to_be_bytes(), dst.to_be_bytes());
    frame(6, &[s0, s1, d0, d1, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0])
}

fn ping() -> Vec<u8> {
    icmp(8)
}

fn icmp(kind: u8) -> Vec<u8> {
    frame(1, &[kind, 0, 0, 0, 0, 1, 0, 1, 0, 0])
}
