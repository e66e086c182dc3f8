//! `DescribeVpcAttribute` and `ModifyVpcAttribute`. They are kept for the clients that ask for them; there
//! is no name service here that would follow them.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::Attribute;
use flowlogd_aws::ec2::{
    DescribeVpcAttributeRequest, DescribeVpcAttributeResponse, ModifyVpcAttributeRequest,
};

use super::super::identifier::VPC;
use crate::call::Call;
use crate::model::{Vpc, VpcAttributes};

/// Tells one attribute.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeVpcAttributeRequest,
) -> Result<DescribeVpcAttributeResponse, Fault> {
    let DescribeVpcAttributeRequest { vpc_id, attribute, dry_run } = request;
    call.authorize("ec2:DescribeVpcAttribute", &call.ec2_arn("vpc", &vpc_id))?;
    VPC.check(&vpc_id)?;
    let which: fn(&VpcAttributes, &mut DescribeVpcAttributeResponse) = match attribute.as_str() {
        "enableDnsSupport" => |attributes, answer| {
            answer.enable_dns_support = Some(Attribute { value: attributes.dns_support });
        },
        "enableDnsHostnames" => |attributes, answer| {
            answer.enable_dns_hostnames = Some(Attribute { value: attributes.dns_hostnames });
        },
        "enableNetworkAddressUsageMetrics" => |attributes, answer| {
            answer.enable_network_address_usage_metrics =
                Some(Attribute { value: attributes.network_address_usage_metrics });
        },
        other => {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!(
                    "Value ({other}) for parameter attribute is invalid. Valid values: enableDnsSupport, enableDnsHostnames, enableNetworkAddressUsageMetrics"
                ),
            ));
        }
    };
    call.dry_run(dry_run)?;

    let attributes = find(call, &vpc_id)?;
    let mut answer = DescribeVpcAttributeResponse {
        vpc_id,
        enable_dns_support: None,
        enable_dns_hostnames: None,
        enable_network_address_usage_metrics: None,
    };
    which(&attributes, &mut answer);
    Ok(answer)
}

/// Sets one attribute.
pub(in crate::ops::ec2) fn modify(
    call: &Call<'_>,
    request: ModifyVpcAttributeRequest,
) -> Result<(), Fault> {
    let ModifyVpcAttributeRequest {
        vpc_id,
        enable_dns_support: support,
        enable_dns_hostnames: hostnames,
        enable_network_address_usage_metrics: metrics,
    } = request;
    call.authorize("ec2:ModifyVpcAttribute", &call.ec2_arn("vpc", &vpc_id))?;
    VPC.check(&vpc_id)?;
    let given = [&support, &hostnames, &metrics].iter().filter(|it| it.is_some()).count();
    if given != 1 {
        return Err(Fault::new(
            "InvalidParameterCombination",
            "Exactly one of EnableDnsSupport, EnableDnsHostnames and EnableNetworkAddressUsageMetrics must be specified.",
        ));
    }

    let mut attributes = find(call, &vpc_id)?;
    if let Some(support) = support {
        attributes.dns_support = support.value;
    }
    if let Some(hostnames) = hostnames {
        attributes.dns_hostnames = hostnames.value;
    }
    if let Some(metrics) = metrics {
        attributes.network_address_usage_metrics = metrics.value;
    }
    call.put(&attributes)?;
    Ok(())
}

fn find(call: &Call<'_>, vpc_id: &str) -> Result<VpcAttributes, Fault> {
    let vpc = call.get::<Vpc>(vpc_id)?.ok_or_else(|| VPC.missing(vpc_id))?;
    Ok(call.get(vpc_id)?.unwrap_or_else(|| VpcAttributes::of_new(&vpc)))
}
