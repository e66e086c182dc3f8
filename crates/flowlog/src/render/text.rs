//! Lines of text, as AWS writes them (flow-logs.md §3).
//!
//! One line must cost no more than 250 ns (the default format): numbers and addresses are written by
//! hand, and nothing is allocated but the room in the caller's buffer.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use flowlogd_vpc::{Ground, Lacking};

use super::value::{Row, Value};
use crate::{LogFormat, Record};

impl LogFormat {
    /// Appends the record as one line, without a newline.
    pub fn render(&self, record: &Record<'_>, out: &mut Vec<u8>) {
        let row = Row::new(record, self.version());
        // Enough for nearly every line, so that the buffer grows at most once for it.
        out.reserve(16 * self.fields().len());
        for (place, field) in self.fields().iter().enumerate() {
            if place > 0 {
                out.push(b' ');
            }
            push_value(row.value(*field), out);
        }
    }
}

/// Appends the value as a token: never empty, no spaces.
#[inline]
pub(super) fn push_value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Absent => out.push(b'-'),
        Value::Number(number) => push_number(number, out),
        Value::Address(IpAddr::V4(address)) => push_ipv4(address, out),
        Value::Address(IpAddr::V6(address)) => push_ipv6(address, out),
        Value::Text(text) => push_token(text, out),
        Value::Rule { ground, tracked } => {
            if tracked {
                out.extend_from_slice(b"tracked:");
            }
            push_ground(ground, out);
        }
        Value::NearMiss(rule, lacking) => {
            push_ground(rule, out);
            out.extend_from_slice(match lacking {
                Lacking::Port => b":port",
                Lacking::Peer => b":peer",
                Lacking::Protocol => b":protocol",
                Lacking::Family => b":family",
            });
        }
        Value::Revision(revision) => {
            // Writing into a vector cannot fail.
            let _ = write!(out, "{:016x}", revision.0);
        }
    }
}

fn push_ground(ground: &Ground, out: &mut Vec<u8>) {
    match ground {
        Ground::SecurityGroupRule(text)
        | Ground::NetworkAclEntry(text)
        | Ground::ImplicitDeny(text) => push_token(text, out),
        Ground::ConnectionAllowance | Ground::Grace | Ground::NoRules | Ground::NeverFiltered => {
            let _ = write!(out, "{ground}");
        }
    }
}

