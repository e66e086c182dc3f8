//! The IPv6 block that a request asks for, and IPv6 blocks as answers print them.

use std::net::{IpAddr, Ipv6Addr};

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes;
use flowlogd_vpc::Cidr;

use super::super::identifier::IPV6_POOL;
use super::super::{block, unsupported};
use crate::call::Call;
use crate::ids;
use crate::model::{Ipv6Association, Vpc};

/// The name of the pool that chosen blocks are of.
const AMAZON: &str = "Amazon";

/// Parameters as they were given.
pub(super) struct Parameters<'a> {
    pub(super) amazon_provided: Option<bool>,
    pub(super) cidr_block: Option<&'a str>,
    pub(super) pool: Option<&'a str>,
    pub(super) border_group: Option<&'a str>,
}

/// The block that a request asks for.
pub(super) enum Wanted {
    /// Some block that is free.
    Chosen,
    /// One's own.
    Own { cidr: Cidr, pool: String },
}

impl Parameters<'_> {
    /// Reads what is asked for, if anything (`vpc-filtering.md` §6.1).
    pub(super) fn read(&self, call: &Call<'_>) -> Result<Option<Wanted>, Fault> {
        let is_chosen = self.amazon_provided == Some(true);
        if is_chosen && (self.cidr_block.is_some() || self.pool.is_some()) {
            return Err(Fault::new(
                "InvalidParameterCombination",
                "AmazonProvidedIpv6CidrBlock cannot be used together with Ipv6CidrBlock and Ipv6Pool.",
            ));
        }
        unsupported::refuse(&[(
            "Ipv6CidrBlockNetworkBorderGroup",
            self.border_group.is_some_and(|group| group != call.region()),
        )])?;
        if self.border_group.is_some() && !is_chosen {
            return Err(Fault::new(
                "InvalidParameterCombination",
                "Ipv6CidrBlockNetworkBorderGroup needs AmazonProvidedIpv6CidrBlock.",
            ));
        }
        match (self.cidr_block, self.pool) {
            (None, None) => Ok(is_chosen.then_some(Wanted::Chosen)),
            (Some(text), Some(pool)) => own(text, pool).map(Some),
            // AWS would choose a block of the pool; which addresses it has is not known here.
            (None, Some(_)) => Err(missing("ipv6CidrBlock")),
            (Some(_), None) => Err(missing("ipv6Pool")),
        }
    }
}

impl Wanted {
    /// Makes the association of a block that no VPC of the region has.
    pub(super) fn associate(&self, call: &Call<'_>) -> Result<Ipv6Association, Fault> {
        let mut taken = Vec::new();
        for association in call.list::<Vpc>()?.iter().flat_map(|vpc| &vpc.ipv6_cidrs) {
            taken.push(block::stored(&association.cidr)?);
        }
        let is_free = |cidr: Cidr| !taken.iter().any(|other| block::overlap(*other, cidr));
        let id = call.new_id("vpc-cidr-assoc");
        let (cidr, pool) = match self {
            Self::Chosen => loop {
                let cidr = local_block();
                if is_free(cidr) {
                    break (cidr, AMAZON.to_owned());
                }
            },
            Self::Own { cidr, .. } if !is_free(*cidr) => {
                return Err(Fault::new(
                    "InvalidCidrBlock.InUse",
                    format!("The IPv6 CIDR '{cidr}' conflicts with one that a VPC has."),
                ));
            }
            Self::Own { cidr, pool } => (*cidr, pool.clone()),
        };
        Ok(Ipv6Association { id, cidr: cidr.to_string(), pool })
    }
}

/// An association of a VPC as answers print it.
pub(super) fn printed(
    call: &Call<'_>,
    association: &Ipv6Association,
    state: &str,
) -> shapes::VpcIpv6CidrBlockAssociation {
    shapes::VpcIpv6CidrBlockAssociation {
        association_id: association.id.clone(),
        ipv6_cidr_block: association.cidr.clone(),
        ipv6_cidr_block_state: shapes::CidrBlockState { state: state.to_owned() },
        network_border_group: call.region().to_owned(),
        ipv6_pool: association.pool.clone(),
        ipv6_address_attribute: attribute(association).to_owned(),
        ip_source: source(association).to_owned(),
    }
}

/// `private` of unique local addresses (RFC 4193), else `public`.
pub(in crate::ops::ec2) fn attribute(association: &Ipv6Association) -> &'static str {
    let is_local = association.cidr.parse::<Cidr>().is_ok_and(|cidr| match cidr.address() {
        IpAddr::V6(address) => address.is_unique_local(),
        IpAddr::V4(_) => false,
    });
    if is_local { "private" } else { "public" }
}

/// Who gave the addresses.
pub(in crate::ops::ec2) fn source(association: &Ipv6Association) -> &'static str {
    if association.pool == AMAZON { "amazon" } else { "byoip" }
}

/// A `/56` of unique local addresses with a random global id: nobody here has others to give (RFC 4193).
fn local_block() -> Cidr {
    let random = u128::from_be_bytes(ids::random());
    let address = Ipv6Addr::from_bits(0xfd << 120 | random >> 8);
    Cidr::new(address.into(), 56).expect("an IPv6 prefix has up to 128 bits")
}

fn own(text: &str, pool: &str) -> Result<Wanted, Fault> {
    IPV6_POOL.check(pool)?;
    let cidr = block::read_ipv6(text)?;
    let has_size = (44..=60).contains(&cidr.prefix_len()) && cidr.prefix_len() % 4 == 0;
    if !has_size || !is_unicast(cidr) {
        let text = format!("The IPv6 CIDR '{text}' is invalid.");
        return Err(Fault::new("InvalidVpc.Range", text));
    }
    Ok(Wanted::Own { cidr, pool: pool.to_owned() })
}

/// Whether interfaces can have addresses of a block: global unicast ones (`2000::/3`) and unique local ones.
fn is_unicast(cidr: Cidr) -> bool {
    match cidr.address() {
        IpAddr::V6(base) => base.is_unique_local() || base.segments()[0] & 0xe000 == 0x2000,
        IpAddr::V4(_) => false,
    }
}

fn missing(parameter: &str) -> Fault {
    Fault::new("MissingParameter", format!("The request must contain the parameter {parameter}"))
}
