//! The devices of the calling thread's network namespace, and what the frames of each kind start with.
#![expect(unsafe_code, reason = "std has no interface to the kernel's list of devices")]

use std::ffi::{CStr, CString};
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;

use flowlogd_packet::LinkType;

/// Why a device cannot be captured from, by whatever means.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// There is no device of that name in this network namespace.
    #[error("no device {device}; there are: {}", .present.join(", "))]
    NoDevice {
        /// As asked for.
        device: String,
        /// What there is.
        present: Vec<String>,
    },
    /// The device is not up. Told once; when it is up again, capturing goes on.
    #[error("device {device} is down")]
    Down {
        /// As asked for.
        device: String,
    },
    /// The device was removed. One of the same name is another device.
    #[error("device {device} is gone")]
    Gone {
        /// As asked for.
        device: String,
    },
    /// The device's frames have a header that is not read.
    #[error(
        "device {device} has hardware type {number} ({name}), whose link type is not read; \
         Ethernet, loopback and devices without a link header are"
    )]
    UnsupportedHardware {
        /// As asked for.
        device: String,
        /// `ARPHRD_…` of the kernel.
        number: u16,
        /// What it stands for.
        name: &'static str,
    },
}

/// Finds a device of the calling thread's network namespace.
pub(crate) fn find(device: &str) -> Result<u32, DeviceError> {
    index(device)
        .ok_or_else(|| DeviceError::NoDevice { device: device.to_owned(), present: names() })
}

/// Returns the link type of a device of a hardware type (`ARPHRD_…`).
pub(crate) fn readable(device: &str, hardware: u16) -> Result<LinkType, DeviceError> {
    link_type(hardware).ok_or_else(|| {
        let (device, name) = (device.to_owned(), hardware_name(hardware));
        DeviceError::UnsupportedHardware { device, number: hardware, name }
    })
}

/// Returns the number of a device.
pub(crate) fn index(device: &str) -> Option<u32> {
    let device = CString::new(device).ok()?;
    // SAFETY: a string with its end.
    let index = unsafe { libc::if_nametoindex(device.as_ptr()) };
    (index != 0).then_some(index)
}

/// Returns the name of the device with a number: it can be given another.
pub(crate) fn name(index: u32) -> Option<String> {
    let mut name = [0; libc::IFNAMSIZ];
    // SAFETY: as much room as this call asks for.
    let named = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    if named.is_null() {
        return None;
    }
    CStr::from_bytes_until_nul(&name).ok().map(|name| name.to_string_lossy().into_owned())
}

/// Returns the hardware type (`ARPHRD_…`) of a device.
pub(crate) fn hardware(device: &str) -> io::Result<u16> {
    let request = ask(device, libc::SIOCGIFHWADDR)?;
    // SAFETY: the request has written this variant.
    Ok(unsafe { request.ifr_ifru.ifru_hwaddr.sa_family })
}

/// Whether a device is up.
pub(crate) fn is_up(device: &str) -> io::Result<bool> {
    let request = ask(device, libc::SIOCGIFFLAGS)?;
    // SAFETY: the request has written this variant.
    let flags = unsafe { request.ifr_ifru.ifru_flags };
    Ok(libc::c_int::from(flags) & libc::IFF_UP != 0)
}

/// Asks the kernel for one property of a device.
fn ask(device: &str, what: libc::Ioctl) -> io::Result<libc::ifreq> {
    // SAFETY: all zeros is a value of this structure of numbers.
    let mut request: libc::ifreq = unsafe { zeroed() };
    // One less than there is room for, so that the name has its end.
    for (to, from) in request.ifr_name.iter_mut().take(libc::IFNAMSIZ - 1).zip(device.bytes()) {
        *to = from.cast_signed();
    }
    // SAFETY: takes numbers alone.
    let socket = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    if socket < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just opened, by nobody else.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // SAFETY: the structure is valid for reading and writing, as these requests have it.
    if unsafe { libc::ioctl(socket.as_raw_fd(), what, &raw mut request) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(request)
}

/// Returns numbers and names of all devices.
pub(crate) fn all() -> Vec<(u32, String)> {
    // SAFETY: takes nothing.
    let Some(list) = NonNull::new(unsafe { libc::if_nameindex() }) else { return Vec::new() };
    let mut all = Vec::new();
    let mut entry = list;
    loop {
        // SAFETY: the list ends with an entry whose index is 0, and is left there.
        let device = unsafe { entry.as_ref() };
        if device.if_index == 0 || device.if_name.is_null() {
            break;
        }
        // SAFETY: not null, so a string with its end, which lives as long as the list.
        let name = unsafe { CStr::from_ptr(device.if_name) };
        all.push((device.if_index, name.to_string_lossy().into_owned()));
        // SAFETY: not the last entry.
        entry = unsafe { entry.add(1) };
    }
    // SAFETY: from `if_nameindex`, once; the names were copied.
    unsafe { libc::if_freenameindex(list.as_ptr()) };
    all
}

/// Returns the names of all devices.
pub(crate) fn names() -> Vec<String> {
    all().into_iter().map(|(_, name)| name).collect()
}

/// Returns the link type of devices of a hardware type (`ARPHRD_…`), if it can be read.
pub(crate) fn link_type(hardware: u16) -> Option<LinkType> {
    match hardware {
        // Of loopback devices, frames have an Ethernet header of zeros.
        1 | 772 => Some(LinkType::Ethernet),
        // Of PPP devices, packet sockets see no header.
        512 | 65_534 => Some(LinkType::RawIp),
        _ => None,
    }
}

/// Returns what the kernel means by a hardware type that is not read.
pub(crate) fn hardware_name(hardware: u16) -> &'static str {
    match hardware {
        24 => "IEEE 1394",
        32 => "InfiniBand",
        256 => "SLIP",
        280 => "CAN",
        513 => "Cisco HDLC",
        519 => "raw IP of a modem",
        768 => "IPIP tunnel",
        769 => "IPv6 tunnel",
        770 => "Frame Relay",
        776 => "IPv6-in-IPv4 tunnel",
        778 => "GRE tunnel",
        801 => "IEEE 802.11",
        802 => "IEEE 802.11 with Prism header",
        803 => "IEEE 802.11 with radiotap header",
        804 => "IEEE 802.15.4",
        805 => "IEEE 802.15.4 monitor",
        823 => "GRE tunnel over IPv6",
        824 => "netlink monitor",
        825 => "6LoWPAN",
        826 => "vsock monitor",
        _ => "not in our list",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_either_read_or_refused_by_name() {
        assert_eq!(link_type(1), Some(LinkType::Ethernet));
        assert_eq!(link_type(772), Some(LinkType::Ethernet));
        assert_eq!(link_type(65_534), Some(LinkType::RawIp));
        assert_eq!(link_type(512), Some(LinkType::RawIp));
        assert_eq!((link_type(824), hardware_name(824)), (None, "netlink monitor"));
        assert_eq!((link_type(4711), hardware_name(4711)), (None, "not in our list"));
    }
}
