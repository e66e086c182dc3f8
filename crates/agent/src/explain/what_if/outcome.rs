//! What the rules of one inventory make of a record's packets.

use flowlogd_vpc::{Action, Exclusion, GroundIndex, Initiator, Judgement};

use super::super::case::{Case, Shape};
use super::super::cause::{IcmpType, Refusal, Role};
use super::super::judge::Judge;
use super::super::recorded_flow::RecordedFlow;

/// A verdict, and whether it is inferred from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    /// A rule lets it through by itself.
    Allowed(GroundIndex),
    /// It is part of a connection that this rule lets the other side open.
    Tracked(GroundIndex),
    /// The rules refuse it.
    Refused(Refusal),
    /// It would be in no record.
    Excluded(Exclusion),
}

/// What the packets of a record are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Supposition {
    /// No connection is open: they are judged by themselves.
    Alone,
    /// The other side has opened their connection, where the rules let it.
    Answers,
}

impl Outcome {
    /// Returns what the record would say, if there would be one.
    pub(super) const fn action(&self) -> Option<Action> {
        match self {
            Self::Allowed(_) | Self::Tracked(_) => Some(Action::Accept),
            Self::Refused(_) => Some(Action::Reject),
            Self::Excluded(_) => None,
        }
    }

    /// Judges a packet.
    pub(super) fn of(judge: &mut Judge, case: &Case, supposition: Supposition) -> Self {
        let verdict = match judge.judge(case) {
            Judgement::Excluded(exclusion) => return Self::Excluded(exclusion),
            Judgement::Decided(verdict) => verdict,
        };
        if supposition == Supposition::Answers
            && let Some(opening) = opening(judge, &case.reversed())
        {
            // A connection lets its answers past the security groups, never past the network ACL
            // (vpc-filtering.md §1).
            return match judge.acl_refusal(case) {
                None => Self::Tracked(opening),
                Some(denial) => Self::Refused(judge.refusal_as(
                    Role::Answer,
                    case,
                    denial,
                    IcmpType::Irrelevant,
                )),
            };
        }
        match verdict.action {
            Action::Accept => Self::Allowed(verdict.decision.ground),
            Action::Reject => {
                let refusal = judge.refusal(case, verdict.decision, IcmpType::Irrelevant);
                Self::Refused(judge.told_from_consequences(refusal, case))
            }
        }
    }
}

impl Supposition {
    /// Returns what a record's packets are best taken for, by who opened the connection, else by flags and
    /// ports, else by the present rules.
    pub(super) fn of(flow: &RecordedFlow<'_>, present: &mut Judge, case: &Case) -> Self {
        let is_answer = match (flow.initiator, case.tuple.shape()) {
            (Initiator::Destination, _) | (Initiator::Unknown, Shape::Answer) => true,
            (Initiator::Source, _) | (Initiator::Unknown, Shape::Request) => false,
            // What was let through though no rule allows it can only have been an answer.
            (Initiator::Unknown, Shape::Unclear) => {
                flow.action == Action::Accept
                    && Outcome::of(present, case, Self::Alone).action() == Some(Action::Reject)
            }
        };
        if !is_answer {
            return Self::Alone;
        }
        // What was refused though a connection would have let it through came after its end.
        let came_late = flow.action == Action::Reject
            && Outcome::of(present, case, Self::Answers).action() == Some(Action::Accept);
        if came_late { Self::Alone } else { Self::Answers }
    }
}

/// Returns the rule that lets a packet, if ICMP of some type, open a connection.
fn opening(judge: &mut Judge, case: &Case) -> Option<GroundIndex> {
    let Judgement::Decided(verdict) = judge.judge(case) else { return None };
    if verdict.action == Action::Accept {
        return Some(verdict.decision.ground);
    }
    let typed = judge.judge_typed(case);
    let accepted = typed.iter().find(|(_, verdict)| verdict.action == Action::Accept);
    accepted.map(|(_, verdict)| verdict.decision.ground)
}
