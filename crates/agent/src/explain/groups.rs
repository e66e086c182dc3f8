//! Records by cause, in bounded memory.

use std::collections::HashMap;

use flowlogd_flowlog::Span;

use super::case::{Case, EPHEMERAL};
use super::cause::{Cause, Refusal, Role, Section, Stage};
use super::recorded_flow::RecordedFlow;
use super::remedy::Allow;
use super::services::{Service, Services};

/// Sums over records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Packets; a record that does not say counts as one.
    pub packets: u64,
    /// IP bytes; 0 where the records do not say.
    pub bytes: u64,
    /// Records.
    pub records: u64,
}

impl Totals {
    pub(super) fn add(&mut self, flow: &RecordedFlow<'_>) {
        // Records are not ours: their numbers may be anything.
        self.packets = self.packets.saturating_add(flow.packets);
        self.bytes = self.bytes.saturating_add(flow.bytes);
        self.records += 1;
    }
}

/// Records of one cause.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) totals: Totals,
    pub(super) span: Option<Span>,
    /// Flows that one and the same entry would let through, as many as are kept.
    pub(super) flows: Vec<KeptFlow>,
    /// What all its flows ask for.
    pub(super) services: Services,
    /// The first record where nothing was judged.
    pub(super) unjudged: Option<Unjudged>,
}

/// Packets that one entry would let through.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptFlow {
    pub(super) case: Case,
    pub(super) allow: Allow,
    pub(super) at: Option<u64>,
    pub(super) packets: u64,
}

/// A record of which not even the interface is known.
#[derive(Clone, Debug)]
pub(super) struct Unjudged {
    pub(super) interface_ids: Vec<String>,
    pub(super) tuple: super::case::Tuple,
    pub(super) at: Option<u64>,
}

/// All records that are worth telling.
#[derive(Debug)]
pub(super) struct Groups {
    by_cause: HashMap<Cause, Group>,
    most: usize,
    others: [Totals; Section::ALL.len()],
}

/// Flows of a group that are kept apart. Where there are more, a heavier one takes the lightest one's
/// place.
const KEPT_FLOWS: usize = 16;
/// Unknown interfaces that are named.
const NAMED_INTERFACES: usize = 8;

impl Groups {
    /// Creates room for `most` groups; what belongs to none of them is summed up.
    pub(super) fn new(most: usize) -> Self {
        Self { by_cause: HashMap::new(), most, others: [Totals::default(); Section::ALL.len()] }
    }

    /// Counts a record that was judged as `case`.
    pub(super) fn add(&mut self, cause: Cause, flow: &RecordedFlow<'_>, case: &Case) {
        if let Some(group) = self.group(cause, flow) {
            group.keep(cause, flow, case);
        }
    }

    /// Counts a record that could not be judged.
    pub(super) fn add_unjudged(&mut self, cause: Cause, flow: &RecordedFlow<'_>) {
        let Some(group) = self.group(cause, flow) else { return };
        let unjudged = group.unjudged.get_or_insert_with(|| Unjudged {
            interface_ids: Vec::new(),
            tuple: flow.tuple,
            at: flow.start,
        });
        let id = flow.interface_id.unwrap_or("-");
        if unjudged.interface_ids.len() < NAMED_INTERFACES
            && !unjudged.interface_ids.iter().any(|known| known == id)
        {
            unjudged.interface_ids.push(id.to_owned());
        }
    }

    /// Returns all groups in no particular order, and the sums of what belongs to none.
    pub(super) fn into_parts(self) -> (Vec<(Cause, Group)>, [Totals; Section::ALL.len()]) {
        (self.by_cause.into_iter().collect(), self.others)
    }

    /// Returns the group of a cause, the record counted, if there is one or room for one.
    fn group(&mut self, cause: Cause, flow: &RecordedFlow<'_>) -> Option<&mut Group> {
        if self.by_cause.len() >= self.most && !self.by_cause.contains_key(&cause) {
            if let Some(others) = self.others.get_mut(cause.section() as usize) {
                others.add(flow);
            }
            return None;
        }
        let group = self.by_cause.entry(cause).or_insert_with(|| Group {
            totals: Totals::default(),
            span: None,
            flows: Vec::new(),
            services: Services::default(),
            unjudged: None,
        });
        group.totals.add(flow);
        group.services.add(Service::of(&flow.tuple), flow.packets);
        extend_span(&mut group.span, flow);
        Some(group)
    }
}

/// Makes a span reach over a record's window.
pub(super) fn extend_span(span: &mut Option<Span>, flow: &RecordedFlow<'_>) {
    let Some(start) = flow.start.or(flow.end) else { return };
    let end = flow.end.unwrap_or(start);
    let span = span.get_or_insert(Span { start, end });
    span.start = span.start.min(start);
    span.end = span.end.max(end);
}

impl Group {
    fn keep(&mut self, cause: Cause, flow: &RecordedFlow<'_>, case: &Case) {
        let new = KeptFlow {
            case: *case,
            allow: allow(cause.refusal(), case),
            at: flow.start,
            packets: flow.packets,
        };
        let same = self.flows.iter_mut().find(|kept| {
            kept.allow == new.allow
                && kept.case.interface == case.interface
                && kept.case.direction == case.direction
        });
        if let Some(same) = same {
            same.packets = same.packets.saturating_add(new.packets);
        } else if self.flows.len() < KEPT_FLOWS {
            self.flows.push(new);
        } else if let Some(lightest) = self.flows.iter_mut().min_by_key(|kept| kept.packets)
            && lightest.packets < new.packets
        {
            *lightest = new;
        }
    }

    /// Returns the flow with most packets, of several the first.
    pub(super) fn heaviest(&self) -> Option<&KeptFlow> {
        self.flows.iter().rev().max_by_key(|kept| kept.packets)
    }
}

/// Returns what would have to be allowed.
pub(super) fn allow(refusal: Option<Refusal>, case: &Case) -> Allow {
    match refusal {
        // The next answer goes to another port of the client's (vpc-filtering.md §4.4).
        Some(refusal)
            if refusal.stage == Stage::NetworkAcl
                && refusal.role == Role::Answer
                && case.tuple.dstport >= EPHEMERAL =>
        {
            Allow::answers_to(case)
        }
        Some(_) | None => Allow::exactly(case),
    }
}
