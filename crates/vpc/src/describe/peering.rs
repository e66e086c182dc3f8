//! `describe-vpc-peering-connections`.

use super::address::{Family, distinct};
use super::item::Item;
use crate::Cidr;

/// An element of `VpcPeeringConnections`.
pub(crate) struct PeeringItem<'n> {
    pub(crate) path: String,
    pub(crate) id: &'n str,
    pub(crate) active: bool,
    /// Requester and accepter.
    pub(crate) sides: [SideItem<'n>; 2],
}

/// `RequesterVpcInfo` or `AccepterVpcInfo`.
#[derive(Default)]
pub(crate) struct SideItem<'n> {
    pub(crate) vpc: Option<&'n str>,
    pub(crate) region: Option<&'n str>,
    pub(crate) cidrs: Vec<Cidr>,
}

impl<'n> PeeringItem<'n> {
    pub(super) fn read(item: &Item<'n, '_>) -> Option<Self> {
        if item.node("Status").is_none() {
            item.missing("Status", "expected an object with a Code, such as active");
        }
        let status = item.object("Status");
        let code = status.as_ref().and_then(|status| {
            if status.node("Code").is_none() {
                status.missing("Code", "expected a state, such as active");
            }
            status.text("Code")
        });
        let active = code == Some("active");
        let sides = ["RequesterVpcInfo", "AccepterVpcInfo"].map(|name| side(item, name, active));
        let id = item.required_id("VpcPeeringConnectionId", "pcx-")?;
        Some(Self { path: item.path.clone(), id, active, sides })
    }
}

/// Failed and deleted peerings are printed without what is no longer known.
fn side<'n>(item: &Item<'n, '_>, name: &str, active: bool) -> SideItem<'n> {
    if active && item.node(name).is_none() {
        item.missing(name, "expected an object with a VpcId");
    }
    let Some(item) = item.object(name) else { return SideItem::default() };
    let primary = item.cidr("CidrBlock", Family::Ipv4).into_iter();
    let ipv4 = item.associated_cidrs("CidrBlockSet", "CidrBlock", Family::Ipv4);
    let ipv6 = item.associated_cidrs("Ipv6CidrBlockSet", "Ipv6CidrBlock", Family::Ipv6);
    let cidrs = distinct(primary.chain(ipv4).chain(ipv6));
    let region = item.text("Region");
    let vpc = if active { item.required_id("VpcId", "vpc-") } else { item.id("VpcId", "vpc-") };
    SideItem { vpc, region, cidrs }
}
