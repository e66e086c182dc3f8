//! `&&`, `||` and parentheses, around whatever is asked.

use super::InvalidPattern;
use super::cursor::Cursor;

/// Parentheses in parentheses: a pattern of 1,024 of them must not use up the stack.
const MAX_DEPTH: usize = 32;

/// `()` binds before `&&`, `&&` before `||`.
#[derive(Clone, Debug)]
pub(super) enum Expression<P> {
    Any(Vec<Self>),
    All(Vec<Self>),
    One(P),
}

impl<P> Expression<P> {
    /// Takes an expression; `one` takes what stands between the operators.
    pub(super) fn parse<'a>(
        cursor: &mut Cursor<'a>,
        one: &mut impl FnMut(&mut Cursor<'a>) -> Result<P, InvalidPattern>,
    ) -> Result<Self, InvalidPattern> {
        Self::any(cursor, one, 0)
    }

    pub(super) fn holds(&self, holds: &impl Fn(&P) -> bool) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(holds)),
            Self::All(parts) => parts.iter().all(|part| part.holds(holds)),
            Self::One(one) => holds(one),
        }
    }

    fn any<'a>(
        cursor: &mut Cursor<'a>,
        one: &mut impl FnMut(&mut Cursor<'a>) -> Result<P, InvalidPattern>,
        depth: usize,
    ) -> Result<Self, InvalidPattern> {
        let mut parts = vec![Self::all(cursor, one, depth)?];
        while cursor.eat("||") {
            parts.push(Self::all(cursor, one, depth)?);
        }
        Ok(Self::Any(parts))
    }

    fn all<'a>(
        cursor: &mut Cursor<'a>,
        one: &mut impl FnMut(&mut Cursor<'a>) -> Result<P, InvalidPattern>,
        depth: usize,
    ) -> Result<Self, InvalidPattern> {
        let mut parts = vec![Self::primary(cursor, one, depth)?];
        while cursor.eat("&&") {
            parts.push(Self::primary(cursor, one, depth)?);
        }
        Ok(Self::All(parts))
    }

    fn primary<'a>(
        cursor: &mut Cursor<'a>,
        one: &mut impl FnMut(&mut Cursor<'a>) -> Result<P, InvalidPattern>,
        depth: usize,
    ) -> Result<Self, InvalidPattern> {
        if !cursor.eat("(") {
            return one(cursor).map(Self::One);
        }
        if depth == MAX_DEPTH {
            return Err(InvalidPattern::pattern());
        }
        let inner = Self::any(cursor, one, depth + 1)?;
        cursor.expect(")")?;
        Ok(inner)
    }
}
