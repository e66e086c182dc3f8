//! Where counted flows wait until their windows are over: journaled, closed, published, entered into the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowlogd_aws::flowlogd::WindowLedger;
use flowlogd_flowlog::{Mode, WindowFlows};
use flowlogd_vpc::{Exclusion, InterfaceIndex};

use super::traffic::{self, Traffic};
use super::{AttachmentError, Snapshot, Surroundings};
use crate::counter::{Books, Drained};
use crate::engine::Rules;
use crate::journal::{Beginning, Journal, Mark, Recovered};
use crate::ledger::InterfaceLedger;
use crate::publish::{Interval, Publisher, Subscription, flows_of, recorded};
use crate::spool::Batch;
use crate::timeline::Timeline;
use crate::windows::{ClosedWindows, Windows};

/// Batches that are handed to the sink together: a few megabytes.
const BATCHES_AT_A_TIME: usize = 16;

/// The windows of one interface or of many that share a clock and a journal.
pub(super) struct Shelf {
    windows: Windows,
    served: Vec<Served>,
    run: String,
    rules: Arc<Rules>,
    journal: Option<Journal>,
    books: Books,
    surroundings: Surroundings,
    mark: Mark,
    traffic: BTreeMap<InterfaceIndex, Traffic>,
}

/// An interface, and what is published of it.
struct Served {
    id: String,
    publisher: Publisher,
    subscriptions: Vec<Subscription>,
    /// Whether windows that ended before a flow log was made are its own, too.
    from_beginning: bool,
}

impl Shelf {
    /// Creates a shelf for interfaces. With what a journal recovered, it goes on where that ended; then
    /// [`finish_closing`](Self::finish_closing) is to be called.
    pub(super) fn new<'a>(
        surroundings: &Surroundings,
        rules: &Arc<Rules>,
        interfaces: impl IntoIterator<Item = (&'a str, Mode)>,
        run: &str,
        journal: Option<Journal>,
        recovered: Option<&Recovered>,
    ) -> Self {
        let mut windows = Windows::new(surroundings.config.window_length());
        let mut books = BTreeMap::new();
        if let Some(recovered) = recovered {
            windows.resume(recovered.standing.clone());
            books.clone_from(&recovered.books);
            for ledger in &recovered.untold {
                surroundings.board.settle(ledger.clone());
            }
        }
        let mut shelf = Self {
            windows,
            served: Vec::new(),
            run: run.to_owned(),
            rules: Arc::clone(rules),
            journal,
            books,
            surroundings: surroundings.clone(),
            mark: recovered.map(|recovered| recovered.mark).unwrap_or_default(),
            traffic: BTreeMap::new(),
        };
        for (id, mode) in interfaces {
            shelf.serve(id, mode);
        }
        shelf
    }

    /// Publishes an interface's windows from now on. One that is served already may have another mode.
    pub(super) fn serve(&mut self, id: &str, mode: Mode) {
        let publisher = Publisher::new(Arc::clone(&self.rules), mode, id, &self.run);
        if let Some(served) = self.served.iter_mut().find(|served| served.id == id) {
            served.publisher = publisher;
            return;
        }
        self.served.push(Served {
            id: id.to_owned(),
            publisher,
            subscriptions: Vec::new(),
            from_beginning: mode == Mode::Replay,
        });
    }

    /// Publishes again what an earlier process was publishing: the same batches have the same numbers.
    pub(super) fn finish_closing(&mut self, closing: Option<u64>) -> Result<(), AttachmentError> {
        closing.map_or(Ok(()), |closing| self.close(closing))
    }

    /// Returns the journal, to tell it of rules.
    pub(super) const fn journal_mut(&mut self) -> Option<&mut Journal> {
        self.journal.as_mut()
    }

    /// Names flows by other rules from now on.
    pub(super) fn set_rules(&mut self, rules: &Arc<Rules>) {
        self.rules = Arc::clone(rules);
        for served in &mut self.served {
            served.publisher.set_rules(Arc::clone(rules));
        }
    }

