//! Live capture through `AF_PACKET`: the fallback where BPF cannot be used (live-capture.md §11).
//!
//! The kernel copies the start of each packet into a ring of blocks that is mapped into this
//! process (`TPACKET_V3`), and hands over a block when it is full or old. What does not fit is
//! counted by the kernel, and told by [`AfPacket::drops`].
#![expect(unsafe_code, reason = "no safe interface of the kernel's packet sockets in std")]

mod block;
mod gso;

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{size_of, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use flowlogd_packet::LinkType;

use super::{Chunk, DeviceError, device};
use block::BLOCK_STATUS;

/// How to capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfPacketOptions {
    /// Blocks in the ring.
    pub blocks: u32,
    /// Bytes in each of them; rounded up to whole pages.
    pub block_size: u32,
    /// How long a packet may wait for its block to become full.
    pub block_timeout: Duration,
    /// Bytes of each packet that are copied: its headers suffice for flow logs.
    pub snap_len: u32,
    /// Which packets.
    pub reach: Reach,
}

impl Default for AfPacketOptions {
    /// 32 MiB, which held 0.9 million packets a second without a loss (live-capture.md §4.4).
    ///
    /// 256 bytes hold an Ethernet header, two VLAN tags, an IPv6 header with extensions, and an
    /// ICMP error that quotes another such packet.
    fn default() -> Self {
        Self {
            blocks: 32,
            block_size: 1 << 20,
            block_timeout: Duration::from_millis(100),
            snap_len: 256,
            reach: Reach::Device,
        }
    }
}

/// Which packets a device is to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// What the device receives and sends anyway.
    #[default]
    Device,
    /// All that passes it (promiscuous mode), as long as the capture lives.
    Promiscuous,
}

/// Why a device cannot be captured from.
#[derive(Debug, thiserror::Error)]
pub enum AfPacketError {
    /// The device cannot be captured from, or not any more.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The process lacks the capability.
    #[error("no permission to capture from {device}: it takes the capability CAP_NET_RAW")]
    NotPermitted {
        /// As asked for.
        device: String,
    },
    /// The kernel refuses something else.
    #[error("cannot {action} of {device}")]
    System {
        /// What was tried.
        action: &'static str,
        /// As asked for.
        device: String,
        /// What the kernel says.
        #[source]
        source: io::Error,
    },
}

/// Captures from one device.
///
/// Of loopback devices every packet is seen twice: outgoing, then incoming.
pub struct AfPacket {
    device: String,
    link_type: LinkType,
    // Dropped before the socket: its memory is the socket's.
    ring: Ring,
    socket: OwnedFd,
}

impl AfPacket {
    /// Starts to capture from the device of that name in the calling thread's network namespace.
    pub fn open(device: &str, options: &AfPacketOptions) -> Result<Self, AfPacketError> {
        let index = device::find(device)?;
        let system = |action| {
            move |source| AfPacketError::System { action, device: device.to_owned(), source }
        };
        // Of no protocol until it is bound: nothing arrives from other devices before that.
        let socket = packet_socket().map_err(|source| {
            if matches!(source.raw_os_error(), Some(libc::EPERM | libc::EACCES)) {
                AfPacketError::NotPermitted { device: device.to_owned() }
            } else {
                system("open a packet socket")(source)
            }
        })?;

        let version = libc::tpacket_versions::TPACKET_V3 as c_int;
        set_option(&socket, libc::SOL_PACKET, libc::PACKET_VERSION, &version)
            .map_err(system("use version 3 of the packet ring"))?;
        // Tells how the network card cuts or has joined a packet. Must come before the ring.
        set_option(&socket, libc::SOL_PACKET, libc::PACKET_VNET_HDR, &1)
            .map_err(system("ask for the offload headers"))?;
        set_snap_len(&socket, options.snap_len).map_err(system("set the snap length"))?;
        let ring = Ring::new(&socket, options).map_err(system("map the packet ring"))?;
        bind(&socket, index).map_err(system("bind to the packets"))?;
        if options.reach == Reach::Promiscuous {
            set_promiscuous(&socket, index).map_err(system("set the promiscuous mode"))?;
        }

        let (_, number) = bound_to(&socket).map_err(system("ask for the hardware type"))?;
        let link_type = device::readable(device, number)?;
        let capture = Self { device: device.to_owned(), link_type, ring, socket };
        capture.check_error()?;
        Ok(capture)
    }

    /// Returns the name of the device when the capture was opened.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Returns what the first header of every frame is.
    pub fn link_type(&self) -> LinkType {
        self.link_type
    }

    /// Replaces the content of `chunk` by the frames of the next block, and returns how many
    /// there are; 0 after `timeout`, or when a signal came.
    ///
    /// A VLAN tag that the kernel or the card took off is not put back.
    pub fn next_chunk(
        &mut self,
        chunk: &mut Chunk,
        timeout: Duration,
    ) -> Result<usize, AfPacketError> {
        chunk.bytes.clear();
        chunk.frames.clear();
        if !self.ring.is_ready() {
            self.wait(timeout)?;
        }
        let Some(block) = self.ring.ready() else {
            // The error of a device that went down tells nothing of its removal later on.
            return if self.is_gone()? { Err(self.gone()) } else { Ok(0) };
        };
        block::read(block, self.link_type, chunk);
        self.ring.give_back();
        Ok(chunk.frames.len())
    }

