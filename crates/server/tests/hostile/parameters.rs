//! Form parameters that cannot be read, and operations that there are not (`vpc-filtering.md` §9,
//! `iam-sts-sigv4-cloudtrail.md` §5.1, §7.2).

use crate::answer::Shape;
use crate::request::Request;
use crate::server::Server;
use crate::signer::Signer;
use crate::{Case, expect_answers, expect_refusals};

#[test]
fn parameters_that_cannot_be_read_are_refused() {
    let regions = |form: &str| Request::ec2(&format!("Action=DescribeRegions&{form}"));
    let deep = format!("Filter{}=x", ".1".repeat(40));
    let many = (0..20_001).map(|number| format!("a{number}=&")).collect::<String>();
    let long_name = format!("{}=x", "a".repeat(100_000));
    let malformed = "MalformedQueryString";
    let unknown = "UnknownParameter";
    let invalid = "InvalidParameterValue";
    let mut not_utf_8 = regions("RegionName.1=").body;
    not_utf_8.extend_from_slice(b"\xff\xfe");

    let ec2 = Signer::root("ec2");
    let cases: Vec<Case> = [
        ("no escape", malformed, "'%zz' is not percent-encoded", regions("RegionName.1=%zz")),
        ("half an escape", malformed, "'%4' is not", regions("RegionName.1=%4")),
        ("a percent sign alone", malformed, "'%' is not", regions("RegionName.1=%")),
        ("an escape in a name", malformed, "not percent-encoded", regions("Region%Name.1=x")),
        ("a signed escape", malformed, "'%+1' is not", regions("RegionName.1=%+1")),
        (
            "escapes that are not UTF-8",
            malformed,
            "not percent-encoded UTF-8",
            regions("RegionName.1=%ff"),
        ),
        (
            "an overlong escape",
            malformed,
            "not percent-encoded UTF-8",
            regions("RegionName.1=%c0%af"),
        ),
        (
            "an escaped surrogate",
            malformed,
            "not percent-encoded UTF-8",
            regions("RegionName.1=%ed%a0%80"),
        ),
        ("bytes that are not UTF-8", malformed, "The body is not UTF-8", Request::form(not_utf_8)),
        (
            "given twice",
            malformed,
            "RegionName.1 is given twice",
            regions("RegionName.1=a&RegionName.1=b"),
        ),
        (
            "given twice, once escaped",
            malformed,
            "RegionName.1 is given twice",
            regions("RegionName.1=a&Region%4eame.1=b"),
        ),
        ("two actions", malformed, "Action is given twice", regions("Action=DescribeVpcs")),
        ("two versions", malformed, "Version is given twice", regions("Version=2010-05-08")),
        (
            "a value and a structure",
            malformed,
            "given twice",
            regions("Filter.1=x&Filter.1.Name=y"),
        ),
        (
            "a structure and a value",
            malformed,
            "given twice",
            regions("Filter.1.Name=y&Filter.1=x"),
        ),
        ("too many", malformed, "more than 20000 parameters", regions(&many)),
        ("unknown", unknown, "The parameter Foo is not recognized", regions("Foo=1")),
        ("in lower case", unknown, "dryRun", regions("dryRun=true")),
        ("a long name", unknown, "is not recognized", regions(&long_name)),
        ("no name", unknown, "The parameter  is not recognized", regions("=x")),
        ("an empty part", unknown, "Filter..1 is not", regions("Filter..1=x")),
        ("a dot at the end", unknown, "Filter.1. is not", regions("Filter.1.=x")),
        ("a dot alone", unknown, "The parameter . is", regions(".=x")),
        ("too deep", unknown, "is not recognized", regions(&deep)),
        ("deeper than it is", unknown, "RegionName.1.Deep", regions("RegionName.1.Deep=x")),
        ("a word for a number", unknown, "RegionName.x is not", regions("RegionName.x=a")),
        ("a negative number", unknown, "RegionName.-1 is not", regions("RegionName.-1=a")),
        (
            "a number that is too large",
            unknown,
            "RegionName.99999999999 is not",
            regions("RegionName.99999999999=a"),
        ),
        ("a digit of another script", unknown, "RegionName.١", regions("RegionName.%D9%A1=a")),
        (
            "two kinds of lists",
            unknown,
            "RegionName.member",
            regions("RegionName.1=a&RegionName.member=b"),
        ),
        (
            "no boolean",
            invalid,
            "Value (maybe) for parameter DryRun is invalid",
            regions("DryRun=maybe"),
        ),
        ("an empty boolean", invalid, "for parameter DryRun", regions("DryRun=")),
        ("no region", invalid, "mars", regions("RegionName.1=mars")),
        ("NUL", invalid, "Invalid region names", regions("RegionName.1=%00")),
        ("an escape sequence", invalid, "Invalid region names", regions("RegionName.1=%1b%5b31m")),
        ("a line", invalid, "Invalid region names", regions("RegionName.1=a%0d%0aSet-Cookie:x")),
        ("no character", invalid, "Invalid region names", regions("RegionName.1=%ef%bf%bf")),
        ("XML", invalid, "</Message><Code>x", regions("RegionName.1=%3C/Message%3E%3CCode%3Ex")),
        ("an entity", invalid, "&lt;&#0;", regions("RegionName.1=%26lt;%26%230;")),
        ("the end of CDATA", invalid, "]]>", regions("RegionName.1=%5d%5d%3e")),
        ("semicolons", invalid, "Invalid region names", regions("RegionName.1=a;RegionName.2=b")),
        (
            "a number larger than numbers",
            invalid,
            "MaxResults",
            Request::ec2("Action=DescribeVpcs&MaxResults=99999999999999999999"),
        ),
        (
            "a number with a fraction",
            invalid,
            "MaxResults",
            Request::ec2("Action=DescribeVpcs&MaxResults=5.5"),
        ),
        ("no number", invalid, "MaxResults", Request::ec2("Action=DescribeVpcs&MaxResults=0x10")),
    ]
    .into_iter()
    .map(|(name, code, says, request)| {
        Case::new(name, ec2.sign(request).bytes(), Shape::Ec2, 400, code).says(says)
    })
    .collect();

    expect_refusals(&Server::start(), 40, &cases);
}

