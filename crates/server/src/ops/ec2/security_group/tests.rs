use super::super::answers::{all, at, inventory, new_vpc, refused, text};
use crate::testing::TestDoor;

fn new_group(door: &TestDoor, vpc: &str, name: &str) -> String {
    let parameters = [("GroupName", name), ("GroupDescription", "of a test"), ("VpcId", vpc)];
    text(&door.ec2("CreateSecurityGroup", &parameters).unwrap(), "groupId").to_owned()
}

fn allow(
    door: &TestDoor,
    group: &str,
    rule: &[(&str, &str)],
) -> Result<flowlogd_aws::codec::Node, flowlogd_aws::Fault> {
    let mut parameters = vec![("GroupId", group)];
    parameters.extend(rule);
    door.ec2("AuthorizeSecurityGroupIngress", &parameters)
}

const SSH: &[(&str, &str)] =
    &[("IpProtocol", "TCP"), ("FromPort", "22"), ("ToPort", "22"), ("CidrIp", "203.0.113.7/24")];

#[test]
fn a_rule_is_canonical_has_an_id_and_no_twin() {
    let door = TestDoor::new();
    let group = new_group(&door, &new_vpc(&door, "10.0.0.0/16"), "web");
    let answer = allow(&door, &group, SSH).unwrap();
    assert_eq!(text(&answer, "return"), "true");
    assert!(text(&answer, "securityGroupRuleSet.0.securityGroupRuleId").starts_with("sgr-"));
    assert_eq!(text(&answer, "securityGroupRuleSet.0.ipProtocol"), "tcp");
    assert_eq!(text(&answer, "securityGroupRuleSet.0.cidrIpv4"), "203.0.113.0/24");
    let twin =
        &[("IpProtocol", "6"), ("FromPort", "22"), ("ToPort", "22"), ("CidrIp", "203.0.113.0/24")];
    refused(
        allow(&door, &group, twin),
        "InvalidPermission.Duplicate",
        "the specified rule \"peer: 203.0.113.0/24, TCP, from port: 22, to port: 22, ALLOW\" already exists",
    );
}

#[test]
fn a_group_prints_rules_with_equal_ports_as_one_permission() {
    let door = TestDoor::new();
    let group = new_group(&door, &new_vpc(&door, "10.0.0.0/16"), "web");
    allow(&door, &group, SSH).unwrap();
    let own = [
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", "22"),
        ("IpPermissions.1.ToPort", "22"),
        ("IpPermissions.1.Groups.1.GroupId", group.as_str()),
        ("IpPermissions.1.Ipv6Ranges.1.CidrIpv6", "::/0"),
        ("IpPermissions.2.IpProtocol", "-1"),
        ("IpPermissions.2.IpRanges.1.CidrIp", "10.0.0.0/8"),
        ("IpPermissions.2.IpRanges.1.Description", "office"),
    ];
    allow(&door, &group, &own).unwrap();
    let answer = door.ec2("DescribeSecurityGroups", &[("GroupId.1", &group)]).unwrap();
    let permissions = at(&answer, "securityGroupInfo.0.ipPermissions").unwrap();
    assert_eq!(permissions.elements().len(), 2);
    assert_eq!(text(permissions, "0.ipRanges.0.cidrIp"), "203.0.113.0/24");
    assert_eq!(text(permissions, "0.groups.0.groupId"), group);
    assert_eq!(text(permissions, "0.ipv6Ranges.0.cidrIpv6"), "::/0");
    assert_eq!(text(permissions, "1.ipRanges.0.description"), "office");
    assert!(at(permissions, "1.fromPort").is_none());
    let filter = [("Filter.1.Name", "group-id"), ("Filter.1.Value.1", group.as_str())];
    let rules = door.ec2("DescribeSecurityGroupRules", &filter).unwrap();
    assert_eq!(all(&rules, "securityGroupRuleSet", "securityGroupRuleId").len(), 5);
}

#[test]
fn what_is_no_rule_is_refused_in_awss_words() {
    let door = TestDoor::new();
    let group = new_group(&door, &new_vpc(&door, "10.0.0.0/16"), "web");
    let tcp = |from: &'static str, to: &'static str, cidr: &'static str| {
        vec![("IpProtocol", "tcp"), ("FromPort", from), ("ToPort", to), ("CidrIp", cidr)]
    };
    for (rule, message) in [
        (tcp("22", "22", "10.0.0.1000/24"), "CIDR block 10.0.0.1000/24 is malformed"),
        (tcp("-1", "22", "10.0.0.0/8"), "TCP/UDP port (-1) out of range"),
        (tcp("1", "65536", "10.0.0.0/8"), "TCP/UDP to port (65536) out of range"),
        (tcp("80", "22", "10.0.0.0/8"), "Invalid TCP/UDP port range (80:22)"),
        (
            vec![
                ("IpProtocol", "icmp"),
                ("FromPort", "3"),
                ("ToPort", "65535"),
                ("CidrIp", "10.0.0.0/8"),
            ],
            "ICMP code (65535) out of range",
        ),
        (
            vec![("IpProtocol", "all"), ("CidrIp", "10.0.0.0/8")],
            "Invalid value 'all' for IP protocol. Unknown protocol.",
        ),
    ] {
        refused(allow(&door, &group, &rule), "InvalidParameterValue", message);
    }
    let other = new_group(&door, &new_vpc(&door, "10.1.0.0/16"), "web");
    let peer = [
        ("IpPermissions.1.IpProtocol", "-1"),
        ("IpPermissions.1.Groups.1.GroupId", other.as_str()),
    ];
    refused(
        allow(&door, &group, &peer),
        "InvalidGroup.NotFound",
        &format!("The security group '{other}' does not exist"),
    );
}

