//! The network interfaces of the machines on a host, found in what there is.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use super::container::Container;
use super::host::{Host, Namespace};
use super::link::{Kind, Link};

/// Where machines are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Named network namespaces.
    Netns,
    /// Ports of bridges: cables and tap devices.
    Bridge,
    /// Cables into other network namespaces, whoever's they are.
    Veth,
    /// Containers of Docker.
    Docker,
}

/// An address with the length of its network's prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// Bits.
    pub prefix: u8,
}

/// A network interface of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// What people call it: `web-1/eth0`.
    pub name: String,
    /// The same with its source, by which it is known again: `netns/web-1/eth0`.
    pub origin: String,
    /// The host's end of its cable.
    pub device: Option<String>,
    /// Its hardware address; empty where it is not known.
    pub hardware: Vec<u8>,
    /// Its addresses, as the kernel orders them.
    pub addresses: Vec<Address>,
    /// Why it cannot be attached.
    pub lack: Option<String>,
}

/// Finds machines in what there is on a host, in order of their names. Of bridges, those with these names; all without any.
pub fn machines(
    source: Source,
    host: &Host,
    bridges: &[String],
    containers: &[Container],
) -> Vec<Machine> {
    let mut found = match source {
        Source::Netns => in_named_namespaces(host),
        Source::Veth => at_cables(host),
        Source::Bridge => at_bridges(host, bridges),
        Source::Docker => in_containers(host, containers),
    };
    for machine in &mut found {
        machine.origin = format!("{source}/{}", machine.name);
        if machine.lack.is_none() && machine.ipv4().is_none() {
            machine.lack = Some("it has no IPv4 address".to_owned());
        }
    }
    found.sort_by(|one, other| one.origin.cmp(&other.origin));
    found
}

impl Machine {
    /// Returns its first IPv4 address.
    pub fn ipv4(&self) -> Option<Address> {
        self.addresses.iter().find(|address| address.address.is_ipv4()).copied()
    }

    fn of(name: String, device: Option<&Link>, far: &Link) -> Self {
        Self {
            name,
            origin: String::new(),
            device: device.map(|device| device.name.clone()),
            hardware: far.hardware.clone(),
            addresses: far.addresses.clone(),
            lack: None,
        }
    }
}

fn in_named_namespaces(host: &Host) -> Vec<Machine> {
    let mut found = Vec::new();
    for namespace in host.namespaces.iter().filter(|namespace| namespace.is_named) {
        let nothing = Link::default();
        if let Some(lack) = &namespace.lack {
            let machine = Machine::of(namespace.name.clone(), None, &nothing);
            found.push(Machine { lack: Some(lack.clone()), ..machine });
        }
        for link in namespace.links.iter().filter(|link| !is_loopback(link)) {
            let name = format!("{}/{}", namespace.name, link.name);
            let device = near_end(host, namespace, link);
            let machine = Machine::of(name, device, link);
            // A bridge in there, a tunnel: nobody's interface.
            if device.is_none() && link.addresses.is_empty() {
                continue;
            }
            let lack = device.is_none().then(|| no_device(link));
            found.push(Machine { lack, ..machine });
        }
    }
    found
}

fn at_cables(host: &Host) -> Vec<Machine> {
    let cables = host.links.iter().filter(|link| link.kind == Kind::Veth);
    cables
        .filter_map(|link| match host.far_end(link)? {
            (Some(namespace), far) => {
                Some(Machine::of(format!("{}/{}", namespace.name, far.name), Some(link), far))
            }
            (None, _) => None,
        })
        .collect()
}

fn at_bridges(host: &Host, bridges: &[String]) -> Vec<Machine> {
    let mut found = Vec::new();
    for port in &host.links {
        let Some(bridge) = port.bridge.and_then(|index| host.link(index)) else { continue };
        let is_wanted = bridges.is_empty() || bridges.contains(&bridge.name);
        if bridge.kind != Kind::Bridge || !is_wanted {
            continue;
        }
        match host.far_end(port) {
            Some((Some(namespace), far)) => {
                found.push(Machine::of(
                    format!("{}/{}", namespace.name, far.name),
                    Some(port),
                    far,
                ));
            }
            Some((None, far)) => found.push(Machine::of(far.name.clone(), Some(port), far)),
            None if port.kind == Kind::Veth => {
                let name = format!("{}/{}", bridge.name, port.name);
                let lack = "nothing is known of the namespace at the other end of its cable";
                let machine = Machine::of(name, Some(port), &Link::default());
                found.push(Machine { lack: Some(lack.to_owned()), ..machine });
            }
            None => found.push(behind_port(host, bridge, port)),
        }
    }
    found
}

