//! Groups in words, those with most packets first.

use std::cmp::Reverse;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use flowlogd_flowlog::Span;
use flowlogd_vpc::{Action, Direction, NearestMiss};

use super::author::Author;
use super::case::{Case, Shape, Tuple};
use super::cause::{Cause, IcmpType, Owned, Refusal, RejectReason, Role, Section, Stage};
use super::exclusion_text::exclusion_text;
use super::explainer::Counts;
use super::groups::{Group, Groups, KeptFlow, Totals};
use super::judge::Judge;
use super::remedy::Remedy;
use super::rule_text::protocol_text;
use super::services::{Service, ServiceList};

/// Everything that was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// By section, those with most packets first; answers to refused requests come last.
    pub groups: Vec<Explained>,
    /// Sums of the records for whose groups there was no room, by section.
    pub others: Vec<(Section, Totals)>,
    /// What became of all records.
    pub counts: Counts,
}

/// Records that one cause explains.
#[derive(Clone, Debug)]
pub struct Explained {
    /// How they agree with the inventory.
    pub section: Section,
    /// What they say.
    pub action: Action,
    /// Their sums.
    pub totals: Totals,
    /// From the first `start` to the last `end`.
    pub span: Option<Span>,
    /// Why, in a sentence.
    pub reason: String,
    /// What decides by the rules of the inventory, as in `x-deciding-rule`.
    pub deciding_rule: Option<String>,
    /// The rule that came nearest to allowing, as in `x-nearest-miss`.
    pub nearest_miss: Option<String>,
    /// The same in words.
    pub nearest_rule: Option<String>,
    /// What else is worth knowing.
    pub remarks: Vec<String>,
    /// One of their flows, where it can be told that with most packets.
    pub example: Example,
    /// What all of them ask for.
    pub services: ServiceList,
    /// What the example asks for, unless it looks like an answer.
    pub example_service: Option<Service>,
    /// What would let the example through: all steps together.
    pub steps: Vec<Step>,
    /// Packets that differ from the example in nothing that the steps ask for.
    pub packets_let_through: u64,
}

/// One thing to do.
#[derive(Clone, Debug)]
pub struct Step {
    /// Why the steps before it do not suffice.
    pub why: Option<String>,
    /// What.
    pub remedy: Remedy,
}

/// A flow of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// When its record starts, in Unix seconds.
    pub start: Option<u64>,
    /// `eni-…`; of unknown interfaces several.
    pub interface_ids: Vec<String>,
    /// Relative to the interface, where that can be told.
    pub direction: Option<Direction>,
    /// Source address, on the wire where the record has that.
    pub srcaddr: IpAddr,
    /// Destination address, likewise.
    pub dstaddr: IpAddr,
    /// Source port.
    pub srcport: u16,
    /// Destination port.
    pub dstport: u16,
    /// IANA number.
    pub protocol: u8,
}

/// `ingress tcp 198.51.100.9:40000 > 10.0.1.5:22 at eni-1`.
impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(direction) = self.direction {
            write!(f, "{direction} ")?;
        }
        write!(f, "{} ", protocol_text(self.protocol))?;
        if (self.srcport, self.dstport) == (0, 0) {
            write!(f, "{} > {}", self.srcaddr, self.dstaddr)?;
        } else {
            let src = SocketAddr::new(self.srcaddr, self.srcport);
            let dst = SocketAddr::new(self.dstaddr, self.dstport);
            write!(f, "{src} > {dst}")?;
        }
        write!(f, " at {}", self.interface_ids.join(", "))
    }
}

impl Report {
    pub(super) fn new(judge: Judge, groups: Groups, counts: Counts) -> Self {
        let (groups, others) = groups.into_parts();
        let mut author = Author { judge };
        let mut groups: Vec<_> = groups
            .into_iter()
            .filter_map(|(cause, group)| {
                let is_consequence =
                    cause.refusal().is_some_and(|refusal| refusal.is_consequence());
                Some((is_consequence, author.explained(cause, &group)?))
            })
            .collect();
        groups.sort_by_cached_key(|(is_consequence, group)| {
            let Totals { packets, bytes, records } = group.totals;
            let sums = (Reverse(packets), Reverse(bytes), Reverse(records));
            let texts = (group.deciding_rule.clone(), group.nearest_miss.clone());
            let order = (group.section, *is_consequence);
            (order, sums, texts, group.reason.clone(), group.remarks.clone())
        });
        let groups = groups.into_iter().map(|(_, group)| group).collect();
        let others = Section::ALL.into_iter().zip(others);
        let others = others.filter(|(_, totals)| totals.records > 0).collect();
        Self { groups, others, counts }
    }
}