    /// Publishes for the flow logs of a snapshot from now on.
    pub(super) fn subscribe(&mut self, snapshot: &Snapshot) {
        for served in &mut self.served {
            served.subscribe(snapshot);
        }
        let mut all = self.served.iter().flat_map(|served| &served.subscriptions);
        self.windows.want_long(all.any(|subscription| subscription.interval == Interval::Long));
    }

    /// Remembers what clock and device show, for an epoch that ends with a window.
    pub(super) const fn mark(&mut self, mark: Mark) {
        self.mark = mark;
    }

    /// Takes what was counted in an epoch. When this returns it is in the journal.
    pub(super) fn take(&mut self, drained: Drained, mark: Mark) -> Result<(), AttachmentError> {
        self.mark = mark;
        self.tell_losses()?;
        self.keep(drained)?;
        if let Some(journal) = &mut self.journal {
            journal.end_epoch(mark)?;
        }
        self.tell_traffic();
        Ok(())
    }

    /// Tells the board what became of the packets so far.
    fn tell_traffic(&self) {
        let Some(names) = self.rules.timeline().map(Timeline::book) else { return };
        for (interface, traffic) in &self.traffic {
            if let Some(id) = names.interface_id(*interface) {
                self.surroundings.board.traffic(id, traffic.report(), traffic.hits(names));
            }
        }
    }

    /// Takes the flows of windows that are over, and publishes them.
    pub(super) fn receive(
        &mut self,
        closed_before: u64,
        drained: Drained,
    ) -> Result<(), AttachmentError> {
        self.take(drained, self.mark)?;
        self.publish_before(closed_before)
    }

    /// Publishes the windows below a number. All their flows have to be in epochs that are taken.
    pub(super) fn publish_before(&mut self, closed_before: u64) -> Result<(), AttachmentError> {
        if let Some(journal) = &mut self.journal {
            journal.begin_closing(closed_before)?;
        }
        self.close(closed_before)
    }

    /// Publishes what was counted beyond the present window, before the clock was set back: it may be long until these
    /// windows are over by this clock. What they count when they come once more is written by records of its own.
    pub(super) fn publish_what_is_beyond(&mut self, clock: u64) -> Result<(), AttachmentError> {
        let open = clock / self.windows.base().as_secs();
        match self.windows.last_open() {
            Some(last) if last > open + 1 => self.publish_before(last + 1),
            Some(_) | None => Ok(()),
        }
    }

    /// Closes and publishes everything, with what was counted last.
    pub(super) fn finish(mut self, drained: Drained, mark: Mark) -> Result<(), AttachmentError> {
        self.take(drained, mark)?;
        if let Some(journal) = &mut self.journal {
            journal.begin_closing(u64::MAX)?;
        }
        let closed = self.windows.finish();
        self.publish(&closed)?;
        self.settle(&closed);
        if let Some(journal) = self.journal {
            journal.remove()?;
        }
        Ok(())
    }

    /// Tells of packets of an interface that were lost in windows of these seconds; of all of them in the first, since
    /// nobody knows better.
    pub(super) fn lose(
        &mut self,
        interface: &str,
        seconds: &[u64],
        packets: u64,
    ) -> Result<(), AttachmentError> {
        let mut packets = packets;
        for second in seconds {
            let book = InterfaceLedger { dropped: packets, ..InterfaceLedger::default() };
            self.lose_at(interface, *second, packets, Some(book))?;
            packets = 0;
        }
        Ok(())
    }

    fn keep(&mut self, Drained { tables, books }: Drained) -> Result<(), AttachmentError> {
        if let Some(journal) = &mut self.journal {
            for (number, flows) in tables.iter().flatten().filter(|(_, flows)| !flows.is_empty()) {
                journal.add_flows(*number, flows);
            }
            journal.add_books(&books)?;
        }
        let length = self.windows.base().as_secs();
        for (number, flows) in tables.iter().flatten() {
            traffic::count(&mut self.traffic, flows, number * length);
        }
        for ((window, interface), book) in books {
            self.traffic.entry(interface).or_default().book(&book);
            self.books.entry((window, interface)).or_default().add(&book);
        }
        self.windows.add(tables);
        Ok(())
    }

