//! Many frames through many shards on many threads, with the same result whatever their number.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowlogd_flowlog::{GRACE, Generation, WindowFlows, WindowLength};
use flowlogd_packet::{Addresses, LinkInfo};
use flowlogd_vpc::{InterfaceIndex, Points};
use rayon::prelude::*;

use crate::capture::{Chunk, FrameRef};
use crate::engine::{EngineOptions, Rules};
use crate::ledger::{InterfaceLedger, Ledger};
use crate::pipeline::{Bounds, Round, Shard};
use crate::queue::{Batch, NOWHERE, Refused, SHARDS};
use crate::timeline::Timeline;

/// Returns where a packet is judged; nothing for one that is foreign to the inventory.
fn points_by(
    timeline: &Timeline,
    only: Option<InterfaceIndex>,
    generation: Generation,
) -> impl Fn(&LinkInfo, &Addresses) -> Option<Points> + Sync {
    let rules = timeline.ruleset(generation);
    move |link, addresses| {
        let points = match only {
            None => rules.points(link, addresses),
            Some(interface) => rules.points_at(interface, link, addresses),
        };
        (!points.egress.is_empty() || !points.ingress.is_empty()).then_some(points)
    }
}

/// Later fragments can follow so many first ones at a time, over all shards.
const MAX_FRAGMENTED_DATAGRAMS: usize = 1 << 16;
/// Fewer frames than this are not worth waking a thread for.
const SMALL_ROUND: usize = 256;

/// Flows that were taken out of the tables of all shards, by window number.
pub type Tables = Vec<BTreeMap<u64, WindowFlows>>;

/// Books by window number and interface.
pub type Books = BTreeMap<(u64, InterfaceIndex), InterfaceLedger>;

/// What was taken out of the shards: flows, and the books since the last time.
#[derive(Debug, Default)]
pub struct Drained {
    /// Flows.
    pub tables: Tables,
    /// Packets seen, and those that are in no flow.
    pub books: Books,
}

/// Packets in, tables of counted flows out.
///
/// Frames are taken in rounds. Within a round the rules and the set of closed windows stay the same;
/// its frames are parsed in parallel stretches, sorted into shards by address pair, and every shard
/// judges and counts its packets in the order of the capture.
#[derive(Debug)]
pub struct Counter {
    rules: Arc<Rules>,
    window: WindowLength,
    shards: Vec<Mutex<Shard>>,
    batches: Vec<Batch>,
    generation: Generation,
    closed_before: u64,
    watermark: u64,
    hands_over_all: bool,
    /// The second of the packets' clock at which something other than a packet happens.
    next_event: u64,
    frames: u64,
    refused: Refused,
    packets: u64,
    packets_per_thread: Vec<AtomicU64>,
}

impl Counter {
    /// Creates a counter that runs on the current rayon pool of `threads` threads. `options.silence` is
    /// the closer's affair.
    pub fn new(rules: Arc<Rules>, options: EngineOptions, threads: usize) -> Self {
        // With an allowance the order of all connections of an interface counts, so it is one shard's
        // (`semantics.md` 9).
        let shards = if options.connection_allowance.is_some() { 1 } else { SHARDS };
        let bounds = Bounds {
            flows: options.max_flows.div_ceil(shards),
            connections: options.max_flows.div_ceil(shards),
            connection_allowance: options.connection_allowance,
            fragments: MAX_FRAGMENTED_DATAGRAMS / shards,
        };
        let interfaces = rules.timeline().map_or(1, Timeline::interfaces);
        let stretches = if threads == 1 { 1 } else { threads * 4 };
        let mut counter = Self {
            window: options.window,
            shards: (0..shards)
                .map(|_| Mutex::new(Shard::new(options.window, bounds, interfaces)))
                .collect(),
            batches: (0..stretches).map(|_| Batch::new(shards)).collect(),
            generation: Generation(0),
            closed_before: 0,
            watermark: 0,
            hands_over_all: false,
            next_event: 0,
            frames: 0,
            refused: Refused::default(),
            packets: 0,
            packets_per_thread: (0..threads).map(|_| AtomicU64::new(0)).collect(),
            rules,
        };
        counter.next_event = counter.event_after();
        counter
    }

