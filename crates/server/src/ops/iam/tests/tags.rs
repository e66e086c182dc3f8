//! Tags.

use super::{column, make_policy, make_role, make_user, refused, text};
use crate::testing::TestDoor;

fn tags<'a>(pairs: &'a [(&'a str, &'a str)]) -> Vec<(String, &'a str)> {
    (1..)
        .zip(pairs)
        .flat_map(|(number, (key, value))| {
            [
                (format!("Tags.member.{number}.Key"), *key),
                (format!("Tags.member.{number}.Value"), *value),
            ]
        })
        .collect()
}

fn parameters<'a>(
    entity: (&'a str, &'a str),
    tags: &'a [(String, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let tags = tags.iter().map(|(name, value)| (name.as_str(), *value));
    std::iter::once(entity).chain(tags).collect()
}

#[test]
fn users_roles_and_policies_can_be_tagged() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    make_role(&door, "r");
    let arn = make_policy(&door, "p");
    let entities = [
        ("User", ("UserName", "bob")),
        ("Role", ("RoleName", "r")),
        ("Policy", ("PolicyArn", arn.as_str())),
    ];

    for (kind, entity) in entities {
        let first = tags(&[("Team", "net"), ("stage", "lab")]);
        door.iam(&format!("Tag{kind}"), &parameters(entity, &first)).unwrap();
        // Keys are the same whatever their case: the newer one replaces the older.
        let second = tags(&[("team", "ops")]);
        door.iam(&format!("Tag{kind}"), &parameters(entity, &second)).unwrap();

        let list = format!("List{kind}Tags");
        let page = door.iam(&list, &[entity, ("MaxItems", "1")]).unwrap();
        let rest = door.iam(&list, &[entity, ("Marker", &text(&page, "Marker"))]).unwrap();
        door.iam(
            &format!("Untag{kind}"),
            &[entity, ("TagKeys.member.1", "Stage"), ("TagKeys.member.2", "none")],
        )
        .unwrap();
        let left = door.iam(&list, &[entity]).unwrap();

        assert_eq!(column(&page, "Tags", "Key"), ["stage"]);
        assert_eq!(column(&rest, "Tags", "Value"), ["ops"]);
        assert_eq!(column(&left, "Tags", "Key"), ["team"]);
    }
}

#[test]
fn a_key_given_twice_is_refused_whatever_its_case() {
    let door = TestDoor::new();
    let twice = tags(&[("Team", "a"), ("team", "b")]);

    let answer = refused(&door, "CreateUser", &parameters(("UserName", "bob"), &twice));

    assert_eq!(
        answer,
        "InvalidInput (400): Duplicate tag keys found. Please note that Tag keys are case insensitive."
    );
}

#[test]
fn a_tag_that_cannot_be_is_refused_with_its_number() {
    let door = TestDoor::new();
    make_user(&door, "bob");
    let odd = tags(&[("ok", "x"), ("a#b", "y")]);
    let value = "v".repeat(257);
    let pair = [("k", value.as_str())];
    let long = tags(&pair);
    let reserved = tags(&[("aws:x", "y")]);

    let odd = refused(&door, "TagUser", &parameters(("UserName", "bob"), &odd));
    let long = refused(&door, "TagUser", &parameters(("UserName", "bob"), &long));
    let reserved = refused(&door, "TagUser", &parameters(("UserName", "bob"), &reserved));

    assert!(odd.contains("Value 'a#b' at 'tags.2.member.key' failed"), "{odd}");
    assert!(long.contains("at 'tags.1.member.value' failed"), "{long}");
    assert!(reserved.starts_with("InvalidInput (400)"), "{reserved}");
}

#[test]
fn an_entity_has_50_tags_at_most() {
    let door = TestDoor::new();
    make_role(&door, "r");
    let keys: Vec<String> = (0..50).map(|number| format!("k{number}")).collect();
    let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    let fifty = tags(&pairs);
    door.iam("TagRole", &parameters(("RoleName", "r"), &fifty)).unwrap();

    let one = tags(&[("another", "v")]);
    let answer = refused(&door, "TagRole", &parameters(("RoleName", "r"), &one));

    assert_eq!(answer, "LimitExceeded (409): The number of tags has reached the maximum limit.");
}
