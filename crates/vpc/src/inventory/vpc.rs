//! VPCs and their subnets.

use super::resolve::{Block, Resolver, overlaps};
use crate::Cidr;
use crate::describe::SubnetItem;

/// A VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vpc {
    /// `vpc-…`.
    pub id: String,
    /// 12 digits; empty where the file does not say.
    pub owner: String,
    /// IPv4 and IPv6 blocks, the primary IPv4 block first.
    pub cidrs: Vec<Cidr>,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// `subnet-…`.
    pub id: String,
    /// Index into [`Inventory::vpcs`](crate::Inventory::vpcs).
    pub vpc: usize,
    /// IPv4 and IPv6 blocks.
    pub cidrs: Vec<Cidr>,
    /// Index into [`Inventory::network_acls`](crate::Inventory::network_acls): the associated one, or the VPC's default one. `None`
    /// where the file has no `NetworkAcls` at all: no network ACL is known, and none refuses anything.
    pub network_acl: Option<usize>,
    /// `use1-az6`.
    pub availability_zone_id: Option<String>,
    /// `us-east-1a`.
    pub availability_zone: Option<String>,
    /// Index into [`Inventory::route_tables`](crate::Inventory::route_tables): the associated one, or the VPC's main one.
    pub route_table: Option<usize>,
}

impl Subnet {
    /// Returns what `sublocation-type` shows, `localzone` or `wavelength`, for a subnet in such a
    /// zone (flow-logs.md §2).
    ///
    /// Its id is the zone's. Outposts cannot be told from their zone.
    pub fn sublocation_type(&self) -> Option<&'static str> {
        match zone_parts(self.availability_zone.as_deref()?)?.1 {
            "" => None,
            // `-wl1-bos-wlz-1`: the group of a Wavelength Zone is a number after `wl`.
            rest if rest
                .strip_prefix("-wl")
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) =>
            {
                Some("wavelength")
            }
            _ => Some("localzone"),
        }
    }
}

/// Returns the region of a zone: `us-west-2` of `us-west-2a`, `us-west-2-lax-1a` and
/// `us-west-2-wl1-las-wlz-1`. A name of another form has none.
pub(super) fn region_of(zone: &str) -> Option<&str> {
    zone_parts(zone).map(|(region, _)| region)
}

/// Splits a zone's name into the region and what names a place that is not in the region itself.
fn zone_parts(zone: &str) -> Option<(&str, &str)> {
    // A region is words and a number, so it ends after the digits of the first part that has any.
    let number = zone.match_indices('-').map(|(at, _)| at + 1).find(|&at| {
        zone.get(at..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    })?;
    let digits = zone.get(number..)?.bytes().take_while(u8::is_ascii_digit).count();
    let (region, rest) = zone.split_at_checked(number + digits)?;
    match rest.strip_prefix(|c: char| c.is_ascii_lowercase()) {
        Some("") => Some((region, "")),
        Some(_) => None,
        None => Some((region, rest)),
    }
}

impl Resolver<'_> {
    pub(super) fn vpcs(&self) -> Vec<Vpc> {
        let items = self.document.vpcs.iter().flatten();
        items
            .map(|item| Vpc {
                id: item.id.to_owned(),
                owner: item.owner.unwrap_or_default().to_owned(),
                cidrs: item.cidrs.clone(),
            })
            .collect()
    }

    /// `network_acls` and `route_tables` have an element per subnet.
    pub(super) fn subnets(
        &self,
        network_acls: &[Option<usize>],
        route_tables: &[Option<usize>],
    ) -> Vec<Subnet> {
        self.check_subnet_blocks();
        let items = self.document.subnets.iter().flatten().enumerate();
        items
            .map(|(i, item)| Subnet {
                id: item.id.to_owned(),
                vpc: item
                    .vpc
                    .as_ref()
                    .and_then(|mention| self.vpcs.resolve(mention, self.findings))
                    .unwrap_or_default(),
                cidrs: item.cidrs.clone(),
                network_acl: network_acls.get(i).copied().flatten(),
                availability_zone_id: item.availability_zone_id.map(str::to_owned),
                availability_zone: item.availability_zone.map(str::to_owned),
                route_table: route_tables.get(i).copied().flatten(),
            })
            .collect()
    }

    /// A subnet's blocks are inside its VPC's, and no two of a VPC's subnets share an address.
    fn check_subnet_blocks(&self) {
        let mut blocks = Vec::new();
        for (owner, item) in self.document.subnets.iter().flatten().enumerate() {
            let Some(vpc) = self.subnet_vpc(owner) else { continue };
            self.check_inside_vpc(item, vpc);
            blocks.extend(item.cidrs.iter().map(|&cidr| Block {
                vpc,
                cidr,
                owner,
                path: &item.path,
            }));
        }
        let ids: Vec<_> = self.document.subnets.iter().flatten().map(|item| item.id).collect();
        overlaps(blocks, |first, second| {
            let other = ids.get(first.owner).copied().unwrap_or_default();
            self.findings.fault(
                second.path,
                format_args!("{} overlaps {} of {other}, in the same VPC", second.cidr, first.cidr),
            );
        });
    }

    fn check_inside_vpc(&self, item: &SubnetItem<'_>, vpc: usize) {
        let Some(vpc) = self.vpc_item(vpc) else { return };
        for cidr in &item.cidrs {
            if !vpc.cidrs.iter().any(|block| block.covers(*cidr)) {
                self.findings
                    .fault(&item.path, format_args!("{cidr} is outside the blocks of {}", vpc.id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet_in(zone: &str) -> Subnet {
        Subnet {
            id: "subnet-1".to_owned(),
            vpc: 0,
            cidrs: Vec::new(),
            network_acl: None,
            availability_zone_id: None,
            availability_zone: Some(zone.to_owned()),
            route_table: None,
        }
    }

    #[test]
    fn a_zone_names_its_region() {
        let cases = [
            ("us-east-1a", Some("us-east-1")),
            ("ap-southeast-12b", Some("ap-southeast-12")),
            ("us-gov-west-1a", Some("us-gov-west-1")),
            ("us-west-2-lax-1a", Some("us-west-2")),
            ("us-east-1-wl1-bos-wlz-1", Some("us-east-1")),
            ("rack-7-upper", Some("rack-7")),
            ("rack7", None),
            ("us-east-1ab", None),
            ("cellar", None),
            ("", None),
        ];
        for (zone, region) in cases {
            assert_eq!(region_of(zone), region, "{zone}");
        }
    }

    #[test]
    fn a_zone_outside_its_region_is_a_sublocation() {
        let cases = [
            ("us-east-1a", None),
            ("us-west-2-lax-1a", Some("localzone")),
            ("us-east-1-wl1-bos-wlz-1", Some("wavelength")),
            ("us-east-1-wlg-1a", Some("localzone")),
            ("cellar", None),
        ];
        for (zone, kind) in cases {
            assert_eq!(subnet_in(zone).sublocation_type(), kind, "{zone}");
        }
    }
}
