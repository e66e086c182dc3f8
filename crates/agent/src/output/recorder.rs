//! Renders closed windows on all threads, and writes them in order.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use flowlogd_flowlog::{Closed, ClosedWindow, LogFormat, ParquetWriter, Part, Record};
use flowlogd_vpc::InterfaceIndex;
use rayon::prelude::*;

use super::files::{Destination, FilePerInterface, OutputError};
use super::renderer::{Encoding, Piece, RecorderOptions, Renderer, Written};
use crate::engine::Rules;

enum Files {
    One(OneFile),
    PerInterface(FilePerInterface),
    Parquet(ParquetFiles),
}

struct OneFile {
    out: BufWriter<Box<dyn Write + Send>>,
    path: Option<PathBuf>,
}

impl OneFile {
    fn error(&self) -> impl FnOnce(io::Error) -> OutputError {
        let path = self.path.clone();
        move |source| match path {
            Some(path) => OutputError::Path { path, source },
            None => OutputError::Stream(source),
        }
    }
}

type ParquetFile = ParquetWriter<BufWriter<Box<dyn Write + Send>>>;

/// Parquet is written row by row and not in parallel: its columns are not stretches of bytes.
struct ParquetFiles {
    directory: Option<FilePerInterface>,
    open: BTreeMap<InterfaceIndex, (PathBuf, ParquetFile)>,
}

/// Turns closed windows into records and writes them.
pub struct Recorder {
    renderer: Renderer,
    files: Files,
    written: Written,
    threads: usize,
}

/// Flows that are rendered as one piece: about a megabyte of text.
const FLOWS_PER_PART: usize = 8192;

impl Recorder {
    /// Opens the destination. Rendering runs on the current rayon pool of `threads` threads.
    pub fn new(
        rules: Arc<Rules>,
        options: RecorderOptions,
        destination: Destination,
        threads: usize,
    ) -> Result<Self, OutputError> {
        let encoding = options.encoding;
        let mut renderer = Renderer { rules, options, by_interface: false };
        let suffix = match encoding {
            Encoding::Text => ".log",
            Encoding::Gzip => ".log.gz",
            Encoding::Json => ".json",
            Encoding::Parquet => ".log.parquet",
        };
        let (one, path) = match destination {
            Destination::Directory(directory) => {
                let directory = FilePerInterface::new(directory, suffix)?;
                let files = match encoding {
                    Encoding::Text | Encoding::Gzip | Encoding::Json => {
                        Files::PerInterface(directory)
                    }
                    Encoding::Parquet => Files::Parquet(ParquetFiles {
                        directory: Some(directory),
                        open: BTreeMap::new(),
                    }),
                };
                renderer.by_interface = true;
                return Ok(Self { renderer, files, written: Written::default(), threads });
            }
            Destination::Stream(stream) => (stream, None),
            Destination::File(path) => {
                let file = File::create(&path).map_err(OutputError::path(&path))?;
                (Box::new(file) as Box<dyn Write + Send>, Some(path))
            }
        };
        let out = BufWriter::with_capacity(1 << 16, one);
        let files = if encoding == Encoding::Parquet {
            let path = path.unwrap_or_else(|| PathBuf::from("the output"));
            let file = open_parquet(&renderer.options.format, out, &path)?;
            let open = BTreeMap::from([(InterfaceIndex(0), (path, file))]);
            Files::Parquet(ParquetFiles { directory: None, open })
        } else {
            let mut file = OneFile { out, path };
            file.out.write_all(&renderer.header()).map_err(file.error())?;
            Files::One(file)
        };
        Ok(Self { renderer, files, written: Written::default(), threads })
    }

    /// Writes what [`Engine`](crate::Engine) closed.
    pub fn write(&mut self, closed: &[Closed]) -> Result<(), OutputError> {
        for closed in closed {
            match closed {
                Closed::LongGap { first, windows } => self.written.add_gap(*first, *windows),
                Closed::Window(window) => self.write_window(window)?,
            }
        }
        Ok(())
    }

