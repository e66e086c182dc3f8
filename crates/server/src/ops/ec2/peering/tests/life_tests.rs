use super::super::super::answers::{at, new_ipv6_vpc, new_vpc, refused, text};
use super::{
    ACCOUNT, DAY, HOUR, accept, check_status, create, described, on, peered, request, status,
};
use crate::testing::TestDoor;

#[test]
fn a_request_waits_is_accepted_and_deleted() {
    let mut door = TestDoor::new();
    let (vpc, peer) =
        (new_vpc(&door, "10.0.0.0/16"), new_ipv6_vpc(&door, "10.1.0.0/16", "fd00:1:2:300::/56"));
    let made = create(&door, &vpc, &peer, &[]).unwrap();
    let made = at(&made, "vpcPeeringConnection").unwrap();
    let id = text(made, "vpcPeeringConnectionId").to_owned();
    assert!(id.starts_with("pcx-"));
    assert_eq!(text(made, "status.code"), "initiating-request");
    assert_eq!(text(made, "status.message"), format!("Initiating Request to {ACCOUNT}"));

    let waiting = described(&door, &id).unwrap();
    check_status(&door, &id, "pending-acceptance", &format!("Pending Acceptance by {ACCOUNT}"));
    assert_eq!(text(&waiting, "expirationTime"), "2026-12-03T00:00:00.000Z");
    assert_eq!(text(&waiting, "requesterVpcInfo.cidrBlock"), "10.0.0.0/16");
    assert_eq!(text(&waiting, "requesterVpcInfo.cidrBlockSet.0.cidrBlock"), "10.0.0.0/16");
    let options = "requesterVpcInfo.peeringOptions.allowDnsResolutionFromRemoteVpc";
    assert_eq!(text(&waiting, options), "false");
    assert_eq!(text(&waiting, "accepterVpcInfo.vpcId"), peer);
    assert_eq!(text(&waiting, "accepterVpcInfo.region"), "us-east-1");
    for untold in ["cidrBlock", "cidrBlockSet", "ipv6CidrBlockSet", "peeringOptions"] {
        assert!(at(&waiting, &format!("accepterVpcInfo.{untold}")).is_none(), "{untold}");
    }

    let accepted = accept(&door, &id).unwrap();
    assert_eq!(text(&accepted, "vpcPeeringConnection.status.code"), "provisioning");
    assert_eq!(text(&accepted, "vpcPeeringConnection.status.message"), "Provisioning");
    check_status(&door, &id, "active", "Active");
    let active = described(&door, &id).unwrap();
    assert!(at(&active, "expirationTime").is_none());
    assert_eq!(text(&active, "accepterVpcInfo.cidrBlock"), "10.1.0.0/16");
    let ipv6 = "accepterVpcInfo.ipv6CidrBlockSet.0.ipv6CidrBlock";
    assert_eq!(text(&active, ipv6), "fd00:1:2:300::/56");

    assert_eq!(text(&on(&door, "DeleteVpcPeeringConnection", &id).unwrap(), "return"), "true");
    check_status(&door, &id, "deleted", &format!("Deleted by {ACCOUNT}"));
    assert!(at(&described(&door, &id).unwrap(), "requesterVpcInfo.cidrBlock").is_none());
    door.now += 2 * HOUR - 1;
    assert!(described(&door, &id).is_some());
    door.now += 1;
    assert!(described(&door, &id).is_none());
}

#[test]
fn blocks_that_overlap_and_vpcs_that_are_not_there_make_a_failed_connection() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let overlapping = new_vpc(&door, "10.0.128.0/17");
    let failed = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";
    let unknown = "vpc-0123456789abcdef0";
    let cases: [(&str, &[(&str, &str)]); 4] = [
        (&overlapping, &[]),
        (&vpc, &[]),
        (unknown, &[]),
        (&overlapping, &[("PeerOwnerId", "999999999999")]),
    ];
    let mut ids = Vec::new();
    for (peer, more) in cases {
        let made = create(&door, &vpc, peer, more).unwrap();
        assert_eq!(text(&made, "vpcPeeringConnection.status.code"), "initiating-request");
        let id = text(&made, "vpcPeeringConnection.vpcPeeringConnectionId").to_owned();
        check_status(&door, &id, "failed", failed);
        for action in ["RejectVpcPeeringConnection", "DeleteVpcPeeringConnection"] {
            let fault = on(&door, action, &id).unwrap_err();
            assert!(
                fault.code == "InvalidStateTransition" || fault.code == "OperationNotPermitted",
                "{fault:?}"
            );
        }
        ids.push(id);
    }
    door.now += 2 * HOUR;
    for id in ids {
        assert_eq!(status(&door, &id), None);
    }
}