    /// Hands over, with the flows of closed windows, those of open ones too: flows and books are then of the
    /// same packets, as a journal needs them.
    #[must_use]
    pub const fn handing_over_all(mut self) -> Self {
        self.hands_over_all = true;
        self
    }

    /// Takes the frames of a chunk, and hands over the flows of windows that they close, with the number
    /// below which windows are closed.
    pub fn take<E>(
        &mut self,
        chunk: &Chunk,
        mut emit: impl FnMut(u64, Drained) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut start = 0;
        let mut watermark = self.watermark;
        for (place, frame) in chunk.frames.iter().enumerate() {
            if frame.secs > watermark {
                watermark = frame.secs;
                if watermark >= self.next_event {
                    self.round(chunk, start..place);
                    start = place;
                    self.advance(watermark, &mut emit)?;
                }
            }
        }
        self.round(chunk, start..chunk.frames.len());
        self.watermark = watermark;
        Ok(())
    }

    /// Moves the packets' clock without a packet, as a live source does.
    pub fn advance<E>(
        &mut self,
        watermark: u64,
        emit: &mut impl FnMut(u64, Drained) -> Result<(), E>,
    ) -> Result<(), E> {
        let closed_before = self.window.closed_before(watermark);
        if closed_before > self.closed_before {
            let mut tables = self.each_shard(|shard| shard.close(Some(closed_before)));
            if self.hands_over_all {
                tables.extend(self.each_shard(Shard::drain));
            }
            self.closed_before = closed_before;
            emit(closed_before, Drained { tables, books: self.take_books() })?;
        }
        self.watermark = self.watermark.max(watermark);
        if let Some(timeline) = self.rules.timeline() {
            self.generation = timeline.generation_at(watermark);
        }
        self.next_event = self.event_after();
        Ok(())
    }

    /// Takes what is counted so far out of the tables, of open windows too, which stay open.
    pub fn drain(&mut self) -> Drained {
        Drained { tables: self.each_shard(Shard::drain), books: self.take_books() }
    }

    fn take_books(&self) -> Books {
        let mut books: BTreeMap<_, InterfaceLedger> = BTreeMap::new();
        for shard in &self.shards {
            for (slot, more) in lock(shard).take_books() {
                books.entry(slot).or_default().add(&more);
            }
        }
        books
    }

    /// Judges by other rules from now on. They have to extend the ones before: numbers stay the same.
    pub fn set_rules(&mut self, rules: Arc<Rules>) {
        let interfaces = rules.timeline().map_or(1, Timeline::interfaces);
        for shard in &self.shards {
            lock(shard).make_room(interfaces);
        }
        if let Some(timeline) = rules.timeline() {
            self.generation = timeline.generation_at(self.watermark);
        }
        self.rules = rules;
        self.next_event = self.event_after();
    }

    /// Returns the rules in force.
    pub const fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Returns the packets' clock: the highest second seen so far.
    pub const fn watermark(&self) -> u64 {
        self.watermark
    }

    /// Tells of packets that the source lost at second `secs`, before anybody could see whose they were:
    /// every interface that the source has shown so far may have lost them.
    pub fn lose(&mut self, secs: u64, packets: u64) {
        let Some(first) = self.shards.first() else { return };
        let shown: BTreeSet<InterfaceIndex> = match &*self.rules {
            Rules::Promiscuous => BTreeSet::from([InterfaceIndex(0)]),
            Rules::Inventory { only: Some(interface), .. } => BTreeSet::from([*interface]),
            Rules::Inventory { only: None, .. } => self.ledger().interfaces.into_keys().collect(),
        };
        for interface in shown {
            lock(first).lose_unseen(interface, secs, packets);
        }
    }

    /// Takes everything: at the end of input.
    pub fn finish(&mut self) -> Drained {
        Drained { tables: self.each_shard(|shard| shard.close(None)), books: self.take_books() }
    }

    fn event_after(&self) -> u64 {
        let closing =
            (self.closed_before + 1).saturating_mul(self.window.as_secs()).saturating_add(GRACE);
        let change = self.rules.timeline().and_then(|timeline| timeline.end_of(self.generation));
        change.map_or(closing, |change| change.min(closing))
    }

