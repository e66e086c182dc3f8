//! IPv6 addresses of interfaces.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use super::super::super::answers::{
    all, check_refusal, inventory, new_interface, new_ipv6_subnet, new_ipv6_vpc, new_subnet,
    refused, refused_with, text,
};
use super::Lab;
use crate::config::{Config, Quotas};
use crate::testing::TestDoor;

/// A lab whose subnet has the IPv6 block `fd00:1:2:308::/64`.
fn lab() -> Lab {
    lab_with(Quotas::default())
}

fn lab_with(quotas: Quotas) -> Lab {
    let door = TestDoor::with_config(Config { quotas, ..Config::default() });
    let vpc = new_ipv6_vpc(&door, "10.0.0.0/16", "fd00:1:2:300::/56");
    let subnet = new_ipv6_subnet(&door, &vpc, "10.0.8.0/24", "fd00:1:2:308::/64");
    Lab { door, vpc, subnet }
}

fn addresses(made: &Node) -> Vec<String> {
    all(made, "networkInterface.ipv6AddressesSet", "ipv6Address")
}

fn given(lab: &Lab, address: &str) -> Result<Node, Fault> {
    lab.create(&[("Ipv6Addresses.1.Ipv6Address", address)])
}

#[test]
fn an_interface_has_the_ipv6_addresses_that_are_given() {
    let lab = lab();

    let made = lab
        .create(&[
            ("Ipv6Addresses.1.Ipv6Address", "fd00:1:2:308:0:0:0:AB"),
            ("Ipv6Addresses.1.IsPrimaryIpv6", "false"),
            ("Ipv6Addresses.2.Ipv6Address", "fd00:1:2:308::1:1"),
        ])
        .unwrap();

    assert_eq!(addresses(&made), ["fd00:1:2:308::ab", "fd00:1:2:308::1:1"]);
    let id = text(&made, "networkInterface.networkInterfaceId");
    let set = lab.described(id);
    let set = all(&set, "ipv6AddressesSet", "ipv6Address");
    assert_eq!(set, ["fd00:1:2:308::ab", "fd00:1:2:308::1:1"]);
    let filter = [
        ("Filter.1.Name", "ipv6-addresses.ipv6-address"),
        ("Filter.1.Value.1", "fd00:1:2:308::ab"),
    ];
    let found = lab.door.ec2("DescribeNetworkInterfaces", &filter).unwrap();
    assert_eq!(all(&found, "networkInterfaceSet", "networkInterfaceId"), [id]);
}

#[test]
fn chosen_ipv6_addresses_are_the_lowest_that_nobody_has() {
    let lab = lab();
    given(&lab, "fd00:1:2:308::5").unwrap();

    let made = lab.create(&[("Ipv6AddressCount", "2")]).unwrap();
    let none = lab.create(&[]).unwrap();

    assert_eq!(addresses(&made), ["fd00:1:2:308::4", "fd00:1:2:308::6"]);
    assert_eq!(addresses(&none), Vec::<String>::new());
}

#[test]
fn a_subnet_may_give_every_interface_an_address() {
    let lab = lab();
    let on = [("SubnetId", lab.subnet.as_str()), ("AssignIpv6AddressOnCreation.Value", "true")];
    lab.door.ec2("ModifySubnetAttribute", &on).unwrap();

    let chosen = addresses(&lab.create(&[]).unwrap());
    let own = addresses(&given(&lab, "fd00:1:2:308::99").unwrap());
    let none = addresses(&lab.create(&[("Ipv6AddressCount", "0")]).unwrap());

    assert_eq!(
        (chosen.as_slice(), own.as_slice()),
        (&["fd00:1:2:308::4".to_owned()][..], &["fd00:1:2:308::99".to_owned()][..])
    );
    assert_eq!(none, Vec::<String>::new(), "a count of 0 is an answer too");
}

