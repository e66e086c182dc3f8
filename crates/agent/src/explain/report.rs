//! Groups in words, those with most packets first.

use std::cmp::Reverse;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use flowlogd_flowlog::Span;
use flowlogd_vpc::{
    Action, Decision, Direction, Ground, GroundIndex, Interface, Judgement, Lacking, NearestMiss,
};

use super::case::{Case, EPHEMERAL, Shape, Tuple};
use super::cause::{Cause, IcmpType, Owned, Refusal, RejectReason, Role, Section, Stage};
use super::exclusion_text::exclusion_text;
use super::explainer::Counts;
use super::groups::{Group, Groups, KeptFlow, Totals};
use super::judge::Judge;
use super::remedy::{Allow, Remedy};
use super::rule_text::{entry_text, find_rule, protocol_text};
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

/// Puts causes into words.
struct Author {
    judge: Judge,
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
                (self.steps(&refusal, flow), flow.packets)
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
            nearest_rule: nearest.map(|nearest| self.nearest_rule(nearest, heaviest)),
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
            Cause::Refused(refusal) => self.refused_text(&refusal.decision, flow),
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
                self.refused_text(&refusal.decision, flow)
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

    /// Continues "refused: ".
    fn refused_text(&self, decision: &Decision, flow: Option<&KeptFlow>) -> String {
        match self.judge.book().ground(decision.ground) {
            Some(Ground::ImplicitDeny(text)) => {
                match text.split_once(':').map_or("-", |(_, groups)| groups) {
                    "-" => "the interface has no security group".to_owned(),
                    groups => format!("no rule of {} allows it", groups.replace(',', ", ")),
                }
            }
            Some(Ground::NetworkAclEntry(text)) => {
                let acl = text.split(':').next().unwrap_or_default();
                let entry = flow.and_then(|flow| {
                    let acl =
                        self.judge.ruleset().inventory().network_acl(self.interface(flow)?)?;
                    let entries = match flow.case.direction {
                        Direction::Ingress => &acl.ingress,
                        Direction::Egress => &acl.egress,
                    };
                    let number = acl_number(text)?;
                    entries.iter().find(|entry| entry.number == number).map(|entry| (entry, flow))
                });
                match entry {
                    Some((entry, flow)) => format!(
                        "entry {} of {acl} denies {}",
                        entry.number,
                        entry_text(entry, flow.case.direction)
                    ),
                    None => format!("no numbered entry of {acl} allows it"),
                }
            }
            Some(
                Ground::SecurityGroupRule(_)
                | Ground::ConnectionAllowance
                | Ground::Grace
                | Ground::NoRules
                | Ground::NeverFiltered,
            )
            | None => self.ground(decision.ground),
        }
    }

    fn nearest_rule(&self, nearest: NearestMiss, flow: Option<&KeptFlow>) -> String {
        let icmp = flow.is_some_and(|flow| flow.case.tuple.is_icmp());
        let lacking = match nearest.lacking {
            Lacking::Port if icmp => "the ICMP type, which records do not tell",
            Lacking::Port => "the port",
            Lacking::Peer => "the peer's address",
            Lacking::Protocol => "the protocol",
            Lacking::Family => "the address family",
        };
        format!("{}, all but {lacking}", self.rule(nearest.rule))
    }

