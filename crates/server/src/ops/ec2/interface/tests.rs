//! Tests of making, describing and deleting interfaces; helpers for those of the other files.

mod address_tests;
mod attachment_tests;
mod attribute_tests;
mod describe_tests;
mod ipv6_tests;
mod private_tests;

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use super::super::answers::{
    at, check_refusal, new_interface, new_subnet, new_vpc, refused, refused_with, store, stored,
    text,
};
use crate::config::{Config, Quotas};
use crate::model::{Interface, SecurityGroup};
use crate::testing::TestDoor;

/// A door with a VPC `10.0.0.0/16` and a subnet `10.0.8.0/24` in it.
struct Lab {
    door: TestDoor,
    vpc: String,
    subnet: String,
}

impl Lab {
    fn new() -> Self {
        Self::with_quotas(Quotas::default())
    }

    fn with_quotas(quotas: Quotas) -> Self {
        let door = TestDoor::with_config(Config { quotas, ..Config::default() });
        let vpc = new_vpc(&door, "10.0.0.0/16");
        let subnet = new_subnet(&door, &vpc, "10.0.8.0/24");
        Self { door, vpc, subnet }
    }

    fn create(&self, parameters: &[(&str, &str)]) -> Result<Node, Fault> {
        let mut all = vec![("SubnetId", self.subnet.as_str())];
        all.extend(parameters);
        self.door.ec2("CreateNetworkInterface", &all)
    }

    /// Calls an operation on one interface.
    fn on(&self, action: &str, id: &str, parameters: &[(&str, &str)]) -> Result<Node, Fault> {
        let mut all = vec![("NetworkInterfaceId", id)];
        all.extend(parameters);
        self.door.ec2(action, &all)
    }

    /// An interface as `DescribeNetworkInterfaces` has it.
    fn described(&self, id: &str) -> Node {
        let answer =
            self.door.ec2("DescribeNetworkInterfaces", &[("NetworkInterfaceId.1", id)]).unwrap();
        at(&answer, "networkInterfaceSet.0").unwrap().clone()
    }

    /// The default group of a VPC.
    fn default_group(&self, vpc: &str) -> SecurityGroup {
        stored::<SecurityGroup>(&self.door).into_iter().find(|it| it.vpc_id == vpc).unwrap()
    }

    /// One more group of the lab's VPC; `digit` makes its id.
    fn add_group(&self, digit: char) -> String {
        let mut group = self.default_group(&self.vpc);
        group.id = format!("sg-{}", digit.to_string().repeat(17));
        group.name = format!("group {digit}");
        store(&self.door, &group);
        group.id
    }
}

#[test]
fn a_new_interface_has_the_lowest_free_address_and_the_default_group() {
    let lab = Lab::new();

    let made = lab.create(&[("Description", "my eni")]).unwrap();
    let id = text(&made, "networkInterface.networkInterfaceId");
    let found = lab.described(id);

    assert_eq!(text(&made, "networkInterface.status"), "pending");
    let group = lab.default_group(&lab.vpc).id;
    for (member, value) in [
        ("status", "available"),
        ("subnetId", &lab.subnet),
        ("vpcId", &lab.vpc),
        ("availabilityZone", "us-east-1a"),
        ("availabilityZoneId", "use1-az1"),
        ("description", "my eni"),
        ("ownerId", "123456789012"),
        ("requesterManaged", "false"),
        ("interfaceType", "interface"),
        ("privateIpAddress", "10.0.8.4"),
        ("privateDnsName", "ip-10-0-8-4.ec2.internal"),
        ("privateIpAddressesSet.0.privateIpAddress", "10.0.8.4"),
        ("privateIpAddressesSet.0.privateDnsName", "ip-10-0-8-4.ec2.internal"),
        ("privateIpAddressesSet.0.primary", "true"),
        ("ipv6AddressesSet", ""),
        ("sourceDestCheck", "true"),
        ("groupSet.0.groupId", &group),
        ("groupSet.0.groupName", "default"),
        ("operator.managed", "false"),
        ("tagSet", ""),
    ] {
        assert_eq!(text(&found, member), value, "{member}");
    }
    assert!(at(&found, "attachment").is_none());
    assert!(at(&found, "connectionTrackingConfiguration").is_none());
    assert!(at(&made, "clientToken").is_none());
}

