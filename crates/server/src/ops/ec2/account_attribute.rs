//! `DescribeAccountAttributes`: what a region's account can have, as far as there is something of it here.

#[cfg(test)]
mod tests;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    AccountAttribute, AccountAttributeValue, DescribeAccountAttributesRequest,
    DescribeAccountAttributesResponse,
};

use crate::call::Call;
use crate::model::Vpc;

/// What can be asked for by name, …
const PLATFORMS: &str = "supported-platforms";
const DEFAULT_VPC: &str = "default-vpc";
/// … and what comes with it where nothing is named.
const GROUPS_PER_INTERFACE: &str = "vpc-max-security-groups-per-interface";

/// Tells the attributes of the account in the call's region.
pub(super) fn describe(
    call: &Call<'_>,
    request: DescribeAccountAttributesRequest,
) -> Result<DescribeAccountAttributesResponse, Fault> {
    let DescribeAccountAttributesRequest { attribute_names, dry_run } = request;
    call.authorize("ec2:DescribeAccountAttributes", "*")?;
    if let Some(unknown) =
        attribute_names.iter().find(|it| ![PLATFORMS, DEFAULT_VPC].contains(&it.as_str()))
    {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!(
                "Value ({unknown}) for parameter attributeName is invalid. Expecting {PLATFORMS} or {DEFAULT_VPC}."
            ),
        ));
    }
    call.dry_run(dry_run)?;

    let default_vpc = call.list::<Vpc>()?.into_iter().find(|vpc| vpc.is_default);
    let groups = call.config.quotas.security_groups_per_interface.to_string();
    let all = [
        (PLATFORMS, "VPC".to_owned()),
        (DEFAULT_VPC, default_vpc.map_or_else(|| "none".to_owned(), |vpc| vpc.id)),
        (GROUPS_PER_INTERFACE, groups),
    ];
    let is_wanted =
        |name: &str| attribute_names.is_empty() || attribute_names.iter().any(|it| it == name);
    let found = all.into_iter().filter(|(name, _)| is_wanted(name));
    let account_attribute_set = found.map(|(name, value)| AccountAttribute {
        attribute_name: name.to_owned(),
        attribute_value_set: vec![AccountAttributeValue { attribute_value: value }],
    });
    Ok(DescribeAccountAttributesResponse { account_attribute_set: account_attribute_set.collect() })
}
