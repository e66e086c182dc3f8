//! `DescribeNetworkAcls`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{
    IcmpTypeCode, NetworkAcl as Printed, NetworkAclAssociation, NetworkAclEntry, PortRange,
};
use flowlogd_aws::ec2::{DescribeNetworkAclsRequest, DescribeNetworkAclsResponse};

use crate::call::Call;
use crate::model::{AclEntry, Families, NetworkAcl, Vpc};
use crate::ops::ec2::filter_table::FilterTable;
use crate::ops::ec2::identifier::ACL;
use crate::ops::ec2::page::page;
use crate::ops::ec2::tagging;

/// The entry that every ACL ends with.
const CLOSING: u16 = 32767;
/// The same for IPv6, where the VPC has a block of it (`vpc-filtering.md` §4).
const CLOSING_IPV6: u16 = 32768;

fn entries(acl: &Printed, value: fn(&NetworkAclEntry) -> Option<String>) -> Vec<String> {
    acl.entry_set.iter().filter_map(value).collect()
}

fn associations(acl: &Printed, value: fn(&NetworkAclAssociation) -> &String) -> Vec<String> {
    acl.association_set.iter().map(|it| value(it).clone()).collect()
}

/// A protocol by its number and its name.
fn protocols(acl: &Printed) -> Vec<String> {
    let named = |number: &str| match number {
        "1" => Some("icmp".to_owned()),
        "6" => Some("tcp".to_owned()),
        "17" => Some("udp".to_owned()),
        "58" => Some("icmpv6".to_owned()),
        _ => None,
    };
    let numbers = acl.entry_set.iter().map(|it| it.protocol.clone());
    numbers.flat_map(|number| named(&number).into_iter().chain([number])).collect()
}

const FILTERS: FilterTable<Printed> = FilterTable(&[
    ("association.association-id", |it| associations(it, |it| &it.network_acl_association_id)),
    ("association.network-acl-id", |it| associations(it, |it| &it.network_acl_id)),
    ("association.subnet-id", |it| associations(it, |it| &it.subnet_id)),
    ("default", |it| vec![it.is_default.to_string()]),
    ("entry.cidr", |it| entries(it, |it| it.cidr_block.clone())),
    ("entry.icmp.code", |it| entries(it, |it| Some(it.icmp_type_code?.code.to_string()))),
    ("entry.icmp.type", |it| entries(it, |it| Some(it.icmp_type_code?.kind.to_string()))),
    ("entry.ipv6-cidr", |it| entries(it, |it| it.ipv6_cidr_block.clone())),
    ("entry.port-range.from", |it| entries(it, |it| Some(it.port_range?.from.to_string()))),
    ("entry.port-range.to", |it| entries(it, |it| Some(it.port_range?.to.to_string()))),
    ("entry.protocol", protocols),
    ("entry.rule-action", |it| entries(it, |it| Some(it.rule_action.clone()))),
    ("entry.egress", |it| entries(it, |it| Some(it.egress.to_string()))),
    ("entry.rule-number", |it| entries(it, |it| Some(it.rule_number.to_string()))),
    ("network-acl-id", |it| vec![it.network_acl_id.clone()]),
    ("owner-id", |it| vec![it.owner_id.clone()]),
    ("vpc-id", |it| vec![it.vpc_id.clone()]),
]);

/// Lists ACLs.
pub(in super::super) fn describe(
    call: &Call<'_>,
    request: DescribeNetworkAclsRequest,
) -> Result<DescribeNetworkAclsResponse, Fault> {
    let DescribeNetworkAclsRequest { network_acl_ids, filters, max_results, next_token, dry_run } =
        request;
    call.authorize("ec2:DescribeNetworkAcls", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let vpcs = call.list::<Vpc>()?;
    let families = |acl: &NetworkAcl| {
        vpcs.iter().find(|vpc| vpc.id == acl.vpc_id).map_or(Families::Ipv4, Vpc::families)
    };
    let found = ACL
        .select(call.list::<NetworkAcl>()?, &network_acl_ids, |it| &it.id)?
        .iter()
        .map(|acl| (acl, printed(call, acl, families(acl))))
        .filter(|(acl, printed)| FILTERS.matches(&filters, &acl.tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (network_acl_set, next_token) =
        page(found, |it: &Printed| &it.network_acl_id, max_results, next_token.as_deref())?;
    Ok(DescribeNetworkAclsResponse { network_acl_set, next_token })
}

/// As answers print it: egress first, each direction by number, the closing entries last.
pub(super) fn printed(call: &Call<'_>, acl: &NetworkAcl, families: Families) -> Printed {
    let closing = |number, cidr: &str, is_egress| AclEntry {
        number,
        is_egress,
        protocol: "-1".to_owned(),
        cidr: cidr.to_owned(),
        allow: false,
        ports: None,
        icmp: None,
    };
    let mut all = acl.entries.clone();
    for is_egress in [true, false] {
        all.push(closing(CLOSING, "0.0.0.0/0", is_egress));
        match families {
            Families::Ipv4 => {}
            Families::DualStack => all.push(closing(CLOSING_IPV6, "::/0", is_egress)),
        }
    }
    all.sort_by_key(|entry| (!entry.is_egress, entry.number));
    Printed {
        network_acl_id: acl.id.clone(),
        vpc_id: acl.vpc_id.clone(),
        owner_id: call.account().to_owned(),
        is_default: acl.is_default,
        entry_set: all.iter().map(printed_entry).collect(),
        association_set: acl
            .associations
            .iter()
            .map(|it| NetworkAclAssociation {
                network_acl_association_id: it.id.clone(),
                network_acl_id: acl.id.clone(),
                subnet_id: it.subnet_id.clone(),
            })
            .collect(),
        tag_set: tagging::printed(&acl.tags),
    }
}

fn printed_entry(entry: &AclEntry) -> NetworkAclEntry {
    let is_v6 = entry.cidr.contains(':');
    NetworkAclEntry {
        rule_number: entry.number,
        protocol: entry.protocol.clone(),
        rule_action: if entry.allow { "allow" } else { "deny" }.to_owned(),
        egress: entry.is_egress,
        cidr_block: (!is_v6).then(|| entry.cidr.clone()),
        ipv6_cidr_block: is_v6.then(|| entry.cidr.clone()),
        icmp_type_code: entry.icmp.map(|(kind, code)| IcmpTypeCode { code, kind }),
        port_range: entry.ports.map(|(from, to)| PortRange { from, to }),
    }
}
