//! Rust source as far as the layer rules need it: the code without comments, strings and tests, and
//! the paths into `std` that it names.

/// Returns `text` with comments and the insides of literals blanked out. Lines stay where they were.
pub(crate) fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&char) = chars.get(at) {
        let end = skipped_until(&chars, at);
        if end == at {
            code.push(char);
            at += 1;
        } else {
            // A blank keeps `a/* */b` two words.
            code.push(' ');
            code.extend(chars.iter().take(end).skip(at).filter(|char| **char == '\n'));
            at = end;
        }
    }
    code
}

/// Returns `code` up to its tests, which stand at the bottom of a file.
pub(crate) fn before_tests(code: &str) -> &str {
    let tests = code.match_indices("#[cfg(test)]").find(|(at, attribute)| {
        let item = code.get(at + attribute.len()..).unwrap_or_default().trim_start();
        let opens_at = item.find(['{', ';']);
        item.starts_with("mod ") && opens_at.is_some_and(|at| item[at..].starts_with('{'))
    });
    tests.and_then(|(at, _)| code.get(..at)).unwrap_or(code)
}

/// Returns every path that begins with `std::`, groups taken apart: `std::{fs, time::Instant}`
/// gives `std::fs` and `std::time::Instant`.
pub(crate) fn std_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("std") {
        let before = code.get(..at).unwrap_or_default().chars().next_back();
        let after = code.get(at + 3..).unwrap_or_default();
        let is_whole_word = !before.is_some_and(|char| is_word(char) || char == '.');
        if is_whole_word && after.trim_start().starts_with("::") {
            let mut rest = after;
            unfold("std", &mut rest, &mut paths);
        }
    }
    paths
}

/// Returns the 1-based lines that hold `word` as a whole word.
pub(crate) fn lines_with(code: &str, word: &str) -> Vec<usize> {
    let holds = |line: &str| line.split(|char| !is_word(char)).any(|part| part == word);
    (1..).zip(code.lines()).filter(|(_, line)| holds(line)).map(|(number, _)| number).collect()
}

/// Reads what follows `path`, and adds the whole paths it makes.
fn unfold(path: &str, rest: &mut &str, paths: &mut Vec<String>) {
    let Some(after) = rest.trim_start().strip_prefix("::") else {
        paths.push(path.to_owned());
        return;
    };
    *rest = after.trim_start();
    if let Some(group) = rest.strip_prefix('{') {
        *rest = group;
        unfold_group(path, rest, paths);
        return;
    }
    let name_ends = rest.find(|char| !is_word(char) && char != '*').unwrap_or(rest.len());
    let (name, after) = rest.split_at(name_ends);
    *rest = after;
    match name {
        // A turbofish: the path is over.
        "" | "self" => paths.push(path.to_owned()),
        name => unfold(&format!("{path}::{name}"), rest, paths),
    }
}

fn unfold_group(path: &str, rest: &mut &str, paths: &mut Vec<String>) {
    loop {
        *rest = rest.trim_start_matches(|char: char| char == ',' || char.is_whitespace());
        if rest.is_empty() {
            return;
        }
        if let Some(after) = rest.strip_prefix('}') {
            *rest = after;
            return;
        }
        // A member is a path without its `::` in front.
        let member = format!("::{rest}");
        let mut left = member.as_str();
        unfold(path, &mut left, paths);
        let used = member.len() - left.len();
        *rest = rest.get(used.saturating_sub(2).max(1)..).unwrap_or_default();
        // `fs as files`
        let over = rest.find([',', '}', '{']).unwrap_or(rest.len());
        *rest = rest.get(over..).unwrap_or_default();
    }
}

/// Returns the end of the comment or literal that begins at `at`; `at` if none does.
fn skipped_until(chars: &[char], at: usize) -> usize {
    let is = |offset: usize, wanted: char| chars.get(at + offset) == Some(&wanted);
    if is(0, '/') && is(1, '/') {
        return find(chars, at, &['\n']).unwrap_or(chars.len());
    }
    if is(0, '/') && is(1, '*') {
        return block_comment_end(chars, at);
    }
    if is(0, '"') {
        return quoted_end(chars, at + 1, '"');
    }
    let starts_word = at == 0 || !chars.get(at - 1).is_some_and(|char| is_word(*char));
    if is(0, 'r') && starts_word {
        let hashes = chars.iter().skip(at + 1).take_while(|char| **char == '#').count();
        if is(1 + hashes, '"') {
            let close: Vec<char> = std::iter::once('"').chain(vec!['#'; hashes]).collect();
            let end = find(chars, at + 2 + hashes, &close);
            return end.map_or(chars.len(), |end| end + close.len());
        }
    }
    // `'x'` and `'\n'` are literals, `'a` is a lifetime.
    if is(0, '\'') && (is(1, '\\') || is(2, '\'')) {
        return quoted_end(chars, at + 1, '\'');
    }
    at
}

fn block_comment_end(chars: &[char], start: usize) -> usize {
    let mut depth = 0_u32;
    let mut at = start;
    while at < chars.len() {
        match (chars.get(at), chars.get(at + 1)) {
            (Some('/'), Some('*')) => depth += 1,
            (Some('*'), Some('/')) => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

fn quoted_end(chars: &[char], start: usize, quote: char) -> usize {
    let mut at = start;
    while let Some(&char) = chars.get(at) {
        match char {
            '\\' => at += 2,
            char if char == quote => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

fn find(chars: &[char], from: usize, wanted: &[char]) -> Option<usize> {
    let rest = chars.get(from..)?;
    rest.windows(wanted.len()).position(|window| window == wanted).map(|offset| from + offset)
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

#[test]
fn comments_strings_and_characters_are_no_code() {
    let code = code_of(
        "a // unsafe\nb /* unsafe /* unsafe */ unsafe */ c \"unsafe \\\" unsafe\" d r#\"unsafe\" unsafe\"# e '\"' f<'g>",
    );

    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a", "b", "c", "d", "e", "f<'g>"]);
    assert_eq!(code.lines().count(), 2);
}

#[test]
fn tests_at_the_bottom_are_cut_off_and_other_items_for_tests_are_not() {
    let bottom = "code();\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
    let elsewhere = "#[cfg(test)]\nmod oracle;\nuse std::fs;\nmod a {}\n";

    assert_eq!(before_tests(bottom), "code();\n");
    assert_eq!(before_tests(elsewhere), elsewhere);
}

#[test]
fn paths_into_std_are_taken_apart() {
    let code = "
        use std::{fs::{self, File}, io as streams, time::{Duration, Instant}};
        use std::net::*;
        fn f() { let x = std::mem::size_of::<u8>(); nonstd::fs(); std :: env::var(); }
    ";

    assert_eq!(
        std_paths(code),
        [
            "std::fs",
            "std::fs::File",
            "std::io",
            "std::time::Duration",
            "std::time::Instant",
            "std::net::*",
            "std::mem::size_of",
            "std::env::var",
        ]
    );
}