    /// Returns how many packets did not fit into the ring since the last call.
    ///
    /// One that segmentation offload has joined counts as one.
    pub fn drops(&mut self) -> Result<u64, AfPacketError> {
        let statistics: libc::tpacket_stats_v3 =
            get_option(&self.socket, libc::SOL_PACKET, libc::PACKET_STATISTICS)
                .map_err(|source| self.system("read the drop counter", source))?;
        Ok(statistics.tp_drops.into())
    }

    /// Waits until there may be a block.
    fn wait(&self, timeout: Duration) -> Result<(), AfPacketError> {
        let events = match poll(&self.socket, timeout) {
            Ok(events) => events,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Err(source) => return Err(self.system("wait for packets", source)),
        };
        if events & libc::POLLERR != 0 { self.check_error() } else { Ok(()) }
    }

    /// Takes an error from the socket.
    fn check_error(&self) -> Result<(), AfPacketError> {
        let error: c_int = get_option(&self.socket, libc::SOL_SOCKET, libc::SO_ERROR)
            .map_err(|source| self.system("read the state", source))?;
        match error {
            0 => Ok(()),
            libc::ENETDOWN if self.is_gone()? => Err(self.gone()),
            libc::ENETDOWN => Err(DeviceError::Down { device: self.device.clone() }.into()),
            other => Err(self.system("receive packets", io::Error::from_raw_os_error(other))),
        }
    }

    fn is_gone(&self) -> Result<bool, AfPacketError> {
        let bound = bound_to(&self.socket);
        let (index, _) = bound.map_err(|source| self.system("read the state", source))?;
        Ok(index <= 0)
    }

    fn gone(&self) -> AfPacketError {
        DeviceError::Gone { device: self.device.clone() }.into()
    }

    fn system(&self, action: &'static str, source: io::Error) -> AfPacketError {
        AfPacketError::System { action, device: self.device.clone(), source }
    }
}

impl std::fmt::Debug for AfPacket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AfPacket").field("device", &self.device).finish_non_exhaustive()
    }
}

/// The blocks, which kernel and process own in turn, as the status word of each says.
///
/// Invariant: `start` is a mapping of `blocks` · `block_size` bytes that lives as long as this
/// does, and `next` is less than `blocks`.
struct Ring {
    start: NonNull<u8>,
    block_size: usize,
    blocks: usize,
    next: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and there is one owner.
unsafe impl Send for Ring {}

impl Ring {
    fn new(socket: &OwnedFd, options: &AfPacketOptions) -> io::Result<Self> {
        /// The kernel wants to know of frames, which version 3 has none of; they divide a page.
        const FRAME: u32 = 2048;

        let invalid = || io::Error::from_raw_os_error(libc::EINVAL);
        let page = page_size()?;
        let block_size = options.block_size.max(1).checked_next_multiple_of(page);
        let block_size = block_size.ok_or_else(invalid)?;
        let frames = (block_size / FRAME).checked_mul(options.blocks).ok_or_else(invalid)?;
        let millis = options.block_timeout.as_millis().clamp(1, 10_000);
        let request = libc::tpacket_req3 {
            tp_block_size: block_size,
            tp_block_nr: options.blocks,
            tp_frame_size: FRAME,
            tp_frame_nr: frames,
            tp_retire_blk_tov: u32::try_from(millis).unwrap_or(10_000),
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set_option(socket, libc::SOL_PACKET, libc::PACKET_RX_RING, &request)?;

        let (blocks, block_size) = (options.blocks as usize, block_size as usize);
        let length = blocks.checked_mul(block_size).filter(|&length| length > 0);
        let start = map(socket, length.ok_or_else(invalid)?)?;
        Ok(Self { start, block_size, blocks, next: 0 })
    }

    fn is_ready(&self) -> bool {
        self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// Returns the next block, if it is the process's turn.
    fn ready(&self) -> Option<&[u8]> {
        if !self.is_ready() {
            return None;
        }
        // SAFETY: within the mapping by the invariant, and initialised by the kernel. It is
        // written to only by the kernel after `give_back`, which needs the ring to itself and so
        // comes after the end of this borrow. The status was loaded with Acquire.
        Some(unsafe { std::slice::from_raw_parts(self.block().as_ptr(), self.block_size) })
    }

    /// Hands the block over to the kernel.
    fn give_back(&mut self) {
        self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.next = (self.next + 1) % self.blocks;
    }

    fn status(&self) -> &AtomicU32 {
        // SAFETY: within the mapping, and aligned, as blocks start on pages. Kernel and process
        // change this word only by whole stores.
        unsafe { AtomicU32::from_ptr(self.block().add(BLOCK_STATUS).cast().as_ptr()) }
    }

    fn block(&self) -> NonNull<u8> {
        // SAFETY: within the mapping by the invariant.
        unsafe { self.start.add(self.next * self.block_size) }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: unmaps what `map` has mapped, once; nothing borrows from it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.blocks * self.block_size) };
    }
}

fn packet_socket() -> io::Result<OwnedFd> {
    // SAFETY: takes numbers only.
    let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
    checked(fd)?;
    // SAFETY: opened just before, and owned by nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Has the kernel keep that many bytes of each packet, by a filter that says nothing else.
fn set_snap_len(socket: &OwnedFd, snap_len: u32) -> io::Result<()> {
    // BPF_RET of a constant.
    let mut filter = [libc::sock_filter { code: 0x06, jt: 0, jf: 0, k: snap_len.max(1) }];
    let program = libc::sock_fprog { len: 1, filter: filter.as_mut_ptr() };
    set_option(socket, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
}

fn set_promiscuous(socket: &OwnedFd, index: u32) -> io::Result<()> {
    let membership = libc::packet_mreq {
        mr_ifindex: signed(index)?,
        mr_type: half(libc::PACKET_MR_PROMISC),
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set_option(socket, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &membership)
}

/// Binds to all protocols of a device.
fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
    // SAFETY: all zeros is a value of this structure of numbers.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    address.sll_family = half(libc::AF_PACKET);
    address.sll_protocol = half(libc::ETH_P_ALL).to_be();
    address.sll_ifindex = signed(index)?;
    let length = length_of::<libc::sockaddr_ll>();
    // SAFETY: the address is valid for its length.
    checked(unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), length) })?;
    Ok(())
}