#[test]
fn a_mac_address_is_local_unicast_and_of_one_interface() {
    let lab = Lab::new();
    for _ in 0..20 {
        new_interface(&lab.door, &lab.subnet);
    }

    let mut macs: Vec<_> =
        stored::<Interface>(&lab.door).into_iter().map(|it| it.mac_address).collect();

    for mac in &macs {
        let bytes: Vec<u8> =
            mac.split(':').map(|part| u8::from_str_radix(part, 16).unwrap()).collect();
        assert_eq!((bytes.len(), bytes[0] & 0b11, mac.len()), (6, 0b10, 17), "{mac}");
        assert_eq!(*mac, mac.to_lowercase());
    }
    macs.sort();
    macs.dedup();
    assert_eq!(macs.len(), 20);
}

#[test]
fn groups_are_those_of_the_subnets_vpc() {
    let lab = Lab::new();
    let (web, db) = (lab.add_group('a'), lab.add_group('b'));
    let other = new_vpc(&lab.door, "10.0.0.0/16");
    let foreign = lab.default_group(&other).id;

    let made = lab.create(&[("SecurityGroupId.1", &web), ("SecurityGroupId.2", &db)]).unwrap();

    assert_eq!(text(&made, "networkInterface.groupSet.0.groupId"), web);
    assert_eq!(text(&made, "networkInterface.groupSet.1.groupName"), "group b");
    refused(
        lab.create(&[("SecurityGroupId.1", &foreign)]),
        "InvalidParameter",
        &format!(
            "Security group {foreign} and subnet {} belong to different networks.",
            lab.subnet
        ),
    );
    refused(
        lab.create(&[("SecurityGroupId.1", "sg-0123456789abcdef0")]),
        "InvalidGroup.NotFound",
        "The security group 'sg-0123456789abcdef0' does not exist",
    );
    refused_with(
        lab.create(&[("SecurityGroupId.1", "web")]),
        "InvalidGroupId.Malformed",
        "Invalid id: \"web\"",
    );
    refused_with(
        lab.create(&[("SecurityGroupId.1", &web), ("SecurityGroupId.2", &web)]),
        "InvalidParameterValue",
        "specified twice",
    );
}

#[test]
fn quotas_of_interfaces_hold() {
    let quotas = Quotas {
        network_interfaces_per_region: 1,
        security_groups_per_interface: 1,
        private_addresses_per_interface: 2,
        ..Quotas::default()
    };
    let lab = Lab::with_quotas(quotas);
    let (web, db) = (lab.add_group('a'), lab.add_group('b'));

    refused_with(
        lab.create(&[("SecurityGroupId.1", &web), ("SecurityGroupId.2", &db)]),
        "SecurityGroupsPerInterfaceLimitExceeded",
        "at most 1",
    );
    refused_with(
        lab.create(&[("SecondaryPrivateIpAddressCount", "2")]),
        "PrivateIpAddressLimitExceeded",
        "at most 2",
    );
    lab.create(&[("SecondaryPrivateIpAddressCount", "1")]).unwrap();
    refused(
        lab.create(&[]),
        "NetworkInterfaceLimitExceeded",
        "The maximum number of network interfaces has been reached.",
    );
    let defaults = Quotas::default();
    assert_eq!(defaults.network_interfaces_per_region, 5000);
    assert_eq!(defaults.security_groups_per_interface, 5);
}

#[test]
fn a_client_token_makes_one_interface() {
    let lab = Lab::new();
    let token = [("ClientToken", "abc")];

    let first = lab.create(&token).unwrap();
    let second = lab.create(&token).unwrap();

    assert_eq!(first, second);
    assert_eq!(text(&first, "clientToken"), "abc");
    assert_eq!(stored::<Interface>(&lab.door).len(), 1);
    refused_with(
        lab.create(&[("ClientToken", "abc"), ("Description", "other")]),
        "IdempotentParameterMismatch",
        "'abc'",
    );
    refused_with(
        lab.create(&[("ClientToken", &"x".repeat(65))]),
        "InvalidParameterValue",
        "at most 64 ASCII characters",
    );
}

