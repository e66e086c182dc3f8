//! A form body of EC2, IAM or STS, read as several requests.

use flowlogd_aws::codec::query::{Parameters, encode};
use flowlogd_aws::codec::{DecodeError, Node};
use flowlogd_aws::{ec2, iam, sts};
use serde::de::DeserializeOwned;

use super::assert_one_line;

/// As `query.rs` has them.
const MAX_PARAMETERS: usize = 20_000;
const MAX_DEPTH: usize = 16;

/// One body, for requests flat and deep.
pub(super) fn run(data: &[u8]) {
    let Ok(form) = std::str::from_utf8(data) else { return };
    let parameters = match Parameters::parse(form) {
        Ok(parameters) => parameters,
        Err(error) => return assert_one_line(&error.to_string()),
    };
    assert!(parameters.iter().count() <= MAX_PARAMETERS, "unbounded");
    let again = Parameters::parse(&encode(parameters.iter()));
    assert_eq!(again.as_ref(), Ok(&parameters), "written and read, others");
    if let Ok(tree) = parameters.tree() {
        assert!(depth(&tree) <= MAX_DEPTH + 1, "{} levels", depth(&tree));
    }

    read::<ec2::CreateFlowLogsRequest>(&parameters);
    read::<ec2::DescribeFlowLogsRequest>(&parameters);
    read::<ec2::AuthorizeSecurityGroupIngressRequest>(&parameters);
    read::<ec2::CreateNetworkAclEntryRequest>(&parameters);
    read::<ec2::ModifyNetworkInterfaceAttributeRequest>(&parameters);
    read::<ec2::CreateTagsRequest>(&parameters);
    read::<iam::CreateRoleRequest>(&parameters);
    read::<iam::UntagRoleRequest>(&parameters);
    read::<sts::AssumeRoleRequest>(&parameters);
}

/// A refusal is one line, and names a parameter that was sent or has to be.
fn read<T: DeserializeOwned>(parameters: &Parameters) {
    let Err(error) = parameters.read::<T>() else { return };
    let text = error.to_string();
    assert_one_line(&text);
    let sent = |named: &str| {
        let inside = format!("{named}.");
        parameters.iter().any(|(name, _)| name == named || name.starts_with(&inside))
    };
    match &error {
        DecodeError::Missing(name) => {
            assert!(!name.is_empty() && !parameters.iter().any(|(sent, _)| sent == name), "{text}");
        }
        DecodeError::Unknown(name) => assert!(sent(name), "never sent: {text}"),
        DecodeError::Invalid { parameter, .. } => assert!(sent(parameter), "never sent: {text}"),
        DecodeError::Malformed(_) => {}
    }
    assert!(!error.into_query_fault().code.is_empty());
}

fn depth(node: &Node) -> usize {
    match node {
        Node::Text(_) => 1,
        Node::Structure(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Node::List(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
    }
}
