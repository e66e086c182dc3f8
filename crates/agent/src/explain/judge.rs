//! What the rules of an inventory say of a record.

use std::sync::Arc;

use flowlogd_packet::Icmp;
use flowlogd_vpc::{
    Action, CompileOptions, ConnectionTable, Decision, Ground, Inventory, Judgement, RuleBook,
    Ruleset, Tick, Verdict,
};

use super::case::{Case, Shape};
use super::cause::{Cause, IcmpType, Refusal, Role, Stage};
use super::icmp_types::IcmpTypes;

/// Rules, and no connection: each packet is judged as if nothing had been before it.
#[derive(Debug)]
pub(super) struct Judge {
    ruleset: Ruleset,
    book: RuleBook,
    // Has room for nothing, so that no record's packet opens a connection for the next one's.
    connections: ConnectionTable,
    icmp_types: IcmpTypes,
}

impl Judge {
    pub(super) fn new(inventory: Inventory, options: CompileOptions) -> Self {
        let mut book = RuleBook::default();
        let ruleset = Ruleset::compile(inventory, options, &mut book);
        let connections = ConnectionTable::new(0, None);
        Self { ruleset, book, connections, icmp_types: IcmpTypes::default() }
    }

    pub(super) fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    pub(super) fn book(&self) -> &RuleBook {
        &self.book
    }

    /// Explains a REJECT. The case comes back with the ICMP type that the explanation supposes.
    pub(super) fn explain_reject(&mut self, case: Case) -> (Case, Cause) {
        let verdict = match self.judge(&case) {
            Judgement::Excluded(exclusion) => {
                return (case, Cause::Excluded(Action::Reject, exclusion));
            }
            Judgement::Decided(verdict) => verdict,
        };
        let typed = self.judge_typed(&case);
        let matters = typed.iter().any(|(_, other)| other.decision != verdict.decision);
        let icmp_type = if matters { IcmpType::Matters } else { IcmpType::Irrelevant };

        // Of several types that are refused, one that tells more.
        let mut refused = std::iter::once(&(case, verdict))
            .chain(&typed)
            .filter(|(_, verdict)| verdict.action == Action::Reject)
            .copied()
            .collect::<Vec<_>>();
        refused.sort_by_key(|(_, verdict)| verdict.decision.nearest_miss.is_none());
        match refused.first() {
            Some((case, verdict)) => {
                let refusal = self.refusal(case, verdict.decision, icmp_type);
                (*case, Cause::Refused(self.told_from_consequences(refusal, case)))
            }
            None => (case, Cause::Allowed(case.direction, verdict.decision.ground)),
        }
    }

    /// Returns why an ACCEPT does not fit, if it does not.
    pub(super) fn doubt_accept(&mut self, case: Case) -> Option<Cause> {
        let verdict = match self.judge(&case) {
            Judgement::Excluded(exclusion) => {
                return Some(Cause::Excluded(Action::Accept, exclusion));
            }
            Judgement::Decided(verdict) if verdict.action == Action::Accept => return None,
            Judgement::Decided(verdict) => verdict,
        };
        let typed = self.judge_typed(&case);
        if typed.iter().any(|(_, verdict)| verdict.action == Action::Accept) {
            return None;
        }
        // A tracked connection lets its answers past the security groups, never past the network
        // ACL (vpc-filtering.md §1).
        let mut cases = std::iter::once(&case).chain(typed.iter().map(|(case, _)| case));
        let passes_acl = cases.any(|case| self.acl_refusal(case).is_none());
        if passes_acl && case.tuple.shape() != Shape::Request && self.allows(&case.reversed()) {
            return None;
        }
        let icmp_type = if case.tuple.is_icmp() { IcmpType::Matters } else { IcmpType::Irrelevant };
        Some(Cause::RefusedNow(self.refusal(&case, verdict.decision, icmp_type)))
    }

    /// Returns why the security groups alone refuse a packet, if ICMP of some type.
    pub(super) fn groups_refusal(&mut self, case: &Case) -> Option<Decision> {
        self.variants(case).iter().find_map(|case| {
            self.ruleset.groups_refusal(&case.packet(), case.interface, case.direction)
        })
    }

    /// Returns all that the network ACL alone refuses a packet for; of ICMP that may be one for each
    /// type.
    pub(super) fn acl_refusals(&mut self, case: &Case) -> Vec<Decision> {
        self.variants(case).iter().filter_map(|case| self.acl_refusal(case)).collect()
    }

