//! What comes with a VPC and goes with it: default security group, default network ACL, main route table.

use flowlogd_aws::Fault;

use super::dual_stack::{self, default_entry};
use crate::call::{Call, internal};
use crate::ids;
use crate::model::{
    Families, Interface, InternetGateway, NetworkAcl, Peer, Route, RouteTable, RouteTarget,
    SecurityGroup, SecurityGroupRule, Subnet, Tags, Vpc, VpcAttributes,
};
use crate::state::{Place, StateError, Txn};

/// Where and when something is made. The first call in a region makes things before there is a [`Call`].
#[derive(Clone, Copy)]
pub(in crate::ops::ec2) struct Site<'a> {
    pub(in crate::ops::ec2) txn: &'a Txn<'a>,
    pub(in crate::ops::ec2) place: &'a Place,
    /// Unix milliseconds.
    pub(in crate::ops::ec2) now: i64,
}

impl<'a> Site<'a> {
    pub(in crate::ops::ec2) fn of(call: &'a Call<'a>, place: &'a Place) -> Self {
        Self { txn: call.txn, place, now: call.now() }
    }

    pub(in crate::ops::ec2) fn put<D: crate::state::Document>(
        self,
        document: &D,
    ) -> Result<(), StateError> {
        self.txn.put(self.place, document, self.now)
    }
}

/// Stores a VPC with all that comes with it. Through the gateway, if there is one, leads its default route.
pub(in crate::ops::ec2) fn make(
    site: Site<'_>,
    vpc: &Vpc,
    gateway: Option<&InternetGateway>,
) -> Result<(), StateError> {
    site.put(vpc)?;
    let (mut group, mut acl) = (default_group_of(&vpc.id), default_acl_of(&vpc.id));
    match vpc.families() {
        Families::Ipv4 => {}
        Families::DualStack => {
            dual_stack::open_group(&mut group);
            dual_stack::open_acl(&mut acl);
        }
    }
    site.put(&group)?;
    site.put(&acl)?;
    if let Some(gateway) = gateway {
        site.put(gateway)?;
    }
    site.put(&main_table_of(vpc, gateway))
}

/// Whether a VPC has more in it than what came with it.
pub(in crate::ops::ec2) fn has_more(call: &Call<'_>, vpc_id: &str) -> Result<bool, StateError> {
    Ok(call.list::<Subnet>()?.iter().any(|subnet| subnet.vpc_id == vpc_id)
        || call.list::<Interface>()?.iter().any(|interface| interface.vpc_id == vpc_id)
        || call
            .list::<SecurityGroup>()?
            .iter()
            .any(|group| group.vpc_id == vpc_id && group.name != DEFAULT_GROUP)
        || call.list::<NetworkAcl>()?.iter().any(|acl| acl.vpc_id == vpc_id && !acl.is_default)
        || call
            .list::<RouteTable>()?
            .iter()
            .any(|table| table.vpc_id == vpc_id && !table.is_main())
        || call
            .list::<InternetGateway>()?
            .iter()
            .any(|gateway| gateway.vpc_id.as_deref() == Some(vpc_id)))
}

/// Deletes a VPC with all that came with it.
pub(in crate::ops::ec2) fn remove(call: &Call<'_>, vpc_id: &str) -> Result<(), StateError> {
    for group in call.list::<SecurityGroup>()?.iter().filter(|group| group.vpc_id == vpc_id) {
        call.delete::<SecurityGroup>(&group.id)?;
    }
    for acl in call.list::<NetworkAcl>()?.iter().filter(|acl| acl.vpc_id == vpc_id) {
        call.delete::<NetworkAcl>(&acl.id)?;
    }
    for table in call.list::<RouteTable>()?.iter().filter(|table| table.vpc_id == vpc_id) {
        call.delete::<RouteTable>(&table.id)?;
    }
    call.delete::<VpcAttributes>(vpc_id)?;
    call.delete::<Vpc>(vpc_id)?;
    Ok(())
}

/// Returns the security group that interfaces get which name none.
pub(in crate::ops::ec2) fn default_group(
    call: &Call<'_>,
    vpc_id: &str,
) -> Result<SecurityGroup, Fault> {
    call.list::<SecurityGroup>()?
        .into_iter()
        .find(|group| group.vpc_id == vpc_id && group.name == DEFAULT_GROUP)
        .ok_or_else(|| lacks(vpc_id, "default security group"))
}

/// Returns the network ACL that subnets get which name none.
pub(in crate::ops::ec2) fn default_acl(site: Site<'_>, vpc_id: &str) -> Result<NetworkAcl, Fault> {
    site.txn
        .list::<NetworkAcl>(site.place)?
        .into_iter()
        .find(|acl| acl.vpc_id == vpc_id && acl.is_default)
        .ok_or_else(|| lacks(vpc_id, "default network ACL"))
}

