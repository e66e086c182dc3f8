//! ICMP and `ICMPv6`: type, code, identifier, and what an error quotes.

use crate::upper::Family;
use crate::{Icmp, PacketHeader, ParsedFrame, ipv4, ipv6};

/// Length of the header, behind which an error quotes the packet it is about.
const HEADER: usize = 8;

/// Adds what an ICMP message of the family's own kind says.
#[inline(never)]
pub(crate) fn complete(frame: ParsedFrame, family: Family, payload: &[u8]) -> ParsedFrame {
    let icmp = read(family, payload);
    let quoted = icmp.filter(|icmp| is_error(family, icmp.kind)).and_then(|_| {
        let packet = payload.get(HEADER..)?;
        match family {
            Family::V4 => ipv4::quoted(packet),
            Family::V6 => ipv6::quoted(packet),
        }
    });
    ParsedFrame { header: PacketHeader { icmp, quoted, ..frame.header }, ..frame }
}

/// Reads type and code, and the identifier where the type has one.
pub(crate) fn read(family: Family, payload: &[u8]) -> Option<Icmp> {
    let &[kind, code, ref rest @ ..] = payload else { return None };
    let id = match *rest {
        [_, _, id0, id1, ..] if is_query(family, kind) => u16::from_be_bytes([id0, id1]),
        _ => 0,
    };
    Some(Icmp { kind, code, id })
}

/// Echo, timestamp, information and address mask with their replies (RFC 792, RFC 950); of `ICMPv6`
/// echo alone (RFC 4443).
fn is_query(family: Family, kind: u8) -> bool {
    match family {
        Family::V4 => matches!(kind, 0 | 8 | 13..=18),
        Family::V6 => matches!(kind, 128 | 129),
    }
}

/// Unreachable, source quench, time exceeded, parameter problem; of `ICMPv6` also packet too big.
///
/// A redirect quotes a packet too, but that one was delivered.
fn is_error(family: Family, kind: u8) -> bool {
    match family {
        Family::V4 => matches!(kind, 3 | 4 | 11 | 12),
        Family::V6 => matches!(kind, 1..=4),
    }
}
