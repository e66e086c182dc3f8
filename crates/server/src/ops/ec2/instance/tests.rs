use flowlogd_aws::codec::Node;

use super::super::answers::{
    all, at, check_filters, check_refusal, new_interface, new_subnet, new_vpc, refused,
    refused_with, text,
};
use crate::testing::{ACCOUNT, TestDoor};

const INSTANCE: &str = "i-0123456789abcdef0";

/// An instance with two interfaces, and another with one.
struct Lab {
    door: TestDoor,
    vpc: String,
    subnet: String,
    /// By device index.
    interfaces: [String; 2],
}

impl Lab {
    fn new() -> Self {
        let door = TestDoor::new();
        let vpc = new_vpc(&door, "10.0.0.0/16");
        let subnet = new_subnet(&door, &vpc, "10.0.8.0/24");
        let interfaces = [new_interface(&door, &subnet), new_interface(&door, &subnet)];
        let other = new_interface(&door, &subnet);
        let to = [
            (&interfaces[1], INSTANCE, "1"),
            (&interfaces[0], INSTANCE, "0"),
            (&other, "i-00000000000000001", "0"),
        ];
        for (interface, instance, index) in to {
            let attach = [
                ("NetworkInterfaceId", interface.as_str()),
                ("InstanceId", instance),
                ("DeviceIndex", index),
            ];
            door.ec2("AttachNetworkInterface", &attach).unwrap();
        }
        Self { door, vpc, subnet, interfaces }
    }

    fn one(&self) -> Node {
        self.door.ec2("DescribeInstances", &[("InstanceId.1", INSTANCE)]).unwrap()
    }
}

#[test]
fn an_instance_is_where_its_interfaces_are() {
    let lab = Lab::new();

    let found = lab.one();

    let instance = at(&found, "reservationSet.0.instancesSet.0").unwrap();
    for (member, value) in [
        ("instanceId", INSTANCE),
        ("instanceState.code", "16"),
        ("instanceState.name", "running"),
        ("privateIpAddress", "10.0.8.4"),
        ("privateDnsName", "ip-10-0-8-4.ec2.internal"),
        ("subnetId", &lab.subnet),
        ("vpcId", &lab.vpc),
        ("placement.availabilityZone", "us-east-1a"),
        ("sourceDestCheck", "true"),
        ("groupSet.0.groupName", "default"),
        ("networkInterfaceSet.0.attachment.deviceIndex", "0"),
        ("networkInterfaceSet.1.attachment.deviceIndex", "1"),
    ] {
        assert_eq!(text(instance, member), value, "{member}");
    }
    assert_eq!(all(instance, "networkInterfaceSet", "networkInterfaceId"), lab.interfaces);
    assert_eq!(text(&found, "reservationSet.0.ownerId"), ACCOUNT);
    let every = lab.door.ec2("DescribeInstances", &[]).unwrap();
    let ids = all(&every, "reservationSet", "instancesSet.0.instanceId");
    assert_eq!(ids, ["i-00000000000000001", INSTANCE]);
}

#[test]
fn an_instance_without_interfaces_is_not_known() {
    let lab = Lab::new();
    let found = lab.one();
    for number in ["0", "1"] {
        let path = format!(
            "reservationSet.0.instancesSet.0.networkInterfaceSet.{number}.attachment.attachmentId"
        );
        let detach = [("AttachmentId", text(&found, &path)), ("Force", "true")];
        lab.door.ec2("DetachNetworkInterface", &detach).unwrap();
    }

    refused(
        lab.door.ec2("DescribeInstances", &[("InstanceId.1", INSTANCE)]),
        "InvalidInstanceID.NotFound",
        &format!("The instance ID '{INSTANCE}' does not exist"),
    );
}

#[test]
fn every_filter_of_instances_finds_what_it_names() {
    let lab = Lab::new();
    let found = lab.one();
    let reservation = at(&found, "reservationSet.0").unwrap();
    let interface = at(reservation, "instancesSet.0.networkInterfaceSet.1").unwrap();
    let of_interface = |member: &str| text(interface, member).to_owned();
    let name = |member: &str| format!("network-interface.{member}");
    let values = [
        (name("network-interface-id"), of_interface("networkInterfaceId")),
        (name("mac-address"), of_interface("macAddress")),
        (name("private-ip-address"), "10.0.8.5".to_owned()),
        (name("addresses.private-ip-address"), "10.0.8.5".to_owned()),
        (name("attachment.attachment-id"), of_interface("attachment.attachmentId")),
        (name("attachment.device-index"), "1".to_owned()),
        (name("attachment.instance-id"), INSTANCE.to_owned()),
        (name("attachment.instance-owner-id"), ACCOUNT.to_owned()),
        (name("subnet-id"), lab.subnet.clone()),
        (name("group-name"), "default".to_owned()),
        (name("status"), "in-use".to_owned()),
        (name("outpost-arn"), String::new()),
        ("instance-id".to_owned(), INSTANCE.to_owned()),
        ("instance-state-name".to_owned(), "running".to_owned()),
        ("instance-state-code".to_owned(), "16".to_owned()),
        ("availability-zone".to_owned(), "us-east-1a".to_owned()),
        ("vpc-id".to_owned(), lab.vpc.clone()),
        ("reservation-id".to_owned(), text(reservation, "reservationId").to_owned()),
        ("owner-id".to_owned(), ACCOUNT.to_owned()),
        ("private-ip-address".to_owned(), "10.0.8.4".to_owned()),
        ("image-id".to_owned(), String::new()),
        ("instance-type".to_owned(), String::new()),
        ("key-name".to_owned(), String::new()),
        ("tenancy".to_owned(), String::new()),
    ];
    let cases: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let id = text(reservation, "reservationId");

    check_filters(&lab.door, "DescribeInstances", "reservationSet", "reservationId", id, &cases);
}

#[test]
fn what_cannot_be_asked_of_instances_is_refused() {
    let mut lab = Lab::new();

    refused(
        lab.door.ec2("DescribeInstances", &[("InstanceId.1", INSTANCE), ("MaxResults", "5")]),
        "InvalidParameterCombination",
        "The parameter instancesSet cannot be used with the parameter maxResults",
    );
    refused_with(
        lab.door.ec2("DescribeInstances", &[("InstanceId.1", "lab")]),
        "InvalidInstanceID.Malformed",
        "Invalid id: \"lab\"",
    );
    refused_with(
        lab.door.ec2("DescribeInstances", &[("DryRun", "true")]),
        "DryRunOperation",
        "would have succeeded",
    );
    check_refusal(&mut lab.door, "DescribeInstances", &[], None);
}
