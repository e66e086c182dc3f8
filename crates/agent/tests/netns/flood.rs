//! Frames into a device, as fast as the kernel takes them.
#![expect(unsafe_code, reason = "packet sockets have no safe interface in std")]

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Frames that go with one system call.
const TOGETHER: usize = 64;

/// Which way frames take to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As packets of programs do: past the hook of what is sent, and the queue.
    Queue,
    /// Past nothing.
    Direct,
}

/// A packet socket of the namespace in which it was opened.
pub(crate) struct Flood {
    socket: OwnedFd,
}

impl Flood {
    pub(crate) fn open(way: Way) -> Self {
        // SAFETY: takes numbers.
        let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
        assert!(fd >= 0, "a packet socket");
        // SAFETY: just opened, by nobody else.
        let socket = unsafe { OwnedFd::from_raw_fd(fd) };
        if way == Way::Direct {
            let on: libc::c_int = 1;
            let (value, level) = ((&raw const on).cast::<c_void>(), libc::SOL_PACKET);
            // SAFETY: the value is valid for its length.
            let set = unsafe { libc::setsockopt(fd, level, libc::PACKET_QDISC_BYPASS, value, 4) };
            assert_eq!(set, 0, "the way past the queue");
        }
        Self { socket }
    }

    /// Sends frames from a device. All of them: what the kernel has no room for is sent again.
    pub(crate) fn send<F: AsRef<[u8]>>(&self, ifindex: u32, frames: &[F]) {
        // SAFETY: all zeros is a value of this structure of numbers.
        let mut device: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        device.sll_family = u16::try_from(libc::AF_PACKET).expect("17");
        device.sll_ifindex = i32::try_from(ifindex).expect("small");
        for frames in frames.chunks(TOGETHER) {
            let mut pieces: Vec<libc::iovec> = frames
                .iter()
                .map(|frame| libc::iovec {
                    iov_base: frame.as_ref().as_ptr().cast_mut().cast(),
                    iov_len: frame.as_ref().len(),
                })
                .collect();
            let mut messages: Vec<libc::mmsghdr> = pieces
                .iter_mut()
                .map(|piece| {
                    // SAFETY: all zeros is a value of this structure: nothing of nothing.
                    let mut message: libc::mmsghdr = unsafe { std::mem::zeroed() };
                    message.msg_hdr.msg_name = (&raw mut device).cast();
                    message.msg_hdr.msg_namelen =
                        u32::try_from(size_of::<libc::sockaddr_ll>()).expect("20");
                    message.msg_hdr.msg_iov = piece;
                    message.msg_hdr.msg_iovlen = 1;
                    message
                })
                .collect();
            let mut done = 0;
            while done < messages.len() {
                let rest = &mut messages[done..];
                let count = u32::try_from(rest.len()).expect("64");
                let fd = self.socket.as_raw_fd();
                // SAFETY: the messages, and all that they point to, live during the call.
                let sent = unsafe { libc::sendmmsg(fd, rest.as_mut_ptr(), count, 0) };
                if let Ok(sent) = usize::try_from(sent) {
                    done += sent;
                } else {
                    let error = io::Error::last_os_error();
                    let is_full = error.raw_os_error() == Some(libc::ENOBUFS);
                    assert!(is_full, "sending frames: {error}");
                    std::thread::yield_now();
                }
            }
        }
    }
}

/// Makes a device of virtual machines in the thread's namespace: a frame that is written into the file,
/// after its header of segmentation (`struct virtio_net_hdr`), is one that the device has received.
pub(crate) fn tap(name: &str) -> File {
    let file = File::options().read(true).write(true).open("/dev/net/tun").expect("/dev/net/tun");
    let offloads = libc::TUN_F_CSUM | libc::TUN_F_TSO4 | libc::TUN_F_TSO6;
    // SAFETY: a structure of numbers, valid for what the call writes; then numbers alone.
    let made = unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(name.bytes()) {
            *to = from.cast_signed();
        }
        let flags = libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
        request.ifr_ifru.ifru_flags = i16::try_from(flags).expect("0x5002");
        libc::ioctl(file.as_raw_fd(), libc::TUNSETIFF, &raw mut request)
            | libc::ioctl(file.as_raw_fd(), libc::TUNSETOFFLOAD, libc::c_ulong::from(offloads))
    };
    assert_eq!(made, 0, "making the device");
    file
}

/// Lets this process have as many files open as it may.
pub(crate) fn open_many_files() {
    // SAFETY: a structure of numbers, written by one call and read by the other.
    unsafe {
        let mut limit: libc::rlimit = std::mem::zeroed();
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_max;
        libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
    }
}
