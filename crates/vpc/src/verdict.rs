//! What was decided, and why.

use std::fmt;

use crate::{ConnectionHint, GroundIndex};

/// Relative to the interface that judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Received by the interface.
    Ingress,
    /// Sent by the interface.
    Egress,
}

impl Direction {
    /// Returns the other one.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }
}

/// As in the field `flow-direction`.
impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        })
    }
}

/// What the record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Security groups and network ACL both allow it.
    Accept,
    /// One of them does not.
    Reject,
}

/// A whole second of the packets' clock; the unit of connection tracking (`semantics.md` 6, 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(pub u64);

/// Why a packet is in no record, though it was seen at the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exclusion {
    /// To or from the Amazon DNS server.
    AmazonDns,
    /// To or from the instance metadata service.
    InstanceMetadata,
    /// To or from the Amazon Time Sync Service.
    TimeSync,
    /// To or from Windows licence activation.
    LicenceActivation,
    /// DHCP, of IPv4 or IPv6.
    Dhcp,
    /// IPv6 neighbour discovery (router and neighbour messages, redirect).
    NeighbourDiscovery,
    /// To or from the reserved address of the subnet's router.
    VpcRouter,
    /// Between an endpoint's interface and a network load balancer's.
    EndpointToLoadBalancer,
    /// The source/destination check drops it.
    SourceDestinationCheck,
}

impl Exclusion {
    /// Every reason, in the order of declaration: the index of a counter.
    pub const ALL: [Self; 9] = [
        Self::AmazonDns,
        Self::InstanceMetadata,
        Self::TimeSync,
        Self::LicenceActivation,
        Self::Dhcp,
        Self::NeighbourDiscovery,
        Self::VpcRouter,
        Self::EndpointToLoadBalancer,
        Self::SourceDestinationCheck,
    ];
}

/// What settled a verdict, small enough to be kept with every flow. [`crate::RuleBook`] tells its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// The rule, entry or absence of rules that decided.
    pub ground: GroundIndex,
    /// Whether `ground` opened the connection that this packet belongs to, and was not itself consulted.
    pub tracked: bool,
    /// For a refusal by security groups: the rule that came nearest to allowing.
    pub nearest_miss: Option<NearestMiss>,
}

impl Decision {
    /// Returns whether both decisions rest on the same rule; a tracked packet rests on the rule that
    /// opened its connection (`semantics.md` 11).
    pub fn rests_on_same_ground(&self, other: &Self) -> bool {
        self.ground == other.ground
    }
}

/// A rule that matched all but one of family, protocol, port and peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NearestMiss {
    /// The rule.
    pub rule: GroundIndex,
    /// What did not match.
    pub lacking: Lacking,
}

/// The one condition of a near miss that does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lacking {
    /// The destination port (or ICMP type and code) is outside the rule's.
    Port,
    /// The peer's address is outside the rule's.
    Peer,
    /// The rule is for another protocol.
    Protocol,
    /// The rule is for the other IP family.
    Family,
}

/// As in `x-nearest-miss`.
impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Port => "port",
            Self::Peer => "peer",
            Self::Protocol => "protocol",
            Self::Family => "family",
        })
    }
}

/// Which end opened the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Initiator {
    /// The packet's source.
    Source,
    /// The packet's destination.
    Destination,
    /// Cannot be told.
    Unknown,
}

/// How long a verdict may stand for further packets of the same flow (`semantics.md` 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reuse {
    /// Judge every packet.
    Never,
    /// An accepted TCP or UDP packet: good for packets without SYN, FIN and RST of the same ruleset
    /// generation and tick, since none of them could change the connection.
    WithinTick,
    /// A refusal by rules: good for the same generation, after a connection look-up that misses
    /// ([`crate::Ruleset::evaluate_refused`]).
    RulesOnly,
}

/// The decision on one packet at one interface, with whatever settled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the record says.
    pub action: Action,
    /// Why.
    pub decision: Decision,
    /// Who opened the connection.
    pub initiator: Initiator,
    /// How far it may be reused.
    pub reuse: Reuse,
    /// Where the connection is, for the flow's next packet.
    pub connection: ConnectionHint,
}

/// What becomes of a packet at an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// In no record; passes unfiltered (or is dropped, for the source/destination check).
    Excluded(Exclusion),
    /// Counted in a flow.
    Decided(Verdict),
}
