//! Ports, TCP flags, and ICMP: what follows the IP header.

use crate::header::protocol;
use crate::{Addresses, Fragment, QuotedHeader, icmp};

/// The IP version that a payload came in; each has its own ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// Length of a TCP header up to and with its flags.
pub(crate) const TCP_FLAGS: usize = 14;

/// What records take from a header with ports; the default stands for one that is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transport {
    pub(crate) srcport: u16,
    pub(crate) dstport: u16,
    pub(crate) tcp_flags: Option<u8>,
}

/// Reads the start of `payload`, which may be cut off anywhere.
#[inline]
pub(crate) fn transport(protocol: u8, payload: &[u8]) -> Transport {
    let (protocol::TCP | protocol::UDP | protocol::SCTP) = protocol else {
        return Transport::default();
    };
    let (srcport, dstport) = ports(payload);
    let tcp_flags = match payload.get(TCP_FLAGS - 1) {
        Some(&flags) if protocol == protocol::TCP => Some(flags),
        _ => None,
    };
    Transport { srcport, dstport, tcp_flags }
}

/// Reads what follows an IP header quoted by an ICMP error.
pub(crate) fn quoted(
    family: Family,
    addresses: Addresses,
    protocol: u8,
    fragment: Fragment,
    payload: &[u8],
) -> QuotedHeader {
    let mut quoted = QuotedHeader { addresses, protocol, srcport: 0, dstport: 0, icmp: None };
    let payload = match fragment {
        Fragment::Whole | Fragment::First { .. } => payload,
        Fragment::Later { .. } => return quoted,
    };
    match protocol {
        protocol::TCP | protocol::UDP | protocol::SCTP => {
            (quoted.srcport, quoted.dstport) = ports(payload);
        }
        // Only its first words: an error about an error quotes nothing further.
        protocol::ICMP if family == Family::V4 => quoted.icmp = icmp::read(family, payload),
        protocol::ICMPV6 if family == Family::V6 => quoted.icmp = icmp::read(family, payload),
        _ => {}
    }
    quoted
}

#[inline]
fn ports(payload: &[u8]) -> (u16, u16) {
    let Some(&[s0, s1, d0, d1]) = payload.first_chunk() else { return (0, 0) };
    (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frames::{ip, tcp, v4, v6};

    #[test]
    fn three_protocols_have_ports_and_one_has_flags() {
        for number in 0..=255 {
            let header = ip(&v4(number, &tcp(40000, 443, 0xff)));
            let has_ports = matches!(number, 6 | 17 | 132);
            assert_eq!(
                (header.srcport, header.dstport),
                if has_ports { (40000, 443) } else { (0, 0) },
                "{number}"
            );
            assert_eq!(header.tcp_flags, (number == 6).then_some(0xff), "{number}");
            assert_eq!(header.icmp.is_some(), number == 1, "{number}");
        }
    }

    #[test]
    fn each_family_has_an_icmp_of_its_own() {
        let message = crate::frames::icmp(1, 0, 0, &[]);

        assert_eq!(ip(&v4(protocol::ICMPV6, &message)).icmp, None);
        assert_eq!(ip(&v6(protocol::ICMP, &message)).icmp, None);
        assert!(ip(&v6(protocol::ICMPV6, &message)).icmp.is_some());
    }
}
