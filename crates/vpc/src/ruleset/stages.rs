//! The two stages of filtering, each by itself: what would refuse a packet next, were the first mended.

use flowlogd_packet::{Addresses, PacketHeader};

use super::service::ServiceKey;
use super::site::{FamilySite, Site, local_and_peer};
use super::{Ruleset, ServiceAddresses};
use crate::{Decision, Direction, InterfaceIndex};

impl Ruleset {
    /// Returns why the security groups alone refuse a packet of no connection, if they do.
    ///
    /// Asks the rules only: a packet that is excluded or never filtered meets none of them.
    pub fn groups_refusal(
        &self,
        packet: &PacketHeader,
        interface: InterfaceIndex,
        direction: Direction,
    ) -> Option<Decision> {
        let site = self.site(interface)?;
        match packet.addresses {
            Addresses::V4 { src, dst } => {
                groups_refusal(site, &site.v4, packet, direction, src.to_bits(), dst.to_bits())
            }
            Addresses::V6 { src, dst } => {
                groups_refusal(site, &site.v6, packet, direction, src.to_bits(), dst.to_bits())
            }
        }
    }

    /// Returns why the network ACL alone refuses a packet, if it does.
    ///
    /// Asks the entries only, like [`groups_refusal`](Self::groups_refusal).
    pub fn acl_refusal(
        &self,
        packet: &PacketHeader,
        interface: InterfaceIndex,
        direction: Direction,
    ) -> Option<Decision> {
        let site = self.site(interface)?;
        match packet.addresses {
            Addresses::V4 { src, dst } => {
                acl_refusal(&site.v4, packet, direction, src.to_bits(), dst.to_bits())
            }
            Addresses::V6 { src, dst } => {
                acl_refusal(&site.v6, packet, direction, src.to_bits(), dst.to_bits())
            }
        }
    }
}

fn groups_refusal<A: ServiceAddresses>(
    site: &Site,
    family: &FamilySite<A>,
    packet: &PacketHeader,
    direction: Direction,
    src: A,
    dst: A,
) -> Option<Decision> {
    let (_, peer) = local_and_peer(direction, src, dst);
    let service = ServiceKey::of(packet);
    let rules = family.rules(direction);
    match rules.deciding_rule(peer, service) {
        Some(_) => None,
        None => Some(Decision {
            ground: site.implicit_deny,
            tracked: false,
            nearest_miss: rules.nearest_miss(peer, service),
        }),
    }
}

fn acl_refusal<A: ServiceAddresses>(
    family: &FamilySite<A>,
    packet: &PacketHeader,
    direction: Direction,
    src: A,
    dst: A,
) -> Option<Decision> {
    let (_, peer) = local_and_peer(direction, src, dst);
    let ground = family.acl_denial(direction, peer, ServiceKey::of(packet))?;
    Some(Decision { ground, tracked: false, nearest_miss: None })
}
