//! What makes two packets part of the same flow.

use std::net::{Ipv4Addr, Ipv6Addr};

use flowlogd_packet::Addresses;
use flowlogd_vpc::{Action, Direction, InterfaceIndex};

/// Interfaces are numbered in so many bits, so that an IPv4 key is exactly 128.
pub const INTERFACE_BITS: u32 = 22;

/// A flow's identity, spelled out.
///
/// It is *not* normalised: a reply is a flow of its own, because a flow log reports each direction
/// separately. The action is part of it because a rule change in the middle of a window must yield two
/// records, not one with the later answer (flow-logs.md §4.2). Declared in the order in which records
/// of a window are written (`semantics.md` 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey {
    /// Where the packets were seen.
    pub interface: InterfaceIndex,
    /// As seen by the interface.
    pub direction: Direction,
    /// As on the wire.
    pub addresses: Addresses,
    /// 0 for protocols without ports.
    pub srcport: u16,
    /// 0 for protocols without ports.
    pub dstport: u16,
    /// IANA protocol number.
    pub protocol: u8,
    /// What every packet of the flow met.
    pub action: Action,
}

/// A key packed for the flow table. Packed keys of one family order as [`FlowKey`] does.
pub trait PackedKey: Copy + Ord + Send + Sync {
    /// Some key, to fill free places with.
    const FREE: Self;

    /// Returns the same key with another action.
    #[must_use]
    fn with_action(self, action: Action) -> Self;
    /// Returns the same key at an interface.
    #[must_use]
    fn at(self, interface: InterfaceIndex, direction: Direction) -> Self;
    /// Returns interface and direction as one number that orders as they do.
    fn head(self) -> u32;
    /// Returns a hash that does not depend on the action.
    fn hash(self) -> u64;
    /// Returns the key spelled out.
    fn unpack(self) -> FlowKey;
    /// Bytes of an encoded key.
    const ENCODED: usize;
    /// Writes the key; encoded keys of one family order as keys do.
    fn encode(self, out: &mut Vec<u8>);
    /// Reads what [`encode`](Self::encode) wrote; none of another length.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// Completes a packed key by where the flow was seen and what it met.
pub(crate) fn at_point<K: PackedKey>(packed: K, key: &FlowKey) -> K {
    packed.at(key.interface, key.direction).with_action(key.action)
}

const fn head_of(interface: InterfaceIndex, direction: Direction) -> u32 {
    (interface.0 << 1) | matches!(direction, Direction::Egress) as u32
}

const fn point_of(head: u32) -> (InterfaceIndex, Direction) {
    let direction = if head & 1 == 1 { Direction::Egress } else { Direction::Ingress };
    (InterfaceIndex(head >> 1), direction)
}

const fn action_of(bit: u64) -> Action {
    if bit & 1 == 1 { Action::Reject } else { Action::Accept }
}

/// Mixes two words into one; the 128-bit product carries every input bit into the upper half.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "folding both halves is the point")]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    product as u64 ^ (product >> 64) as u64
}

// Odd constants with about half their bits set; from the digits of pi.
const SEED: [u64; 4] =
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7345, 0xa409_3822_299f_31d1, 0x082e_fa98_ec4e_6c89];

/// interface (22) · direction (1) · source (32) · destination (32) · ports (32) · protocol (8) · action (1)
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyV4(u128);

const V4_HEAD: u32 = 105;

impl KeyV4 {
    /// Packs a flow that is not yet at an interface.
    #[inline]
    pub const fn new(
        src: Ipv4Addr,
        dst: Ipv4Addr,
        srcport: u16,
        dstport: u16,
        protocol: u8,
    ) -> Self {
        Self(
            (src.to_bits() as u128) << 73
                | (dst.to_bits() as u128) << 41
                | (srcport as u128) << 25
                | (dstport as u128) << 9
                | (protocol as u128) << 1,
        )
    }
}

impl PackedKey for KeyV4 {
    const FREE: Self = Self(0);
    const ENCODED: usize = 16;

    fn encode(self, out: &mut Vec<u8>) {
        out.extend(self.0.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self(u128::from_be_bytes(bytes.try_into().ok()?)))
    }

    #[inline]
    fn with_action(self, action: Action) -> Self {
        Self(self.0 & !1 | u128::from(action == Action::Reject))
    }

    #[inline]
    fn at(self, interface: InterfaceIndex, direction: Direction) -> Self {
        Self(self.0 | u128::from(head_of(interface, direction)) << V4_HEAD)
    }

    #[inline]
    fn head(self) -> u32 {
        (self.0 >> V4_HEAD) as u32
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    fn hash(self) -> u64 {
        let bits = self.0 & !1;
        fold((bits >> 64) as u64 ^ SEED[0], bits as u64 ^ SEED[1])
    }

    #[expect(clippy::cast_possible_truncation, reason = "each cast takes the field's own bits")]
    fn unpack(self) -> FlowKey {
        let (interface, direction) = point_of(self.head());
        let bits = self.0;
        FlowKey {
            interface,
            direction,
            addresses: Addresses::V4 {
                src: Ipv4Addr::from_bits((bits >> 73) as u32),
                dst: Ipv4Addr::from_bits((bits >> 41) as u32),
            },
            srcport: (bits >> 25) as u16,
            dstport: (bits >> 9) as u16,
            protocol: (bits >> 1) as u8,
            action: action_of(bits as u64),
        }
    }
}

/// The same for IPv6; field order is sort order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyV6 {
    head: u64,
    src: u128,
    dst: u128,
    /// ports (32) · protocol (8) · action (1)
    tail: u64,
}

