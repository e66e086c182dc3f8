//! Files of records.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::anyhow;
use flowlogd_agent::explain::MissingFields;
use flowlogd_flowlog::{Faults, LogFormat, ParsedRecord, RecordReader};

use crate::exit_status::{Failure, Status};
use crate::messages::say;

/// What became of a file.
pub(crate) struct Read {
    pub(crate) status: Status,
    pub(crate) faulty_lines: u64,
}

/// Faulty lines of a file that are told one by one.
pub(crate) const TOLD_FAULTS: usize = 5;

/// Takes a record; a format by which it cannot be judged is an error.
pub(crate) type Take<'a> = dyn FnMut(&ParsedRecord<'_>) -> Result<(), MissingFields> + 'a;

/// Reads one file as far as it goes; what is wrong with it goes to the standard error.
///
/// Only a format that makes every record inexplicable fails the whole command.
pub(crate) fn read(
    path: &Path,
    format: Option<&LogFormat>,
    take: &mut Take<'_>,
) -> Result<Read, Failure> {
    let name = path.display().to_string();
    if path.as_os_str() == "-" {
        return read_from(io::stdin().lock(), "standard input", format, take);
    }
    match File::open(path) {
        Ok(file) => read_from(BufReader::with_capacity(1 << 18, file), &name, format, take),
        Err(error) => Ok(unreadable(&name, error)),
    }
}

fn read_from(
    mut input: impl BufRead,
    name: &str,
    format: Option<&LogFormat>,
    take: &mut Take<'_>,
) -> Result<Read, Failure> {
    // The reader meets the same error, if there is one.
    if let Ok(start) = input.fill_buf()
        && let Some(what) = foreign(start)
    {
        return Ok(unreadable(name, anyhow!(what)));
    }
    let mut reader = match RecordReader::new(input, format.cloned()) {
        Ok(reader) => reader,
        Err(error) => return Ok(unreadable(name, error)),
    };
    let inexplicable = |missing: MissingFields| Failure::usage(anyhow!("{name}: {missing}"));
    MissingFields::check(reader.format()).map_err(inexplicable)?;
    let broken = loop {
        match reader.next_record() {
            Ok(Some(record)) => take(&record).map_err(inexplicable)?,
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    tell_faults(name, reader.faults());
    let faulty_lines = reader.faults().count();
    let mut status = if faulty_lines > 0 { Status::Broken } else { Status::Done };
    if let Some(error) = broken {
        tell(name, error);
        status = Status::Broken;
    }
    Ok(Read { status, faulty_lines })
}

/// Returns what a file is that surely is no text records, and what to give instead.
fn foreign(start: &[u8]) -> Option<&'static str> {
    match start {
        [b'{', ..] => Some(
            "JSON is not read: give records as text, as `replay --output-format text` writes them or \
             `aws logs filter-log-events --query 'events[].[message]' --output text` prints them",
        ),
        [b'P', b'A', b'R', b'1', ..] => Some(
            "Parquet is not read: give records as text, as `replay --output-format text` writes them",
        ),
        // 2023-11-14T
        [y, _, _, _, b'-', _, _, b'-', _, _, b'T', ..] if y.is_ascii_digit() => Some(
            "lines begin with a time, as `aws logs tail` prints them: give the messages alone, as \
             `aws logs filter-log-events --query 'events[].[message]' --output text` prints them",
        ),
        _ => None,
    }
}

fn unreadable(name: &str, error: impl Into<anyhow::Error>) -> Read {
    tell(name, error);
    Read { status: Status::Unreadable, faulty_lines: 0 }
}

fn tell(name: &str, error: impl Into<anyhow::Error>) {
    say(format_args!("flowlogd: {:#}", error.into().context(name.to_owned())));
}

fn tell_faults(name: &str, faults: &Faults) {
    for numbered in faults.first().iter().take(TOLD_FAULTS) {
        say(format_args!("flowlogd: {name}:{}: {}", numbered.line, numbered.fault));
    }
    let untold = faults.count().saturating_sub(TOLD_FAULTS as u64);
    if untold > 0 {
        say(format_args!("flowlogd: {name}: {untold} more lines are no records"));
    }
}
