//! Flips in words, those with most packets first.

use std::cmp::Reverse;
use std::net::IpAddr;

use flowlogd_flowlog::Span;
use flowlogd_vpc::{Action, Direction, NearestMiss};

use super::super::author::Author;
use super::super::case::{Case, Shape};
use super::super::cause::{Cause, Role};
use super::super::exclusion_text::exclusion_text;
use super::super::groups::{Totals, allow};
use super::super::judge::Judge;
use super::super::report::Step;
use super::super::services::Service;
use super::comparison::Counts;
use super::flips::{Class, Flips, Group, IcmpDoubt, Turn};
use super::outcome::Outcome;

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// By class, those with most packets first; answers to requests that would be refused as well come last.
    pub flips: Vec<Flip>,
    /// Sums of the records for whose groups there was no room, by class.
    pub others: Vec<(Class, Totals)>,
    /// What became of all records.
    pub counts: Counts,
}

/// Records of an interface that turn for one reason.
#[derive(Clone, Debug)]
pub struct Flip {
    /// How they turn.
    pub class: Class,
    /// What they say.
    pub recorded: Action,
    /// `eni-…`.
    pub interface_id: String,
    /// Relative to it.
    pub direction: Direction,
    /// Their sums.
    pub totals: Totals,
    /// From the first `start` to the last `end`.
    pub span: Option<Span>,
    /// Their peers and services, those with most packets first.
    pub flows: Vec<FlowOfFlip>,
    /// Whether there are more of these than are kept.
    pub has_more_flows: bool,
    /// By the present rules.
    pub now: Standing,
    /// By the proposed ones.
    pub then: Option<Standing>,
    /// What else is worth knowing.
    pub remarks: Vec<String>,
    /// What would let the first flow through all the same: all steps together, on top of the proposal.
    pub steps: Vec<Step>,
}

/// Records of one peer and service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowOfFlip {
    /// The other end.
    pub peer: IpAddr,
    /// Protocol, and the server's port.
    pub service: Service,
    /// Their sums.
    pub totals: Totals,
}

/// What the rules of an inventory say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What the record says; `None`: there would be none.
    pub action: Option<Action>,
    /// What decides, as in `x-deciding-rule`; `tracked:` where that is inferred from a connection.
    pub deciding_rule: Option<String>,
    /// The same in words.
    pub reason: String,
    /// The rule that came nearest to allowing, as in `x-nearest-miss`.
    pub nearest_miss: Option<String>,
    /// The same in words.
    pub nearest_rule: Option<String>,
}

impl Report {
    pub(super) fn new(present: Judge, proposed: Judge, flips: Flips, counts: Counts) -> Self {
        let (groups, others) = flips.into_parts();
        let mut authors =
            Authors { present: Author { judge: present }, proposed: Author { judge: proposed } };
        let mut flips: Vec<_> = groups
            .into_iter()
            .filter_map(|(turn, group)| {
                let is_consequence = [Some(turn.now), turn.then].into_iter().flatten().any(
                    |outcome| matches!(outcome, Outcome::Refused(refusal) if refusal.is_consequence()),
                );
                Some((is_consequence, authors.flip(&turn, &group)?))
            })
            .collect();
        flips.sort_by_cached_key(|(is_consequence, flip)| {
            let Totals { packets, bytes, records } = flip.totals;
            let sums = (Reverse(packets), Reverse(bytes), Reverse(records));
            let rules = (flip.now.deciding_rule.clone(), flip.now.nearest_miss.clone());
            let then = flip.then.as_ref().map(|then| {
                (then.deciding_rule.clone(), then.nearest_miss.clone(), then.reason.clone())
            });
            let place = (flip.interface_id.clone(), flip.direction, flip.remarks.clone());
            (flip.class, *is_consequence, sums, place, rules, then)
        });
        let others = Class::ALL.into_iter().zip(others);
        Self {
            flips: flips.into_iter().map(|(_, flip)| flip).collect(),
            others: others.filter(|(_, totals)| totals.records > 0).collect(),
            counts,
        }
    }
}

/// Puts both judges' outcomes into words.
struct Authors {
    present: Author,
    proposed: Author,
}

