//! Conditions (§3): an operator, a key, and what its values may be.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;

use super::glob::{ArnPattern, Pattern};
use super::{Context, MalformedPolicy};

/// One key of one operator.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    /// As written: `StringEqualsIfExists`.
    pub(super) operator: String,
    /// As written.
    pub(super) key: String,
    /// As written.
    pub(super) values: Vec<String>,
    set: Set,
    if_exists: bool,
    test: Test,
}

/// How several values of the request count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    /// The key has one value.
    Single,
    ForAll,
    ForAny,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// Whether the key has to be absent.
    Null(Vec<bool>),
    /// Values of the policy, and whether none of them may match.
    Compare { negated: bool, wanted: Wanted },
}

#[derive(Clone, Debug, PartialEq)]
enum Wanted {
    /// Exactly, or but for case.
    Text(Vec<Pattern>, Case),
    /// With wildcards.
    Like(Vec<Pattern>),
    /// Without variables, as dates, bytes and addresses (§1.1); what is no number is nobody's.
    Number(Ordering, Vec<f64>),
    Date(Ordering, Vec<i128>),
    Bool(Vec<Pattern>),
    Binary(Vec<Option<Vec<u8>>>),
    Address(Vec<Option<(IpAddr, u8)>>),
    Arn(Vec<ArnPattern>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Counts,
    Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ordering {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Ordering {
    fn holds<T: PartialOrd>(self, found: &T, wanted: &T) -> bool {
        match self {
            Self::Equal => found == wanted,
            Self::Less => found < wanted,
            Self::LessOrEqual => found <= wanted,
            Self::Greater => found > wanted,
            Self::GreaterOrEqual => found >= wanted,
        }
    }
}

impl Condition {
    /// Compiles a condition; an operator that there is not is malformed.
    pub(super) fn new(
        operator: &str,
        key: &str,
        values: Vec<String>,
        variables: bool,
    ) -> Result<Self, MalformedPolicy> {
        let unknown = || MalformedPolicy(format!("Invalid Condition type : {operator}."));
        let (set, rest) = if let Some(rest) = operator.strip_prefix("ForAllValues:") {
            (Set::ForAll, rest)
        } else if let Some(rest) = operator.strip_prefix("ForAnyValue:") {
            (Set::ForAny, rest)
        } else {
            (Set::Single, operator)
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let test = if name == "Null" {
            if if_exists || set != Set::Single {
                return Err(unknown());
            }
            let wanted = values.iter().map(|value| bool_of(value).ok_or_else(unknown));
            Test::Null(wanted.collect::<Result<_, _>>()?)
        } else {
            let (negated, wanted) = wanted(name, &values, variables).ok_or_else(unknown)?;
            Test::Compare { negated, wanted }
        };
        let (operator, key) = (operator.to_owned(), key.to_owned());
        Ok(Self { operator, key, values, set, if_exists, test })
    }

    /// Whether it holds for a request.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let found = context.get(&self.key);
        let (negated, wanted) = match &self.test {
            Test::Null(wanted) => return wanted.contains(&found.is_none()),
            Test::Compare { negated, wanted } => (*negated, wanted),
        };
        let Some(found) = found else {
            return self.if_exists
                || match self.set {
                    Set::Single => negated,
                    Set::ForAll => true,
                    Set::ForAny => false,
                };
        };
        let passes = |value: &String| wanted.has(value, context) != negated;
        match self.set {
            // A key with several values passes a plain operator as with ForAnyValue, a negated one only if
            // all do.
            Set::Single if negated => found.iter().all(passes),
            Set::Single | Set::ForAny => found.iter().any(passes),
            Set::ForAll => found.iter().all(passes),
        }
    }
}

fn wanted(name: &str, values: &[String], variables: bool) -> Option<(bool, Wanted)> {
    let patterns = || values.iter().map(|value| Pattern::new(value, variables)).collect();
    let arns = || values.iter().map(|value| ArnPattern::new(value, variables)).collect();
    let numbers = || values.iter().filter_map(|value| number(value)).collect();
    let dates = || values.iter().filter_map(|value| date(value)).collect();
    let addresses = || values.iter().map(|value| cidr(value)).collect();
    Some(match name {
        "StringEquals" => (false, Wanted::Text(patterns(), Case::Counts)),
        "StringNotEquals" => (true, Wanted::Text(patterns(), Case::Counts)),
        "StringEqualsIgnoreCase" => (false, Wanted::Text(patterns(), Case::Ignored)),
        "StringNotEqualsIgnoreCase" => (true, Wanted::Text(patterns(), Case::Ignored)),
        "StringLike" => (false, Wanted::Like(patterns())),
        "StringNotLike" => (true, Wanted::Like(patterns())),
        "NumericEquals" => (false, Wanted::Number(Ordering::Equal, numbers())),
        "NumericNotEquals" => (true, Wanted::Number(Ordering::Equal, numbers())),
        "NumericLessThan" => (false, Wanted::Number(Ordering::Less, numbers())),
        "NumericLessThanEquals" => (false, Wanted::Number(Ordering::LessOrEqual, numbers())),
        "NumericGreaterThan" => (false, Wanted::Number(Ordering::Greater, numbers())),
        "NumericGreaterThanEquals" => (false, Wanted::Number(Ordering::GreaterOrEqual, numbers())),
        "DateEquals" => (false, Wanted::Date(Ordering::Equal, dates())),
        "DateNotEquals" => (true, Wanted::Date(Ordering::Equal, dates())),
        "DateLessThan" => (false, Wanted::Date(Ordering::Less, dates())),
        "DateLessThanEquals" => (false, Wanted::Date(Ordering::LessOrEqual, dates())),
        "DateGreaterThan" => (false, Wanted::Date(Ordering::Greater, dates())),
        "DateGreaterThanEquals" => (false, Wanted::Date(Ordering::GreaterOrEqual, dates())),
        "Bool" => (false, Wanted::Bool(patterns())),
        "BinaryEquals" => (
            false,
            Wanted::Binary(values.iter().map(|value| STANDARD.decode(value).ok()).collect()),
        ),
        "IpAddress" => (false, Wanted::Address(addresses())),
        "NotIpAddress" => (true, Wanted::Address(addresses())),
        "ArnEquals" | "ArnLike" => (false, Wanted::Arn(arns())),
        "ArnNotEquals" | "ArnNotLike" => (true, Wanted::Arn(arns())),
        _ => return None,
    })
}

impl Wanted {
    /// Whether one of the values is the request's. A value with an unknown variable is nobody's.
    fn has(&self, found: &str, context: &Context) -> bool {
        let filled = |pattern: &Pattern| pattern.text(context);
        match self {
            Self::Text(patterns, Case::Counts) => {
                patterns.iter().any(|pattern| filled(pattern).is_some_and(|text| text == found))
            }
            Self::Text(patterns, Case::Ignored) => patterns.iter().any(|pattern| {
                filled(pattern).is_some_and(|text| text.to_lowercase() == found.to_lowercase())
            }),
            Self::Like(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(found, context) == Some(true))
            }
            Self::Number(ordering, wanted) => number(found)
                .is_some_and(|found| wanted.iter().any(|wanted| ordering.holds(&found, wanted))),
            Self::Date(ordering, wanted) => date(found)
                .is_some_and(|found| wanted.iter().any(|wanted| ordering.holds(&found, wanted))),
            Self::Bool(patterns) => bool_of(found).is_some_and(|found| {
                patterns
                    .iter()
                    .any(|pattern| filled(pattern).and_then(|text| bool_of(&text)) == Some(found))
            }),
            Self::Binary(wanted) => STANDARD
                .decode(found)
                .is_ok_and(|found| wanted.iter().flatten().any(|wanted| *wanted == found)),
            Self::Address(wanted) => found.parse().is_ok_and(|found: IpAddr| {
                wanted.iter().flatten().any(|(net, length)| contains(*net, *length, found))
            }),
            Self::Arn(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(found, context) == Some(true))
            }
        }
    }
}

fn bool_of(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// ISO 8601, or Unix seconds; in nanoseconds.
fn date(text: &str) -> Option<i128> {
    const SECOND: i128 = 1_000_000_000;
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(i128::from(seconds) * SECOND);
    }
    if let Ok(time) = OffsetDateTime::parse(text, &Iso8601::PARSING) {
        return Some(time.unix_timestamp_nanos());
    }
    // A day alone is its midnight, a month alone its first day.
    [format!("{text}T00:00:00Z"), format!("{text}-01T00:00:00Z")]
        .iter()
        .find_map(|midnight| OffsetDateTime::parse(midnight, &Iso8601::PARSING).ok())
        .map(OffsetDateTime::unix_timestamp_nanos)
}

/// `10.0.0.0/8`, `2001:db8::/32`, or an address alone.
fn cidr(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length.parse().ok().filter(|length| *length <= most)?,
        None => most,
    };
    Some((address, length))
}

fn contains(net: IpAddr, length: u8, address: IpAddr) -> bool {
    match (net, address) {
        (IpAddr::V4(net), IpAddr::V4(address)) => {
            let bits = 32 - u32::from(length);
            let high = |address: u32| address.checked_shr(bits).unwrap_or(0);
            high(net.to_bits()) == high(address.to_bits())
        }
        (IpAddr::V6(net), IpAddr::V6(address)) => {
            let bits = 128 - u32::from(length);
            let high = |address: u128| address.checked_shr(bits).unwrap_or(0);
            high(net.to_bits()) == high(address.to_bits())
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}
