//! What each field of a record holds; the one answer that all renderings write.

use std::cell::OnceCell;
use std::net::IpAddr;

use flowlogd_packet::protocol;
use flowlogd_vpc::{
    Action, Direction, Ground, Initiator, Interface, Inventory, Lacking, Revision, Subnet, Vpc,
};

use super::path;
use crate::{Body, Explanation, Field, Flow, InterfaceView, Mode, Record, Span};

/// The value of one field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// `-`.
    Absent,
    Number(u64),
    Address(IpAddr),
    /// Neither empty nor `-`; may hold what a token must not.
    Text(&'a str),
    /// A ground, and whether it counts because it opened the connection.
    Rule {
        ground: &'a Ground,
        tracked: bool,
    },
    NearMiss(&'a Ground, Lacking),
    Revision(Revision),
}

impl<'a> Value<'a> {
    fn text(text: &'a str) -> Self {
        // An inventory may leave a name empty; a token cannot be.
        if matches!(text, "" | "-") { Self::Absent } else { Self::Text(text) }
    }

    fn optional_text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::text)
    }

    fn optional_number(number: Option<impl Into<u64>>) -> Self {
        number.map_or(Self::Absent, |number| Self::Number(number.into()))
    }
}

/// A record as a format of one version shows it.
pub(super) struct Row<'r, 'a> {
    version: u8,
    view: Option<InterfaceView<'a>>,
    flow: Option<&'r Flow<'a>>,
    span: Span,
    log_status: &'static str,
    lost_packets: Option<u64>,
    mode: Mode,
    // Searched for at most once, and only if a field asks.
    next_hop: OnceCell<Option<&'a Interface>>,
}

impl<'r, 'a> Row<'r, 'a> {
    #[inline]
    pub(super) fn new(record: &'r Record<'a>, version: u8) -> Self {
        let (flow, span, log_status, lost_packets) = match &record.body {
            Body::Flow(flow) => (Some(flow), flow.seen, "OK", None),
            Body::NoData(window) => (None, *window, "NODATA", None),
            Body::SkipData { window, lost_packets } => {
                (None, *window, "SKIPDATA", Some(*lost_packets))
            }
        };
        Self {
            version,
            view: record.interface,
            flow,
            span,
            log_status,
            lost_packets,
            mode: record.mode,
            next_hop: OnceCell::new(),
        }
    }