/// A machine of which nothing is seen but what the bridge has learnt, and to whom the host has spoken.
fn behind_port(host: &Host, bridge: &Link, port: &Link) -> Machine {
    let own: BTreeSet<&[u8]> = host.links.iter().map(|link| link.hardware.as_slice()).collect();
    let behind = host
        .learnt
        .iter()
        .filter(|(index, hardware)| *index == port.index && !own.contains(hardware.as_slice()))
        .map(|(_, hardware)| hardware);
    let mut machine =
        Machine::of(format!("{}/{}", bridge.name, port.name), Some(port), &Link::default());
    for hardware in behind {
        let at_it = host.neighbours.iter().filter(|(_, at)| at == hardware);
        let mut addresses: Vec<Address> = at_it
            .map(|(address, _)| Address { address: *address, prefix: prefix_at(bridge, *address) })
            .filter(|address| !is_link_local(address.address))
            .collect();
        addresses.sort_by_key(|address| address.address);
        if machine.hardware.is_empty() || machine.addresses.is_empty() {
            machine.hardware.clone_from(hardware);
            machine.addresses = addresses;
        }
    }
    if machine.hardware.is_empty() {
        machine.lack = Some("it has not sent anything yet".to_owned());
    } else if machine.addresses.is_empty() {
        machine.lack = Some("its address is not known: this host has not spoken to it".to_owned());
    }
    machine
}

fn in_containers(host: &Host, containers: &[Container]) -> Vec<Machine> {
    let mut found = Vec::new();
    for container in containers {
        let namespace = host.namespaces.iter().find(|namespace| {
            container.process.is_some_and(|process| namespace.processes.contains(&process))
        });
        for network in &container.networks {
            let link = namespace.and_then(|namespace| {
                namespace.links.iter().find(|link| {
                    let is_there = link.addresses.iter().any(|own| network.has(own.address));
                    is_there || (!link.hardware.is_empty() && link.hardware == network.hardware)
                })
            });
            let device =
                namespace.zip(link).and_then(|(namespace, link)| near_end(host, namespace, link));
            let lack = match (namespace, link, device) {
                (None, ..) => Some(
                    "its processes have no network namespace of their own, or are not of this host"
                        .to_owned(),
                ),
                (Some(_), None, _) => Some("its interface in this network is not found".to_owned()),
                (Some(_), Some(link), None) => Some(no_device(link)),
                (Some(_), Some(_), Some(_)) => None,
            };
            found.push(Machine {
                name: format!("{}/{}", container.name, network.name),
                origin: String::new(),
                device: device.map(|device| device.name.clone()),
                hardware: network.hardware.clone(),
                addresses: network.addresses.clone(),
                lack,
            });
        }
    }
    found
}

/// Returns the device of the agent's own namespace at the other end of a cable.
fn near_end<'a>(host: &'a Host, namespace: &Namespace, far: &Link) -> Option<&'a Link> {
    let is_cable = |link: &&Link| {
        link.peer == Some(far.index)
            && link.peer_namespace.is_some()
            && link.peer_namespace == namespace.number
    };
    host.links.iter().find(is_cable).filter(|_| far.kind == Kind::Veth)
}

fn no_device(far: &Link) -> String {
    if far.kind == Kind::Veth {
        "the other end of its cable is in another namespace".to_owned()
    } else {
        "it is no end of a cable (veth), so it has no device here".to_owned()
    }
}

fn prefix_at(bridge: &Link, address: IpAddr) -> u8 {
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let mut networks = bridge.addresses.iter().filter(|own| own.contains(address));
    networks.next().map_or(whole, |own| own.prefix)
}

fn is_loopback(link: &Link) -> bool {
    link.name == "lo"
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

impl Address {
    /// Returns whether an address is of the same network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let rest = 32_u32.saturating_sub(self.prefix.into());
                (own.to_bits() ^ other.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let rest = 128_u32.saturating_sub(self.prefix.into());
                (own.to_bits() ^ other.to_bits()).checked_shr(rest).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Netns => "netns",
            Self::Bridge => "bridge",
            Self::Veth => "veth",
            Self::Docker => "docker",
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
