//! Flips by the rules that decide, in bounded memory.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use flowlogd_flowlog::Span;
use flowlogd_vpc::{Action, Direction, InterfaceIndex};

use super::super::case::Case;
use super::super::groups::{Totals, extend_span};
use super::super::recorded_flow::RecordedFlow;
use super::super::services::Service;
use super::outcome::Outcome;

/// What became of a record that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It was let through, and would be refused.
    AcceptToReject,
    /// It was refused, and would be let through.
    RejectToAccept,
    /// The present rules would have it otherwise than it was recorded.
    Contradicted,
}

/// Whether the ICMP type, which no record tells, would make a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum IcmpDoubt {
    None,
    OtherTypesStand,
}

/// What flips are grouped by. `interface` and the grounds of `now` are the present rules', those of `then` the
/// proposed ones'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Turn {
    pub(super) class: Class,
    pub(super) recorded: Action,
    pub(super) interface: InterfaceIndex,
    pub(super) direction: Direction,
    pub(super) now: Outcome,
    pub(super) then: Option<Outcome>,
    pub(super) icmp: IcmpDoubt,
}

/// Records that turn for the same reason.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) totals: Totals,
    pub(super) span: Option<Span>,
    pub(super) kept: BTreeMap<(IpAddr, Service), Kept>,
    /// Whether there was no room for some.
    pub(super) is_full: bool,
}

/// Records of one peer and service.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) totals: Totals,
    pub(super) now: Case,
    pub(super) then: Option<Case>,
}

/// All flips.
#[derive(Debug)]
pub(super) struct Flips {
    by_turn: HashMap<Turn, Group>,
    most: usize,
    others: [Totals; Class::ALL.len()],
}

/// Peers and services of a group that are kept apart, at some 200 bytes each. Where there are more, a heavier
/// one takes the lightest one's place.
const KEPT: usize = 64;

impl Class {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::AcceptToReject, Self::RejectToAccept, Self::Contradicted];

    /// Returns how a record of this action flips.
    pub(super) const fn of_flip(action: Action) -> Self {
        match action {
            Action::Accept => Self::AcceptToReject,
            Action::Reject => Self::RejectToAccept,
        }
    }
}

impl Flips {
    /// Creates room for `most` groups; what belongs to none of them is summed up.
    pub(super) fn new(most: usize) -> Self {
        Self { by_turn: HashMap::new(), most, others: [Totals::default(); Class::ALL.len()] }
    }

    /// Counts a record.
    pub(super) fn add(
        &mut self,
        turn: Turn,
        flow: &RecordedFlow<'_>,
        now: &Case,
        then: Option<&Case>,
    ) {
        if self.by_turn.len() >= self.most && !self.by_turn.contains_key(&turn) {
            if let Some(others) = self.others.get_mut(turn.class as usize) {
                others.add(flow);
            }
            return;
        }
        let group = self.by_turn.entry(turn).or_insert_with(|| Group {
            totals: Totals::default(),
            span: None,
            kept: BTreeMap::new(),
            is_full: false,
        });
        group.totals.add(flow);
        extend_span(&mut group.span, flow);
        group.keep(flow, now, then);
    }

    /// Returns all groups in no particular order, and the sums of what belongs to none, by class.
    pub(super) fn into_parts(self) -> (Vec<(Turn, Group)>, [Totals; Class::ALL.len()]) {
        (self.by_turn.into_iter().collect(), self.others)
    }
}

impl Group {
    fn keep(&mut self, flow: &RecordedFlow<'_>, now: &Case, then: Option<&Case>) {
        let key = (now.peer(), Service::of(&now.tuple));
        if let Some(kept) = self.kept.get_mut(&key) {
            return kept.totals.add(flow);
        }
        if self.kept.len() >= KEPT {
            self.is_full = true;
            let lightest = self.kept.iter().min_by_key(|(_, kept)| kept.totals.packets);
            match lightest.map(|(key, kept)| (*key, kept.totals.packets)) {
                Some((lightest, least)) if least < flow.packets => self.kept.remove(&lightest),
                Some(_) | None => return,
            };
        }
        let mut totals = Totals::default();
        totals.add(flow);
        self.kept.insert(key, Kept { totals, now: *now, then: then.copied() });
    }

    /// Returns peers and services, those with most packets first.
    pub(super) fn by_packets(&self) -> Vec<(IpAddr, Service, &Kept)> {
        let mut kept: Vec<_> =
            self.kept.iter().map(|((peer, service), kept)| (*peer, *service, kept)).collect();
        kept.sort_by_key(|(peer, service, kept)| {
            (Reverse(kept.totals.packets), Reverse(kept.totals.records), *peer, *service)
        });
        kept
    }
}
