//! A cable between a host and a guest, and those who count without us.

use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::netns::Namespace;

/// The devices at the ends of a cable.
pub(crate) const HOST: &str = "host0";
pub(crate) const GUEST: &str = "guest0";
pub(crate) const HOST_V4: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 1);
pub(crate) const GUEST_V4: Ipv4Addr = Ipv4Addr::new(10, 77, 1, 2);
pub(crate) const HOST_V6: &str = "fd77::1";
pub(crate) const GUEST_V6: &str = "fd77::2";
pub(crate) const HOST_MAC: [u8; 6] = [2, 0, 0, 77, 1, 1];
pub(crate) const GUEST_MAC: [u8; 6] = [2, 0, 0, 77, 1, 2];

/// Returns a number that no other device of this process has, in whatever namespace.
pub(crate) fn new_index() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Two namespaces and a cable between them. Its devices are down at first, so that a program that is attached then
/// sees as much as they count.
pub(crate) struct Wire {
    pub(crate) host: Namespace,
    pub(crate) guest: Namespace,
    pub(crate) host_end: u32,
    pub(crate) guest_end: u32,
}

impl Wire {
    pub(crate) fn new() -> Self {
        let (host, guest) = (Namespace::new("host"), Namespace::new("guest"));
        let wire = Self { host, guest, host_end: new_index(), guest_end: new_index() };
        wire.lay();
        wire
    }

    /// Makes the cable, or makes it anew with other numbers.
    pub(crate) fn lay(&self) {
        let (host_end, guest_end) = (self.host_end.to_string(), self.guest_end.to_string());
        let guest = ["peer", "name", GUEST, "index", &guest_end, "netns", &self.guest.name];
        self.host
            .ip(&[&["link", "add", HOST, "index", &host_end, "type", "veth"], &guest[..]].concat());
        for (namespace, device, mac) in self.ends() {
            let mac = mac.map(|byte| format!("{byte:02x}")).join(":");
            namespace.ip(&["link", "set", device, "address", &mac, "addrgenmode", "none"]);
        }
    }

    fn ends(&self) -> [(&Namespace, &'static str, [u8; 6]); 2] {
        [(&self.host, HOST, HOST_MAC), (&self.guest, GUEST, GUEST_MAC)]
    }

    /// Brings both ends up, with addresses of IPv4 and all neighbours known.
    pub(crate) fn up(&self) {
        for (namespace, device, _) in self.ends() {
            namespace.ip(&["link", "set", device, "up"]);
        }
        for (namespace, device, _) in self.ends() {
            wait_until("the device is up", || {
                namespace.ip(&["link", "show", device]).contains("state UP")
            });
        }
        self.address(&format!("{HOST_V4}/24"), &format!("{GUEST_V4}/24"), &[]);
    }

    /// Gives both ends addresses of IPv6 too. The kernel tells the group of neighbours of it, which is counted as well.
    pub(crate) fn up_with_ipv6(&self) {
        self.up();
        for (namespace, device, _) in self.ends() {
            let path = format!("/proc/sys/net/ipv6/conf/{device}/disable_ipv6");
            namespace.run(|| std::fs::write(path, "0")).expect("IPv6");
        }
        self.address(&format!("{HOST_V6}/64"), &format!("{GUEST_V6}/64"), &["nodad"]);
    }

    fn address(&self, host: &str, guest: &str, flags: &[&str]) {
        let bare = |address: &str| address.split('/').next().unwrap_or_default().to_owned();
        let far = [(bare(guest), GUEST_MAC), (bare(host), HOST_MAC)];
        for (((namespace, device, _), own), (far, mac)) in
            self.ends().into_iter().zip([host, guest]).zip(far)
        {
            let mac = mac.map(|byte| format!("{byte:02x}")).join(":");
            namespace.ip(&[&["address", "add", own, "dev", device], flags].concat());
            namespace.ip(&["neigh", "replace", &far, "lladdr", &mac, "dev", device]);
        }
    }

    /// Lets frames be as long as packets can.
    pub(crate) fn lengthen(&self) {
        for (namespace, device, _) in self.ends() {
            namespace.ip(&["link", "set", device, "mtu", "65535"]);
        }
    }

    /// Switches what devices leave to each other: segmentation, and putting segments together.
    pub(crate) fn offload(&self, state: &str) {
        for (namespace, device, _) in self.ends() {
            let features = ["tso", "gso", "gro", "tx-udp-segmentation", "tx-gso-list"];
            let pairs = features.iter().flat_map(|feature| [*feature, state]);
            run(namespace, "ethtool", &["-K", device].into_iter().chain(pairs).collect::<Vec<_>>());
        }
    }
}

/// Returns the number of a device that the kernel has numbered: below all of ours.
pub(crate) fn index_of(namespace: &Namespace, device: &str) -> u32 {
    let line = namespace.ip(&["-o", "link", "show", device]);
    line.split(':').next().expect("a number").parse().expect("a number")
}

/// Runs a program in a namespace, and returns what it prints.
pub(crate) fn run(namespace: &Namespace, program: &str, arguments: &[&str]) -> String {
    let output = namespace.run(|| Command::new(program).args(arguments).output());
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {error}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..2000 {
        if is_so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("for ten seconds it has not come to be that {what}");
}

/// What a device counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfDevice {
    pub(crate) received: u64,
    pub(crate) received_bytes: u64,
    pub(crate) sent: u64,
    pub(crate) sent_bytes: u64,
}

impl OfDevice {
    pub(crate) fn of(namespace: &Namespace, device: &str) -> Self {
        // /sys shows the namespace in which it was mounted; /proc/net that of the thread.
        let text =
            namespace.run(|| std::fs::read_to_string("/proc/thread-self/net/dev")).expect("it");
        let start = format!("{device}:");
        let line = text.lines().find_map(|line| line.trim().strip_prefix(&start));
        let numbers: Vec<u64> = line
            .expect("the device")
            .split_whitespace()
            .map(|number| number.parse().expect("a number"))
            .collect();
        Self {
            received_bytes: numbers[0],
            received: numbers[1],
            sent_bytes: numbers[8],
            sent: numbers[9],
        }
    }

    pub(crate) fn packets(&self) -> u64 {
        self.received + self.sent
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.received_bytes + self.sent_bytes
    }
}

/// Returns a count of a namespace's protocols: of `group` in /proc/net/snmp or /proc/net/netstat.
pub(crate) fn of_protocol(namespace: &Namespace, group: &str, name: &str) -> u64 {
    let read = |file: &'static str| {
        namespace
            .run(move || std::fs::read_to_string(format!("/proc/thread-self/net/{file}")))
            .expect("it")
    };
    let text = read("snmp") + &read("netstat");
    let start = format!("{group}: ");
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    let (names, values) = (lines.next().expect("names"), lines.next().expect("values"));
    let mut pairs = names.split(' ').zip(values.split(' '));
    let value = pairs.find_map(|(found, value)| (found == name).then_some(value));
    value.expect("the name").parse().expect("a number")
}

/// Returns a count of a namespace's IPv6.
pub(crate) fn of_ipv6(namespace: &Namespace, name: &str) -> u64 {
    let text =
        namespace.run(|| std::fs::read_to_string("/proc/thread-self/net/snmp6")).expect("it");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.expect("the name").trim().parse().expect("a number")
}
