//! One line → typed values.
//!
//! A line of the default format must cost no more than 200 ns: one pass, numbers and IPv4 addresses by
//! hand, nothing allocated.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use memchr::memchr;

use super::fault::excerpt;
use super::{LineFault, ParsedRecord};
use crate::{Field, LogFormat, Values};

/// The longest line that is read: 54 fields of the longest ARN are well below.
pub const MAX_LINE: usize = 64 * 1024;

/// A value as the line has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parsed {
    Absent,
    Number(u64),
    Address(IpAddr),
    /// From where to where in the line.
    Text(u32, u32),
}

/// Reads lines of one format.
#[derive(Debug)]
pub struct LineParser {
    format: LogFormat,
    // Per field of the format, looked up once.
    columns: Vec<(Field, Values)>,
    // Of the line read last, one per column.
    parsed: Vec<Parsed>,
}

impl LineParser {
    /// Creates a parser for lines of `format`.
    pub fn new(format: LogFormat) -> Self {
        let columns: Vec<_> = format.fields().iter().map(|f| (*f, f.values())).collect();
        Self { parsed: Vec::with_capacity(columns.len()), columns, format }
    }

    /// Returns the format of the lines.
    pub fn format(&self) -> &LogFormat {
        &self.format
    }

    /// Reads one line, without its newline.
    pub fn parse<'a>(&'a mut self, line: &'a [u8]) -> Result<ParsedRecord<'a>, LineFault> {
        if line.len() > MAX_LINE {
            return Err(LineFault::TooLong);
        }
        self.read(line)?;
        Ok(self.record(line))
    }

    /// Returns the record of the line that was read last.
    pub(super) fn record<'a>(&'a self, line: &'a [u8]) -> ParsedRecord<'a> {
        ParsedRecord::new(line, &self.format, &self.parsed)
    }

    /// Reads the values of a line of at most `MAX_LINE` bytes.
    pub(super) fn read(&mut self, line: &[u8]) -> Result<(), LineFault> {
        self.parsed.clear();
        let text = std::str::from_utf8(line).map_err(|_| LineFault::NotUtf8)?;
        let mut rest = Some(line);
        for (field, values) in &self.columns {
            let Some(start) = rest else { return Err(self.field_count(line)) };
            let Some((parsed, after)) = value(*values, start, line.len()) else {
                return Err(bad_value(*field, start, text));
            };
            self.parsed.push(parsed);
            rest = after.split_first().map(|(_space, next)| next);
        }
        if rest.is_some() { Err(self.field_count(line)) } else { Ok(()) }
    }

    fn field_count(&self, line: &[u8]) -> LineFault {
        let found = line.split(|byte| *byte == b' ').count();
        LineFault::FieldCount { found, expected: self.columns.len() }
    }
}

fn bad_value(field: Field, start: &[u8], text: &str) -> LineFault {
    // Cut after a space or at the start, so inside no character.
    let tail = text.get(text.len() - start.len()..).unwrap_or_default();
    let token = tail.split(' ').next().unwrap_or_default();
    LineFault::Value { field, token: excerpt(token) }
}

/// Reads the token at the start of `rest`, the end of a line of `len` bytes: its value, and what follows
/// it, which is nothing or begins with a space. `None` if it is not one of `values`.
#[inline]
fn value(values: Values, rest: &[u8], len: usize) -> Option<(Parsed, &[u8])> {
    if let Some((b'-', after)) = rest.split_first()
        && is_end(after)
    {
        return Some((Parsed::Absent, after));
    }
    match values {
        Values::UpTo(most) => {
            let (number, after) = number(rest)?;
            (number <= most && is_end(after)).then_some((Parsed::Number(number), after))
        }
        Values::Address => address(rest),
        Values::OneOf(words) => {
            let (token, after) = token(rest);
            let known = words.iter().any(|word| word.as_bytes() == token);
            known.then(|| (text(rest, after, len), after))
        }
        Values::Token => {
            let (token, after) = token(rest);
            (!token.is_empty()).then(|| (text(rest, after, len), after))
        }
    }
}

fn text(rest: &[u8], after: &[u8], len: usize) -> Parsed {
    let place = |tail: &[u8]| u32::try_from(len - tail.len()).unwrap_or(u32::MAX);
    Parsed::Text(place(rest), place(after))
}

fn is_end(after: &[u8]) -> bool {
    matches!(after.first(), None | Some(b' '))
}

fn token(rest: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr(b' ', rest).unwrap_or(rest.len());
    rest.split_at_checked(end).unwrap_or((rest, &[]))
}

/// So many decimal digits cannot overflow.
const SAFE_DIGITS: usize = 19;

