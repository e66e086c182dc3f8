//! Members of JSON events (§5.5).

use super::{check, check_refused, extracted};
use crate::Pattern;

/// Of §5.5.
const EVENT: &str = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","arrayKey":["value","another value"],
    "objectList":[{"name":"a","id":1},{"name":"b","id":2}],"SomeObject":null,"cluster.name":"c",
    "latency":1.5,"ok":true,"failed":false,"big":123456789012345678}"#;

#[test]
fn members_of_json_events_are_selected() {
    check(&[
        ("{ $.eventType = \"UpdateTrail\" }", EVENT, true),
        ("{ $.eventType = UpdateTrail }", EVENT, true),
        ("{$.eventType=\"Update\"}", EVENT, false),
        ("{ $.eventType = \"Update*\" }", EVENT, true),
        ("{ $.sourceIPAddress != 123.123.* }", EVENT, true),
        ("{ $.sourceIPAddress != 111.111.* }", EVENT, false),
        ("{ $.arrayKey[0] = \"value\" }", EVENT, true),
        ("{ $.arrayKey[1] = \"value\" }", EVENT, false),
        ("{ $.objectList[1].id = 2 }", EVENT, true),
        ("{ $.objectList[*].id = 2 }", EVENT, true),
        ("{ $.objectList[*].id = 3 }", EVENT, false),
        ("{ $.objectList[0].id >= 2 }", EVENT, false),
        ("{ $.eventType = %Trail% }", EVENT, true),
        ("{ $.arrayKey[*] = %val.{2}% }", EVENT, true),
        (r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }", EVENT, true),
        ("{ $.['cluster.name'] = \"c\" }", EVENT, true),
        ("{ $.SomeObject IS NULL }", EVENT, true),
        ("{ $.eventType IS NULL }", EVENT, false),
        ("{ $.SomeOtherObject IS NULL }", EVENT, false),
        ("{ $.SomeOtherObject NOT EXISTS }", EVENT, true),
        ("{ $.SomeObject NOT EXISTS }", EVENT, false),
        ("{ $.objectList NOT EXISTS }", EVENT, false),
        ("{ $.ok IS TRUE }", EVENT, true),
        ("{ $.ok IS FALSE }", EVENT, false),
        ("{ $.failed IS FALSE }", EVENT, true),
        ("{ $.eventType IS TRUE }", EVENT, false),
        ("{ $.latency = * }", EVENT, true),
        ("{ $.objectList = * }", EVENT, false),
        ("{ $.objectList != x }", EVENT, false),
        ("{ $.missing = * }", EVENT, false),
        ("{ $.missing != x }", EVENT, false),
        ("{ $.latency > 1e0 && $.latency < 2 }", EVENT, true),
        ("{ $.latency = 1.50 }", EVENT, true),
        ("{ $.latency = \"1.5\" }", EVENT, true),
        ("{ $.big = 123456789012345678 }", EVENT, true),
        ("{ $.big = 123456789012345679 }", EVENT, false),
        ("{ $.a = 1 }", "no JSON", false),
        ("{ $.a NOT EXISTS }", "no JSON", false),
        ("{ $.a NOT EXISTS }", "[1]", false),
        ("{ $.a NOT EXISTS }", "{} trailing", false),
        ("{ $.a NOT EXISTS }", " {} ", true),
        (" { $.a = 1 } ", "{\"a\":1}", true),
    ]);
}

#[test]
fn parentheses_bind_before_and_and_and_before_or() {
    let message = r#"{"user":{"id":1,"email":"a@example.com"},"x":[{"y":3}]}"#;
    let (a, b, c) = ("$.user.id = 1", "$.user.email = nobody", "$.x[0].y = 4");
    check(&[
        (&format!("{{ {a} || {b} && {c} }}"), message, true),
        (&format!("{{ ({a} || {b}) && {c} }}"), message, false),
        (&format!("{{ {b} && {c} || {a} }}"), message, true),
        (&format!("{{ ({a}) && ($.user.email = \"a@*\") }}"), message, true),
        (&format!("{{ {a} && {c} }}"), message, false),
    ]);
}

#[test]
fn what_are_no_members_is_refused() {
    let invalid = "Invalid filter pattern";
    check_refused(&[
        ("{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"),
        ("{", "If a filter pattern starts with '{' it must end with '}'"),
        ("{ $.a = 1 } x", "If a filter pattern starts with '{' it must end with '}'"),
        ("{}", invalid),
        ("{ a = 1 }", invalid),
        ("{ $ = 1 }", invalid),
        ("{ $. = 1 }", invalid),
        ("{ $.a }", invalid),
        ("{ $.a IS }", invalid),
        ("{ $.a IS NOT NULL }", invalid),
        ("{ $.a is null }", invalid),
        ("{ $.a EXISTS }", invalid),
        ("{ $.a = 1 $.b = 2 }", invalid),
        ("{ $.a = 1 && }", invalid),
        ("{ ($.a = 1 }", invalid),
        ("{ $.a[-1] = 1 }", invalid),
        ("{ $.a[99999999999999999999] = 1 }", invalid),
        ("{ $.a[1 = 1 }", invalid),
        ("{ $.['a = 1 }", invalid),
        ("{ $.a[*].b[*] = 1 }", invalid),
        ("{ $.* = 1 || $.b[*] = 1 || $.c.* = 1 || $.d.* = 1 }", invalid),
        ("{ $.a < b }", invalid),
        ("{ $.a = x@y }", "Invalid character(s) in term 'x@y'"),
    ]);
    assert!(Pattern::parse("{ $.* = 1 || $.b[*] = 1 || $.c.* = 1 }").is_ok());
}

#[test]
fn members_are_extracted_by_the_selectors_of_the_pattern() {
    assert_eq!(
        extracted("{ $.eventType = \"Update*\" && $.objectList[1].id > 0 }", EVENT),
        "$.eventType=UpdateTrail|$.objectList[1].id=2"
    );
    assert_eq!(
        extracted("{ $.latency > 1 && $.latency < 2 && $.['cluster.name'] = * }", EVENT),
        "$.latency=1.5|$.['cluster.name']=c"
    );
    // Neither what is not there, nor what is no scalar, nor what is one of many.
    assert_eq!(
        extracted(
            "{ $.missing NOT EXISTS && $.SomeObject IS NULL && $.arrayKey[*] = value && $.ok IS TRUE }",
            EVENT
        ),
        "$.ok=true"
    );
}

#[test]
fn a_pattern_knows_whether_it_has_a_regex_and_parts() {
    let known = |pattern: &str| {
        let pattern = Pattern::parse(pattern).unwrap();
        (pattern.has_regex(), pattern.has_parts())
    };

    assert_eq!(known(""), (false, false));
    assert_eq!(known("ERROR"), (false, false));
    assert_eq!(known("ERROR -%a%"), (true, false));
    assert_eq!(known("[]"), (false, true));
    assert_eq!(known("[a, ...]"), (false, true));
    assert_eq!(known("[a=%a%,]"), (true, true));
    assert_eq!(known("{ $.a = 1 }"), (false, true));
    assert_eq!(known("{ $.a = 1 || $.b = %b% }"), (true, true));
}
