//! Since when the rules of interfaces are enforced, over restarts of the agent: TCP connections that were open then are
//! let on for a while, and no longer (`docs/enforcement.md`).

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Names the boot of the machine: seconds since boot are comparable within one alone.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The interfaces whose rules are enforced without a break.
#[derive(Debug)]
pub(super) struct Enforcement {
    path: PathBuf,
    kept: Kept,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    boot: String,
    /// By interface: the second since boot until which connections are let on.
    grace_until: BTreeMap<String, u32>,
}

impl Enforcement {
    /// Reads what an earlier process has kept in a directory since the machine was started.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        Self::open_in(directory, fs::read_to_string(BOOT_ID)?.trim())
    }

    fn open_in(directory: &Path, boot: &str) -> io::Result<Self> {
        let path = directory.join("enforced.json");
        let kept: Kept = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                let why = format!("{}: {error}; remove it to go on", path.display());
                io::Error::new(io::ErrorKind::InvalidData, why)
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::default(),
            Err(error) => return Err(error),
        };
        let is_of_this_boot = kept.boot == boot;
        let kept =
            if is_of_this_boot { kept } else { Kept { boot: boot.to_owned(), ..Kept::default() } };
        Ok(Self { path, kept })
    }

    /// Takes note which interfaces' rules are enforced now. `grace` is for those whose were not before.
    pub(super) fn set<'a>(
        &mut self,
        enforced: impl IntoIterator<Item = &'a str>,
        since_boot: Duration,
        grace: Duration,
    ) -> io::Result<()> {
        let fresh = u32::try_from((since_boot + grace).as_secs()).unwrap_or(u32::MAX);
        let grace_until: BTreeMap<String, u32> = enforced
            .into_iter()
            .map(|id| (id.to_owned(), self.kept.grace_until.get(id).copied().unwrap_or(fresh)))
            .collect();
        if grace_until != self.kept.grace_until {
            self.kept.grace_until = grace_until;
            self.write()?;
        }
        Ok(())
    }

    /// Returns the second since boot until which connections of an interface are let on; 0 where nothing is enforced.
    pub(super) fn grace_until(&self, interface: &str) -> u32 {
        self.kept.grace_until.get(interface).copied().unwrap_or(0)
    }

    fn write(&self) -> io::Result<()> {
        let new = self.path.with_extension("new");
        let mut file = fs::File::create(&new)?;
        file.write_all(&serde_json::to_vec(&self.kept)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_mins(5);

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn grace_is_given_once_and_anew_after_a_break() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Enforcement::open_in(directory.path(), "boot-1").unwrap();
        let mut enforcement = open();
        assert_eq!(enforcement.grace_until("eni-1"), 0);
        enforcement.set(["eni-1"], at(100), GRACE).unwrap();
        enforcement.set(["eni-1", "eni-2"], at(200), GRACE).unwrap();

        let mut again = open();
        again.set(["eni-1", "eni-2"], at(900), GRACE).unwrap();
        assert_eq!((again.grace_until("eni-1"), again.grace_until("eni-2")), (400, 500));

        again.set(["eni-2"], at(1000), GRACE).unwrap();
        again.set(["eni-1", "eni-2"], at(1100), GRACE).unwrap();
        assert_eq!((again.grace_until("eni-1"), again.grace_until("eni-2")), (1400, 500));
    }

    #[test]
    fn after_a_boot_everything_begins_anew() {
        let directory = tempfile::tempdir().unwrap();
        let mut enforcement = Enforcement::open_in(directory.path(), "boot-1").unwrap();
        enforcement.set(["eni-1"], at(100), GRACE).unwrap();

        let mut next = Enforcement::open_in(directory.path(), "boot-2").unwrap();
        assert_eq!(next.grace_until("eni-1"), 0);
        next.set(["eni-1"], at(10), GRACE).unwrap();
        assert_eq!(next.grace_until("eni-1"), 310);
    }
}
