use super::super::super::answers::{all, at, new_interface, new_vpc, refused, refused_with, text};
use super::Lab;

const MODIFY: &str = "ModifyNetworkInterfaceAttribute";
const DESCRIBE: &str = "DescribeNetworkInterfaceAttribute";

#[test]
fn one_attribute_is_changed_and_the_others_stay() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let (web, db) = (lab.add_group('a'), lab.add_group('b'));

    lab.on(MODIFY, &id, &[("Description.Value", "router")]).unwrap();
    lab.on(MODIFY, &id, &[("SourceDestCheck.Value", "false")]).unwrap();
    lab.on(MODIFY, &id, &[("SecurityGroupId.1", &web), ("SecurityGroupId.2", &db)]).unwrap();

    let found = lab.described(&id);
    assert_eq!(text(&found, "description"), "router");
    assert_eq!(text(&found, "sourceDestCheck"), "false");
    assert_eq!(all(&found, "groupSet", "groupId"), [web, db], "the whole set is replaced");
}

#[test]
fn timeouts_are_set_within_their_bounds() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let set = |name: &str, value: &str| {
        lab.on(MODIFY, &id, &[(&format!("ConnectionTrackingSpecification.{name}"), value)])
    };

    for (name, member, low, high) in [
        ("TcpEstablishedTimeout", "tcpEstablishedTimeout", 60, 432_000),
        ("UdpStreamTimeout", "udpStreamTimeout", 60, 180),
        ("UdpTimeout", "udpTimeout", 30, 60),
    ] {
        for wrong in [low - 1, high + 1] {
            refused(
                set(name, &wrong.to_string()),
                "InvalidParameterValue",
                &format!(
                    "Value ({wrong}) for parameter {member} is invalid. Expecting {low} to {high} seconds."
                ),
            );
        }
        for right in [high, low] {
            set(name, &right.to_string()).unwrap();
            let found = lab.described(&id);
            let member = format!("connectionTrackingConfiguration.{member}");
            assert_eq!(text(&found, &member), right.to_string());
        }
    }
    let found = lab.described(&id);
    assert_eq!(text(&found, "connectionTrackingConfiguration.tcpEstablishedTimeout"), "60");
    let created = lab.create(&[("ConnectionTrackingSpecification.UdpTimeout", "45")]).unwrap();
    let tracking = "networkInterface.connectionTrackingConfiguration";
    assert_eq!(text(&created, &format!("{tracking}.udpTimeout")), "45");
    assert!(at(&created, &format!("{tracking}.udpStreamTimeout")).is_none());
}

#[test]
fn a_change_of_none_or_two_attributes_is_refused() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);

    refused_with(lab.on(MODIFY, &id, &[]), "InvalidParameterCombination", "No attributes");
    refused_with(
        lab.on(MODIFY, &id, &[("Description.Value", "x"), ("SourceDestCheck.Value", "false")]),
        "InvalidParameterCombination",
        "multiple attribute types",
    );
    assert_eq!(text(&lab.described(&id), "description"), "");
}

#[test]
fn groups_of_another_vpc_are_not_given_to_an_interface() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let other = new_vpc(&lab.door, "10.0.0.0/16");
    let foreign = lab.default_group(&other).id;

    refused_with(
        lab.on(MODIFY, &id, &[("SecurityGroupId.1", &foreign)]),
        "InvalidParameter",
        "belong to different networks.",
    );
    refused_with(
        lab.on(MODIFY, &id, &[("SecurityGroupId.1", "sg-0123456789abcdef0")]),
        "InvalidGroup.NotFound",
        "sg-0123456789abcdef0",
    );
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);

    for (name, value) in [
        ("Attachment.DeleteOnTermination", "true"),
        ("EnaSrdSpecification.EnaSrdEnabled", "true"),
        ("EnablePrimaryIpv6", "true"),
        ("AssociatePublicIpAddress", "true"),
        ("AssociatedSubnetId.1", "subnet-0123456789abcdef0"),
    ] {
        refused_with(lab.on(MODIFY, &id, &[(name, value)]), "UnsupportedOperation", "leave it out");
    }
    let dry = [("Description.Value", "x"), ("DryRun", "true")];
    refused_with(lab.on(MODIFY, &id, &dry), "DryRunOperation", "would have succeeded");
    assert_eq!(text(&lab.described(&id), "description"), "");
    let unknown = "eni-0123456789abcdef0";
    refused_with(
        lab.on(MODIFY, unknown, &[("Description.Value", "x")]),
        "InvalidNetworkInterfaceID.NotFound",
        unknown,
    );
}

#[test]
fn an_attribute_is_told_by_itself() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    lab.on(MODIFY, &id, &[("Description.Value", "router")]).unwrap();
    let ask = |attribute: &str| lab.on(DESCRIBE, &id, &[("Attribute", attribute)]).unwrap();
    let group = lab.default_group(&lab.vpc).id;

    assert!(at(&ask("attachment"), "attachment").is_none());
    let attach = [("InstanceId", "i-0123456789abcdef0"), ("DeviceIndex", "1")];
    lab.on("AttachNetworkInterface", &id, &attach).unwrap();
    for (attribute, path, value) in [
        ("description", "description.value", "router"),
        ("groupSet", "groupSet.0.groupId", group.as_str()),
        ("sourceDestCheck", "sourceDestCheck.value", "true"),
        ("attachment", "attachment.instanceId", "i-0123456789abcdef0"),
        ("associatePublicIpAddress", "associatePublicIpAddress", "false"),
    ] {
        let answer = ask(attribute);
        assert_eq!(text(&answer, path), value);
        assert_eq!(text(&answer, "networkInterfaceId"), id);
        assert_eq!(
            at(&answer, "description").is_some(),
            attribute == "description",
            "only what was asked for"
        );
    }
    refused(
        lab.on(DESCRIBE, &id, &[]),
        "MissingParameter",
        "The request must contain the parameter attribute",
    );
    refused_with(
        lab.on(DESCRIBE, &id, &[("Attribute", "colour")]),
        "InvalidParameterValue",
        "Value (colour)",
    );
}
