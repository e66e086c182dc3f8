use super::super::super::answers::{
    all, inventory, new_interface, new_ipv6_subnet, new_ipv6_vpc, new_subnet, refused,
    refused_with, text,
};
use super::Lab;
use crate::testing::TestDoor;

#[test]
fn given_addresses_are_kept_with_the_primary_one_first() {
    let lab = Lab::new();

    let made = lab
        .create(&[
            ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.8.18"),
            ("PrivateIpAddresses.1.Primary", "false"),
            ("PrivateIpAddresses.2.PrivateIpAddress", "10.0.8.17"),
            ("PrivateIpAddresses.2.Primary", "true"),
        ])
        .unwrap();

    let set = "networkInterface.privateIpAddressesSet";
    assert_eq!(text(&made, "networkInterface.privateIpAddress"), "10.0.8.17");
    assert_eq!(all(&made, set, "privateIpAddress"), ["10.0.8.17", "10.0.8.18"]);
    assert_eq!(all(&made, set, "primary"), ["true", "false"]);
}

#[test]
fn chosen_addresses_are_the_lowest_that_nobody_has() {
    let lab = Lab::new();
    lab.create(&[("PrivateIpAddress", "10.0.8.5")]).unwrap();

    let made = lab
        .create(&[("PrivateIpAddress", "10.0.8.6"), ("SecondaryPrivateIpAddressCount", "2")])
        .unwrap();
    let around = lab.create(&[("PrivateIpAddresses.1.PrivateIpAddress", "10.0.8.8")]).unwrap();

    let set = "networkInterface.privateIpAddressesSet";
    assert_eq!(all(&made, set, "privateIpAddress"), ["10.0.8.6", "10.0.8.4", "10.0.8.7"]);
    assert_eq!(
        all(&around, set, "privateIpAddress"),
        ["10.0.8.9", "10.0.8.8"],
        "the primary address goes around the given one"
    );
}

#[test]
fn an_address_that_the_subnet_cannot_give_is_refused() {
    let lab = Lab::new();
    let primary = |address: &str| lab.create(&[("PrivateIpAddress", address)]);
    lab.create(&[("PrivateIpAddress", "10.0.8.20")]).unwrap();

    for address in ["10.0.9.4", "10.0.7.255", "192.168.0.1"] {
        refused(
            primary(address),
            "InvalidParameterValue",
            "Address does not fall within the subnet's address range",
        );
    }
    for address in ["10.0.8.0", "10.0.8.1", "10.0.8.2", "10.0.8.3", "10.0.8.255"] {
        refused(
            primary(address),
            "InvalidParameterValue",
            "Address is in subnet's reserved address range",
        );
    }
    refused(primary("10.0.8.20"), "InvalidIPAddress.InUse", "Address 10.0.8.20 is in use.");
    refused(
        lab.create(&[("PrivateIpAddresses.1.PrivateIpAddress", "10.0.8.20")]),
        "InvalidIPAddress.InUse",
        "Address 10.0.8.20 is in use.",
    );
    refused(
        primary("10.0.8"),
        "InvalidParameterValue",
        "Value (10.0.8) for parameter privateIpAddress is invalid. This is not a valid IPv4 address.",
    );
    primary("10.0.8.4").unwrap();
    primary("10.0.8.254").unwrap();
}

#[test]
fn parameters_that_contradict_each_other_are_refused() {
    let lab = Lab::new();

    refused_with(
        lab.create(&[
            ("PrivateIpAddress", "10.0.8.10"),
            ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.8.11"),
            ("PrivateIpAddresses.1.Primary", "true"),
        ]),
        "InvalidParameterCombination",
        "Only one primary",
    );
    refused_with(
        lab.create(&[
            ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.8.11"),
            ("SecondaryPrivateIpAddressCount", "1"),
        ]),
        "InvalidParameterCombination",
        "SecondaryPrivateIpAddressCount",
    );
    refused_with(
        lab.create(&[
            ("PrivateIpAddress", "10.0.8.10"),
            ("PrivateIpAddresses.1.PrivateIpAddress", "10.0.8.10"),
        ]),
        "InvalidParameterValue",
        "Address 10.0.8.10 is specified twice.",
    );
    refused_with(
        lab.create(&[("SecondaryPrivateIpAddressCount", "-1")]),
        "InvalidParameterValue",
        "Value (-1) for parameter secondaryPrivateIpAddressCount",
    );
}

