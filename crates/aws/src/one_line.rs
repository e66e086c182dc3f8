//! What callers sent, told on one line.

use std::borrow::Cow;

/// Writes control characters as escapes, so that no text of a caller's breaks a log or a terminal.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    Cow::Owned(line)
}

#[cfg(test)]
mod tests {
    use super::one_line;
    use crate::codec::DecodeError;
    use crate::codec::query::Parameters;
    use crate::ec2::DescribeFlowLogsRequest;
    use crate::policy::{Policy, PolicyKind};

    #[test]
    fn only_control_characters_are_escaped() {
        assert_eq!(one_line("a\\'ü\u{fffd}"), "a\\'ü\u{fffd}");
        assert_eq!(one_line("a\n\0\u{85}b"), "a\\n\\u{0}\\u{85}b");
    }

    #[test]
    fn what_is_refused_is_told_on_one_line() {
        let read = |form: &str| -> DecodeError {
            Parameters::parse(form).unwrap().read::<DescribeFlowLogsRequest>().unwrap_err()
        };
        assert_eq!(read("A%0Ab=1").to_string(), "The parameter A\\nb is not recognized");
        assert_eq!(
            read("MaxResults=%0A").to_string(),
            "Value (\\n) for parameter MaxResults is invalid. Expecting a number."
        );
        let document = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"a\nb:c","Resource":"*"}}"#;
        let error = Policy::parse(document, PolicyKind::Identity).unwrap_err();
        assert_eq!(error.to_string(), "Vendor a\\nb is not valid");
    }
}