    /// Returns what `field` holds.
    #[inline]
    pub(super) fn value(&self, field: Field) -> Value<'a> {
        match field {
            Field::Version => Value::Number(self.version.into()),
            Field::AccountId => match self.interface() {
                Some(interface) if !interface.owner.is_empty() => Value::text(&interface.owner),
                Some(_) | None => Value::Text("unknown"),
            },
            Field::InterfaceId => Value::optional_text(self.interface().map(|i| i.id.as_str())),
            Field::SrcAddr => self.flow.map_or(Value::Absent, |flow| self.srcaddr(flow)),
            Field::DstAddr => self.flow.map_or(Value::Absent, |flow| self.dstaddr(flow)),
            Field::SrcPort => Value::optional_number(self.flow.map(|flow| flow.srcport)),
            Field::DstPort => Value::optional_number(self.flow.map(|flow| flow.dstport)),
            Field::Protocol => Value::optional_number(self.flow.map(|flow| flow.protocol)),
            Field::Packets => Value::optional_number(self.flow.map(|flow| flow.packets)),
            Field::Bytes => Value::optional_number(self.flow.map(|flow| flow.bytes)),
            Field::Start => Value::Number(self.span.start),
            Field::End => Value::Number(self.span.end),
            Field::Action => self.flow.and_then(|flow| flow.action).map_or(Value::Absent, action),
            Field::LogStatus => Value::Text(self.log_status),
            Field::VpcId => Value::optional_text(self.vpc().map(|vpc| vpc.id.as_str())),
            Field::SubnetId => Value::optional_text(self.subnet().map(|subnet| subnet.id.as_str())),
            Field::InstanceId => {
                Value::optional_text(self.interface().and_then(|i| i.instance_id.as_deref()))
            }
            Field::TcpFlags => Value::optional_number(self.flow.and_then(tcp_flags)),
            Field::Type => self.flow.map_or(Value::Absent, family),
            Field::PktSrcAddr => {
                self.flow.map_or(Value::Absent, |flow| Value::Address(flow.pkt_srcaddr))
            }
            Field::PktDstAddr => {
                self.flow.map_or(Value::Absent, |flow| Value::Address(flow.pkt_dstaddr))
            }
            Field::Region => {
                Value::optional_text(self.interface().and_then(|i| i.region.as_deref()))
            }
            Field::AzId => Value::optional_text(self.view.and_then(zone_of_view)),
            Field::FlowDirection => {
                self.flow.and_then(|flow| flow.direction).map_or(Value::Absent, direction)
            }
            Field::TrafficPath => Value::optional_number(self.traffic_path()),
            Field::InterfaceType => {
                Value::optional_text(self.interface().map(|i| i.interface_type.as_str()))
            }
            Field::NextHopInterfaceId => {
                Value::optional_text(self.next_hop().map(|hop| hop.id.as_str()))
            }
            Field::NextHopSubnetId => Value::optional_text(self.next_hop_subnet_id()),
            Field::NextHopAzId => Value::optional_text(self.next_hop_zone()),
            Field::NextHopVpcId => {
                // The next hop is looked for in the interface's own VPC only.
                Value::optional_text(self.next_hop().and(self.vpc()).map(|vpc| vpc.id.as_str()))
            }
            Field::NextHopInterfaceType => {
                Value::optional_text(self.next_hop().map(|hop| hop.interface_type.as_str()))
            }
            Field::XDecidingRule => self.explanation().map_or(Value::Absent, |why| Value::Rule {
                ground: why.deciding_rule,
                tracked: why.tracked,
            }),
            Field::XNearestMiss => self
                .explanation()
                .and_then(|why| why.nearest_miss)
                .map_or(Value::Absent, |(rule, lacking)| Value::NearMiss(rule, lacking)),
            Field::XRuleRevision => {
                self.explanation().map_or(Value::Absent, |why| Value::Revision(why.revision))
            }
            Field::XMixed => Value::optional_number(self.explanation().map(|why| why.mixed)),
            Field::XLostPackets => Value::optional_number(self.lost_packets),
            Field::XInitiator => {
                self.explanation().map_or(Value::Absent, |why| initiator(why.initiator))
            }
            Field::XMode => Value::Text(mode(self.mode)),
            // Without a source: the table says so, and a test compares.
            Field::SublocationType
            | Field::SublocationId
            | Field::PktSrcAwsService
            | Field::PktDstAwsService
            | Field::EcsClusterArn
            | Field::EcsClusterName
            | Field::EcsContainerInstanceArn
            | Field::EcsContainerInstanceId
            | Field::EcsContainerId
            | Field::EcsSecondContainerId
            | Field::EcsServiceName
            | Field::EcsTaskDefinitionArn
            | Field::EcsTaskArn
            | Field::EcsTaskId
            | Field::RejectReason
            | Field::ResourceId
            | Field::EncryptionStatus
            | Field::InstanceTag
            | Field::InstanceTag2
            | Field::InterfaceTag
            | Field::InterfaceTag2
            | Field::AsgTag
            | Field::AsgTag2 => Value::Absent,
        }
    }

    fn interface(&self) -> Option<&'a Interface> {
        self.view.map(|view| view.interface)
    }

    fn vpc(&self) -> Option<&'a Vpc> {
        self.view.and_then(|view| view.inventory.vpcs.get(view.interface.vpc))
    }

    fn subnet(&self) -> Option<&'a Subnet> {
        self.view.and_then(|view| view.inventory.subnets.get(view.interface.subnet))
    }

    fn explanation(&self) -> Option<Explanation<'a>> {
        self.flow.and_then(|flow| flow.explanation)
    }

    /// Of what an interface sends, the source shown is its primary address, even if it forwards
    /// (flow-logs.md §4.5). IPv6 addresses are never rewritten.
    fn srcaddr(&self, flow: &Flow<'_>) -> Value<'a> {
        Value::Address(match flow.direction {
            Some(Direction::Egress) => self.shown_as_own(flow.pkt_srcaddr),
            Some(Direction::Ingress) | None => flow.pkt_srcaddr,
        })
    }

    /// Of what an interface receives, the destination shown is its primary address.
    fn dstaddr(&self, flow: &Flow<'_>) -> Value<'a> {
        Value::Address(match flow.direction {
            Some(Direction::Ingress) => self.shown_as_own(flow.pkt_dstaddr),
            Some(Direction::Egress) | None => flow.pkt_dstaddr,
        })
    }

    fn shown_as_own(&self, address: IpAddr) -> IpAddr {
        match (address, self.interface().and_then(|interface| interface.primary_ipv4)) {
            (IpAddr::V4(_), Some(primary)) => IpAddr::V4(primary),
            (IpAddr::V4(_), None) | (IpAddr::V6(_), _) => address,
        }
    }

    fn traffic_path(&self) -> Option<u8> {
        let (view, flow) = (self.view?, self.flow?);
        match flow.direction? {
            Direction::Ingress => None,
            Direction::Egress => path::traffic_path(view, flow.pkt_dstaddr),
        }
    }

    fn next_hop(&self) -> Option<&'a Interface> {
        *self.next_hop.get_or_init(|| {
            let (view, flow) = (self.view?, self.flow?);
            path::neighbour(
                view,
                match flow.direction? {
                    Direction::Ingress => flow.pkt_srcaddr,
                    Direction::Egress => flow.pkt_dstaddr,
                },
            )
        })
    }

    fn next_hop_subnet_id(&self) -> Option<&'a str> {
        let subnet = self.view?.inventory.subnets.get(self.next_hop()?.subnet)?;
        Some(&subnet.id)
    }

    fn next_hop_zone(&self) -> Option<&'a str> {
        zone(self.next_hop()?, self.view?.inventory)
    }
}

