//! Simulations: the decisions and what is told of them.

use flowlogd_aws::codec::Node;

use super::{
    ALLOW_ALL, allow, be, column, make_policy, make_role, make_user, refused, text, texts,
};
use crate::testing::TestDoor;

const BOB: &str = "arn:aws:iam::123456789012:user/bob";
const ONE: &str = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1";
const TWO: &str = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-2";

fn deny(action: &str, resource: &str) -> String {
    allow(action, resource).replace("\"Allow\"", "\"Deny\"")
}

/// Simulates documents on `ec2:DeleteVpc`, and returns the results.
fn simulate(door: &TestDoor, documents: &[&str], more: &[(&str, &str)]) -> Vec<Node> {
    let names: Vec<String> =
        (1..=documents.len()).map(|number| format!("PolicyInputList.member.{number}")).collect();
    let mut parameters: Vec<(&str, &str)> =
        names.iter().map(String::as_str).zip(documents.iter().copied()).collect();
    parameters.push(("ActionNames.member.1", "ec2:DeleteVpc"));
    parameters.extend(more);
    let answer = door.iam("SimulateCustomPolicy", &parameters).unwrap();
    answer.get("EvaluationResults").unwrap().elements().into_iter().cloned().collect()
}

fn decision(result: &Node) -> String {
    text(result, "EvalDecision")
}

#[test]
fn the_deciding_statements_are_told_with_their_places() {
    let door = TestDoor::new();
    let first = allow("ec2:Describe*", "*");
    let second = "{\"Version\":\"2012-10-17\",\n \"Statement\":\n  {\"Effect\":\"Allow\",\"Action\":\"ec2:*\",\"Resource\":\"*\"}}";

    let allowed = simulate(&door, &[&first, second], &[]).remove(0);
    let denied = simulate(&door, &[second, &deny("ec2:*", "*")], &[]).remove(0);
    let nothing = simulate(&door, &[&first], &[]).remove(0);

    assert_eq!(decision(&allowed), "allowed");
    let [statement] = allowed.get("MatchedStatements").unwrap().elements()[..] else {
        panic!("{allowed:?}")
    };
    assert_eq!(text(statement, "SourcePolicyId"), "PolicyInputList.2");
    assert_eq!(text(statement, "SourcePolicyType"), "IAM Policy");
    assert_eq!(text(statement, "StartPosition.Line"), "3");
    assert_eq!(text(statement, "StartPosition.Column"), "4");
    assert_eq!(text(statement, "EndPosition.Column"), "53");
    assert_eq!(text(&allowed, "EvalResourceName"), "*");
    assert!(allowed.get("EvalDecisionDetails").is_none());
    assert!(allowed.get("ResourceSpecificResults").is_none());
    assert_eq!(decision(&denied), "explicitDeny");
    assert_eq!(column(&denied, "MatchedStatements", "SourcePolicyId"), ["PolicyInputList.2"]);
    assert_eq!(decision(&nothing), "implicitDeny");
    assert!(nothing.get("MatchedStatements").unwrap().elements().is_empty());
}

#[test]
fn of_several_resources_the_worst_is_told_and_each_for_itself() {
    let door = TestDoor::new();
    let resources = [("ResourceArns.member.1", ONE), ("ResourceArns.member.2", TWO)];

    let partly = simulate(&door, &[&allow("ec2:*", ONE)], &resources).remove(0);
    let denied = simulate(&door, &[ALLOW_ALL, &deny("ec2:*", TWO)], &resources).remove(0);
    let one = simulate(&door, &[ALLOW_ALL], &resources[..1]).remove(0);

    assert_eq!(decision(&partly), "implicitDeny");
    assert_eq!(text(&partly, "EvalResourceName"), "*");
    let verdicts = column(&partly, "ResourceSpecificResults", "EvalResourceDecision");
    assert_eq!(verdicts, ["allowed", "implicitDeny"]);
    assert_eq!(decision(&denied), "explicitDeny");
    assert_eq!(column(&denied, "MatchedStatements", "SourcePolicyId"), ["PolicyInputList.2"]);
    assert_eq!(text(&one, "EvalResourceName"), ONE);
    assert!(one.get("EvalDecisionDetails").is_some());
}

