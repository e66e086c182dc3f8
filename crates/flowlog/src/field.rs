//! The one table of fields: what formats, renderers, the reader and the reference page know of them.

mod discovered;
mod page;

use std::fmt;
use std::str::FromStr;

pub use page::reference_page;

/// How a field is stored in Parquet; in text everything is a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `INT_32`.
    Int32,
    /// `INT_64`.
    Int64,
    /// `STRING`.
    Text,
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int32 => "INT_32",
            Self::Int64 => "INT_64",
            Self::Text => "STRING",
        })
    }
}

/// Which tokens a field may hold, besides `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// A decimal number of at most this.
    UpTo(u64),
    /// An IPv4 or IPv6 address.
    Address,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text without spaces.
    Token,
}

/// Where the value of a field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The format itself.
    Format,
    /// The packets of the flow.
    Packet,
    /// The window and how complete it is.
    Window,
    /// The recorded interface.
    Interface,
    /// The inventory around the interface.
    Inventory,
    /// The decision on the packets.
    Verdict,
    /// How the packets were captured.
    Capture,
    /// Nothing yet: the field is always `-`.
    NotYet,
}

/// What the table says of one field.
struct Row {
    name: &'static str,
    version: Option<u8>,
    field_type: FieldType,
    values: Values,
    source: Source,
    doc: &'static str,
}

/// Numbers of `INT_32` fields without a narrower range.
const INT_32: Values = UpTo(i32::MAX as u64);
/// Numbers of `INT_64` fields.
const INT_64: Values = UpTo(u64::MAX);

// A macro, so that a field is added in one line: the enum, the list and the row cannot disagree.
macro_rules! field_table {
    ($($variant:ident = $name:literal, $version:expr, $field_type:ident, $values:expr, $source:ident, $doc:literal;)+) => {
        /// A field of a flow log record, in AWS's documented order; extensions (`x-…`) last.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field {
            $(#[doc = concat!("`", $name, "`: ", $doc)] $variant,)+
        }

        impl Field {
            /// Every field, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        name: $name,
                        version: $version,
                        field_type: FieldType::$field_type,
                        values: $values,
                        source: Source::$source,
                        doc: $doc,
                    },)+
                }
            }
        }
    };
}

use Values::{Address, OneOf, Token, UpTo};

