//! Where maps and links are kept beyond the life of a process: a directory in a BPF file system.
//!
//! `/sys/fs/bpf/flowlogd/OWNER/RUN`: an owner is an agent, by its state directory, and a run is a set of tables whose
//! numbers one journal knows.

use std::ffi::CString;
use std::fs;
use std::io;
use std::mem::zeroed;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{filter, link};

/// Where the BPF file system is, on every Linux.
const MOUNT: &str = "/sys/fs/bpf";
/// What its `statfs` says.
const MAGIC: i64 = 0xcafe_4a11;

/// Changes with the layout of the maps: tables of another layout are nobody's to read.
pub const LAYOUT: u32 = 2;

/// Returns the directory of all agents' pins, and makes it. Mounts the file system where it is not.
pub fn root() -> io::Result<PathBuf> {
    let mount = Path::new(MOUNT);
    if !is_bpf(mount)? {
        mount_bpf(mount)?;
    }
    let root = mount.join("flowlogd");
    make(&root).map_err(|error| explained(&root, &error))?;
    Ok(root)
}

/// Returns the directory of a run, and makes it.
pub fn of_run(owner: &str, run: &str) -> io::Result<PathBuf> {
    let of_owner = root()?.join(owner);
    make(&of_owner).map_err(|error| explained(&of_owner, &error))?;
    let directory = of_owner.join(name_of(run));
    make(&directory)?;
    Ok(directory)
}

/// Removes what an owner has pinned for other runs. Returns how many those were.
pub fn remove_others(owner: &str, run: Option<&str>) -> io::Result<usize> {
    let keep = run.map(name_of);
    let mut removed = 0;
    let of_owner = root()?.join(owner);
    for entry in entries(&of_owner).map_err(|error| explained(&of_owner, &error))? {
        if entry.file_name().map(|name| name.to_string_lossy().into_owned()) != keep {
            remove(&entry)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Detaches what an agent has attached, and removes all that it has pinned; of all agents without an owner. Returns how
/// many links there were.
pub fn detach(owner: Option<&str>) -> io::Result<usize> {
    let root = Path::new(MOUNT).join("flowlogd");
    let mut links = 0;
    for of_owner in entries(&root)? {
        let name = of_owner.file_name().unwrap_or_default().to_string_lossy();
        if owner.is_some_and(|owner| owner != name) {
            continue;
        }
        for run in entries(&of_owner)? {
            for pin in entries(&run)? {
                let name = pin.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name.starts_with("receive_") || name.starts_with("send_") {
                    link::unpin(&pin)?;
                    links += 1;
                }
            }
        }
        remove(&of_owner)?;
    }
    links += filter::detach_all(owner)?;
    if entries(&root)?.is_empty() && root.exists() {
        // Another agent may have come in this moment.
        let _ = fs::remove_dir(&root);
    }
    Ok(links)
}

fn name_of(run: &str) -> String {
    format!("{run}_v{LAYOUT}")
}

fn entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(directory) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        for entry in entries(path)? {
            remove(&entry)?;
        }
        return fs::remove_dir(path);
    }
    fs::remove_file(path)
}

/// Says which file is meant, and what it takes.
fn explained(path: &Path, error: &io::Error) -> io::Error {
    let why = format!(
        "cannot keep programs and tables in {}: {error} (it takes root, or the directory's owner and CAP_BPF, CAP_PERFMON, \
         CAP_NET_ADMIN)",
        path.display()
    );
    io::Error::new(error.kind(), why)
}

fn make(directory: &Path) -> io::Result<()> {
    match fs::create_dir(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn is_bpf(path: &Path) -> io::Result<bool> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: all zeros is a value of this structure of numbers.
    let mut found: libc::statfs = unsafe { zeroed() };
    // SAFETY: a string with its end, and a structure that is valid for writing.
    if unsafe { libc::statfs(path.as_ptr(), &raw mut found) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(found.f_type == MAGIC)
}

fn mount_bpf(path: &Path) -> io::Result<()> {
    let at = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: strings with their ends; this file system takes no data.
    let result =
        unsafe { libc::mount(c"bpf".as_ptr(), at.as_ptr(), c"bpf".as_ptr(), 0, std::ptr::null()) };
    if result == 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    let why =
        format!("no BPF file system is mounted at {}, nor can it be: {error}", path.display());
    Err(io::Error::new(error.kind(), why))
}
