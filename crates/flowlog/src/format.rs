//! Which fields a record shows, in which order (flow-logs.md §3).

mod fault;

use std::fmt;
use std::str::FromStr;

use crate::Field;

pub use fault::{FormatFault, InvalidLogFormat};

/// A flow log's format: at least one field, none twice.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LogFormat {
    // Invariant: not empty, no field twice. `new` is the only constructor.
    fields: Box<[Field]>,
    // Invariant: per field its place in `fields`, or `NOT_LISTED`.
    places: [u8; Field::ALL.len()],
    version: u8,
}

const NOT_LISTED: u8 = u8::MAX;

impl LogFormat {
    /// Returns the format that lists these names, as in `--fields srcaddr,dstaddr`.
    pub fn from_names<I>(names: I) -> Result<Self, InvalidLogFormat>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let names: Vec<_> = names.into_iter().collect();
        let fields = names.iter().map(|name| named(name.as_ref())).collect::<Result<_, _>>();
        fields.and_then(Self::new).map_err(|fault| {
            let tokens: Vec<_> =
                names.iter().map(|name| format!("${{{}}}", name.as_ref())).collect();
            InvalidLogFormat { format: tokens.join(" "), fault }
        })
    }

    /// Returns all fields up to those of flow logs version `version`, in AWS's order; `None` where VPC
    /// flow logs have no such version (1 and 6, and all after 11).
    pub fn all_of_version(version: u8) -> Option<Self> {
        Field::ALL.iter().find(|field| field.version() == Some(version))?;
        let fields = Field::ALL
            .iter()
            .copied()
            .filter(|field| field.version().is_some_and(|introduced| introduced <= version));
        Self::new(fields.collect()).ok()
    }

    /// Returns the fields in their order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns the place of a field, counted from 0, if the format lists it.
    pub fn place(&self, field: Field) -> Option<usize> {
        let place = *self.places.get(field as usize)?;
        (place != NOT_LISTED).then_some(usize::from(place))
    }

    /// Returns the value of the `version` field: the highest version among the fields, at least 2.
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// Returns the names as in the first line of AWS's S3 files, without a newline.
    pub fn header_line(&self) -> String {
        let names: Vec<_> = self.fields.iter().map(|field| field.name()).collect();
        names.join(" ")
    }

    fn new(fields: Vec<Field>) -> Result<Self, FormatFault> {
        if fields.is_empty() {
            return Err(FormatFault::Empty);
        }
        let mut places = [NOT_LISTED; Field::ALL.len()];
        // `zip` cannot cut anything off: there are fewer fields than numbers, and none is twice.
        for (field, number) in fields.iter().zip(0..) {
            match places.get_mut(*field as usize) {
                Some(place) if *place == NOT_LISTED => *place = number,
                Some(_) | None => return Err(FormatFault::Duplicate(*field)),
            }
        }
        let version = fields.iter().filter_map(|field| field.version()).max().unwrap_or(2);
        Ok(Self { fields: fields.into(), places, version })
    }
}

impl Default for LogFormat {
    /// Returns the 14 fields of version 2, which is what a flow log has that names no format.
    fn default() -> Self {
        Self::all_of_version(2).expect("version 2 has fields, each once")
    }
}

impl FromStr for LogFormat {
    type Err = InvalidLogFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        fields(text)
            .and_then(Self::new)
            .map_err(|fault| InvalidLogFormat { format: text.to_owned(), fault })
    }
}

fn fields(text: &str) -> Result<Vec<Field>, FormatFault> {
    if text.is_empty() {
        return Err(FormatFault::Empty);
    }
    if text.starts_with(' ') {
        return Err(FormatFault::LeadingSpace);
    }
    if text.ends_with(' ') {
        return Err(FormatFault::TrailingSpace);
    }
    text.split(' ').map(field).collect()
}

fn field(token: &str) -> Result<Field, FormatFault> {
    if token.is_empty() {
        return Err(FormatFault::DoubleSpace);
    }
    let name = token
        .strip_prefix("${")
        .ok_or_else(|| FormatFault::NotAField(token.to_owned()))?
        .strip_suffix('}')
        .ok_or_else(|| FormatFault::Unterminated(token.to_owned()))?;
    named(name)
}

