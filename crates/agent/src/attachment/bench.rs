//! The workbench of an attachment: packets → windows → batches, with or without a journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowlogd_aws::flowlogd::WindowLedger;
use flowlogd_flowlog::{Mode, Silence, WindowFlows};
use flowlogd_vpc::{CompileOptions, Exclusion, InterfaceIndex, Inventory};

use super::{Snapshot, Surroundings};
use crate::capture::Chunk;
use crate::config::AttachmentConfig;
use crate::counter::{Books, Counter, Drained};
use crate::engine::{EngineOptions, Rules};
use crate::journal::{Beginning, Journal, JournalError, Mark, Recovered};
use crate::ledger::InterfaceLedger;
use crate::publish::{Interval, Publisher, Subscription, recorded};
use crate::spool::Batch;
use crate::timeline::{Timeline, TimelineError};
use crate::windows::{ClosedWindows, Windows};

/// Batches that are handed to the sink together: a few megabytes.
const BATCHES_AT_A_TIME: usize = 16;

/// Where batches go.
pub trait Sink: Send + Sync {
    /// Takes batches. They are on disk when this returns. One that it has or had already is taken for
    /// done.
    fn put(&self, batches: Vec<Batch>) -> Result<(), String>;

    /// Whether there is room enough that a source which can wait need not.
    fn has_room(&self) -> bool;
}

