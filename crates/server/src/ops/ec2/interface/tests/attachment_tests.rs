use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use super::super::super::answers::{
    at, new_interface, new_subnet, new_vpc, refused, refused_with, text,
};
use super::Lab;
use crate::config::Quotas;

const INSTANCE: &str = "i-0123456789abcdef0";

fn attach(lab: &Lab, id: &str, instance: &str, index: &str) -> Result<Node, Fault> {
    lab.on("AttachNetworkInterface", id, &[("InstanceId", instance), ("DeviceIndex", index)])
}

#[test]
fn an_attached_interface_is_in_use_until_it_is_detached() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);

    let answer = attach(&lab, &id, INSTANCE, "1").unwrap();
    let attachment = text(&answer, "attachmentId");
    let found = lab.described(&id);

    assert!(attachment.starts_with("eni-attach-"));
    assert_eq!(text(&answer, "networkCardIndex"), "0");
    for (member, value) in [
        ("status", "in-use"),
        ("attachment.attachmentId", attachment),
        ("attachment.instanceId", INSTANCE),
        ("attachment.instanceOwnerId", "123456789012"),
        ("attachment.deviceIndex", "1"),
        ("attachment.networkCardIndex", "0"),
        ("attachment.status", "attached"),
        ("attachment.attachTime", "2026-11-26T00:00:00.000Z"),
        ("attachment.deleteOnTermination", "false"),
    ] {
        assert_eq!(text(&found, member), value, "{member}");
    }
    let message = format!("Network interface '{id}' is currently in use.");
    refused(lab.on("DeleteNetworkInterface", &id, &[]), "InvalidParameterValue", &message);
    refused(attach(&lab, &id, INSTANCE, "2"), "InvalidParameterValue", &message);

    lab.door.ec2("DetachNetworkInterface", &[("AttachmentId", attachment)]).unwrap();
    let found = lab.described(&id);
    assert_eq!(text(&found, "status"), "available");
    assert!(at(&found, "attachment").is_none());
    refused(
        lab.door.ec2("DetachNetworkInterface", &[("AttachmentId", attachment)]),
        "InvalidAttachmentID.NotFound",
        &format!("The network interface attachment ID '{attachment}' does not exist"),
    );
    lab.on("DeleteNetworkInterface", &id, &[]).unwrap();
}

#[test]
fn the_primary_interface_is_detached_by_force_only() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let answer = attach(&lab, &id, INSTANCE, "0").unwrap();
    let attachment = ("AttachmentId", text(&answer, "attachmentId"));

    refused(
        lab.door.ec2("DetachNetworkInterface", &[attachment]),
        "OperationNotPermitted",
        "The network interface at device index 0 and networkCard index 0 cannot be detached.",
    );
    lab.door.ec2("DetachNetworkInterface", &[attachment, ("Force", "true")]).unwrap();

    assert_eq!(text(&lab.described(&id), "status"), "available");
}

#[test]
fn an_instance_has_one_interface_at_an_index() {
    let lab = Lab::new();
    let (first, second) =
        (new_interface(&lab.door, &lab.subnet), new_interface(&lab.door, &lab.subnet));
    attach(&lab, &first, INSTANCE, "1").unwrap();

    refused(
        attach(&lab, &second, INSTANCE, "1"),
        "InvalidParameterValue",
        &format!("Instance '{INSTANCE}' already has an interface attached at device index '1'."),
    );
    attach(&lab, &second, "i-0123456789abcdef1", "1").unwrap();
}

#[test]
fn an_instance_is_in_one_zone_and_one_vpc() {
    let lab = Lab::new();
    let elsewhere = [
        ("VpcId", lab.vpc.as_str()),
        ("CidrBlock", "10.0.9.0/24"),
        ("AvailabilityZone", "us-east-1b"),
    ];
    let elsewhere = lab.door.ec2("CreateSubnet", &elsewhere).unwrap();
    let other_vpc = new_vpc(&lab.door, "10.0.0.0/16");
    let other_subnet = new_subnet(&lab.door, &other_vpc, "10.0.8.0/24");
    let here = new_interface(&lab.door, &lab.subnet);
    attach(&lab, &here, INSTANCE, "0").unwrap();

    let other_zone = new_interface(&lab.door, text(&elsewhere, "subnet.subnetId"));
    refused_with(
        attach(&lab, &other_zone, INSTANCE, "1"),
        "InvalidParameterCombination",
        "if they are not in the same availability zone",
    );
    let other_vpc = new_interface(&lab.door, &other_subnet);
    refused_with(
        attach(&lab, &other_vpc, INSTANCE, "1"),
        "InvalidParameterCombination",
        "if they are not in the same VPC",
    );
}

#[test]
fn an_instance_has_no_more_interfaces_than_the_quota() {
    let quotas = Quotas { network_interfaces_per_instance: 2, ..Quotas::default() };
    let lab = Lab::with_quotas(quotas);
    let interfaces = [0, 1, 2].map(|_| new_interface(&lab.door, &lab.subnet));
    attach(&lab, &interfaces[0], INSTANCE, "0").unwrap();
    attach(&lab, &interfaces[1], INSTANCE, "1").unwrap();

    let third = attach(&lab, &interfaces[2], INSTANCE, "2");

    refused_with(third, "AttachmentLimitExceeded", "Interface count 3 exceeds the limit");
}

#[test]
fn a_request_that_attaches_nothing_sensible_is_refused() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let attach_with = |name: &str, value: &str| {
        let parameters = [("InstanceId", INSTANCE), ("DeviceIndex", "1"), (name, value)];
        lab.on("AttachNetworkInterface", &id, &parameters)
    };

    refused_with(attach(&lab, &id, "web", "1"), "InvalidInstanceID.Malformed", "\"i-...\"");
    refused_with(attach(&lab, &id, INSTANCE, "-1"), "InvalidParameterValue", "Value (-1)");
    refused_with(attach(&lab, &id, INSTANCE, "4294967296"), "InvalidParameterValue", "deviceIndex");
    refused_with(
        attach(&lab, "eni-0123456789abcdef0", INSTANCE, "1"),
        "InvalidNetworkInterfaceID.NotFound",
        "eni-0123456789abcdef0",
    );
    for (name, value) in [
        ("NetworkCardIndex", "1"),
        ("EnaSrdSpecification.EnaSrdEnabled", "true"),
        ("EnaQueueCount", "2"),
    ] {
        refused_with(attach_with(name, value), "UnsupportedOperation", "not supported here");
    }
    refused_with(attach_with("DryRun", "true"), "DryRunOperation", "would have succeeded");
    assert_eq!(text(&lab.described(&id), "status"), "available");
    refused_with(
        lab.door.ec2("DetachNetworkInterface", &[("AttachmentId", "x")]),
        "InvalidAttachmentID.Malformed",
        "\"eni-attach-...\"",
    );
    attach_with("NetworkCardIndex", "0").unwrap();
}