fn push_number(number: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Names come from files that people write: what would split or end the line is percent-encoded, as AWS
/// does with tags.
fn push_token(text: &str, out: &mut Vec<u8>) {
    // Without a branch per byte, which the compiler turns into a few wide comparisons.
    let clean = text.bytes().fold(true, |clean, byte| clean & is_clean(byte));
    if clean {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for byte in text.bytes() {
        if is_clean(byte) {
            out.push(byte);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

fn is_clean(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f
}

/// Decimal digits of every octet, and how many there are.
static OCTETS: [([u8; 3], u8); 256] = octets();

const fn octets() -> [([u8; 3], u8); 256] {
    let mut table = [([0; 3], 0); 256];
    let mut octet = 0;
    while octet <= u8::MAX as usize {
        #[expect(clippy::cast_possible_truncation, reason = "octet is at most 255")]
        let (n, zero) = (octet as u8, b'0');
        #[expect(
            clippy::indexing_slicing,
            reason = "octet is inside the table; checked at compile time"
        )]
        {
            table[octet] = match n {
                0..10 => ([zero + n, 0, 0], 1),
                10..100 => ([zero + n / 10, zero + n % 10, 0], 2),
                100.. => ([zero + n / 100, zero + n / 10 % 10, zero + n % 10], 3),
            };
        }
        octet += 1;
    }
    table
}

#[expect(
    clippy::indexing_slicing,
    reason = "an octet is inside a table of 256, and 16 bytes hold four times three digits and a dot"
)]
fn push_ipv4(address: Ipv4Addr, out: &mut Vec<u8>) {
    let mut text = [b'.'; 16];
    let mut end = 0;
    for octet in address.octets() {
        let (digits, len) = OCTETS[usize::from(octet)];
        text[end..end + 3].copy_from_slice(&digits);
        end += usize::from(len);
        text[end] = b'.';
        end += 1;
    }
    out.extend_from_slice(&text[..end - 1]);
}

/// Appends the canonical form of RFC 5952: lower case, no leading zeros, the first of the longest runs of
/// at least two zero groups left out.
fn push_ipv6(address: Ipv6Addr, out: &mut Vec<u8>) {
    // RFC 5952 section 5: known prefixes with an embedded IPv4 address are written with it.
    if let Some(v4) = address.to_ipv4_mapped() {
        out.extend_from_slice(b"::ffff:");
        push_ipv4(v4, out);
        return;
    }
    let groups = address.segments();
    let (start, len) = longest_zero_run(groups);
    for (place, group) in groups.into_iter().enumerate() {
        if (start..start + len).contains(&place) {
            if place == start {
                out.extend_from_slice(b"::");
            }
            continue;
        }
        if place > 0 && place != start + len {
            out.push(b':');
        }
        push_hex(group, out);
    }
}

/// Returns where the run starts and its length; a start past the end if there is none.
fn longest_zero_run(groups: [u16; 8]) -> (usize, usize) {
    let mut best = (groups.len(), 0);
    let mut run = 0;
    for (place, group) in groups.into_iter().enumerate() {
        run = if group == 0 { run + 1 } else { 0 };
        if run >= 2 && run > best.1 {
            best = (place + 1 - run, run);
        }
    }
    best
}

fn push_hex(group: u16, out: &mut Vec<u8>) {
    let digits = [group >> 12, group >> 8 & 15, group >> 4 & 15, group & 15];
    let leading = if group == 0 { 3 } else { group.leading_zeros() as usize / 4 };
    out.extend(digits.into_iter().skip(leading).map(|digit| {
        let digit = u8::try_from(digit).unwrap_or(0);
        if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text_of(push: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        push(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn ipv6_addresses_are_written_as_rfc_5952_recommends() {
        for (address, expected) in [
            ("2001:db8:1234:a100:8d6e:3477:df66:f105", "2001:db8:1234:a100:8d6e:3477:df66:f105"),
            ("0:0:0:0:0:0:0:0", "::"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("fe80:0:0:0:0:0:0:0", "fe80::"),
            // One group alone is not left out; of two runs, the longer, of equal ones, the first.
            ("2001:DB8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ] {
            assert_eq!(text_of(|out| push_ipv6(address.parse().unwrap(), out)), expected);
        }
    }

    #[test]
    fn what_would_split_a_line_is_percent_encoded() {
        assert_eq!(text_of(|out| push_token("eni 1\n\u{7f}é%", out)), "eni%201%0A%7Fé%");
        assert_eq!(
            text_of(|out| push_token("sgr-0123456789abcdef0", out)),
            "sgr-0123456789abcdef0"
        );
    }

    proptest! {
        #[test]
        fn addresses_are_written_as_the_standard_library_does(v4: u32, groups: [u16; 8], mask: u8) {
            let v4 = Ipv4Addr::from(v4);
            prop_assert_eq!(text_of(|out| push_ipv4(v4, out)), v4.to_string());

            // Random groups are never zero; `mask` makes some so.
            let mut groups = groups;
            for (bit, group) in groups.iter_mut().enumerate() {
                if mask >> bit & 1 == 1 {
                    *group = 0;
                }
            }
            let v6 = Ipv6Addr::from(groups);
            prop_assert_eq!(text_of(|out| push_ipv6(v6, out)), v6.to_string());
        }

        #[test]
        fn numbers_are_written_in_decimal(number: u64) {
            prop_assert_eq!(text_of(|out| push_number(number, out)), number.to_string());
        }
    }
}
