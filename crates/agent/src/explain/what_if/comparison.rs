//! Records in, flips out.

use std::collections::BTreeSet;

use flowlogd_flowlog::{LogStatus, ParsedRecord};
use flowlogd_packet::Icmp;
use flowlogd_vpc::{CompileOptions, Inventory};

use super::super::case::Case;
use super::super::judge::Judge;
use super::super::recorded_flow::{MissingFields, RecordedFlow};
use super::flips::{Class, Flips, IcmpDoubt, Turn};
use super::outcome::{Outcome, Supposition};
use super::report::Report;

/// Flips that are kept apart; see `Explainer`, whose groups they are the like of.
const MOST_FLIPS: usize = 10_000;

/// Takes records one by one, and judges each by the present rules and by the proposed ones.
#[derive(Debug)]
pub struct WhatIf {
    present: Judge,
    proposed: Judge,
    flips: Flips,
    counts: Counts,
}

/// What became of all records: `records` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were taken.
    pub records: u64,
    /// Those that would say the same.
    pub unchanged: u64,
    /// ACCEPTs that would be REJECTs.
    pub accept_to_reject: u64,
    /// REJECTs that would be ACCEPTs.
    pub reject_to_accept: u64,
    /// Those that the present rules would have otherwise, so that nothing can be foretold.
    pub contradicted: u64,
    /// Those of interfaces that one of the inventories does not have, or whose direction cannot be told, or
    /// that would be in no record.
    pub not_judged: u64,
    /// Those with a value missing.
    pub incomplete: u64,
    /// NODATA.
    pub no_data: u64,
    /// SKIPDATA: packets were skipped.
    pub skip_data: u64,
}

/// What became of one record.
enum Fate {
    Unchanged,
    NotJudged,
    Told(Turn, Case, Option<Case>),
}

impl WhatIf {
    /// Compares the rules of two inventories.
    pub fn new(present: Inventory, proposed: Inventory, options: CompileOptions) -> Self {
        Self::with_room_for(MOST_FLIPS, present, proposed, options)
    }

    pub(super) fn with_room_for(
        flips: usize,
        present: Inventory,
        proposed: Inventory,
        options: CompileOptions,
    ) -> Self {
        Self {
            present: Judge::new(present, options),
            proposed: Judge::new(proposed, options),
            flips: Flips::new(flips),
            counts: Counts::default(),
        }
    }

    /// Takes a record. Only a format by which no record can be judged is an error.
    pub fn take(&mut self, record: &ParsedRecord<'_>) -> Result<(), MissingFields> {
        match record.log_status() {
            Some(LogStatus::NoData) => self.counts.no_data += 1,
            Some(LogStatus::SkipData) => self.counts.skip_data += 1,
            Some(LogStatus::Ok) | None => {
                if let Some(flow) = RecordedFlow::of(record) {
                    self.take_flow(&flow);
                } else {
                    MissingFields::check(record.format())?;
                    self.counts.incomplete += 1;
                }
            }
        }
        self.counts.records += 1;
        Ok(())
    }

    /// Returns what was found.
    pub fn report(self) -> Report {
        Report::new(self.present, self.proposed, self.flips, self.counts)
    }

    fn take_flow(&mut self, flow: &RecordedFlow<'_>) {
        match self.fate(flow) {
            Fate::Unchanged => self.counts.unchanged += 1,
            Fate::NotJudged => self.counts.not_judged += 1,
            Fate::Told(turn, now, then) => {
                match turn.class {
                    Class::AcceptToReject => self.counts.accept_to_reject += 1,
                    Class::RejectToAccept => self.counts.reject_to_accept += 1,
                    Class::Contradicted => self.counts.contradicted += 1,
                }
                self.flips.add(turn, flow, &now, then.as_ref());
            }
        }
    }

    fn fate(&mut self, flow: &RecordedFlow<'_>) -> Fate {
        // No rule refused it.
        if flow.reject_reason.is_some() {
            return Fate::Unchanged;
        }
        let Some((now, then)) = self.cases(flow) else { return Fate::NotJudged };
        let mut first = None;
        let mut turned = None;
        let mut stands = false;
        for icmp in self.types(&now, &then) {
            let [now, then] =
                [now, then].map(|case| icmp.map_or(case, |icmp| case.with_icmp(icmp)));
            let supposition = Supposition::of(flow, &mut self.present, &now);
            let present = Outcome::of(&mut self.present, &now, supposition);
            first.get_or_insert((present, now));
            // Of the types that a record may be of, those count that the present rules judge as recorded.
            if present.action() != Some(flow.action) {
                continue;
            }
            let proposed = Outcome::of(&mut self.proposed, &then, supposition);
            match proposed.action() {
                None => return Fate::NotJudged,
                Some(action) if action == flow.action => stands = true,
                Some(_) => {
                    turned.get_or_insert((present, proposed, now, then));
                }
            }
        }
        match (turned, first, stands) {
            (Some((present, proposed, now, then)), _, stands) => {
                let icmp = if stands { IcmpDoubt::OtherTypesStand } else { IcmpDoubt::None };
                let turn = Turn {
                    class: Class::of_flip(flow.action),
                    recorded: flow.action,
                    interface: now.interface,
                    direction: now.direction,
                    now: present,
                    then: Some(proposed),
                    icmp,
                };
                Fate::Told(turn, now, Some(then))
            }
            (None, _, true) => Fate::Unchanged,
            (None, Some((present, now)), false) => {
                let turn = Turn {
                    class: Class::Contradicted,
                    recorded: flow.action,
                    interface: now.interface,
                    direction: now.direction,
                    now: present,
                    then: None,
                    icmp: IcmpDoubt::None,
                };
                Fate::Told(turn, now, None)
            }
            (None, None, false) => Fate::NotJudged,
        }
    }

    /// Returns the flow's packet at its interface, as each of the inventories numbers it.
    fn cases(&self, flow: &RecordedFlow<'_>) -> Option<(Case, Case)> {
        let id = flow.interface_id?;
        let interface = self.present.book().interface_index(id)?;
        let described = self.present.ruleset().interface(interface)?;
        let direction = flow.direction(described).ok()?;
        let now = Case { tuple: flow.tuple, interface, direction };
        let interface = self.proposed.book().interface_index(id)?;
        self.proposed.ruleset().interface(interface)?;
        Some((now, Case { interface, ..now }))
    }

    /// Returns each ICMP type that one of the inventories tells apart; `None` is a packet of no known type.
    fn types(&mut self, now: &Case, then: &Case) -> Vec<Option<Icmp>> {
        let (present, proposed) = (self.present.types(now), self.proposed.types(then));
        let types = present.iter().chain(proposed.iter());
        let types: BTreeSet<(u8, u8)> = types.map(|icmp| (icmp.kind, icmp.code)).collect();
        let types = types.into_iter().map(|(kind, code)| Some(Icmp { kind, code, id: 0 }));
        std::iter::once(None).chain(types).collect()
    }
}