fn named(name: &str) -> Result<Field, FormatFault> {
    name.parse().map_err(|_| FormatFault::unknown_field(name))
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, field) in self.fields.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}${{{field}}}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::any_format;

    #[test]
    fn the_default_format_is_the_text_that_describe_flow_logs_echoes() {
        assert_eq!(
            LogFormat::default().to_string(),
            "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} \
             ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"
        );
        assert_eq!(
            LogFormat::default().header_line(),
            "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets \
             bytes start end action log-status"
        );
    }

    #[test]
    fn the_version_is_the_highest_among_the_fields_and_extensions_do_not_count() {
        let version = |names: &[&str]| LogFormat::from_names(names).unwrap().version();

        assert_eq!(version(&["srcaddr"]), 2);
        assert_eq!(version(&["version", "flow-direction", "srcaddr"]), 5);
        assert_eq!(version(&["version", "vpc-id", "region"]), 4);
        assert_eq!(version(&["srcaddr", "x-deciding-rule"]), 2);
        assert_eq!(version(&["x-mode"]), 2);
    }

    #[test]
    fn a_version_without_fields_of_its_own_has_no_format() {
        let counts: Vec<_> = (0..=13)
            .map(|version| LogFormat::all_of_version(version).map(|f| f.fields().len()))
            .collect();

        assert_eq!(counts[..=3], [None, None, Some(14), Some(21)]);
        assert_eq!(counts[4..=7], [Some(25), Some(29), None, Some(39)]);
        assert_eq!(counts[8..], [Some(40), Some(41), Some(42), Some(54), None, None]);
    }

    #[test]
    fn a_malformed_format_gets_the_answer_of_aws_and_a_reason() {
        for (text, reason) in [
            ("", "it names no field"),
            ("${version} ", "it ends with a space"),
            (" ${version}", "it begins with a space"),
            ("${version}  ${srcaddr}", "there are two spaces in a row"),
            ("${interface-id", "`${interface-id` has no closing `}`"),
            ("${version} ${interface-id ${srcaddr}", "`${interface-id` has no closing `}`"),
            ("version", "`version` is not of the form `${field}`"),
            ("${version},${srcaddr}", "there is no field `version},${srcaddr`"),
            ("${srcadr}", "there is no field `srcadr`; did you mean `srcaddr`?"),
            ("${pkt_srcaddr}", "there is no field `pkt_srcaddr`; did you mean `pkt-srcaddr`?"),
            ("${Action}", "there is no field `Action`; did you mean `action`?"),
            ("${nonsense}", "there is no field `nonsense`"),
            ("${end} ${end}", "`end` is listed twice"),
        ] {
            let error = text.parse::<LogFormat>().unwrap_err();

            assert_eq!(
                error.to_string(),
                format!(
                    "1 validation error detected: Value '{text}' at 'logFormat' has an invalid format"
                )
            );
            assert_eq!(error.fault.to_string(), reason);
        }
    }

    #[test]
    fn names_alone_make_a_format() {
        let format = LogFormat::from_names("srcaddr,dstaddr".split(',')).unwrap();

        assert_eq!(format.fields(), [Field::SrcAddr, Field::DstAddr]);
        assert_eq!(format.place(Field::DstAddr), Some(1));
        assert_eq!(format.place(Field::Action), None);
        assert_eq!(
            LogFormat::from_names(["foo"]).unwrap_err().fault.to_string(),
            "there is no field `foo`"
        );
        assert_eq!(LogFormat::from_names([""; 0]).unwrap_err().fault, FormatFault::Empty);
    }

    #[test]
    fn a_name_is_one_field_whatever_stands_in_it() {
        for name in ["start} ${end", "srcaddr dstaddr", ""] {
            let error = LogFormat::from_names(["version", name]).unwrap_err();

            assert_eq!(error.fault.to_string(), format!("there is no field `{name}`"));
            assert_eq!(error.format, format!("${{version}} ${{{name}}}"));
        }
    }

    proptest! {
        #[test]
        fn a_format_prints_the_text_that_it_was_read_from(format in any_format()) {
            prop_assert_eq!(format.to_string().parse::<LogFormat>(), Ok(format));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in r"(\$|\{|\}| |[a-z-]{1,9}|\PC){0,20}") {
            if let Ok(format) = text.parse::<LogFormat>() {
                prop_assert_eq!(format.to_string(), text);
            }
        }
    }
}
