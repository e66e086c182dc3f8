//! Policy variables: `${aws:username}`, `${aws:username, 'nobody'}`, `${*}` (§1.1).

use super::Context;

/// A stretch of a text with variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it stands; `*` and `?` are wildcards where there are such.
    Text(String),
    /// `${*}`, `${?}`, `${$}`: the character itself.
    Escaped(char),
    /// What the request says of a key.
    Variable {
        /// In lower case.
        key: String,
        /// Where the request says nothing.
        default: Option<String>,
    },
}

impl Piece {
    /// Returns what a variable stands for; nothing if that is unknown, or more than one value.
    pub(super) fn value<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        let Self::Variable { key, default } = self else { return None };
        match context.get(key) {
            Some([value]) => Some(value),
            Some(_) => None,
            None => default.as_deref(),
        }
    }
}

/// A text with variables.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Template {
    written: String,
    pieces: Vec<Piece>,
}

impl Template {
    /// Without `variables`, all of it is text.
    pub(super) fn parse(written: &str, variables: bool) -> Self {
        let mut pieces = Vec::new();
        let mut rest = written;
        while variables
            && let Some(start) = rest.find("${")
            && let Some(length) = rest.get(start..).and_then(|from| from.find('}'))
        {
            let (before, from) = rest.split_at(start);
            let (variable, after) = from.split_at(length + 1);
            push_text(&mut pieces, before);
            let inside = variable.get(2..length).unwrap_or_default();
            pieces.push(piece(inside));
            rest = after;
        }
        push_text(&mut pieces, rest);
        Self { written: written.to_owned(), pieces }
    }

    /// Returns the keys of its variables.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            Piece::Text(_) | Piece::Escaped(_) => None,
        })
    }

    pub(super) fn is_fixed(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }))
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// Fills the variables in; nothing if one is unknown.
    pub(super) fn fill(&self, context: &Context) -> Option<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Escaped(character) => text.push(*character),
                Piece::Variable { .. } => text.push_str(piece.value(context)?),
            }
        }
        Some(text)
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

fn piece(inside: &str) -> Piece {
    match inside {
        "*" => return Piece::Escaped('*'),
        "?" => return Piece::Escaped('?'),
        "$" => return Piece::Escaped('$'),
        _ => {}
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim();
            let quoted = default.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            (key, Some(quoted.unwrap_or(default).to_owned()))
        }
        None => (inside, None),
    };
    Piece::Variable { key: key.trim().to_ascii_lowercase(), default }
}
