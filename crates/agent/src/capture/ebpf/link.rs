//! The program at a device, at the head of what it receives and the end of what it sends: by links (`TCX`, Linux 6.6), and
//! before there were any by [filters](super::filter).

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use super::sys::{self, Hook};
use super::{EbpfError, filter};

/// How the program comes to devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By `TCX` links.
    Links,
    /// As filters of a `clsact` queue.
    Filters,
}

/// Where what is attached is kept when this process has ended.
#[derive(Debug)]
pub(super) struct Keep {
    /// The owner's name, and where links are pinned; nowhere if they are to end with this process.
    pub(super) owner: String,
    pub(super) pins: Option<[PathBuf; 2]>,
}

/// Both programs at a device. They go when this does, if they are not kept.
#[derive(Debug)]
pub(super) struct Attached {
    ifindex: u32,
    way: Way,
    /// Where pins do not hold them: of many devices these would be more files than a process may have open.
    held: Option<[OwnedFd; 2]>,
    keep: Keep,
}

impl Way {
    /// Returns what this process is told to use: links, but that `FLOWLOGD_CLSACT` has filters be used although there
    /// are links.
    pub fn wanted() -> Self {
        if std::env::var_os("FLOWLOGD_CLSACT").is_some() { Self::Filters } else { Self::Links }
    }
}

impl Attached {
    /// Attaches both programs to a device. Links and filters that an earlier process has left get the new programs,
    /// between two packets, if they are still at this device.
    pub(super) fn attach(
        way: Way,
        programs: [BorrowedFd<'_>; 2],
        ifindex: u32,
        keep: Keep,
    ) -> Result<Self, EbpfError> {
        let attach = || match way {
            Way::Links => {
                if keep.pins.is_some() {
                    filter::detach(ifindex, &keep.owner)?;
                }
                links(programs, ifindex, keep.pins.as_ref())
            }
            Way::Filters => {
                keep.pins.iter().flatten().try_for_each(|pin| unpin(pin))?;
                filter::attach(programs, ifindex, &keep.owner).map(|()| None)
            }
        };
        let held = attach().map_err(EbpfError::io("attach the program"))?;
        Ok(Self { ifindex, way, held, keep })
    }

    /// Returns whether both are still at their device.
    pub(super) fn is_there(&self) -> io::Result<bool> {
        if self.way == Way::Filters {
            return filter::are_there(self.ifindex, &self.keep.owner);
        }
        let is_linked =
            |link: BorrowedFd<'_>| sys::linked_device(link).map(|ifindex| ifindex == self.ifindex);
        for link in self.held.iter().flatten() {
            if !is_linked(link.as_fd())? {
                return Ok(false);
            }
        }
        for pin in self.keep.pins.iter().flatten() {
            match sys::pinned(pin) {
                Ok(link) if is_linked(link.as_fd())? => {}
                Ok(_) => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Detaches both.
    pub(super) fn detach(mut self) -> Result<(), EbpfError> {
        self.take_off().map_err(EbpfError::io("detach the program"))
    }

    fn take_off(&mut self) -> io::Result<()> {
        self.held = None;
        if self.way == Way::Filters {
            return filter::detach(self.ifindex, &self.keep.owner).map(drop);
        }
        self.keep.pins.iter().flatten().try_for_each(|pin| unpin(pin))
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        if self.keep.pins.is_none() {
            // Who detaches has been told of errors.
            let _ = self.take_off();
        }
    }
}

fn links(
    [receive, send]: [BorrowedFd<'_>; 2],
    ifindex: u32,
    pins: Option<&[PathBuf; 2]>,
) -> io::Result<Option<[OwnedFd; 2]>> {
    let [receive_pin, send_pin] = match pins {
        Some([receive, send]) => [Some(receive.as_path()), Some(send.as_path())],
        None => [None, None],
    };
    let sent = link(send, ifindex, Hook::EgressTail, send_pin)?;
    let received = link(receive, ifindex, Hook::IngressHead, receive_pin)?;
    Ok(pins.is_none().then_some([received, sent]))
}

fn link(
    program: BorrowedFd<'_>,
    ifindex: u32,
    hook: Hook,
    pin: Option<&Path>,
) -> io::Result<OwnedFd> {
    let Some(pin) = pin else { return sys::link(program, ifindex, hook) };
    if let Ok(link) = sys::pinned(pin) {
        if sys::linked_device(link.as_fd())? == ifindex {
            sys::update_link(link.as_fd(), program)?;
            return Ok(link);
        }
        // Of a device that is gone, or another's by now.
        unpin(pin)?;
    }
    let link = sys::link(program, ifindex, hook)?;
    // Who takes all programs off removes their directory, too.
    pin.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    sys::pin(link.as_fd(), pin)?;
    Ok(link)
}

/// Takes a pinned link's program off its device, and removes the pin. To remove the pin alone would end the link, too,
/// but at some later time: until then the device refuses to have the same program attached again.
pub(super) fn unpin(pin: &Path) -> io::Result<()> {
    match sys::pinned(pin) {
        Ok(link) => sys::detach_link(link.as_fd()).or_else(is_detached)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    match std::fs::remove_file(pin) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The device may be gone, and with it what was attached.
fn is_detached(error: io::Error) -> io::Result<()> {
    if error.raw_os_error() == Some(libc::ENOLINK) { Ok(()) } else { Err(error) }
}
