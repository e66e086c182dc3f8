//! Whatever is asked of whatever message.

use proptest::prelude::*;

use super::*;

/// A slot of the slow oracle: a name and a condition that needs no parsing.
#[derive(Clone, Debug)]
enum Slot {
    Name,
    Ellipsis,
    /// `=` or `!=` with text that may hold `*`.
    Text {
        is: bool,
        text: String,
    },
    /// Whether the token is a number above the bound.
    Above(i64),
}

impl Slot {
    fn written(&self, number: usize) -> String {
        match self {
            Self::Name => format!("n{number}"),
            Self::Ellipsis => "...".to_owned(),
            Self::Text { is: true, text } => format!("n{number} = {text}"),
            Self::Text { is: false, text } => format!("n{number}!={text}"),
            Self::Above(bound) => format!("n{number} > {bound}"),
        }
    }

    fn accepts(&self, token: &str) -> bool {
        match self {
            Self::Name | Self::Ellipsis => true,
            Self::Text { is, text } => slow_glob(text.as_bytes(), token.as_bytes()) == *is,
            Self::Above(bound) => token.parse::<i64>().is_ok_and(|value| value > *bound),
        }
    }
}

/// Tries every length for every `*`.
fn slow_glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|length| slow_glob(rest, &text[length..])),
        Some((first, rest)) => text.first() == Some(first) && slow_glob(rest, &text[1..]),
    }
}

/// Whether some way of laying the slots over the tokens of a message without delimiters fits.
fn oracle(slots: &[Slot], tokens: &[String]) -> bool {
    match slots {
        [] => tokens.is_empty(),
        [Slot::Ellipsis] => true,
        [Slot::Ellipsis, rest @ ..] => {
            tokens.len() >= rest.len()
                && (0..=tokens.len()).any(|skipped| {
                    tokens.len() - skipped == rest.len()
                        && rest
                            .iter()
                            .zip(&tokens[skipped..])
                            .all(|(slot, token)| slot.accepts(token))
                })
        }
        [last] => !tokens.is_empty() && last.accepts(&tokens.join("  ")),
        [first, rest @ ..] => {
            tokens.first().is_some_and(|token| first.accepts(token)) && oracle(rest, &tokens[1..])
        }
    }
}

fn any_slot() -> impl Strategy<Value = Slot> {
    prop_oneof![
        3 => Just(Slot::Name),
        2 => (any::<bool>(), "[a-b]{0,2}\\*?[a-b]{1,2}\\*?")
            .prop_map(|(is, text)| Slot::Text { is, text }),
        1 => (-3_i64..3).prop_map(Slot::Above),
    ]
}

fn any_slots() -> impl Strategy<Value = Vec<Slot>> {
    let head = prop::collection::vec(any_slot(), 0..4);
    let tail = prop::collection::vec(any_slot(), 0..4);
    (head, any::<bool>(), tail).prop_filter_map("no slots", |(mut head, ellipsis, tail)| {
        if ellipsis {
            head.push(Slot::Ellipsis);
        }
        head.extend(tail);
        (!head.is_empty()).then_some(head)
    })
}

/// Characters of which patterns are made.
fn almost_a_pattern() -> impl Strategy<Value = String> {
    let inside = r#"([ab1$.,*=!<>|&()%"\\ \[\]{}?^+-]|\$\.a|IS NULL|NOT EXISTS|n1|n2|\.\.\.| = | > |"x"|%a%){0,24}"#;
    prop_oneof![
        inside.prop_map(|text| text),
        inside.prop_map(|text| format!("{{ $.a {text} }}")),
        inside.prop_map(|text| format!("[n1 {text} ]")),
        inside.prop_map(|text| format!("[{text}]")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_a_pattern_panic(pattern in ".{0,60}", message in ".{0,60}") {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            prop_assert_eq!(pattern.matches(&message), pattern.extract(&message).is_some());
        }
    }

    #[test]
    fn nothing_like_a_pattern_panics(
        pattern in almost_a_pattern(),
        message in r#"([ab1"\[\]{}:, -]|\{"a":|\[1\]|null|true){0,24}"#,
    ) {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            prop_assert_eq!(pattern.matches(&message), pattern.extract(&message).is_some());
        }
    }

    #[test]
    fn columns_match_as_the_slow_way_says(
        slots in any_slots(),
        tokens in prop::collection::vec("[a-b]{1,3}|-?[0-9]", 0..7),
    ) {
        let written: Vec<String> =
            slots.iter().enumerate().map(|(number, slot)| slot.written(number)).collect();
        let pattern = Pattern::parse(&format!("[{}]", written.join(","))).unwrap();

        prop_assert_eq!(pattern.matches(&tokens.join("  ")), oracle(&slots, &tokens));
    }
}
