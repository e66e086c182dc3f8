//! Operations on several resources need permission for each of them
//! (`iam-sts-sigv4-cloudtrail.md` §2.4).

use super::answers::{new_interface, new_subnet, new_vpc, stored, text};
use crate::model::{Interface, SecurityGroup, Subnet, Vpc};
use crate::testing::TestDoor;

const SUBNETS: &str = "arn:aws:ec2:us-east-1:123456789012:subnet/*";
const VPCS: &str = "arn:aws:ec2:us-east-1:123456789012:vpc/*";
const INTERFACES: &str = "arn:aws:ec2:us-east-1:123456789012:network-interface/*";
const GROUPS: &str = "arn:aws:ec2:us-east-1:123456789012:security-group/*";
const INSTANCES: &str = "arn:aws:ec2:us-east-1:123456789012:instance/*";

/// Calls as a user who may do `actions`, on `resources` only.
fn call_with(
    door: &mut TestDoor,
    actions: &[&str],
    resources: &[&str],
    action: &str,
    parameters: &[(&str, &str)],
) -> Result<(), String> {
    let root = door.caller.clone();
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": resources }],
    });
    door.be_user("eve", &policy.to_string());
    let result = door.ec2(action, parameters);
    door.caller = root;
    result.map(drop).map_err(|fault| fault.message)
}

/// Asserts that a call needs all of the resources: without one of them it is refused, and told which.
#[track_caller]
fn check_all_needed(
    door: &mut TestDoor,
    action: &str,
    parameters: &[(&str, &str)],
    resources: &[&str],
) {
    let ec2_action = format!("ec2:{action}");
    let actions = [ec2_action.as_str()];
    for missing in resources {
        let others: Vec<&str> = resources.iter().copied().filter(|it| it != missing).collect();
        let kind = missing.trim_end_matches('*');
        let refusal = call_with(door, &actions, &others, action, parameters).unwrap_err();
        let on = format!("is not authorized to perform: {ec2_action} on resource: {kind}");
        assert!(refusal.contains(&on), "{refusal}");
    }
    call_with(door, &actions, resources, action, parameters).unwrap();
}

#[test]
fn a_subnet_needs_permission_for_its_vpc() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");

    let parameters = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.1.0/24")];
    check_all_needed(&mut door, "CreateSubnet", &parameters, &[SUBNETS, VPCS]);

    let made = stored::<Subnet>(&door).into_iter().filter(|subnet| subnet.vpc_id == vpc);
    assert_eq!(made.count(), 1, "what was refused has not happened");
}

#[test]
fn an_interface_needs_permission_for_subnet_and_groups() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");
    let groups = stored::<SecurityGroup>(&door);
    let group = &groups.iter().find(|group| group.vpc_id == vpc).unwrap().id;

    let parameters = [("SubnetId", subnet.as_str()), ("SecurityGroupId.1", group)];
    let all = [INTERFACES, SUBNETS, GROUPS];
    check_all_needed(&mut door, "CreateNetworkInterface", &parameters, &all);

    let interface = stored::<Interface>(&door)[0].id.clone();
    let parameters = [("NetworkInterfaceId", interface.as_str()), ("SecurityGroupId.1", group)];
    let action = "ModifyNetworkInterfaceAttribute";
    check_all_needed(&mut door, action, &parameters, &[INTERFACES, GROUPS]);
}

#[test]
fn an_attachment_needs_permission_for_interface_and_instance() {
    let mut door = TestDoor::new();
    let subnet = stored_subnet(&door);
    let interface = new_interface(&door, &subnet);

    let attach = [
        ("NetworkInterfaceId", interface.as_str()),
        ("InstanceId", "i-0123456789abcdef0"),
        ("DeviceIndex", "1"),
    ];
    check_all_needed(&mut door, "AttachNetworkInterface", &attach, &[INTERFACES, INSTANCES]);

    let attachment = stored::<Interface>(&door)[0].attachment.clone().unwrap().id;
    let detach = [("AttachmentId", attachment.as_str())];
    check_all_needed(&mut door, "DetachNetworkInterface", &detach, &[INTERFACES, INSTANCES]);
}

#[test]
fn tags_need_a_permission_of_their_own() {
    let mut door = TestDoor::new();
    let parameters = [
        ("CidrBlock", "10.0.0.0/16"),
        ("TagSpecification.1.ResourceType", "vpc"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "lab"),
    ];
    let mut create =
        |actions: &[&str]| call_with(&mut door, actions, &[VPCS], "CreateVpc", &parameters);

    let refusal = create(&["ec2:CreateVpc"]).unwrap_err();
    create(&["ec2:CreateVpc", "ec2:CreateTags"]).unwrap();

    assert!(refusal.contains("is not authorized to perform: ec2:CreateTags"), "{refusal}");
    let made = stored::<Vpc>(&door).into_iter().filter(|vpc| !vpc.is_default);
    assert_eq!(made.count(), 1);
}

/// A subnet of the default VPC.
fn stored_subnet(door: &TestDoor) -> String {
    let subnets = door.ec2("DescribeSubnets", &[]).unwrap();
    text(&subnets, "subnetSet.0.subnetId").to_owned()
}
