//! A directory for one input, for readers that read files.

use std::path::{Path, PathBuf};
use std::{env, fs, process, thread};

/// A directory that goes with its end, after a panic too.
pub(super) struct Directory(PathBuf);

impl Directory {
    /// Makes an empty one, with these files in it.
    pub(super) fn with(files: &[(&str, &[u8])]) -> Self {
        let name = format!("flowlogd-fuzz-{}-{:?}", process::id(), thread::current().id());
        let directory = Self(env::temp_dir().join(name));
        let _ = fs::remove_dir_all(&directory.0);
        fs::create_dir_all(&directory.0).expect("a directory");
        for (name, content) in files {
            fs::write(directory.0.join(name), content).expect("a file");
        }
        directory
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the content of a file; nothing where there is none.
    pub(super) fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.0.join(name)).ok()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Cuts an input in two behind a line end and before `--`, which is left out with its own line end.
pub(super) fn two_files(data: &[u8]) -> (&[u8], &[u8]) {
    const BETWEEN: &[u8] = b"\n--\n";
    let Some(cut) = data.windows(BETWEEN.len()).position(|window| window == BETWEEN) else {
        return (data, &[]);
    };
    let (first, rest) = data.split_at(cut + 1);
    (first, rest.split_at(BETWEEN.len() - 1).1)
}

/// CRC-32 as both journals have it, so that what is behind a checksum is reached too.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(sum & 1))
        })
    })
}
