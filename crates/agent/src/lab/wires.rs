//! The lab's namespaces, bridges, cables, addresses and routes.

use std::fs::{self, File};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd as _;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::{AddressAttribute, AddressHeaderFlags, AddressMessage};
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteHeader, RouteMessage, RouteProtocol, RouteType,
};

use super::topology::{INSTANCES, Instance, OUTSIDE, ROUTER, SUBNETS, Subnet, namespaces};
use crate::capture::device;
use crate::{netns, rtnetlink};

/// Makes all of it. What is there of an earlier lab has to be removed before.
///
/// # Errors
///
/// What the kernel says. Then some of it may be there.
pub fn lay() -> io::Result<()> {
    for name in namespaces() {
        netns::create(&name)?;
    }
    netns::inside(&netns::path(ROUTER), lay_router)?;
    for instance in &INSTANCES {
        netns::inside(&netns::path(&instance.namespace()), || lay_instance(instance))?;
    }
    let (ipv4, ipv6) = (OUTSIDE.ipv4, OUTSIDE.ipv6);
    netns::inside(&netns::path(OUTSIDE.namespace), || lay_host((ipv4, ipv6), OUTSIDE.router()))
}

/// Returns the processes that are in one of its namespaces.
///
/// # Errors
///
/// That processes cannot be listed.
pub fn processes() -> io::Result<Vec<i32>> {
    let places: Vec<_> =
        namespaces().iter().filter_map(|name| netns::identity(&netns::path(name)).ok()).collect();
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may have ended meanwhile.
        let Ok(place) = netns::identity(&entry.path().join("ns/net")) else { continue };
        if places.contains(&place) {
            processes.push(id);
        }
    }
    Ok(processes)
}

/// Removes all of it, and returns how many namespaces there were.
///
/// # Errors
///
/// What the kernel says.
pub fn remove() -> io::Result<usize> {
    let mut removed = 0;
    // A namespace takes its devices with it, and these the other ends of their cables.
    for name in namespaces() {
        removed += usize::from(netns::remove(&name)?);
    }
    Ok(removed)
}

fn lay_router() -> io::Result<()> {
    // Nothing is to be announced: what passes is what somebody has sent.
    set("net/ipv6/conf/default/accept_dad", "0")?;
    set("net/ipv4/ip_forward", "1")?;
    set("net/ipv6/conf/all/forwarding", "1")?;
    up("lo")?;
    let (ipv4, ipv6) = OUTSIDE.router();
    cable(OUTSIDE.name, OUTSIDE.namespace)?;
    address(OUTSIDE.name, ipv4.into(), 24)?;
    address(OUTSIDE.name, ipv6.into(), 64)?;
    up(OUTSIDE.name)?;
    for subnet in &SUBNETS {
        make(subnet.bridge, InfoKind::Bridge, None)?;
        let (ipv4, ipv6) = subnet.addresses(1);
        address(subnet.bridge, ipv4.into(), 24)?;
        address(subnet.bridge, ipv6.into(), 64)?;
        up(subnet.bridge)?;
    }
    for instance in &INSTANCES {
        let Some(subnet) = SUBNETS.get(instance.subnet) else { continue };
        cable(instance.name, &instance.namespace())?;
        plug(instance.name, subnet)?;
        up(instance.name)?;
    }
    Ok(())
}

fn lay_instance(instance: &Instance) -> io::Result<()> {
    let Some(subnet) = SUBNETS.get(instance.subnet) else { return Ok(()) };
    lay_host(instance.addresses(), subnet.addresses(1))
}

fn lay_host(own: (Ipv4Addr, Ipv6Addr), router: (Ipv4Addr, Ipv6Addr)) -> io::Result<()> {
    up("lo")?;
    address("eth0", own.0.into(), 24)?;
    address("eth0", own.1.into(), 64)?;
    up("eth0")?;
    default_route(router.0.into())?;
    default_route(router.1.into())
}

