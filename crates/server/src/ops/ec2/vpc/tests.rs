mod attribute_tests;
mod block_tests;
mod describe_tests;
mod ipv6_tests;

use super::super::answers::{
    check_refusal, new_interface, new_subnet, new_vpc, refused, refused_with, store, stored, text,
};
use crate::config::{Config, Quotas};
use crate::model::{NetworkAcl, Peer, RouteTable, SecurityGroup, Tags, Vpc, VpcAttributes};
use crate::testing::TestDoor;

fn create(door: &TestDoor, cidr: &str) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    door.ec2("CreateVpc", &[("CidrBlock", cidr)])
}

#[test]
fn a_new_vpc_is_pending_in_its_answer_and_available_afterwards() {
    let door = TestDoor::new();

    let made = create(&door, "10.0.0.18/16").unwrap();
    let id = text(&made, "vpc.vpcId");
    let found = door.ec2("DescribeVpcs", &[("VpcId.1", id)]).unwrap();

    assert_eq!(text(&made, "vpc.state"), "pending");
    assert_eq!(text(&found, "vpcSet.0.state"), "available");
    assert_eq!(text(&found, "vpcSet.0.cidrBlock"), "10.0.0.0/16", "host bits are cleared");
    let association = "vpcSet.0.cidrBlockAssociationSet.0";
    assert_eq!(text(&found, &format!("{association}.cidrBlock")), "10.0.0.0/16");
    assert_eq!(text(&found, &format!("{association}.cidrBlockState.state")), "associated");
    assert!(text(&found, &format!("{association}.associationId")).starts_with("vpc-cidr-assoc-"));
    assert!(text(&found, "vpcSet.0.dhcpOptionsId").starts_with("dopt-"));
    assert_eq!(text(&found, "vpcSet.0.instanceTenancy"), "default");
    assert_eq!(text(&found, "vpcSet.0.isDefault"), "false");
    assert_eq!(text(&found, "vpcSet.0.ownerId"), "123456789012");
}

#[test]
fn a_vpc_comes_with_a_default_group_a_default_acl_and_a_main_route_table() {
    let door = TestDoor::new();
    let id = new_vpc(&door, "10.0.0.0/16");

    let groups: Vec<SecurityGroup> = stored(&door);
    let acls: Vec<NetworkAcl> = stored(&door);
    let tables: Vec<RouteTable> = stored(&door);

    let group = groups.iter().find(|group| group.vpc_id == id).unwrap();
    assert_eq!(
        (group.name.as_str(), group.description.as_str()),
        ("default", "default VPC security group")
    );
    let rules: Vec<_> =
        group.rules.iter().map(|it| (it.is_egress, it.protocol.as_str(), &it.peer)).collect();
    let (itself, anywhere) = (Peer::Group(group.id.clone()), Peer::Ipv4("0.0.0.0/0".to_owned()));
    assert_eq!(rules, [(false, "-1", &itself), (true, "-1", &anywhere)]);
    assert!(group.rules.iter().all(|rule| rule.id.starts_with("sgr-")));

    let acl = acls.iter().find(|acl| acl.vpc_id == id).unwrap();
    let entries: Vec<_> = acl
        .entries
        .iter()
        .map(|it| (it.number, it.is_egress, it.cidr.as_str(), it.allow))
        .collect();
    assert_eq!(entries, [(100, true, "0.0.0.0/0", true), (100, false, "0.0.0.0/0", true)]);
    assert!(acl.is_default && acl.associations.is_empty());

    let table = tables.iter().find(|table| table.vpc_id == id).unwrap();
    let routes: Vec<_> =
        table.routes.iter().map(|it| (it.destination.as_str(), it.is_local())).collect();
    assert_eq!(routes, [("10.0.0.0/16", true)]);
}

#[test]
fn a_block_that_no_vpc_can_have_is_refused() {
    let door = TestDoor::new();

    for cidr in ["10.0.0.0/8", "10.0.0.0/15", "10.0.0.0/29"] {
        let message = format!("The CIDR '{cidr}' is invalid.");
        refused(create(&door, cidr), "InvalidVpc.Range", &message);
    }
    for cidr in ["10.0.0.0", "10.0.0.0/33", "lab", "fd00::/56"] {
        let message = format!(
            "Value ({cidr}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
        );
        refused(create(&door, cidr), "InvalidParameterValue", &message);
    }
    refused(
        door.ec2("CreateVpc", &[]),
        "MissingParameter",
        "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
    );
    create(&door, "10.0.0.0/28").unwrap();
}

