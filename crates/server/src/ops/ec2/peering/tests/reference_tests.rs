//! Security group rules for groups of peered VPCs.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;
use flowlogd_vpc::{CompileOptions, Peer, ReservedAddresses, RuleBook, Ruleset};

use super::super::super::answers::{
    all, at, inventory, new_subnet, new_vpc, refused, refused_with, text,
};
use super::{ACCOUNT, OTHER, REGION, accept, create, on, peered, request};
use crate::testing::TestDoor;

fn new_group(door: &TestDoor, vpc: &str, name: &str) -> String {
    let parameters = [("GroupName", name), ("GroupDescription", "of a test"), ("VpcId", vpc)];
    text(&door.ec2("CreateSecurityGroup", &parameters).unwrap(), "groupId").to_owned()
}

/// Lets HTTPS in from a group.
fn allow(door: &TestDoor, group: &str, from: &str, more: &[(&str, &str)]) -> Result<Node, Fault> {
    change(door, "AuthorizeSecurityGroupIngress", group, from, more)
}

fn change(
    door: &TestDoor,
    action: &str,
    group: &str,
    from: &str,
    more: &[(&str, &str)],
) -> Result<Node, Fault> {
    let names: Vec<String> =
        more.iter().map(|(name, _)| format!("IpPermissions.1.Groups.1.{name}")).collect();
    let mut parameters = vec![
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "443"),
        ("IpPermissions.1.ToPort", "443"),
        ("IpPermissions.1.Groups.1.GroupId", from),
    ];
    parameters.extend(names.iter().map(String::as_str).zip(more.iter().map(|(_, value)| *value)));
    door.ec2(action, &parameters)
}

fn stale(door: &TestDoor, vpc: &str) -> Node {
    let answer = door.ec2("DescribeStaleSecurityGroups", &[("VpcId", vpc)]).unwrap();
    at(&answer, "staleSecurityGroupSet").unwrap().clone()
}

#[test]
fn a_group_of_a_peered_vpc_is_referred_to_while_the_connection_is_active() {
    let door = TestDoor::new();
    let (vpc, peer) = (new_vpc(&door, "10.0.0.0/16"), new_vpc(&door, "10.1.0.0/16"));
    let (web, app) = (new_group(&door, &vpc, "web"), new_group(&door, &peer, "app"));
    let id = request(&door, &vpc, &peer);
    let missing = format!("The security group '{app}' does not exist");
    refused(allow(&door, &web, &app, &[]), "InvalidGroup.NotFound", &missing);
    accept(&door, &id).unwrap();

    let made = allow(&door, &web, &app, &[]).unwrap();
    let info = at(&made, "securityGroupRuleSet.0.referencedGroupInfo").unwrap();
    let members = ["groupId", "userId", "vpcId", "vpcPeeringConnectionId", "peeringStatus"];
    let told = members.map(|member| text(info, member));
    assert_eq!(told, [app.as_str(), ACCOUNT, &peer, &id, "active"]);
    refused_with(allow(&door, &web, &app, &[]), "InvalidPermission.Duplicate", &app);
    let group = door.ec2("DescribeSecurityGroups", &[("GroupId.1", &web)]).unwrap();
    let pair = at(&group, "securityGroupInfo.0.ipPermissions.0.groups.0").unwrap();
    assert_eq!(text(pair, "vpcPeeringConnectionId"), id);
    assert_eq!(text(pair, "vpcId"), peer);

    let references = door.ec2("DescribeSecurityGroupReferences", &[("GroupId.1", &app)]).unwrap();
    let list = "securityGroupReferenceSet";
    assert_eq!(all(&references, list, "groupId"), [app.as_str()]);
    assert_eq!(all(&references, list, "referencingVpcId"), [vpc.as_str()]);
    assert_eq!(all(&references, list, "vpcPeeringConnectionId"), [id.as_str()]);
    let none = door.ec2("DescribeSecurityGroupReferences", &[("GroupId.1", &web)]).unwrap();
    assert!(at(&none, list).unwrap().elements().is_empty());
}

#[test]
fn a_rule_over_a_deleted_connection_is_stale_and_can_be_revoked() {
    let door = TestDoor::new();
    let (vpc, peer, id) = peered(&door);
    let (web, app) = (new_group(&door, &vpc, "web"), new_group(&door, &peer, "app"));
    allow(&door, &web, &app, &[]).unwrap();
    assert!(stale(&door, &vpc).elements().is_empty());
    on(&door, "DeleteVpcPeeringConnection", &id).unwrap();

    let found = stale(&door, &vpc);
    assert_eq!(text(&found, "0.groupId"), web);
    assert_eq!(text(&found, "0.groupName"), "web");
    assert_eq!(text(&found, "0.staleIpPermissions.0.fromPort"), "443");
    let pair = at(&found, "0.staleIpPermissions.0.groups.0").unwrap();
    let members = ["groupId", "groupName", "userId", "vpcId", "peeringStatus"];
    let told = members.map(|member| text(pair, member));
    assert_eq!(told, [app.as_str(), "app", ACCOUNT, &peer, "deleted"]);
    assert!(at(&found, "0.staleIpPermissionsEgress").unwrap().elements().is_empty());
    refused_with(allow(&door, &web, &app, &[]), "InvalidGroup.NotFound", &app);

    door.ec2("DeleteSecurityGroup", &[("GroupId", &app)]).unwrap();
    let found = stale(&door, &vpc);
    let pair = at(&found, "0.staleIpPermissions.0.groups.0").unwrap();
    assert!(at(pair, "userId").is_none() && at(pair, "groupName").is_none());
    change(&door, "RevokeSecurityGroupIngress", &web, &app, &[]).unwrap();
    assert!(stale(&door, &vpc).elements().is_empty());
}

