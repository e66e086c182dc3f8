//! Route tables: where what leaves a subnet goes, as far as `traffic-path` and tools want to know. Nothing is
//! routed by them.

mod association;
mod describe;
mod route;
mod target;
mod targets;
#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    CreateRouteTableRequest, CreateRouteTableResponse, DeleteRouteTableRequest,
};

pub(super) use association::{associate, disassociate, replace as replace_association};
pub(super) use describe::describe;
pub(super) use route::{create as create_route, delete as delete_route, replace as replace_route};
pub(crate) use targets::RouteTargets;

use super::identifier::{Kind, VPC};
use super::tagging;
use crate::call::Call;
use crate::model::{Route, RouteTable, Vpc};

const TABLE: Kind = Kind {
    prefix: "rtb",
    malformed: "InvalidRouteTableId.Malformed",
    not_found: "InvalidRouteTableID.NotFound",
    noun: "routeTable ID",
};

/// Makes a table whose only routes are those inside the VPC.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create(
    call: &Call<'_>,
    request: CreateRouteTableRequest,
) -> Result<CreateRouteTableResponse, Fault> {
    let specifications = &request.tag_specifications;
    let tags = tagging::specified(specifications, "route-table", "InvalidParameterValue")?;
    call.authorize_making(&call.ec2_arn("route-table", "*"), &tags)?;
    call.authorize("ec2:CreateRouteTable", &call.ec2_arn("vpc", &request.vpc_id))?;
    VPC.check(&request.vpc_id)?;
    call.dry_run(request.dry_run)?;
    call.once(request.client_token.as_deref(), &request, || {
        let vpc: Vpc = call.get(&request.vpc_id)?.ok_or_else(|| VPC.missing(&request.vpc_id))?;
        let of_vpc = call.list::<RouteTable>()?.iter().filter(|it| it.vpc_id == vpc.id).count();
        if of_vpc >= call.config.quotas.route_tables_per_vpc {
            return Err(Fault::new(
                "RouteTableLimitExceeded",
                "The maximum number of route tables has been reached.",
            ));
        }
        let ipv4 = vpc.cidrs.iter().map(|block| Route::local(&block.cidr));
        let ipv6 = vpc.ipv6_cidrs.iter().map(|block| Route::local(&block.cidr));
        let table = RouteTable {
            id: call.new_id("rtb"),
            vpc_id: vpc.id.clone(),
            main_association_id: None,
            associations: Vec::new(),
            routes: ipv4.chain(ipv6).collect(),
            tags: tags.clone(),
        };
        call.put(&table)?;
        Ok(CreateRouteTableResponse {
            route_table: RouteTargets::of(call.txn, &call.place())?.printed(call, &table),
            client_token: request.client_token.clone(),
        })
    })
}

/// Deletes a table that no subnet has, and that is not the main one.
pub(super) fn delete(call: &Call<'_>, request: DeleteRouteTableRequest) -> Result<(), Fault> {
    let DeleteRouteTableRequest { route_table_id: id, dry_run } = request;
    let table = authorized(call, &id)?;
    call.dry_run(dry_run)?;

    let table = table.ok_or_else(|| TABLE.missing(&id))?;
    if table.is_main() || !table.associations.is_empty() {
        let text = format!("The routeTable '{id}' has dependencies and cannot be deleted.");
        return Err(Fault::new("DependencyViolation", text));
    }
    call.delete::<RouteTable>(&id)?;
    Ok(())
}

/// Asks for permission on a table, and returns it if there is one of this id.
fn authorized(call: &Call<'_>, id: &str) -> Result<Option<RouteTable>, Fault> {
    let table: Option<RouteTable> = call.get(id)?;
    let arn = call.ec2_arn("route-table", id);
    call.authorize(&format!("ec2:{}", call.action), &arn)?;
    TABLE.check(id)?;
    Ok(table)
}