#[test]
fn a_request_that_nobody_answers_expires_after_a_week() {
    let mut door = TestDoor::new();
    let (vpc, peer) = (new_vpc(&door, "10.0.0.0/16"), new_vpc(&door, "10.1.0.0/16"));
    let id = request(&door, &vpc, &peer);
    door.now += 7 * DAY - 1;
    check_status(&door, &id, "pending-acceptance", &format!("Pending Acceptance by {ACCOUNT}"));
    door.now += 1;
    check_status(&door, &id, "expired", "Expired");
    refused(
        accept(&door, &id),
        "InvalidStateTransition",
        &format!("VpcPeeringConnectionID {id} is not in the correct state for the request."),
    );
    request(&door, &vpc, &peer);
    door.now += 2 * DAY;
    assert_eq!(status(&door, &id), None);
}

#[test]
fn an_active_connection_holds_its_vpcs_and_a_request_goes_with_the_requester() {
    let door = TestDoor::new();
    let (vpc, peer, id) = peered(&door);
    for vpc in [&vpc, &peer] {
        refused(
            door.ec2("DeleteVpc", &[("VpcId", vpc)]),
            "DependencyViolation",
            &format!("The vpc '{vpc}' has dependencies and cannot be deleted."),
        );
    }
    on(&door, "DeleteVpcPeeringConnection", &id).unwrap();

    let request = request(&door, &vpc, &peer);
    refused(
        door.ec2("DeleteVpc", &[("VpcId", &peer)]),
        "DependencyViolation",
        &format!("The vpc '{peer}' has dependencies and cannot be deleted."),
    );
    door.ec2("DeleteVpc", &[("VpcId", &vpc)]).unwrap();
    check_status(&door, &request, "deleted", &format!("Deleted by {ACCOUNT}"));
    door.ec2("DeleteVpc", &[("VpcId", &peer)]).unwrap();
}

#[test]
fn a_further_block_must_not_be_the_peers() {
    let door = TestDoor::new();
    let (vpc, _, id) = peered(&door);
    let block = [("VpcId", vpc.as_str()), ("CidrBlock", "10.1.128.0/17")];
    refused(
        door.ec2("AssociateVpcCidrBlock", &block),
        "InvalidVpc.Range",
        &format!("The CIDR '10.1.128.0/17' conflicts with a CIDR block of the peer VPC of {id}."),
    );
    on(&door, "DeleteVpcPeeringConnection", &id).unwrap();
    door.ec2("AssociateVpcCidrBlock", &block).unwrap();
}

#[test]
fn blocks_that_came_since_the_request_are_looked_at_when_it_is_accepted() {
    let door = TestDoor::new();
    let (vpc, peer) = (new_vpc(&door, "10.0.0.0/16"), new_vpc(&door, "10.1.0.0/16"));
    let id = request(&door, &vpc, &peer);
    let block = [("VpcId", vpc.as_str()), ("CidrBlock", "10.1.128.0/17")];
    door.ec2("AssociateVpcCidrBlock", &block).unwrap();

    accept(&door, &id).unwrap();

    assert_eq!(status(&door, &id).unwrap().0, "failed");
}

#[test]
fn options_are_those_of_an_active_connection() {
    let door = TestDoor::new();
    let (vpc, peer) = (new_vpc(&door, "10.0.0.0/16"), new_vpc(&door, "10.1.0.0/16"));
    let id = request(&door, &vpc, &peer);
    let allow = "AllowDnsResolutionFromRemoteVpc";
    let requester = format!("RequesterPeeringConnectionOptions.{allow}");
    let accepter = format!("AccepterPeeringConnectionOptions.{allow}");
    let both = [
        ("VpcPeeringConnectionId", id.as_str()),
        (requester.as_str(), "true"),
        (accepter.as_str(), "false"),
    ];
    let modify =
        |parameters: &[(&str, &str)]| door.ec2("ModifyVpcPeeringConnectionOptions", parameters);
    refused(
        modify(&both),
        "OperationNotPermitted",
        &format!(
            "Peering {id} is not active. Peering options can be added only to active peerings."
        ),
    );
    accept(&door, &id).unwrap();
    let modified = modify(&both).unwrap();
    let member = "allowDnsResolutionFromRemoteVpc";
    let told = |side: &str| text(&modified, &format!("{side}PeeringConnectionOptions.{member}"));
    assert_eq!((told("requester"), told("accepter")), ("true", "false"));
    let found = described(&door, &id).unwrap();
    assert_eq!(text(&found, &format!("requesterVpcInfo.peeringOptions.{member}")), "true");

    let classic = "RequesterPeeringConnectionOptions.AllowEgressFromLocalClassicLinkToRemoteVpc";
    refused(
        modify(&[("VpcPeeringConnectionId", &id), (classic, "true")]),
        "UnsupportedOperation",
        "The parameter AllowEgressFromLocalClassicLinkToRemoteVpc is not supported here: leave it out.",
    );
    assert_eq!(modify(&[("VpcPeeringConnectionId", &id)]).unwrap_err().code, "MissingParameter");
}