#[test]
fn an_ipv6_address_that_the_subnet_cannot_give_is_refused() {
    let lab = lab();
    given(&lab, "fd00:1:2:308::20").unwrap();

    for address in ["fd00:1:2:309::4", "fd00:1:2:307:ffff:ffff:ffff:ffff", "::ffff:10.0.8.4"] {
        refused(
            given(&lab, address),
            "InvalidParameterValue",
            "Address does not fall within the subnet's address range",
        );
    }
    for address in ["", "1", "2", "3", "ffff:ffff:ffff:ffff"] {
        let separator = if address.len() > 1 { ":" } else { "::" };
        refused(
            given(&lab, &format!("fd00:1:2:308{separator}{address}")),
            "InvalidParameterValue",
            "Address is in subnet's reserved address range",
        );
    }
    let text = "Address fd00:1:2:308::20 is in use.";
    refused(given(&lab, "fd00:1:2:308::20"), "InvalidIPAddress.InUse", text);
    refused(
        given(&lab, "10.0.8.7"),
        "InvalidParameterValue",
        "Value (10.0.8.7) for parameter ipv6Addresses is invalid. This is not a valid IPv6 address.",
    );
    let ipv4 = new_subnet(&lab.door, &lab.vpc, "10.0.9.0/24");
    for parameter in [("Ipv6AddressCount", "1"), ("Ipv6Addresses.1.Ipv6Address", "fd00::9")] {
        refused(
            lab.door.ec2("CreateNetworkInterface", &[("SubnetId", &ipv4), parameter]),
            "InvalidParameterValue",
            &format!("The subnet {ipv4} has no IPv6 CIDR block associated with it."),
        );
    }
    given(&lab, "fd00:1:2:308::4").unwrap();
}

#[test]
fn ipv6_parameters_that_contradict_each_other_are_refused() {
    let lab = lab();
    let one = ("Ipv6Addresses.1.Ipv6Address", "fd00:1:2:308::9");

    let both = lab.create(&[one, ("Ipv6AddressCount", "1")]);
    refused_with(both, "InvalidParameterCombination", "Ipv6AddressCount");
    let twice = lab.create(&[one, ("Ipv6Addresses.2.Ipv6Address", "fd00:1:2:308:0::9")]);
    refused(twice, "InvalidParameterValue", "Address fd00:1:2:308::9 is specified twice.");
    let negative = lab.create(&[("Ipv6AddressCount", "-1")]);
    refused_with(negative, "InvalidParameterValue", "Value (-1) for parameter ipv6AddressCount");
    let primary = lab.create(&[one, ("Ipv6Addresses.1.IsPrimaryIpv6", "true")]);
    refused_with(primary, "UnsupportedOperation", "IsPrimaryIpv6");
    let dry = lab.create(&[one, ("DryRun", "true")]);
    refused_with(dry, "DryRunOperation", "would have succeeded");
}