/// Why an attachment ends.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The inventory that the server sent cannot be read.
    #[error("the server's inventory cannot be used: {0}")]
    Inventory(String),
    /// Too much for the engine.
    #[error(transparent)]
    Timeline(#[from] TimelineError),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The sink failed.
    #[error("records cannot be kept for delivery: {0}")]
    Sink(String),
    /// The capture failed.
    #[error("{0}")]
    Capture(String),
    /// A file failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// All that an attachment has between its packets and the sink.
pub(super) struct Bench {
    pub(super) counter: Counter,
    shelf: Shelf,
    revision: String,
    inventory: Arc<str>,
    compile: CompileOptions,
    interface_id: String,
}

/// What takes part when windows close; apart from the counter, which calls for it.
struct Shelf {
    windows: Windows,
    publisher: Publisher,
    subscriptions: Vec<Subscription>,
    journal: Option<Journal>,
    books: Books,
    surroundings: Surroundings,
    interface_id: String,
    from_beginning: bool,
    mark: Mark,
}

impl Bench {
    /// Sets up an attachment under a first configuration. `clock` is the packets' clock in Unix seconds.
    /// With what a journal recovered, it goes on where that ended.
    pub(super) fn new(
        attachment: &AttachmentConfig,
        surroundings: &Surroundings,
        snapshot: &Snapshot,
        run: &str,
        mode: Mode,
        mut journal: Option<Journal>,
        recovered: Option<&Recovered>,
    ) -> Result<Self, AttachmentError> {
        let config = &surroundings.config;
        let compile = CompileOptions {
            reserved_addresses: config.reserved_addresses.map_or_else(
                || match mode {
                    Mode::Replay => flowlogd_vpc::ReservedAddresses::Aws,
                    Mode::Enforce | Mode::Observe => flowlogd_vpc::ReservedAddresses::None,
                },
                Into::into,
            ),
        };
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
            if let Some(journal) = &mut journal {
                journal.add_rules(0, &snapshot.inventory)?;
            }
            Timeline::new(vec![(0, read(&snapshot.inventory)?)], compile)?
        };
        let rules = rules(timeline, &attachment.interface)?;
        let options = EngineOptions {
            window: config.window_length(),
            max_flows: config.max_flows,
            connection_allowance: attachment.conntrack_allowance,
            silence: Silence::Reported,
        };
        let mut windows = Windows::new(config.window_length());
        let mut books = BTreeMap::new();
        if let Some(recovered) = recovered {
            windows.resume(recovered.standing.clone());
            books.clone_from(&recovered.books);
            for ledger in &recovered.untold {
                surroundings.board.settle(ledger.clone());
            }
        }
        let mut counter = Counter::new(Arc::clone(&rules), options, 1);
        if journal.is_some() {
            counter = counter.handing_over_all();
        }
        let shelf = Shelf {
            windows,
            publisher: Publisher::new(rules, mode, &attachment.interface, run),
            subscriptions: Vec::new(),
            journal,
            books,
            surroundings: surroundings.clone(),
            interface_id: attachment.interface.clone(),
            from_beginning: mode == Mode::Replay,
            mark: recovered.map(|recovered| recovered.mark).unwrap_or_default(),
        };
        let mut bench = Self {
            counter,
            shelf,
            revision: String::new(),
            inventory,
            compile,
            interface_id: attachment.interface.clone(),
        };
        let clock = recovered.map_or(0, |recovered| recovered.mark.at);
        bench.configure(snapshot, clock)?;
        if let Some(closing) = recovered.and_then(|recovered| recovered.closing) {
            // It may have been published; the same batches have the same numbers.
            bench.shelf.close(closing)?;
        }
        Ok(bench)
    }

    /// Takes a newer configuration into force, from a second of the packets' clock on.
    pub(super) fn configure(
        &mut self,
        snapshot: &Snapshot,
        clock: u64,
    ) -> Result<(), AttachmentError> {
        if self.revision == snapshot.revision {
            return Ok(());
        }
        if self.inventory != snapshot.inventory {
            let Some(timeline) = self.counter.rules().timeline() else { return Ok(()) };
            let next = timeline.extended(clock, read(&snapshot.inventory)?, self.compile)?;
            if let Some(journal) = &mut self.shelf.journal {
                journal.add_rules(clock, &snapshot.inventory)?;
            }
            let rules = rules(next, &self.interface_id)?;
            self.counter.set_rules(Arc::clone(&rules));
            self.shelf.publisher.set_rules(rules);
            self.inventory = Arc::clone(&snapshot.inventory);
        }
        self.shelf.subscribe(snapshot);
        self.revision.clone_from(&snapshot.revision);
        Ok(())
    }

    /// Takes the frames of a chunk.
    pub(super) fn take(&mut self, chunk: &Chunk) -> Result<(), AttachmentError> {
        let Self { counter, shelf, .. } = self;
        counter.take(chunk, |closed_before, drained| shelf.receive(closed_before, drained))?;
        let (packets, last) =
            (chunk.frames.len() as u64, chunk.frames.last().map_or(0, |f| f.secs));
        shelf.surroundings.board.count(&shelf.interface_id, packets, last);
        Ok(())
    }

    /// Moves the packets' clock without a packet.
    pub(super) fn advance(&mut self, clock: u64) -> Result<(), AttachmentError> {
        let Self { counter, shelf, .. } = self;
        counter.advance(clock, &mut |closed_before, drained| shelf.receive(closed_before, drained))
    }

    /// Writes what was counted since the last epoch into the journal.
    pub(super) fn end_epoch(&mut self, mark: Mark) -> Result<(), AttachmentError> {
        let drained = self.counter.drain();
        self.shelf.mark = mark;
        self.shelf.tell_losses()?;
        self.shelf.keep(drained)?;
        if let Some(journal) = &mut self.shelf.journal {
            journal.end_epoch(mark)?;
        }
        Ok(())
    }

    /// Remembers what clock and device show, for an epoch that ends with a window.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.shelf.mark = mark;
    }

    /// Closes and publishes everything: at the end of input.
    pub(super) fn finish(mut self, mark: Mark) -> Result<(), AttachmentError> {
        let drained = self.counter.finish();
        self.shelf.tell_losses()?;
        self.shelf.keep(drained)?;
        if let Some(journal) = &mut self.shelf.journal {
            journal.end_epoch(mark)?;
            journal.begin_closing(u64::MAX)?;
        }
        self.shelf.finish()
    }

    /// Tells of packets of this interface that were lost in windows of these seconds; of all of them in the
    /// first, since nobody knows better.
    pub(super) fn lose(&mut self, seconds: &[u64], packets: u64) -> Result<(), AttachmentError> {
        let mut packets = packets;
        for second in seconds {
            let book = InterfaceLedger { dropped: packets, ..InterfaceLedger::default() };
            self.shelf.lose(*second, packets, Some(book))?;
            packets = 0;
        }
        Ok(())
    }
}

impl Shelf {
    fn subscribe(&mut self, snapshot: &Snapshot) {
        let flow_logs = snapshot.covering(&self.interface_id);
        let mut subscriptions = Vec::new();
        for flow_log in &flow_logs {
            match Subscription::of(flow_log, self.from_beginning) {
                Ok(subscription) => subscriptions.push(subscription),
                Err(error) => tracing::error!(%error, "a flow log is not served"),
            }
        }
        let decisions = &snapshot.configuration.decisions;
        subscriptions.extend(Subscription::decisions(decisions, &flow_logs, self.from_beginning));
        let wants_long =
            subscriptions.iter().any(|subscription| subscription.interval == Interval::Long);
        self.windows.want_long(wants_long);
        self.subscriptions = subscriptions;
    }