impl Author {
    fn explained(&mut self, cause: Cause, group: &Group) -> Option<Explained> {
        let heaviest = group.heaviest();
        let example = match (heaviest, &group.unjudged) {
            (Some(flow), _) => self.example(flow),
            (None, Some(unjudged)) => {
                let ids = unjudged.interface_ids.clone();
                example(&unjudged.tuple, unjudged.at, ids, None)
            }
            (None, None) => return None,
        };
        let refusal = cause.refusal();
        let nearest = refusal.and_then(|refusal| refusal.decision.nearest_miss);
        let decides = match cause {
            Cause::Allowed(_, ground) => Some(ground),
            Cause::Refused(refusal) | Cause::RefusedNow(refusal) => Some(refusal.decision.ground),
            Cause::Reason(_)
            | Cause::Excluded(..)
            | Cause::UnknownInterface(_)
            | Cause::NoDirection(..) => None,
        };
        let (steps, packets_let_through) = match (cause, heaviest) {
            (Cause::Refused(refusal), Some(flow))
                if !refusal.is_consequence() && !refusal.is_late_answer() =>
            {
                (self.steps(&refusal, &flow.case, flow.allow), flow.packets)
            }
            (
                Cause::Refused(_)
                | Cause::Reason(_)
                | Cause::Allowed(..)
                | Cause::RefusedNow(_)
                | Cause::Excluded(..)
                | Cause::UnknownInterface(_)
                | Cause::NoDirection(..),
                _,
            ) => (Vec::new(), 0),
        };
        Some(Explained {
            section: cause.section(),
            action: cause.action(),
            totals: group.totals,
            span: group.span,
            reason: self.reason(cause, heaviest),
            deciding_rule: decides.map(|ground| self.ground(ground)),
            nearest_miss: nearest
                .map(|NearestMiss { rule, lacking }| format!("{}:{lacking}", self.ground(rule))),
            nearest_rule: nearest
                .map(|nearest| self.nearest_rule(nearest, heaviest.map(|flow| &flow.case))),
            remarks: match (refusal, heaviest) {
                (Some(refusal), Some(flow)) => self.remarks(cause, &refusal, &flow.case),
                (Some(_) | None, _) => Vec::new(),
            },
            example,
            services: group.services.list(),
            example_service: heaviest
                .map(|flow| &flow.case.tuple)
                .filter(|tuple| tuple.shape() != Shape::Answer)
                .map(Service::of),
            steps,
            packets_let_through,
        })
    }

    fn reason(&self, cause: Cause, flow: Option<&KeptFlow>) -> String {
        match cause {
            Cause::Refused(refusal) => {
                self.refused_text(&refusal.decision, flow.map(|flow| &flow.case))
            }
            Cause::Reason(RejectReason::BlockPublicAccess) => {
                "VPC Block Public Access refused it (reject-reason BPA), not a rule".to_owned()
            }
            Cause::Reason(RejectReason::EncryptionControls) => {
                "VPC Encryption Controls refused it (reject-reason EC), not a rule".to_owned()
            }
            Cause::Reason(RejectReason::Other) => {
                "its reject-reason says why, and is no rule".to_owned()
            }
            Cause::Allowed(_, ground) => format!(
                "the inventory would let it through by {}: the rules changed since, or it came after the end of its connection",
                self.rule(ground)
            ),
            Cause::RefusedNow(refusal) => format!(
                "the inventory would refuse it ({}): the rules changed since",
                self.refused_text(&refusal.decision, flow.map(|flow| &flow.case))
            ),
            Cause::Excluded(_, exclusion) => format!(
                "by the inventory it would be in no record, for it is {}",
                exclusion_text(exclusion)
            ),
            Cause::UnknownInterface(_) => "the interface is not in the inventory".to_owned(),
            Cause::NoDirection(_, owned) => {
                let whose = match owned {
                    Owned::Neither => "neither address is",
                    Owned::Both => "both addresses are",
                };
                format!("{whose} the interface's, and no flow-direction tells ingress from egress")
            }
        }
    }

    /// Returns what is worth knowing of a refusal besides its rule.
    pub(super) fn remarks(&mut self, cause: Cause, refusal: &Refusal, case: &Case) -> Vec<String> {
        let mut remarks = Vec::new();
        if refusal.role == Role::Answer {
            let asked = self.allowing(&case.reversed());
            remarks.push(match refusal.stage {
                Stage::NetworkAcl => format!(
                    "it looks like an answer to what {asked} allows: a network ACL keeps no state, so answers need an entry of their own"
                ),
                Stage::SecurityGroups => format!(
                    "it looks like an answer to what {asked} allows: in a live connection it would pass, so perhaps it came after the end, and no rule is lacking"
                ),
            });
        }
        if refusal.is_consequence() {
            let request = self.judge.refusal_of_request(case);
            let by = request.map(|decision| self.ground(decision.ground)).unwrap_or_default();
            remarks.push(format!(
                "these look like answers to requests that the rules refuse (the example's request by {by}): mend those first"
            ));
        }
        if matches!(cause, Cause::RefusedNow(_))
            && self.judge.acl_refusal(case).is_none()
            && self.judge.allows(&case.reversed())
        {
            let asked = self.allowing(&case.reversed());
            remarks.push(format!(
                "it would pass as an answer to what {asked} allows, but looks like a request"
            ));
        }
        if matches!(cause, Cause::Refused(_)) && case.tuple.is_icmp() {
            remarks.push(
                "records do not tell the ICMP type: what allows it here allows every type"
                    .to_owned(),
            );
        }
        if refusal.icmp_type == IcmpType::Matters {
            remarks.push(
                "the rules depend on the ICMP type, so something else may have decided".to_owned(),
            );
        }
        if case.tuple.has_unknown_ports() {
            remarks.push(
                "ports 0 are those of fragments without their first: only rules for all ports match"
                    .to_owned(),
            );
        }
        remarks
    }

    fn example(&self, flow: &KeptFlow) -> Example {
        let ids = self.interface(&flow.case).map(|interface| interface.id.clone());
        let direction = Some(flow.case.direction);
        example(&flow.case.tuple, flow.at, ids.into_iter().collect(), direction)
    }
}

fn example(
    tuple: &Tuple,
    start: Option<u64>,
    interface_ids: Vec<String>,
    direction: Option<Direction>,
) -> Example {
    Example {
        start,
        interface_ids,
        direction,
        srcaddr: tuple.addresses.src(),
        dstaddr: tuple.addresses.dst(),
        srcport: tuple.srcport,
        dstport: tuple.dstport,
        protocol: tuple.protocol,
    }
}
