//! What IAM promises.

mod access_keys;
mod attachments;
mod groups;
mod inline_policies;
mod last_uses;
mod managed_policies;
mod permissions;
mod roles;
mod simulation;
mod tags;
mod trust;
mod users;

use flowlogd_aws::codec::Node;
use flowlogd_aws::policy::{NamedPolicy, Policies, Policy, PolicyKind, Principal};

use crate::call::Identity;
use crate::testing::{ACCOUNT, TestDoor};

/// An identity policy for everything.
pub(in crate::ops) const ALLOW_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
/// The trust policy of a delivery role.
pub(in crate::ops) const TRUST_FLOW_LOGS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"vpc-flow-logs.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// A trust policy for one AWS principal.
pub(in crate::ops) fn trust_of(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}]}}"#
    )
}

/// An identity policy for one action on one resource.
pub(in crate::ops) fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

/// Returns what a call is refused with: `Code (status): message`.
pub(in crate::ops) fn refused(
    door: &TestDoor,
    action: &str,
    parameters: &[(&str, &str)],
) -> String {
    let fault = door.iam(action, parameters).unwrap_err();
    format!("{} ({}): {}", fault.code, fault.status, fault.message)
}

/// Returns a text by the names on the way to it.
pub(in crate::ops) fn text(node: &Node, path: &str) -> String {
    let found = path.split('.').try_fold(node, |node, name| node.get(name));
    let found = found.unwrap_or_else(|| panic!("no {path} in {node:?}"));
    found.text().unwrap_or_else(|| panic!("{path} is no text: {found:?}")).to_owned()
}

/// Returns one member of every element of a list.
fn column(node: &Node, list: &str, member: &str) -> Vec<String> {
    node.get(list).unwrap().elements().into_iter().map(|element| text(element, member)).collect()
}

/// Returns the texts of a list.
fn texts(node: &Node, list: &str) -> Vec<String> {
    node.get(list)
        .unwrap()
        .elements()
        .into_iter()
        .map(|element| element.text().unwrap().to_owned())
        .collect()
}

fn make_user(door: &TestDoor, name: &str) -> Node {
    door.iam("CreateUser", &[("UserName", name)]).unwrap()
}

fn make_role(door: &TestDoor, name: &str) -> Node {
    door.iam("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", TRUST_FLOW_LOGS)])
        .unwrap()
}

fn make_policy(door: &TestDoor, name: &str) -> String {
    let policy =
        door.iam("CreatePolicy", &[("PolicyName", name), ("PolicyDocument", ALLOW_ALL)]).unwrap();
    text(&policy, "Policy.Arn")
}

/// Becomes a user that exists, with one policy.
pub(in crate::ops) fn be(door: &mut TestDoor, name: &str, policy: &str) {
    be_root(door);
    let user = door.iam("GetUser", &[("UserName", name)]).unwrap();
    let principal = Principal::User {
        arn: text(&user, "User.Arn").parse().unwrap(),
        id: text(&user, "User.UserId"),
        name: name.to_owned(),
    };
    let policy = Policy::parse(policy, PolicyKind::Identity).unwrap();
    let identity = vec![NamedPolicy { name: "test".to_owned(), policy }];
    become_one(door, principal, Policies { identity, ..Policies::default() });
}

pub(in crate::ops) fn be_root(door: &mut TestDoor) {
    become_one(door, Principal::Root { account: ACCOUNT.to_owned() }, Policies::default());
}

/// Becomes a session of a role that exists, with one policy.
pub(in crate::ops) fn be_session(door: &mut TestDoor, role: &str, policy: &str) {
    be_root(door);
    let found = door.iam("GetRole", &[("RoleName", role)]).unwrap();
    let principal = Principal::Session {
        arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s1").parse().unwrap(),
        role: text(&found, "Role.Arn").parse().unwrap(),
        role_id: text(&found, "Role.RoleId"),
        session: "s1".to_owned(),
    };
    let policy = Policy::parse(policy, PolicyKind::Identity).unwrap();
    let identity = vec![NamedPolicy { name: "test".to_owned(), policy }];
    become_one(door, principal, Policies { identity, ..Policies::default() });
}

fn become_one(door: &mut TestDoor, principal: Principal, policies: Policies) {
    door.caller.identity = Identity::Iam { principal, policies: Box::new(policies) };
}
