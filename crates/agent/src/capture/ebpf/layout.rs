//! What lies in the kernel's maps: `bpf/layout.h` in Rust.
//!
//! The derived traits hold only where there is no padding; sizes are asserted on both sides.

#![expect(missing_docs, reason = "what is not told here is in bpf/layout.h")]

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Interfaces that can be attached at a time.
pub const SLOTS: u32 = 1024;
/// Conditions that are looked up together.
pub const CHUNK: usize = 16;
/// Packets of an epoch that can be told one by one when their flows find no room.
pub const OVERFLOW_EVENTS: u32 = 16384;
/// Own addresses of an interface that are compared one by one.
pub const OWN_ADDRESSES: usize = 8;
/// Reserved addresses of an interface.
pub const RESERVED_ADDRESSES: usize = 16;

/// IPv4, in [`FlowKey::family`] and elsewhere.
pub const V4: u8 = 4;
/// IPv6.
pub const V6: u8 = 6;

/// Something that can be copied to and from the kernel as it is.
pub trait Plain: FromBytes + IntoBytes + Immutable + KnownLayout + Copy {}
impl<T: FromBytes + IntoBytes + Immutable + KnownLayout + Copy> Plain for T {}

macro_rules! plain {
    ($($(#[$doc:meta])* struct $name:ident, $size:literal { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
            #[repr(C)]
            pub struct $name { $($(#[$field_doc])* pub $field: $kind,)* }
            const _: () = assert!(size_of::<$name>() == $size);
            impl Default for $name {
                fn default() -> Self {
                    zerocopy::FromZeros::new_zeroed()
                }
            }
        )*
    };
}

/// As on the wire; of IPv4 the first four bytes, and the others are 0.
pub type Address = [u8; 16];

plain! {
    /// Where an interface's packets are seen.
    struct Device, 8 {
        slot: u32,
        /// Direction of a packet that the device receives.
        received_is: u8,
        /// The frames have no link header.
        is_raw_ip: u8,
        zero: u16,
    }

    /// What all packets between two swaps have in common.
    struct Epoch, 56 {
        number: u64,
        /// Wall clock − time since boot, in ns.
        offset: i64,
        /// From this time since boot on, in ns, the next offset counts.
        switch_at: u64,
        next_offset: i64,
        /// In seconds.
        window_length: u32,
        /// Which of the two of every kind of table is counted into.
        which: u32,
        /// Flows that a table holds.
        flows: u32,
        /// The part of its second half that every interface is sure of.
        share: u32,
        /// How long the machine has slept since it was started, in ns.
        asleep: u64,
    }

    /// A flow in a window.
    struct FlowKey, 48 {
        window: u32,
        slot: u16,
        family: u8,
        protocol: u8,
        direction: u8,
        action: u8,
        srcport: u16,
        dstport: u16,
        zero: u16,
        src: Address,
        dst: Address,
    }

    /// What is counted of it.
    struct Flow, 48 {
        packets: u64,
        bytes: u64,
        /// Time since boot of the first packet, in ns.
        first_ns: u64,
        /// The last verdict, for the program's own use.
        judged: u64,
        /// The first packet's: ground (30 bits), [`TRACKED`].
        ground: u32,
        /// TCP flags (8 bits), and the marks below.
        marks: u32,
        generation: u16,
        /// Seconds after the window's start.
        first: u16,
        last: u16,
        icmp_type: u8,
        icmp_code: u8,
    }

    /// What is counted of an interface in a window.
    struct Counters, 256 {
        of: [u64; COUNTERS],
    }

    /// What one CPU counts of an interface.
    struct Cell, 288 {
        from: u64,
        span: u64,
        window: u32,
        tick: u32,
        second: u32,
        zero: u32,
        counters: Counters,
    }

    /// Whose counters.
    struct RowKey, 8 {
        slot: u32,
        window: u32,
    }

    /// What an interface takes of its share of the room of an epoch; the last one, all that is taken.
    struct Taken, 16 {
        flows: u64,
        events: u64,
    }

    /// A packet whose flow found no room.
    struct Event, 96 {
        key: FlowKey,
        flow: Flow,
    }

    /// A set of addresses and one of its blocks.
    struct PeerKey, 24 {
        /// 32 bits of the set, and those of the block.
        prefix_len: u32,
        set: u32,
        block: Address,
    }

    /// The conditions that hold for a block.
    struct List, 8 {
        first_chunk: u32,
        chunks: u32,
    }

    /// Protocol and ports.
    struct Condition, 16 {
        protocol: u16,
        marks: u16,
        low: u32,
        span: u32,
        ground: u32,
    }

    /// Conditions that are looked up together.
    struct Chunk, 256 {
        condition: [Condition; CHUNK],
    }

    /// An address that is compared as such.
    struct KnownAddress, 20 {
        address: Address,
        family: u8,
        exclusion: u8,
        zero: u16,
    }

    /// One generation of the rules of an interface.
    struct Ruleset, 580 {
        generation: u16,
        marks: u16,
        implicit_deny: u32,
        never_filtered: u32,
        allowance: u32,
        tcp_established: u32,
        udp_stream: u32,
        udp: u32,
        grace_until: u32,
        grace: u32,
        /// Sets, by family and direction.
        groups: [[u32; 2]; 2],
        acl: [[u32; 2]; 2],
        acl_last: [[u32; 2]; 2],
        /// TCP 1, UDP 2.
        open: [[u8; 2]; 2],
        own_count: u8,
        reserved_count: u8,
        zero: u16,
        own: u32,
        counterparts: u32,
        own_address: [KnownAddress; OWN_ADDRESSES],
        reserved: [KnownAddress; RESERVED_ADDRESSES],
    }

    /// The two ends of a connection, the interface's own first.
    struct ConnectionKey, 40 {
        local: Address,
        remote: Address,
        lport: u16,
        rport: u16,
        family: u8,
        protocol: u8,
        zero: u16,
    }

    /// A tracked connection.
    struct Connection, 24 {
        state: u64,
        seen: [u32; 2],
        ground: u32,
        zero: u32,
    }
}

/// Of [`Flow::ground`]: the ground opened the connection that the packet belongs to.
pub const TRACKED: u32 = 1 << 31;
/// Of [`Flow::ground`]: the ground's number.
pub const GROUND_MASK: u32 = (1 << 30) - 1;

/// Marks of a [`Flow`].
pub mod mark {
    pub const FLAGS_KNOWN: u32 = 1 << 8;
    pub const MIXED: u32 = 1 << 9;
    pub const BY_SOURCE: u32 = 1 << 10;
    pub const BY_DESTINATION: u32 = 1 << 11;
    pub const HAS_ICMP: u32 = 1 << 12;
    pub const UNKNOWN_PORTS: u32 = 1 << 13;
}

/// Marks of a [`Condition`].
pub mod condition {
    pub const ALLOWS: u16 = 1;
    pub const FOR_EVERYONE: u16 = 2;
    pub const CODE_ALONE: u16 = 4;
    /// A protocol that no packet has: fills up chunks.
    pub const NOBODYS: u16 = 0xfffe;
}

/// Marks of a [`Ruleset`].
pub mod rules {
    pub const CHECKS_SOURCE_AND_DESTINATION: u16 = 1;
    pub const ALWAYS_TRACKED: u16 = 2;
    pub const HAS_ALLOWANCE: u16 = 4;
    pub const UNJUDGED: u16 = 8;
    pub const ENFORCED: u16 = 16;
    pub const CLOSED: u16 = 32;
}

/// Numbers of counters.
pub mod counter {
    pub const SEEN: usize = 0;
    pub const SEEN_BYTES: usize = 1;
    pub const ACCEPTED: usize = 2;
    pub const REJECTED: usize = 3;
    pub const LOST: usize = 4;
    pub const ORPHANS: usize = 5;
    pub const UNTRACKED: usize = 6;
    pub const ALLOWANCE: usize = 7;
    pub const FRAMES_RECEIVED: usize = 8;
    pub const FRAMES_SENT: usize = 9;
    pub const BYTES_RECEIVED: usize = 10;
    pub const BYTES_SENT: usize = 11;
    /// By how many more packets on the wire than frames, where offloads have joined some.
    pub const JOINED_RECEIVED: usize = 12;
    pub const JOINED_SENT: usize = 13;
    /// Packets that enforcement dropped.
    pub const DROPPED: usize = 14;
    pub const NOT_IP_ARP: usize = 15;
    pub const NOT_IP_MPLS: usize = 16;
    pub const NOT_IP_PPPOE: usize = 17;
    pub const NOT_IP_LLC: usize = 18;
    pub const NOT_IP_OTHER: usize = 19;
    pub const LINK_TRUNCATED: usize = 20;
    pub const IP_TRUNCATED: usize = 21;
    pub const IP_MALFORMED: usize = 22;
    /// The first of nine, as `Exclusion::ALL`.
    pub const EXCLUDED: usize = 23;
}

/// How many counters there are.
pub const COUNTERS: usize = counter::EXCLUDED + flowlogd_vpc::Exclusion::ALL.len();

impl Counters {
    /// Adds other counts.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.of.iter_mut().zip(other.of) {
            *sum = sum.saturating_add(more);
        }
    }

    /// Returns a count.
    pub fn get(&self, counter: usize) -> u64 {
        self.of.get(counter).copied().unwrap_or(0)
    }
}
