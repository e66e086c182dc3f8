//! Signatures in the header that do not hold (`iam-sts-sigv4-cloudtrail.md` §7.2, §7.3, §8).

use crate::bend::{Bend, Refusal, bent};
use crate::expect_refusals;
use crate::request::Request;
use crate::server::Server;
use crate::signer::{Signer, basic};

const CALCULATED: &str = "The request signature we calculated does not match";

fn authorization(value: &'static str) -> Bend<'static> {
    Box::new(move |request, signer| signer.sign(request).authorization(value))
}

fn reauthorized(from: &'static str, to: &'static str) -> Bend<'static> {
    Box::new(move |request, signer| signer.sign(request).reauthorize(from, to))
}

#[test]
fn what_an_authorization_header_has_to_say_is_asked_for() {
    use Refusal::{Incomplete, Missing};
    let bends: Vec<(&str, Refusal, &'static str, Bend<'_>)> = vec![
        ("no credentials", Missing, "Authentication Token", Box::new(|request, _| request)),
        ("only the algorithm", Incomplete, "", authorization("AWS4-HMAC-SHA256")),
        ("nothing", Incomplete, "", authorization("")),
        (
            "junk",
            Incomplete,
            "'X' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 X'.",
            authorization("AWS4-HMAC-SHA256 X"),
        ),
        (
            "no parts",
            Incomplete,
            "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256",
            authorization("AWS4-HMAC-SHA256 a=b"),
        ),
        (
            "no Credential",
            Incomplete,
            "requires 'Credential'",
            reauthorized("Credential=", "Kredit="),
        ),
        ("no Signature", Incomplete, "requires 'Signature'", reauthorized("Signature=", "Sig=")),
        (
            "no SignedHeaders",
            Incomplete,
            "requires 'SignedHeaders'",
            reauthorized("SignedHeaders=", "H="),
        ),
        (
            "empty credential",
            Incomplete,
            "exactly 5 slash-delimited elements",
            authorization("AWS4-HMAC-SHA256 Credential=, SignedHeaders=host, Signature=0"),
        ),
        ("four elements", Incomplete, "exactly 5", reauthorized("/aws4_request", "")),
        ("six elements", Incomplete, "exactly 5", reauthorized("/aws4_request", "/aws4_request/x")),
        (
            "lower-case algorithm",
            Incomplete,
            "Unsupported AWS 'algorithm': 'aws4-hmac-sha256'",
            reauthorized("AWS4-HMAC-SHA256", "aws4-hmac-sha256"),
        ),
        (
            "asymmetric algorithm",
            Incomplete,
            "Unsupported AWS 'algorithm'",
            reauthorized("AWS4-HMAC", "AWS4-ECDSA-P256"),
        ),
        (
            "Basic",
            Incomplete,
            "Unsupported AWS 'algorithm': 'Basic'",
            authorization("Basic dXNlcjpwYXNz"),
        ),
        (
            "Bearer",
            Incomplete,
            "Unsupported AWS 'algorithm': 'Bearer'",
            authorization("Bearer eyJh"),
        ),
        (
            "two headers",
            Incomplete,
            "more than one Authorization header",
            Box::new(|request, signer| {
                let request = signer.sign(request);
                let again = request.header("authorization").unwrap().to_owned();
                request.with("authorization", &again)
            }),
        ),
        (
            "header and query",
            Incomplete,
            "one of them is enough",
            Box::new(|request, signer| {
                let twice = signer.presign(request.clone(), "60").target;
                signer.sign(request).target(&twice)
            }),
        ),
        (
            "unsigned host",
            Incomplete,
            "'Host' or ':authority' must be a 'SignedHeader'",
            reauthorized("host;", ""),
        ),
        ("upper-case Host", Incomplete, "'Host' or ':authority'", reauthorized("host;", "Host;")),
        (
            "a signed header that is not there",
            Incomplete,
            "'ghost'",
            reauthorized("host;", "ghost;host;"),
        ),
        (
            "a header listed twice",
            Incomplete,
            "'host' is more than once",
            reauthorized("host;", "host;host;"),
        ),
        (
            "an unsigned X-Amz- header",
            Incomplete,
            "There were headers present in the request which were not signed: x-amz-meta",
            Box::new(|request, signer| signer.sign(request).with("x-amz-meta", "1")),
        ),
    ];

    expect_refusals(&Server::start(), 60, &bent(&bends));
}

