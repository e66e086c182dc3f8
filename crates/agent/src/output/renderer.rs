//! Closed windows → records, in memory: the part that all threads share.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowlogd_flowlog::{
    Body, CaptureWindow, ClosedWindow, Explanation, Flow, FlowKey, Generation, GzipMembers,
    InterfaceView, Item, LogFormat, Mode, Part, Record, Span, Status, Tally,
};
use flowlogd_vpc::{Action, InterfaceIndex};

use super::refusals::Refusals;
use crate::engine::Rules;

/// Which flows are recorded (`TrafficType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrafficType {
    /// Accepted ones.
    Accept,
    /// Refused ones.
    Reject,
    /// All, unjudged ones included.
    #[default]
    All,
}

impl TrafficType {
    fn wants(self, action: Option<Action>) -> bool {
        match self {
            Self::Accept => action == Some(Action::Accept),
            Self::Reject => action == Some(Action::Reject),
            Self::All => true,
        }
    }
}

/// How records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// One line a record.
    #[default]
    Text,
    /// The same, compressed.
    Gzip,
    /// One JSON object a line.
    Json,
    /// Apache Parquet.
    Parquet,
}

/// What a recorder is to write.
#[derive(Clone, Debug)]
pub struct RecorderOptions {
    /// The fields of a record.
    pub format: LogFormat,
    /// The flows.
    pub traffic: TrafficType,
    /// The form.
    pub encoding: Encoding,
    /// Whether text begins with the line of field names.
    pub header: bool,
    /// The value of `x-mode`.
    pub mode: Mode,
    /// Whether rejects are grouped by their reasons too.
    pub explain: bool,
}

/// What a run has written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// Packets in flows, by interface; before the traffic filter.
    pub recorded: BTreeMap<InterfaceIndex, u64>,
    /// Packets that were lost, as `SKIPDATA` records say.
    pub lost: BTreeMap<InterfaceIndex, u64>,
    /// Records of accepted flows.
    pub accept: u64,
    /// Records of refused flows.
    pub reject: u64,
    /// Records of flows without a verdict.
    pub unjudged: u64,
    /// `NODATA` records.
    pub no_data: u64,
    /// `SKIPDATA` records.
    pub skip_data: u64,
    /// Windows without any packet for which no `NODATA` was written: silences of more than a day.
    pub untold_gaps: Vec<(CaptureWindow, u64)>,
    /// Rejects by their reasons, if they were asked for.
    pub refusals: Refusals,
}

impl Written {
    /// Returns the number of records.
    pub fn records(&self) -> u64 {
        self.accept + self.reject + self.unjudged + self.no_data + self.skip_data
    }

    /// Adds a silence; one that goes on where the last one ended is the same.
    pub(super) fn add_gap(&mut self, first: CaptureWindow, windows: u64) {
        match self.untold_gaps.last_mut() {
            Some((begun, length)) if begun.number() + *length == first.number() => {
                *length += windows;
            }
            Some(_) | None => self.untold_gaps.push((first, windows)),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (interface, packets) in other.recorded {
            *self.recorded.entry(interface).or_default() += packets;
        }
        for (interface, packets) in other.lost {
            *self.lost.entry(interface).or_default() += packets;
        }
        self.accept += other.accept;
        self.reject += other.reject;
        self.unjudged += other.unjudged;
        self.no_data += other.no_data;
        self.skip_data += other.skip_data;
        self.untold_gaps.extend(other.untold_gaps);
        self.refusals.merge(other.refusals);
    }
}

/// Renders records. Has no state of its own, so that any number of threads may use it at once.
pub(crate) struct Renderer {
    pub(crate) rules: Arc<Rules>,
    pub(crate) options: RecorderOptions,
    /// Whether the records of different interfaces go to different files.
    pub(crate) by_interface: bool,
}

/// Rendered records of one interface or, where all go to one file, of many.
pub(super) type Piece = (InterfaceIndex, Vec<u8>);

impl Renderer {
    /// Returns what a file begins with.
    pub(super) fn header(&self) -> Vec<u8> {
        if !self.options.header {
            return Vec::new();
        }
        let line = format!("{}\n", self.options.format.header_line());
        match self.options.encoding {
            Encoding::Text => line.into_bytes(),
            Encoding::Gzip => {
                let mut member = Vec::new();
                GzipMembers::new().append(line.as_bytes(), &mut member);
                member
            }
            Encoding::Json | Encoding::Parquet => Vec::new(),
        }
    }

