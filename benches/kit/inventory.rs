//! Writes an inventory for a capture of the benchmark: `inventory FILE RULES OUT`.
//!
//! Its interfaces own the clients of the capture, so that every packet is judged: one interface for each
//! VPC 10.N.0.0/16, with the addresses seen there as secondary ones. Security group and network ACL have
//! RULES entries in each direction. The group opens the services to everybody, but nothing is open
//! altogether, so every connection is tracked; mail, and a few services over UDP, are refused.
//! In the ACL what admits the packets stands last. Standard library only: `rustc -O`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::{env, process};

/// What clients connect to. The first of them are let through.
const SERVICES: [u16; 11] = [443, 80, 53, 123, 3306, 5432, 6379, 9092, 22, 8080, 25];
const LET_THROUGH_OVER_TCP: usize = 10;
const LET_THROUGH_OVER_UDP: usize = 8;

/// The VPC that has all the IPv6 clients.
const IPV6_VPC: u8 = 0;
const IPV6_BLOCK: &str = "2600:1f18::/64";

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, capture, rules, out] = arguments.as_slice() else {
        eprintln!("usage: inventory FILE RULES OUT");
        process::exit(2);
    };
    let Ok(rules) = rules.parse() else {
        eprintln!("RULES is a number, not {rules}");
        process::exit(2);
    };
    let written = clients(capture).and_then(|clients| {
        let interfaces = clients.ipv4.len();
        let addresses =
            clients.ipv6.len() + clients.ipv4.values().map(BTreeSet::len).sum::<usize>();
        println!("{{\"interfaces\":{interfaces},\"addresses\":{addresses},\"rules\":{rules}}}");
        fs::write(out, json(&clients, rules))
    });
    if let Err(error) = written {
        eprintln!("{capture}: {error}");
        process::exit(1);
    }
}

#[derive(Default)]
struct Clients {
    /// By the second byte of the address.
    ipv4: BTreeMap<u8, BTreeSet<Ipv4Addr>>,
    ipv6: BTreeSet<Ipv6Addr>,
}

fn clients(capture: &str) -> io::Result<Clients> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(capture)?);
    file.read_exact(&mut [0; 24])?;
    let mut clients =
        Clients { ipv4: BTreeMap::from([(IPV6_VPC, BTreeSet::new())]), ..Clients::default() };
    let mut header = [0; 16];
    let mut frame = Vec::new();
    loop {
        match file.read_exact(&mut header) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(clients),
            read => read?,
        }
        let captured = u32::from_le_bytes([header[8], header[9], header[10], header[11]]);
        frame.resize(captured as usize, 0);
        file.read_exact(&mut frame)?;
        clients.see(&frame);
    }
}

impl Clients {
    fn see(&mut self, frame: &[u8]) {
        let tag = if frame[12..14] == [0x81, 0] { 4 } else { 0 };
        let packet = &frame[14 + tag..];
        match frame[12 + tag..14 + tag] {
            [0x08, 0x00] => {
                let [source, target] = [12, 16].map(|at| {
                    Ipv4Addr::new(packet[at], packet[at + 1], packet[at + 2], packet[at + 3])
                });
                let client = if is_request(packet[9], &packet[20..]) { source } else { target };
                let [first, vpc, ..] = client.octets();
                if first == 10 {
                    self.ipv4.entry(vpc).or_default().insert(client);
                }
            }
            [0x86, 0xdd] => {
                let at = if is_request(packet[6], &packet[40..]) { 8 } else { 24 };
                let octets: [u8; 16] = packet[at..at + 16].try_into().expect("sixteen bytes");
                let client = Ipv6Addr::from(octets);
                if client.segments()[..4] == [0x2600, 0x1f18, 0, 0] {
                    self.ipv6.insert(client);
                }
            }
            _ => {}
        }
    }
}

/// Returns whether the packet goes from a client to a service.
fn is_request(protocol: u8, upper: &[u8]) -> bool {
    match protocol {
        1 => upper[0] == 8,
        58 => upper[0] == 128,
        _ => SERVICES.contains(&u16::from_be_bytes([upper[2], upper[3]])),
    }
}