/// Gives a VPC what comes with a further block: a local route, and with the first one of IPv6 the rules
/// that open its groups and its default network ACL to IPv6.
pub(super) fn extend(call: &Call<'_>, vpc: &Vpc, cidr: &str) -> Result<(), StateError> {
    for mut table in of_vpc(call, vpc, |table: &RouteTable| &table.vpc_id)? {
        // Local routes stand first.
        let place = table.routes.iter().take_while(|route| route.is_local()).count();
        table.routes.insert(place, Route::local(cidr));
        call.put(&table)?;
    }
    if !cidr.contains(':') || vpc.ipv6_cidrs.len() > 1 {
        return Ok(());
    }
    for mut group in of_vpc(call, vpc, |group: &SecurityGroup| &group.vpc_id)? {
        if dual_stack::open_group(&mut group) {
            call.put(&group)?;
        }
    }
    for mut acl in of_vpc(call, vpc, |acl: &NetworkAcl| &acl.vpc_id)? {
        if acl.is_default && dual_stack::open_acl(&mut acl) {
            call.put(&acl)?;
        }
    }
    Ok(())
}

/// Takes the local route of a block away.
pub(super) fn withdraw(call: &Call<'_>, vpc: &Vpc, cidr: &str) -> Result<(), StateError> {
    for mut table in of_vpc(call, vpc, |table: &RouteTable| &table.vpc_id)? {
        table.routes.retain(|route| !route.is_local() || route.destination != cidr);
        call.put(&table)?;
    }
    Ok(())
}

fn of_vpc<D: crate::state::Document>(
    call: &Call<'_>,
    vpc: &Vpc,
    id_of: fn(&D) -> &String,
) -> Result<Vec<D>, StateError> {
    let mut all = call.list::<D>()?;
    all.retain(|document| *id_of(document) == vpc.id);
    Ok(all)
}

/// The reserved name.
const DEFAULT_GROUP: &str = "default";

/// All from itself in, everything out (`vpc-filtering.md` §2.2).
fn default_group_of(vpc_id: &str) -> SecurityGroup {
    let id = ids::resource("sg");
    let rule = |is_egress, peer| SecurityGroupRule {
        id: ids::resource("sgr"),
        is_egress,
        protocol: "-1".to_owned(),
        from_port: None,
        to_port: None,
        peer,
        description: None,
        tags: Tags::new(),
    };
    let rules =
        vec![rule(false, Peer::Group(id.clone())), rule(true, Peer::Ipv4(ANYWHERE.to_owned()))];
    SecurityGroup {
        id,
        vpc_id: vpc_id.to_owned(),
        name: DEFAULT_GROUP.to_owned(),
        description: "default VPC security group".to_owned(),
        rules,
        tags: Tags::new(),
    }
}

/// Everything both ways (`vpc-filtering.md` §4.1).
fn default_acl_of(vpc_id: &str) -> NetworkAcl {
    let entry = |is_egress| default_entry(100, is_egress, ANYWHERE);
    NetworkAcl {
        id: ids::resource("acl"),
        vpc_id: vpc_id.to_owned(),
        is_default: true,
        entries: vec![entry(true), entry(false)],
        associations: Vec::new(),
        tags: Tags::new(),
    }
}

fn main_table_of(vpc: &Vpc, gateway: Option<&InternetGateway>) -> RouteTable {
    let ipv4 = vpc.cidrs.iter().map(|block| Route::local(&block.cidr));
    let ipv6 = vpc.ipv6_cidrs.iter().map(|block| Route::local(&block.cidr));
    let outward = gateway.map(|gateway| Route {
        destination: ANYWHERE.to_owned(),
        target: RouteTarget::Gateway(gateway.id.clone()),
    });
    RouteTable {
        id: ids::resource("rtb"),
        vpc_id: vpc.id.clone(),
        main_association_id: Some(ids::resource("rtbassoc")),
        associations: Vec::new(),
        routes: ipv4.chain(ipv6).chain(outward).collect(),
        tags: Tags::new(),
    }
}

const ANYWHERE: &str = "0.0.0.0/0";

/// A VPC that has lost what it cannot be without: our own fault.
#[derive(Debug, thiserror::Error)]
#[error("{vpc} has no {part}")]
struct Lacking {
    vpc: String,
    part: &'static str,
}

fn lacks(vpc_id: &str, part: &'static str) -> Fault {
    internal(&Lacking { vpc: vpc_id.to_owned(), part })
}