#[test]
fn what_is_not_supported_is_refused_and_its_default_is_not() {
    let door = TestDoor::new();
    let with = |name: &str, value: &str| {
        door.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16"), (name, value)])
    };

    for (name, value) in [
        ("Ipv6CidrBlockNetworkBorderGroup", "x"),
        ("Ipv4IpamPoolId", "x"),
        ("Ipv4NetmaskLength", "20"),
        ("Ipv6IpamPoolId", "x"),
        ("Ipv6NetmaskLength", "56"),
        ("VpcEncryptionControl.Mode", "monitor"),
        ("InstanceTenancy", "dedicated"),
    ] {
        let first = name.split('.').next().unwrap();
        let message = format!("The parameter {first} is not supported here: leave it out.");
        refused(with(name, value), "UnsupportedOperation", &message);
    }
    refused_with(with("InstanceTenancy", "cheap"), "InvalidParameterValue", "Value (cheap)");
    refused(with("Colour", "red"), "UnknownParameter", "The parameter Colour is not recognized");
    with("AmazonProvidedIpv6CidrBlock", "false").unwrap();
    with("InstanceTenancy", "default").unwrap();
}

#[test]
fn a_region_has_five_vpcs_unless_the_configuration_says_otherwise() {
    let door = TestDoor::new();
    for _ in 0..4 {
        new_vpc(&door, "10.0.0.0/16");
    }
    refused(
        create(&door, "10.0.0.0/16"),
        "VpcLimitExceeded",
        "The maximum number of VPCs has been reached.",
    );

    let quotas = Quotas { vpcs_per_region: 6, ..Quotas::default() };
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    for _ in 0..5 {
        new_vpc(&door, "10.0.0.0/16");
    }
    refused_with(create(&door, "10.0.0.0/16"), "VpcLimitExceeded", "maximum");
}

#[test]
fn a_dry_run_changes_nothing() {
    let door = TestDoor::new();
    let id = new_vpc(&door, "10.0.0.0/16");
    let message = "Request would have succeeded, but DryRun flag is set.";

    for (action, name, value) in
        [("CreateVpc", "CidrBlock", "10.1.0.0/16"), ("DeleteVpc", "VpcId", id.as_str())]
    {
        let fault = door.ec2(action, &[(name, value), ("DryRun", "true")]).unwrap_err();
        assert_eq!(
            (fault.status, fault.code.as_ref(), fault.message.as_str()),
            (412, "DryRunOperation", message)
        );
    }
    refused(door.ec2("DescribeVpcs", &[("DryRun", "true")]), "DryRunOperation", message);
    refused(door.ec2("CreateDefaultVpc", &[("DryRun", "true")]), "DryRunOperation", message);
    let parameters = [("CidrBlock", "10.0.0.0/8"), ("DryRun", "true")];
    refused_with(door.ec2("CreateVpc", &parameters), "InvalidVpc.Range", "10.0.0.0/8");

    let ids: Vec<String> = stored::<Vpc>(&door).into_iter().map(|vpc| vpc.id).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&id));
}

#[test]
fn a_deleted_vpc_takes_along_what_it_came_with() {
    let door = TestDoor::new();
    let id = new_vpc(&door, "10.0.0.0/16");
    let modify = [("VpcId", id.as_str()), ("EnableDnsHostnames.Value", "true")];
    door.ec2("ModifyVpcAttribute", &modify).unwrap();

    let answer = door.ec2("DeleteVpc", &[("VpcId", &id)]).unwrap();

    assert_eq!(text(&answer, "return"), "true");
    refused(
        door.ec2("DescribeVpcs", &[("VpcId.1", &id)]),
        "InvalidVpcID.NotFound",
        &format!("The vpc ID '{id}' does not exist"),
    );
    assert!(stored::<SecurityGroup>(&door).iter().all(|group| group.vpc_id != id));
    assert!(stored::<NetworkAcl>(&door).iter().all(|acl| acl.vpc_id != id));
    assert!(stored::<RouteTable>(&door).iter().all(|table| table.vpc_id != id));
    assert_eq!(stored::<VpcAttributes>(&door), []);
    assert_eq!(stored::<SecurityGroup>(&door).len(), 1, "the default VPC keeps its own");
    assert_eq!(stored::<RouteTable>(&door).len(), 1);
}

