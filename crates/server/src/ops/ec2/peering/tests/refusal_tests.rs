use super::super::super::answers::{new_vpc, refused, refused_with};
use super::{accept, create, on, peered, request};
use crate::config::{Config, Quotas};
use crate::testing::TestDoor;

fn with_quotas(quotas: Quotas) -> TestDoor {
    TestDoor::with_config(Config { quotas, ..Config::default() })
}

#[test]
fn what_is_no_request_is_refused() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let unknown = "vpc-0123456789abcdef0";
    refused(
        door.ec2("CreateVpcPeeringConnection", &[("VpcId", &vpc)]),
        "MissingParameter",
        "The request must contain the parameter peerVpcId",
    );
    refused_with(create(&door, "vpc-x", &vpc, &[]), "InvalidVpcID.Malformed", "vpc-x");
    refused_with(create(&door, &vpc, "vpc-x", &[]), "InvalidVpcID.Malformed", "vpc-x");
    refused_with(create(&door, unknown, &vpc, &[]), "InvalidVpcID.NotFound", unknown);
    refused_with(
        create(&door, &vpc, unknown, &[("PeerOwnerId", "me")]),
        "InvalidParameterValue",
        "Value (me) for parameter peerOwnerId is invalid.",
    );
    let options = "RequesterPeeringConnectionOptions.AllowMultipathResilience";
    refused(
        create(&door, &vpc, unknown, &[(options, "true")]),
        "UnsupportedOperation",
        "The parameter RequesterPeeringConnectionOptions is not supported here: leave it out.",
    );
    let tags = [
        ("TagSpecification.1.ResourceType", "vpc"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", "lab"),
    ];
    refused(
        create(&door, &vpc, unknown, &tags),
        "InvalidParameterValue",
        "'vpc' is not a valid taggable resource type for this operation.",
    );
}

#[test]
fn two_vpcs_have_one_connection() {
    let door = TestDoor::new();
    let (vpc, peer, id) = peered(&door);
    for (vpc, peer) in [(&vpc, &peer), (&peer, &vpc)] {
        refused(
            create(&door, vpc, peer, &[]),
            "VpcPeeringConnectionAlreadyExists",
            &format!("A VPC peering connection between {vpc} and {peer} already exists: {id}"),
        );
    }
    on(&door, "DeleteVpcPeeringConnection", &id).unwrap();
    request(&door, &peer, &vpc);
}

#[test]
fn what_has_been_answered_is_not_answered_again() {
    let door = TestDoor::new();
    let (_, _, id) = peered(&door);
    let text = format!("VpcPeeringConnectionID {id} is not in the correct state for the request.");
    for action in ["AcceptVpcPeeringConnection", "RejectVpcPeeringConnection"] {
        refused(on(&door, action, &id), "InvalidStateTransition", &text);
    }
    on(&door, "DeleteVpcPeeringConnection", &id).unwrap();
    refused(on(&door, "DeleteVpcPeeringConnection", &id), "InvalidStateTransition", &text);
}

#[test]
fn an_account_has_as_many_outstanding_requests_as_the_quota_says() {
    let door = with_quotas(Quotas { outstanding_peering_requests: 1, ..Quotas::default() });
    let vpcs: Vec<String> =
        (0..3).map(|number| new_vpc(&door, &format!("10.{number}.0.0/16"))).collect();
    let first = request(&door, &vpcs[0], &vpcs[1]);
    refused(
        create(&door, &vpcs[0], &vpcs[2], &[]),
        "OutstandingVpcPeeringConnectionLimitExceeded",
        "The maximum number of outstanding VPC peering connection requests (1) has been reached.",
    );
    accept(&door, &first).unwrap();
    request(&door, &vpcs[0], &vpcs[2]);
}

#[test]
fn a_vpc_has_as_many_active_connections_as_the_quota_says() {
    let door = with_quotas(Quotas { active_peerings_per_vpc: 1, ..Quotas::default() });
    let vpcs: Vec<String> =
        (0..3).map(|number| new_vpc(&door, &format!("10.{number}.0.0/16"))).collect();
    let (first, second) = (request(&door, &vpcs[0], &vpcs[1]), request(&door, &vpcs[2], &vpcs[0]));
    accept(&door, &first).unwrap();
    let text = format!(
        "The maximum number of active VPC peering connections (1) has been reached for {}.",
        vpcs[0]
    );
    let code = "VpcPeeringConnectionsPerVpcLimitExceeded";
    refused(accept(&door, &second), code, &text);
    on(&door, "RejectVpcPeeringConnection", &second).unwrap();
    refused(create(&door, &vpcs[0], &vpcs[2], &[]), code, &text);
}
