//! A metric filter that is ready to look at events.

use std::collections::BTreeMap;

use super::{InvalidMetricFilter, MAX_DIMENSIONS, NewMetricFilter, Statistics};
use crate::Pattern;
use crate::pattern::Reference;

/// Characters that the value of a dimension may have; what is longer is none (`PutMetricData`).
const MAX_DIMENSION_VALUE: usize = 1024;

/// A compiled filter.
#[derive(Debug)]
pub(crate) struct Emitter {
    pattern: Pattern,
    value: Value,
    /// Of a minute with events of which none matched.
    default: Option<Statistics>,
    dimensions: Vec<(String, Reference)>,
}

#[derive(Debug)]
enum Value {
    Number(Statistics),
    Part(Reference),
}

/// What an event that matches adds: nothing where its value is no number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Emission {
    pub(crate) value: Option<Statistics>,
    /// Those that the event has.
    pub(crate) dimensions: BTreeMap<String, String>,
}

impl Emitter {
    /// Compiles a filter, and says what is wrong with it.
    pub(crate) fn new(filter: &NewMetricFilter) -> Result<Self, InvalidMetricFilter> {
        let pattern = Pattern::parse(&filter.pattern)?;
        let given = &filter.transformation;
        let value = match number(&given.value) {
            Some(number) => Value::Number(number),
            None => pattern
                .reference(&given.value)
                .map(Value::Part)
                .ok_or_else(|| InvalidMetricFilter::Value(given.value.clone()))?,
        };
        if given.default.is_some() && !given.dimensions.is_empty() {
            return Err(InvalidMetricFilter::DefaultWithDimensions);
        }
        if given.dimensions.len() > MAX_DIMENSIONS {
            return Err(InvalidMetricFilter::TooManyDimensions(given.dimensions.len()));
        }
        if !given.dimensions.is_empty() && !pattern.has_parts() {
            return Err(InvalidMetricFilter::NoParts);
        }
        let default = given
            .default
            .map(|default| Statistics::of(default).ok_or(InvalidMetricFilter::Default))
            .transpose()?;
        let reference = |(name, part): (&String, &String)| {
            let reference = pattern.reference(part);
            let reference =
                reference.ok_or_else(|| InvalidMetricFilter::Dimension(part.clone()))?;
            Ok((name.clone(), reference))
        };
        let dimensions =
            given.dimensions.iter().map(reference).collect::<Result<_, InvalidMetricFilter>>()?;
        Ok(Self { pattern, value, default, dimensions })
    }

    pub(crate) const fn has_regex(&self) -> bool {
        self.pattern.has_regex()
    }

    pub(crate) const fn default(&self) -> Option<Statistics> {
        self.default
    }

    pub(crate) const fn has_dimensions(&self) -> bool {
        !self.dimensions.is_empty()
    }

    /// Returns what a message adds, if it matches.
    pub(crate) fn emission(&self, message: &str) -> Option<Emission> {
        let part = match &self.value {
            Value::Number(_) => None,
            Value::Part(part) => Some(part),
        };
        let places: Vec<&Reference> =
            part.into_iter().chain(self.dimensions.iter().map(|(_, place)| place)).collect();
        let mut values = self.pattern.values(message, &places)?.into_iter();
        let value = match &self.value {
            Value::Number(number) => Some(*number),
            Value::Part(_) => values.next().flatten().as_deref().and_then(number),
        };
        let dimensions = self
            .dimensions
            .iter()
            .zip(values)
            .filter_map(|((name, _), value)| {
                Some((name.clone(), value.filter(|value| is_dimension(value))?))
            })
            .collect();
        Some(Emission { value, dimensions })
    }
}

/// A value that is empty or too long for a dimension is as good as none.
fn is_dimension(value: &str) -> bool {
    !value.trim().is_empty() && value.chars().count() <= MAX_DIMENSION_VALUE
}

/// Reads `1`, `-1`, `.5`, `1e-3`.
fn number(text: &str) -> Option<Statistics> {
    let is_of_number =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    if !text.bytes().all(is_of_number) {
        return None;
    }
    text.parse().ok().and_then(Statistics::of)
}

#[cfg(test)]
mod tests {
    use super::super::Transformation;
    use super::*;

    fn filter(pattern: &str, value: &str, dimensions: &[(&str, &str)]) -> NewMetricFilter {
        let own = |(name, part): &(&str, &str)| ((*name).to_owned(), (*part).to_owned());
        NewMetricFilter {
            name: "f".to_owned(),
            pattern: pattern.to_owned(),
            transformation: Transformation {
                namespace: "n".to_owned(),
                metric: "m".to_owned(),
                value: value.to_owned(),
                dimensions: dimensions.iter().map(own).collect(),
                ..Transformation::default()
            },
        }
    }

