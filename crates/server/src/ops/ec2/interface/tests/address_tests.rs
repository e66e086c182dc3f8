use super::super::super::answers::{all, new_interface, new_subnet, refused, refused_with, text};
use super::Lab;

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