#[test]
fn operations_and_versions_that_there_are_not_are_refused() {
    let long = "A".repeat(10_000);
    let mut cases = Vec::new();
    for (shape, service, version, unknown) in [
        (Shape::Ec2, "ec2", "2016-11-15", "is not valid for this web service."),
        (Shape::Query, "sts", "2011-06-15", " for version 2011-06-15"),
        (Shape::Query, "iam", "2010-05-08", " for version 2010-05-08"),
    ] {
        let signer = Signer::root(service);
        let form = |form: &str| Request::form(form);
        let of = |action: &str| form(&format!("Version={version}&Action={action}"));
        let text = Request::post("text/plain", of("X").body);
        let json = Request::post("application/x-amz-json-1.1", "{}");
        let no_type = of("X").without("content-type");
        for (name, code, says, request) in [
            ("no such operation", "InvalidAction", unknown, of("Nothing")),
            ("no operation of this service", "InvalidAction", unknown, of("PutLogEvents")),
            ("another case", "InvalidAction", unknown, of("describeregions")),
            ("an empty operation", "InvalidAction", unknown, of("")),
            ("a long operation", "InvalidAction", unknown, of(&long)),
            ("NUL in an operation", "InvalidAction", unknown, of("Describe%00Regions")),
            ("XML in an operation", "InvalidAction", unknown, of("%3C/Code%3E%26amp;")),
            (
                "no such version",
                "InvalidAction",
                "for version 1999-12-31",
                form("Action=X&Version=1999-12-31"),
            ),
            (
                "a version with XML",
                "InvalidAction",
                "for version <a>",
                form("Action=X&Version=<a>"),
            ),
            (
                "no version",
                "MissingParameter",
                "the parameter Version",
                form("Action=DescribeRegions"),
            ),
            (
                "no action",
                "MissingAction",
                "the parameter Action",
                form(&format!("Version={version}")),
            ),
            ("nothing", "MissingAction", "the parameter Action", form("")),
            ("only separators", "MissingAction", "the parameter Action", form("&&&=&")),
            (
                "an action in lower case",
                "MissingAction",
                "the parameter Action",
                form(&format!("action=X&Version={version}")),
            ),
            ("text", "MalformedHttpRequestException", "Content-Type is 'text/plain'", text),
            (
                "JSON without a target",
                "MalformedHttpRequestException",
                "Content-Type is 'application/x-amz-json-1.1'",
                json,
            ),
            ("no type", "MalformedHttpRequestException", "Content-Type is ''", no_type),
        ] {
            let name = format!("{name}, {service}");
            cases.push(Case::new(&name, signer.sign(request).bytes(), shape, 400, code).says(says));
        }
    }

    expect_refusals(&Server::start(), 45, &cases);
}

#[test]
fn odd_encodings_of_good_parameters_are_read() {
    let signer = Signer::root("ec2");
    let sent = |form: &str| signer.sign(Request::ec2(form)).bytes();
    let upper = Request::ec2("Action=DescribeRegions")
        .change("content-type", |_| "APPLICATION/X-WWW-FORM-URLENCODED".to_owned());

    expect_answers(
        &Server::start(),
        &[
            ("a gap", sent("Action=DescribeRegions&RegionName.1=us-east-1&RegionName.7=eu-west-1")),
            (
                "out of order",
                sent("Action=DescribeRegions&RegionName.2=us-east-1&RegionName.1=eu-west-1"),
            ),
            ("escaped letters", sent("Action=%44escribeRegions&RegionName.1=us%2Deast%2D1")),
            ("empty pairs", sent("&&Action=DescribeRegions&&")),
            ("upper case", signer.sign(upper).bytes()),
        ],
    );
}
