//! The system call `bpf(2)`, as far as the loader's library has no interface for it: tables of tables, batches, test
//! runs, and links that are placed and pinned.

use std::ffi::{CString, c_long};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use zerocopy::{Immutable, IntoBytes};

/// Kinds of maps (`enum bpf_map_type`).
pub(super) mod kind {
    pub(crate) const HASH: u32 = 1;
    pub(crate) const ARRAY: u32 = 2;
    pub(crate) const PERCPU_ARRAY: u32 = 6;
}

/// `BPF_F_NO_PREALLOC`: memory is taken as entries come.
pub(super) const NO_PREALLOC: u32 = 1;

/// Commands (`enum bpf_cmd`).
mod command {
    pub(super) const MAP_CREATE: u32 = 0;
    pub(super) const MAP_LOOKUP_ELEM: u32 = 1;
    pub(super) const MAP_UPDATE_ELEM: u32 = 2;
    pub(super) const MAP_DELETE_ELEM: u32 = 3;
    pub(super) const OBJ_PIN: u32 = 6;
    pub(super) const OBJ_GET: u32 = 7;
    pub(super) const PROG_TEST_RUN: u32 = 10;
    pub(super) const OBJ_GET_INFO_BY_FD: u32 = 15;
    pub(super) const MAP_LOOKUP_BATCH: u32 = 24;
    pub(super) const MAP_UPDATE_BATCH: u32 = 26;
    pub(super) const MAP_DELETE_BATCH: u32 = 27;
    pub(super) const LINK_CREATE: u32 = 28;
    pub(super) const LINK_UPDATE: u32 = 29;
    pub(super) const LINK_DETACH: u32 = 34;
}

/// Calls the kernel with a command's attributes.
fn bpf(command: u32, attributes: &mut (impl Sized + Copy)) -> io::Result<c_long> {
    let size = size_of_val(attributes);
    // SAFETY: the attributes are a structure of plain numbers that lives during the call; the kernel reads and writes
    // no more than `size` bytes of it, and what pointers in it lead to is alive at all callers.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_mut(attributes), size) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn owned(fd: c_long) -> io::Result<OwnedFd> {
    let fd = RawFd::try_from(fd).map_err(io::Error::other)?;
    // SAFETY: the kernel has just made it, for this process alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn pointer<T: ?Sized>(to: &T) -> u64 {
    std::ptr::from_ref(to).cast::<()>() as u64
}

fn pointer_mut<T: ?Sized>(to: &mut T) -> u64 {
    std::ptr::from_mut(to).cast::<()>() as u64
}

fn number(fd: BorrowedFd<'_>) -> u32 {
    fd.as_raw_fd().cast_unsigned()
}