    fn close(&mut self, closed_before: u64) -> Result<(), AttachmentError> {
        let closed = self.windows.close(closed_before);
        self.publish(&closed)?;
        self.settle(&closed);
        if let Some(journal) = &mut self.journal {
            let board = &self.surroundings.board;
            let untold: Vec<WindowLedger> =
                self.served.iter().flat_map(|served| board.untold(&served.id)).collect();
            journal.restart(Beginning {
                standing: &self.windows.standing(),
                books: &self.books,
                mark: self.mark,
                untold: &untold,
                closing: None,
            })?;
        }
        Ok(())
    }

    fn publish(&self, closed: &ClosedWindows) -> Result<(), AttachmentError> {
        let sink = &self.surroundings.sink;
        let mut waiting: Vec<Batch> = Vec::new();
        for served in &self.served {
            served.publisher.publish(closed, &served.subscriptions, |batch| {
                waiting.push(batch);
                if waiting.len() < BATCHES_AT_A_TIME {
                    return Ok(());
                }
                sink.put(std::mem::take(&mut waiting)).map_err(AttachmentError::Sink)
            })?;
        }
        if waiting.is_empty() { Ok(()) } else { sink.put(waiting).map_err(AttachmentError::Sink) }
    }

    /// What gave way in the spool is told by SKIPDATA records of its windows. It is in a ledger already.
    fn tell_losses(&mut self) -> Result<(), AttachmentError> {
        let ids: Vec<String> = self.served.iter().map(|served| served.id.clone()).collect();
        for id in ids {
            for (second, packets) in self.surroundings.board.take_losses(&id) {
                self.lose_at(&id, second, packets, None)?;
            }
        }
        Ok(())
    }

    /// Enters packets of the window of a second that were lost, as a part of what is counted.
    fn lose_at(
        &mut self,
        interface: &str,
        second: u64,
        packets: u64,
        book: Option<InterfaceLedger>,
    ) -> Result<(), AttachmentError> {
        let timeline = self.rules.timeline();
        let Some(interface) = timeline.and_then(|timeline| timeline.interface(interface)) else {
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
        for ((_, interface), flows) in flows_of(closed) {
            self.traffic.entry(interface).or_default().flows += flows;
        }
        for ((window, interface), book) in over {
            let recorded = recorded.remove(&(window, interface)).unwrap_or(0);
            self.settle_window(window, interface, recorded, &book);
        }
        for ((window, interface), packets) in recorded {
            self.settle_window(window, interface, packets, &InterfaceLedger::default());
        }
    }

    fn settle_window(
        &self,
        window: u64,
        interface: InterfaceIndex,
        recorded: u64,
        book: &InterfaceLedger,
    ) {
        let book_of_names = self.rules.timeline().map(Timeline::book);
        let Some(id) = book_of_names.and_then(|names| names.interface_id(interface)) else {
            return;
        };
        let length = self.windows.base().as_secs();
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
        self.surroundings.board.settle(WindowLedger {
            interface_id: id.to_owned(),
            start: window * length,
            end: (window + 1) * length,
            seen: book.seen,
            recorded,
            excluded,
            lost,
            undelivered: BTreeMap::new(),
        });
    }
}

impl Served {
    fn subscribe(&mut self, snapshot: &Snapshot) {
        let from_beginning = self.from_beginning;
        let flow_logs = snapshot.covering(&self.id);
        self.subscriptions.clear();
        for flow_log in &flow_logs {
            match Subscription::of(flow_log, from_beginning) {
                Ok(subscription) => self.subscriptions.push(subscription),
                Err(error) => tracing::error!(%error, "a flow log is not served"),
            }
        }
        let decisions = &snapshot.configuration.decisions;
        self.subscriptions.extend(Subscription::decisions(decisions, &flow_logs, from_beginning));
    }
}
