//! Deciding (§2).

use super::document::{Effect, Selection, Statement};
use super::principal::{Fit, PrincipalMatcher};
use super::{
    Ask, Decision, Evaluation, Layer, Mismatch, NamedPolicy, Policies, Principal, StatementRef,
};

/// Decides. An explicit denial of any policy is final; then the trust policy, where there is one, and the
/// principal's own policies within its boundary and session policies.
pub fn evaluate(ask: &Ask<'_>, policies: &Policies) -> Evaluation {
    let mut search = Search { ask, action: ask.action.to_ascii_lowercase(), misses: Vec::new() };
    let decision = search.decide(policies);
    Evaluation { decision, misses: search.misses }
}

/// Returns the statements that make a decision: of a denial those that deny, else those of the principal's
/// own policies that allow; none where nothing allows.
pub fn deciding(ask: &Ask<'_>, policies: &Policies) -> Vec<StatementRef> {
    let search = Search { ask, action: ask.action.to_ascii_lowercase(), misses: Vec::new() };
    let all_of = |effect: Effect, policies: &[NamedPolicy]| {
        let mut found = Vec::new();
        for policy in policies {
            let applying = statements(policy, effect)
                .filter(|(_, statement)| search.mismatch(statement).is_none())
                .map(|(index, statement)| reference(policy, index, statement));
            found.extend(applying);
        }
        found
    };
    match evaluate(ask, policies).decision {
        Decision::Allowed(_) => all_of(Effect::Allow, &policies.identity),
        Decision::ImplicitDeny(_) => Vec::new(),
        Decision::ExplicitDeny(..) => {
            let session = policies.session.as_deref().unwrap_or_default();
            let layers = [
                policies.identity.as_slice(),
                policies.boundary.as_slice(),
                session,
                policies.resource.as_slice(),
            ];
            layers.into_iter().flat_map(|layer| all_of(Effect::Deny, layer)).collect()
        }
    }
}

struct Search<'a> {
    ask: &'a Ask<'a>,
    /// In lower case.
    action: String,
    misses: Vec<(StatementRef, Mismatch)>,
}