#[test]
fn what_an_interface_cannot_have_is_refused() {
    let lab = Lab::new();

    for (name, value) in [
        ("EnablePrimaryIpv6", "true"),
        ("Ipv4Prefix.1.Ipv4Prefix", "10.0.8.16/28"),
        ("Ipv4PrefixCount", "1"),
        ("Ipv6Prefix.1.Ipv6Prefix", "fd00::/80"),
        ("Ipv6PrefixCount", "1"),
        ("InterfaceType", "efa"),
        ("Operator.Principal", "x"),
    ] {
        let parameter = name.split('.').next().unwrap();
        let message = format!("The parameter {parameter} is not supported here: leave it out.");
        refused(lab.create(&[(name, value)]), "UnsupportedOperation", &message);
    }
    refused(
        lab.create(&[("TagSpecification.1.ResourceType", "vpc")]),
        "InvalidParameter",
        "'vpc' is not a valid taggable resource type for this operation.",
    );
    let tolerated = [("Ipv6AddressCount", "0"), ("EnablePrimaryIpv6", "false")];
    lab.create(&tolerated).unwrap();
}

#[test]
fn a_deleted_interface_is_gone() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);

    let dry = lab.on("DeleteNetworkInterface", &id, &[("DryRun", "true")]);
    refused_with(dry, "DryRunOperation", "would have succeeded");
    lab.on("DeleteNetworkInterface", &id, &[]).unwrap();

    refused(
        lab.on("DeleteNetworkInterface", &id, &[]),
        "InvalidNetworkInterfaceID.NotFound",
        &format!("The networkInterface ID '{id}' does not exist"),
    );
    refused(
        lab.on("DeleteNetworkInterface", "lab", &[]),
        "InvalidNetworkInterfaceID.Malformed",
        "Invalid id: \"lab\" (expecting \"eni-...\")",
    );
}

#[test]
fn a_subnet_that_there_is_not_has_no_interfaces() {
    let lab = Lab::new();
    let create = |subnet: &str| lab.door.ec2("CreateNetworkInterface", &[("SubnetId", subnet)]);

    refused(
        create("subnet-0123456789abcdef0"),
        "InvalidSubnetID.NotFound",
        "The subnet ID 'subnet-0123456789abcdef0' does not exist",
    );
    refused_with(create("lab"), "InvalidSubnetID.Malformed", "Invalid id: \"lab\"");
    refused_with(lab.create(&[("DryRun", "true")]), "DryRunOperation", "would have succeeded");
    assert_eq!(stored::<Interface>(&lab.door), []);
}

#[test]
fn who_may_not_is_told_so_of_interfaces() {
    let mut lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:network-interface/{id}");
    let any = "arn:aws:ec2:us-east-1:123456789012:network-interface/*";
    let subnet = lab.subnet.clone();
    let (on, attach) = (
        [("NetworkInterfaceId", id.as_str())],
        [
            ("NetworkInterfaceId", id.as_str()),
            ("InstanceId", "i-0123456789abcdef0"),
            ("DeviceIndex", "1"),
        ],
    );
    let attached = lab.door.ec2("AttachNetworkInterface", &attach).unwrap();
    let attachment = [("AttachmentId", text(&attached, "attachmentId"))];
    let unknown = [("AttachmentId", "eni-attach-0123456789abcdef0")];

    let door = &mut lab.door;
    check_refusal(door, "CreateNetworkInterface", &[("SubnetId", &subnet)], Some(any));
    check_refusal(door, "DescribeNetworkInterfaces", &[], None);
    check_refusal(door, "DeleteNetworkInterface", &on, Some(&arn));
    check_refusal(door, "ModifyNetworkInterfaceAttribute", &on, Some(&arn));
    check_refusal(door, "DescribeNetworkInterfaceAttribute", &on, Some(&arn));
    check_refusal(door, "AttachNetworkInterface", &attach, Some(&arn));
    check_refusal(door, "DetachNetworkInterface", &attachment, Some(&arn));
    check_refusal(door, "DetachNetworkInterface", &unknown, Some(any));
}
