use super::super::super::answers::{
    all, at, check_filters, new_interface, refused, refused_with, stored, text,
};
use super::Lab;
use crate::model::Interface;

#[test]
fn every_documented_filter_of_interfaces_finds_what_it_names() {
    let lab = Lab::new();
    let parameters = [
        ("Description", "my eni"),
        ("SecondaryPrivateIpAddressCount", "1"),
        ("TagSpecification.1.ResourceType", "network-interface"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "web"),
    ];
    let made = lab.create(&parameters).unwrap();
    let id = text(&made, "networkInterface.networkInterfaceId");
    let attach = [("InstanceId", "i-0123456789abcdef0"), ("DeviceIndex", "1")];
    let attached = lab.on("AttachNetworkInterface", id, &attach).unwrap();
    let group = lab.default_group(&lab.vpc).id;

    let cases = [
        ("addresses.association.owner-id", ""),
        ("addresses.association.public-ip", ""),
        ("addresses.primary", "false"),
        ("addresses.private-ip-address", "10.0.8.5"),
        ("association.allocation-id", ""),
        ("association.association-id", ""),
        ("association.ip-owner-id", ""),
        ("association.public-ip", ""),
        ("association.public-dns-name", ""),
        ("attachment.attach-time", "2026-11-26T00:00:00.000Z"),
        ("attachment.attachment-id", text(&attached, "attachmentId")),
        ("attachment.delete-on-termination", "false"),
        ("attachment.device-index", "1"),
        ("attachment.instance-id", "i-0123456789abcdef0"),
        ("attachment.instance-owner-id", "123456789012"),
        ("attachment.status", "attached"),
        ("availability-zone", "us-east-1a"),
        ("availability-zone-id", "use1-az1"),
        ("description", "my *"),
        ("group-id", &group),
        ("interface-type", "interface"),
        ("ipv6-addresses.ipv6-address", ""),
        ("mac-address", text(&made, "networkInterface.macAddress")),
        ("network-interface-id", id),
        ("operator.managed", "false"),
        ("operator.principal", ""),
        ("owner-id", "123456789012"),
        ("private-dns-name", "ip-10-0-8-4.ec2.internal"),
        ("private-ip-address", "10.0.8.4"),
        ("requester-id", ""),
        ("requester-managed", "false"),
        ("source-dest-check", "true"),
        ("status", "in-use"),
        ("subnet-id", &lab.subnet),
        ("tag:Name", "web"),
        ("tag-key", "N*"),
        ("vpc-id", &lab.vpc),
    ];
    let (action, list) = ("DescribeNetworkInterfaces", "networkInterfaceSet");
    check_filters(&lab.door, action, list, "networkInterfaceId", id, &cases);
    assert_eq!(text(&lab.described(id), "tagSet.0.value"), "web");
}

#[test]
fn a_private_address_filter_means_the_primary_one() {
    let lab = Lab::new();
    lab.create(&[("SecondaryPrivateIpAddressCount", "1")]).unwrap();

    let filter = [("Filter.1.Name", "private-ip-address"), ("Filter.1.Value.1", "10.0.8.5")];
    let found = lab.door.ec2("DescribeNetworkInterfaces", &filter).unwrap();

    let ids = all(&found, "networkInterfaceSet", "networkInterfaceId");
    assert_eq!(ids, Vec::<String>::new());
}

#[test]
fn several_filters_are_all_to_be_met() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let find = |status: &str| {
        let filters = [
            ("Filter.1.Name", "vpc-id"),
            ("Filter.1.Value.1", lab.vpc.as_str()),
            ("Filter.2.Name", "status"),
            ("Filter.2.Value.1", "associated"),
            ("Filter.2.Value.2", status),
        ];
        let answer = lab.door.ec2("DescribeNetworkInterfaces", &filters).unwrap();
        all(&answer, "networkInterfaceSet", "networkInterfaceId")
    };

    assert_eq!(find("available"), [id]);
    assert_eq!(find("in-use"), Vec::<String>::new());
}

#[test]
fn pages_of_interfaces_follow_each_other_but_not_with_ids() {
    let lab = Lab::new();
    for _ in 0..7 {
        new_interface(&lab.door, &lab.subnet);
    }
    let describe =
        |parameters: &[(&str, &str)]| lab.door.ec2("DescribeNetworkInterfaces", parameters);

    let first = describe(&[("MaxResults", "5")]).unwrap();
    let second =
        describe(&[("MaxResults", "5"), ("NextToken", text(&first, "nextToken"))]).unwrap();

    let mut ids = all(&first, "networkInterfaceSet", "networkInterfaceId");
    assert_eq!(ids.len(), 5);
    ids.extend(all(&second, "networkInterfaceSet", "networkInterfaceId"));
    let mut expected: Vec<_> = stored::<Interface>(&lab.door).into_iter().map(|it| it.id).collect();
    expected.sort();
    assert_eq!(ids, expected);
    assert!(at(&second, "nextToken").is_none());
    refused(
        describe(&[("NetworkInterfaceId.1", &ids[0]), ("MaxResults", "5")]),
        "InvalidParameterCombination",
        "The parameter networkInterfacesSet cannot be used with the parameter maxResults",
    );
    refused_with(describe(&[("MaxResults", "1001")]), "InvalidParameterValue", "1001");
    refused_with(describe(&[("DryRun", "true")]), "DryRunOperation", "would have succeeded");
    refused_with(
        describe(&[("NetworkInterfaceId.1", "eni-0123456789abcdef0")]),
        "InvalidNetworkInterfaceID.NotFound",
        "eni-0123456789abcdef0",
    );
}
