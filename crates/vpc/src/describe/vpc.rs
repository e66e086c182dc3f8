//! `describe-vpcs` and `describe-subnets`.

use super::address::{Family, distinct};
use super::item::{Item, Mention};
use crate::Cidr;

/// An element of `Vpcs`.
pub(crate) struct VpcItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) owner: Option<&'n str>,
    pub(crate) cidrs: Vec<Cidr>,
}

/// An element of `Subnets`.
pub(crate) struct SubnetItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) vpc: Option<Mention<'n>>,
    pub(crate) cidrs: Vec<Cidr>,
    pub(crate) availability_zone: Option<&'n str>,
    pub(crate) availability_zone_id: Option<&'n str>,
}

impl<'n> VpcItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let cidrs = cidrs(item);
        let owner = item.account("OwnerId");
        let id = item.required_id("VpcId", "vpc-")?;
        Some(Self { path: item.path.clone(), id, owner, cidrs })
    }
}

impl<'n> SubnetItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        let vpc = item.required_mention("VpcId", "vpc-");
        let cidrs = cidrs(item);
        let availability_zone = zone(item, "AvailabilityZone");
        let availability_zone_id = zone(item, "AvailabilityZoneId");
        if item.text("OutpostArn").is_some() {
            item.findings.note(
                &item.at("OutpostArn"),
                "is not used: records do not tell an Outpost from its zone",
            );
        }
        let id = item.required_id("SubnetId", "subnet-")?;
        let path = item.path.clone();
        Some(Self { path, id, vpc, cidrs, availability_zone, availability_zone_id })
    }
}

/// Returns the name or id of a zone, which stands in records between spaces.
pub(super) fn zone<'n>(item: &Item<'n, '_>, name: &str) -> Option<&'n str> {
    let zone = item.text(name)?;
    if !zone.bytes().all(|byte| byte.is_ascii_graphic()) {
        item.fault(name, "malformed zone: expected a name without spaces, such as us-east-1a");
    }
    Some(zone)
}

/// The primary IPv4 block first, then the other ones in the order of the file, each once.
fn cidrs(item: &Item<'_, '_>) -> Vec<Cidr> {
    const ONE: &str = "CidrBlock";
    const IPV4: &str = "CidrBlockAssociationSet";
    const IPV6: &str = "Ipv6CidrBlockAssociationSet";

    if [ONE, IPV4, IPV6].iter().all(|name| item.node(name).is_none()) {
        item.missing(ONE, format_args!("expected an IPv4 block, or {IPV6}"));
    }
    let primary = item.cidr(ONE, Family::Ipv4).into_iter();
    let ipv4 = item.associated_cidrs(IPV4, ONE, Family::Ipv4);
    let ipv6 = item.associated_cidrs(IPV6, "Ipv6CidrBlock", Family::Ipv6);
    distinct(primary.chain(ipv4).chain(ipv6))
}
