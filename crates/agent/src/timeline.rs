//! Rules that change while packets are read.

use std::sync::Arc;

use flowlogd_flowlog::{Generation, INTERFACE_BITS};
use flowlogd_vpc::{CompileOptions, InterfaceIndex, Inventory, RuleBook, Ruleset};

/// Rulesets in the order in which they come into force.
#[derive(Clone, Debug)]
pub struct Timeline {
    // Invariants: not empty, ascending, at most 65,536; the first is in force from the beginning.
    rulesets: Vec<(u64, Arc<Ruleset>)>,
    book: RuleBook,
}

/// Why inventories do not make a timeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimelineError {
    /// There is nothing to judge by.
    #[error("a rule timeline needs at least one inventory")]
    Empty,
    /// Two inventories claim the same moment.
    #[error("two inventories are in force from second {0}: give each its own @TIME")]
    SameMoment(u64),
    /// More than a record can refer to.
    #[error("a rule timeline holds at most 65536 inventories, not {0}")]
    TooMany(usize),
    /// More than a flow key can hold.
    #[error("an engine judges at most {most} network interfaces, not {given}")]
    TooManyInterfaces {
        /// So many.
        most: usize,
        /// Those of all inventories together.
        given: usize,
    },
}

impl Timeline {
    /// Compiles inventories, each with the Unix second from which it is in force. The earliest also
    /// judges what came before it.
    pub fn new(
        mut inventories: Vec<(u64, Inventory)>,
        options: CompileOptions,
    ) -> Result<Self, TimelineError> {
        if inventories.is_empty() {
            return Err(TimelineError::Empty);
        }
        if inventories.len() > usize::from(u16::MAX) + 1 {
            return Err(TimelineError::TooMany(inventories.len()));
        }
        inventories.sort_by_key(|(from, _)| *from);
        if let Some([_, (moment, _)]) = inventories.array_windows().find(|[a, b]| a.0 == b.0) {
            return Err(TimelineError::SameMoment(*moment));
        }
        let interfaces: usize =
            inventories.iter().map(|(_, inventory)| inventory.interfaces.len()).sum();
        let most = 1 << INTERFACE_BITS;
        if interfaces > most {
            return Err(TimelineError::TooManyInterfaces { most, given: interfaces });
        }
        let mut book = RuleBook::default();
        let rulesets = inventories
            .into_iter()
            .map(|(from, inventory)| {
                (from, Arc::new(Ruleset::compile(inventory, options, &mut book)))
            })
            .collect();
        Ok(Self { rulesets, book })
    }

    /// Returns the timeline with one more inventory, in force from second `from`, or from the one after
    /// the last change if that is later. Everything keeps its number.
    pub fn extended(
        &self,
        from: u64,
        inventory: Inventory,
        options: CompileOptions,
    ) -> Result<Self, TimelineError> {
        let mut next = self.clone();
        if next.rulesets.len() > usize::from(u16::MAX) {
            return Err(TimelineError::TooMany(next.rulesets.len() + 1));
        }
        let most = 1 << INTERFACE_BITS;
        let given = next.book.interfaces() + inventory.interfaces.len();
        if given > most {
            return Err(TimelineError::TooManyInterfaces { most, given });
        }
        let last = next.rulesets.last().map_or(0, |(from, _)| *from);
        let ruleset = Ruleset::compile(inventory, options, &mut next.book);
        next.rulesets.push((from.max(last + 1), Arc::new(ruleset)));
        Ok(next)
    }

    /// Returns the number of generations.
    pub const fn generations(&self) -> usize {
        self.rulesets.len()
    }

    /// Returns the names of everything that decisions refer to.
    pub const fn book(&self) -> &RuleBook {
        &self.book
    }

    /// Returns the generation in force at a second of the packets' clock.
    pub fn generation_at(&self, watermark: u64) -> Generation {
        let later = self.rulesets.partition_point(|(from, _)| *from <= watermark);
        // `new` bounds the number.
        Generation(u16::try_from(later.saturating_sub(1)).unwrap_or(u16::MAX))
    }

    /// Returns the second at which the generation after this one comes into force.
    pub fn end_of(&self, generation: Generation) -> Option<u64> {
        self.rulesets.get(usize::from(generation.0) + 1).map(|(from, _)| *from)
    }

    /// Returns the rules of a generation; of a later one than there is, the last.
    pub fn ruleset(&self, generation: Generation) -> &Ruleset {
        let (_, ruleset) = self
            .rulesets
            .get(usize::from(generation.0))
            .or(self.rulesets.last())
            .unwrap_or_else(|| unreachable!("`new` refuses an empty timeline"));
        ruleset
    }

    /// Returns the number of an interface by its id.
    pub fn interface(&self, id: &str) -> Option<InterfaceIndex> {
        self.book.interface_index(id)
    }

    /// Returns the newest ruleset up to `generation` that knows the interface, or the first later one
    /// that does.
    pub fn ruleset_of(
        &self,
        interface: InterfaceIndex,
        generation: Generation,
    ) -> Option<&Ruleset> {
        let known = (usize::from(generation.0) + 1).min(self.rulesets.len());
        let (past, future) = self.rulesets.split_at(known);
        past.iter()
            .rev()
            .chain(future)
            .map(|(_, ruleset)| &**ruleset)
            .find(|ruleset| ruleset.interface(interface).is_some())
    }

    /// Returns the number of interfaces of all generations together.
    pub fn interfaces(&self) -> usize {
        self.book.interfaces()
    }
}
