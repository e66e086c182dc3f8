//! The workbench of an attachment whose packets come here: packets → windows → batches, with or without a journal.

use std::sync::Arc;

use flowlogd_flowlog::{Mode, Silence};

use super::generations::{Generations, compile_options};
use super::shelf::Shelf;
use super::{Snapshot, Surroundings};
use crate::capture::Chunk;
use crate::config::AttachmentConfig;
use crate::counter::Counter;
use crate::engine::EngineOptions;
use crate::journal::{Journal, JournalError, Mark, Recovered};
use crate::spool::Batch;
use crate::timeline::TimelineError;

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
    generations: Generations,
    shelf: Shelf,
    revision: String,
    interface_id: String,
    surroundings: Surroundings,
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
        let interface = attachment.interface.as_str();
        let compile = compile_options(config, mode);
        let generations =
            Generations::begin(snapshot, recovered, journal.as_mut(), compile, Some(interface))?;
        let rules = generations.rules();
        let options = EngineOptions {
            window: config.window_length(),
            max_flows: config.max_flows,
            connection_allowance: attachment.conntrack_allowance,
            silence: Silence::Reported,
        };
        let mut counter = Counter::new(Arc::clone(rules), options, 1);
        if journal.is_some() {
            counter = counter.handing_over_all();
        }
        let shelf = Shelf::new(surroundings, rules, [(interface, mode)], run, journal, recovered);
        let mut bench = Self {
            counter,
            generations,
            shelf,
            revision: String::new(),
            interface_id: interface.to_owned(),
            surroundings: surroundings.clone(),
        };
        let clock = recovered.map_or(0, |recovered| recovered.mark.at);
        bench.configure(snapshot, clock)?;
        bench.shelf.finish_closing(recovered.and_then(|recovered| recovered.closing))?;
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
        if self.generations.extend(snapshot, clock, self.shelf.journal_mut())? {
            let rules = self.generations.rules();
            self.counter.set_rules(Arc::clone(rules));
            self.shelf.set_rules(rules);
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
        self.surroundings.board.count(&self.interface_id, packets, last);
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
        self.shelf.take(drained, mark)
    }

    /// Remembers what clock and device show, for an epoch that ends with a window.
    pub(super) const fn mark(&mut self, mark: Mark) {
        self.shelf.mark(mark);
    }

    /// Closes and publishes everything: at the end of input.
    pub(super) fn finish(mut self, mark: Mark) -> Result<(), AttachmentError> {
        let drained = self.counter.finish();
        self.shelf.finish(drained, mark)
    }

    /// Tells of packets of this interface that were lost in windows of these seconds; of all of them in the
    /// first, since nobody knows better.
    pub(super) fn lose(&mut self, seconds: &[u64], packets: u64) -> Result<(), AttachmentError> {
        self.shelf.lose(&self.interface_id, seconds, packets)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicBool;

    use flowlogd_aws::flowlogd::{AgentConfiguration, CoveringFlowLog, Decisions};
    use flowlogd_flowlog::LogFormat;
    use tokio::sync::watch;

    use super::*;
    use crate::attachment::{Board, Desk, Roster};
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
            roster: Roster::fixed(&[]),
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
