//! What a fresh region has: a default VPC with a public subnet in every zone (`vpc-filtering.md` §6.1).

#[cfg(test)]
mod tests;

use std::net::Ipv4Addr;

use flowlogd_aws::Fault;

use super::vpc::parts::{self, Site};
use super::{subnet, zone};
use crate::call::{Call, internal};
use crate::dispatch::Circumstances;
use crate::ids;
use crate::model::{CidrAssociation, Furnished, InternetGateway, Subnet, Tags, Vpc};
use crate::state::{Place, State, Txn};

/// Makes what a fresh region has, at the first call that looks at it. One read where that is done.
pub(crate) fn furnish(
    state: &State,
    account: &str,
    circumstances: &Circumstances,
) -> Result<(), Fault> {
    let region = &circumstances.region;
    let place = Place::regional(account, region);
    let is_done = |txn: &Txn<'_>| -> Result<bool, Fault> {
        Ok(txn.get::<Furnished>(&place, Furnished::ID)?.is_some())
    };
    if state.read(is_done)? {
        return Ok(());
    }
    state.write(|txn| {
        // Two first calls may come at once.
        if is_done(txn)? {
            return Ok(());
        }
        let site = Site { txn, place: &place, now: circumstances.now };
        let dhcp_options_id = ids::resource("dopt");
        site.put(&Furnished {
            id: Furnished::ID.to_owned(),
            dhcp_options_id: dhcp_options_id.clone(),
        })?;
        make_default_vpc(site, dhcp_options_id).map(drop)
    })
}

/// Makes the default VPC with its gateway and subnets.
pub(super) fn make_default_vpc(site: Site<'_>, dhcp_options_id: String) -> Result<Vpc, Fault> {
    let vpc = Vpc {
        id: ids::resource("vpc"),
        cidrs: vec![CidrAssociation {
            id: ids::resource("vpc-cidr-assoc"),
            cidr: "172.31.0.0/16".to_owned(),
        }],
        ipv6_cidrs: Vec::new(),
        is_default: true,
        dhcp_options_id,
        tags: Tags::new(),
    };
    let gateway = InternetGateway {
        id: ids::resource("igw"),
        vpc_id: Some(vpc.id.clone()),
        tags: Tags::new(),
    };
    parts::make(site, &vpc, Some(&gateway))?;
    for (number, zone) in (0_u8..).zip(zone::of(&site.place.region)) {
        let base = Ipv4Addr::new(172, 31, number * 16, 0);
        let subnet = Subnet {
            id: ids::resource("subnet"),
            vpc_id: vpc.id.clone(),
            cidr: format!("{base}/20"),
            ipv6: None,
            assign_ipv6_on_creation: false,
            zone: zone.name,
            default_for_zone: true,
            map_public_ip_on_launch: true,
            tags: Tags::new(),
        };
        subnet::store(site, &subnet)?;
    }
    Ok(vpc)
}

/// Returns the DHCP options that VPCs of the call's region name.
pub(super) fn dhcp_options(call: &Call<'_>) -> Result<String, Fault> {
    let furnished: Option<Furnished> = call.get(Furnished::ID)?;
    furnished.map(|it| it.dhcp_options_id).ok_or_else(|| internal(&Unfurnished))
}

/// A call ran before [`furnish`]: our own fault.
#[derive(Debug, thiserror::Error)]
#[error("the region was not furnished before the call")]
struct Unfurnished;