    /// Renders a part: one piece, or one for each interface where they go to different files.
    pub(super) fn render(&self, window: &ClosedWindow, part: &Part<'_>) -> (Vec<Piece>, Written) {
        let by_interface = self.by_interface;
        let mut pieces: Vec<Piece> = Vec::new();
        let mut written = Written::default();
        self.for_each_record(window, part, &mut written, |interface, record| {
            let out = match pieces.last_mut() {
                Some((last, _)) if !by_interface || *last == interface => pieces.last_mut(),
                Some(_) | None => {
                    pieces.push((
                        interface,
                        Vec::with_capacity(if by_interface { 0 } else { 1 << 20 }),
                    ));
                    pieces.last_mut()
                }
            };
            if let Some((_, out)) = out {
                match self.options.encoding {
                    Encoding::Json => self.options.format.render_json(record, out),
                    Encoding::Text | Encoding::Gzip | Encoding::Parquet => {
                        self.options.format.render(record, out);
                    }
                }
                out.push(b'\n');
            }
        });
        if self.options.encoding == Encoding::Gzip {
            let mut members = GzipMembers::new();
            for (_, text) in &mut pieces {
                let mut compressed = Vec::with_capacity(text.len() / 3);
                members.append(text, &mut compressed);
                *text = compressed;
            }
        }
        (pieces, written)
    }

    /// Visits the records that the traffic filter wants, and keeps the books of all.
    pub(crate) fn for_each_record(
        &self,
        window: &ClosedWindow,
        part: &Part<'_>,
        written: &mut Written,
        mut visit: impl FnMut(InterfaceIndex, &Record<'_>),
    ) {
        let mut recorded = (InterfaceIndex(0), 0);
        part.for_each(|item| match item {
            Item::Flow(key, tally) => {
                if recorded.0 != key.interface {
                    *written.recorded.entry(recorded.0).or_default() += recorded.1;
                    recorded = (key.interface, 0);
                }
                recorded.1 += tally.packets();
                if self.options.explain {
                    written.refusals.observe(window.window(), &key, tally);
                }
                let record = self.flow_record(window.window(), &key, tally);
                let Body::Flow(Flow { action, .. }) = record.body else { return };
                if self.options.traffic.wants(action) {
                    match action {
                        Some(Action::Accept) => written.accept += 1,
                        Some(Action::Reject) => written.reject += 1,
                        None => written.unjudged += 1,
                    }
                    visit(key.interface, &record);
                }
            }
            Item::Status(interface, status) => {
                let span = Span { start: window.window().start(), end: window.window().end() };
                let body = match status {
                    Status::NoData => {
                        written.no_data += 1;
                        Body::NoData(span)
                    }
                    Status::SkipData { lost_packets } => {
                        written.skip_data += 1;
                        *written.lost.entry(interface).or_default() += lost_packets;
                        Body::SkipData { window: span, lost_packets }
                    }
                };
                let interface_view = self.view(interface, Generation(u16::MAX));
                visit(
                    interface,
                    &Record { interface: interface_view, mode: self.options.mode, body },
                );
            }
        });
        *written.recorded.entry(recorded.0).or_default() += recorded.1;
    }

    fn flow_record<'a>(
        &'a self,
        window: CaptureWindow,
        key: &FlowKey,
        tally: &Tally,
    ) -> Record<'a> {
        let decision = tally.decision();
        let explanation = decision.and_then(|(decision, generation)| {
            let timeline = self.rules.timeline()?;
            let book = timeline.book();
            Some(Explanation {
                deciding_rule: book.ground(decision.ground)?,
                tracked: decision.tracked,
                nearest_miss: decision
                    .nearest_miss
                    .and_then(|miss| Some((book.ground(miss.rule)?, miss.lacking))),
                revision: timeline.ruleset(generation).revision(key.interface)?,
                mixed: tally.is_mixed(),
                initiator: tally.initiator(),
            })
        });
        let (first, last) = tally.offsets();
        let flow = Flow {
            direction: decision.map(|_| key.direction),
            pkt_srcaddr: key.addresses.src(),
            pkt_dstaddr: key.addresses.dst(),
            srcport: key.srcport,
            dstport: key.dstport,
            protocol: key.protocol,
            packets: tally.packets(),
            bytes: tally.bytes(),
            seen: Span {
                start: window.start() + u64::from(first),
                end: window.start() + u64::from(last),
            },
            action: decision.map(|_| key.action),
            tcp_flags: tally.tcp_flags(),
            explanation,
        };
        let interface = decision.and_then(|(_, generation)| self.view(key.interface, generation));
        Record { interface, mode: self.options.mode, body: Body::Flow(flow) }
    }

    fn view(&self, interface: InterfaceIndex, generation: Generation) -> Option<InterfaceView<'_>> {
        let ruleset = self.rules.timeline()?.ruleset_of(interface, generation)?;
        Some(InterfaceView {
            interface: ruleset.interface(interface)?,
            inventory: ruleset.inventory(),
        })
    }

    /// Returns the id of an interface; empty for the nameless one.
    pub(super) fn interface_id(&self, interface: InterfaceIndex) -> &str {
        self.rules
            .timeline()
            .and_then(|timeline| timeline.book().interface_id(interface))
            .unwrap_or_default()
    }
}
