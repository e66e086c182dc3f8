//! The policy language: reading policies strictly, and deciding requests by them
//! (`iam-sts-sigv4-cloudtrail.md` §1–4).

mod clause;
mod condition;
mod document;
mod evaluate;
mod glob;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod oracle;
mod parse;
mod positions;
mod principal;
#[cfg(test)]
mod tests;
mod variable;

use std::collections::{BTreeMap, BTreeSet};

use crate::Arn;
use crate::one_line::one_line;
use document::Statement;

pub use clause::clause;
pub use evaluate::{deciding, evaluate};
pub use positions::{Place, positions};

/// What a policy is attached to; each kind has its own grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Of a user, a role or a group: no principal, resources required.
    Identity,
    /// A role's trust policy: principals required, no resources.
    Trust,
    /// Handed over where a session is made: as identity policies.
    Session,
}

/// A policy that has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub(crate) statements: Vec<Statement>,
}

/// Why a document is not a policy: the text of `MalformedPolicyDocument` (§5.3).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", one_line(.0))]
pub struct MalformedPolicy(pub String);

impl Policy {
    /// Reads a document.
    pub fn parse(document: &str, kind: PolicyKind) -> Result<Self, MalformedPolicy> {
        let statements = parse::parse(document, kind)?;
        Ok(Self { statements })
    }

    /// Returns the context keys that it speaks of, in conditions and variables, each once.
    pub fn context_keys(&self) -> BTreeSet<String> {
        self.statements
            .iter()
            .flat_map(|statement| statement.context_keys.iter().cloned())
            .collect()
    }

    /// Returns the principals that a trust policy names, as written: `("AWS", "arn:…")`,
    /// `("Service", "…")`, so that the control plane can resolve them to unique ids.
    pub fn principals(&self) -> Vec<(String, String)> {
        self.statements.iter().flat_map(Statement::principals).collect()
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The account itself.
    Root {
        /// Twelve digits.
        account: String,
    },
    /// An IAM user.
    User {
        /// `arn:aws:iam::A:user/path/NAME`.
        arn: Arn,
        /// `AIDA…`.
        id: String,
        /// NAME.
        name: String,
    },
    /// A session of a role.
    Session {
        /// `arn:aws:sts::A:assumed-role/ROLE/SESSION`.
        arn: Arn,
        /// `arn:aws:iam::A:role/path/ROLE`.
        role: Arn,
        /// `AROA…`.
        role_id: String,
        /// SESSION.
        session: String,
    },
    /// A federated session of a user or of the account.
    Federated {
        /// `arn:aws:sts::A:federated-user/NAME`.
        arn: Arn,
        /// Who made it: `arn:aws:iam::A:user/path/USER`, or the account's root.
        issuer: Arn,
        /// `AIDA…`; of root the account.
        issuer_id: String,
        /// NAME.
        name: String,
    },
    /// An AWS service: only resource and trust policies count for it.
    Service {
        /// `vpc-flow-logs.amazonaws.com`.
        name: String,
    },
}

/// The context keys of a request; names compare without case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    values: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// Sets a key to one value.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.values.insert(key.to_ascii_lowercase(), vec![value.into()]);
    }

    /// Sets a multivalued key.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        self.values.insert(key.to_ascii_lowercase(), values.into_iter().collect());
    }

    /// Returns the values of a key; `None` where it is absent.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.values.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}

/// One question: may this principal do this to that?
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Who.
    pub principal: &'a Principal,
    /// `ec2:CreateFlowLogs`.
    pub action: &'a str,
    /// An ARN, or `*`.
    pub resource: &'a str,
    /// The circumstances.
    pub context: &'a Context,
}

/// A policy with the name that is told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedPolicy {
    /// Inline: its name; managed: its ARN; trust: the role's ARN.
    pub name: String,
    /// What it says.
    pub policy: Policy,
}

/// All that applies to a question.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policies {
    /// Of the user and its groups, or of the role.
    pub identity: Vec<NamedPolicy>,
    /// The permissions boundary.
    pub boundary: Option<NamedPolicy>,
    /// Session policies; `None` where none was passed.
    pub session: Option<Vec<NamedPolicy>>,
    /// The resource's own policy: of `sts:AssumeRole` the trust policy.
    pub resource: Option<NamedPolicy>,
}

/// The kinds of policy, in the order in which a denial names them (§7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// `identity-based policy`.
    Identity,
    /// `permissions boundary`.
    Boundary,
    /// `session policy`.
    Session,
    /// `role trust policy`.
    Trust,
}

/// Where a decision comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRef {
    /// As in [`NamedPolicy`].
    pub policy: String,
    /// Counted from 0.
    pub index: usize,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
}

/// What a decision is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it; none where root asks.
    Allowed(Option<StatementRef>),
    /// Nothing of this layer allows it.
    ImplicitDeny(Layer),
    /// A statement denies it.
    ExplicitDeny(Layer, StatementRef),
}

/// What of a statement did not fit: for people who look for the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It speaks of other principals.
    Principal,
    /// It speaks of other actions.
    Action,
    /// It speaks of other resources.
    Resource,
    /// A condition does not hold.
    Condition {
        /// `StringEquals`.
        operator: String,
        /// `aws:SourceAccount`.
        key: String,
        /// What the policy asks for.
        wanted: Vec<String>,
        /// What the request has; `None` where the key is absent.
        found: Option<Vec<String>>,
    },
}

/// A decision and how every Allow statement fared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The outcome.
    pub decision: Decision,
    /// Allow statements that did not apply, with what did not fit.
    pub misses: Vec<(StatementRef, Mismatch)>,
}

impl Evaluation {
    /// Whether it may.
    pub const fn is_allowed(&self) -> bool {
        matches!(self.decision, Decision::Allowed(_))
    }
}