fn json(clients: &Clients, rules: usize) -> String {
    let vpcs: Vec<u8> = clients.ipv4.keys().copied().collect();
    let each = |item: &dyn Fn(u8) -> String| {
        vpcs.iter().map(|vpc| item(*vpc)).collect::<Vec<_>>().join(",\n")
    };
    format!(
        "{{\n\"Vpcs\": [\n{}\n],\n\"Subnets\": [\n{}\n],\n\"NetworkInterfaces\": [\n{}\n],\n\
         \"SecurityGroups\": [\n{}\n],\n\"NetworkAcls\": [\n{}\n]\n}}\n",
        each(&vpc),
        each(&subnet),
        each(&|number| interface(number, clients)),
        each(&|number| security_group(number, rules)),
        each(&|number| network_acl(number, rules)),
    )
}

fn id(kind: &str, vpc: u8) -> String {
    format!("{kind}-{:017x}", 0x1000 + u32::from(vpc))
}

fn vpc(number: u8) -> String {
    let ipv6 = if number == IPV6_VPC {
        format!(
            ", \"Ipv6CidrBlockAssociationSet\": [{{\"AssociationId\": \"vpc-cidr-assoc-0\", \
             \"Ipv6CidrBlock\": \"{IPV6_BLOCK}\", \"Ipv6CidrBlockState\": {{\"State\": \"associated\"}}}}]"
        )
    } else {
        String::new()
    };
    format!(
        "{{\"VpcId\": \"{}\", \"OwnerId\": \"123456789012\", \"State\": \"available\", \
         \"CidrBlock\": \"10.{number}.0.0/16\"{ipv6}}}",
        id("vpc", number)
    )
}

fn subnet(number: u8) -> String {
    let ipv6 = if number == IPV6_VPC {
        format!(
            ", \"Ipv6CidrBlockAssociationSet\": [{{\"AssociationId\": \"subnet-cidr-assoc-0\", \
             \"Ipv6CidrBlock\": \"{IPV6_BLOCK}\", \"Ipv6CidrBlockState\": {{\"State\": \"associated\"}}}}]"
        )
    } else {
        String::new()
    };
    format!(
        "{{\"SubnetId\": \"{}\", \"VpcId\": \"{}\", \"OwnerId\": \"123456789012\", \
         \"AvailabilityZone\": \"eu-central-1a\", \"CidrBlock\": \"10.{number}.0.0/16\"{ipv6}}}",
        id("subnet", number),
        id("vpc", number)
    )
}

fn interface(number: u8, clients: &Clients) -> String {
    // Every interface has a first address; 10.N.255.254 if there is no client.
    let mut ipv4 = clients.ipv4[&number].iter().copied().collect::<Vec<_>>();
    if ipv4.is_empty() {
        ipv4.push(Ipv4Addr::new(10, number, 255, 254));
    }
    let mut private = String::new();
    for (index, address) in ipv4.iter().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        let primary = index == 0;
        write!(private, "{comma}{{\"Primary\": {primary}, \"PrivateIpAddress\": \"{address}\"}}")
            .expect("text grows");
    }
    let ipv6 = if number == IPV6_VPC { &clients.ipv6 } else { &BTreeSet::new() };
    let ipv6: Vec<String> =
        ipv6.iter().map(|address| format!("{{\"Ipv6Address\": \"{address}\"}}")).collect();
    format!(
        "{{\"NetworkInterfaceId\": \"{}\", \"OwnerId\": \"123456789012\", \"VpcId\": \"{}\", \
         \"SubnetId\": \"{}\", \"MacAddress\": \"02:00:00:00:10:{number:02x}\", \
         \"InterfaceType\": \"interface\", \"SourceDestCheck\": true, \"Status\": \"in-use\", \
         \"Groups\": [{{\"GroupId\": \"{}\", \"GroupName\": \"clients\"}}], \
         \"PrivateIpAddress\": \"{}\", \"PrivateIpAddresses\": [{private}], \"Ipv6Addresses\": [{}]}}",
        id("eni", number),
        id("vpc", number),
        id("subnet", number),
        id("sg", number),
        ipv4[0],
        ipv6.join(", ")
    )
}