/// Lays a cable from a new device here into a namespace, where its other end is `eth0`.
fn cable(name: &str, namespace: &str) -> io::Result<()> {
    let there = File::open(netns::path(namespace))?;
    let mut far = LinkMessage::default();
    far.attributes =
        vec![LinkAttribute::IfName("eth0".to_owned()), LinkAttribute::NetNsFd(there.as_raw_fd())];
    make(name, InfoKind::Veth, Some(InfoData::Veth(InfoVeth::Peer(far))))
}

fn make(name: &str, kind: InfoKind, data: Option<InfoData>) -> io::Result<()> {
    let mut link = LinkMessage::default();
    let infos = std::iter::once(LinkInfo::Kind(kind)).chain(data.map(LinkInfo::Data)).collect();
    link.attributes = vec![LinkAttribute::IfName(name.to_owned()), LinkAttribute::LinkInfo(infos)];
    order(Message::NewLink(link), NLM_F_CREATE | NLM_F_EXCL, || format!("make the device {name}"))
}

/// Makes a device a port of a subnet's bridge.
fn plug(name: &str, subnet: &Subnet) -> io::Result<()> {
    let mut link = link(name)?;
    link.attributes.push(LinkAttribute::Controller(index(subnet.bridge)?));
    order(Message::SetLink(link), 0, || format!("plug {name} into {}", subnet.bridge))
}

fn up(name: &str) -> io::Result<()> {
    let mut link = link(name)?;
    link.header.flags = LinkFlags::Up;
    link.header.change_mask = LinkFlags::Up;
    order(Message::SetLink(link), 0, || format!("set {name} up"))
}

fn address(name: &str, address: IpAddr, prefix: u8) -> io::Result<()> {
    let mut message = AddressMessage::default();
    message.header.index = index(name)?;
    message.header.prefix_len = prefix;
    message.header.family = family(address);
    if address.is_ipv6() {
        // It is used at once: nobody else can have it.
        message.header.flags = AddressHeaderFlags::Nodad;
    }
    message.attributes = vec![AddressAttribute::Local(address), AddressAttribute::Address(address)];
    order(Message::NewAddress(message), NLM_F_CREATE | NLM_F_EXCL, || {
        format!("give {name} the address {address}")
    })
}

fn default_route(gateway: IpAddr) -> io::Result<()> {
    let mut route = RouteMessage::default();
    route.header.address_family = family(gateway);
    route.header.table = RouteHeader::RT_TABLE_MAIN;
    route.header.protocol = RouteProtocol::Static;
    route.header.kind = RouteType::Unicast;
    let gateway = match gateway {
        IpAddr::V4(address) => RouteAddress::Inet(address),
        IpAddr::V6(address) => RouteAddress::Inet6(address),
    };
    route.attributes = vec![RouteAttribute::Gateway(gateway)];
    order(Message::NewRoute(route), NLM_F_CREATE | NLM_F_EXCL, || "make a route".to_owned())
}

fn link(name: &str) -> io::Result<LinkMessage> {
    let mut link = LinkMessage::default();
    link.header.index = index(name)?;
    Ok(link)
}

fn index(name: &str) -> io::Result<u32> {
    device::index(name).ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("there is no device {name}"))
    })
}

const fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(Ipv4Addr { .. }) => AddressFamily::Inet,
        IpAddr::V6(Ipv6Addr { .. }) => AddressFamily::Inet6,
    }
}

fn order(message: Message, flags: u16, what: impl FnOnce() -> String) -> io::Result<()> {
    rtnetlink::order(message, flags)
        .map_err(|error| io::Error::new(error.kind(), format!("cannot {}: {error}", what())))
}

/// Sets what `sysctl(8)` would, in this thread's namespace.
fn set(name: &str, value: &str) -> io::Result<()> {
    let path = format!("/proc/sys/{name}");
    // It is the namespace of the thread that opens it.
    fs::write(&path, value)
        .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))
}
