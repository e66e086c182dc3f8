//! `AssignPrivateIpAddresses` and `UnassignPrivateIpAddresses`.

use super::super::super::answers::{
    all, check_refusal, new_interface, refused, refused_with, text,
};
use super::Lab;
use crate::config::Quotas;

const ASSIGN: &str = "AssignPrivateIpAddresses";
const UNASSIGN: &str = "UnassignPrivateIpAddresses";

fn addresses(lab: &Lab, id: &str) -> Vec<String> {
    all(&lab.described(id), "privateIpAddressesSet", "privateIpAddress")
}

#[test]
fn secondary_addresses_come_and_go() {
    let lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);

    let given = lab.on(ASSIGN, &id, &[("PrivateIpAddress.1", "10.0.8.20")]).unwrap();
    let chosen = lab.on(ASSIGN, &id, &[("SecondaryPrivateIpAddressCount", "2")]).unwrap();

    assert_eq!(text(&given, "networkInterfaceId"), id);
    let set = "assignedPrivateIpAddressesSet";
    assert_eq!(all(&given, set, "privateIpAddress"), ["10.0.8.20"]);
    assert_eq!(all(&chosen, set, "privateIpAddress"), ["10.0.8.5", "10.0.8.6"]);
    assert_eq!(addresses(&lab, &id), ["10.0.8.4", "10.0.8.20", "10.0.8.5", "10.0.8.6"]);
    let primary = all(&lab.described(&id), "privateIpAddressesSet", "primary");
    assert_eq!(primary, ["true", "false", "false", "false"]);

    let gone = [("PrivateIpAddress.1", "10.0.8.5"), ("PrivateIpAddress.2", "10.0.8.20")];
    lab.on(UNASSIGN, &id, &gone).unwrap();

    assert_eq!(addresses(&lab, &id), ["10.0.8.4", "10.0.8.6"]);
}

#[test]
fn an_address_moves_only_where_that_is_allowed() {
    let lab = Lab::new();
    let (one, two) = (new_interface(&lab.door, &lab.subnet), new_interface(&lab.door, &lab.subnet));
    let address = ("PrivateIpAddress.1", "10.0.8.20");
    let more = ("PrivateIpAddress.2", "10.0.8.21");
    lab.on(ASSIGN, &one, &[address, more]).unwrap();

    refused(
        lab.on(ASSIGN, &two, &[address]),
        "InvalidIPAddress.InUse",
        "Address 10.0.8.20 is in use.",
    );
    lab.on(ASSIGN, &two, &[address, more, ("AllowReassignment", "true")]).unwrap();

    assert_eq!(addresses(&lab, &one), ["10.0.8.4"]);
    assert_eq!(addresses(&lab, &two), ["10.0.8.5", "10.0.8.20", "10.0.8.21"]);
    refused(
        lab.on(ASSIGN, &two, &[("PrivateIpAddress.1", "10.0.8.4"), ("AllowReassignment", "true")]),
        "InvalidIPAddress.InUse",
        "Address 10.0.8.4 is in use.",
    );
    assert_eq!(addresses(&lab, &one), ["10.0.8.4"]);
}

#[test]
fn what_addresses_cannot_be_is_refused() {
    let quotas = Quotas { private_addresses_per_interface: 3, ..Quotas::default() };
    let lab = Lab::with_quotas(quotas);
    let id = new_interface(&lab.door, &lab.subnet);

    for (parameters, code, part) in [
        (vec![], "MissingParameter", "privateIpAddresses"),
        (
            vec![("PrivateIpAddress.1", "10.0.8.9"), ("SecondaryPrivateIpAddressCount", "1")],
            "InvalidParameterCombination",
            "cannot be used together",
        ),
        (
            vec![("PrivateIpAddress.1", "10.0.9.9")],
            "InvalidParameterValue",
            "Address does not fall within the subnet's address range",
        ),
        (
            vec![("PrivateIpAddress.1", "10.0.8.1")],
            "InvalidParameterValue",
            "Address is in subnet's reserved address range",
        ),
        (
            vec![("PrivateIpAddress.1", "10.0.8.9"), ("PrivateIpAddress.2", "10.0.8.9")],
            "InvalidParameterValue",
            "specified twice",
        ),
        (vec![("PrivateIpAddress.1", "x")], "InvalidParameterValue", "not a valid IPv4 address"),
        (
            vec![("SecondaryPrivateIpAddressCount", "-1")],
            "InvalidParameterValue",
            "Value (-1) for parameter secondaryPrivateIpAddressCount",
        ),
        (
            vec![("SecondaryPrivateIpAddressCount", "3")],
            "PrivateIpAddressLimitExceeded",
            "at most 3",
        ),
        (vec![("Ipv4PrefixCount", "1")], "UnsupportedOperation", "Ipv4PrefixCount"),
        (vec![("Ipv4Prefix.1", "10.0.8.16/28")], "UnsupportedOperation", "Ipv4Prefix"),
    ] {
        refused_with(lab.on(ASSIGN, &id, &parameters), code, part);
    }
    refused(
        lab.on(UNASSIGN, &id, &[("PrivateIpAddress.1", "10.0.8.9")]),
        "InvalidParameterValue",
        &format!(
            "Some of the specified private IP addresses are not assigned to the network interface '{id}'"
        ),
    );
    refused_with(
        lab.on(UNASSIGN, &id, &[("PrivateIpAddress.1", "10.0.8.4")]),
        "InvalidParameterValue",
        "primary private IP address 10.0.8.4",
    );
    assert_eq!(addresses(&lab, &id), ["10.0.8.4"]);
}

#[test]
fn who_may_not_is_told_so_of_addresses() {
    let mut lab = Lab::new();
    let id = new_interface(&lab.door, &lab.subnet);
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:network-interface/{id}");
    let on = [("NetworkInterfaceId", id.as_str())];

    check_refusal(&mut lab.door, ASSIGN, &on, Some(&arn));
    check_refusal(&mut lab.door, UNASSIGN, &on, Some(&arn));
}
