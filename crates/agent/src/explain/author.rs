//! Decisions and refusals in words.

use flowlogd_vpc::{
    Decision, Direction, Ground, GroundIndex, Interface, Judgement, Lacking, NearestMiss,
};

use super::case::{Case, EPHEMERAL};
use super::cause::{Refusal, Role, Stage};
use super::exclusion_text::exclusion_text;
use super::judge::Judge;
use super::remedy::{Allow, Remedy};
use super::report::Step;
use super::rule_text::{entry_text, find_rule};

/// Puts causes into words.
pub(super) struct Author {
    pub(super) judge: Judge,
}

impl Author {
    /// Continues "refused: ".
    pub(super) fn refused_text(&self, decision: &Decision, case: Option<&Case>) -> String {
        match self.judge.book().ground(decision.ground) {
            Some(Ground::ImplicitDeny(text)) => {
                match text.split_once(':').map_or("-", |(_, groups)| groups) {
                    "-" => "the interface has no security group".to_owned(),
                    groups => format!("no rule of {} allows it", groups.replace(',', ", ")),
                }
            }
            Some(Ground::NetworkAclEntry(text)) => {
                let acl = text.split(':').next().unwrap_or_default();
                let entry = case.and_then(|case| {
                    let acl =
                        self.judge.ruleset().inventory().network_acl(self.interface(case)?)?;
                    let entries = match case.direction {
                        Direction::Ingress => &acl.ingress,
                        Direction::Egress => &acl.egress,
                    };
                    let number = acl_number(text)?;
                    entries.iter().find(|entry| entry.number == number).map(|entry| (entry, case))
                });
                match entry {
                    Some((entry, case)) => format!(
                        "entry {} of {acl} denies {}",
                        entry.number,
                        entry_text(entry, case.direction)
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

    pub(super) fn nearest_rule(&self, nearest: NearestMiss, case: Option<&Case>) -> String {
        let icmp = case.is_some_and(|case| case.tuple.is_icmp());
        let lacking = match nearest.lacking {
            Lacking::Port if icmp => "the ICMP type, which records do not tell",
            Lacking::Port => "the port",
            Lacking::Peer => "the peer's address",
            Lacking::Protocol => "the protocol",
            Lacking::Family => "the address family",
        };
        format!("{}, all but {lacking}", self.rule(nearest.rule))
    }

    /// Returns what lets a flow through: past the stage that refuses it, past the other stage, and its
    /// answers past the network ACL.
    pub(super) fn steps(&mut self, refusal: &Refusal, case: &Case, allow: Allow) -> Vec<Step> {
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
        step(past_refusal, case, allow, "it");
        step(past_other, case, allow, "it");

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
    pub(super) fn allowing(&mut self, case: &Case) -> String {
        match self.judge.judge(case) {
            Judgement::Decided(verdict) => self.rule(verdict.decision.ground),
            Judgement::Excluded(exclusion) => exclusion_text(exclusion).to_owned(),
        }
    }

    /// Returns a rule by its id and by what it says, where the id does not say that itself.
    pub(super) fn rule(&self, ground: GroundIndex) -> String {
        let text = self.ground(ground);
        let inventory = self.judge.ruleset().inventory();
        match find_rule(inventory, &text) {
            Some(found) => format!("{text} ({}: {})", found.group.id, found.text(inventory)),
            None if text == "-" => "it is never filtered".to_owned(),
            None => text,
        }
    }

    pub(super) fn ground(&self, index: GroundIndex) -> String {
        self.judge.book().ground(index).map(Ground::to_string).unwrap_or_default()
    }

    pub(super) fn interface(&self, case: &Case) -> Option<&Interface> {
        self.judge.ruleset().interface(case.interface)
    }
}

/// Returns the number of `acl-…:ingress:100`; `*` has none.
fn acl_number(ground: &str) -> Option<u16> {
    ground.rsplit_once(':')?.1.parse().ok()
}