/// Ports with the peers that a permission names: one rule each.
fn permission(protocol: &str, from: i32, to: i32, ipv4: &[String], ipv6: &[String]) -> String {
    let ranges = |key: &str, blocks: &[String]| {
        let items: Vec<String> =
            blocks.iter().map(|block| format!("{{\"{key}\": \"{block}\"}}")).collect();
        items.join(", ")
    };
    format!(
        "{{\"IpProtocol\": \"{protocol}\", \"FromPort\": {from}, \"ToPort\": {to}, \
         \"IpRanges\": [{}], \"Ipv6Ranges\": [{}], \"PrefixListIds\": [], \"UserIdGroupPairs\": []}}",
        ranges("CidrIp", ipv4),
        ranges("CidrIpv6", ipv6)
    )
}

fn security_group(number: u8, rules: usize) -> String {
    let anyone = ["0.0.0.0/0".to_owned()];
    let anyone_ipv6 = ["::/0".to_owned()];
    // Replies come in because they are tracked: nothing here matches them.
    let monitoring: Vec<String> =
        (0..rules).map(|host| format!("192.0.2.{}/32", host % 256)).collect();
    let ingress = permission("tcp", 9100, 9100, &monitoring, &[]);

    let mut egress = vec![
        permission("icmp", 8, -1, &anyone, &[]),
        permission("icmpv6", 128, -1, &[], &anyone_ipv6),
    ];
    let mut count = 2;
    for (protocol, let_through) in [("tcp", LET_THROUGH_OVER_TCP), ("udp", LET_THROUGH_OVER_UDP)] {
        for service in &SERVICES[..let_through] {
            let port = i32::from(*service);
            egress.push(permission(protocol, port, port, &anyone, &anyone_ipv6));
            count += 2;
        }
    }
    // What is left of the number asked for never matches either.
    let left: Vec<String> =
        (count..rules).map(|host| format!("198.51.100.{}/32", host % 256)).collect();
    egress.push(permission("tcp", 8443, 8443, &left, &[]));
    format!(
        "{{\"GroupId\": \"{}\", \"GroupName\": \"clients\", \"Description\": \"clients\", \
         \"OwnerId\": \"123456789012\", \"VpcId\": \"{}\", \"IpPermissions\": [{ingress}], \
         \"IpPermissionsEgress\": [{}]}}",
        id("sg", number),
        id("vpc", number),
        egress.join(", ")
    )
}

fn network_acl(number: u8, rules: usize) -> String {
    let mut entries = Vec::new();
    for egress in [false, true] {
        let mut entry = |rule: usize, body: &str| {
            entries.push(format!("{{\"Egress\": {egress}, \"RuleNumber\": {rule}, {body}}}"));
        };
        // Two of the entries admit everything, one for each family.
        for rule in 1..rules.saturating_sub(1) {
            let body = format!(
                "\"RuleAction\": \"deny\", \"Protocol\": \"6\", \"PortRange\": {{\"From\": 1024, \
                 \"To\": 65535}}, \"CidrBlock\": \"203.0.113.{}/32\"",
                rule % 256
            );
            entry(rule * 10, &body);
        }
        let any = "\"Protocol\": \"-1\"";
        entry(30_000, &format!("\"RuleAction\": \"allow\", {any}, \"CidrBlock\": \"0.0.0.0/0\""));
        entry(30_001, &format!("\"RuleAction\": \"allow\", {any}, \"Ipv6CidrBlock\": \"::/0\""));
        entry(32_767, &format!("\"RuleAction\": \"deny\", {any}, \"CidrBlock\": \"0.0.0.0/0\""));
        entry(32_768, &format!("\"RuleAction\": \"deny\", {any}, \"Ipv6CidrBlock\": \"::/0\""));
    }
    format!(
        "{{\"NetworkAclId\": \"{acl}\", \"VpcId\": \"{}\", \"IsDefault\": true, \"OwnerId\": \"123456789012\", \
         \"Associations\": [{{\"NetworkAclAssociationId\": \"{}\", \"NetworkAclId\": \"{acl}\", \
         \"SubnetId\": \"{}\"}}], \"Entries\": [\n{}\n]}}",
        id("vpc", number),
        id("aclassoc", number),
        id("subnet", number),
        entries.join(",\n"),
        acl = id("acl", number),
    )
}
