//! Records in, a report out.

use flowlogd_flowlog::{LogStatus, ParsedRecord};
use flowlogd_vpc::{Action, CompileOptions, Inventory};

use super::case::Case;
use super::cause::Cause;
use super::groups::Groups;
use super::judge::Judge;
use super::recorded_flow::{MissingFields, RecordedFlow};
use super::report::Report;

/// Groups that are kept apart. At a few kilobytes each, this bounds the memory to some tens of
/// megabytes; rules and misses of an inventory seldom make a hundred.
const MOST_GROUPS: usize = 10_000;

/// Takes records one by one and explains them.
#[derive(Debug)]
pub struct Explainer {
    judge: Judge,
    groups: Groups,
    counts: Counts,
}

/// What became of all records: `records` is the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were taken.
    pub records: u64,
    /// REJECTs with what explains them.
    pub explained: u64,
    /// ACCEPTs that the rules, or a connection that they allow, let through.
    pub accepted: u64,
    /// Those that the rules of the inventory would have otherwise.
    pub not_fitting: u64,
    /// Those that the inventory does not suffice for.
    pub not_judged: u64,
    /// Those with a value missing.
    pub incomplete: u64,
    /// NODATA.
    pub no_data: u64,
    /// SKIPDATA: packets were skipped.
    pub skip_data: u64,
}

impl Explainer {
    /// Creates an explainer by the rules of `inventory`.
    pub fn new(inventory: Inventory, options: CompileOptions) -> Self {
        Self::with_room_for(MOST_GROUPS, inventory, options)
    }

    pub(super) fn with_room_for(
        groups: usize,
        inventory: Inventory,
        options: CompileOptions,
    ) -> Self {
        Self {
            judge: Judge::new(inventory, options),
            groups: Groups::new(groups),
            counts: Counts::default(),
        }
    }

    /// Takes a record. Only a format that makes every record inexplicable is an error.
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
        Report::new(self.judge, self.groups, self.counts)
    }

    fn take_flow(&mut self, flow: &RecordedFlow<'_>) {
        let index = flow.interface_id.and_then(|id| self.judge.book().interface_index(id));
        let known = index.and_then(|index| Some((index, self.judge.ruleset().interface(index)?)));
        let Some((interface, described)) = known else {
            self.counts.not_judged += 1;
            return self.groups.add_unjudged(Cause::UnknownInterface(flow.action), flow);
        };
        let direction = match flow.direction(described) {
            Ok(direction) => direction,
            Err(owned) => {
                self.counts.not_judged += 1;
                return self.groups.add_unjudged(Cause::NoDirection(flow.action, owned), flow);
            }
        };
        let case = Case { tuple: flow.tuple, interface, direction };
        match flow.action {
            Action::Accept => match self.judge.doubt_accept(case) {
                Some(cause) => {
                    self.counts.not_fitting += 1;
                    self.groups.add(cause, flow, &case);
                }
                None => self.counts.accepted += 1,
            },
            Action::Reject => {
                let (case, cause) = match flow.reject_reason {
                    Some(reason) => (case, Cause::Reason(reason)),
                    None => self.judge.explain_reject(case),
                };
                match cause {
                    Cause::Refused(_) | Cause::Reason(_) => self.counts.explained += 1,
                    Cause::Allowed(..)
                    | Cause::RefusedNow(_)
                    | Cause::Excluded(..)
                    | Cause::UnknownInterface(_)
                    | Cause::NoDirection(..) => self.counts.not_fitting += 1,
                }
                self.groups.add(cause, flow, &case);
            }
        }
    }
}
