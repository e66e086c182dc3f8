//! Network namespaces, named as `ip netns` names them (`ip-netns(8)`).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, setns, unshare};

/// Where names are.
const NAMES: &str = "/run/netns";
/// This thread's namespace.
const OWN: &str = "/proc/thread-self/ns/net";

/// What tells a namespace from all others as long as it lives.
pub(crate) type Identity = (u64, u64);

/// Returns the identity of the namespace at a path.
pub(crate) fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Returns the identity of this thread's namespace.
pub(crate) fn own() -> io::Result<Identity> {
    identity(Path::new(OWN))
}

/// Returns the path of a name.
pub fn path(name: &str) -> PathBuf {
    Path::new(NAMES).join(name)
}

/// Returns all names with their paths, in order.
pub(crate) fn named() -> io::Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(NAMES) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut named = Vec::new();
    for entry in entries {
        let entry = entry?;
        named.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    named.sort();
    Ok(named)
}

/// Moves this thread into the namespace at a path, and what it starts from then on.
///
/// # Errors
///
/// What the kernel says.
pub fn enter(path: &Path) -> io::Result<()> {
    Ok(setns(File::open(path)?, CloneFlags::CLONE_NEWNET)?)
}

/// Does something in the namespace at a path, on a thread of its own.
///
/// # Errors
///
/// What it returns, and that the namespace cannot be entered.
pub fn inside<T: Send>(path: &Path, work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    aside(move || {
        enter(path)?;
        work()
    })
}

/// Makes a namespace with a name.
///
/// # Errors
///
/// That there is one of that name, and what the kernel says.
pub fn create(name: &str) -> io::Result<()> {
    prepare_names()?;
    let path = path(name);
    File::options().write(true).create_new(true).open(&path)?;
    let made = aside(|| {
        unshare(CloneFlags::CLONE_NEWNET)?;
        let none: Option<&str> = None;
        mount(Some(OWN), &path, none, MsFlags::MS_BIND, none)?;
        Ok(())
    });
    if made.is_err() {
        let _ = fs::remove_file(&path);
    }
    made
}

/// Takes a name away. The namespace goes when nothing is in it any more. Returns whether there was one.
///
/// # Errors
///
/// What the kernel says.
pub fn remove(name: &str) -> io::Result<bool> {
    let path = path(name);
    match umount2(&path, MntFlags::MNT_DETACH) {
        // A name that is no mount, after a crash.
        Ok(()) | Err(nix::Error::EINVAL) => {}
        Err(nix::Error::ENOENT) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    fs::remove_file(&path).map(|()| true)
}

/// Makes the directory of names a mount that other mount namespaces see, as `ip netns` does.
fn prepare_names() -> io::Result<()> {
    fs::create_dir_all(NAMES)?;
    let none: Option<&str> = None;
    let shared = MsFlags::MS_SHARED | MsFlags::MS_REC;
    if mount(none, NAMES, none, shared, none).is_ok() {
        return Ok(());
    }
    mount(Some(NAMES), NAMES, none, MsFlags::MS_BIND | MsFlags::MS_REC, none)?;
    mount(none, NAMES, none, shared, none)?;
    Ok(())
}

/// Does something on a thread that ends with it, so that no other thread changes its namespace.
fn aside<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        scope
            .spawn(work)
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread in the namespace panicked")))
    })
}