#[test]
fn a_full_subnet_gives_no_address() {
    let lab = Lab::new();
    let small = new_subnet(&lab.door, &lab.vpc, "10.0.9.0/28");
    let create = |count: &str| {
        let parameters = [("SubnetId", small.as_str()), ("SecondaryPrivateIpAddressCount", count)];
        lab.door.ec2("CreateNetworkInterface", &parameters)
    };
    let text = "The specified subnet does not have enough free addresses to satisfy the request.";

    refused(create("11"), "InsufficientFreeAddressesInSubnet", text);
    create("9").unwrap();
    let last = new_interface(&lab.door, &small);
    refused(create("0"), "InsufficientFreeAddressesInSubnet", text);

    lab.on("DeleteNetworkInterface", &last, &[]).unwrap();
    create("0").unwrap();
}

#[test]
fn a_subnet_may_say_that_its_reserved_addresses_are_ordinary_machines() {
    let door = TestDoor::new();
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");
    let subnet = new_ipv6_subnet(&door, &vpc, "10.0.8.0/28", "fd00:1:2:308::/64");
    let create = |name: &str, address: &str| {
        door.ec2("CreateNetworkInterface", &[("SubnetId", subnet.as_str()), (name, address)])
    };
    let tag = |value: &str| {
        let parameters = [
            ("ResourceId.1", subnet.as_str()),
            ("Tag.1.Key", "flowlogd:reserved-addresses"),
            ("Tag.1.Value", value),
        ];
        door.ec2("CreateTags", &parameters).unwrap();
    };
    let (ipv4, ipv6) = ("PrivateIpAddress", "Ipv6Addresses.1.Ipv6Address");
    let reserved = "Address is in subnet's reserved address range";

    tag("aws");
    refused(create(ipv4, "10.0.8.2"), "InvalidParameterValue", reserved);
    tag("none");
    for address in ["10.0.8.1", "10.0.8.2", "10.0.8.3"] {
        create(ipv4, address).unwrap();
    }
    let last = "fd00:1:2:308:ffff:ffff:ffff:ffff";
    for address in ["fd00:1:2:308::1", "fd00:1:2:308::2", last] {
        // Each has an IPv4 address that was chosen, too.
        create(ipv6, address).unwrap();
    }

    for address in ["10.0.8.0", "10.0.8.15"] {
        refused(create(ipv4, address), "InvalidParameterValue", reserved);
    }
    refused(create(ipv6, "fd00:1:2:308::"), "InvalidParameterValue", reserved);
    refused(create(ipv4, "10.0.8.2"), "InvalidIPAddress.InUse", "Address 10.0.8.2 is in use.");
    let chosen = create("Ipv6AddressCount", "1").unwrap();
    assert_eq!(text(&chosen, "networkInterface.privateIpAddress"), "10.0.8.7");
    let address = all(&chosen, "networkInterface.ipv6AddressesSet", "ipv6Address");
    assert_eq!(address, ["fd00:1:2:308::4"], "AWS's are not chosen");
    let found = door.ec2("DescribeSubnets", &[("SubnetId.1", &subnet)]).unwrap();
    let available = text(&found, "subnetSet.0.availableIpAddressCount");
    assert_eq!(available, "7", "11 can be chosen, and 4 of them are in use");
    assert_eq!(inventory(&door).interfaces.len(), 7, "what judges takes them too");
}
