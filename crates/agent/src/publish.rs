//! Closed windows → batches for every flow log over an interface: steps 7 and 8 of `ARCHITECTURE.md`.
//!
//! The windows are one aggregation, shared; each flow log takes from them its interval, its traffic and its
//! format. Batches have fixed boundaries and numbers that follow from the closing, so that publishing a
//! closing again makes the same ones (`semantics.md` 3, 21, 25).

mod batch;
mod subscription;

use std::collections::BTreeMap;
use std::sync::Arc;

use flowlogd_flowlog::{Body, Closed, Mode, Record};
use flowlogd_vpc::{Action, InterfaceIndex};

use crate::engine::Rules;
use crate::output::{Encoding, RecorderOptions, Renderer, Written};
use crate::spool::Batch;
use crate::windows::ClosedWindows;

use batch::Batcher;
pub use subscription::{Interval, InvalidFlowLog, Subscription};

/// Publishes the windows of one interface.
#[derive(Debug)]
pub struct Publisher {
    rules: Arc<Rules>,
    mode: Mode,
    interface_id: String,
    run: String,
}

impl Publisher {
    /// Creates a publisher. `run` names the run of the attachment: numbers grow within it.
    pub fn new(rules: Arc<Rules>, mode: Mode, interface_id: &str, run: &str) -> Self {
        Self { rules, mode, interface_id: interface_id.to_owned(), run: run.to_owned() }
    }

    /// Returns the rules that records are rendered by.
    pub const fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Renders by other rules from now on.
    pub fn set_rules(&mut self, rules: Arc<Rules>) {
        self.rules = rules;
    }

    /// Renders what a closing wrote for the subscriptions, batch by batch.
    pub fn publish<E>(
        &self,
        closed: &ClosedWindows,
        subscriptions: &[Subscription],
        mut emit: impl FnMut(Batch) -> Result<(), E>,
    ) -> Result<(), E> {
        for subscription in subscriptions {
            let windows = match subscription.interval {
                Interval::Base => &closed.base,
                Interval::Long => &closed.long,
            };
            self.publish_one(closed.number, windows, subscription, &mut emit)?;
        }
        Ok(())
    }

    fn publish_one<E>(
        &self,
        closing: u64,
        windows: &[Closed],
        subscription: &Subscription,
        emit: &mut impl FnMut(Batch) -> Result<(), E>,
    ) -> Result<(), E> {
        let timeline = self.rules.timeline();
        let Some(index) = timeline.and_then(|timeline| timeline.interface(&self.interface_id))
        else {
            return Ok(());
        };
        let renderer = Renderer {
            rules: Arc::clone(&self.rules),
            options: RecorderOptions {
                format: subscription.format.clone(),
                traffic: subscription.traffic,
                encoding: Encoding::Text,
                header: false,
                mode: self.mode,
                explain: false,
            },
            by_interface: false,
        };
        let queue = format!("{}/{}/{}", subscription.queue, self.interface_id, self.run).into();
        let stream = match subscription.suffix {
            Some(suffix) => format!("{}-{suffix}", self.interface_id),
            None => self.interface_id.clone(),
        };
        let (group, interface) = (subscription.log_group_name.clone(), self.interface_id.clone());
        let mut batcher = Batcher::new(queue, group, stream, interface, closing);
        let mut line = Vec::with_capacity(256);
        for closed in windows {
            // A silence of more than a day is told by nothing: nobody would read 1,440 records of it.
            let Closed::Window(window) = closed else { continue };
            // Windows that were over before it was made are not its own.
            if window.window().end() <= subscription.since {
                continue;
            }
            let part = window.part_of(index);
            let mut result = Ok(());
            renderer.for_each_record(window, &part, &mut Written::default(), |_, record| {
                if result.is_err() || !subscription.wants(record) {
                    return;
                }
                line.clear();
                if subscription.as_json {
                    subscription.format.render_json(record, &mut line);
                    add_groups(record, &mut line);
                } else {
                    subscription.format.render(record, &mut line);
                }
                let (seconds, packets) = told(record);
                result = batcher.push(seconds, &line, packets).map_or(Ok(()), &mut *emit);
            });
            result?;
        }
        batcher.finish().map_or(Ok(()), emit)
    }
}

/// Returns packets in flows of base windows, by window number and interface: what was recorded.
pub fn recorded(closed: &ClosedWindows) -> BTreeMap<(u64, InterfaceIndex), u64> {
    let mut recorded = BTreeMap::new();
    for closed in &closed.base {
        let Closed::Window(window) = closed else { continue };
        for (interface, packets) in window.packets() {
            *recorded.entry((window.window().number(), interface)).or_default() += packets;
        }
    }
    recorded
}

/// Returns the number of flows of base windows, by window number and interface.
pub fn flows_of(closed: &ClosedWindows) -> BTreeMap<(u64, InterfaceIndex), u64> {
    let mut flows = BTreeMap::new();
    for closed in &closed.base {
        let Closed::Window(window) = closed else { continue };
        for (interface, count) in window.flows_by_interface() {
            *flows.entry((window.window().number(), interface)).or_default() += count;
        }
    }
    flows
}

/// Returns the second under which a record is an event, its start, and the packets that it counts.
const fn told(record: &Record<'_>) -> (u64, u64) {
    match &record.body {
        Body::Flow(flow) => (flow.seen.start, flow.packets),
        Body::NoData(span) | Body::SkipData { window: span, .. } => (span.start, 0),
    }
}

/// Adds the groups considered to a decision that is written as JSON (`semantics.md` 18).
fn add_groups(record: &Record<'_>, line: &mut Vec<u8>) {
    let Some(view) = record.interface else { return };
    if line.pop() != Some(b'}') {
        return;
    }
    let groups: Vec<&str> = view.group_ids().collect();
    line.extend_from_slice(b",\"groups\":");
    line.extend(serde_json::to_vec(&groups).unwrap_or_default());
    line.push(b'}');
}

impl Subscription {
    fn wants(&self, record: &Record<'_>) -> bool {
        match &record.body {
            // The renderer has looked at the traffic type.
            Body::Flow(flow) => !self.as_json || flow.action == Some(Action::Reject),
            Body::NoData(_) | Body::SkipData { .. } => !self.as_json,
        }
    }
}