    /// Hands everything to the operating system. What a kill would lose is what was not flushed.
    pub fn flush(&mut self) -> Result<(), OutputError> {
        match &mut self.files {
            Files::One(file) => file.out.flush().map_err(file.error()),
            Files::PerInterface(files) => files.flush(),
            Files::Parquet(_) => Ok(()),
        }
    }

    /// Completes all files.
    pub fn finish(mut self) -> Result<Written, OutputError> {
        self.flush()?;
        if let Files::Parquet(files) = self.files {
            for (path, file) in files.open.into_values() {
                let mut out = file
                    .finish()
                    .map_err(|source| OutputError::Parquet { path: path.clone(), source })?;
                out.flush().map_err(OutputError::path(&path))?;
            }
        }
        Ok(self.written)
    }

    fn write_window(&mut self, window: &ClosedWindow) -> Result<(), OutputError> {
        let parts = window.parts(window.flows().div_ceil(FLOWS_PER_PART).max(1));
        if matches!(self.files, Files::Parquet(_)) {
            return parts.iter().try_for_each(|part| self.write_rows(window, part));
        }
        // A few parts for every thread at a time, so that memory does not grow with the window.
        let at_a_time = if self.threads == 1 { 1 } else { self.threads * 4 };
        for group in parts.chunks(at_a_time) {
            let renderer = &self.renderer;
            let rendered: Vec<_> = if let [part] = group {
                vec![renderer.render(window, part)]
            } else {
                group.par_iter().map(|part| renderer.render(window, part)).collect()
            };
            for (pieces, written) in rendered {
                self.written.merge(written);
                self.write_pieces(&pieces)?;
            }
        }
        Ok(())
    }

    fn write_pieces(&mut self, pieces: &[Piece]) -> Result<(), OutputError> {
        let header = self.renderer.header();
        for (interface, bytes) in pieces {
            match &mut self.files {
                Files::One(file) => file.out.write_all(bytes).map_err(file.error())?,
                Files::PerInterface(files) => {
                    files.append(self.renderer.interface_id(*interface), &header, bytes)?;
                }
                Files::Parquet(_) => {}
            }
        }
        Ok(())
    }

    fn write_rows(&mut self, window: &ClosedWindow, part: &Part<'_>) -> Result<(), OutputError> {
        let Files::Parquet(files) = &mut self.files else { return Ok(()) };
        let (renderer, mut result) = (&self.renderer, Ok(()));
        renderer.for_each_record(window, part, &mut self.written, |interface, record| {
            if result.is_ok() {
                result = files.write(renderer, interface, record);
            }
        });
        result
    }
}

impl ParquetFiles {
    fn write(
        &mut self,
        renderer: &Renderer,
        interface: InterfaceIndex,
        record: &Record<'_>,
    ) -> Result<(), OutputError> {
        let place = if self.directory.is_some() { interface } else { InterfaceIndex(0) };
        if let Some(directory) = &self.directory
            && !self.open.contains_key(&place)
        {
            let path = directory.path_of(renderer.interface_id(interface));
            let file = File::create(&path).map_err(OutputError::path(&path))?;
            let out = BufWriter::new(Box::new(file) as Box<dyn Write + Send>);
            let file = open_parquet(&renderer.options.format, out, &path)?;
            self.open.insert(place, (path, file));
        }
        match self.open.get_mut(&place) {
            Some((path, file)) => file
                .write(record)
                .map_err(|source| OutputError::Parquet { path: path.clone(), source }),
            None => Ok(()),
        }
    }
}

fn open_parquet(
    format: &LogFormat,
    out: BufWriter<Box<dyn Write + Send>>,
    path: &std::path::Path,
) -> Result<ParquetFile, OutputError> {
    ParquetWriter::new(out, format)
        .map_err(|source| OutputError::Parquet { path: path.to_owned(), source })
}