#[test]
fn a_rule_goes_by_its_content_or_its_id_and_all_go_or_none() {
    let door = TestDoor::new();
    let group = new_group(&door, &new_vpc(&door, "10.0.0.0/16"), "web");
    let answer = allow(&door, &group, SSH).unwrap();
    let id = text(&answer, "securityGroupRuleSet.0.securityGroupRuleId").to_owned();
    let mut missing = vec![("GroupId", group.as_str())];
    missing.extend([
        ("IpProtocol", "udp"),
        ("FromPort", "1"),
        ("ToPort", "1"),
        ("CidrIp", "10.0.0.0/8"),
    ]);
    refused(
        door.ec2("RevokeSecurityGroupIngress", &missing),
        "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
    );
    let by_id = [("GroupId", group.as_str()), ("SecurityGroupRuleId.1", id.as_str())];
    let answer = door.ec2("RevokeSecurityGroupIngress", &by_id).unwrap();
    assert_eq!(text(&answer, "revokedSecurityGroupRuleSet.0.securityGroupRuleId"), id);
    allow(&door, &group, SSH).unwrap();
    let mut by_content = vec![("GroupId", group.as_str())];
    by_content.extend(SSH);
    door.ec2("RevokeSecurityGroupIngress", &by_content).unwrap();
}

#[test]
fn in_the_default_vpc_a_rule_that_is_not_there_is_only_told() {
    let door = TestDoor::new();
    let parameters = [("GroupName", "web"), ("GroupDescription", "d")];
    let group = text(&door.ec2("CreateSecurityGroup", &parameters).unwrap(), "groupId").to_owned();
    let mut rule = vec![("GroupId", group.as_str())];
    rule.extend(SSH);
    let answer = door.ec2("RevokeSecurityGroupIngress", &rule).unwrap();
    assert_eq!(text(&answer, "unknownIpPermissionSet.0.ipRanges.0.cidrIp"), "203.0.113.0/24");
}

#[test]
fn a_group_that_something_needs_stays() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let (web, app) = (new_group(&door, &vpc, "web"), new_group(&door, &vpc, "app"));
    let peer =
        [("IpPermissions.1.IpProtocol", "-1"), ("IpPermissions.1.Groups.1.GroupId", web.as_str())];
    allow(&door, &app, &peer).unwrap();
    refused(
        door.ec2("DeleteSecurityGroup", &[("GroupId", &web)]),
        "DependencyViolation",
        &format!("resource {web} has a dependent object"),
    );
    door.ec2("DeleteSecurityGroup", &[("GroupId", &app)]).unwrap();
    door.ec2("DeleteSecurityGroup", &[("GroupId", &web)]).unwrap();
    let filter = [
        ("Filter.1.Name", "vpc-id"),
        ("Filter.1.Value.1", vpc.as_str()),
        ("Filter.2.Name", "group-name"),
        ("Filter.2.Value.1", "default"),
    ];
    let answer = door.ec2("DescribeSecurityGroups", &filter).unwrap();
    let default = text(&answer, "securityGroupInfo.0.groupId");
    refused(
        door.ec2("DeleteSecurityGroup", &[("GroupId", default)]),
        "CannotDelete",
        &format!(
            "the specified group: \"{default}\" name: \"default\" cannot be deleted by a user"
        ),
    );
}

#[test]
fn names_are_unique_in_a_vpc_and_some_are_reserved() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    new_group(&door, &vpc, "web");
    let make = |name: &str| {
        door.ec2(
            "CreateSecurityGroup",
            &[("GroupName", name), ("GroupDescription", "d"), ("VpcId", &vpc)],
        )
    };
    refused(
        make("WEB"),
        "InvalidGroup.Duplicate",
        &format!("The security group 'WEB' already exists for VPC '{vpc}'"),
    );
    refused(
        make("sg-foo"),
        "InvalidParameterValue",
        "Value (sg-foo) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
    );
    assert_eq!(make("default").unwrap_err().code, "InvalidGroup.Reserved");
}

#[test]
fn a_direction_has_as_many_rules_as_the_quota_says() {
    let door = TestDoor::new();
    let group = new_group(&door, &new_vpc(&door, "10.0.0.0/16"), "web");
    for port in 1..=60 {
        let port = port.to_string();
        let rule = [
            ("IpProtocol", "tcp"),
            ("FromPort", &port),
            ("ToPort", &port),
            ("CidrIp", "0.0.0.0/0"),
        ];
        allow(&door, &group, &rule).unwrap();
    }
    refused(
        allow(&door, &group, SSH),
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    );
}

#[test]
fn what_the_control_plane_keeps_is_what_judges() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let group = new_group(&door, &vpc, "web");
    let answer = allow(&door, &group, SSH).unwrap();
    let rule = text(&answer, "securityGroupRuleSet.0.securityGroupRuleId").to_owned();
    let subnet = [("VpcId", vpc.as_str()), ("CidrBlock", "10.0.1.0/24")];
    let subnet = text(&door.ec2("CreateSubnet", &subnet).unwrap(), "subnet.subnetId").to_owned();
    let eni = [("SubnetId", subnet.as_str()), ("SecurityGroupId.1", group.as_str())];
    let eni = door.ec2("CreateNetworkInterface", &eni).unwrap();
    let eni = text(&eni, "networkInterface.networkInterfaceId").to_owned();

    let inventory = inventory(&door);
    let found = inventory.interfaces.iter().find(|it| it.id == eni).unwrap();
    let groups: Vec<_> =
        found.security_groups.iter().map(|it| &inventory.security_groups[*it]).collect();
    assert_eq!(groups[0].id, group);
    assert_eq!(groups[0].ingress[0].id.as_deref(), Some(rule.as_str()));
}
