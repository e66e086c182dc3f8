//! What is stored, one file a noun. Not the wire: `ops` turns these into what answers print.

mod access_key;
mod agent;
mod flow_log;
mod furnished;
mod group;
mod interface;
mod internet_gateway;
mod last_use;
mod network_acl;
mod policy;
mod prefix_list;
mod role;
mod route_table;
mod security_group;
mod session;
mod subnet;
mod user;
mod user_session;
mod vpc;
mod vpc_attributes;
mod vpc_peering;

use std::collections::BTreeMap;

pub(crate) use access_key::{AccessKey, KeyOwner};
pub(crate) use agent::{Agent, Attachment};
pub(crate) use flow_log::{Delivery, FlowLog, ResourceType};
pub(crate) use furnished::Furnished;
pub(crate) use group::Group;
pub(crate) use interface::{Interface, InterfaceAttachment, PrivateAddress};
pub(crate) use internet_gateway::InternetGateway;
pub(crate) use last_use::LastUse;
pub(crate) use network_acl::{AclAssociation, AclEntry, NetworkAcl};
pub(crate) use policy::{InlinePolicy, ManagedPolicy, PolicyVersion};
pub(crate) use prefix_list::{
    AddressFamily, PrefixList, PrefixListChange, PrefixListEntry, PrefixListVersion,
};
pub(crate) use role::Role;
pub(crate) use route_table::{Route, RouteTable, RouteTarget, SubnetAssociation};
pub(crate) use security_group::{Peer, PeeredGroup, SecurityGroup, SecurityGroupRule};
pub(crate) use session::Session;
pub(crate) use subnet::Subnet;
pub(crate) use user::User;
pub(crate) use user_session::{Federated, SessionOwner, UserSession};
pub(crate) use vpc::{CidrAssociation, Families, Ipv6Association, Vpc};
pub(crate) use vpc_attributes::VpcAttributes;
pub(crate) use vpc_peering::{PeeringSide, PeeringStatus, VpcPeering};

/// Tags by key.
pub(crate) type Tags = BTreeMap<String, String>;

/// Implements [`Document`](crate::state::Document) for a type with an `id`.
macro_rules! document {
    ($type:ty, $kind:literal $(, history = $history:literal)?) => {
        impl crate::state::Document for $type {
            const KIND: &'static str = $kind;
            $(const HISTORY: bool = $history;)?

            fn id(&self) -> &str {
                &self.id
            }
        }
    };
}
use document;
