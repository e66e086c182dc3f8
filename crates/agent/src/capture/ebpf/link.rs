//! The program at a device: `TCX` links at the head of what it receives and the end of what it sends (Linux 6.6).

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use super::EbpfError;
use super::sys::{self, Hook};

/// Both links of a device. Where they are pinned they hold on when this process ends.
#[derive(Debug)]
pub(super) struct Links {
    /// Where pins do not hold them: of many devices these would be more files than a process may have open.
    _held: Option<[OwnedFd; 2]>,
    pins: Option<[PathBuf; 2]>,
}

impl Links {
    /// Attaches both programs to a device. Links that an earlier process has pinned for the slot get the new programs,
    /// between two packets, if they are still at this device.
    pub(super) fn attach(
        [receive, send]: [BorrowedFd<'_>; 2],
        ifindex: u32,
        pins: Option<[PathBuf; 2]>,
    ) -> Result<Self, EbpfError> {
        let [receive_pin, send_pin] = match &pins {
            Some([receive, send]) => [Some(receive.as_path()), Some(send.as_path())],
            None => [None, None],
        };
        let attach = || -> io::Result<(OwnedFd, OwnedFd)> {
            let sent = link(send, ifindex, Hook::EgressTail, send_pin)?;
            Ok((link(receive, ifindex, Hook::IngressHead, receive_pin)?, sent))
        };
        let (received, sent) = attach().map_err(EbpfError::io("attach the program"))?;
        Ok(Self { _held: pins.is_none().then_some([received, sent]), pins })
    }

    /// Detaches both.
    pub(super) fn detach(self) -> Result<(), EbpfError> {
        for pin in self.pins.iter().flatten() {
            unpin(pin).map_err(EbpfError::io("detach the program"))?;
        }
        Ok(())
    }
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
