//! The rules of an attachment as they change, and the inventories that they come from.

use std::sync::Arc;

use flowlogd_vpc::{CompileOptions, Inventory, ReservedAddresses};

use super::{AttachmentError, Snapshot};
use crate::config::AgentConfig;
use crate::engine::Rules;
use crate::journal::{Journal, Recovered};
use crate::timeline::Timeline;
use flowlogd_flowlog::Mode;

/// Every generation so far. Numbers that flows, journals and the kernel refer to stay the same: compiled again in the
/// same order, everything gets the same.
pub(super) struct Generations {
    rules: Arc<Rules>,
    inventory: Arc<str>,
    compile: CompileOptions,
    /// The one interface that is judged; all of them without it.
    only: Option<String>,
}

impl Generations {
    /// Begins with the rules of a snapshot, or goes on with those that a journal knows.
    pub(super) fn begin(
        snapshot: &Snapshot,
        recovered: Option<&Recovered>,
        journal: Option<&mut Journal>,
        compile: CompileOptions,
        only: Option<&str>,
    ) -> Result<Self, AttachmentError> {
        let mut inventory: Arc<str> = Arc::clone(&snapshot.inventory);
        let earlier = recovered.map(|recovered| recovered.rules.as_slice()).unwrap_or_default();
        let timeline = if let [(from, first), more @ ..] = earlier {
            let mut timeline = Timeline::new(vec![(*from, read(first)?)], compile)?;
            inventory = first.as_str().into();
            for (from, text) in more {
                timeline = timeline.extended(*from, read(text)?, compile)?;
                inventory = text.as_str().into();
            }
            timeline
        } else {
            if let Some(journal) = journal {
                journal.add_rules(0, &snapshot.inventory)?;
            }
            Timeline::new(vec![(0, read(&snapshot.inventory)?)], compile)?
        };
        let only = only.map(ToOwned::to_owned);
        Ok(Self { rules: rules(timeline, only.as_deref())?, inventory, compile, only })
    }

    /// Takes the rules of a newer snapshot into force, from a second of the packets' clock on. Returns whether they are
    /// other ones.
    pub(super) fn extend(
        &mut self,
        snapshot: &Snapshot,
        clock: u64,
        journal: Option<&mut Journal>,
    ) -> Result<bool, AttachmentError> {
        if self.inventory == snapshot.inventory {
            return Ok(false);
        }
        let Some(timeline) = self.rules.timeline() else { return Ok(false) };
        let next = timeline.extended(clock, read(&snapshot.inventory)?, self.compile)?;
        if let Some(journal) = journal {
            journal.add_rules(clock, &snapshot.inventory)?;
        }
        self.rules = rules(next, self.only.as_deref())?;
        self.inventory = Arc::clone(&snapshot.inventory);
        Ok(true)
    }

    /// Returns the rules of all generations.
    pub(super) const fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }
}

/// Returns how inventories are compiled.
pub(super) fn compile_options(config: &AgentConfig, mode: Mode) -> CompileOptions {
    let by_mode = match mode {
        Mode::Replay => ReservedAddresses::Aws,
        Mode::Enforce | Mode::Observe => ReservedAddresses::None,
    };
    CompileOptions { reserved_addresses: config.reserved_addresses.map_or(by_mode, Into::into) }
}

fn read(inventory: &str) -> Result<Inventory, AttachmentError> {
    Inventory::from_json(inventory).map_err(|errors| {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        AttachmentError::Inventory(texts.join("; "))
    })
}

fn rules(timeline: Timeline, only: Option<&str>) -> Result<Arc<Rules>, AttachmentError> {
    let Some(only) = only else { return Ok(Arc::new(Rules::Inventory { timeline, only: None })) };
    let index = timeline
        .interface(only)
        .ok_or_else(|| AttachmentError::Inventory(format!("it does not have {only}")))?;
    Ok(Arc::new(Rules::Inventory { timeline, only: Some(index) }))
}
