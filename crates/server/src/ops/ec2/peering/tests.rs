mod account_tests;
mod life_tests;
mod reference_tests;
mod refusal_tests;

use flowlogd_aws::Fault;
use flowlogd_aws::codec::Node;

use super::super::answers::{
    all, at, check_filters, check_refusal, new_vpc, refused, refused_with, text,
};
use crate::testing::{ACCOUNT, REGION, TestDoor};

/// Another account.
const OTHER: &str = "210987654321";
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// Asks for a connection of two VPCs of the account, and returns its id.
fn request(door: &TestDoor, vpc: &str, peer: &str) -> String {
    let answer = create(door, vpc, peer, &[]).unwrap();
    text(&answer, "vpcPeeringConnection.vpcPeeringConnectionId").to_owned()
}

fn create(door: &TestDoor, vpc: &str, peer: &str, more: &[(&str, &str)]) -> Result<Node, Fault> {
    let mut parameters = vec![("VpcId", vpc), ("PeerVpcId", peer)];
    parameters.extend(more);
    door.ec2("CreateVpcPeeringConnection", &parameters)
}

/// Calls an operation on a connection.
fn on(door: &TestDoor, action: &str, id: &str) -> Result<Node, Fault> {
    door.ec2(action, &[("VpcPeeringConnectionId", id)])
}

fn accept(door: &TestDoor, id: &str) -> Result<Node, Fault> {
    on(door, "AcceptVpcPeeringConnection", id)
}

/// A connection as it is described, if it is seen.
fn described(door: &TestDoor, id: &str) -> Option<Node> {
    let answer = door.ec2("DescribeVpcPeeringConnections", &[]).unwrap();
    let found = at(&answer, "vpcPeeringConnectionSet").unwrap().elements();
    found.into_iter().find(|it| text(it, "vpcPeeringConnectionId") == id).cloned()
}

/// State and message of a connection that is seen.
fn status(door: &TestDoor, id: &str) -> Option<(String, String)> {
    let found = described(door, id)?;
    Some((text(&found, "status.code").to_owned(), text(&found, "status.message").to_owned()))
}

#[track_caller]
fn check_status(door: &TestDoor, id: &str, code: &str, message: &str) {
    assert_eq!(status(door, id), Some((code.to_owned(), message.to_owned())));
}

/// Two VPCs of the account, and their active connection.
fn peered(door: &TestDoor) -> (String, String, String) {
    let (vpc, peer) = (new_vpc(door, "10.0.0.0/16"), new_vpc(door, "10.1.0.0/16"));
    let id = request(door, &vpc, &peer);
    accept(door, &id).unwrap();
    (vpc, peer, id)
}

#[test]
fn every_documented_filter_of_connections_finds_what_it_names() {
    let door = TestDoor::new();
    let (vpc, peer) = (new_vpc(&door, "10.0.0.0/16"), new_vpc(&door, "10.1.0.0/16"));
    let tags = [
        ("TagSpecification.1.ResourceType", "vpc-peering-connection"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "lab"),
    ];
    let made = create(&door, &vpc, &peer, &tags).unwrap();
    let id = text(&made, "vpcPeeringConnection.vpcPeeringConnectionId");
    assert_eq!(text(&made, "vpcPeeringConnection.tagSet.0.value"), "lab");
    let check = |cases: &[(&str, &str)]| {
        let (action, list) = ("DescribeVpcPeeringConnections", "vpcPeeringConnectionSet");
        check_filters(&door, action, list, "vpcPeeringConnectionId", id, cases);
    };

    check(&[
        ("accepter-vpc-info.owner-id", ACCOUNT),
        ("accepter-vpc-info.vpc-id", &peer),
        ("expiration-time", "2026-12-03T00:00:00.000Z"),
        ("requester-vpc-info.cidr-block", "10.0.0.0/16"),
        ("requester-vpc-info.owner-id", ACCOUNT),
        ("requester-vpc-info.vpc-id", &vpc),
        ("status-code", "pending-acceptance"),
        ("status-message", "Pending Acceptance by *"),
        ("tag:Name", "lab"),
        ("tag-key", "Name"),
        ("vpc-peering-connection-id", id),
    ]);
    accept(&door, id).unwrap();
    check(&[("accepter-vpc-info.cidr-block", "10.1.0.0/16"), ("status-code", "active")]);
}

#[test]
fn an_id_that_nothing_has_is_refused() {
    let door = TestDoor::new();
    let unknown = "pcx-0123456789abcdef0";
    for action in
        ["AcceptVpcPeeringConnection", "RejectVpcPeeringConnection", "DeleteVpcPeeringConnection"]
    {
        refused(
            on(&door, action, "pcx-x"),
            "InvalidVpcPeeringConnectionId.Malformed",
            "Invalid id: \"pcx-x\" (expecting \"pcx-...\")",
        );
        refused(
            on(&door, action, unknown),
            "InvalidVpcPeeringConnectionID.NotFound",
            &format!("The vpcPeeringConnection ID '{unknown}' does not exist"),
        );
    }
    let by_id = [("VpcPeeringConnectionId.1", unknown)];
    refused_with(
        door.ec2("DescribeVpcPeeringConnections", &by_id),
        "InvalidVpcPeeringConnectionID.NotFound",
        unknown,
    );
}

#[test]
fn operations_on_a_connection_need_permission_for_it() {
    let mut door = TestDoor::new();
    let (_, _, id) = peered(&door);
    let arn = format!("arn:aws:ec2:us-east-1:123456789012:vpc-peering-connection/{id}");
    let by_id: &[(&str, &str)] = &[("VpcPeeringConnectionId", &id)];
    for action in [
        "AcceptVpcPeeringConnection",
        "RejectVpcPeeringConnection",
        "DeleteVpcPeeringConnection",
        "ModifyVpcPeeringConnectionOptions",
    ] {
        check_refusal(&mut door, action, by_id, Some(&arn));
    }
    check_refusal(&mut door, "DescribeVpcPeeringConnections", &[], None);
}

#[test]
fn a_dry_run_makes_and_ends_nothing() {
    let door = TestDoor::new();
    let (vpc, peer) = (new_vpc(&door, "10.0.0.0/16"), new_vpc(&door, "10.1.0.0/16"));
    let dry = ("DryRun", "true");
    refused_with(create(&door, &vpc, &peer, &[dry]), "DryRunOperation", "would have succeeded");
    let id = request(&door, &vpc, &peer);
    for action in
        ["AcceptVpcPeeringConnection", "RejectVpcPeeringConnection", "DeleteVpcPeeringConnection"]
    {
        let result = door.ec2(action, &[("VpcPeeringConnectionId", id.as_str()), dry]);
        refused_with(result, "DryRunOperation", "would have succeeded");
    }
    let found = door.ec2("DescribeVpcPeeringConnections", &[]).unwrap();
    assert_eq!(all(&found, "vpcPeeringConnectionSet", "vpcPeeringConnectionId"), [id.as_str()]);
    check_status(&door, &id, "pending-acceptance", &format!("Pending Acceptance by {ACCOUNT}"));
}
