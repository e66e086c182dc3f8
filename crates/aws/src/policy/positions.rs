//! Where the statements of a document are (§5.5).

/// A place in a document: line and column of what follows a brace, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// Returns where each statement begins and ends: behind its first and its last brace. `document` is one that
/// [`Policy::parse`](super::Policy::parse) reads.
pub fn positions(document: &str) -> Vec<(Place, Place)> {
    let mut found = Vec::new();
    let mut place = Place { line: 1, column: 1 };
    // Brackets that are open; the statements are in the document's object, or in a list in it.
    let mut open = Vec::new();
    let mut start = None;
    let mut key = Key::default();
    let mut text: Option<String> = None;
    let mut is_escaped = false;
    for character in document.chars() {
        if character == '\n' {
            place = Place { line: place.line + 1, column: 1 };
        } else {
            place.column += 1;
        }
        if let Some(inside) = &mut text {
            inside.push(character);
            if !is_escaped && character == '"' {
                if open.len() == 1 {
                    key.last = serde_json::from_str(inside).unwrap_or_default();
                }
                text = None;
            }
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            '"' => text = Some(String::from('"')),
            ':' if open.len() == 1 => key.current = std::mem::take(&mut key.last),
            '{' | '[' => {
                let is_in_list = open.len() == 2 && open.last() == Some(&'[');
                if character == '{' && key.current == "Statement" && (open.len() == 1 || is_in_list)
                {
                    start = Some((place, open.len()));
                }
                open.push(character);
            }
            '}' | ']' => {
                open.pop();
                if let Some((begin, depth)) = start
                    && depth == open.len()
                {
                    found.push((begin, place));
                    start = None;
                }
            }
            _ => {}
        }
    }
    found
}

/// The member of the document's object that is being read.
#[derive(Default)]
struct Key {
    /// The last string.
    last: String,
    /// The one that a colon followed.
    current: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(document: &str) -> Vec<(u32, u32, u32, u32)> {
        let flat = |(start, end): (Place, Place)| (start.line, start.column, end.line, end.column);
        positions(document).into_iter().map(flat).collect()
    }

    #[test]
    fn a_statement_begins_and_ends_behind_its_braces() {
        // The example of the AWS CLI's manual, and what it prints.
        let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}"#;

        assert_eq!(told(document), [(1, 38, 1, 167)]);
    }

    #[test]
    fn statements_of_a_list_are_told_one_by_one_whatever_their_strings_hold() {
        let document = "{\"Statement\": [\n  {\"Sid\": \"}\\\"{\"},\n  {\"Condition\": {\"x\": {}}}\n], \"Id\": \"Statement\"}";

        assert_eq!(told(document), [(2, 4, 2, 18), (3, 4, 3, 27)]);
        assert_eq!(told("{\"Id\": {\"Statement\": {}}}"), []);
    }
}
