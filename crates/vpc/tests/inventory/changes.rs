//! Changes of rules: what they make of an inventory, and what may not be in one.

use flowlogd_vpc::{Cidr, SecurityGroupRule};

use super::*;

const NETWORK: &str = include_str!("../../../../tests/explain/vpc.json");

fn network() -> Inventory {
    Inventory::from_json(NETWORK).unwrap()
}

fn changed(changes: &Value) -> Inventory {
    network().changed(&changes.to_string()).unwrap()
}

fn faults(changes: &str) -> Vec<String> {
    let faults = network().changed(changes).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

fn group<'a>(inventory: &'a Inventory, id: &str) -> &'a flowlogd_vpc::SecurityGroup {
    inventory.security_groups.iter().find(|group| group.id == id).unwrap()
}

fn names(rules: &[SecurityGroupRule]) -> Vec<&str> {
    rules.iter().map(|rule| rule.id.as_deref().unwrap_or("-")).collect()
}

#[test]
fn a_permission_becomes_a_rule_for_each_peer() {
    let inventory = changed(&json!([
        { "AuthorizeSecurityGroupIngress": { "GroupId": "sg-db", "IpPermissions": [
            { "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
              "IpRanges": [{ "CidrIp": "10.1.0.0/16", "Description": "the others" }],
              "UserIdGroupPairs": [{ "GroupId": "sg-admin" }] }] } },
        { "AuthorizeSecurityGroupEgress": { "GroupId": "sg-db", "DryRun": false, "IpPermissions": [
            { "IpProtocol": "-1", "Ipv6Ranges": [{ "CidrIpv6": "::/0" }] }] } },
        { "AuthorizeSecurityGroupIngress": {
            "GroupId": "sg-db", "IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "CidrIp": "0.0.0.0/0" } },
    ]));

    let group = group(&inventory, "sg-db");
    assert_eq!(
        names(&group.ingress),
        ["sgr-postgres", "sgr-proposed-1", "sgr-proposed-2", "sgr-proposed-4"]
    );
    assert_eq!(names(&group.egress), ["sgr-proposed-3"]);
    let admin = inventory.security_groups.iter().position(|group| group.id == "sg-admin").unwrap();
    assert_eq!(group.ingress[1].peer, Peer::Cidr("10.1.0.0/16".parse().unwrap()));
    assert_eq!(group.ingress[2].peer, Peer::SecurityGroup(admin));
    assert_eq!(group.ingress[3].ports, PortMatch::Range { from: 53, to: 53 });
}

#[test]
fn rules_are_revoked_by_id_or_by_what_they_say() {
    let inventory = changed(&json!([
        { "RevokeSecurityGroupIngress": { "SecurityGroupRuleIds": ["sgr-postgres"] } },
        { "RevokeSecurityGroupIngress": { "GroupId": "sg-web", "IpPermissions": [
            { "IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }] } },
        { "RevokeSecurityGroupEgress": { "GroupId": "sg-web", "SecurityGroupRuleIds": ["sgr-out"] } },
    ]));

    assert_eq!(names(&group(&inventory, "sg-db").ingress), Vec::<&str>::new());
    assert_eq!(names(&group(&inventory, "sg-web").ingress), ["sgr-ssh", "sgr-https"]);
    assert!(group(&inventory, "sg-web").egress.is_empty());
}

#[test]
fn entries_are_made_replaced_and_deleted_in_their_order() {
    let inventory = changed(&json!([
        { "CreateNetworkAclEntry": { "NetworkAclId": "acl-back", "RuleNumber": 105, "Egress": false,
            "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "10.1.0.0/16" } },
        { "ReplaceNetworkAclEntry": { "NetworkAclId": "acl-back", "RuleNumber": 110, "Egress": false,
            "Protocol": "6", "PortRange": { "From": 22, "To": 23 }, "RuleAction": "allow", "CidrBlock": "10.0.0.0/16" } },
        { "DeleteNetworkAclEntry": { "NetworkAclId": "acl-back", "RuleNumber": 100, "Egress": false } },
    ]));

    let acl = inventory.network_acls.iter().find(|acl| acl.id == "acl-back").unwrap();
    let told: Vec<_> = acl.ingress.iter().map(|entry| (entry.number, entry.allow)).collect();
    assert_eq!(told, [(105, false), (110, true)]);
    assert_eq!(acl.ingress[1].ports, PortMatch::Range { from: 22, to: 23 });
}

#[test]
fn an_interface_gets_other_groups_and_another_check() {
    let inventory = changed(&json!([
        { "ModifyNetworkInterfaceAttribute": {
            "NetworkInterfaceId": "eni-db", "Groups": ["sg-web", "sg-db", "sg-web"] } },
        { "ModifyNetworkInterfaceAttribute": {
            "NetworkInterfaceId": "eni-db", "SourceDestCheck": { "Value": false } } },
    ]));

    let interface = inventory.interfaces.iter().find(|interface| interface.id == "eni-db").unwrap();
    let ids: Vec<_> = interface
        .security_groups
        .iter()
        .map(|group| inventory.security_groups[*group].id.as_str())
        .collect();
    assert_eq!((ids.as_slice(), interface.source_dest_check), (&["sg-db", "sg-web"][..], false));
}

#[test]
#[rustfmt::skip]
fn every_fault_is_told_with_its_place_in_the_list() {
    let cases: &[(&str, &[&str])] = &[
        ("", &["line 1 column 0: cannot be read as JSON: EOF while parsing a value"]),
        ("{}", &["changes: expected a list of operations, such as [{\"RevokeSecurityGroupIngress\": {…}}], got an object"]),
        ("[] []", &["line 1 column 4: cannot be read as JSON: trailing characters"]),
        ("[1, {}]", &["[0]: expected an object, got a number",
          "[1]: expected one member, the operation, with its parameters as an object"]),
        (r#"[{"RunInstances": {}}]"#,
         &["[0]: unknown operation RunInstances: expected one of AuthorizeSecurityGroupIngress, AuthorizeSecurityGroupEgress, RevokeSecurityGroupIngress, RevokeSecurityGroupEgress, CreateNetworkAclEntry, ReplaceNetworkAclEntry, DeleteNetworkAclEntry, ModifyNetworkInterfaceAttribute"]),
        (r#"[{"DeleteNetworkAclEntry": {"NetworkAclId": "acl-back", "RuleNumber": 1, "Egres": true}}]"#,
         &["[0].DeleteNetworkAclEntry.Egres: unknown parameter: expected one of NetworkAclId, RuleNumber, Egress",
           "[0].DeleteNetworkAclEntry.Egress: is missing: expected true or false"]),
        (r#"[{"DeleteNetworkAclEntry": {"NetworkAclId": "acl-back", "RuleNumber": 101, "Egress": false}},
             {"DeleteNetworkAclEntry": {"NetworkAclId": "acl-x", "RuleNumber": 101, "Egress": false}},
             {"DeleteNetworkAclEntry": {"NetworkAclId": "acl-back", "RuleNumber": 32767, "Egress": false}}]"#,
         &["[2].DeleteNetworkAclEntry.RuleNumber: rule number 32767 is out of range: expected 1 to 32766",
           "[0].DeleteNetworkAclEntry.RuleNumber: acl-back has no ingress entry 101",
           "[1].DeleteNetworkAclEntry.NetworkAclId: acl-x is not in NetworkAcls"]),
        (r#"[{"CreateNetworkAclEntry": {"NetworkAclId": "acl-back", "RuleNumber": 100, "Egress": false, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "10.1.0.0/16"}}]"#,
         &["[0].CreateNetworkAclEntry.RuleNumber: acl-back has an ingress entry 100 already: ReplaceNetworkAclEntry changes it"]),
        (r#"[{"ReplaceNetworkAclEntry": {"NetworkAclId": "acl-back", "RuleNumber": 100, "Egress": true, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "10.1.0.0/16"}}]"#,
         &["[0].ReplaceNetworkAclEntry.RuleNumber: acl-back has no egress entry 100"]),
        (r#"[{"AuthorizeSecurityGroupIngress": {"GroupId": "sg-web", "IpPermissions": [
              {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}, {"CidrIp": "10.0.0.0/33"}]}]}}]"#,
         &["[0].AuthorizeSecurityGroupIngress.IpPermissions[0].IpRanges[1].CidrIp: CIDR block 10.0.0.0/33 is malformed"]),
        (r#"[{"AuthorizeSecurityGroupIngress": {"GroupId": "sg-web", "IpPermissions": [
              {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}}]"#,
         &["[0].AuthorizeSecurityGroupIngress.IpPermissions[0].IpRanges[0]: sg-web has this ingress rule already: sgr-https"]),
        (r#"[{"AuthorizeSecurityGroupIngress": {"GroupId": "sg-web"}}, {"AuthorizeSecurityGroupIngress": {"GroupId": "sg-x", "IpPermissions": [
              {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-web"}]}]}}]"#,
         &["[0].AuthorizeSecurityGroupIngress.IpPermissions: is missing: expected a list of permissions",
           "[1].AuthorizeSecurityGroupIngress.GroupId: sg-x is not in SecurityGroups"]),
        (r#"[{"AuthorizeSecurityGroupIngress": {"GroupId": "sg-web", "IpPermissions": [
              {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-x"}]}, {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-x"}]}]}}]"#,
         &["[0].AuthorizeSecurityGroupIngress.IpPermissions[0].UserIdGroupPairs[0].GroupId: sg-x is not in SecurityGroups"]),
        (r#"[{"RevokeSecurityGroupIngress": {"SecurityGroupRuleIds": ["sgr-out"]}}, {"RevokeSecurityGroupIngress": {"GroupId": "sg-db", "SecurityGroupRuleIds": ["sgr-ssh", 5]}}]"#,
         &["[1].RevokeSecurityGroupIngress.SecurityGroupRuleIds[1]: expected text, got a number",
           "[0].RevokeSecurityGroupIngress.SecurityGroupRuleIds[0]: sgr-out is no ingress rule of any security group"]),
        (r#"[{"RevokeSecurityGroupIngress": {"GroupId": "sg-db", "SecurityGroupRuleIds": ["sgr-ssh"]}}]"#,
         &["[0].RevokeSecurityGroupIngress.SecurityGroupRuleIds[0]: sgr-ssh is no ingress rule of sg-db"]),
        (r#"[{"RevokeSecurityGroupIngress": {"GroupId": "sg-db", "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}}]"#,
         &["[0].RevokeSecurityGroupIngress: sg-db has no such ingress rule"]),
        (r#"[{"ModifyNetworkInterfaceAttribute": {"NetworkInterfaceId": "eni-x", "Groups": ["sg-web"]}},
             {"ModifyNetworkInterfaceAttribute": {"NetworkInterfaceId": "eni-web", "Groups": []}},
             {"ModifyNetworkInterfaceAttribute": {"NetworkInterfaceId": "eni-web", "Description": {"Value": "x"}}}]"#,
         &["[1].ModifyNetworkInterfaceAttribute.Groups: an interface needs a security group: expected sg-…",
           "[2].ModifyNetworkInterfaceAttribute.Description: unknown parameter: expected one of NetworkInterfaceId, Groups, SourceDestCheck",
           "[2].ModifyNetworkInterfaceAttribute: expected either Groups or SourceDestCheck",
           "[0].ModifyNetworkInterfaceAttribute.NetworkInterfaceId: eni-x is not in NetworkInterfaces"]),
    ];
    for (changes, expected) in cases {
        assert_eq!(faults(changes), *expected, "{changes}");
    }
}