#[test]
fn context_entries_count_and_those_that_lack_are_told() {
    let door = TestDoor::new();
    let condition = r#""Resource":"arn:aws:ec2:*:*:vpc/${aws:PrincipalTag/vpc}","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#;
    let document = allow("ec2:*", "*").replace(r#""Resource":"*""#, condition);
    let resource = ("ResourceArns.member.1", ONE);
    let ip = [
        ("ContextEntries.member.1.ContextKeyName", "aws:sourceip"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "10.1.2.3"),
        ("ContextEntries.member.1.ContextKeyType", "ip"),
    ];
    let tag = [
        ("ContextEntries.member.2.ContextKeyName", "aws:PrincipalTag/vpc"),
        ("ContextEntries.member.2.ContextKeyValues.member.1", "vpc-1"),
        ("ContextEntries.member.2.ContextKeyType", "string"),
    ];

    let none = simulate(&door, &[&document], &[resource]).remove(0);
    let some = simulate(&door, &[&document], &[&[resource], &ip[..]].concat()).remove(0);
    let all = simulate(&door, &[&document], &[&[resource], &ip[..], &tag[..]].concat()).remove(0);
    let keys =
        door.iam("GetContextKeysForCustomPolicy", &[("PolicyInputList.member.1", &document)]);

    assert_eq!(decision(&none), "implicitDeny");
    assert_eq!(texts(&none, "MissingContextValues"), ["aws:SourceIp", "aws:principaltag/vpc"]);
    assert_eq!(texts(&some, "MissingContextValues"), ["aws:principaltag/vpc"]);
    assert_eq!(decision(&all), "allowed");
    assert!(texts(&all, "MissingContextValues").is_empty());
    assert_eq!(texts(&keys.unwrap(), "ContextKeyNames"), ["aws:principaltag/vpc", "aws:SourceIp"]);
}

#[test]
fn a_boundary_limits_and_is_told() {
    let door = TestDoor::new();
    let name = "PermissionsBoundaryPolicyInputList.member.1";
    let narrow = allow("logs:*", "*");

    let outside = simulate(&door, &[ALLOW_ALL], &[(name, &narrow)]).remove(0);
    let inside = simulate(&door, &[ALLOW_ALL], &[(name, ALLOW_ALL)]).remove(0);
    let without = simulate(&door, &[ALLOW_ALL], &[]).remove(0);

    let detail = "PermissionsBoundaryDecisionDetail.AllowedByPermissionsBoundary";
    assert_eq!(
        (decision(&outside), text(&outside, detail)),
        ("implicitDeny".into(), "false".into())
    );
    assert_eq!((decision(&inside), text(&inside, detail)), ("allowed".into(), "true".into()));
    assert!(without.get("PermissionsBoundaryDecisionDetail").is_none());
}

#[test]
fn a_principal_has_its_own_policies_those_of_its_groups_and_its_boundary() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    door.iam("CreateGroup", &[("GroupName", "net")]).unwrap();
    door.iam("AddUserToGroup", &[("GroupName", "net"), ("UserName", "bob")]).unwrap();
    let ec2 = allow("ec2:*", "*");
    let own = [("PolicyName", "p"), ("PolicyDocument", ec2.as_str())];
    door.iam("PutUserPolicy", &[&[("UserName", "bob")], &own[..]].concat()).unwrap();
    door.iam("PutGroupPolicy", &[&[("GroupName", "net")], &own[..]].concat()).unwrap();
    let arn = make_policy(&door, "managed");
    door.iam("AttachGroupPolicy", &[("GroupName", "net"), ("PolicyArn", &arn)]).unwrap();
    let ask = [("PolicySourceArn", BOB), ("ActionNames.member.1", "ec2:DeleteVpc")];
    let result = |more: &[(&str, &str)]| {
        let answer = door.iam("SimulatePrincipalPolicy", &[&ask[..], more].concat()).unwrap();
        answer.get("EvaluationResults").unwrap().elements()[0].clone()
    };

    let allowed = result(&[]);
    let denied = result(&[("PolicyInputList.member.1", &deny("ec2:Delete*", "*"))]);
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let boundary = [("UserName", "bob"), ("PermissionsBoundary", read_only)];
    door.iam("PutUserPermissionsBoundary", &boundary).unwrap();
    let limited = result(&[]);
    let passed = result(&[("PermissionsBoundaryPolicyInputList.member.1", ALLOW_ALL)]);

    assert_eq!(
        column(&allowed, "MatchedStatements", "SourcePolicyId"),
        ["user_bob_p", "group_net_p", "managed"]
    );
    assert_eq!(decision(&denied), "explicitDeny");
    assert_eq!(column(&denied, "MatchedStatements", "SourcePolicyId"), ["PolicyInputList.1"]);
    assert_eq!(decision(&limited), "implicitDeny");
    assert_eq!(decision(&passed), "allowed");
}

