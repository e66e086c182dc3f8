//! What `AssumeRole` promises to agents (`semantics.md` 23).

use flowlogd_aws::codec::Node;

use crate::call::Identity;
use crate::model::{Attachment, FlowLog, Interface, ResourceType, Session, Tags};
use crate::ops::iam::tests::{TRUST_FLOW_LOGS, text};
use crate::state::{Place, StateError, Txn};
use crate::testing::{ACCOUNT, NOW, REGION, TestDoor};

const ROLE: &str = "arn:aws:iam::123456789012:role/flowlogsRole";
const OTHER: &str = "arn:aws:iam::123456789012:role/other";
/// The condition that AWS's documentation advises against confused deputies.
const CONDITION: &str = r#""sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"},"ArnLike":{"aws:SourceArn":"arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*"}}"#;

/// A door with two roles, an interface that host-a holds, and flow logs fl-eni, fl-subnet and fl-vpc over
/// it, and fl-else over another interface. host-a calls.
fn door() -> TestDoor {
    let mut door = TestDoor::new();
    let trust = TRUST_FLOW_LOGS.replace("\"sts:AssumeRole\"", CONDITION);
    for role in ["flowlogsRole", "other"] {
        let role = [("RoleName", role), ("AssumeRolePolicyDocument", trust.as_str())];
        door.iam("CreateRole", &role).unwrap();
    }
    write(&door, |txn, place| {
        for eni in ["eni-a", "eni-b"] {
            txn.put(place, &interface(eni), NOW)?;
        }
        txn.put(place, &lease("eni-a", "host-a", NOW + 60_000), NOW)?;
        txn.put(place, &flow_log("fl-eni", ResourceType::NetworkInterface, "eni-a"), NOW)?;
        txn.put(place, &flow_log("fl-else", ResourceType::NetworkInterface, "eni-b"), NOW)?;
        txn.put(place, &flow_log("fl-subnet", ResourceType::Subnet, "subnet-eni-a"), NOW)?;
        txn.put(place, &flow_log("fl-vpc", ResourceType::Vpc, "vpc-eni-a"), NOW)
    });
    door.caller.identity = Identity::Agent { host: "host-a".to_owned() };
    door
}

