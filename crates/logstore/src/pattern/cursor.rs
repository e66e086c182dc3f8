//! Reading a pattern from left to right.

use super::InvalidPattern;
use super::regex::Regex;

/// Regexes that one pattern may have (`cloudwatch-logs.md` §5.3).
const MAX_REGEXES: usize = 2;

/// What is left of a pattern.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
    regexes: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { rest: text, regexes: 0 }
    }

    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Whether a regex was taken.
    pub(super) const fn has_taken_regex(&self) -> bool {
        self.regexes > 0
    }

    /// Goes on at a place that [`Cursor::rest`] returned before.
    pub(super) const fn go_back(&mut self, rest: &'a str) {
        self.rest = rest;
    }

    pub(super) fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Whether only blanks are left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip_blanks();
        self.rest.is_empty()
    }

    /// Takes a token, if it is what follows here.
    pub(super) fn eat_here(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest;
        true
    }

    /// Takes a token, if it is what follows after blanks.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.skip_blanks();
        self.eat_here(token)
    }

    /// Takes a token that has to be there.
    pub(super) fn expect(&mut self, token: &str) -> Result<(), InvalidPattern> {
        if self.eat(token) { Ok(()) } else { Err(InvalidPattern::pattern()) }
    }

    /// Takes the characters that follow, as long as they are of a kind.
    pub(super) fn take_while(&mut self, is_wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|character| !is_wanted(character)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Takes what stands between quotes; the opening one was taken. `\"` is a quote, `\\` a backslash, and
    /// any other backslash itself.
    pub(super) fn quoted(&mut self) -> Result<String, InvalidPattern> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match characters.clone().next() {
                    Some((_, escaped @ ('"' | '\\'))) => {
                        text.push(escaped);
                        characters.next();
                    }
                    Some(_) | None => text.push('\\'),
                },
                other => text.push(other),
            }
        }
        Err(InvalidPattern::term(&format!("\"{}", self.rest)))
    }

    /// Takes a regex; the opening `%` was taken.
    pub(super) fn regex(&mut self) -> Result<Regex, InvalidPattern> {
        let Some((source, rest)) = self.rest.split_once('%') else {
            return Err(InvalidPattern::term(&format!("%{}", self.rest)));
        };
        self.rest = rest;
        self.regexes += 1;
        if self.regexes > MAX_REGEXES {
            return Err(InvalidPattern::pattern());
        }
        Regex::parse(source)
    }
}

/// The characters of a word that needs no quotes.
pub(super) const fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}
