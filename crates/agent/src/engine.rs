//! The engine: packets in, closed windows out.

use std::sync::Arc;

use flowlogd_flowlog::{Closed, Closer, Silence, WindowLength};
use flowlogd_vpc::InterfaceIndex;

use crate::capture::Chunk;
use crate::counter::Counter;
use crate::ledger::Ledger;
use crate::timeline::Timeline;

/// By what packets are judged.
#[derive(Debug)]
pub enum Rules {
    /// By nothing: every packet counts, at one nameless interface.
    Promiscuous,
    /// By inventories.
    Inventory {
        /// The rules over time.
        timeline: Timeline,
        /// The one interface of interest; all of the inventory without it.
        only: Option<InterfaceIndex>,
    },
}

impl Rules {
    /// Returns the rules over time, if there are any.
    pub const fn timeline(&self) -> Option<&Timeline> {
        match self {
            Self::Promiscuous => None,
            Self::Inventory { timeline, .. } => Some(timeline),
        }
    }
}

/// How large the tables may grow, and how long windows are.
#[derive(Clone, Copy, Debug)]
pub struct EngineOptions {
    /// Length of the capture windows.
    pub window: WindowLength,
    /// Flows of all open windows together.
    pub max_flows: usize,
    /// Connections that each interface may have; without it, as many as there is room for.
    pub connection_allowance: Option<usize>,
    /// Whether interfaces without traffic have `NODATA` records.
    pub silence: Silence,
}

/// The engine: packets in, closed windows out.
#[derive(Debug)]
pub struct Engine {
    counter: Counter,
    closer: Closer,
}

impl Engine {
    /// Creates an engine that runs on the current rayon pool of `threads` threads.
    pub fn new(rules: Arc<Rules>, options: EngineOptions, threads: usize) -> Self {
        Self {
            closer: Closer::new(options.window, options.silence),
            counter: Counter::new(rules, options, threads),
        }
    }

    /// Takes the frames of a chunk, and hands over the windows that they close.
    pub fn take<E>(
        &mut self,
        chunk: &Chunk,
        mut emit: impl FnMut(Vec<Closed>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { counter, closer } = self;
        counter.take(chunk, |closed_before, drained| {
            let closed = closer.close(drained.tables, Some(closed_before));
            if closed.is_empty() { Ok(()) } else { emit(closed) }
        })
    }

    /// Moves the packets' clock without a packet, as a live source does.
    pub fn advance<E>(
        &mut self,
        watermark: u64,
        emit: &mut impl FnMut(Vec<Closed>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { counter, closer } = self;
        counter.advance(watermark, &mut |closed_before, drained| {
            let closed = closer.close(drained.tables, Some(closed_before));
            if closed.is_empty() { Ok(()) } else { emit(closed) }
        })
    }

    /// Tells of packets that the source lost at second `secs`, before anybody could see whose they were:
    /// every interface that the source has shown so far may have lost them.
    pub fn lose(&mut self, secs: u64, packets: u64) {
        self.counter.lose(secs, packets);
    }

    /// Closes everything: at the end of input.
    pub fn finish<E>(
        &mut self,
        mut emit: impl FnMut(Vec<Closed>) -> Result<(), E>,
    ) -> Result<(), E> {
        emit(self.closer.close(self.counter.finish().tables, None))
    }

    /// Returns the books as they stand. What is recorded is the writer's to say.
    pub fn ledger(&self) -> Ledger {
        self.counter.ledger()
    }
}
