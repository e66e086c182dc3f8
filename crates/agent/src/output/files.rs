//! Where rendered records go.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::iter;
use std::path::{Path, PathBuf};

/// Where records are written to.
pub enum Destination {
    /// One stream, such as the standard output.
    Stream(Box<dyn Write + Send>),
    /// One file, replaced if it is there.
    File(PathBuf),
    /// A directory, made if it is not there, with one file for each interface.
    Directory(PathBuf),
}

/// Why records could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A file or directory could not be made or written.
    #[error("cannot write {}", path.display())]
    Path {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The stream could not be written.
    #[error("cannot write the output")]
    Stream(#[source] io::Error),
    /// Records do not fit the Parquet columns.
    #[error("cannot write {} as Parquet", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: flowlogd_flowlog::ParquetWriteError,
    },
}

impl OutputError {
    pub(crate) fn path(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Path { path, source }
    }

    /// Returns whether the reader of the stream has gone away.
    pub fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Stream(error) | Self::Path { source: error, .. } => {
                error.kind() == io::ErrorKind::BrokenPipe
            }
            Self::Parquet { source, .. } => {
                iter::successors(source.source(), |&cause| cause.source())
                    .filter_map(|cause| cause.downcast_ref::<io::Error>())
                    .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
            }
        }
    }
}

/// Files that are held open at a time; the usual limit of a process is 1,024.
const MAX_OPEN: usize = 256;
const BUFFER: usize = 1 << 16;

/// The files of a directory, by interface, of which a bounded number is open.
pub(crate) struct FilePerInterface {
    directory: PathBuf,
    suffix: &'static str,
    open: BTreeMap<String, BufWriter<File>>,
    begun: BTreeMap<String, PathBuf>,
}

impl FilePerInterface {
    pub(crate) fn new(directory: PathBuf, suffix: &'static str) -> Result<Self, OutputError> {
        fs::create_dir_all(&directory).map_err(OutputError::path(&directory))?;
        Ok(Self { directory, suffix, open: BTreeMap::new(), begun: BTreeMap::new() })
    }

    pub(crate) fn path_of(&self, interface: &str) -> PathBuf {
        // Ids come from a file that anyone may have written.
        let safe: String = interface
            .chars()
            .map(|char| if char.is_ascii_alphanumeric() || char == '-' { char } else { '_' })
            .collect();
        let name = if safe.is_empty() { "unknown" } else { &safe };
        self.directory.join(format!("{name}{}", self.suffix))
    }

    /// Appends to the file of an interface; a file that this run has not begun is begun with `header`.
    pub(crate) fn append(
        &mut self,
        interface: &str,
        header: &[u8],
        bytes: &[u8],
    ) -> Result<(), OutputError> {
        let path = self.path_of(interface);
        if !self.open.contains_key(interface) {
            if self.open.len() >= MAX_OPEN {
                self.flush()?;
                self.open.clear();
            }
            let begun = self.begun.contains_key(interface);
            let file = if begun {
                OpenOptions::new().append(true).open(&path)
            } else {
                File::create(&path)
            }
            .map_err(OutputError::path(&path))?;
            let mut writer = BufWriter::with_capacity(BUFFER, file);
            if !begun {
                writer.write_all(header).map_err(OutputError::path(&path))?;
                self.begun.insert(interface.to_owned(), path.clone());
            }
            self.open.insert(interface.to_owned(), writer);
        }
        match self.open.get_mut(interface) {
            Some(writer) => writer.write_all(bytes).map_err(OutputError::path(&path)),
            None => Ok(()),
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), OutputError> {
        for (interface, writer) in &mut self.open {
            let path = self.begun.get(interface).cloned().unwrap_or_default();
            writer.flush().map_err(OutputError::path(&path))?;
        }
        Ok(())
    }
}
