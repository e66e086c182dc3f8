//! The store itself.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{
    Event, FilterPage, FilterQuery, GetQuery, Group, GroupQuery, InputEvent, NewGroup, Owner,
    StoreError, Stream, StreamQuery,
};

/// Who numbers its batches, so that each is stored once (`semantics.md` 25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producer {
    /// Random, with what it is bound to.
    pub id: String,
    /// Grows from batch to batch of a stream; gaps are allowed.
    pub number: u64,
}

/// Events for a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Whose.
    pub owner: &'a Owner,
    /// Name of the group.
    pub group: &'a str,
    /// Name of the stream.
    pub stream: &'a str,
    /// In the order of their timestamps.
    pub events: Vec<InputEvent>,
    /// By whom.
    pub producer: Option<Producer>,
}

/// Events of a batch that were not stored for their time (`cloudwatch-logs.md` §4.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejected {
    /// From this one on they are more than two hours ahead.
    pub too_new_start: Option<usize>,
    /// Up to this one, exclusive, they are older than 14 days.
    pub too_old_end: Option<usize>,
    /// Up to this one, exclusive, they are older than the group's retention.
    pub expired_end: Option<usize>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is on disk, but for what was rejected.
    Stored {
        /// So many events.
        events: usize,
        /// What was not.
        rejected: Rejected,
    },
    /// It had been stored before.
    Known,
}

/// The log store of a data directory. Clones are handles to the same store.
#[derive(Clone, Debug)]
pub struct LogStore {}

#[expect(clippy::missing_errors_doc, clippy::unused_self, unused_variables, reason = "not built")]
impl LogStore {
    /// Opens the store in a directory, which is made where it is missing.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Makes a group.
    pub fn create_group(
        &self,
        owner: &Owner,
        group: &NewGroup,
        now: i64,
    ) -> Result<(), StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Deletes a group with all that is in it.
    pub fn delete_group(&self, owner: &Owner, name: &str) -> Result<(), StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Returns one group.
    pub fn group(&self, owner: &Owner, name: &str) -> Result<Group, StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Lists groups.
    pub fn groups(&self, owner: &Owner, query: &GroupQuery) -> Result<Vec<Group>, StoreError> {
        Ok(Vec::new())
    }

    /// Sets after how many days events go.
    pub fn set_retention(
        &self,
        owner: &Owner,
        name: &str,
        days: Option<u32>,
    ) -> Result<(), StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Sets whether a group may be deleted.
    pub fn set_protection(
        &self,
        owner: &Owner,
        name: &str,
        protected: bool,
    ) -> Result<(), StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Replaces the tags of a group.
    pub fn set_tags(
        &self,
        owner: &Owner,
        name: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Makes a stream.
    pub fn create_stream(
        &self,
        owner: &Owner,
        group: &str,
        stream: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Deletes a stream with its events.
    pub fn delete_stream(
        &self,
        owner: &Owner,
        group: &str,
        stream: &str,
    ) -> Result<(), StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Lists streams of a group.
    pub fn streams(
        &self,
        owner: &Owner,
        group: &str,
        query: &StreamQuery,
    ) -> Result<Vec<Stream>, StoreError> {
        Ok(Vec::new())
    }

    /// Stores a batch. It is on disk when this returns.
    pub fn put(&self, batch: Batch<'_>, now: i64) -> Result<PutOutcome, StoreError> {
        Err(StoreError::NoGroup)
    }

    /// Reads a page of one stream.
    pub fn get(&self, query: &GetQuery<'_>, now: i64) -> Result<Vec<Event>, StoreError> {
        Ok(Vec::new())
    }

    /// Reads a page of a group's events that match.
    pub fn filter(&self, query: &FilterQuery<'_>, now: i64) -> Result<FilterPage, StoreError> {
        Ok(FilterPage { events: Vec::new(), next: None })
    }

    /// Deletes what has expired, and what was deleted with its stream or group.
    pub fn sweep(&self, now: i64) -> Result<(), StoreError> {
        Ok(())
    }

    /// Bytes of the database on disk.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        Ok(0)
    }
}