    fn remarks(&mut self, cause: Cause, refusal: &Refusal, case: &Case) -> Vec<String> {
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

    /// Returns what lets a flow through: past the stage that refuses it, past the other stage, and its
    /// answers past the network ACL.
    fn steps(&mut self, refusal: &Refusal, flow: &KeptFlow) -> Vec<Step> {
        let case = &flow.case;
        let (past_refusal, past_other) = match (refusal.stage, refusal.role) {
            (Stage::SecurityGroups, _) => (Some(refusal.decision), self.first_denial(case)),
            (Stage::NetworkAcl, Role::Request | Role::AnswerToRefused) => {
                (self.first_denial(case), self.judge.groups_refusal(case))
            }
            // Its connection lets it past the security groups.
            (Stage::NetworkAcl, Role::Answer) => (self.first_denial(case), None),
        };
        let mut steps = Vec::new();
        let mut step = |decision: Option<Decision>, case: &Case, allow, what| {
            let Some(decision) = decision else { return };
            let Some(remedy) = self.remedy(&decision, case, allow) else { return };
            let why = (!steps.is_empty())
                .then(|| format!("then {} would refuse {what}", self.ground(decision.ground)));
            steps.push(Step { why, remedy });
        };
        step(past_refusal, case, flow.allow, "it");
        step(past_other, case, flow.allow, "it");

        let answer = case.reversed();
        let has_answers = case.tuple.has_ports() && !case.tuple.has_unknown_ports();
        if refusal.role == Role::Request && has_answers {
            let allow = if answer.tuple.dstport >= EPHEMERAL {
                Allow::answers_to(&answer)
            } else {
                Allow::exactly(&answer)
            };
            step(self.judge.acl_refusal(&answer), &answer, allow, "its answers");
        }
        steps
    }

    /// Returns the first entry of the network ACL that refuses a packet. Of several, each for an ICMP
    /// type, what comes before the first comes before all.
    fn first_denial(&mut self, case: &Case) -> Option<Decision> {
        let denials = self.judge.acl_refusals(case);
        denials.into_iter().min_by_key(|denial| {
            acl_number(&self.ground(denial.ground)).map_or(u32::MAX, u32::from)
        })
    }

    fn remedy(&self, decision: &Decision, case: &Case, allow: Allow) -> Option<Remedy> {
        let inventory = self.judge.ruleset().inventory();
        let interface = self.judge.ruleset().interface(case.interface)?;
        match self.judge.book().ground(decision.ground)? {
            Ground::NetworkAclEntry(text) => {
                let acl = inventory.network_acl(interface)?;
                Some(Remedy::of_acl(acl, case.direction, acl_number(text), allow))
            }
            Ground::ImplicitDeny(_) => {
                let rule = decision.nearest_miss.map(|nearest| self.ground(nearest.rule));
                let group = rule.as_deref().and_then(|rule| match find_rule(inventory, rule) {
                    Some(found) => Some(found.group.id.as_str()),
                    // A rule without an id is called after its group.
                    None => rule.split_once(':').map(|(group, _)| group),
                });
                Some(Remedy::of_groups(inventory, interface, group, case.direction, allow))
            }
            Ground::SecurityGroupRule(_)
            | Ground::ConnectionAllowance
            | Ground::Grace
            | Ground::NoRules
            | Ground::NeverFiltered => None,
        }
    }

    /// Returns the rule that accepts a packet, in words.
    fn allowing(&mut self, case: &Case) -> String {
        match self.judge.judge(case) {
            Judgement::Decided(verdict) => self.rule(verdict.decision.ground),
            Judgement::Excluded(exclusion) => exclusion_text(exclusion).to_owned(),
        }
    }

    /// Returns a rule by its id and by what it says, where the id does not say that itself.
    fn rule(&self, ground: GroundIndex) -> String {
        let text = self.ground(ground);
        let inventory = self.judge.ruleset().inventory();
        match find_rule(inventory, &text) {
            Some(found) => format!("{text} ({}: {})", found.group.id, found.text(inventory)),
            None if text == "-" => "it is never filtered".to_owned(),
            None => text,
        }
    }

    fn ground(&self, index: GroundIndex) -> String {
        self.judge.book().ground(index).map(Ground::to_string).unwrap_or_default()
    }

    fn interface(&self, flow: &KeptFlow) -> Option<&Interface> {
        self.judge.ruleset().interface(flow.case.interface)
    }

    fn example(&self, flow: &KeptFlow) -> Example {
        let ids = self.interface(flow).map(|interface| interface.id.clone());
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

/// Returns the number of `acl-…:ingress:100`; `*` has none.
fn acl_number(ground: &str) -> Option<u16> {
    ground.rsplit_once(':')?.1.parse().ok()
}