fn zone_of_view(view: InterfaceView<'_>) -> Option<&str> {
    zone(view.interface, view.inventory)
}

fn zone<'a>(interface: &'a Interface, inventory: &'a Inventory) -> Option<&'a str> {
    interface
        .availability_zone_id
        .as_deref()
        .or_else(|| inventory.subnets.get(interface.subnet)?.availability_zone_id.as_deref())
}

fn action(action: Action) -> Value<'static> {
    Value::Text(match action {
        Action::Accept => "ACCEPT",
        Action::Reject => "REJECT",
    })
}

fn direction(direction: Direction) -> Value<'static> {
    Value::Text(match direction {
        Direction::Ingress => "ingress",
        Direction::Egress => "egress",
    })
}

fn family(flow: &Flow<'_>) -> Value<'static> {
    Value::Text(if flow.pkt_srcaddr.is_ipv4() { "IPv4" } else { "IPv6" })
}

/// Protocols without flags have none set: 0. `-` is left to TCP whose flags could not be read.
fn tcp_flags(flow: &Flow<'_>) -> Option<u8> {
    if flow.protocol == protocol::TCP { flow.tcp_flags } else { Some(0) }
}

fn initiator(initiator: Initiator) -> Value<'static> {
    match initiator {
        Initiator::Source => Value::Text("src"),
        Initiator::Destination => Value::Text("dst"),
        Initiator::Unknown => Value::Absent,
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe",
        Mode::Replay => "replay",
    }
}