#[test]
fn results_come_one_an_action_and_in_pages() {
    let door = TestDoor::new();
    let more = [
        ("ActionNames.member.2", "ec2:CreateVpc"),
        ("ActionNames.member.3", "logs:PutLogEvents"),
        ("PolicyInputList.member.1", ALLOW_ALL),
        ("ActionNames.member.1", "ec2:DeleteVpc"),
        ("MaxItems", "2"),
    ];

    let first = door.iam("SimulateCustomPolicy", &more).unwrap();
    let marker = text(&first, "Marker");
    let rest =
        door.iam("SimulateCustomPolicy", &[&more[..], &[("Marker", &marker)]].concat()).unwrap();

    let names = |answer: &Node| column(answer, "EvaluationResults", "EvalActionName");
    assert_eq!(names(&first), ["ec2:DeleteVpc", "ec2:CreateVpc"]);
    assert_eq!(names(&rest), ["logs:PutLogEvents"]);
    assert_eq!(text(&rest, "IsTruncated"), "false");
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let mut door = TestDoor::new();
    make_role(&door, "r");
    make_user(&door, "bob");
    let custom = |more: &[(&str, &str)]| {
        let base = [("PolicyInputList.member.1", ALLOW_ALL)];
        refused(&door, "SimulateCustomPolicy", &[&base[..], more].concat())
    };
    let action = ("ActionNames.member.1", "ec2:DeleteVpc");

    assert!(custom(&[("ActionNames.member.1", "ec2:*")]).starts_with("InvalidInput (400): "));
    assert!(custom(&[("ActionNames.member.1", "DeleteVpc")]).starts_with("InvalidInput (400): "));
    assert!(custom(&[]).starts_with("InvalidInput (400): "));
    assert!(custom(&[action, ("ResourceArns.member.1", "vpc-1")]).starts_with("InvalidInput"));
    assert!(
        custom(&[action, ("CallerArn", "arn:aws:sts::1:assumed-role/r/s")])
            .starts_with("InvalidInput (400): ")
    );
    assert_eq!(
        custom(&[action, ("ResourcePolicy", ALLOW_ALL)]),
        "InvalidInput (400): The parameter ResourcePolicy is not supported here: leave it out."
    );
    let malformed = [("PolicyInputList.member.1", "{"), action];
    assert_eq!(
        refused(&door, "SimulateCustomPolicy", &malformed),
        "InvalidInput (400): Syntax errors in policy."
    );
    let two = [
        ("ContextEntries.member.1.ContextKeyName", "aws:SourceIp"),
        ("ContextEntries.member.1.ContextKeyValues.member.1", "10.0.0.1"),
        ("ContextEntries.member.1.ContextKeyValues.member.2", "10.0.0.2"),
        ("ContextEntries.member.1.ContextKeyType", "ip"),
    ];
    assert!(custom(&[&[action], &two[..]].concat()).starts_with("InvalidInput (400): "));
    let nobody = [("PolicySourceArn", "arn:aws:iam::123456789012:user/eve"), action];
    assert!(refused(&door, "SimulatePrincipalPolicy", &nobody).starts_with("NoSuchEntity (404)"));
    be(&mut door, "bob", &allow("iam:SimulatePrincipalPolicy", BOB));
    let other = [("PolicySourceArn", "arn:aws:iam::123456789012:role/r"), action];
    assert!(door.iam("SimulatePrincipalPolicy", &[("PolicySourceArn", BOB), action]).is_ok());
    assert!(refused(&door, "SimulatePrincipalPolicy", &other).starts_with("AccessDenied (403)"));
}