fn write(door: &TestDoor, run: impl FnOnce(&Txn<'_>, &Place) -> Result<(), StateError>) {
    let place = Place::regional(ACCOUNT, REGION);
    door.door.state().write::<_, StateError>(|txn| run(txn, &place)).unwrap();
}

fn interface(id: &str) -> Interface {
    Interface {
        id: id.to_owned(),
        subnet_id: format!("subnet-{id}"),
        vpc_id: format!("vpc-{id}"),
        description: String::new(),
        private_addresses: Vec::new(),
        ipv6_addresses: Vec::new(),
        groups: Vec::new(),
        mac_address: "06:00:00:00:00:01".to_owned(),
        source_dest_check: true,
        attachment: None,
        tcp_established_timeout: None,
        udp_stream_timeout: None,
        udp_timeout: None,
        tags: Tags::new(),
    }
}

fn lease(id: &str, host: &str, until: i64) -> Attachment {
    Attachment { id: id.to_owned(), host: host.to_owned(), since: NOW, until }
}

fn flow_log(id: &str, resource_type: ResourceType, resource_id: &str) -> FlowLog {
    FlowLog {
        id: id.to_owned(),
        resource_id: resource_id.to_owned(),
        resource_type,
        traffic_type: "ALL".to_owned(),
        log_group_name: "g".to_owned(),
        log_destination: None,
        deliver_logs_permission_arn: ROLE.to_owned(),
        log_format: "${version}".to_owned(),
        max_aggregation_interval: 60,
        created: NOW,
        tags: Tags::new(),
    }
}

fn assume(door: &TestDoor, role: &str, session: &str) -> Result<Node, String> {
    door.sts("AssumeRole", &[("RoleArn", role), ("RoleSessionName", session)])
        .map_err(|fault| format!("{} ({}): {}", fault.code, fault.status, fault.message))
}

fn denied(role: &str, because: &str) -> String {
    format!(
        "AccessDenied (403): User: arn:aws:flowlogd::123456789012:agent/host-a is not authorized to perform: sts:AssumeRole on resource: {role} because {because}"
    )
}

#[test]
fn an_agent_assumes_the_role_of_a_flow_log_over_an_interface_that_it_holds() {
    let door = door();

    for id in ["fl-eni", "fl-subnet", "fl-vpc"] {
        let answer = assume(&door, ROLE, id).unwrap();
        assert_eq!(
            text(&answer, "AssumedRoleUser.Arn"),
            format!("arn:aws:sts::123456789012:assumed-role/flowlogsRole/{id}")
        );
    }

    let read = |txn: &Txn<'_>| txn.list::<Session>(&Place::global(ACCOUNT));
    let sessions = door.door.state().read::<_, StateError>(read).unwrap();
    assert_eq!(sessions.len(), 3);
    assert!(sessions.iter().all(|session| session.agent.as_deref() == Some("host-a")));
}

#[test]
fn a_session_is_named_after_a_flow_log_of_this_account_and_region() {
    let door = door();
    let elsewhere = Place::regional(ACCOUNT, "eu-central-1");
    let foreign = flow_log("fl-far", ResourceType::NetworkInterface, "eni-a");
    write(&door, |txn, _| txn.put(&elsewhere, &foreign, NOW));

    for id in ["fl-none", "fl-far", "delivery"] {
        assert_eq!(
            assume(&door, ROLE, id).unwrap_err(),
            denied(
                ROLE,
                &format!(
                    "there is no flow log {id} in us-east-1: an agent's RoleSessionName is the id of the flow log that it delivers"
                )
            )
        );
    }
}

#[test]
fn the_role_is_the_one_that_the_flow_log_names() {
    let door = door();

    let answer = assume(&door, OTHER, "fl-eni").unwrap_err();

    assert_eq!(answer, denied(OTHER, &format!("flow log fl-eni delivers with the role {ROLE}")));
}

#[test]
fn the_flow_log_covers_an_interface_that_this_host_holds() {
    let door = door();
    let without = |id: &str, resource: &str| {
        denied(
            ROLE,
            &format!(
                "host host-a has no valid lease of an interface that flow log {id} covers ({resource})"
            ),
        )
    };

    assert_eq!(assume(&door, ROLE, "fl-else").unwrap_err(), without("fl-else", "eni-b"));
    write(&door, |txn, place| txn.put(place, &lease("eni-b", "host-b", NOW + 60_000), NOW));
    assert_eq!(assume(&door, ROLE, "fl-else").unwrap_err(), without("fl-else", "eni-b"));
    write(&door, |txn, place| txn.put(place, &lease("eni-b", "host-a", NOW + 60_000), NOW));
    assert!(assume(&door, ROLE, "fl-else").is_ok());
}

#[test]
fn a_lease_that_has_ended_counts_no_more() {
    let mut door = door();

    door.now = NOW + 59_999;
    assert!(assume(&door, ROLE, "fl-eni").is_ok());
    door.now = NOW + 60_000;
    assert!(assume(&door, ROLE, "fl-eni").unwrap_err().contains("no valid lease"));
}

#[test]
fn the_trust_policy_decides_with_source_arn_and_source_account() {
    let mut door = door();
    let refusal = denied(ROLE, "no role trust policy allows the sts:AssumeRole action");
    let root = TestDoor::new().caller.identity;
    let agent = door.caller.identity.clone();
    let mut trust = |from: &str, to: &str| {
        door.caller.identity = root.clone();
        let policy = TRUST_FLOW_LOGS.replace("\"sts:AssumeRole\"", CONDITION).replace(from, to);
        let update = [("RoleName", "flowlogsRole"), ("PolicyDocument", policy.as_str())];
        door.iam("UpdateAssumeRolePolicy", &update).unwrap();
        door.caller.identity = agent.clone();
        assume(&door, ROLE, "fl-eni").map(|_| ())
    };

    assert_eq!(trust("vpc-flow-log/*", "vpc-flow-log/fl-eni"), Ok(()));
    assert_eq!(trust("vpc-flow-log/*", "vpc-flow-log/fl-vpc"), Err(refusal.clone()));
    assert_eq!(trust("\"123456789012\"", "\"210987654321\""), Err(refusal.clone()));
    assert_eq!(trust("us-east-1", "eu-central-1"), Err(refusal.clone()));
    assert_eq!(trust("vpc-flow-logs.amazonaws.com", "ec2.amazonaws.com"), Err(refusal.clone()));
    let explicit =
        denied(ROLE, "").replace(" because ", " with an explicit deny in the role trust policy");
    assert_eq!(trust("Allow", "Deny"), Err(explicit));
}

#[test]
fn a_role_that_was_deleted_trusts_nobody() {
    let mut door = door();
    let agent = door.caller.identity.clone();
    door.caller.identity = TestDoor::new().caller.identity;
    door.iam("DeleteRole", &[("RoleName", "flowlogsRole")]).unwrap();
    door.caller.identity = agent;

    let answer = assume(&door, ROLE, "fl-eni").unwrap_err();

    assert_eq!(answer, denied(ROLE, "no role trust policy allows the sts:AssumeRole action"));
}

#[test]
fn an_agent_may_do_nothing_else_in_iam_and_sts() {
    let door = door();

    for (action, parameters) in
        [("ListUsers", vec![]), ("GetRole", vec![("RoleName", "flowlogsRole")])]
    {
        assert_eq!(door.iam(action, &parameters).unwrap_err().code, "AccessDenied", "{action}");
    }
}
