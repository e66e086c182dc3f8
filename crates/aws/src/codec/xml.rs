//! XML answers, and reading them.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde::ser::Serialize;

use super::serialize::{ListStyle, write_element, write_text};
use super::{DecodeError, Node};
use crate::{Fault, Protocol};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
/// Deeper than any answer is.
const MAX_DEPTH: usize = 32;

/// Writes an EC2 answer. One without members is `<return>true</return>` (`vpc-filtering.md` §9.2).
pub fn write_ec2<T: Serialize>(
    action: &str,
    request_id: &str,
    answer: &T,
) -> Result<String, DecodeError> {
    let namespace = crate::ec2::NAMESPACE;
    let mut out = format!("{DECLARATION}<{action}Response xmlns=\"{namespace}\"><requestId>");
    write_text(&mut out, request_id);
    out.push_str("</requestId>");
    let before = out.len();
    write_element(&mut out, None, answer, ListStyle::Item)?;
    if out.len() == before {
        out.push_str("<return>true</return>");
    }
    out.extend(["</", action, "Response>"]);
    Ok(out)
}

/// Writes an answer of IAM or STS. `()` has no result element; a structure without members has an empty
/// one, which clients look for (`UpdateRole`).
pub fn write_query<T: Serialize>(
    namespace: &str,
    action: &str,
    request_id: &str,
    answer: &T,
) -> Result<String, DecodeError> {
    let mut out = format!("{DECLARATION}<{action}Response xmlns=\"{namespace}\">");
    let mut result = String::new();
    write_element(&mut result, None, answer, ListStyle::Member)?;
    let mut probe = String::new();
    if result.is_empty() {
        // Only a structure is there even if it is empty.
        write_element(&mut probe, Some("Result"), answer, ListStyle::Member)?;
    }
    if !result.is_empty() || !probe.is_empty() {
        out.extend(["<", action, "Result>", &result, "</", action, "Result>"]);
    }
    out.push_str("<ResponseMetadata><RequestId>");
    write_text(&mut out, request_id);
    out.extend(["</RequestId></ResponseMetadata></", action, "Response>"]);
    Ok(out)
}

/// Writes a fault in the shape of the protocol (`vpc-filtering.md` §9.3, `iam-sts-…` §5.1).
pub fn write_fault(protocol: Protocol, namespace: &str, fault: &Fault, request_id: &str) -> String {
    let (mut code, mut message, mut id) = (String::new(), String::new(), String::new());
    write_text(&mut code, &fault.code);
    write_text(&mut message, &fault.message);
    write_text(&mut id, request_id);
    match protocol {
        Protocol::Ec2 => format!(
            "{DECLARATION}<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>\
             </Error></Errors><RequestID>{id}</RequestID></Response>"
        ),
        Protocol::Query | Protocol::Json => {
            let blame = if fault.status >= 500 { "Receiver" } else { "Sender" };
            format!(
                "{DECLARATION}<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{blame}</Type>\
                 <Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>{id}</RequestId></ErrorResponse>"
            )
        }
    }
}

/// Reads a document; the root element's children are the members. Attributes do not count.
pub fn parse(document: &str) -> Result<Node, DecodeError> {
    let malformed = |error: &dyn std::fmt::Display| {
        DecodeError::Malformed(format!("The answer is not XML: {error}"))
    };
    let mut reader = Reader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    // Elements that are open: name, text so far, children so far.
    let mut open: Vec<(String, String, BTreeMap<String, Node>)> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| malformed(&error))? {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(malformed(&"it is too deep"));
                }
                let name = start.local_name();
                open.push((name.as_ref().to_owned(), String::new(), BTreeMap::new()));
            }
            Event::Text(text) => {
                if let Some((_, content, _)) = open.last_mut() {
                    content.push_str(&text);
                }
            }
            Event::CData(text) => {
                if let Some((_, content, _)) = open.last_mut() {
                    content.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => character.to_string(),
                    Ok(None) => {
                        let name: &str = &reference;
                        resolve_xml_entity(name)
                            .ok_or_else(|| malformed(&format_args!("unknown entity &{name};")))?
                            .to_owned()
                    }
                    Err(error) => return Err(malformed(&error)),
                };
                if let Some((_, content, _)) = open.last_mut() {
                    content.push_str(&resolved);
                }
            }
            Event::End(_) => {
                let Some((name, text, children)) = open.pop() else {
                    return Err(malformed(&"an element ends that never began"));
                };
                let node =
                    if children.is_empty() { Node::Text(text) } else { Node::Structure(children) };
                match open.last_mut() {
                    Some((_, _, siblings)) => add(siblings, name, node),
                    None => return Ok(node),
                }
            }
            Event::Eof => return Err(malformed(&"it ends early")),
            Event::Empty(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_) => {}
        }
    }
}

fn add(siblings: &mut BTreeMap<String, Node>, name: String, node: Node) {
    match siblings.get_mut(&name) {
        None => {
            siblings.insert(name, node);
        }
        Some(Node::List(list)) => list.push(node),
        Some(first) => {
            let first_node = std::mem::take(first);
            *first = Node::List(vec![first_node, node]);
        }
    }
}
