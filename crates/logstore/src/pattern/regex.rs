//! The subset of regular expressions that patterns may hold (`cloudwatch-logs.md` §5.3).

use regex::bytes::RegexBuilder;

use super::InvalidPattern;

/// Bytes that a compiled expression may take: `[0-9]{1000}` in a row is refused, not built.
const MAX_COMPILED: usize = 256 * 1024;
/// Bytes of its cache; where they do not suffice it goes on slower, not wrong.
const MAX_CACHE: usize = 1024 * 1024;

/// An expression that is searched for, in bytes and without Unicode.
#[derive(Clone, Debug)]
pub(super) struct Regex(regex::bytes::Regex);

impl Regex {
    /// Compiles what stands between the two `%`.
    pub(super) fn parse(source: &str) -> Result<Self, InvalidPattern> {
        let Some(expression) = translated(source).filter(|expression| !expression.is_empty())
        else {
            return Err(InvalidPattern::term(&format!("%{source}%")));
        };
        RegexBuilder::new(&expression)
            .unicode(false)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_CACHE)
            .build()
            .map(Self)
            .map_err(|_| InvalidPattern::pattern())
    }

    pub(super) fn is_found_in(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// Writes an expression as the engine reads it, if it keeps to the characters that AWS allows: no groups, no
/// look-around, no back references, nothing beyond ASCII. The engine would understand more, but not `{,3}`.
fn translated(source: &str) -> Option<String> {
    let mut expression = String::with_capacity(source.len() + 8);
    let mut classes = 0_usize;
    let mut characters = source.chars().peekable();
    while let Some(character) = characters.next() {
        expression.push(character);
        match character {
            '\\' => {
                let escaped = characters.next()?;
                expression.push(escaped);
                match escaped {
                    'd' | 'D' | 's' | 'S' | 'w' | 'W' => {}
                    'x' => {
                        for _ in 0..2 {
                            expression.push(characters.next().filter(char::is_ascii_hexdigit)?);
                        }
                    }
                    sign if is_literal_sign(sign) || is_operator(sign) => {}
                    _ => return None,
                }
            }
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            '{' if classes == 0 && characters.peek() == Some(&',') => expression.push('0'),
            other if other.is_ascii_alphanumeric() || other == ' ' => {}
            other if is_literal_sign(other) || is_operator(other) => {}
            _ => return None,
        }
    }
    Some(expression)
}

const fn is_literal_sign(character: char) -> bool {
    matches!(character, ':' | '_' | '#' | '=' | '@' | '/' | ';' | ',' | '-')
}

const fn is_operator(character: char) -> bool {
    matches!(character, '^' | '$' | '?' | '[' | ']' | '{' | '}' | '|' | '\\' | '*' | '+' | '.')
}