#[test]
fn ipv6_addresses_come_and_go() {
    let lab = lab();
    let id = new_interface(&lab.door, &lab.subnet);
    let assign = |parameters: &[(&str, &str)]| lab.on("AssignIpv6Addresses", &id, parameters);
    let unassign =
        |address: &str| lab.on("UnassignIpv6Addresses", &id, &[("Ipv6Addresses.1", address)]);

    let given = assign(&[("Ipv6Addresses.1", "fd00:1:2:308::9")]).unwrap();
    let chosen = assign(&[("Ipv6AddressCount", "2")]).unwrap();
    let gone = unassign("fd00:1:2:308::4").unwrap();

    assert_eq!(text(&given, "networkInterfaceId"), id);
    assert_eq!(text(&given, "assignedIpv6Addresses.0"), "fd00:1:2:308::9");
    assert_eq!(text(&chosen, "assignedIpv6Addresses.1"), "fd00:1:2:308::5");
    assert_eq!(text(&gone, "unassignedIpv6Addresses.0"), "fd00:1:2:308::4");
    let left = all(&lab.described(&id), "ipv6AddressesSet", "ipv6Address");
    assert_eq!(left, ["fd00:1:2:308::9", "fd00:1:2:308::5"]);

    refused(
        unassign("fd00:1:2:308::4"),
        "InvalidParameterValue",
        &format!(
            "Some of the specified IPv6 addresses are not assigned to the network interface '{id}'"
        ),
    );
    let again = assign(&[("Ipv6Addresses.1", "fd00:1:2:308::9")]);
    refused_with(again, "InvalidIPAddress.InUse", "fd00:1:2:308::9");
    refused_with(assign(&[]), "MissingParameter", "ipv6Addresses");
    refused_with(lab.on("UnassignIpv6Addresses", &id, &[]), "MissingParameter", "ipv6Addresses");
    for (action, name, value) in [
        ("AssignIpv6Addresses", "Ipv6Prefix.1", "fd00::/80"),
        ("AssignIpv6Addresses", "Ipv6PrefixCount", "1"),
        ("UnassignIpv6Addresses", "Ipv6Prefix.1", "fd00::/80"),
    ] {
        refused_with(lab.on(action, &id, &[(name, value)]), "UnsupportedOperation", "Ipv6Prefix");
    }
    let unknown = "eni-0123456789abcdef0";
    for action in ["AssignIpv6Addresses", "UnassignIpv6Addresses"] {
        let result = lab.on(action, unknown, &[("Ipv6Addresses.1", "fd00:1:2:308::9")]);
        refused_with(result, "InvalidNetworkInterfaceID.NotFound", unknown);
    }
}

#[test]
fn an_interface_has_no_more_ipv6_addresses_than_the_quota() {
    let lab = lab_with(Quotas { ipv6_addresses_per_interface: 2, ..Quotas::default() });
    let limit = "A network interface has at most 2 IPv6 addresses.";

    let three = lab.create(&[("Ipv6AddressCount", "3")]);
    refused(three, "PrivateIpAddressLimitExceeded", limit);
    let two = lab.create(&[("Ipv6AddressCount", "2")]).unwrap();
    let id = text(&two, "networkInterface.networkInterfaceId");
    let one_more = lab.on("AssignIpv6Addresses", id, &[("Ipv6AddressCount", "1")]);
    refused(one_more, "PrivateIpAddressLimitExceeded", limit);
}

#[test]
fn what_judges_knows_blocks_and_addresses_of_ipv6() {
    let lab = lab();
    let made = given(&lab, "fd00:1:2:308::ab").unwrap();
    let id = text(&made, "networkInterface.networkInterfaceId");

    let inventory = inventory(&lab.door);

    let interface = inventory.interfaces.iter().find(|it| it.id == id).unwrap();
    let texts = |cidrs: &[flowlogd_vpc::Cidr]| -> Vec<String> {
        cidrs.iter().map(ToString::to_string).collect()
    };
    let (subnet, vpc) = (inventory.subnet(interface).unwrap(), inventory.vpc(interface).unwrap());
    assert_eq!(texts(&subnet.cidrs), ["10.0.8.0/24", "fd00:1:2:308::/64"]);
    assert_eq!(texts(&vpc.cidrs), ["10.0.0.0/16", "fd00:1:2:300::/56"]);
    let address: std::net::Ipv6Addr = "fd00:1:2:308::ab".parse().unwrap();
    assert_eq!(interface.ipv6_addresses, [address]);
    let acl = inventory.network_acl(interface).unwrap();
    let numbers: Vec<_> = acl.ingress.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, [100, 101], "the closing entries are everybody's");
    assert_eq!(inventory.ignored, Vec::<String>::new());
}

#[test]
fn who_may_not_is_told_so_of_ipv6_addresses() {
    let mut lab = lab();
    let id = new_interface(&lab.door, &lab.subnet);
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:network-interface/{id}");
    let parameters = [("NetworkInterfaceId", id.as_str())];

    for action in ["AssignIpv6Addresses", "UnassignIpv6Addresses"] {
        check_refusal(&mut lab.door, action, &parameters, Some(&arn));
    }
}