    fn each_shard(&self, take: impl Fn(&mut Shard) -> BTreeMap<u64, WindowFlows> + Sync) -> Tables {
        self.shards.par_iter().map(|shard| take(&mut lock(shard))).collect()
    }

    fn round(&mut self, chunk: &Chunk, range: Range<usize>) {
        let frames = chunk.frames.get(range).unwrap_or_default();
        if frames.is_empty() {
            return;
        }
        let stretches = if frames.len() < SMALL_ROUND { 1 } else { self.batches.len() };
        let batches = self.batches.get_mut(..stretches).unwrap_or_default();
        match &*self.rules {
            Rules::Promiscuous => {
                fill(|_, _| Some(NOWHERE), batches, chunk, frames, self.watermark);
            }
            Rules::Inventory { timeline, only } => {
                let points = points_by(timeline, *only, self.generation);
                fill(points, batches, chunk, frames, self.watermark);
            }
        }

        let batches = &*batches;
        let round = Round {
            rules: self
                .rules
                .timeline()
                .map(|timeline| (timeline.ruleset(self.generation), self.generation)),
            sequence: self.frames,
        };
        let work = |(place, shard): (usize, &Mutex<Shard>)| {
            let queues =
                || batches.iter().filter_map(|batch| Some((batch, batch.shards.get(place)?)));
            let packets: usize = queues().map(|(_, queue)| queue.len()).sum();
            if packets == 0 {
                return;
            }
            let mut shard = lock(shard);
            for (batch, queue) in queues() {
                shard.take(batch, queue, &round);
            }
            let thread = rayon::current_thread_index().unwrap_or(0);
            if let Some(counter) = self.packets_per_thread.get(thread) {
                counter.fetch_add(packets as u64, Ordering::Relaxed);
            }
        };
        if stretches == 1 {
            self.shards.iter().enumerate().for_each(work);
        } else {
            self.shards.par_iter().enumerate().for_each(work);
        }

        for batch in batches {
            self.refused.add(&batch.refused);
            self.packets += batch.packets;
        }
        self.frames += frames.len() as u64;
        self.watermark =
            frames.iter().fold(self.watermark, |highest, frame| highest.max(frame.secs));
    }

    /// Returns the books as they stand. What is recorded is the writer's to say.
    pub fn ledger(&self) -> Ledger {
        let mut ledger = Ledger {
            frames: self.frames,
            refused: self.refused.clone(),
            packets: self.packets,
            packets_per_thread: self
                .packets_per_thread
                .iter()
                .map(|packets| packets.load(Ordering::Relaxed))
                .collect(),
            ..Ledger::default()
        };
        for shard in &self.shards {
            let shard = lock(shard);
            ledger.orphan_fragments += shard.orphans();
            ledger.untracked += shard.untracked();
            for (interface, books) in shard.ledgers() {
                ledger.interfaces.entry(interface).or_default().add(&books);
            }
        }
        ledger
    }
}

/// Parses the frames of a round in as many stretches as there are batches.
fn fill(
    points: impl Fn(&LinkInfo, &Addresses) -> Option<Points> + Sync,
    batches: &mut [Batch],
    chunk: &Chunk,
    frames: &[FrameRef],
    watermark: u64,
) {
    if let [batch] = batches {
        batch.clear();
        batch.fill(chunk, frames, 0, watermark, &points);
        return;
    }
    let size = frames.len().div_ceil(batches.len()).max(1);
    let mut stretches = Vec::with_capacity(batches.len());
    let (mut sequence, mut highest) = (0, watermark);
    for stretch in frames.chunks(size) {
        stretches.push((stretch, sequence, highest));
        sequence += u32::try_from(stretch.len()).expect("a chunk holds fewer than 2^32 frames");
        highest = stretch.iter().fold(highest, |highest, frame| highest.max(frame.secs));
    }
    batches.iter_mut().for_each(Batch::clear);
    batches.par_iter_mut().zip(stretches).for_each(|(batch, (stretch, sequence, watermark))| {
        batch.fill(chunk, stretch, sequence, watermark, &points);
    });
}

/// A shard has no state that a panic of another thread could leave half written and that would be read
/// again: a panic ends the run.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
