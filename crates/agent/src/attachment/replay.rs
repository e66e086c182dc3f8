//! A capture file, replayed as if it were now (`semantics.md` 21, 27).
//!
//! The store refuses what is old, so time is shifted. The shift is kept with the name of the run: a replay
//! that was killed begins again, makes the same batches with the same numbers, and nothing is doubled.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flowlogd_flowlog::Mode;
use serde::{Deserialize, Serialize};

use super::bench::Bench;
use super::live::{first_grant, new_run};
use super::{AttachmentError, Surroundings, unix_time};
use crate::capture::{CaptureError, CaptureReader, Chunk, Progress};
use crate::config::{AttachmentConfig, Pace};
use crate::journal::Mark;

/// Between two looks whether there is room or it is time.
const PATIENCE: Duration = Duration::from_millis(20);
/// What is read at a time.
const CHUNK_SIZE: usize = 1 << 18;

/// What is kept of a replay beside its batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Progressed {
    run: String,
    /// The file, its size and the time of its last change: another one is another replay.
    path: PathBuf,
    size: u64,
    modified: Duration,
    /// Seconds that are added to every time.
    shift: i64,
    finished: bool,
}

/// Replays a file once, and then waits to be told to stop.
pub(super) fn run(
    attachment: &AttachmentConfig,
    path: &Path,
    surroundings: &Surroundings,
) -> Result<(), AttachmentError> {
    let mut surroundings = surroundings.clone();
    let Some(snapshot) = first_grant(attachment, &mut surroundings) else { return Ok(()) };
    let record = surroundings.directory.join("replay.json");
    let mut progressed = begin(attachment, path, &record)?;
    if !progressed.finished {
        let mut bench = Bench::new(
            attachment,
            &surroundings,
            &snapshot,
            &progressed.run,
            Mode::Replay,
            None,
            None,
        )?;
        surroundings.board.work(&attachment.interface, "capturing");
        if !feed(attachment, path, progressed.shift, &mut surroundings, &mut bench)? {
            // Told to stop before the end: the next start begins again.
            return Ok(());
        }
        if surroundings
            .desk
            .newest()
            .is_none_or(|now| now.covering(&attachment.interface).is_empty())
        {
            tracing::warn!(
                interface = attachment.interface,
                record = %record.display(),
                "no flow log covers the interface, so that the replay is recorded nowhere; to replay it again, remove its record"
            );
        }
        bench.finish(Mark::default())?;
        progressed.finished = true;
        write(&record, &progressed)?;
    }
    surroundings.board.work(&attachment.interface, "finished");
    Ok(())
}

/// Goes on with an earlier replay of the same file, or begins a new one.
fn begin(
    attachment: &AttachmentConfig,
    path: &Path,
    record: &Path,
) -> Result<Progressed, AttachmentError> {
    let metadata = fs::metadata(path)
        .map_err(|error| AttachmentError::Capture(format!("{}: {error}", path.display())))?;
    let modified = metadata.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let earlier = match fs::read(record) {
        Ok(bytes) => serde_json::from_slice::<Progressed>(&bytes).ok(),
        Err(_) => None,
    };
    if let Some(earlier) = earlier
        && (earlier.path.as_path(), earlier.size, earlier.modified)
            == (path, metadata.len(), modified)
    {
        return Ok(earlier);
    }
    let (first, last) = extent(path)?.ok_or_else(|| {
        AttachmentError::Capture(format!("{}: there is no packet in it", path.display()))
    })?;
    let now = i64::try_from(unix_time().as_secs()).unwrap_or(i64::MAX);
    let anchor = match attachment.pace {
        Pace::Real => first,
        Pace::Fast => last,
    };
    let shift = now - i64::try_from(anchor).unwrap_or(i64::MAX);
    let progressed = Progressed {
        run: new_run(),
        path: path.to_owned(),
        size: metadata.len(),
        modified,
        shift,
        finished: false,
    };
    write(record, &progressed)?;
    tracing::info!(
        path = %path.display(),
        shift,
        "replay: so many seconds are added to the time of every packet, so that the {} one is now",
        if attachment.pace == Pace::Real { "first" } else { "last" }
    );
    Ok(progressed)
}

fn write(record: &Path, progressed: &Progressed) -> Result<(), AttachmentError> {
    if let Some(directory) = record.parent() {
        fs::create_dir_all(directory)?;
    }
    let new = record.with_extension("new");
    fs::write(&new, serde_json::to_vec(progressed).map_err(std::io::Error::from)?)?;
    fs::File::open(&new)?.sync_all()?;
    fs::rename(&new, record)?;
    Ok(())
}

/// Returns the seconds of the earliest and the latest packet.
fn extent(path: &Path) -> Result<Option<(u64, u64)>, AttachmentError> {
    let mut reader = open(path)?;
    let mut chunk = Chunk::default();
    let mut extent: Option<(u64, u64)> = None;
    while next(&mut reader, &mut chunk)? {
        for frame in &chunk.frames {
            let (first, last) = extent.unwrap_or((frame.secs, frame.secs));
            extent = Some((first.min(frame.secs), last.max(frame.secs)));
        }
    }
    Ok(extent)
}

/// Feeds the file to the bench; says whether it came to its end.
fn feed(
    attachment: &AttachmentConfig,
    path: &Path,
    shift: i64,
    surroundings: &mut Surroundings,
    bench: &mut Bench,
) -> Result<bool, AttachmentError> {
    let mut reader = open(path)?;
    let mut chunk = Chunk::default();
    while next(&mut reader, &mut chunk)? {
        for frame in &mut chunk.frames {
            frame.secs = frame.secs.saturating_add_signed(shift);
        }
        let clock = bench.counter.watermark();
        if let Some(snapshot) = surroundings.desk.take_new()
            && snapshot.refusal(&attachment.interface).is_none()
        {
            bench.configure(&snapshot, clock)?;
        }
        match attachment.pace {
            Pace::Fast => {
                // The file can wait: nothing gives way in the spool for it.
                while !surroundings.sink.has_room() {
                    if surroundings.is_over() {
                        return Ok(false);
                    }
                    std::thread::sleep(PATIENCE);
                }
                bench.take(&chunk)?;
            }
            Pace::Real => {
                let frames = std::mem::take(&mut chunk.frames);
                for second in frames.chunk_by(|a, b| a.secs == b.secs) {
                    let due = second.first().map_or(0, |frame| frame.secs);
                    while unix_time().as_secs() < due {
                        if surroundings.is_over() {
                            return Ok(false);
                        }
                        bench.advance(unix_time().as_secs())?;
                        std::thread::sleep(PATIENCE);
                    }
                    chunk.frames.clear();
                    chunk.frames.extend_from_slice(second);
                    bench.take(&chunk)?;
                }
            }
        }
        if surroundings.is_over() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn open(path: &Path) -> Result<CaptureReader, AttachmentError> {
    let reader = CaptureReader::open(path).map_err(|error| failed(&error))?;
    Ok(reader.with_chunk_size(CHUNK_SIZE))
}

/// Reads on; a capture that breaks off is replayed as far as it goes, and that is told.
fn next(reader: &mut CaptureReader, chunk: &mut Chunk) -> Result<bool, AttachmentError> {
    match reader.next_chunk(chunk) {
        Ok(Progress::Frames) => Ok(true),
        Ok(Progress::End) => Ok(false),
        Err(error @ CaptureError::Broken { .. }) => {
            tracing::warn!(%error, "the capture breaks off; what came before is replayed");
            Ok(false)
        }
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &CaptureError) -> AttachmentError {
    AttachmentError::Capture(error.to_string())
}