field_table! {
    Version = "version", Some(2), Int32, INT_32, Format, "Highest version among the fields of the format; 2 for the default format.";
    AccountId = "account-id", Some(2), Text, Token, Interface, "Account of the interface's owner; `unknown` where there is no interface or the inventory does not say.";
    InterfaceId = "interface-id", Some(2), Text, Token, Interface, "The recorded interface.";
    SrcAddr = "srcaddr", Some(2), Text, Address, Packet, "Source address; of an IPv4 packet that the interface sent, the interface's primary private address.";
    DstAddr = "dstaddr", Some(2), Text, Address, Packet, "Destination address; of an IPv4 packet that the interface received, the interface's primary private address.";
    SrcPort = "srcport", Some(2), Int32, UpTo(65_535), Packet, "Source port; 0 for protocols without ports, ICMP included.";
    DstPort = "dstport", Some(2), Int32, UpTo(65_535), Packet, "Destination port; 0 for protocols without ports, ICMP included.";
    Protocol = "protocol", Some(2), Int32, UpTo(255), Packet, "IANA protocol number.";
    Packets = "packets", Some(2), Int64, INT_64, Packet, "Packets of the flow in the window.";
    Bytes = "bytes", Some(2), Int64, INT_64, Packet, "IP bytes of the flow in the window: headers and payload, no link layer.";
    Start = "start", Some(2), Int64, INT_64, Window, "Unix second of the flow's first packet in the window; without a flow, the window's start.";
    End = "end", Some(2), Int64, INT_64, Window, "Unix second of the flow's last packet in the window; without a flow, the window's end.";
    Action = "action", Some(2), Text, OneOf(&["ACCEPT", "REJECT"]), Verdict, "Whether security groups and network ACL both allow the packets; `-` where nothing judged them.";
    LogStatus = "log-status", Some(2), Text, OneOf(&["OK", "NODATA", "SKIPDATA"]), Window, "Whether the record is a flow, says that there was none, or says that some were lost.";
    VpcId = "vpc-id", Some(3), Text, Token, Inventory, "VPC of the interface.";
    SubnetId = "subnet-id", Some(3), Text, Token, Inventory, "Subnet of the interface.";
    InstanceId = "instance-id", Some(3), Text, Token, Interface, "Instance that the interface is attached to, if it is the owner's.";
    TcpFlags = "tcp-flags", Some(3), Int32, UpTo(255), Packet, "FIN 1, SYN 2, RST 4 and SYN-ACK 18, ORed over the flow's packets; 0 for other protocols, `-` where no flags could be read.";
    Type = "type", Some(3), Text, OneOf(&["IPv4", "IPv6", "EFA"]), Packet, "IP family.";
    PktSrcAddr = "pkt-srcaddr", Some(3), Text, Address, Packet, "Source address as on the wire.";
    PktDstAddr = "pkt-dstaddr", Some(3), Text, Address, Packet, "Destination address as on the wire.";
    Region = "region", Some(4), Text, Token, Interface, "Region of the interface.";
    AzId = "az-id", Some(4), Text, Token, Interface, "Availability zone id of the interface.";
    SublocationType = "sublocation-type", Some(4), Text, Token, NotYet, "Wavelength zone, outpost or local zone that the traffic belongs to.";
    SublocationId = "sublocation-id", Some(4), Text, Token, NotYet, "Id of that sublocation.";
    PktSrcAwsService = "pkt-src-aws-service", Some(5), Text, Token, NotYet, "AWS service whose public range holds `pkt-srcaddr`.";
    PktDstAwsService = "pkt-dst-aws-service", Some(5), Text, Token, NotYet, "AWS service whose public range holds `pkt-dstaddr`.";
    FlowDirection = "flow-direction", Some(5), Text, OneOf(&["ingress", "egress"]), Packet, "Whether the interface received or sent the packets.";
    TrafficPath = "traffic-path", Some(5), Int32, UpTo(255), Inventory, "Where packets sent by the interface go: 1 inside the VPC, 3 virtual private gateway, 4 and 5 peering within and across regions, 6 local gateway, 7 gateway endpoint, 8 internet gateway.";
    EcsClusterArn = "ecs-cluster-arn", Some(7), Text, Token, NotYet, "ARN of the ECS cluster of the task.";
    EcsClusterName = "ecs-cluster-name", Some(7), Text, Token, NotYet, "Name of the ECS cluster of the task.";
    EcsContainerInstanceArn = "ecs-container-instance-arn", Some(7), Text, Token, NotYet, "ARN of the ECS container instance.";
    EcsContainerInstanceId = "ecs-container-instance-id", Some(7), Text, Token, NotYet, "Id of the ECS container instance.";
    EcsContainerId = "ecs-container-id", Some(7), Text, Token, NotYet, "Runtime id of the task's first container.";
    EcsSecondContainerId = "ecs-second-container-id", Some(7), Text, Token, NotYet, "Runtime id of the task's second container.";
    EcsServiceName = "ecs-service-name", Some(7), Text, Token, NotYet, "ECS service that started the task.";
    EcsTaskDefinitionArn = "ecs-task-definition-arn", Some(7), Text, Token, NotYet, "ARN of the ECS task definition.";
    EcsTaskArn = "ecs-task-arn", Some(7), Text, Token, NotYet, "ARN of the ECS task.";
    EcsTaskId = "ecs-task-id", Some(7), Text, Token, NotYet, "Id of the ECS task.";
    RejectReason = "reject-reason", Some(8), Text, Token, NotYet, "Block Public Access (`BPA`) or Encryption Controls (`EC`), neither of which exists here; refusals by rules have no reason in AWS's fields.";
    ResourceId = "resource-id", Some(9), Text, Token, NotYet, "Regional NAT gateway that the traffic belongs to.";
    EncryptionStatus = "encryption-status", Some(10), Int32, INT_32, NotYet, "Whether the traffic is encrypted by VPC Encryption Controls.";
    InstanceTag = "instance-tag", Some(11), Text, Token, NotYet, "Value of the first configured tag key of the instance.";
    InstanceTag2 = "instance-tag-2", Some(11), Text, Token, NotYet, "Value of the second configured tag key of the instance.";
    InterfaceTag = "interface-tag", Some(11), Text, Token, NotYet, "Value of the first configured tag key of the interface.";
    InterfaceTag2 = "interface-tag-2", Some(11), Text, Token, NotYet, "Value of the second configured tag key of the interface.";
    AsgTag = "asg-tag", Some(11), Text, Token, NotYet, "Value of the first configured tag key of the Auto Scaling group.";
    AsgTag2 = "asg-tag-2", Some(11), Text, Token, NotYet, "Value of the second configured tag key of the Auto Scaling group.";
    InterfaceType = "interface-type", Some(11), Text, Token, Interface, "Type of the recorded interface.";
    NextHopInterfaceId = "next-hop-interface-id", Some(11), Text, Token, Inventory, "Interface of the same VPC that owns the far address of the packets.";
    NextHopSubnetId = "next-hop-subnet-id", Some(11), Text, Token, Inventory, "Subnet of that interface.";
    NextHopAzId = "next-hop-az-id", Some(11), Text, Token, Inventory, "Availability zone id of that interface.";
    NextHopVpcId = "next-hop-vpc-id", Some(11), Text, Token, Inventory, "VPC of that interface.";
    NextHopInterfaceType = "next-hop-interface-type", Some(11), Text, Token, Inventory, "Type of that interface.";
    XDecidingRule = "x-deciding-rule", None, Text, Token, Verdict, "Security group rule, network ACL entry or absence of rules that decided the first packet; `tracked:` before the rule that opened its connection.";
    XNearestMiss = "x-nearest-miss", None, Text, Token, Verdict, "Rule that allows all but one of the packet's properties, and that property: `port`, `peer`, `protocol` or `family`. Only where security groups refused; `-` where a network ACL did.";
    XRuleRevision = "x-rule-revision", None, Text, Token, Verdict, "Revision of the interface's rules at the first packet, 16 hex digits.";
    XMixed = "x-mixed", None, Int32, UpTo(1), Verdict, "1 where a later packet of the record was decided otherwise than the first.";
    XLostPackets = "x-lost-packets", None, Int64, INT_64, Window, "How many packets of the window were lost; in SKIPDATA records only.";
    XInitiator = "x-initiator", None, Text, OneOf(&["src", "dst"]), Verdict, "Whether the packets' source or destination opened the connection; `-` where it cannot be told.";
    XMode = "x-mode", None, Text, OneOf(&["enforce", "observe", "replay"]), Capture, "Whether refused packets were dropped, only judged, or read from a capture file.";
}

