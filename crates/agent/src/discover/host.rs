//! All that there is on a host at a moment: devices, namespaces, and who is whose neighbour.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the kernel's messages a few attributes matter here, whatever others there will be"
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use netlink_packet_route::AddressFamily;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage};
use netlink_packet_route::nsid::{NsidAttribute, NsidMessage};

use super::Source;
use super::link::{self, Link};
use crate::netns::{self, Identity};
use crate::rtnetlink;

/// What there is.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// The devices of the agent's own namespace.
    pub links: Vec<Link>,
    /// The other namespaces, those with names first.
    pub namespaces: Vec<Namespace>,
    /// Which hardware addresses bridges have learnt behind which of their ports.
    pub learnt: Vec<(u32, Vec<u8>)>,
    /// Which address is at which hardware address, as this host has found.
    pub neighbours: Vec<(IpAddr, Vec<u8>)>,
}

/// A network namespace besides the agent's own.
#[derive(Clone, Debug, Default)]
pub struct Namespace {
    /// Its name, or whose it is: `process 417 (nginx)`.
    pub name: String,
    /// Whether the name is one of `ip netns`.
    pub is_named: bool,
    /// The processes in it that were looked at.
    pub processes: Vec<u32>,
    /// The number that the agent's own namespace has for it, if there is a cable between them.
    pub number: Option<i32>,
    /// Its devices.
    pub links: Vec<Link>,
    /// Why they are not known.
    pub lack: Option<String>,
}

impl Host {
    /// Looks at all that is needed to find machines of a kind.
    ///
    /// # Errors
    ///
    /// What the kernel says about the agent's own namespace. Of others it is written down.
    pub fn look(source: Source) -> io::Result<Self> {
        // The kernel numbers the namespaces at the other ends of cables when it is asked for these.
        let links = link::all()?;
        let own = netns::own()?;
        let mut paths: Vec<(Identity, PathBuf, Namespace)> = Vec::new();
        for (name, path) in netns::named()? {
            let Ok(identity) = netns::identity(&path) else { continue };
            if identity != own && !paths.iter().any(|(known, ..)| *known == identity) {
                paths.push((
                    identity,
                    path,
                    Namespace { name, is_named: true, ..Namespace::default() },
                ));
            }
        }
        if source != Source::Netns {
            add_processes(&mut paths, own);
        }
        let namespaces = paths.into_iter().map(|(_, path, namespace)| explore(&path, namespace));
        let mut host = Self { links, namespaces: namespaces.collect(), ..Self::default() };
        if source == Source::Bridge {
            host.learnt = learnt()?;
            host.neighbours = neighbours()?;
        }
        Ok(host)
    }

    /// Returns a device of the agent's own namespace.
    pub(super) fn link(&self, index: u32) -> Option<&Link> {
        self.links.iter().find(|link| link.index == index)
    }

    /// Returns the device at the other end of a cable, and its namespace if it is another.
    pub(super) fn far_end(&self, link: &Link) -> Option<(Option<&Namespace>, &Link)> {
        let peer = link.peer?;
        let Some(number) = link.peer_namespace else { return Some((None, self.link(peer)?)) };
        let namespace =
            self.namespaces.iter().find(|namespace| namespace.number == Some(number))?;
        let far = namespace.links.iter().find(|link| link.index == peer)?;
        Some((Some(namespace), far))
    }
}

/// Adds the namespaces of processes, each by the first of them.
fn add_processes(paths: &mut Vec<(Identity, PathBuf, Namespace)>, own: Identity) {
    let mut places: BTreeMap<Identity, usize> =
        paths.iter().enumerate().map(|(place, (identity, ..))| (*identity, place)).collect();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut processes: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    processes.sort_unstable();
    for process in processes {
        let path = PathBuf::from(format!("/proc/{process}/ns/net"));
        // It may have ended meanwhile.
        let Ok(identity) = netns::identity(&path) else { continue };
        if identity == own {
            continue;
        }
        let place = *places.entry(identity).or_insert_with(|| {
            let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
            let name = format!("process {process} ({})", name.trim());
            paths.push((identity, path, Namespace { name, ..Namespace::default() }));
            paths.len() - 1
        });
        if let Some((.., namespace)) = paths.get_mut(place) {
            namespace.processes.push(process);
        }
    }
}

fn explore(path: &Path, namespace: Namespace) -> Namespace {
    let number = number_of(path).ok().flatten();
    match netns::inside(path, link::all) {
        Ok(links) => Namespace { number, links, ..namespace },
        Err(error) => Namespace {
            number,
            lack: Some(format!("its namespace cannot be entered: {error}")),
            ..namespace
        },
    }
}

/// Returns the number that this namespace has for another.
fn number_of(path: &Path) -> io::Result<Option<i32>> {
    let there = File::open(path)?;
    let mut question = NsidMessage::default();
    question.attributes.push(NsidAttribute::Fd(there.as_raw_fd().cast_unsigned()));
    let Some(Message::NewNsId(answer)) = rtnetlink::one(Message::GetNsId(question))? else {
        return Ok(None);
    };
    Ok(answer.attributes.iter().find_map(|attribute| match attribute {
        NsidAttribute::Id(number) if *number >= 0 => Some(*number),
        _ => None,
    }))
}

fn learnt() -> io::Result<Vec<(u32, Vec<u8>)>> {
    let entries = neighbour_entries(AddressFamily::Bridge)?;
    Ok(entries.iter().filter_map(|entry| Some((entry.header.ifindex, hardware(entry)?))).collect())
}

fn neighbours() -> io::Result<Vec<(IpAddr, Vec<u8>)>> {
    let mut entries = neighbour_entries(AddressFamily::Inet)?;
    entries.extend(neighbour_entries(AddressFamily::Inet6)?);
    let found = entries.iter().filter_map(|entry| {
        let address = entry.attributes.iter().find_map(|attribute| match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(address)) => {
                Some(IpAddr::V4(*address))
            }
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(address)) => {
                Some(IpAddr::V6(*address))
            }
            _ => None,
        })?;
        Some((address, hardware(entry)?))
    });
    Ok(found.collect())
}

fn neighbour_entries(family: AddressFamily) -> io::Result<Vec<NeighbourMessage>> {
    let mut question = NeighbourMessage::default();
    question.header.family = family;
    let answers = rtnetlink::all(Message::GetNeighbour(question))?;
    Ok(answers
        .into_iter()
        .filter_map(|answer| match answer {
            Message::NewNeighbour(entry) => Some(entry),
            _ => None,
        })
        .collect())
}

fn hardware(entry: &NeighbourMessage) -> Option<Vec<u8>> {
    entry.attributes.iter().find_map(|attribute| match attribute {
        NeighbourAttribute::LinkLayerAddress(address) => Some(address.clone()),
        _ => None,
    })
}
