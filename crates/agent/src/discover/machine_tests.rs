//! Machines in hosts that are made up.

use super::*;
use crate::discover::{LinkKind, Network};

fn addresses(texts: &[&str]) -> Vec<Address> {
    let read = |text: &&str| {
        let (address, prefix) = text.split_once('/').unwrap();
        Address { address: address.parse().unwrap(), prefix: prefix.parse().unwrap() }
    };
    texts.iter().map(read).collect()
}

/// One end of a cable.
fn end(index: u32, name: &str, peer: u32, namespace: Option<i32>) -> Link {
    Link {
        index,
        name: name.to_owned(),
        kind: LinkKind::Veth,
        hardware: vec![2, 0, 0, 0, 0, u8::try_from(index).unwrap()],
        peer: Some(peer),
        peer_namespace: namespace,
        ..Link::default()
    }
}

fn namespace(name: &str, number: i32, links: Vec<Link>) -> Namespace {
    Namespace {
        name: name.to_owned(),
        is_named: !name.starts_with("process"),
        number: Some(number),
        links,
        ..Namespace::default()
    }
}

fn guest(index: u32, peer: u32, texts: &[&str]) -> Link {
    Link { addresses: addresses(texts), ..end(index, "eth0", peer, Some(0)) }
}

/// web-1 behind v1 at br0, a process behind v2, which is no port, and a tap device at br0.
fn host() -> Host {
    let bridge = Link {
        index: 2,
        name: "br0".to_owned(),
        kind: LinkKind::Bridge,
        hardware: vec![2, 0, 0, 0, 9, 9],
        addresses: addresses(&["10.9.1.1/24"]),
        ..Link::default()
    };
    let tap = Link {
        index: 12,
        name: "tap0".to_owned(),
        kind: LinkKind::Tun,
        hardware: vec![2, 0, 0, 0, 8, 8],
        bridge: Some(2),
        ..Link::default()
    };
    Host {
        links: vec![
            bridge,
            Link { bridge: Some(2), ..end(10, "v1", 4, Some(7)) },
            end(11, "v2", 4, Some(8)),
            tap,
        ],
        namespaces: vec![
            namespace("web-1", 7, vec![guest(4, 10, &["10.9.1.2/24", "2001:db8::2/64"])]),
            Namespace {
                processes: vec![400, 417],
                ..namespace("process 400 (nginx)", 8, vec![guest(4, 11, &["10.8.0.2/30"])])
            },
        ],
        ..Host::default()
    }
}

fn found(source: Source, host: &Host) -> Vec<Machine> {
    machines(source, host, &[], &[])
}

/// Origin, device, first address, and what is lacking.
fn told(machine: &Machine) -> (&str, Option<&str>, Option<String>, Option<&str>) {
    let address = machine.ipv4().map(|address| address.to_string());
    (&machine.origin, machine.device.as_deref(), address, machine.lack.as_deref())
}

#[test]
fn a_named_namespace_is_found_with_the_device_at_the_hosts_end_of_its_cable() {
    let found = found(Source::Netns, &host());

    let [web] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(told(web), ("netns/web-1/eth0", Some("v1"), Some("10.9.1.2/24".to_owned()), None));
    assert_eq!((web.name.as_str(), web.addresses.len()), ("web-1/eth0", 2));
}

#[test]
fn numbers_of_devices_are_of_their_namespaces() {
    // Both guests have number 4 behind their cables.
    let found = found(Source::Veth, &host());

    let told: Vec<_> = found.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ("veth/process 400 (nginx)/eth0", Some("v2"), Some("10.8.0.2/30".to_owned()), None),
            ("veth/web-1/eth0", Some("v1"), Some("10.9.1.2/24".to_owned()), None),
        ]
    );
}

