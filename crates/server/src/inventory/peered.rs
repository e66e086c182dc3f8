//! What of peered VPCs the rules here refer to: groups, and who is in them. Their rules are nobody's affair
//! at this side.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{object, security_group, subnet, vpc};
use crate::model::{
    Interface, NetworkAcl, Peer, PeeredGroup, PeeringSide, PeeringStatus, SecurityGroup, Subnet,
    Vpc, VpcPeering,
};
use crate::state::{Place, StateError, Txn};

/// Elements to be added to the lists of an inventory.
#[derive(Default)]
pub(super) struct Peered {
    pub(super) vpcs: Vec<Value>,
    pub(super) subnets: Vec<Value>,
    pub(super) interfaces: Vec<Value>,
    pub(super) groups: Vec<Value>,
    pub(super) network_acls: Vec<Value>,
}

/// Gathers the groups of other accounts that rules refer to over active connections. Those of the same
/// account are in the inventory anyway.
pub(super) fn gather(
    txn: &Txn<'_>,
    place: &Place,
    groups: &[SecurityGroup],
    peerings: &[VpcPeering],
) -> Result<Peered, StateError> {
    let mut peered = Peered::default();
    let carries = |wanted: &PeeredGroup| {
        peerings.iter().any(|it| it.id == wanted.peering_id && it.carries_references())
    };
    let wanted: BTreeSet<(&str, &str, &str)> = groups
        .iter()
        .flat_map(|group| &group.rules)
        .filter_map(|rule| match &rule.peer {
            Peer::PeeredGroup(wanted) if wanted.account != place.account && carries(wanted) => {
                Some((wanted.account.as_str(), wanted.vpc_id.as_str(), wanted.group_id.as_str()))
            }
            Peer::Ipv4(_)
            | Peer::Ipv6(_)
            | Peer::PrefixList(_)
            | Peer::Group(_)
            | Peer::PeeredGroup(_) => None,
        })
        .collect();
    let vpcs: BTreeSet<(&str, &str)> =
        wanted.iter().map(|(account, vpc_id, _)| (*account, *vpc_id)).collect();
    for (account, vpc_id) in vpcs {
        let theirs = Place::regional(account, &place.region);
        let ids = wanted.iter().filter(|it| it.0 == account && it.1 == vpc_id).map(|it| it.2);
        peered.add(txn, &theirs, vpc_id, &ids.collect::<Vec<_>>())?;
    }
    Ok(peered)
}

impl Peered {
    /// Adds groups of one VPC with their members.
    fn add(
        &mut self,
        txn: &Txn<'_>,
        place: &Place,
        vpc_id: &str,
        group_ids: &[&str],
    ) -> Result<(), StateError> {
        let owner = place.account.as_str();
        let Some(vpc) = txn.get::<Vpc>(place, vpc_id)? else { return Ok(()) };
        let mut groups = BTreeSet::new();
        for id in group_ids {
            if let Some(group) = txn.get::<SecurityGroup>(place, id)? {
                self.groups.push(security_group(owner, &group));
                groups.insert(*id);
            }
        }
        self.vpcs.push(self::vpc(owner, &vpc));
        let mut subnets = BTreeSet::new();
        for interface in txn.list::<Interface>(place)? {
            if interface.groups.iter().any(|group| groups.contains(group.as_str())) {
                self.interfaces.push(member(owner, &interface, &groups));
                subnets.insert(interface.subnet_id);
            }
        }
        for id in subnets {
            if let Some(subnet) = txn.get::<Subnet>(place, &id)? {
                self.subnets.push(self::subnet(place, &subnet));
            }
        }
        // A subnet has a network ACL. Nobody's packets are judged by this one here, so it has no entries.
        let acls: Vec<NetworkAcl> = txn.list(place)?;
        self.network_acls.extend(
            acls.iter().find(|acl| acl.vpc_id == vpc_id && acl.is_default).map(|acl| {
                json!({
                    "NetworkAclId": acl.id,
                    "VpcId": acl.vpc_id,
                    "OwnerId": owner,
                    "IsDefault": true,
                    "Associations": [],
                    "Entries": [],
                })
            }),
        );
        Ok(())
    }
}

/// An interface as far as it is a member of groups.
fn member(owner: &str, interface: &Interface, of: &BTreeSet<&str>) -> Value {
    let addresses: Vec<Value> = interface
        .private_addresses
        .iter()
        .enumerate()
        .map(|(place, address)| json!({ "PrivateIpAddress": address.address, "Primary": place == 0 }))
        .collect();
    let ipv6: Vec<Value> =
        interface.ipv6_addresses.iter().map(|address| json!({ "Ipv6Address": address })).collect();
    let groups: Vec<Value> = interface
        .groups
        .iter()
        .filter(|group| of.contains(group.as_str()))
        .map(|group| json!({ "GroupId": group }))
        .collect();
    let primary = interface.private_addresses.first();
    object([
        ("NetworkInterfaceId", Some(json!(interface.id))),
        ("OwnerId", Some(json!(owner))),
        ("VpcId", Some(json!(interface.vpc_id))),
        ("SubnetId", Some(json!(interface.subnet_id))),
        ("PrivateIpAddress", primary.map(|address| json!(address.address))),
        ("PrivateIpAddresses", Some(json!(addresses))),
        ("Ipv6Addresses", Some(json!(ipv6))),
        ("Groups", Some(json!(groups))),
        ("InterfaceType", Some(json!("interface"))),
    ])
}

/// The active connections, with the blocks of both sides.
pub(super) fn connections(
    txn: &Txn<'_>,
    peerings: &[VpcPeering],
) -> Result<Vec<Value>, StateError> {
    let active = peerings.iter().filter(|peering| peering.status == PeeringStatus::Active);
    active
        .map(|peering| {
            Ok(json!({
                "VpcPeeringConnectionId": peering.id,
                "Status": { "Code": "active" },
                "RequesterVpcInfo": side(txn, &peering.requester)?,
                "AccepterVpcInfo": side(txn, &peering.accepter)?,
            }))
        })
        .collect()
}

fn side(txn: &Txn<'_>, side: &PeeringSide) -> Result<Value, StateError> {
    let vpc: Option<Vpc> = txn.get(&side.place(), &side.vpc_id)?;
    let ipv4 = vpc.as_ref().map(|vpc| vpc.cidrs.as_slice()).unwrap_or_default();
    let ipv6 = vpc.as_ref().map(|vpc| vpc.ipv6_cidrs.as_slice()).unwrap_or_default();
    let ipv4_set: Vec<Value> = ipv4.iter().map(|it| json!({ "CidrBlock": it.cidr })).collect();
    let ipv6_set: Vec<Value> = ipv6.iter().map(|it| json!({ "Ipv6CidrBlock": it.cidr })).collect();
    Ok(object([
        ("VpcId", Some(json!(side.vpc_id))),
        ("OwnerId", Some(json!(side.account))),
        ("Region", Some(json!(side.region))),
        ("CidrBlock", ipv4.first().map(|primary| json!(primary.cidr))),
        ("CidrBlockSet", Some(json!(ipv4_set))),
        ("Ipv6CidrBlockSet", Some(json!(ipv6_set))),
    ]))
}
