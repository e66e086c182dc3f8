//! Which cases sequences had.

use flowlogd_agent::capture::ebpf::layout::{COUNTERS, Counters, counter};

use crate::books::Books;

/// Something that at least so many sequences of a run have to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// A security group's rule, or the absence of one, decided.
    SecurityGroup,
    /// A network ACL's entry refused.
    NetworkAcl,
    /// A packet belonged to a connection.
    Tracked,
    /// A TCP or UDP packet was accepted without a connection.
    Untracked,
    /// A packet was judged by the rules after a connection had expired.
    Expired,
    /// An ICMP error belonged to the connection of the packet that it quotes.
    IcmpError,
    /// A later fragment.
    Fragment,
    /// A flow found no room, and was told packet by packet, or lost.
    Overflow,
    /// Even single packets found no room, so that only sums could be compared.
    Lost,
    /// A frame stood for several packets.
    SuperPacket,
    /// A connection was refused for want of allowance.
    Allowance,
    /// A connection found no room, and was not tracked.
    NoRoom,
    /// A packet was let on because it may have been one of a connection that was open before.
    Grace,
    /// A packet was dropped.
    Dropped,
}

impl Case {
    pub(crate) const ALL: [(Self, &'static str); 14] = [
        (Self::SecurityGroup, "security-group"),
        (Self::NetworkAcl, "network-acl"),
        (Self::Tracked, "tracked"),
        (Self::Untracked, "untracked"),
        (Self::Expired, "expired"),
        (Self::IcmpError, "icmp-error"),
        (Self::Fragment, "fragment"),
        (Self::Overflow, "overflow"),
        (Self::Lost, "lost"),
        (Self::SuperPacket, "super-packet"),
        (Self::Allowance, "allowance"),
        (Self::NoRoom, "no-room"),
        (Self::Grace, "grace"),
        (Self::Dropped, "dropped"),
    ];

    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// How many sequences had what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sequences: u64,
    pub(crate) packets: u64,
    of: [u64; Case::ALL.len()],
    /// What the engine counted of everything that the kernel has a counter for.
    counters: Counters,
}

impl Counts {
    /// Counts a sequence of so many packets.
    pub(crate) fn count(&mut self, packets: usize, cases: u32, books: &Books) {
        books.counters.values().for_each(|counters| self.counters.add(counters));
        self.sequences += 1;
        self.packets += u64::try_from(packets).expect("few");
        for (case, _) in Case::ALL {
            self.of[case as usize] += u64::from(cases & case.bit() != 0);
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.packets += other.packets;
        self.counters.add(&other.counters);
        for (sum, more) in self.of.iter_mut().zip(other.of) {
            *sum += more;
        }
    }

    pub(crate) fn get(&self, case: Case) -> u64 {
        self.of[case as usize]
    }

    /// Returns the numbers of counters that counted nothing, but for lost packets, of which only the kernel knows.
    pub(crate) fn silent(&self) -> Vec<usize> {
        let counters = (0..COUNTERS).filter(|counter| *counter != counter::LOST);
        counters.filter(|counter| self.counters.get(*counter) == 0).collect()
    }

    /// Returns how many sequences had each case, as text.
    pub(crate) fn text(&self) -> String {
        Case::ALL.map(|(case, name)| format!("{name} {}", self.get(case))).join(", ")
    }
}
