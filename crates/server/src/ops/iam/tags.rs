//! Tags of users, roles and policies: how they are checked, merged and printed.

use flowlogd_aws::Fault;
use flowlogd_aws::iam::shapes::Tag;
use flowlogd_aws::policy::Context;

use super::constraint::Constraints;
use super::fault::limit_exceeded;
use super::paging::{Page, page};
use crate::model::Tags;

/// Tags that one entity may have.
const MAX_TAGS: usize = 50;
const PATTERN: &str = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]";

/// Reads the tags of a request. Keys are unique without case (`iam-sts-sigv4-cloudtrail.md` §1.2).
pub(super) fn read(given: &[Tag]) -> Result<Tags, Fault> {
    read_or(given, "InvalidInput")
}

/// The same; `code` is that of the fault for keys that cannot be.
pub(in crate::ops) fn read_or(given: &[Tag], code: &'static str) -> Result<Tags, Fault> {
    let mut constraints = Constraints::new().count("tags", given.len(), MAX_TAGS);
    for (number, Tag { key, value }) in (1..).zip(given) {
        let at = |member: &str| format!("tags.{number}.member.{member}");
        constraints = constraints
            .length(&at("key"), key, 1, 128)
            .pattern(&at("key"), key, &format!("{PATTERN}+"), in_tag)
            .length(&at("value"), value, 0, 256)
            .pattern(&at("value"), value, &format!("{PATTERN}*"), in_tag);
    }
    constraints.finish()?;
    let mut tags = Tags::new();
    for Tag { key, value } in given {
        if key.to_lowercase().starts_with("aws:") {
            let text = format!("The tag key '{key}' is reserved: keys must not start with 'aws:'.");
            return Err(Fault::new(code, text));
        }
        if tags.keys().any(|other| same(other, key)) {
            let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(Fault::new(code, text));
        }
        tags.insert(key.clone(), value.clone());
    }
    Ok(tags)
}

/// Sets tags; one whose key differs only in case is replaced.
pub(super) fn merge(tags: &mut Tags, new: Tags) -> Result<(), Fault> {
    for (key, value) in new {
        tags.retain(|other, _| !same(other, &key));
        tags.insert(key, value);
    }
    if tags.len() > MAX_TAGS {
        return Err(limit_exceeded("The number of tags has reached the maximum limit."));
    }
    Ok(())
}

/// Removes tags; one that is not there is no mistake.
pub(super) fn remove(tags: &mut Tags, keys: &[String]) -> Result<(), Fault> {
    let mut constraints = Constraints::new().count("tagKeys", keys.len(), MAX_TAGS);
    for (number, key) in (1..).zip(keys) {
        constraints = constraints.length(&format!("tagKeys.{number}.member"), key, 1, 128);
    }
    constraints.finish()?;
    tags.retain(|tag, _| !keys.iter().any(|key| same(tag, key)));
    Ok(())
}

/// Sets the keys by which policies know the tags of a request.
pub(in crate::ops) fn describe_request(given: &[Tag], context: &mut Context) {
    for Tag { key, value } in given {
        context.set(&format!("aws:RequestTag/{key}"), value.clone());
    }
    describe_keys(given.iter().map(|tag| &tag.key), context);
}

/// Sets the key by which policies know what is tagged or untagged.
pub(super) fn describe_keys<'a>(keys: impl Iterator<Item = &'a String>, context: &mut Context) {
    let keys: Vec<String> = keys.cloned().collect();
    if !keys.is_empty() {
        context.set_all("aws:TagKeys", keys);
    }
}

/// Tags as answers print them.
pub(super) fn printed(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

/// A page of tags as answers print them.
pub(super) fn listed(
    tags: &Tags,
    max_items: Option<i64>,
    marker: Option<&str>,
) -> Result<Page<Tag>, Fault> {
    page(printed(tags), |tag| tag.key.clone(), max_items, marker)
}

pub(in crate::ops) fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn in_tag(character: char) -> bool {
    character.is_alphanumeric() || character.is_whitespace() || "_.:/=+-@".contains(character)
}
