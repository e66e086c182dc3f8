//! The columns of a space-delimited message (`cloudwatch-logs.md` §5.4).

use memchr::memchr;

/// Splits at blanks; what stands between `"…"` or `[…]` is one token, without its delimiters. A delimiter
/// that nothing closes is a character like any other.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// No `]` is left: without this, `[ [ [ …` would be searched to its end for each of them.
    no_bracket: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(message: &'a str) -> Self {
        Self { rest: message.trim_ascii(), no_bracket: false }
    }

    /// Returns what is left as it stands in the message, without blanks around it.
    pub(super) const fn rest(&self) -> &'a str {
        self.rest
    }

    /// Takes what is between a delimiter and its end.
    fn delimited(&mut self, end: u8) -> Option<&'a str> {
        let inner = self.rest.get(1..)?;
        let at = memchr(end, inner.as_bytes())?;
        self.rest = inner.get(at + 1..)?.trim_ascii_start();
        inner.get(..at)
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        match self.rest.as_bytes().first()? {
            // One quote is at most unclosed: a search that found none is not repeated.
            b'"' => {
                if let Some(token) = self.delimited(b'"') {
                    return Some(token);
                }
            }
            b'[' if !self.no_bracket => match self.delimited(b']') {
                Some(token) => return Some(token),
                None => self.no_bracket = true,
            },
            _ => {}
        }
        let end = self.rest.bytes().position(|byte| byte.is_ascii_whitespace());
        let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest.trim_ascii_start();
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_brackets_hold_a_token_together() {
        for (message, expected) in [
            ("", vec![]),
            ("  \t ", vec![]),
            (" a  b\tc ", vec!["a", "b", "c"]),
            ("[a b] \"c d\" e", vec!["a b", "c d", "e"]),
            ("\"\" []", vec!["", ""]),
            ("a [b c", vec!["a", "[b", "c"]),
            ("[b [c", vec!["[b", "[c"]),
            ("a \"b c", vec!["a", "\"b", "c"]),
            ("x\"y z\"", vec!["x\"y", "z\""]),
            ("[a]b", vec!["a", "b"]),
        ] {
            assert_eq!(Tokens::of(message).collect::<Vec<_>>(), expected, "{message}");
        }
    }

    #[test]
    fn of_many_open_brackets_only_the_first_is_searched_for_its_end() {
        let message = "[ ".repeat(500_000);
        let mut tokens = Tokens::of(&message);

        assert_eq!(tokens.next(), Some("["));
        assert!(tokens.no_bracket);
        assert_eq!(tokens.count(), 499_999);
    }
}