#[test]
fn a_group_of_another_account_is_named_with_it() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let web = new_group(&door, &vpc, "web");
    let (peer, app, theirs) = door.elsewhere(OTHER, REGION, |door| {
        let peer = new_vpc(door, "10.1.0.0/16");
        let app = new_group(door, &peer, "app");
        let subnet = new_subnet(door, &peer, "10.1.1.0/24");
        let parameters = [
            ("SubnetId", subnet.as_str()),
            ("PrivateIpAddress", "10.1.1.10"),
            ("SecurityGroupId.1", &app),
        ];
        let made = door.ec2("CreateNetworkInterface", &parameters).unwrap();
        let interface = text(&made, "networkInterface.networkInterfaceId").to_owned();
        (peer, app, interface)
    });
    let made = create(&door, &vpc, &peer, &[("PeerOwnerId", OTHER)]).unwrap();
    let id = text(&made, "vpcPeeringConnection.vpcPeeringConnectionId").to_owned();
    door.elsewhere(OTHER, REGION, |door| accept(door, &id)).unwrap();

    refused_with(allow(&door, &web, &app, &[]), "InvalidGroup.NotFound", &app);
    let made = allow(&door, &web, &app, &[("UserId", OTHER)]).unwrap();
    let rule = text(&made, "securityGroupRuleSet.0.securityGroupRuleId").to_owned();
    let subnet = new_subnet(&door, &vpc, "10.0.1.0/24");
    let parameters = [("SubnetId", subnet.as_str()), ("SecurityGroupId.1", &web)];
    let eni = door.ec2("CreateNetworkInterface", &parameters).unwrap();
    let eni = text(&eni, "networkInterface.networkInterfaceId").to_owned();

    let open = judged(&door, &eni);
    assert!(open.contains("10.1.1.10/32"), "{open}");
    let read = inventory(&door);
    let member = read.interfaces.iter().find(|it| it.id == theirs).unwrap();
    assert_eq!((member.owner.as_str(), member.mac), (OTHER, None));
    let found = read.security_groups.iter().find(|group| group.id == web).unwrap();
    assert_eq!(found.ingress[0].id.as_deref(), Some(rule.as_str()));
    assert!(matches!(found.ingress[0].peer, Peer::SecurityGroup(_)));
    door.elsewhere(OTHER, REGION, |door| {
        let references = door.ec2("DescribeSecurityGroupReferences", &[("GroupId.1", &app)]);
        let references = references.unwrap();
        assert_eq!(text(&references, "securityGroupReferenceSet.0.referencingVpcId"), vpc);
        on(door, "DeleteVpcPeeringConnection", &id).unwrap();
    });
    let closed = judged(&door, &eni);
    assert!(!closed.contains("10.1.1.10/32"), "{closed}");
    let read = inventory(&door);
    assert!(read.interfaces.iter().all(|it| it.id != theirs));
    let found = stale(&door, &vpc);
    assert_eq!(text(&found, "0.staleIpPermissions.0.groups.0.userId"), OTHER);
}

#[test]
fn members_of_a_peered_group_of_the_same_account_are_let_in() {
    let door = TestDoor::new();
    let (vpc, peer, id) = peered(&door);
    let (web, app) = (new_group(&door, &vpc, "web"), new_group(&door, &peer, "app"));
    allow(&door, &web, &app, &[("VpcPeeringConnectionId", &id)]).unwrap();
    let interface = |subnet: &str, address: &str, group: &str| {
        let parameters =
            [("SubnetId", subnet), ("PrivateIpAddress", address), ("SecurityGroupId.1", group)];
        let made = door.ec2("CreateNetworkInterface", &parameters).unwrap();
        text(&made, "networkInterface.networkInterfaceId").to_owned()
    };
    let eni = interface(&new_subnet(&door, &vpc, "10.0.1.0/24"), "10.0.1.10", &web);
    interface(&new_subnet(&door, &peer, "10.1.1.0/24"), "10.1.1.10", &app);

    assert!(judged(&door, &eni).contains("10.1.1.10/32"));
    on(&door, "DeleteVpcPeeringConnection", &id).unwrap();
    assert!(!judged(&door, &eni).contains("10.1.1.10/32"));
}

