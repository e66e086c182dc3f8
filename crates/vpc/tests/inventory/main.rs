//! Inventory files: what is read of one, and what is wrong with one.
//!
//! `account.json` is an account of our own making in the CLI's form: VPC `shop` with a
//! public, an application and a Local Zone subnet, VPC `tools`, and a peering with another account.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests may fail as tests do"
)]

mod bad_files;
mod changes;
mod faults;
mod group_references;
mod reading;
mod rules_and_entries;

use std::fmt::Write as _;

use flowlogd_vpc::{Inventory, InventoryError, Peer, PortMatch, RouteTarget, TrackingTimeouts};
use proptest::prelude::*;
use serde_json::{Value, json};

const ACCOUNT: &str = include_str!("account.json");

type Edit<'a> = &'a dyn Fn(&mut Value);

fn account() -> Value {
    serde_json::from_str(ACCOUNT).unwrap()
}

fn account_with(edit: impl FnOnce(&mut Value)) -> Inventory {
    let mut file = account();
    edit(&mut file);
    read(&file).unwrap()
}

fn account_faults(edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut file = account();
    edit(&mut file);
    faults_of(&file)
}

fn faults_of(file: &Value) -> Vec<String> {
    read(file).expect_err("a fault")
}

fn read(file: &Value) -> Result<Inventory, Vec<String>> {
    Inventory::from_json(&file.to_string()).map_err(|faults| lines(&faults))
}

fn lines(faults: &[InventoryError]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

fn remove(object: &mut Value, member: &str) {
    object.as_object_mut().unwrap().remove(member);
}

fn push(object: &mut Value, list: &str, element: Value) {
    object[list].as_array_mut().unwrap().push(element);
}

fn push_copy(file: &mut Value, section: &str, index: usize, edit: Edit<'_>) {
    let mut copy = file[section][index].clone();
    edit(&mut copy);
    push(file, section, copy);
}

fn set_address(file: &mut Value, interface: usize, address: &str) {
    let interface = &mut file["NetworkInterfaces"][interface];
    interface["PrivateIpAddress"] = json!(address);
    interface["PrivateIpAddresses"][0]["PrivateIpAddress"] = json!(address);
}

/// VPCs, subnets and interfaces, one a line.
fn outline(inventory: &Inventory) -> String {
    let mut text = String::new();
    for vpc in &inventory.vpcs {
        writeln!(text, "{} of {} {:?}", vpc.id, vpc.owner, vpc.cidrs).unwrap();
    }
    for subnet in &inventory.subnets {
        writeln!(
            text,
            "{} in vpc {} {:?} acl {:?} table {:?} {} {}",
            subnet.id,
            subnet.vpc,
            subnet.cidrs,
            subnet.network_acl,
            subnet.route_table,
            subnet.availability_zone_id.as_deref().unwrap_or("-"),
            subnet.sublocation_type().unwrap_or("-"),
        )
        .unwrap();
    }
    for interface in &inventory.interfaces {
        writeln!(
            text,
            "{} subnet {} vpc {} {} {:?} {:?} {:?} groups {:?} {} {} {} {}",
            interface.id,
            interface.subnet,
            interface.vpc,
            interface.primary_ipv4.map_or("-".to_owned(), |address| address.to_string()),
            interface.ipv4_addresses,
            interface.ipv6_addresses,
            interface.prefixes,
            interface.security_groups,
            interface.interface_type,
            interface.instance_id.as_deref().unwrap_or("-"),
            interface.region.as_deref().unwrap_or("-"),
            interface.availability_zone_id.as_deref().unwrap_or("-"),
        )
        .unwrap();
    }
    text
}

/// Security group rules, one a line.
fn rules(inventory: &Inventory) -> String {
    let mut text = String::new();
    for group in &inventory.security_groups {
        for (side, rules) in [("in", &group.ingress), ("out", &group.egress)] {
            for rule in rules {
                let id = rule.id.as_deref().unwrap_or("-");
                writeln!(
                    text,
                    "{} {side} {id} {:?} {:?} {:?}",
                    group.id, rule.protocol, rule.ports, rule.peer
                )
                .unwrap();
            }
        }
    }
    text
}