    /// Returns why the network ACL alone refuses a packet of just this type.
    pub(super) fn acl_refusal(&self, case: &Case) -> Option<Decision> {
        self.ruleset.acl_refusal(&case.packet(), case.interface, case.direction)
    }

    /// Judges a packet of no connection.
    pub(super) fn judge(&mut self, case: &Case) -> Judgement {
        self.ruleset.evaluate(
            &mut self.connections,
            &case.packet(),
            case.interface,
            case.direction,
            Tick(0),
        )
    }

    /// Returns whether a packet, if ICMP of some type, would be accepted.
    pub(super) fn allows(&mut self, case: &Case) -> bool {
        let is_accept = |verdict: &Verdict| verdict.action == Action::Accept;
        match self.judge(case) {
            Judgement::Excluded(_) => false,
            Judgement::Decided(verdict) => {
                is_accept(&verdict)
                    || self.judge_typed(case).iter().any(|(_, verdict)| is_accept(verdict))
            }
        }
    }

    /// Judges ICMP as each type that a rule asks for; everything else has none.
    pub(super) fn judge_typed(&mut self, case: &Case) -> Vec<(Case, Verdict)> {
        let types = self.types(case);
        types
            .iter()
            .map(|icmp| case.with_icmp(*icmp))
            .filter_map(|case| match self.judge(&case) {
                Judgement::Decided(verdict) => Some((case, verdict)),
                Judgement::Excluded(_) => None,
            })
            .collect()
    }

    /// Returns the packet, and as each ICMP type that a rule asks for.
    fn variants(&mut self, case: &Case) -> Vec<Case> {
        let types = self.types(case);
        std::iter::once(*case).chain(types.iter().map(|icmp| case.with_icmp(*icmp))).collect()
    }

    /// Returns the ICMP types that the rules tell apart; of other packets none.
    pub(super) fn types(&mut self, case: &Case) -> Arc<[Icmp]> {
        match self.ruleset.interface(case.interface) {
            Some(interface) if case.tuple.is_icmp() => {
                self.icmp_types.of(case, self.ruleset.inventory(), interface)
            }
            Some(_) | None => Arc::default(),
        }
    }

    fn role(&mut self, case: &Case) -> Role {
        if case.tuple.shape() == Shape::Answer && self.allows(&case.reversed()) {
            Role::Answer
        } else {
            Role::Request
        }
    }

    /// Marks the refusal of an answer to a request that is refused as well. Its nearest miss goes, for
    /// what is lacking is a rule for the request.
    pub(super) fn told_from_consequences(&mut self, refusal: Refusal, case: &Case) -> Refusal {
        let is_consequence =
            case.tuple.shape() == Shape::Answer && self.refusal_of_request(case).is_some();
        if !is_consequence {
            return refusal;
        }
        let decision = Decision { nearest_miss: None, ..refusal.decision };
        Refusal { decision, role: Role::AnswerToRefused, ..refusal }
    }

    /// Returns why the request that a packet with ports would answer is refused, if it is.
    pub(super) fn refusal_of_request(&mut self, case: &Case) -> Option<Decision> {
        match self.judge(&case.reversed()) {
            Judgement::Decided(verdict) if verdict.action == Action::Reject => {
                Some(verdict.decision)
            }
            Judgement::Decided(_) | Judgement::Excluded(_) => None,
        }
    }

    pub(super) fn refusal(
        &mut self,
        case: &Case,
        decision: Decision,
        icmp_type: IcmpType,
    ) -> Refusal {
        let role = self.role(case);
        // A connection lets its answers past the security groups, so what stops all of them is the
        // network ACL.
        let denial = self.acl_refusal(case).filter(|_| role == Role::Answer);
        self.refusal_as(role, case, denial.unwrap_or(decision), icmp_type)
    }

    /// Returns a refusal of what a packet is supposed to be.
    pub(super) fn refusal_as(
        &self,
        role: Role,
        case: &Case,
        decision: Decision,
        icmp_type: IcmpType,
    ) -> Refusal {
        let stage = match self.book.ground(decision.ground) {
            Some(Ground::NetworkAclEntry(_)) => Stage::NetworkAcl,
            Some(
                Ground::SecurityGroupRule(_)
                | Ground::ImplicitDeny(_)
                | Ground::ConnectionAllowance
                | Ground::Grace
                | Ground::NoRules
                | Ground::NeverFiltered,
            )
            | None => Stage::SecurityGroups,
        };
        Refusal { decision, stage, direction: case.direction, role, icmp_type }
    }
}