#[test]
fn a_connection_across_regions_carries_no_references() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let web = new_group(&door, &vpc, "web");
    let (far, app) = door.elsewhere(ACCOUNT, "us-west-2", |door| {
        let far = new_vpc(door, "10.1.0.0/16");
        let app = new_group(door, &far, "app");
        (far, app)
    });
    let made = create(&door, &vpc, &far, &[("PeerRegion", "us-west-2")]).unwrap();
    let id = text(&made, "vpcPeeringConnection.vpcPeeringConnectionId");
    door.elsewhere(ACCOUNT, "us-west-2", |door| accept(door, id)).unwrap();
    let more = [("VpcPeeringConnectionId", id)];
    refused_with(allow(&door, &web, &app, &more), "InvalidGroup.NotFound", &app);
}

#[test]
fn a_way_that_does_not_exist_is_refused_by_its_id() {
    let door = TestDoor::new();
    let (vpc, peer, _) = peered(&door);
    let (web, app) = (new_group(&door, &vpc, "web"), new_group(&door, &peer, "app"));
    let way = |id: &str| allow(&door, &web, &app, &[("VpcPeeringConnectionId", id)]);
    let unknown = "pcx-0123456789abcdef0";
    refused_with(way(unknown), "InvalidVpcPeeringConnectionID.NotFound", unknown);
    refused_with(way("pcx-x"), "InvalidVpcPeeringConnectionId.Malformed", "pcx-x");
}

#[test]
fn a_rule_is_modified_to_a_peered_group() {
    let door = TestDoor::new();
    let (vpc, peer, id) = peered(&door);
    let (web, app) = (new_group(&door, &vpc, "web"), new_group(&door, &peer, "app"));
    let made = allow(&door, &web, &web, &[]).unwrap();
    let rule = text(&made, "securityGroupRuleSet.0.securityGroupRuleId");
    let change = [
        ("GroupId", web.as_str()),
        ("SecurityGroupRule.1.SecurityGroupRuleId", rule),
        ("SecurityGroupRule.1.SecurityGroupRule.IpProtocol", "-1"),
        ("SecurityGroupRule.1.SecurityGroupRule.ReferencedGroupId", &app),
    ];
    door.ec2("ModifySecurityGroupRules", &change).unwrap();
    let found = door.ec2("DescribeSecurityGroupRules", &[("SecurityGroupRuleId.1", rule)]).unwrap();
    let info = at(&found, "securityGroupRuleSet.0.referencedGroupInfo").unwrap();
    assert_eq!(text(info, "groupId"), app);
    assert_eq!(text(info, "vpcPeeringConnectionId"), id);
}

#[test]
fn the_groups_of_a_vpc_are_found_by_every_documented_filter() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let web = new_group(&door, &vpc, "web");
    let get = |more: &[(&str, &str)]| {
        let mut parameters = vec![("VpcId", vpc.as_str())];
        parameters.extend(more);
        door.ec2("GetSecurityGroupsForVpc", &parameters)
    };
    let list = "securityGroupForVpcSet";
    assert_eq!(all(&get(&[]).unwrap(), list, "groupName").len(), 2);
    for (name, value) in [
        ("group-id", web.as_str()),
        ("description", "of a test"),
        ("group-name", "web"),
        ("owner-id", ACCOUNT),
        ("primary-vpc-id", &vpc),
    ] {
        let found = get(&[("Filter.1.Name", name), ("Filter.1.Value.1", value)]).unwrap();
        assert!(all(&found, list, "groupId").contains(&web), "{name}");
        let none = get(&[("Filter.1.Name", name), ("Filter.1.Value.1", "x")]).unwrap();
        assert!(at(&none, list).unwrap().elements().is_empty(), "{name}");
    }
    refused(
        get(&[("Filter.1.Name", "tag:Name"), ("Filter.1.Value.1", "x")]),
        "InvalidParameterValue",
        "The filter 'tag:Name' is invalid",
    );
    let unknown = [("VpcId", "vpc-0123456789abcdef0")];
    for action in ["GetSecurityGroupsForVpc", "DescribeStaleSecurityGroups"] {
        assert_eq!(door.ec2(action, &unknown).unwrap_err().code, "InvalidVpcID.NotFound");
    }
    refused(
        door.ec2("DescribeSecurityGroupReferences", &[]),
        "MissingParameter",
        "The request must contain the parameter groupId",
    );
}

/// The text of the rules of an interface, in which groups are their members' addresses.
fn judged(door: &TestDoor, eni: &str) -> String {
    let mut book = RuleBook::default();
    let options = CompileOptions { reserved_addresses: ReservedAddresses::Aws };
    let ruleset = Ruleset::compile(inventory(door), options, &mut book);
    ruleset.revision_text(book.interface_index(eni).unwrap()).unwrap()
}