#[test]
fn a_signature_over_something_else_is_refused() {
    use Refusal::Mismatch;
    let other = |change: fn(&mut Signer)| -> Bend<'static> {
        Box::new(move |request, signer| {
            let mut signer = signer.clone();
            change(&mut signer);
            signer.sign(request)
        })
    };
    let signed = |bend: fn(Request) -> Request| -> Bend<'static> {
        Box::new(move |request, signer| bend(signer.sign(request.with("x-extra", "1"))))
    };
    let bends: Vec<(&str, Refusal, &'static str, Bend<'_>)> = vec![
        ("wrong secret", Mismatch, CALCULATED, other(|signer| signer.secret.push('x'))),
        ("empty secret", Mismatch, CALCULATED, other(|signer| signer.secret.clear())),
        ("region changed", Mismatch, CALCULATED, reauthorized("/us-east-1/", "/eu-west-1/")),
        ("no region", Mismatch, "valid region, not ''", reauthorized("/us-east-1/", "//")),
        (
            "a region that there is not",
            Mismatch,
            "valid region, not 'mars-1'",
            other(|signer| signer.region = "mars-1".to_owned()),
        ),
        (
            "service of somebody else",
            Mismatch,
            "correct service: '",
            other(|signer| signer.service = "s3".to_owned()),
        ),
        (
            "another of our services",
            Mismatch,
            "correct service: '",
            other(|signer| signer.service = "iam".to_owned()),
        ),
        (
            "terminator",
            Mismatch,
            "valid terminator: 'aws4_request', not 'aws4_reques'.",
            reauthorized("/aws4_request", "/aws4_reques"),
        ),
        (
            "body changed",
            Mismatch,
            CALCULATED,
            signed(|mut request| {
                request.body.push(b' ');
                request
            }),
        ),
        (
            "header changed",
            Mismatch,
            CALCULATED,
            signed(|request| request.change("x-extra", |_| "2".to_owned())),
        ),
        ("header twice", Mismatch, CALCULATED, signed(|request| request.with("x-extra", "2"))),
        (
            "host changed",
            Mismatch,
            CALCULATED,
            signed(|request| request.change("host", |_| "flowlogd.test".to_owned())),
        ),
        ("query added", Mismatch, CALCULATED, signed(|request| request.target("/?x=1"))),
        ("method changed", Mismatch, CALCULATED, signed(|request| request.method("PUT"))),
        (
            "date moved by a second",
            Mismatch,
            CALCULATED,
            Box::new(|request, signer| {
                let later = basic(signer.at + 1);
                // Near midnight the day would change too.
                let same_day = basic(signer.at)[..8] == later[..8];
                let date = if same_day { later } else { basic(signer.at - 1) };
                signer.sign(request).change("x-amz-date", |_| date.clone())
            }),
        ),
        (
            "a digit too few",
            Mismatch,
            CALCULATED,
            signed(|request| {
                request.change("authorization", |value| value[..value.len() - 1].to_owned())
            }),
        ),
        (
            "a digit too many",
            Mismatch,
            CALCULATED,
            signed(|request| request.change("authorization", |value| format!("{value}0"))),
        ),
        (
            "upper-case digits",
            Mismatch,
            CALCULATED,
            signed(|request| {
                request.change("authorization", |value| {
                    let (head, digits) = value.split_once("Signature=").unwrap();
                    format!("{head}Signature={}", digits.to_ascii_uppercase())
                })
            }),
        ),
        (
            "no digits",
            Mismatch,
            CALCULATED,
            signed(|request| {
                request.change("authorization", |value| {
                    format!("{}Signature=", value.split_once("Signature=").unwrap().0)
                })
            }),
        ),
        (
            "another body's hash",
            Mismatch,
            CALCULATED,
            Box::new(|request, signer| {
                signer.sign(request.with("x-amz-content-sha256", &"0".repeat(64)))
            }),
        ),
        (
            "no hash of the body",
            Mismatch,
            CALCULATED,
            Box::new(|request, signer| {
                signer.sign(request.with("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
            }),
        ),
    ];

    expect_refusals(&Server::start(), 45, &bent(&bends));
}
