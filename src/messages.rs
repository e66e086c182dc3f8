//! Lines on the standard error.

use std::fmt::{Display, Write as _};
use std::io::{self, Write as _};

/// Writes a line to the standard error.
///
/// That it cannot be written (`2>&1 | head -1`) is no reason to stop, and there is nobody to tell.
pub(crate) fn say(line: impl Display) {
    let line = readable(&line.to_string());
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Returns a text as a terminal may show it, in one line.
///
/// Messages quote what others have chosen: names of files and devices, words of inventories and records.
/// What would move the cursor, hide text or turn its direction is written as Rust writes it: `\u{1b}`.
pub(crate) fn readable(text: &str) -> String {
    let mut readable = String::with_capacity(text.len());
    for char in text.chars() {
        if is_harmful(char) {
            // Writing into a string cannot fail.
            let _ = write!(readable, "{}", char.escape_default());
        } else {
            readable.push(char);
        }
    }
    readable
}

/// The same for a text of several lines, each of which ends with one.
pub(crate) fn readable_lines(text: &str) -> String {
    text.lines().map(|line| readable(line) + "\n").collect()
}

fn is_harmful(char: char) -> bool {
    char.is_control()
        || matches!(char,
            // Marks and overrides of direction, line and paragraph separators, …
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            // … and the byte order mark, which takes no room.
            | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(readable("a\u{1b}[2Jb\r\nc\td\u{7f}\u{9b}"), r"a\u{1b}[2Jb\r\nc\td\u{7f}\u{9b}");
        assert_eq!(readable("x\u{202e}gpj.\u{2066}\u{feff}"), r"x\u{202e}gpj.\u{2066}\u{feff}");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(readable_lines("a\n\n  b\u{1b}c\n"), "a\n\n  b\\u{1b}c\n");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let text = "eni-… „Zürich“ 東京 `\\x` \"quoted\" 10.0.0.0/8";

        assert_eq!(readable(text), text);
    }
}
