//! XML: any text as a document, and in one.

use flowlogd_aws::codec::{DecodeError, Node, from_node, xml};
use flowlogd_aws::ec2::{DescribeRegionsResponse, Region};
use flowlogd_aws::{Fault, Protocol};

use super::assert_one_line;

const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

/// The input as a document, then as a value in an answer and in a fault.
pub(super) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match xml::parse(&text) {
        Ok(_) => {}
        Err(error @ DecodeError::Malformed(_)) => assert_one_line(&error.to_string()),
        Err(error) => panic!("another error: {error:?}"),
    }
    check_text(&text);
}

/// What is written reads back; characters that XML has not are U+FFFD.
fn check_text(text: &str) {
    let held: String = text.chars().map(|c| if is_xml(c) { c } else { '\u{fffd}' }).collect();
    let at = |root: &Node, path: &[&str]| {
        let node = path.iter().try_fold(root, |node, name| node.get(name));
        node.and_then(Node::text).map(str::to_owned)
    };
    let fault = Fault::new("Code", text);
    for (protocol, path) in [
        (Protocol::Ec2, &["Errors", "Error", "Message"][..]),
        (Protocol::Query, &["Error", "Message"]),
    ] {
        let written = xml::write_fault(protocol, NAMESPACE, &fault, text);
        let root = xml::parse(&written).expect("a fault is XML");
        assert_eq!(at(&root, path).as_deref(), Some(held.as_str()), "{written}");
    }

    let region = |name: &str| Region {
        region_name: name.to_owned(),
        region_endpoint: held.clone(),
        opt_in_status: "x".to_owned(),
    };
    let answer = DescribeRegionsResponse { region_info: vec![region(&held), region("second")] };
    for written in [
        xml::write_ec2("DescribeRegions", text, &answer).expect("an answer is written"),
        xml::write_query(NAMESPACE, "DescribeRegions", text, &answer).expect("and so"),
    ] {
        assert!(written.chars().all(is_xml), "{written:?}");
        let root = xml::parse(&written).expect("an answer is XML");
        let node = root.get("DescribeRegionsResult").unwrap_or(&root);
        let Node::Structure(mut members) = node.clone() else { panic!("{node:?}") };
        members.remove("requestId");
        let again = from_node::<DescribeRegionsResponse>(&Node::Structure(members));
        assert_eq!(again.as_ref(), Ok(&answer), "{written}");
    }
}

/// The Char production of XML 1.0.
const fn is_xml(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
    )
}