fn number(rest: &[u8]) -> Option<(u64, &[u8])> {
    let mut number: u64 = 0;
    let mut after = rest;
    while let Some((byte, next)) = after.split_first() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(digit.into());
        after = next;
    }
    let digits = rest.len() - after.len();
    if digits == 0 {
        return None;
    }
    if digits > SAFE_DIGITS {
        let digits = std::str::from_utf8(rest.get(..digits)?).ok()?;
        return Some((digits.parse().ok()?, after));
    }
    Some((number, after))
}

fn address(rest: &[u8]) -> Option<(Parsed, &[u8])> {
    if let Some((address, after)) = ipv4(rest)
        && is_end(after)
    {
        return Some((Parsed::Address(IpAddr::V4(address)), after));
    }
    if let Some((address, after)) = ipv6(rest)
        && is_end(after)
    {
        return Some((Parsed::Address(IpAddr::V6(address)), after));
    }
    // What is left is IPv6 with an embedded IPv4 address, or none.
    let (token, after) = token(rest);
    let address = std::str::from_utf8(token).ok()?.parse().ok()?;
    Some((Parsed::Address(address), after))
}

fn ipv4(rest: &[u8]) -> Option<(Ipv4Addr, &[u8])> {
    let (a, rest) = octet(rest)?;
    let (b, rest) = octet(rest.strip_prefix(b".")?)?;
    let (c, rest) = octet(rest.strip_prefix(b".")?)?;
    let (d, rest) = octet(rest.strip_prefix(b".")?)?;
    Some((Ipv4Addr::new(a, b, c, d), rest))
}

/// One to three digits, no leading zero, at most 255.
fn octet(rest: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then_some(digit)
    };
    let (first, after) = rest.split_first()?;
    let first = digit(*first)?;
    let Some((second, next)) =
        after.split_first().and_then(|(byte, next)| Some((digit(*byte)?, next)))
    else {
        return Some((first, after));
    };
    if first == 0 {
        return None;
    }
    let two = first * 10 + second;
    let Some((third, last)) =
        next.split_first().and_then(|(byte, next)| Some((digit(*byte)?, next)))
    else {
        return Some((two, next));
    };
    Some((two.checked_mul(10)?.checked_add(third)?, last))
}

/// Groups of one to four hex digits, with at most one `::`.
fn ipv6(rest: &[u8]) -> Option<(Ipv6Addr, &[u8])> {
    let mut groups = [0; 8];
    let mut count = 0;
    let mut gap = None;
    let mut rest = rest;
    if let Some(after) = rest.strip_prefix(b"::") {
        gap = Some(0);
        rest = after;
    }
    while gap != Some(count) || !is_end(rest) {
        let (group, after) = group(rest)?;
        *groups.get_mut(count)? = group;
        count += 1;
        rest = match after {
            [b':', b':', next @ ..] if gap.is_none() => {
                gap = Some(count);
                next
            }
            [b':', next @ ..] => next,
            _ => {
                rest = after;
                break;
            }
        };
    }
    match gap {
        None if count < groups.len() => None,
        Some(_) if count == groups.len() => None,
        None => Some((groups.into(), rest)),
        Some(gap) => {
            let left_out = groups.len() - count;
            groups.get_mut(gap..)?.rotate_right(left_out);
            Some((groups.into(), rest))
        }
    }
}

