//! Connections of two accounts, and of two regions.

use super::super::super::answers::{all, at, new_vpc, refused, text};
use super::{
    ACCOUNT, DAY, HOUR, OTHER, REGION, accept, check_status, create, described, on, status,
};
use crate::testing::TestDoor;

/// A request to another account: the requester's VPC, the accepter's, and the connection.
fn requested(door: &mut TestDoor) -> (String, String, String) {
    let vpc = new_vpc(door, "10.0.0.0/16");
    let theirs = door.elsewhere(OTHER, REGION, |door| new_vpc(door, "10.1.0.0/16"));
    let made = create(door, &vpc, &theirs, &[("PeerOwnerId", OTHER)]).unwrap();
    let id = text(&made, "vpcPeeringConnection.vpcPeeringConnectionId").to_owned();
    (vpc, theirs, id)
}

#[test]
fn the_other_account_sees_and_accepts_a_request() {
    let mut door = TestDoor::new();
    let (vpc, _, id) = requested(&mut door);
    refused(
        accept(&door, &id),
        "OperationNotPermitted",
        &format!("User ({ACCOUNT}) cannot accept peering {id}"),
    );
    door.elsewhere(OTHER, REGION, |door| {
        let waiting = described(door, &id).unwrap();
        assert_eq!(text(&waiting, "requesterVpcInfo.ownerId"), ACCOUNT);
        assert_eq!(text(&waiting, "requesterVpcInfo.cidrBlock"), "10.0.0.0/16");
        refused(
            on(door, "DeleteVpcPeeringConnection", &id),
            "InvalidStateTransition",
            &format!("VpcPeeringConnectionID {id} is not in the correct state for the request."),
        );
        accept(door, &id).unwrap();
        check_status(door, &id, "active", "Active");
    });
    check_status(&door, &id, "active", "Active");
    let active = described(&door, &id).unwrap();
    assert_eq!(text(&active, "accepterVpcInfo.ownerId"), OTHER);
    assert_eq!(text(&active, "accepterVpcInfo.cidrBlock"), "10.1.0.0/16");
    assert_eq!(text(&active, "requesterVpcInfo.vpcId"), vpc);
}

#[test]
fn who_ended_a_connection_sees_it_for_two_hours_and_the_other_side_for_two_days() {
    let mut door = TestDoor::new();
    let (_, _, id) = requested(&mut door);
    door.elsewhere(OTHER, REGION, |door| {
        accept(door, &id).unwrap();
        on(door, "DeleteVpcPeeringConnection", &id).unwrap();
    });
    let by = format!("Deleted by {OTHER}");
    let seen = |door: &mut TestDoor| {
        let theirs = door.elsewhere(OTHER, REGION, |door| status(door, &id).is_some());
        (status(door, &id).is_some(), theirs)
    };
    check_status(&door, &id, "deleted", &by);
    assert_eq!(seen(&mut door), (true, true));
    door.now += 2 * HOUR;
    assert_eq!(seen(&mut door), (true, false));
    door.now += 2 * DAY - 2 * HOUR;
    assert_eq!(seen(&mut door), (false, false));
}

#[test]
fn a_rejected_request_is_seen_longer_by_who_made_it() {
    let mut door = TestDoor::new();
    let (_, _, id) = requested(&mut door);
    refused(
        on(&door, "RejectVpcPeeringConnection", &id),
        "OperationNotPermitted",
        &format!("User ({ACCOUNT}) cannot reject peering {id}"),
    );
    door.elsewhere(OTHER, REGION, |door| on(door, "RejectVpcPeeringConnection", &id)).unwrap();
    check_status(&door, &id, "rejected", &format!("Rejected by {OTHER}"));
    door.now += 2 * HOUR;
    assert!(door.elsewhere(OTHER, REGION, |door| status(door, &id)).is_none());
    assert!(status(&door, &id).is_some());
    door.now += 2 * DAY - 2 * HOUR;
    assert_eq!(status(&door, &id), None);
}