    /// Takes the flows of windows that are over, and publishes them.
    fn receive(&mut self, closed_before: u64, drained: Drained) -> Result<(), AttachmentError> {
        self.tell_losses()?;
        self.keep(drained)?;
        if let Some(journal) = &mut self.journal {
            journal.end_epoch(self.mark)?;
            journal.begin_closing(closed_before)?;
        }
        self.close(closed_before)
    }

    fn keep(&mut self, Drained { tables, books }: Drained) -> Result<(), AttachmentError> {
        if let Some(journal) = &mut self.journal {
            for (number, flows) in tables.iter().flatten().filter(|(_, flows)| !flows.is_empty()) {
                journal.add_flows(*number, flows);
            }
            journal.add_books(&books)?;
        }
        for (slot, book) in books {
            self.books.entry(slot).or_default().add(&book);
        }
        self.windows.add(tables);
        Ok(())
    }

    fn close(&mut self, closed_before: u64) -> Result<(), AttachmentError> {
        let closed = self.windows.close(closed_before);
        self.publish(&closed)?;
        self.settle(&closed);
        if let Some(journal) = &mut self.journal {
            journal.restart(Beginning {
                standing: &self.windows.standing(),
                books: &self.books,
                mark: self.mark,
                untold: &self.surroundings.board.untold(&self.interface_id),
            })?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), AttachmentError> {
        let closed = self.windows.finish();
        self.publish(&closed)?;
        self.settle(&closed);
        if let Some(journal) = self.journal {
            journal.remove()?;
        }
        Ok(())
    }

    fn publish(&self, closed: &ClosedWindows) -> Result<(), AttachmentError> {
        let sink = &self.surroundings.sink;
        let mut waiting = Vec::new();
        self.publisher.publish(closed, &self.subscriptions, |batch| {
            waiting.push(batch);
            if waiting.len() < BATCHES_AT_A_TIME {
                return Ok(());
            }
            sink.put(std::mem::take(&mut waiting)).map_err(AttachmentError::Sink)
        })?;
        if waiting.is_empty() { Ok(()) } else { sink.put(waiting).map_err(AttachmentError::Sink) }
    }

    /// What gave way in the spool is told by SKIPDATA records of its windows. It is in a ledger already.
    fn tell_losses(&mut self) -> Result<(), AttachmentError> {
        for (second, packets) in self.surroundings.board.take_losses(&self.interface_id) {
            self.lose(second, packets, None)?;
        }
        Ok(())
    }

    /// Enters packets of the window of a second that were lost, as a part of what is counted.
    fn lose(
        &mut self,
        second: u64,
        packets: u64,
        book: Option<InterfaceLedger>,
    ) -> Result<(), AttachmentError> {
        let timeline = self.publisher.rules().timeline();
        let Some(interface) = timeline.and_then(|timeline| timeline.interface(&self.interface_id))
        else {
            return Ok(());
        };
        let number = second / self.windows.base().as_secs();
        let mut flows = WindowFlows::default();
        flows.lost.insert(interface, packets);
        self.keep(Drained {
            tables: vec![BTreeMap::from([(number, flows)])],
            books: book.map(|book| ((number, interface), book)).into_iter().collect(),
        })
    }

    /// Enters the closed windows into the ledger.
    fn settle(&mut self, closed: &ClosedWindows) {
        let length = self.windows.base().as_secs();
        let mut recorded = recorded(closed);
        let first_open = closed.until / length;
        let open = self.books.split_off(&(first_open, InterfaceIndex(0)));
        let over = std::mem::replace(&mut self.books, open);
        for ((window, interface), book) in over {
            let recorded = recorded.remove(&(window, interface)).unwrap_or(0);
            self.surroundings.board.settle(self.ledger(window, length, recorded, &book));
        }
        for ((window, _), packets) in recorded {
            let book = InterfaceLedger::default();
            self.surroundings.board.settle(self.ledger(window, length, packets, &book));
        }
    }

    fn ledger(
        &self,
        window: u64,
        length: u64,
        recorded: u64,
        book: &InterfaceLedger,
    ) -> WindowLedger {
        let excluded = Exclusion::ALL
            .iter()
            .zip(book.excluded)
            .filter(|(_, packets)| *packets > 0)
            .map(|(reason, packets)| (format!("{reason:?}"), packets))
            .collect();
        let lost = [("flow-table", book.lost), ("source", book.dropped)]
            .into_iter()
            .filter(|(_, packets)| *packets > 0)
            .map(|(place, packets)| (place.to_owned(), packets))
            .collect();
        WindowLedger {
            interface_id: self.interface_id.clone(),
            start: window * length,
            end: (window + 1) * length,
            seen: book.seen,
            recorded,
            excluded,
            lost,
            undelivered: BTreeMap::new(),
        }
    }
}

fn read(inventory: &str) -> Result<Inventory, AttachmentError> {
    Inventory::from_json(inventory).map_err(|errors| {
        let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
        AttachmentError::Inventory(texts.join("; "))
    })
}

fn rules(timeline: Timeline, interface: &str) -> Result<Arc<Rules>, AttachmentError> {
    let only = timeline
        .interface(interface)
        .ok_or_else(|| AttachmentError::Inventory(format!("it does not have {interface}")))?;
    Ok(Arc::new(Rules::Inventory { timeline, only: Some(only) }))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use flowlogd_aws::flowlogd::{AgentConfiguration, CoveringFlowLog, Decisions};
    use flowlogd_flowlog::LogFormat;
    use tokio::sync::watch;

    use super::*;
    use crate::attachment::{Board, Desk};
    use crate::config::AgentConfig;

    const INVENTORY: &str = include_str!("../../../../tests/demo/vpc.json");

    #[derive(Default)]
    struct Kept(Mutex<Vec<Batch>>);

    impl Sink for Kept {
        fn put(&self, batches: Vec<Batch>) -> Result<(), String> {
            self.0.lock().unwrap().extend(batches);
            Ok(())
        }

        fn has_room(&self) -> bool {
            true
        }
    }

    impl Kept {
        fn skipped(&self) -> usize {
            let batches = self.0.lock().unwrap();
            let events = batches.iter().flat_map(|batch| &batch.events);
            events.filter(|event| event.message.ends_with("SKIPDATA")).count()
        }
    }

    fn bench(sink: &Arc<Kept>, board: &Arc<Board>) -> Bench {
        let configuration = AgentConfiguration {
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            leases: Vec::new(),
            inventory: serde_json::from_str(INVENTORY).unwrap(),
            flow_logs: vec![CoveringFlowLog {
                flow_log_id: "fl-1".to_owned(),
                interface_ids: vec!["eni-web".to_owned()],
                traffic_type: "ALL".to_owned(),
                log_format: LogFormat::default().to_string(),
                max_aggregation_interval: 60,
                log_group_name: "g".to_owned(),
                deliver_logs_permission_arn: "arn:aws:iam::123456789012:role/r".to_owned(),
                creation_time: 0,
            }],
            decisions: Decisions { enabled: false, log_group_name: String::new() },
        };
        let (_, reader) = watch::channel(None);
        let sink: Arc<dyn Sink> = Arc::<Kept>::clone(sink);
        let surroundings = Surroundings {
            config: Arc::new(AgentConfig::default()),
            directory: std::path::PathBuf::new(),
            desk: Desk(reader),
            sink,
            board: Arc::clone(board),
            stop: Arc::new(AtomicBool::new(false)),
        };
        let attachment: AttachmentConfig =
            serde_json::from_str(r#"{"interface": "eni-web", "replay": "x"}"#).unwrap();
        let snapshot = Snapshot::new("1".to_owned(), configuration);
        Bench::new(&attachment, &surroundings, &snapshot, "run", Mode::Replay, None, None).unwrap()
    }

    /// A replay has no journal, and no epochs.
    #[test]
    fn what_gave_way_in_the_spool_is_told_when_its_window_closes_and_at_the_end() {
        let (sink, board) = (Arc::new(Kept::default()), Arc::new(Board::default()));
        let mut bench = bench(&sink, &board);
        board.give_way("eni-web", 60, 7);
        bench.advance(130).unwrap();
        assert_eq!(sink.skipped(), 1);

        board.give_way("eni-web", 130, 7);
        bench.finish(Mark::default()).unwrap();
        assert_eq!(sink.skipped(), 2);
    }
}