fn group(rest: &[u8]) -> Option<(u16, &[u8])> {
    let mut group = 0;
    let mut after = rest;
    while let Some((byte, next)) = after.split_first()
        && let Some(digit) = char::from(*byte).to_digit(16)
    {
        group = group << 4 | digit;
        after = next;
        if rest.len() - after.len() > 4 {
            return None;
        }
    }
    let group = u16::try_from(group).ok()?;
    (after.len() < rest.len()).then_some((group, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{any_format, any_record};
    use crate::{Body, LogStatus};

    fn fault(names: &str, line: &str) -> Option<String> {
        let format = LogFormat::from_names(names.split(' ')).unwrap();
        LineParser::new(format).parse(line.as_bytes()).err().map(|fault| fault.to_string())
    }

    #[test]
    fn each_kind_of_value_is_told_from_what_is_not_one() {
        for (field, good, bad) in [
            ("srcport", "0 65535 -", "65536 +1 -1 0x1 1a"),
            ("protocol", "0 255", "256"),
            ("bytes", "18446744073709551615 00000000000000000000007", "18446744073709551616"),
            (
                "srcaddr",
                "0.0.0.0 255.255.255.255 10.20.30.40 ::1 - ::ffff:1.2.3.4",
                "1.2.3 1.2.3.4.5 1.2.3.256 01.2.3.4 1.2.3.4x :1 1..2.3 1.2.3. 1000.1.1.1 -- 1:2:3:4:5:6:7:8:: ::1:2:3:4:5:6:7:8 1::2::3 00001:: 1:2:3: 12345::",
            ),
            ("action", "ACCEPT REJECT -", "accept ACCEPTED OK"),
            ("log-status", "OK NODATA SKIPDATA", "NO"),
            ("flow-direction", "ingress egress", "in"),
            ("instance-id", "i-1 é --", ""),
        ] {
            for token in good.split(' ') {
                assert_eq!(fault(field, token), None, "{field} {token}");
            }
            for token in bad.split(' ') {
                let fault = fault(field, token).unwrap_or_default();
                assert!(
                    fault.starts_with(&format!("`{field}` is `{token}`, which is not ")),
                    "{fault}"
                );
            }
        }
    }

    #[test]
    fn a_line_has_as_many_values_as_the_format_has_fields() {
        let count = |found| Some(format!("the line has {found} fields, the format 2"));

        assert_eq!(fault("srcport dstport", "1 2"), None);
        assert_eq!(fault("srcport dstport", "1"), count(1));
        assert_eq!(fault("srcport dstport", "1 2 3"), count(3));
        assert_eq!(fault("srcport dstport", "1 2 "), count(3));
        assert_eq!(
            fault("srcport dstport", "1  2"),
            Some("`dstport` is ``, which is not a number up to 65535".to_owned())
        );
    }

    #[test]
    fn what_a_fault_quotes_is_bounded() {
        let fault = fault("action", &"é".repeat(1000)).unwrap();

        assert!(fault.contains(&format!("`{}`", "é".repeat(64))), "{fault}");
    }

    proptest! {
        #[test]
        fn addresses_are_what_the_standard_library_takes_for_one(
            text in "[0-9a-fA-F:]{0,12}|(([0-9a-f]{1,4}|0|):){1,8}[0-9a-f]{0,5}|([0-2]?[0-9]{1,2}[.]){3}[0-9]{1,3}",
            groups: [u16; 8],
        ) {
            let parse = |text: &str| match address(text.as_bytes()) {
                Some((parsed, [])) => Some(parsed),
                Some(_) | None => None,
            };
            for text in [text, Ipv6Addr::from(groups.map(|group| group & 0xf00f)).to_string()] {
                let expected = text.parse::<IpAddr>().ok().map(Parsed::Address);
                prop_assert_eq!(parse(&text), expected, "{}", text);
            }
        }

        #[test]
        fn what_was_rendered_is_read_back(record in any_record(), format in any_format()) {
            let line = record.line(&format);
            let mut parser = LineParser::new(format.clone());
            let parsed = parser.parse(line.as_bytes()).unwrap();

            let listed = |field| format.place(field).is_some();
            let number = |field, number: u64| listed(field).then_some(number);
            let (flow, span, status, lost) = match record.body {
                Body::Flow(flow) => (Some(flow), flow.seen, LogStatus::Ok, None),
                Body::NoData(window) => (None, window, LogStatus::NoData, None),
                Body::SkipData { window, lost_packets } => {
                    (None, window, LogStatus::SkipData, Some(lost_packets))
                }
            };
            prop_assert_eq!(parsed.line(), &line);
            prop_assert_eq!(parsed.start(), number(Field::Start, span.start));
            prop_assert_eq!(parsed.end(), number(Field::End, span.end));
            prop_assert_eq!(parsed.log_status(), listed(Field::LogStatus).then_some(status));
            prop_assert_eq!(parsed.number(Field::XLostPackets), lost.filter(|_| listed(Field::XLostPackets)));
            prop_assert_eq!(parsed.number(Field::Version), number(Field::Version, format.version().into()));
            let port = |field, port| flow.filter(|_| listed(field)).map(|_| port);
            prop_assert_eq!(parsed.srcport(), port(Field::SrcPort, flow.map_or(0, |f| f.srcport)));
            prop_assert_eq!(parsed.dstport(), port(Field::DstPort, flow.map_or(0, |f| f.dstport)));
            prop_assert_eq!(parsed.protocol(), flow.filter(|_| listed(Field::Protocol)).map(|f| f.protocol));
            prop_assert_eq!(parsed.packets(), flow.and_then(|f| number(Field::Packets, f.packets)));
            prop_assert_eq!(parsed.bytes(), flow.and_then(|f| number(Field::Bytes, f.bytes)));
            prop_assert_eq!(parsed.action(), flow.filter(|_| listed(Field::Action)).and_then(|f| f.action));
            prop_assert_eq!(
                parsed.flow_direction(),
                flow.filter(|_| listed(Field::FlowDirection)).and_then(|f| f.direction)
            );
            prop_assert_eq!(
                parsed.pkt_srcaddr(),
                flow.filter(|_| listed(Field::PktSrcAddr)).map(|f| f.pkt_srcaddr)
            );
            prop_assert_eq!(
                parsed.pkt_dstaddr(),
                flow.filter(|_| listed(Field::PktDstAddr)).map(|f| f.pkt_dstaddr)
            );

            for (field, token) in format.fields().iter().zip(line.split(' ')) {
                let read = parsed.token(*field);
                prop_assert_eq!(read.as_deref().unwrap_or("-"), token, "{}", field);
            }
        }
    }
}
