use super::super::answers::{all, new_vpc, refused, refused_with};
use crate::testing::TestDoor;

#[test]
fn tags_are_set_replaced_listed_and_taken_away() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let set = |key: &str, value: &str| {
        let tag = [("ResourceId.1", vpc.as_str()), ("Tag.1.Key", key), ("Tag.1.Value", value)];
        door.ec2("CreateTags", &tag).unwrap();
    };
    set("Name", "a");
    set("Name", "b");
    set("other", "");
    let listed = || {
        let filter = [("Filter.1.Name", "resource-id"), ("Filter.1.Value.1", vpc.as_str())];
        let answer = door.ec2("DescribeTags", &filter).unwrap();
        (all(&answer, "tagSet", "key"), all(&answer, "tagSet", "value"))
    };
    let pair = |keys: &[&str], values: &[&str]| {
        let own = |texts: &[&str]| texts.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        (own(keys), own(values))
    };
    assert_eq!(listed(), pair(&["Name", "other"], &["b", ""]));
    let delete = |parameters: &[(&str, &str)]| {
        let mut all = vec![("ResourceId.1", vpc.as_str())];
        all.extend(parameters);
        door.ec2("DeleteTags", &all).unwrap();
    };
    delete(&[("Tag.1.Key", "Name"), ("Tag.1.Value", "a")]);
    assert_eq!(listed(), pair(&["Name", "other"], &["b", ""]));
    delete(&[("Tag.1.Key", "Name")]);
    assert_eq!(listed(), pair(&["other"], &[""]));
    delete(&[]);
    assert_eq!(listed(), pair(&[], &[]));
}

#[test]
fn what_cannot_be_tagged_is_named() {
    let door = TestDoor::new();
    let vpc = new_vpc(&door, "10.0.0.0/16");
    let tag = |id: &str, key: &str| {
        door.ec2("CreateTags", &[("ResourceId.1", id), ("Tag.1.Key", key), ("Tag.1.Value", "v")])
    };
    refused(tag("x-1", "k"), "InvalidID", "The ID 'x-1' is not valid");
    refused(tag("vpc-12345678", "k"), "InvalidID", "The ID 'vpc-12345678' is not valid");
    refused_with(tag(&vpc, "AWS:k"), "InvalidTagKey.Malformed", "reserved for internal use");
}
