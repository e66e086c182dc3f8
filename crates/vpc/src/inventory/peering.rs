//! VPC peering connections.

use std::collections::HashMap;

use super::resolve::Resolver;
use crate::Cidr;
use crate::describe::Document;

/// A VPC peering connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peering {
    /// `pcx-…`.
    pub id: String,
    /// Whether its state is `active`.
    pub active: bool,
    /// Requester's and accepter's VPC id.
    pub vpc_ids: [String; 2],
    /// Requester's and accepter's blocks.
    pub cidrs: [Vec<Cidr>; 2],
    /// Whether both sides are in one region.
    pub same_region: bool,
}

/// Reads the peerings, which need nothing else to be resolved.
pub(super) fn peerings(document: &Document<'_>) -> Vec<Peering> {
    let items = document.peerings.iter().flatten();
    items
        .map(|item| {
            let [requester, accepter] = &item.sides;
            let regions = requester.region.zip(accepter.region);
            Peering {
                id: item.id.to_owned(),
                active: item.active,
                vpc_ids: [requester, accepter].map(|side| side.vpc.unwrap_or_default().to_owned()),
                cidrs: [requester, accepter].map(|side| side.cidrs.clone()),
                same_region: regions.is_none_or(|(requester, accepter)| requester == accepter),
            }
        })
        .collect()
}

/// Returns, for each pair of VPCs that peerings join, whether one of them lets groups of the other
/// be referred to: an active one within one region (vpc-filtering.md §2.4).
pub(super) fn referable(peerings: &[Peering]) -> HashMap<[&str; 2], bool> {
    let mut pairs = HashMap::new();
    for peering in peerings {
        let [requester, accepter] = &peering.vpc_ids;
        let referable = pairs.entry(pair(requester, accepter)).or_insert(false);
        *referable |= peering.active && peering.same_region;
    }
    pairs
}

/// Orders two ids, as either side may be the requester.
pub(super) fn pair<'a>(one: &'a str, other: &'a str) -> [&'a str; 2] {
    if one <= other { [one, other] } else { [other, one] }
}

impl Resolver<'_> {
    pub(super) fn peering(&self, id: &str) -> Option<&Peering> {
        self.peering_list.get(self.peerings.index(id)?)
    }

    /// Returns whether groups of two VPCs may refer to each other; `None` if no peering joins them.
    pub(super) fn may_refer(&self, one: usize, other: usize) -> Option<bool> {
        let pair = pair(self.vpc_item(one)?.id, self.vpc_item(other)?.id);
        self.referable.get(&pair).copied()
    }
}
