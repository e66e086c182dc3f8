//! Wildcards of actions, resources and condition values (§1.1).

use super::Context;
use super::variable::{Piece, Template};

/// Whether a run of tokens matches a text whole.
fn matches(tokens: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut token, mut at, mut retry) = (0, 0, None);
    while let Some(character) = text.get(at) {
        match tokens.get(token) {
            Some(Token::Any) => {
                retry = Some((token, at));
                token += 1;
            }
            Some(Token::One) => {
                token += 1;
                at += 1;
            }
            Some(Token::Literal(literal)) if literal == character => {
                token += 1;
                at += 1;
            }
            Some(Token::Literal(_)) | None => {
                let Some((star, taken)) = retry else { return false };
                retry = Some((star, taken + 1));
                token = star + 1;
                at = taken + 1;
            }
        }
    }
    tokens.get(token..).unwrap_or_default().iter().all(|token| *token == Token::Any)
}

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `*`.
    Any,
    /// `?`.
    One,
    /// Itself.
    Literal(char),
}

/// A pattern whose variables are known at the request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    template: Template,
    /// Where it has no variables: compiled.
    fixed: Option<Vec<Token>>,
}

impl Pattern {
    /// Compiles a pattern; without `variables`, `${…}` is text.
    pub(super) fn new(text: &str, variables: bool) -> Self {
        let template = Template::parse(text, variables);
        let fixed = template.is_fixed().then(|| tokens(template.pieces(), None)).flatten();
        Self { template, fixed }
    }

    /// Whether a text matches; nothing if a variable has no value.
    pub(super) fn matches(&self, text: &str, context: &Context) -> Option<bool> {
        if let Some(tokens) = &self.fixed {
            return Some(matches(tokens, text));
        }
        tokens(self.template.pieces(), Some(context)).map(|tokens| matches(&tokens, text))
    }

    /// Returns the text with its variables filled in, wildcards as themselves.
    pub(super) fn text(&self, context: &Context) -> Option<String> {
        self.template.fill(context)
    }

    /// As [`Self::matches`], part by part: no wildcard reaches over one of the first five colons, and both have
    /// all six parts.
    fn matches_by_parts(&self, text: &str, context: &Context) -> Option<bool> {
        let filled;
        let tokens = if let Some(tokens) = &self.fixed {
            tokens
        } else {
            filled = tokens(self.template.pieces(), Some(context))?;
            &filled
        };
        let patterns: Vec<_> = tokens.splitn(6, |token| *token == Token::Literal(':')).collect();
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let are_arns = patterns.len() == 6 && parts.len() == 6;
        Some(are_arns && patterns.iter().zip(parts).all(|(pattern, part)| matches(pattern, part)))
    }

    /// Returns the pattern as it was written.
    pub(super) fn written(&self) -> &str {
        self.template.written()
    }
}

/// What a variable stands for is text: a `*` in it is no wildcard.
fn tokens(pieces: &[Piece], context: Option<&Context>) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => tokens.extend(text.chars().map(|character| match character {
                '*' => Token::Any,
                '?' => Token::One,
                other => Token::Literal(other),
            })),
            Piece::Escaped(character) => tokens.push(Token::Literal(*character)),
            Piece::Variable { .. } => {
                let value = piece.value(context?)?;
                tokens.extend(value.chars().map(Token::Literal));
            }
        }
    }
    Some(tokens)
}

/// `ec2:Create*`; case does not count.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ActionGlob {
    pattern: Pattern,
}

/// The lecture's name for `logs:GetLogEvents` (`semantics.md` 26).
const GET_LOG_DATA: &str = "logs:getlogdata";

impl ActionGlob {
    pub(super) fn new(text: &str) -> Self {
        Self { pattern: Pattern::new(&text.to_ascii_lowercase(), false) }
    }

    /// `action` is in lower case.
    pub(super) fn matches(&self, action: &str, context: &Context) -> bool {
        self.pattern.matches(action, context) == Some(true)
            || action == "logs:getlogevents" && self.pattern.written() == GET_LOG_DATA
    }
}

/// `*`, or an ARN with wildcards. The first five fields match field by field; the last takes the rest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ResourceGlob {
    /// Nothing for a lone `*`, which matches what is no ARN too.
    fields: Option<[Pattern; 6]>,
}

impl ResourceGlob {
    pub(super) fn new(text: &str, variables: bool) -> Self {
        Self { fields: fields(text, variables) }
    }

    pub(super) fn matches(&self, resource: &str, context: &Context) -> bool {
        let Some(fields) = &self.fields else { return true };
        arn_matches(fields, resource, context).unwrap_or(false)
    }

    /// Whether `NotResource` takes it as another resource: with an unknown variable it takes none.
    pub(super) fn misses(&self, resource: &str, context: &Context) -> bool {
        let Some(fields) = &self.fields else { return false };
        arn_matches(fields, resource, context) == Some(false)
    }
}

/// An ARN as a condition compares it: part by part, after variables are filled in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ArnPattern {
    whole: Pattern,
}

impl ArnPattern {
    pub(super) fn new(text: &str, variables: bool) -> Self {
        Self { whole: Pattern::new(text, variables) }
    }

    /// Nothing if a variable has no value.
    pub(super) fn matches(&self, arn: &str, context: &Context) -> Option<bool> {
        // A lone `*` is anything.
        if self.whole.written() == "*" {
            return Some(true);
        }
        self.whole.matches_by_parts(arn, context)
    }
}

fn fields(text: &str, variables: bool) -> Option<[Pattern; 6]> {
    if text == "*" {
        return None;
    }
    let mut fields = text.splitn(6, ':').map(|field| Pattern::new(field, variables));
    let mut next = || fields.next().unwrap_or_else(|| Pattern::new("", false));
    Some([next(), next(), next(), next(), next(), next()])
}

/// Nothing if a variable has no value, whatever the other fields are.
fn arn_matches(fields: &[Pattern; 6], arn: &str, context: &Context) -> Option<bool> {
    let mut parts = arn.splitn(6, ':');
    let mut all = true;
    for field in fields {
        let part = parts.next();
        let is_part = field.matches(part.unwrap_or_default(), context)?;
        all &= part.is_some() && is_part;
    }
    Some(all)
}
