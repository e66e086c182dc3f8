//! What was found, and how it is told.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What was found in a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What is wrong with the catalog itself, `meta.db`. Only a backup mends that.
    pub catalog: Vec<String>,
    /// Blocks that were read.
    pub blocks: u64,
    /// Live segments that were read.
    pub segments: u64,
    /// Events of blocks and segments that are sound.
    pub events: u64,
    /// Bytes of segments that were read.
    pub bytes: u64,
    /// What is damaged.
    pub damage: Vec<Damage>,
    /// Files of unfinished work: they hold no event that was acknowledged and is not elsewhere too, and the
    /// server's next start removes them.
    pub orphans: Vec<Orphan>,
    /// Segments that were set aside before.
    pub set_aside_before: u64,
}

impl Findings {
    /// Whether nothing is damaged; files of unfinished work are no damage.
    pub const fn is_sound(&self) -> bool {
        self.catalog.is_empty() && self.damage.is_empty()
    }
}

/// A part of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A block, by its id.
    Block(i64),
    /// A segment, by its key.
    Segment(String),
}

/// A part that is damaged: its events are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Which.
    pub part: Part,
    /// Name of its group; empty where the catalog has it no more.
    pub group: String,
    /// How many events it had.
    pub events: u64,
    /// Timestamp of its earliest event, Unix milliseconds.
    pub first: i64,
    /// Timestamp of its latest event, Unix milliseconds.
    pub last: i64,
    /// What is wrong with it.
    pub why: String,
    /// Where it is, below the store's directory, if it was set aside and there was anything left of it.
    pub set_aside: Option<String>,
}

/// A file that the catalog does not know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Orphan {
    /// Its path below the store's directory.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block(id) => write!(f, "block {id}"),
            Self::Segment(key) => f.write_str(key),
        }
    }
}

/// One line, without a full stop.
impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, group, events, first, last, why, set_aside } = self;
        let group = if group.is_empty() {
            "a log group that was deleted".to_owned()
        } else {
            format!("log group {group}")
        };
        // Most reasons begin with the name.
        let named = part.to_string();
        let why =
            why.strip_prefix(&named).map_or(why.as_str(), |why| why.trim_start_matches([':', ' ']));
        write!(
            f,
            "{named} ({group}, {events} events from {} to {}): {why}",
            Time(*first),
            Time(*last)
        )?;
        match set_aside {
            Some(place) => write!(f, "; set aside as {place}"),
            None => Ok(()),
        }
    }
}

/// Unix milliseconds as people write them.
struct Time(i64);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = i128::from(self.0) * 1_000_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
        match time.ok().and_then(|time| time.format(&Rfc3339).ok()) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{} ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_in_one_line() {
        let damage = Damage {
            part: Part::Segment("segments/1/a.parquet".to_owned()),
            group: "flow-logs".to_owned(),
            events: 12,
            first: 1_795_651_200_000,
            last: 1_795_651_200_500,
            why: "segments/1/a.parquet: bytes 0 to 16384 are not what was written".to_owned(),
            set_aside: Some("damaged/segments/1/a.parquet".to_owned()),
        };

        assert_eq!(
            damage.to_string(),
            "segments/1/a.parquet (log group flow-logs, 12 events from 2026-11-26T00:00:00Z to \
             2026-11-26T00:00:00.5Z): bytes 0 to 16384 are not what was written; set aside as \
             damaged/segments/1/a.parquet"
        );
    }
}
