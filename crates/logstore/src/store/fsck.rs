//! Looking a whole store over while nobody has it open, and setting aside what is damaged.

mod blocks;
mod findings;
mod segments;

use std::path::Path;

use rusqlite::Connection;

use super::{locked, schema};
use crate::cold::Objects;
use crate::{StoreError, database};
pub use findings::{Damage, Findings, Orphan, Part};

/// What is done about damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mending {
    /// Nothing: it is only named.
    None,
    /// It is moved to `damaged/`, so that nobody meets it any more.
    SetAside,
}

/// Where damage is set aside, below the store's directory.
const DAMAGED: &str = "damaged";

/// A store that is being looked over.
struct Examination<'a> {
    directory: &'a Path,
    mending: Mending,
    catalog: Connection,
    objects: Objects,
    findings: Findings,
}

/// Looks over the store in a directory that no process has open: the catalog's pages, every block, every
/// byte of every live segment against its checksums, and files that the catalog does not know. What is
/// damaged is set aside if that is wanted; all else stays as it is, and readable.
///
/// A catalog that is damaged itself is named, and then nothing is changed: only a backup mends it. A store
/// that a process has open is [`StoreError::InUse`].
pub fn fsck(directory: &Path, mending: Mending) -> Result<Findings, StoreError> {
    let _lock = locked(directory)?;
    let path = directory.join(super::CATALOG);
    let faults = database::faults(&path)?;
    if !path.exists() {
        return Ok(Findings { catalog: faults, ..Findings::default() });
    }
    let mending = if faults.is_empty() { mending } else { Mending::None };
    let catalog = match mending {
        Mending::None => database::reading(&path)?,
        Mending::SetAside => {
            let mut catalog = Connection::open(&path)?;
            schema::prepare(&mut catalog)?;
            catalog
        }
    };
    let objects = Objects::open(directory)?;
    let findings = Findings { catalog: faults, ..Findings::default() };
    let mut examination = Examination { directory, mending, catalog, objects, findings };
    match examination.run() {
        Err(StoreError::Database(error)) if !examination.findings.catalog.is_empty() => {
            let what = format!("it could not be read to its end: {error}");
            examination.findings.catalog.push(what);
        }
        ran => ran?,
    }
    Ok(examination.findings)
}

impl Examination<'_> {
    fn run(&mut self) -> Result<(), StoreError> {
        let version = schema::version(&self.catalog)?;
        self.look_at_blocks()?;
        if version >= schema::WITH_SEGMENTS {
            self.look_at_segments()?;
        }
        Ok(())
    }
}