#[test]
fn a_vpc_that_something_was_put_into_is_not_deleted() {
    let door = TestDoor::new();
    let id = new_vpc(&door, "10.0.0.0/16");
    let check = |what: &str| {
        let message = format!("The vpc '{id}' has dependencies and cannot be deleted.");
        let fault = door.ec2("DeleteVpc", &[("VpcId", &id)]).expect_err(what);
        assert_eq!((fault.code.as_ref(), fault.message), ("DependencyViolation", message));
    };

    let subnet = new_subnet(&door, &id, "10.0.0.0/24");
    check("a subnet");
    let interface = new_interface(&door, &subnet);
    check("an interface");
    door.ec2("DeleteNetworkInterface", &[("NetworkInterfaceId", &interface)]).unwrap();
    door.ec2("DeleteSubnet", &[("SubnetId", &subnet)]).unwrap();
    let mut group = stored::<SecurityGroup>(&door).into_iter().find(|it| it.vpc_id == id).unwrap();
    "sg-0123456789abcdef0".clone_into(&mut group.id);
    "web".clone_into(&mut group.name);
    store(&door, &group);
    check("a group");
    "vpc-0123456789abcdef0".clone_into(&mut group.vpc_id);
    store(&door, &group);
    let mut acl = stored::<NetworkAcl>(&door).into_iter().find(|it| it.vpc_id == id).unwrap();
    "acl-0123456789abcdef0".clone_into(&mut acl.id);
    acl.is_default = false;
    store(&door, &acl);
    check("an ACL");
    "vpc-0123456789abcdef0".clone_into(&mut acl.vpc_id);
    store(&door, &acl);

    door.ec2("DeleteVpc", &[("VpcId", &id)]).unwrap();
}

#[test]
fn tags_are_checked_and_printed() {
    let door = TestDoor::new();
    let with = |kind: &str, key: &str| {
        let parameters = [
            ("CidrBlock", "10.0.0.0/16"),
            ("TagSpecification.1.ResourceType", kind),
            ("TagSpecification.1.Tag.1.Key", key),
            ("TagSpecification.1.Tag.1.Value", "lab"),
        ];
        door.ec2("CreateVpc", &parameters)
    };

    refused(
        with("subnet", "Name"),
        "InvalidParameter",
        "'subnet' is not a valid taggable resource type for this operation.",
    );
    refused_with(with("vpc", "aws:x"), "InvalidTagKey.Malformed", "reserved for internal use");
    let made = with("vpc", "Name").unwrap();

    assert_eq!(text(&made, "vpc.tagSet.0.key"), "Name");
    assert_eq!(text(&made, "vpc.tagSet.0.value"), "lab");
    let stored = stored::<Vpc>(&door).pop().unwrap();
    assert_eq!(stored.tags, Tags::from([("Name".to_owned(), "lab".to_owned())]));
}

#[test]
fn who_may_not_is_told_what_and_on_which_resource() {
    let mut door = TestDoor::new();
    let id = new_vpc(&door, "10.0.0.0/16");
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:vpc/{id}");
    let any = "arn:aws:ec2:us-east-1:123456789012:vpc/*";
    let vpc = [("VpcId", id.as_str())];
    let attribute = [("VpcId", id.as_str()), ("Attribute", "enableDnsSupport")];

    check_refusal(&mut door, "CreateVpc", &[("CidrBlock", "10.0.0.0/8")], Some(any));
    check_refusal(&mut door, "CreateDefaultVpc", &[], Some(any));
    check_refusal(&mut door, "DescribeVpcs", &[], None);
    check_refusal(&mut door, "DeleteVpc", &vpc, Some(&arn));
    check_refusal(&mut door, "ModifyVpcAttribute", &vpc, Some(&arn));
    check_refusal(&mut door, "DescribeVpcAttribute", &attribute, Some(&arn));
}