    /// `VALUE name=value …` of a message that matches.
    fn emitted(filter: &NewMetricFilter, message: &str) -> Option<String> {
        let emission = Emitter::new(filter).unwrap().emission(message)?;
        let mut text = emission.value.map_or("-".to_owned(), |value| value.sum.to_string());
        for (name, value) in emission.dimensions {
            text += &format!(" {name}={value}");
        }
        Some(text)
    }

    #[test]
    fn a_value_is_a_number_or_taken_from_the_event() {
        let emits = |pattern: &str, value: &str, message: &str| {
            emitted(&filter(pattern, value, &[]), message)
        };

        assert_eq!(emits("REJECT", "1", "REJECT OK").as_deref(), Some("1"));
        assert_eq!(emits("REJECT", "-2.5e1", "REJECT OK").as_deref(), Some("-25"));
        assert_eq!(emits("REJECT", "1", "ACCEPT OK"), None);
        assert_eq!(emits("[a, bytes]", "$bytes", "x 1500").as_deref(), Some("1500"));
        assert_eq!(emits("[a, bytes]", "$bytes", "x -").as_deref(), Some("-"));
        assert_eq!(emits("[a, bytes]", "$bytes", "x inf").as_deref(), Some("-"));
        assert_eq!(emits("[..., last]", "$9", "x 1500").as_deref(), Some("-"));
        assert_eq!(emits("{ $.a = * }", "$.b", r#"{"a":1,"b":2.5}"#).as_deref(), Some("2.5"));
        assert_eq!(emits("{ $.a = * }", "$.b", r#"{"a":1,"b":"7"}"#).as_deref(), Some("7"));
        assert_eq!(emits("{ $.a = * }", "$.b", r#"{"a":1,"b":true}"#).as_deref(), Some("-"));
        assert_eq!(emits("{ $.a = * }", "$.b", r#"{"a":1}"#).as_deref(), Some("-"));
    }

    #[test]
    fn a_dimension_that_the_event_does_not_have_is_left_out() {
        let json = filter("{ $.a = * }", "1", &[("A", "$.a"), ("B", "$.b")]);

        assert_eq!(emitted(&json, r#"{"a":"x","b":2}"#).as_deref(), Some("1 A=x B=2"));
        assert_eq!(emitted(&json, r#"{"a":"x","b":null}"#).as_deref(), Some("1 A=x"));
        assert_eq!(emitted(&json, r#"{"a":"x","b":" "}"#).as_deref(), Some("1 A=x"));
        let long = format!("{{\"a\":\"x\",\"b\":\"{}\"}}", "y".repeat(1025));
        assert_eq!(emitted(&json, &long).as_deref(), Some("1 A=x"));
        let columns = filter("[src, bytes]", "$bytes", &[("Source", "$src")]);
        assert_eq!(emitted(&columns, "10.0.0.1 7").as_deref(), Some("7 Source=10.0.0.1"));
    }

    #[test]
    fn what_cannot_be_a_filter_is_told() {
        use InvalidMetricFilter as Invalid;
        let wrong = |filter: &NewMetricFilter| Emitter::new(filter).unwrap_err();
        let with = |mut filter: NewMetricFilter, default: f64| {
            filter.transformation.default = Some(default);
            filter
        };

        assert!(matches!(wrong(&filter("[a", "1", &[])), Invalid::Pattern(_)));
        for value in ["", "x", "$", "$b", "$.a", "1x", "nan", "inf", "1e999"] {
            assert_eq!(wrong(&filter("[a]", value, &[])), Invalid::Value(value.to_owned()));
        }
        assert_eq!(wrong(&filter("ERROR", "1", &[("A", "$a")])), Invalid::NoParts);
        assert_eq!(wrong(&filter("", "1", &[("A", "$a")])), Invalid::NoParts);
        let literal = Invalid::Dimension("a".to_owned());
        assert_eq!(wrong(&filter("[a]", "1", &[("A", "a")])), literal);
        let four = [("A", "$a"), ("B", "$a"), ("C", "$a"), ("D", "$a")];
        assert_eq!(wrong(&filter("[a]", "1", &four)), Invalid::TooManyDimensions(4));
        let both = with(filter("[a]", "1", &four[..1]), 0.0);
        assert_eq!(wrong(&both), Invalid::DefaultWithDimensions);
        assert_eq!(wrong(&with(filter("[a]", "1", &[]), 1e200)), Invalid::Default);
    }
}