impl Field {
    /// The highest version that any field has.
    pub const NEWEST_VERSION: u8 = 11;

    /// Returns the name in formats and header lines, such as `srcaddr`.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Returns the version of flow logs that introduced the field; extensions belong to none.
    pub const fn version(self) -> Option<u8> {
        self.row().version
    }

    /// Returns how the field is stored in Parquet.
    pub const fn field_type(self) -> FieldType {
        self.row().field_type
    }

    /// Returns which tokens the field may hold, besides `-`.
    pub const fn values(self) -> Values {
        self.row().values
    }

    /// Returns where the value comes from.
    pub const fn source(self) -> Source {
        self.row().source
    }

    /// Returns one sentence on the meaning.
    pub const fn doc(self) -> &'static str {
        self.row().doc
    }

    /// Returns the name in Parquet files: underscores for hyphens (flow-logs.md §7.2).
    pub fn column_name(self) -> String {
        self.name().replace('-', "_")
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is not the name of a field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no field `{0}`")]
pub struct UnknownField(pub String);

impl FromStr for Field {
    type Err = UnknownField;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.name() == name)
            .ok_or_else(|| UnknownField(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_has_as_many_fields_as_aws_documents() {
        let counts: Vec<_> = [2, 3, 4, 5, 7, 8, 9, 10, 11]
            .map(|version| {
                Field::ALL.iter().filter(|f| f.version().is_some_and(|v| v <= version)).count()
            })
            .into();

        assert_eq!(counts, [14, 21, 25, 29, 39, 40, 41, 42, 54]);
    }

    #[test]
    fn the_order_is_that_of_versions_with_extensions_last() {
        let versions: Vec<_> = Field::ALL.iter().map(|f| f.version().unwrap_or(99)).collect();

        assert!(versions.is_sorted(), "{versions:?}");
        assert!(
            Field::ALL.iter().all(|f| f.name().starts_with("x-") == f.version().is_none()),
            "extensions begin with x- and have no version"
        );
        let newest = Field::ALL.iter().filter_map(|f| f.version()).max();
        assert_eq!(newest, Some(Field::NEWEST_VERSION));
    }

    #[test]
    fn a_name_leads_back_to_its_field_and_to_its_place_in_the_list() {
        for (place, field) in Field::ALL.iter().enumerate() {
            assert_eq!(field.name().parse(), Ok(*field));
            assert_eq!(*field as usize, place);
        }
        assert_eq!("Version".parse::<Field>(), Err(UnknownField("Version".to_owned())));
    }

    #[test]
    fn numbers_are_stored_as_numbers_and_words_as_strings() {
        for field in Field::ALL {
            match field.values() {
                UpTo(most) if i32::try_from(most).is_ok() => {
                    assert_eq!(field.field_type(), FieldType::Int32, "{field}");
                }
                UpTo(_) => assert_eq!(field.field_type(), FieldType::Int64, "{field}"),
                Address | OneOf(_) | Token => {
                    assert_eq!(field.field_type(), FieldType::Text, "{field}");
                }
            }
        }
    }
}
