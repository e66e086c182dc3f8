//! What devices had counted when they were last compared with the program: what passes while there is no program is known
//! by it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Packets of the devices of interfaces.
#[derive(Debug)]
pub(super) struct Gaps {
    path: PathBuf,
    kept: BTreeMap<String, u64>,
}

impl Gaps {
    /// Reads what an earlier process has kept in a directory.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join("devices.json");
        let kept = match fs::read(&path) {
            // Not synchronized with the disk: after a loss of power it may be anything.
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { path, kept })
    }

    /// Returns how many packets an interface's device has counted since: all that it has, if it began anew. Nothing of an
    /// interface that was not looked at.
    pub(super) fn passed(&self, interface: &str, packets: u64) -> u64 {
        let kept = self.kept.get(interface);
        kept.map_or(0, |kept| packets.checked_sub(*kept).unwrap_or(packets))
    }

    /// Takes note of what the devices have counted now.
    pub(super) fn keep(&mut self, packets: BTreeMap<String, u64>) -> io::Result<()> {
        if packets == self.kept {
            return Ok(());
        }
        self.kept = packets;
        let new = self.path.with_extension("new");
        fs::write(&new, serde_json::to_vec(&self.kept)?)?;
        fs::rename(&new, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_between_two_processes_is_known() {
        let directory = tempfile::tempdir().unwrap();
        let mut gaps = Gaps::open(directory.path()).unwrap();
        assert_eq!(gaps.passed("eni-1", 70), 0);
        gaps.keep(BTreeMap::from([("eni-1".to_owned(), 70)])).unwrap();

        let next = Gaps::open(directory.path()).unwrap();
        assert_eq!((next.passed("eni-1", 75), next.passed("eni-1", 4)), (5, 4));
        assert_eq!(next.passed("eni-2", 100), 0);
    }
}
