//! JSON that cannot be read, and targets that there are not (`cloudwatch-logs.md` §1, §3).

use crate::answer::Shape;
use crate::request::Request;
use crate::server::Server;
use crate::signer::Signer;
use crate::{Case, expect_answers, expect_refusals};

const SERIALIZATION: &str = "SerializationException";
const PARAMETER: &str = "InvalidParameterException";

#[test]
fn json_that_cannot_be_read_is_refused() {
    let create = |body: &[u8]| Request::logs("CreateLogGroup", body);
    let list = |body: &str| Request::logs("DescribeLogGroups", body);
    let name = |value: &str| create(format!(r#"{{"logGroupName":{value}}}"#).as_bytes());
    let entity = |value: String| {
        Request::logs("PutLogEvents", format!(r#"{{"logGroupName":"a","entity":{value}}}"#))
    };
    let deep = "[".repeat(100_000);
    let closed = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));

    let cases = [
        ("an end in an object", SERIALIZATION, create(br#"{"logGroupName":"#)),
        ("an end in a string", SERIALIZATION, create(br#"{"logGroupName":"a"#)),
        ("an end in an escape", SERIALIZATION, create(br#"{"logGroupName":"\u00"#)),
        ("an open brace", SERIALIZATION, create(b"{")),
        ("a blank", SERIALIZATION, create(b" ")),
        ("NUL alone", SERIALIZATION, create(b"\0")),
        ("two objects", SERIALIZATION, create(b"{}{}")),
        ("something behind it", SERIALIZATION, create(b"{} x")),
        ("an array", SERIALIZATION, create(b"[]")),
        (
            "an array in the order of the members",
            SERIALIZATION,
            create(br#"["a",null,null,null,null]"#),
        ),
        ("a string", SERIALIZATION, create(br#""a""#)),
        ("a number", SERIALIZATION, create(b"1")),
        ("null", SERIALIZATION, create(b"null")),
        ("a form", SERIALIZATION, create(b"logGroupName=a")),
        ("XML", SERIALIZATION, create(b"<logGroupName>a</logGroupName>")),
        ("a byte-order mark", SERIALIZATION, create(b"\xef\xbb\xbf{}")),
        ("UTF-16", SERIALIZATION, create(b"{\0}\0")),
        ("a comment", SERIALIZATION, create(b"{/**/}")),
        ("a comma too many", SERIALIZATION, create(br#"{"logGroupName":"a",}"#)),
        ("single quotes", SERIALIZATION, create(b"{'logGroupName':'a'}")),
        ("no quotes", SERIALIZATION, create(br#"{logGroupName:"a"}"#)),
        ("a member twice", SERIALIZATION, create(br#"{"logGroupName":"a","logGroupName":"b"}"#)),
        ("a lone surrogate", SERIALIZATION, name(r#""\ud800""#)),
        ("a lone low surrogate", SERIALIZATION, name(r#""\udc00""#)),
        ("surrogates in the wrong order", SERIALIZATION, name(r#""\udc00\ud800""#)),
        ("no escape", SERIALIZATION, name(r#""\x41""#)),
        ("NUL in a string", SERIALIZATION, name("\"a\0b\"")),
        ("a line in a string", SERIALIZATION, name("\"a\nb\"")),
        ("a number for a string", SERIALIZATION, name("5")),
        ("a boolean for a string", SERIALIZATION, name("true")),
        ("an object for a string", SERIALIZATION, name("{}")),
        ("a list for a string", SERIALIZATION, name(r#"["a"]"#)),
        ("a string for a number", SERIALIZATION, list(r#"{"limit":"ten"}"#)),
        ("a fraction for a number", SERIALIZATION, list(r#"{"limit":1.5}"#)),
        ("a number larger than numbers", SERIALIZATION, list(r#"{"limit":99999999999999999999}"#)),
        ("a huge exponent", SERIALIZATION, list(r#"{"limit":1e400}"#)),
        (
            "ten thousand digits",
            SERIALIZATION,
            list(&format!(r#"{{"limit":{}}}"#, "9".repeat(10_000))),
        ),
        ("not a number", SERIALIZATION, list(r#"{"limit":NaN}"#)),
        ("infinity", SERIALIZATION, list(r#"{"limit":-Infinity}"#)),
        ("hexadecimal", SERIALIZATION, list(r#"{"limit":0x10}"#)),
        ("a leading zero", SERIALIZATION, list(r#"{"limit":01}"#)),
        ("a plus sign", SERIALIZATION, list(r#"{"limit":+1}"#)),
        (
            "a string for a list",
            SERIALIZATION,
            Request::logs("PutLogEvents", r#"{"logEvents":"a"}"#),
        ),
        ("brackets without an end", SERIALIZATION, create(deep.as_bytes())),
        ("brackets in a member", SERIALIZATION, create(format!(r#"{{"x":{deep}"#).as_bytes())),
        ("deep brackets", SERIALIZATION, entity(closed)),
        ("deep braces", SERIALIZATION, entity(r#"{"a":"#.repeat(10_000))),
        ("no members", PARAMETER, create(b"{}")),
        ("no body", PARAMETER, create(b"")),
        ("null for a name", PARAMETER, name("null")),
        ("an escaped NUL", PARAMETER, name(r#""a\u0000b""#)),
        ("a control character", PARAMETER, name(r#""a\u001b[31m""#)),
        ("what is not UTF-8", PARAMETER, create(b"{\"logGroupName\":\"a\xff\"}")),
        ("markup", PARAMETER, name(r#""<script>""#)),
        ("a name that is too long", PARAMETER, name(&format!("\"{}\"", "a".repeat(100_000)))),
        ("a negative number", PARAMETER, list(r#"{"limit":-1}"#)),
        ("a large number", PARAMETER, list(r#"{"limit":9223372036854775807}"#)),
    ];
    let logs = Signer::root("logs");
    let cases: Vec<Case> = cases
        .into_iter()
        .map(|(name, code, request)| {
            Case::new(name, logs.sign(request).bytes(), Shape::Json, 400, code)
        })
        .collect();

    expect_refusals(&Server::start(), 50, &cases);
}

#[test]
fn targets_that_there_are_not_are_refused() {
    let target =
        |target: &str| Request::logs("X", "{}").change("x-amz-target", |_| target.to_owned());
    let typed = |kind: &str| {
        Request::logs("DescribeLogGroups", "{}").change("content-type", |_| kind.to_owned())
    };
    let long = format!("Logs_20140328.{}", "A".repeat(5000));
    let unknown = "UnknownOperationException";
    let malformed = "MalformedHttpRequestException";
    let listing = Request::logs("DescribeLogGroups", "{}");

    let cases = [
        ("no such operation", unknown, "Nothing", target("Logs_20140328.Nothing")),
        ("another case", unknown, "describeloggroups", target("Logs_20140328.describeloggroups")),
        ("EC2's operation", unknown, "DescribeRegions", target("Logs_20140328.DescribeRegions")),
        ("no operation", unknown, "", target("Logs_20140328.")),
        ("no dot", unknown, "", target("Logs_20140328")),
        ("two dots", unknown, "", target("Logs_20140328.A.B")),
        ("a long operation", unknown, "AAAA", target(&long)),
        (
            "another version",
            unknown,
            "'Logs_20150101' is of no service here",
            target("Logs_20150101.DescribeLogGroups"),
        ),
        (
            "another service",
            unknown,
            "'DynamoDB_20120810' is of no",
            target("DynamoDB_20120810.ListTables"),
        ),
        (
            "a model's prefix",
            unknown,
            "of no service",
            target("com.amazonaws.logs#Logs_20140328.DescribeLogGroups"),
        ),
        ("nothing", unknown, "'' is of no service", target("")),
        ("a dot", unknown, "'' is of no service", target(".")),
        (
            "JSON 1.0",
            malformed,
            "Content-Type is 'application/x-amz-json-1.0'",
            typed("application/x-amz-json-1.0"),
        ),
        ("plain JSON", malformed, "Content-Type is 'application/json'", typed("application/json")),
        ("CBOR", malformed, "Content-Type is 'application/cbor'", typed("application/cbor")),
        (
            "a form",
            malformed,
            "has to be application/x-amz-json-1.1",
            typed("application/x-www-form-urlencoded"),
        ),
        ("an empty type", malformed, "Content-Type is ''", typed("")),
        ("no type", malformed, "Content-Type is ''", typed("x").without("content-type")),
        (
            "GET",
            malformed,
            "The method GET is not supported: send POST",
            listing.clone().method("GET"),
        ),
        ("PUT", malformed, "The method PUT is not supported", listing.method("PUT")),
    ];
    let logs = Signer::root("logs");
    let cases: Vec<Case> = cases
        .into_iter()
        .map(|(name, code, says, request)| {
            Case::new(name, logs.sign(request).bytes(), Shape::Json, 400, code).says(says)
        })
        .collect();

    expect_refusals(&Server::start(), 20, &cases);
}

#[test]
fn odd_json_that_is_right_is_read() {
    let logs = Signer::root("logs");
    let list = |body: &str| logs.sign(Request::logs("DescribeLogGroups", body)).bytes();
    let deep = format!(r#"{{"x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let typed = Request::logs("DescribeLogGroups", "{}")
        .change("content-type", |_| "Application/X-Amz-Json-1.1; charset=utf-8".to_owned());

    expect_answers(
        &Server::start(),
        &[
            ("no body", list("")),
            ("blanks", list(" \r\n\t{ } ")),
            ("unknown members", list(r#"{"x":1,"y":{"z":[null]}}"#)),
            ("deep unknown members", list(&deep)),
            ("a pair of surrogates", list(r#"{"x":"\ud83d\ude00"}"#)),
            ("a parameter of the type", logs.sign(typed).bytes()),
        ],
    );
}