#[test]
fn what_has_no_device_here_is_found_and_says_so() {
    let mut host = host();
    let elsewhere = Link { addresses: addresses(&["10.7.0.2/24"]), ..end(9, "eth1", 3, Some(5)) };
    let macvlan = Link {
        index: 6,
        name: "mv0".to_owned(),
        addresses: addresses(&["192.168.3.4/24"]),
        ..Link::default()
    };
    host.namespaces[0].links.extend([elsewhere, macvlan]);
    host.namespaces.push(Namespace {
        lack: Some("its namespace cannot be entered: gone".to_owned()),
        ..namespace("broken", 9, Vec::new())
    });
    let found = found(Source::Netns, &host);

    let lacks: Vec<_> = found
        .iter()
        .filter_map(|machine| Some((machine.name.as_str(), machine.lack.as_deref()?)))
        .collect();
    assert_eq!(
        lacks,
        [
            ("broken", "its namespace cannot be entered: gone"),
            ("web-1/eth1", "the other end of its cable is in another namespace"),
            ("web-1/mv0", "it is no end of a cable (veth), so it has no device here"),
        ]
    );
}

#[test]
fn without_an_ipv4_address_there_is_no_interface() {
    let mut host = host();
    host.namespaces[0].links[0].addresses = addresses(&["2001:db8::2/64"]);

    assert_eq!(told(&found(Source::Netns, &host)[0]).3, Some("it has no IPv4 address"));
}

#[test]
fn behind_a_tap_device_is_who_has_sent_and_was_spoken_to() {
    let mut host = host();
    let silent = found(Source::Bridge, &host);
    assert_eq!(
        silent.iter().map(told).collect::<Vec<_>>(),
        [
            ("bridge/br0/tap0", Some("tap0"), None, Some("it has not sent anything yet")),
            ("bridge/web-1/eth0", Some("v1"), Some("10.9.1.2/24".to_owned()), None),
        ]
    );

    let virtual_machine = vec![0x52, 0x54, 0, 1, 2, 3];
    // A bridge knows the addresses of its own ports, too.
    host.learnt = vec![(12, vec![2, 0, 0, 0, 8, 8]), (12, virtual_machine.clone())];
    let unknown = "its address is not known: this host has not spoken to it";
    assert_eq!(told(&found(Source::Bridge, &host)[0]).3, Some(unknown));

    host.neighbours = vec![
        ("fe80::1".parse().unwrap(), virtual_machine.clone()),
        ("10.9.1.77".parse().unwrap(), virtual_machine.clone()),
    ];
    let found = found(Source::Bridge, &host);
    assert_eq!(
        told(&found[0]),
        ("bridge/br0/tap0", Some("tap0"), Some("10.9.1.77/24".to_owned()), None)
    );
    assert_eq!(found[0].hardware, virtual_machine);
}

#[test]
fn only_the_bridges_that_are_wanted_are_looked_at() {
    let found = machines(Source::Bridge, &host(), &["br7".to_owned()], &[]);

    assert_eq!(found, []);
}

#[test]
fn a_container_is_found_by_its_process() {
    let container = |process, address: &str| Container {
        name: "shop".to_owned(),
        process,
        networks: vec![Network {
            name: "front".to_owned(),
            hardware: Vec::new(),
            addresses: addresses(&[address]),
        }],
    };
    let lack = |container| {
        let found = machines(Source::Docker, &host(), &[], &[container]);
        let (origin, device, _, lack) = told(&found[0]);
        assert_eq!(origin, "docker/shop/front");
        (device.map(str::to_owned), lack.map(str::to_owned))
    };

    assert_eq!(lack(container(Some(417), "10.8.0.2/30")), (Some("v2".to_owned()), None));
    let (device, why) = lack(container(Some(999), "10.8.0.2/30"));
    assert!(
        device.is_none() && why.unwrap().starts_with("its processes have no network namespace")
    );
    let (device, why) = lack(container(Some(417), "10.8.0.9/30"));
    assert!(device.is_none() && why.unwrap() == "its interface in this network is not found");
}

#[test]
fn networks_contain_their_addresses() {
    let contains =
        |network: &str, address: &str| addresses(&[network])[0].contains(address.parse().unwrap());
    assert!(contains("10.9.1.1/24", "10.9.1.255") && !contains("10.9.1.1/24", "10.9.2.1"));
    assert!(contains("0.0.0.0/0", "203.0.113.1") && contains("10.0.0.1/32", "10.0.0.1"));
    assert!(contains("2001:db8::1/64", "2001:db8::ff") && !contains("2001:db8::1/64", "10.0.0.1"));
}