impl Search<'_> {
    fn decide(&mut self, policies: &Policies) -> Decision {
        if let Some(denial) = self.denial(policies) {
            return denial;
        }
        let trusted = match &policies.resource {
            Some(trust) => match self.trust(trust) {
                None => return Decision::ImplicitDeny(Layer::Trust),
                found => found,
            },
            None => None,
        };
        let allowed = match (self.ask.principal, trusted) {
            // No implicit denial counts against whom the trust policy names itself (§2.3).
            (_, Some((statement, Fit::Exact))) => return Decision::Allowed(Some(statement)),
            (Principal::Root { .. }, _) => return Decision::Allowed(None),
            (Principal::Service { .. }, _) => return Decision::ImplicitDeny(Layer::Trust),
            (_, Some((statement, Fit::Issuer))) => Some(statement),
            // The account is trusted: who may of it is its own policies' to say.
            (_, Some((_, Fit::Account | Fit::None)) | None) => self.allowing(&policies.identity),
        };
        let Some(allowed) = allowed else { return Decision::ImplicitDeny(Layer::Identity) };
        if let Some(boundary) = &policies.boundary
            && self.allowing(std::slice::from_ref(boundary)).is_none()
        {
            return Decision::ImplicitDeny(Layer::Boundary);
        }
        if let Some(session) = &policies.session
            && self.allowing(session).is_none()
        {
            return Decision::ImplicitDeny(Layer::Session);
        }
        Decision::Allowed(Some(allowed))
    }

    /// Returns the first explicit denial, in the order in which a denial names layers.
    fn denial(&self, policies: &Policies) -> Option<Decision> {
        let boundary = policies.boundary.as_slice();
        let resource = policies.resource.as_slice();
        let session = policies.session.as_deref().unwrap_or_default();
        let layers = [
            (Layer::Identity, policies.identity.as_slice()),
            (Layer::Boundary, boundary),
            (Layer::Session, session),
            (Layer::Trust, resource),
        ];
        for (layer, policies) in layers {
            for policy in policies {
                for (index, statement) in statements(policy, Effect::Deny) {
                    if self.mismatch(statement).is_none() {
                        return Some(Decision::ExplicitDeny(
                            layer,
                            reference(policy, index, statement),
                        ));
                    }
                }
            }
        }
        None
    }

    /// Returns the first statement that allows; of the others it notes what does not fit.
    fn allowing(&mut self, policies: &[NamedPolicy]) -> Option<StatementRef> {
        for policy in policies {
            for (index, statement) in statements(policy, Effect::Allow) {
                let reference = reference(policy, index, statement);
                match self.mismatch(statement) {
                    None => return Some(reference),
                    Some(mismatch) => self.misses.push((reference, mismatch)),
                }
            }
        }
        None
    }

    /// Returns the statement of a trust policy that allows: of those that reach farthest, the first.
    fn trust(&mut self, trust: &NamedPolicy) -> Option<(StatementRef, Fit)> {
        let mut found: Option<(StatementRef, Fit)> = None;
        for (index, statement) in statements(trust, Effect::Allow) {
            let reference = reference(trust, index, statement);
            match self.mismatch(statement) {
                None => {
                    let fit = self.fit(statement);
                    if found.as_ref().is_none_or(|(_, best)| fit > *best) {
                        found = Some((reference, fit));
                    }
                }
                Some(mismatch) => self.misses.push((reference, mismatch)),
            }
        }
        found
    }

    fn fit(&self, statement: &Statement) -> Fit {
        let fit = |principals: &[PrincipalMatcher]| {
            let fits = principals.iter().map(|matcher| matcher.fits(self.ask.principal));
            fits.max().unwrap_or(Fit::None)
        };
        match &statement.principal {
            // Policies of a principal speak of it alone.
            None => Fit::Exact,
            Some(Selection::Of(principals)) => fit(principals),
            Some(Selection::AllBut(principals)) => match fit(principals) {
                Fit::None => PrincipalMatcher::Everybody.fits(self.ask.principal),
                Fit::Account | Fit::Issuer | Fit::Exact => Fit::None,
            },
        }
    }

    /// Returns the first thing of a statement that does not fit the question; nothing if it applies.
    fn mismatch(&self, statement: &Statement) -> Option<Mismatch> {
        let context = self.ask.context;
        if self.fit(statement) == Fit::None {
            return Some(Mismatch::Principal);
        }
        let is_action = match &statement.actions {
            Selection::Of(globs) => globs.iter().any(|glob| glob.matches(&self.action, context)),
            Selection::AllBut(globs) => {
                !globs.iter().any(|glob| glob.matches(&self.action, context))
            }
        };
        if !is_action {
            return Some(Mismatch::Action);
        }
        let resource = self.ask.resource;
        let is_resource = match &statement.resources {
            None => true,
            Some(Selection::Of(globs)) => globs.iter().any(|glob| glob.matches(resource, context)),
            Some(Selection::AllBut(globs)) => {
                globs.iter().all(|glob| glob.misses(resource, context))
            }
        };
        if !is_resource {
            return Some(Mismatch::Resource);
        }
        let failing = statement.conditions.iter().find(|condition| !condition.holds(context))?;
        Some(Mismatch::Condition {
            operator: failing.operator.clone(),
            key: failing.key.clone(),
            wanted: failing.values.clone(),
            found: context.get(&failing.key).map(<[String]>::to_vec),
        })
    }
}

fn statements(policy: &NamedPolicy, effect: Effect) -> impl Iterator<Item = (usize, &Statement)> {
    policy
        .policy
        .statements
        .iter()
        .enumerate()
        .filter(move |(_, statement)| statement.effect == effect)
}

fn reference(policy: &NamedPolicy, index: usize, statement: &Statement) -> StatementRef {
    StatementRef { policy: policy.name.clone(), index, sid: statement.sid.clone() }
}