fn length(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// Makes a map.
pub(super) fn create(
    kind: u32,
    key: usize,
    value: usize,
    entries: u32,
    flags: u32,
    name: &str,
) -> io::Result<OwnedFd> {
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Attributes {
        kind: u32,
        key_size: u32,
        value_size: u32,
        max_entries: u32,
        flags: u32,
        inner: u32,
        numa_node: u32,
        name: [u8; 16],
    }
    let mut attributes = Attributes {
        kind,
        key_size: length(key),
        value_size: length(value),
        max_entries: entries,
        flags,
        inner: 0,
        numa_node: 0,
        name: [0; 16],
    };
    for (to, from) in attributes.name.iter_mut().take(15).zip(name.bytes()) {
        *to = from;
    }
    owned(bpf(command::MAP_CREATE, &mut attributes)?)
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Element {
    map: u32,
    padding: u32,
    key: u64,
    value: u64,
    flags: u64,
}

/// Reads the value of a key; false where there is none.
pub(super) fn lookup(map: BorrowedFd<'_>, key: &[u8], value: &mut [u8]) -> io::Result<bool> {
    let mut element = Element {
        map: number(map),
        padding: 0,
        key: pointer(key),
        value: pointer_mut(value),
        flags: 0,
    };
    match bpf(command::MAP_LOOKUP_ELEM, &mut element) {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sets the value of a key.
pub(super) fn update(map: BorrowedFd<'_>, key: &[u8], value: &[u8]) -> io::Result<()> {
    let mut element = Element {
        map: number(map),
        padding: 0,
        key: pointer(key),
        value: pointer(value),
        flags: 0,
    };
    bpf(command::MAP_UPDATE_ELEM, &mut element).map(drop)
}

/// Removes a key; false where there is none.
pub(super) fn delete(map: BorrowedFd<'_>, key: &[u8]) -> io::Result<bool> {
    let mut element =
        Element { map: number(map), padding: 0, key: pointer(key), value: 0, flags: 0 };
    match bpf(command::MAP_DELETE_ELEM, &mut element) {
        Ok(_) => Ok(true),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        Err(error) => Err(error),
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Batch {
    from: u64,
    to: u64,
    keys: u64,
    values: u64,
    count: u32,
    map: u32,
    element_flags: u64,
    flags: u64,
}

/// A page of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Entries read.
    pub(super) count: usize,
    /// Whether it was the last.
    pub(super) is_last: bool,
}

/// Reads the next entries of a map, at most `most`, from a position on (none: the first). The position of a hash table is
/// its bucket, in four bytes; of an array its index.
///
/// A bucket that holds more than `most` entries is `ENOSPC`.
pub(super) fn lookup_batch(
    map: BorrowedFd<'_>,
    position: &mut Option<u32>,
    keys: &mut [u8],
    values: &mut [u8],
    most: usize,
) -> io::Result<Page> {
    let from = *position;
    let mut to = 0_u32;
    let mut batch = Batch {
        from: from.as_ref().map_or(0, pointer),
        to: pointer_mut(&mut to),
        keys: pointer_mut(keys),
        values: pointer_mut(values),
        count: length(most),
        map: number(map),
        element_flags: 0,
        flags: 0,
    };
    let is_last = match bpf(command::MAP_LOOKUP_BATCH, &mut batch) {
        Ok(_) => false,
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => true,
        Err(error) => return Err(error),
    };
    *position = Some(to);
    Ok(Page { count: batch.count as usize, is_last })
}

/// Sets the values of many keys.
pub(super) fn update_batch(
    map: BorrowedFd<'_>,
    keys: &[u8],
    values: &[u8],
    count: usize,
) -> io::Result<()> {
    let mut batch = Batch {
        from: 0,
        to: 0,
        keys: pointer(keys),
        values: pointer(values),
        count: length(count),
        map: number(map),
        element_flags: 0,
        flags: 0,
    };
    bpf(command::MAP_UPDATE_BATCH, &mut batch).map(drop)
}

/// Removes many keys. Returns how many were there, up to the first that was not.
pub(super) fn delete_batch(map: BorrowedFd<'_>, keys: &[u8], count: usize) -> io::Result<usize> {
    let mut batch = Batch {
        from: 0,
        to: 0,
        keys: pointer(keys),
        values: 0,
        count: length(count),
        map: number(map),
        element_flags: 0,
        flags: 0,
    };
    match bpf(command::MAP_DELETE_BATCH, &mut batch) {
        Ok(_) => Ok(batch.count as usize),
        Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(batch.count as usize),
        Err(error) => Err(error),
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Object {
    path: u64,
    fd: u32,
    flags: u32,
}

/// Keeps a map, program or link in a BPF file system beyond the life of this process.
pub(super) fn pin(object: BorrowedFd<'_>, path: &Path) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut attributes = Object { path: path.as_ptr() as u64, fd: number(object), flags: 0 };
    bpf(command::OBJ_PIN, &mut attributes).map(drop)
}

/// Opens what was pinned.
pub(super) fn pinned(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let mut attributes = Object { path: path.as_ptr() as u64, fd: 0, flags: 0 };
    owned(bpf(command::OBJ_GET, &mut attributes)?)
}

/// Asks what an object is; the kernel tells as much as there is room for.
fn object_info<const N: usize>(object: BorrowedFd<'_>, info: &mut [u32; N]) -> io::Result<()> {
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Attributes {
        fd: u32,
        length: u32,
        info: u64,
    }
    let mut attributes = Attributes {
        fd: number(object),
        length: length(size_of_val(info)),
        info: pointer_mut(info),
    };
    bpf(command::OBJ_GET_INFO_BY_FD, &mut attributes).map(drop)
}

/// Returns the number that the kernel knows a map by.
pub(super) fn map_id(map: BorrowedFd<'_>) -> io::Result<u32> {
    // Type and number.
    let mut info = [0_u32; 2];
    object_info(map, &mut info)?;
    Ok(info[1])
}

/// How a test run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// What the program returned.
    pub returned: u32,
    /// Mean time of a run, in nanoseconds.
    pub nanoseconds: u32,
}

/// Runs a program on a frame, so many times. `context` is a `struct __sk_buff`, or nothing.
pub(super) fn test_run(
    program: BorrowedFd<'_>,
    frame: &[u8],
    context: &[u8],
    repeat: u32,
) -> io::Result<Run> {
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Attributes {
        program: u32,
        returned: u32,
        data_size_in: u32,
        data_size_out: u32,
        data_in: u64,
        data_out: u64,
        repeat: u32,
        duration: u32,
        context_size_in: u32,
        context_size_out: u32,
        context_in: u64,
        context_out: u64,
        flags: u32,
        cpu: u32,
        batch_size: u32,
        padding: u32,
    }
    let mut attributes = Attributes {
        program: number(program),
        returned: 0,
        data_size_in: length(frame.len()),
        data_size_out: 0,
        data_in: pointer(frame),
        data_out: 0,
        repeat,
        duration: 0,
        context_size_in: length(context.len()),
        context_size_out: 0,
        context_in: if context.is_empty() { 0 } else { pointer(context) },
        context_out: 0,
        flags: 0,
        cpu: 0,
        batch_size: 0,
        padding: 0,
    };
    bpf(command::PROG_TEST_RUN, &mut attributes)?;
    Ok(Run { returned: attributes.returned, nanoseconds: attributes.duration })
}

/// Where a program is attached to a device (`enum bpf_attach_type`), and where among those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    /// What the device receives, before all others.
    IngressHead,
    /// What it sends, after all others.
    EgressTail,
}

/// Attaches a program to a device (`TCX`, Linux 6.6). The link holds it as long as it is open or pinned.
pub(super) fn link(program: BorrowedFd<'_>, device: u32, hook: Hook) -> io::Result<OwnedFd> {
    const TCX_INGRESS: u32 = 46;
    const TCX_EGRESS: u32 = 47;
    const BEFORE: u32 = 1 << 3;
    const AFTER: u32 = 1 << 4;
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Attributes {
        program: u32,
        device: u32,
        attach_type: u32,
        flags: u32,
        relative: u32,
        padding: u32,
        expected_revision: u64,
    }
    let (attach_type, flags) = match hook {
        Hook::IngressHead => (TCX_INGRESS, BEFORE),
        Hook::EgressTail => (TCX_EGRESS, AFTER),
    };
    let mut attributes = Attributes {
        program: number(program),
        device,
        attach_type,
        flags,
        relative: 0,
        padding: 0,
        expected_revision: 0,
    };
    owned(bpf(command::LINK_CREATE, &mut attributes)?)
}

/// Returns the index of the device that a link is attached to; 0 where that is gone.
pub(super) fn linked_device(link: BorrowedFd<'_>) -> io::Result<u32> {
    // Type, number, program, padding, then the device's index of a `TCX` link.
    let mut info = [0_u32; 6];
    object_info(link, &mut info)?;
    Ok(info[4])
}

/// Puts another program into a link, between two packets.
pub(super) fn update_link(link: BorrowedFd<'_>, program: BorrowedFd<'_>) -> io::Result<()> {
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Attributes {
        link: u32,
        program: u32,
        flags: u32,
        old_program: u32,
    }
    let mut attributes =
        Attributes { link: number(link), program: number(program), flags: 0, old_program: 0 };
    bpf(command::LINK_UPDATE, &mut attributes).map(drop)
}

/// Takes a link's program off its device, whoever holds the link open.
pub(super) fn detach_link(link: BorrowedFd<'_>) -> io::Result<()> {
    let mut attributes = number(link);
    bpf(command::LINK_DETACH, &mut attributes).map(drop)
}

/// Returns the bytes of a key or value.
pub(super) fn bytes<T: IntoBytes + Immutable>(of: &T) -> &[u8] {
    of.as_bytes()
}

/// Returns how many CPUs there may ever be: so many values a per-CPU map has for a key.
pub(super) fn possible_cpus() -> io::Result<usize> {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/possible")?;
    // `0-1`, `0,2-5`: the highest counts.
    let highest = text.trim().rsplit(['-', ',']).next().and_then(|last| last.parse::<usize>().ok());
    highest
        .map(|highest| highest + 1)
        .ok_or_else(|| io::Error::other(format!("possible CPUs: '{}'", text.trim())))
}

/// Borrows the descriptor of a map in the form that is written into a table of tables.
pub(super) fn as_value(map: &impl AsFd) -> [u8; 4] {
    map.as_fd().as_raw_fd().to_ne_bytes()
}
