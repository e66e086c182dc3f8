use super::super::super::answers::{new_subnet, new_vpc, refused, refused_with, text};
use crate::testing::TestDoor;

#[test]
fn what_belongs_to_names_and_outposts_can_only_be_off() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");
    let modify = |parameters: &[(&str, &str)]| {
        let mut all = vec![("SubnetId", subnet.as_str())];
        all.extend(parameters);
        door.ec2("ModifySubnetAttribute", &all)
    };

    modify(&[("MapPublicIpOnLaunch.Value", "true")]).unwrap();
    let found = door.ec2("DescribeSubnets", &[("SubnetId.1", &subnet)]).unwrap();
    assert_eq!(text(&found, "subnetSet.0.mapPublicIpOnLaunch"), "true");

    for name in [
        "MapCustomerOwnedIpOnLaunch",
        "EnableDns64",
        "EnableResourceNameDnsARecordOnLaunch",
        "EnableResourceNameDnsAAAARecordOnLaunch",
    ] {
        let value = format!("{name}.Value");
        let message = format!("The parameter {name} is not supported here: leave it out.");
        refused(modify(&[(&value, "true")]), "UnsupportedOperation", &message);
        modify(&[(&value, "false")]).unwrap();
    }
    for (name, value) in [
        ("CustomerOwnedIpv4Pool", "x"),
        ("EnableLniAtDeviceIndex", "1"),
        ("DisableLniAtDeviceIndex.Value", "true"),
        ("PrivateDnsHostnameTypeOnLaunch", "resource-name"),
    ] {
        refused_with(modify(&[(name, value)]), "UnsupportedOperation", "not supported here");
    }
    modify(&[("PrivateDnsHostnameTypeOnLaunch", "ip-name")]).unwrap();
    let two = [("MapPublicIpOnLaunch.Value", "true"), ("EnableDns64.Value", "false")];
    refused_with(modify(&two), "InvalidParameterCombination", "not 2");
    refused_with(modify(&[]), "InvalidParameterCombination", "not 0");
}