impl Authors {
    fn flip(&mut self, turn: &Turn, group: &Group) -> Option<Flip> {
        let flows = group.by_packets();
        let (_, _, heaviest) = flows.first()?;
        let now = standing(&mut self.present, &turn.now, &heaviest.now);
        let then = turn.then.zip(heaviest.then);
        let mut remarks = Vec::new();
        let mut steps = Vec::new();
        match (turn.now, then) {
            (Outcome::Refused(refusal), None) => {
                remarks = self.present.remarks(Cause::RefusedNow(refusal), &refusal, &heaviest.now);
            }
            (Outcome::Refused(refusal), Some(_)) => {
                if refusal.role != Role::Request {
                    let cause = Cause::Refused(refusal);
                    remarks = self.present.remarks(cause, &refusal, &heaviest.now);
                }
            }
            (
                Outcome::Allowed(_) | Outcome::Tracked(_),
                Some((Outcome::Refused(refusal), case)),
            ) => {
                remarks = self.proposed.remarks(Cause::Refused(refusal), &refusal, &case);
                remarks.extend(perhaps_an_answer(&mut self.proposed, &case));
                if !refusal.is_consequence() && !refusal.is_late_answer() {
                    let allow = allow(Some(refusal), &case);
                    steps = self.proposed.steps(&refusal, &case, allow);
                }
            }
            (Outcome::Allowed(_) | Outcome::Tracked(_) | Outcome::Excluded(_), _) => {}
        }
        if turn.icmp == IcmpDoubt::OtherTypesStand {
            remarks.push(
                "records do not tell the ICMP type: of another type it would stay as it is"
                    .to_owned(),
            );
        }
        Some(Flip {
            class: turn.class,
            recorded: turn.recorded,
            interface_id: self.present.interface(&heaviest.now)?.id.clone(),
            direction: turn.direction,
            totals: group.totals,
            span: group.span,
            flows: flows
                .iter()
                .map(|(peer, service, kept)| FlowOfFlip {
                    peer: *peer,
                    service: *service,
                    totals: kept.totals,
                })
                .collect(),
            has_more_flows: group.is_full,
            now,
            then: then.map(|(outcome, case)| standing(&mut self.proposed, &outcome, &case)),
            remarks,
            steps,
        })
    }
}

/// Returns a doubt about what neither flags nor ports tell from an answer.
fn perhaps_an_answer(author: &mut Author, case: &Case) -> Option<String> {
    let may_be = case.tuple.shape() == Shape::Unclear
        && author.judge.acl_refusal(case).is_none()
        && author.judge.allows(&case.reversed());
    may_be.then(|| {
        let asked = author.allowing(&case.reversed());
        format!("it may be an answer to what {asked} allows, and would pass then")
    })
}

fn standing(author: &mut Author, outcome: &Outcome, case: &Case) -> Standing {
    let mut standing = Standing {
        action: outcome.action(),
        deciding_rule: None,
        reason: String::new(),
        nearest_miss: None,
        nearest_rule: None,
    };
    match outcome {
        Outcome::Allowed(ground) => {
            standing.deciding_rule = Some(author.ground(*ground));
            standing.reason = author.rule(*ground);
        }
        Outcome::Tracked(ground) => {
            standing.deciding_rule = Some(format!("tracked:{}", author.ground(*ground)));
            standing.reason = format!("a connection that {} allows", author.rule(*ground));
        }
        Outcome::Refused(refusal) => {
            let decision = &refusal.decision;
            standing.deciding_rule = Some(author.ground(decision.ground));
            standing.reason = author.refused_text(decision, Some(case));
            if let Some(nearest) = decision.nearest_miss {
                let NearestMiss { rule, lacking } = nearest;
                standing.nearest_miss = Some(format!("{}:{lacking}", author.ground(rule)));
                standing.nearest_rule = Some(author.nearest_rule(nearest, Some(case)));
            }
        }
        Outcome::Excluded(exclusion) => {
            standing.reason = format!("in no record, for it is {}", exclusion_text(*exclusion));
        }
    }
    standing
}
