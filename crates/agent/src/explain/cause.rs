//! What records are grouped by.

use flowlogd_vpc::{Action, Decision, Direction, Exclusion, GroundIndex};

/// Why a record says what it says, or why it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Cause {
    /// REJECT, and the rules refuse it.
    Refused(Refusal),
    /// REJECT, and the record itself gives a reason that is no rule.
    Reason(RejectReason),
    /// REJECT, but this would allow it.
    Allowed(Direction, GroundIndex),
    /// ACCEPT, but the rules refuse it.
    RefusedNow(Refusal),
    /// It would be in no record.
    Excluded(Action, Exclusion),
    /// Nothing is known of its interface.
    UnknownInterface(Action),
    /// Nothing tells ingress from egress.
    NoDirection(Action, Owned),
}

/// A refusal by rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Refusal {
    pub(super) decision: Decision,
    pub(super) stage: Stage,
    pub(super) direction: Direction,
    pub(super) role: Role,
    pub(super) icmp_type: IcmpType,
}

/// Who refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Stage {
    SecurityGroups,
    NetworkAcl,
}

/// What a packet is in its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// As far as can be told it opens one.
    Request,
    /// It looks like an answer, and the rules allow what it would answer.
    Answer,
    /// It looks like an answer, and the rules refuse what it would answer.
    AnswerToRefused,
}

/// Whether the ICMP type, which no record tells, would change the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum IcmpType {
    Irrelevant,
    Matters,
}

/// The field `reject-reason` (flow-logs.md §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RejectReason {
    BlockPublicAccess,
    EncryptionControls,
    Other,
}

/// Which of a record's addresses are the interface's, where it is not exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Owned {
    Neither,
    Both,
}

/// How records and inventory agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// A REJECT with what explains it.
    Explained,
    /// The rules of the inventory would have it otherwise.
    DoesNotFit,
    /// The inventory does not suffice to judge it.
    NotJudged,
}

impl Section {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Explained, Self::DoesNotFit, Self::NotJudged];
}

impl Cause {
    pub(super) const fn section(self) -> Section {
        match self {
            Self::Refused(_) | Self::Reason(_) => Section::Explained,
            Self::Allowed(..) | Self::RefusedNow(_) | Self::Excluded(..) => Section::DoesNotFit,
            Self::UnknownInterface(_) | Self::NoDirection(..) => Section::NotJudged,
        }
    }

    /// Returns what the records say.
    pub(super) const fn action(self) -> Action {
        match self {
            Self::Refused(_) | Self::Reason(_) | Self::Allowed(..) => Action::Reject,
            Self::RefusedNow(_) => Action::Accept,
            Self::Excluded(action, _)
            | Self::UnknownInterface(action)
            | Self::NoDirection(action, _) => action,
        }
    }

    pub(super) const fn refusal(self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) | Self::RefusedNow(refusal) => Some(refusal),
            Self::Reason(_)
            | Self::Allowed(..)
            | Self::Excluded(..)
            | Self::UnknownInterface(_)
            | Self::NoDirection(..) => None,
        }
    }
}

impl Refusal {
    /// Returns whether other refusals, once mended, leave nothing of this one.
    pub(super) fn is_consequence(&self) -> bool {
        self.role == Role::AnswerToRefused
    }

    /// Returns whether it is of an answer that came too late: a live connection would have let it pass, so
    /// no rule is lacking.
    pub(super) fn is_late_answer(&self) -> bool {
        self.role == Role::Answer && self.stage == Stage::SecurityGroups
    }
}

impl RejectReason {
    pub(super) fn of(token: &str) -> Self {
        match token {
            "BPA" => Self::BlockPublicAccess,
            "EC" => Self::EncryptionControls,
            _ => Self::Other,
        }
    }
}