/// Returns what the socket is bound to: the device, its `ARPHRD_…`; -1 and 0 when it is gone.
///
/// Asked of the socket, because the calling thread may be in another network namespace.
fn bound_to(socket: &OwnedFd) -> io::Result<(c_int, u16)> {
    // SAFETY: all zeros is a value of this structure of numbers.
    let mut address: libc::sockaddr_ll = unsafe { zeroed() };
    let mut length = length_of::<libc::sockaddr_ll>();
    let place = (&raw mut address).cast();
    // SAFETY: the place is valid for the length.
    checked(unsafe { libc::getsockname(socket.as_raw_fd(), place, &raw mut length) })?;
    Ok((address.sll_ifindex, address.sll_hatype))
}

fn map(socket: &OwnedFd, length: usize) -> io::Result<NonNull<u8>> {
    let (protection, fd) = (libc::PROT_READ | libc::PROT_WRITE, socket.as_raw_fd());
    let anywhere = std::ptr::null_mut();
    // SAFETY: a new mapping, of no memory that is in use.
    let start = unsafe { libc::mmap(anywhere, length, protection, libc::MAP_SHARED, fd, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(start.cast()).ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))
}

/// Waits for an event on the socket, and returns those that came.
fn poll(socket: &OwnedFd, timeout: Duration) -> io::Result<i16> {
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let millis = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
    // SAFETY: one structure, valid for writing.
    checked(unsafe { libc::poll(&raw mut poll, 1, millis) })?;
    Ok(poll.revents)
}

/// `T` is the structure of numbers that the kernel's documentation gives for the option.
fn set_option<T>(socket: &OwnedFd, level: c_int, option: c_int, value: &T) -> io::Result<()> {
    let (value, length) = ((&raw const *value).cast::<c_void>(), length_of::<T>());
    // SAFETY: the value is valid for its length.
    let set = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value, length) };
    checked(set)?;
    Ok(())
}

/// `T` is the structure of numbers that the kernel's documentation gives for the option.
fn get_option<T: Copy>(socket: &OwnedFd, level: c_int, option: c_int) -> io::Result<T> {
    // SAFETY: all zeros is a value of a structure of numbers.
    let mut value: T = unsafe { zeroed() };
    let mut length = length_of::<T>();
    let (fd, place) = (socket.as_raw_fd(), (&raw mut value).cast::<c_void>());
    // SAFETY: the value is valid for its length.
    checked(unsafe { libc::getsockopt(fd, level, option, place, &raw mut length) })?;
    Ok(value)
}

fn page_size() -> io::Result<u32> {
    // SAFETY: takes a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u32::try_from(size).map_err(|_| io::Error::last_os_error())
}

#[expect(clippy::cast_possible_truncation, reason = "structures of a few bytes")]
const fn length_of<T>() -> libc::socklen_t {
    size_of::<T>() as libc::socklen_t
}

/// Returns a constant of the kernel's headers as the 16-bit field that it is for.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small constants")]
const fn half(constant: c_int) -> u16 {
    constant as u16
}

fn signed(index: u32) -> io::Result<c_int> {
    c_int::try_from(index).map_err(|_| io::Error::from_raw_os_error(libc::ENODEV))
}

/// Turns what a system call returned into its error.
fn checked(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