proptest! {
    #[test]
    fn what_is_authorized_and_revoked_again_leaves_no_trace(
        (protocol, from, to) in prop_oneof![
            (Just("tcp"), 0..=600_i64, 600..=65535_i64),
            (Just("icmp"), 0..=255_i64, -1..=255_i64),
            (Just("-1"), Just(-1), Just(-1)),
        ],
        net: [u8; 4],
        length in 0..=32_u8,
        egress: bool,
        by_id: bool,
    ) {
        let cidr = Cidr::host(std::net::IpAddr::from(net));
        let block = format!("{}/{length}", cidr.address());
        let way = if egress { "Egress" } else { "Ingress" };
        let permissions = json!([{ "IpProtocol": protocol, "FromPort": from, "ToPort": to, "IpRanges": [{ "CidrIp": block }] }]);
        let authorize = json!([{ format!("AuthorizeSecurityGroup{way}"): { "GroupId": "sg-db", "IpPermissions": permissions } }]);
        let revoke = if by_id {
            json!([{ format!("RevokeSecurityGroup{way}"): { "SecurityGroupRuleIds": ["sgr-proposed-1"] } }])
        } else {
            json!([{ format!("RevokeSecurityGroup{way}"): { "GroupId": "sg-db", "IpPermissions": permissions } }])
        };

        let authorized = network().changed(&authorize.to_string());

        // EC2 takes no block with bits beyond its length.
        if let Ok(authorized) = authorized {
            prop_assert_ne!(&authorized, &network());
            prop_assert_eq!(authorized.changed(&revoke.to_string()).unwrap(), network());
            prop_assert!(authorized.changed(&authorize.to_string()).is_err(), "twice the same");
        }
    }
}
