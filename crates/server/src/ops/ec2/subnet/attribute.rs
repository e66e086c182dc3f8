//! `ModifySubnetAttribute`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::ModifySubnetAttributeRequest;
use flowlogd_aws::ec2::shapes::AttributeParameter;

use super::super::identifier::SUBNET;
use super::super::unsupported::refuse;
use crate::call::Call;
use crate::model::Subnet;

/// Sets whether instances would get a public address, or interfaces an IPv6 address. What belongs to DNS
/// and to resource names may only be set to what it is: off.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in crate::ops::ec2) fn modify(
    call: &Call<'_>,
    request: ModifySubnetAttributeRequest,
) -> Result<(), Fault> {
    call.authorize("ec2:ModifySubnetAttribute", &call.ec2_arn("subnet", &request.subnet_id))?;
    SUBNET.check(&request.subnet_id)?;
    let name_type = request.private_dns_hostname_type_on_launch.as_deref();
    let switches = [
        ("MapCustomerOwnedIpOnLaunch", request.map_customer_owned_ip_on_launch.as_ref()),
        ("EnableDns64", request.enable_dns64.as_ref()),
        (
            "EnableResourceNameDnsARecordOnLaunch",
            request.enable_resource_name_dns_a_record_on_launch.as_ref(),
        ),
        (
            "EnableResourceNameDnsAAAARecordOnLaunch",
            request.enable_resource_name_dns_aaaa_record_on_launch.as_ref(),
        ),
    ];
    let public = request.map_public_ip_on_launch.as_ref();
    let ipv6 = request.assign_ipv6_address_on_creation.as_ref();
    let given = switches.iter().filter(|(_, given)| given.is_some()).count()
        + usize::from(public.is_some())
        + usize::from(ipv6.is_some())
        + usize::from(name_type.is_some());
    refuse(&[
        ("CustomerOwnedIpv4Pool", request.customer_owned_ipv4_pool.is_some()),
        ("EnableLniAtDeviceIndex", request.enable_lni_at_device_index.is_some()),
        ("DisableLniAtDeviceIndex", request.disable_lni_at_device_index.is_some()),
        ("PrivateDnsHostnameTypeOnLaunch", name_type.is_some_and(|it| it != "ip-name")),
    ])?;
    refuse(&switches.map(|(name, given)| (name, given.is_some_and(is_on))))?;
    if given != 1 {
        return Err(Fault::new(
            "InvalidParameterCombination",
            format!("Exactly one attribute must be specified, not {given}."),
        ));
    }

    let mut subnet: Subnet =
        call.get(&request.subnet_id)?.ok_or_else(|| SUBNET.missing(&request.subnet_id))?;
    if let Some(public) = public {
        subnet.map_public_ip_on_launch = public.value;
        call.put(&subnet)?;
    }
    if let Some(ipv6) = ipv6 {
        if ipv6.value && subnet.ipv6.is_none() {
            return Err(Fault::new(
                "InvalidParameterValue",
                format!(
                    "Invalid value 'true' for assign-ipv6-address-on-creation. Cannot set assign-ipv6-address-on-creation to true unless the subnet ({}) has an IPv6 CIDR block associated with it.",
                    subnet.id
                ),
            ));
        }
        subnet.assign_ipv6_on_creation = ipv6.value;
        call.put(&subnet)?;
    }
    Ok(())
}

const fn is_on(parameter: &AttributeParameter<bool>) -> bool {
    parameter.value
}