#[test]
fn each_side_has_tags_of_its_own() {
    let mut door = TestDoor::new();
    let (_, _, id) = requested(&mut door);
    let tag = |door: &TestDoor, value: &str| {
        let tag = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "Name"), ("Tag.1.Value", value)];
        door.ec2("CreateTags", &tag).unwrap();
    };
    let name = |door: &TestDoor| {
        let tags = door.ec2("DescribeTags", &[]).unwrap();
        assert_eq!(all(&tags, "tagSet", "resourceType"), ["vpc-peering-connection"]);
        all(&tags, "tagSet", "value")
    };
    tag(&door, "ours");
    door.elsewhere(OTHER, REGION, |door| {
        let theirs = described(door, &id).unwrap();
        assert!(at(&theirs, "tagSet").unwrap().elements().is_empty());
        tag(door, "theirs");
        accept(door, &id).unwrap();
        assert_eq!(name(door), ["theirs"]);
    });
    assert_eq!(name(&door), ["ours"]);
    on(&door, "DeleteVpcPeeringConnection", &id).unwrap();
    assert_eq!(door.elsewhere(OTHER, REGION, name), ["theirs"]);
}

#[test]
fn a_connection_across_regions_is_accepted_in_the_other() {
    let mut door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let far = door.elsewhere(ACCOUNT, "us-west-2", |door| new_vpc(door, "10.1.0.0/16"));
    let made = create(&door, &vpc, &far, &[("PeerRegion", "us-west-2")]).unwrap();
    let id = text(&made, "vpcPeeringConnection.vpcPeeringConnectionId").to_owned();
    refused(
        accept(&door, &id),
        "OperationNotPermitted",
        &format!(
            "Incorrect region (us-east-1) specified for this request. VPC peering connection {id} must be accepted in region us-west-2"
        ),
    );
    door.elsewhere(ACCOUNT, "us-west-2", |door| accept(door, &id)).unwrap();
    check_status(&door, &id, "active", "Active");
    let found = described(&door, &id).unwrap();
    assert_eq!(text(&found, "accepterVpcInfo.region"), "us-west-2");
    assert_eq!(text(&found, "requesterVpcInfo.region"), "us-east-1");
}

#[test]
fn options_are_each_sides_own() {
    let mut door = TestDoor::new();
    let (_, _, id) = requested(&mut door);
    door.elsewhere(OTHER, REGION, |door| accept(door, &id)).unwrap();
    let theirs = [
        ("VpcPeeringConnectionId", id.as_str()),
        ("AccepterPeeringConnectionOptions.AllowDnsResolutionFromRemoteVpc", "true"),
    ];
    let action = "ModifyVpcPeeringConnectionOptions";
    refused(
        door.ec2(action, &theirs),
        "OperationNotPermitted",
        &format!(
            "User {ACCOUNT} cannot modify accepter peering options of VPC peering connection {id}"
        ),
    );
    door.elsewhere(OTHER, REGION, |door| door.ec2(action, &theirs)).unwrap();
    let found = described(&door, &id).unwrap();
    let member = "accepterVpcInfo.peeringOptions.allowDnsResolutionFromRemoteVpc";
    assert_eq!(text(&found, member), "true");
}

#[test]
fn a_flow_log_is_over_what_is_ones_own_whatever_it_is_peered_with() {
    let mut door = TestDoor::new();
    let (_, theirs, id) = requested(&mut door);
    door.elsewhere(OTHER, REGION, |door| accept(door, &id)).unwrap();
    let trust = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "vpc-flow-logs.amazonaws.com" },
            "Action": "sts:AssumeRole",
        }],
    });
    let trust = trust.to_string();
    door.iam("CreateRole", &[("RoleName", "flows"), ("AssumeRolePolicyDocument", &trust)]).unwrap();
    let flow_log = [
        ("ResourceId.1", theirs.as_str()),
        ("ResourceType", "VPC"),
        ("TrafficType", "ALL"),
        ("LogGroupName", "flows"),
        ("DeliverLogsPermissionArn", "arn:aws:iam::123456789012:role/flows"),
    ];
    refused(
        door.ec2("CreateFlowLogs", &flow_log),
        "InvalidVpcID.NotFound",
        &format!("The vpc ID '{theirs}' does not exist"),
    );
}
