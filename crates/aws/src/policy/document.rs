//! A policy as it is kept: statements, with everything compiled that does not depend on the request.

use super::condition::Condition;
use super::glob::{ActionGlob, ResourceGlob};
use super::principal::PrincipalMatcher;

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// A list, or everything but a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selection<T> {
    Of(Vec<T>),
    AllBut(Vec<T>),
}

impl<T> Selection<T> {
    pub(crate) fn items(&self) -> &[T] {
        match self {
            Self::Of(items) | Self::AllBut(items) => items,
        }
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub(crate) sid: Option<String>,
    pub(crate) effect: Effect,
    /// Of trust policies.
    pub(crate) principal: Option<Selection<PrincipalMatcher>>,
    pub(crate) actions: Selection<ActionGlob>,
    /// Not of trust policies.
    pub(crate) resources: Option<Selection<ResourceGlob>>,
    pub(crate) conditions: Vec<Condition>,
    /// Of its conditions and variables: as written, those of variables in lower case.
    pub(crate) context_keys: Vec<String>,
}

impl Statement {
    /// Returns the principals as written.
    pub(super) fn principals(&self) -> Vec<(String, String)> {
        let items = self.principal.as_ref().map(Selection::items).unwrap_or_default();
        items.iter().map(PrincipalMatcher::written).collect()
    }
}