impl KeyV6 {
    /// Packs a flow that is not yet at an interface.
    #[inline]
    pub const fn new(
        src: Ipv6Addr,
        dst: Ipv6Addr,
        srcport: u16,
        dstport: u16,
        protocol: u8,
    ) -> Self {
        let tail = (srcport as u64) << 25 | (dstport as u64) << 9 | (protocol as u64) << 1;
        Self { head: 0, src: src.to_bits(), dst: dst.to_bits(), tail }
    }
}

impl PackedKey for KeyV6 {
    const FREE: Self = Self { head: 0, src: 0, dst: 0, tail: 0 };
    const ENCODED: usize = 48;

    fn encode(self, out: &mut Vec<u8>) {
        out.extend(self.head.to_be_bytes());
        out.extend(self.src.to_be_bytes());
        out.extend(self.dst.to_be_bytes());
        out.extend(self.tail.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<8>()?;
        let (src, rest) = rest.split_first_chunk::<16>()?;
        let (dst, rest) = rest.split_first_chunk::<16>()?;
        Some(Self {
            head: u64::from_be_bytes(*head),
            src: u128::from_be_bytes(*src),
            dst: u128::from_be_bytes(*dst),
            tail: u64::from_be_bytes(rest.try_into().ok()?),
        })
    }

    #[inline]
    fn with_action(self, action: Action) -> Self {
        Self { tail: self.tail & !1 | u64::from(action == Action::Reject), ..self }
    }

    #[inline]
    fn at(self, interface: InterfaceIndex, direction: Direction) -> Self {
        Self { head: u64::from(head_of(interface, direction)), ..self }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "only 23 bits are ever set")]
    fn head(self) -> u32 {
        self.head as u32
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    fn hash(self) -> u64 {
        let src = fold((self.src >> 64) as u64 ^ SEED[0], self.src as u64 ^ SEED[1]);
        let dst = fold((self.dst >> 64) as u64 ^ SEED[2], self.dst as u64 ^ SEED[3]);
        fold(src ^ self.head, dst.rotate_left(32) ^ (self.tail & !1))
    }

    #[expect(clippy::cast_possible_truncation, reason = "each cast takes the field's own bits")]
    fn unpack(self) -> FlowKey {
        let (interface, direction) = point_of(self.head());
        FlowKey {
            interface,
            direction,
            addresses: Addresses::V6 {
                src: Ipv6Addr::from_bits(self.src),
                dst: Ipv6Addr::from_bits(self.dst),
            },
            srcport: (self.tail >> 25) as u16,
            dstport: (self.tail >> 9) as u16,
            protocol: (self.tail >> 1) as u8,
            action: action_of(self.tail),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_key(v6: bool) -> impl Strategy<Value = FlowKey> {
        let addresses = if v6 {
            (any::<u128>(), any::<u128>())
                .prop_map(|(src, dst)| Addresses::V6 {
                    src: Ipv6Addr::from_bits(src),
                    dst: Ipv6Addr::from_bits(dst),
                })
                .boxed()
        } else {
            (any::<u32>(), any::<u32>())
                .prop_map(|(src, dst)| Addresses::V4 {
                    src: Ipv4Addr::from_bits(src),
                    dst: Ipv4Addr::from_bits(dst),
                })
                .boxed()
        };
        let point = (0..1_u32 << INTERFACE_BITS, any::<bool>());
        (point, addresses, any::<(u16, u16, u8)>(), any::<bool>()).prop_map(
            |((interface, egress), addresses, (srcport, dstport, protocol), reject)| FlowKey {
                interface: InterfaceIndex(interface),
                direction: if egress { Direction::Egress } else { Direction::Ingress },
                addresses,
                srcport,
                dstport,
                protocol,
                action: if reject { Action::Reject } else { Action::Accept },
            },
        )
    }

    fn pack_v4(key: &FlowKey) -> KeyV4 {
        let Addresses::V4 { src, dst } = key.addresses else {
            unreachable!("an IPv4 key was asked for")
        };
        KeyV4::new(src, dst, key.srcport, key.dstport, key.protocol)
            .at(key.interface, key.direction)
            .with_action(key.action)
    }

    fn pack_v6(key: &FlowKey) -> KeyV6 {
        let Addresses::V6 { src, dst } = key.addresses else {
            unreachable!("an IPv6 key was asked for")
        };
        KeyV6::new(src, dst, key.srcport, key.dstport, key.protocol)
            .at(key.interface, key.direction)
            .with_action(key.action)
    }

    proptest! {
        #[test]
        fn packing_loses_nothing(v4 in any_key(false), v6 in any_key(true)) {
            prop_assert_eq!(pack_v4(&v4).unpack(), v4);
            prop_assert_eq!(pack_v6(&v6).unpack(), v6);
        }

        #[test]
        fn packed_keys_order_as_records_are_written(a in any_key(false), b in any_key(false), c in any_key(true), d in any_key(true)) {
            prop_assert_eq!(pack_v4(&a).cmp(&pack_v4(&b)), a.cmp(&b));
            prop_assert_eq!(pack_v6(&c).cmp(&pack_v6(&d)), c.cmp(&d));
        }

        #[test]
        fn both_actions_of_a_flow_share_a_hash(v4 in any_key(false), v6 in any_key(true)) {
            for action in [Action::Accept, Action::Reject] {
                prop_assert_eq!(pack_v4(&v4).with_action(action).hash(), pack_v4(&v4).hash());
                prop_assert_eq!(pack_v6(&v6).with_action(action).hash(), pack_v6(&v6).hash());
            }
        }
    }
}
