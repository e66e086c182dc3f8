//! The program at a device as filters of its `clsact` queue: where there are no links (before Linux 6.6).
//!
//! A filter holds on by itself until it is removed, whoever is still running. Which are whose is in their name:
//! `flowlogd:OWNER`, and behind it `:clsact` where the queue was made with them, and goes with them.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::tc::{
    TcAttribute, TcBpfFlags, TcFilterBpf, TcFilterBpfOption, TcHandle, TcMessage, TcOption,
};
use sha2::{Digest as _, Sha256};

use super::sys::Hook;
use crate::capture::device;
use crate::rtnetlink;

const HOOKS: [Hook; 2] = [Hook::IngressHead, Hook::EgressTail];
/// Every protocol (`ETH_P_ALL`), as the kernel has it in a message.
const ALL_PROTOCOLS: u32 = 0x0003_u16.to_be() as u32;
const PREFIX: &str = "flowlogd:";
const WITH_QUEUE: &str = ":clsact";

/// A filter of flowlogd's.
struct Found {
    owner: String,
    made_queue: bool,
}

/// Puts both programs at a device. Those that an earlier process of the owner has put there are replaced, each between
/// two packets.
pub(super) fn attach(programs: [BorrowedFd<'_>; 2], ifindex: u32, owner: &str) -> io::Result<()> {
    let makes_queue = match rtnetlink::order(
        Message::NewQueueDiscipline(queue(ifindex)?),
        NLM_F_CREATE | NLM_F_EXCL,
    ) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            found(ifindex)?.iter().any(|found| found.owner == owner && found.made_queue)
        }
        Err(error) => return Err(error),
    };
    let name = format!("{PREFIX}{owner}{}", if makes_queue { WITH_QUEUE } else { "" });
    // What is sent first, as with links.
    for (program, hook) in programs.into_iter().zip(HOOKS).rev() {
        let mut filter = filter(ifindex, hook, owner)?;
        filter.attributes.push(TcAttribute::Kind(TcFilterBpf::KIND.to_owned()));
        filter.attributes.push(TcAttribute::Options(vec![
            TcOption::Bpf(TcFilterBpfOption::ProgFd(program.as_raw_fd().unsigned_abs())),
            TcOption::Bpf(TcFilterBpfOption::ProgName(name.clone())),
            TcOption::Bpf(TcFilterBpfOption::Flags(TcBpfFlags::DirectAction)),
        ]));
        rtnetlink::order(Message::NewTrafficFilter(filter), NLM_F_CREATE)?;
    }
    Ok(())
}

/// Returns whether both of an owner's programs are at a device.
pub(super) fn are_there(ifindex: u32, owner: &str) -> io::Result<bool> {
    let own = found(ifindex)?.into_iter().filter(|found| found.owner == owner);
    Ok(own.count() == HOOKS.len())
}

/// Takes an owner's programs off a device, if they are there. Returns how many there were.
pub(super) fn detach(ifindex: u32, owner: &str) -> io::Result<usize> {
    let found = found(ifindex)?;
    let (own, others): (Vec<&Found>, Vec<&Found>) =
        found.iter().partition(|found| found.owner == owner);
    if own.is_empty() {
        return Ok(0);
    }
    for hook in HOOKS {
        match rtnetlink::order(Message::DelTrafficFilter(filter(ifindex, hook, owner)?), 0) {
            Err(error) if !is_absence(&error) => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    // Others' filters go on, and the queue with them.
    if own.iter().any(|own| own.made_queue) && others.is_empty() && filters(ifindex)?.is_empty() {
        match rtnetlink::order(Message::DelQueueDiscipline(queue(ifindex)?), 0) {
            Err(error) if !is_absence(&error) => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(own.len())
}

/// Takes the programs of one owner, or of all, off all devices of this network namespace. Returns how many there were.
pub(super) fn detach_all(owner: Option<&str>) -> io::Result<usize> {
    let mut removed = 0;
    for (ifindex, _) in device::all() {
        let mut owners: Vec<String> =
            found(ifindex)?.into_iter().map(|found| found.owner).collect();
        owners.dedup();
        for of in owners.iter().filter(|of| owner.is_none_or(|owner| owner == of.as_str())) {
            removed += detach(ifindex, of)?;
        }
    }
    Ok(removed)
}

fn found(ifindex: u32) -> io::Result<Vec<Found>> {
    Ok(filters(ifindex)?.iter().filter_map(of_flowlogd).collect())
}

fn of_flowlogd(filter: &TcMessage) -> Option<Found> {
    filter.attributes.iter().find_map(|attribute| {
        let TcAttribute::Options(options) = attribute else { return None };
        options.iter().find_map(|option| {
            let TcOption::Bpf(TcFilterBpfOption::ProgName(name)) = option else { return None };
            let of = name.strip_prefix(PREFIX)?;
            let owner = of.strip_suffix(WITH_QUEUE);
            Some(Found { owner: owner.unwrap_or(of).to_owned(), made_queue: owner.is_some() })
        })
    })
}

/// Returns every filter of both ways of a device's queue; none where the device, or the queue, is gone.
fn filters(ifindex: u32) -> io::Result<Vec<TcMessage>> {
    let mut filters = Vec::new();
    for hook in HOOKS {
        let mut of = TcMessage::with_index(index(ifindex)?);
        of.header.parent = parent(hook);
        match rtnetlink::all(Message::GetTrafficFilter(of)) {
            Ok(answers) => filters.extend(answers.into_iter().filter_map(|answer| {
                let Message::NewTrafficFilter(filter) = answer else { return None };
                // The kernel tells of every group of filters, too.
                (filter.header.handle != TcHandle::UNSPEC).then_some(filter)
            })),
            Err(error) if is_absence(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filters)
}

fn filter(ifindex: u32, hook: Hook, owner: &str) -> io::Result<TcMessage> {
    let mut filter = TcMessage::with_index(index(ifindex)?);
    filter.header.parent = parent(hook);
    filter.header.handle = handle(owner).into();
    filter.header.info = priority(hook) << 16 | ALL_PROTOCOLS;
    Ok(filter)
}

fn queue(ifindex: u32) -> io::Result<TcMessage> {
    let mut queue = TcMessage::with_index(index(ifindex)?);
    queue.header.handle = TcHandle { major: u16::MAX, minor: 0 };
    queue.header.parent = TcHandle::CLSACT;
    queue.attributes.push(TcAttribute::Kind("clsact".to_owned()));
    Ok(queue)
}

const fn parent(hook: Hook) -> TcHandle {
    let minor = match hook {
        Hook::IngressHead => TcHandle::MIN_INGRESS,
        Hook::EgressTail => TcHandle::MIN_EGRESS,
    };
    TcHandle { major: u16::MAX, minor }
}

/// The first filter of what is received, and the last of what is sent.
const fn priority(hook: Hook) -> u32 {
    match hook {
        Hook::IngressHead => 1,
        Hook::EgressTail => 0xfff0,
    }
}

/// The number of an owner's filters among those of the same priority.
fn handle(owner: &str) -> u32 {
    let digest = Sha256::digest(owner.as_bytes());
    let first = digest.first_chunk().copied().unwrap_or_default();
    u32::from_be_bytes(first) & 0x7fff_ffff | 1
}

fn index(ifindex: u32) -> io::Result<i32> {
    i32::try_from(ifindex).map_err(io::Error::other)
}

/// The filter, the queue or the device is not there.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENODEV | libc::EINVAL))
}
