//! The devices of a network namespace with their addresses.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the kernel's messages a few attributes matter here, whatever others there will be"
)]

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::{AddressAttribute, AddressMessage, AddressScope};
use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage};

use super::Address;
use crate::rtnetlink;

/// What a device is, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// One end of a cable.
    Veth,
    /// A bridge.
    Bridge,
    /// A tap or tun device.
    Tun,
    /// Any other.
    #[default]
    Other,
}

/// A device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its number in its namespace.
    pub index: u32,
    /// Its name there.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its hardware address; empty where it has none.
    pub hardware: Vec<u8>,
    /// The number of the device at the other end of the cable, in its namespace.
    pub peer: Option<u32>,
    /// The namespace of that device, by this namespace's number for it; this one without it.
    pub peer_namespace: Option<i32>,
    /// The number of the bridge whose port it is.
    pub bridge: Option<u32>,
    /// Its addresses that are valid beyond it.
    pub addresses: Vec<Address>,
}

/// Returns the devices of the calling thread's namespace, by number.
///
/// # Errors
///
/// What the kernel says.
pub(super) fn all() -> io::Result<Vec<Link>> {
    let mut addresses: BTreeMap<u32, Vec<Address>> = BTreeMap::new();
    for answer in rtnetlink::all(Message::GetAddress(AddressMessage::default()))? {
        let Message::NewAddress(message) = answer else { continue };
        if let Some(address) = address(&message) {
            addresses.entry(message.header.index).or_default().push(address);
        }
    }
    let mut links: Vec<Link> = rtnetlink::all(Message::GetLink(LinkMessage::default()))?
        .iter()
        .filter_map(|answer| match answer {
            Message::NewLink(message) => Some(link(message)),
            _ => None,
        })
        .map(|link| Link { addresses: addresses.remove(&link.index).unwrap_or_default(), ..link })
        .collect();
    links.sort_by_key(|link| link.index);
    Ok(links)
}

fn link(message: &LinkMessage) -> Link {
    let mut link = Link { index: message.header.index, ..Link::default() };
    let mut lower = None;
    for attribute in &message.attributes {
        match attribute {
            LinkAttribute::IfName(name) => link.name.clone_from(name),
            LinkAttribute::Address(address) => link.hardware.clone_from(address),
            LinkAttribute::Link(index) => lower = Some(*index),
            LinkAttribute::LinkNetNsId(number) => link.peer_namespace = Some(*number),
            LinkAttribute::Controller(index) => link.bridge = Some(*index),
            LinkAttribute::LinkInfo(infos) => {
                link.kind = infos.iter().find_map(kind).unwrap_or_default();
            }
            _ => {}
        }
    }
    // Of other kinds it is the device below.
    link.peer = lower.filter(|_| link.kind == Kind::Veth);
    link
}

fn kind(info: &LinkInfo) -> Option<Kind> {
    match info {
        LinkInfo::Kind(InfoKind::Veth) => Some(Kind::Veth),
        LinkInfo::Kind(InfoKind::Bridge) => Some(Kind::Bridge),
        LinkInfo::Kind(InfoKind::Tun) => Some(Kind::Tun),
        _ => None,
    }
}

fn address(message: &AddressMessage) -> Option<Address> {
    if message.header.scope != AddressScope::Universe {
        return None;
    }
    // With a peer's address, the own one is the local one.
    let mut found: Option<IpAddr> = None;
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => found = Some(*address),
            AddressAttribute::Address(address) => found = found.or(Some(*address)),
            _ => {}
        }
    }
    Some(Address { address: found?, prefix: message.header.prefix_len })
}
