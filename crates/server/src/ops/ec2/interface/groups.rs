//! The security groups of an interface.

use std::collections::BTreeSet;

use flowlogd_aws::Fault;

use super::super::identifier::GROUP;
use super::super::vpc::parts;
use crate::call::Call;
use crate::model::{SecurityGroup, Subnet};

/// Refuses what cannot be a set of groups, whatever groups there are.
pub(super) fn check_names(call: &Call<'_>, groups: &[String]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for group in groups {
        GROUP.check(group)?;
        if !seen.insert(group) {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!("The security group '{group}' is specified twice."),
            ));
        }
    }
    let limit = call.config.quotas.security_groups_per_interface;
    if groups.len() > limit {
        return Err(Fault::new(
            "SecurityGroupsPerInterfaceLimitExceeded",
            format!("A network interface has at most {limit} security groups."),
        ));
    }
    Ok(())
}

/// Returns the groups of an interface in a subnet; where none are named, the VPC's default group.
pub(super) fn of_subnet(
    call: &Call<'_>,
    groups: &[String],
    subnet: &Subnet,
) -> Result<Vec<String>, Fault> {
    if groups.is_empty() {
        return Ok(vec![parts::default_group(call, &subnet.vpc_id)?.id]);
    }
    for id in groups {
        let group: SecurityGroup = call.get(id)?.ok_or_else(|| GROUP.missing(id))?;
        if group.vpc_id != subnet.vpc_id {
            return Err(Fault::new(
                "InvalidParameter",
                format!(
                    "Security group {id} and subnet {} belong to different networks.",
                    subnet.id
                ),
            ));
        }
    }
    Ok(groups.to_vec())
}
