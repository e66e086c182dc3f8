//! Signatures in the query string (`iam-sts-sigv4-cloudtrail.md` §8.4).

use crate::answer::Shape;
use crate::bend::Refusal;
use crate::request::Request;
use crate::server::Server;
use crate::signer::Signer;
use crate::{Case, expect_answers, expect_refusals};

const CALLER: &str = "/?Action=GetCallerIdentity&Version=2011-06-15";
const REGIONS: &str = "/?Action=DescribeRegions&Version=2016-11-15";

#[test]
fn a_presigned_query_that_does_not_hold_is_refused() {
    use Refusal::{Incomplete, Mismatch, Skewed, UnknownKey};
    let calculated = "The request signature we calculated";
    let mut cases = Vec::new();
    for (shape, service, target) in [(Shape::Query, "sts", CALLER), (Shape::Ec2, "ec2", REGIONS)] {
        let signer = Signer::root(service);
        let off = |seconds: i64| Signer { at: signer.at + seconds, ..signer.clone() };
        let request = || Request::get(target);
        let good = signer.presign(request(), "60").target;
        let changed = |from: &str, to: &str| {
            assert!(good.contains(from), "{good} has no {from}");
            Request::get(&good.replacen(from, to, 1))
        };
        let without = |name: &str| {
            let kept: Vec<&str> = good.split('&').filter(|pair| !pair.starts_with(name)).collect();
            Request::get(&kept.join("&"))
        };
        let wrong_secret = Signer { secret: "wrong".to_owned(), ..signer.clone() };
        let unknown = Signer { key_id: "AKIAUNKNOWN".to_owned(), ..signer.clone() };
        let token = Signer { token: Some("AQoDYX".to_owned()), ..signer.clone() };
        let elsewhere = Signer { service: "s3".to_owned(), ..signer.clone() };
        let range = "X-Amz-Expires must be between 1 and 604800 seconds, not '";
        for (name, refusal, says, sent) in [
            ("expired", Skewed, "Signature expired: ", off(-61).presign(request(), "60")),
            (
                "expired long ago",
                Skewed,
                "Signature expired: ",
                off(-700_000).presign(request(), "604800"),
            ),
            ("not yet", Skewed, "Signature not yet current", off(310).presign(request(), "60")),
            ("no seconds", Incomplete, range, signer.presign(request(), "0")),
            ("a week and a second", Incomplete, range, signer.presign(request(), "604801")),
            ("before it began", Incomplete, range, signer.presign(request(), "-1")),
            ("no number", Incomplete, range, signer.presign(request(), "soon")),
            (
                "more than a number holds",
                Incomplete,
                range,
                signer.presign(request(), "99999999999999999999"),
            ),
            (
                "a longer life than signed",
                Mismatch,
                calculated,
                changed("X-Amz-Expires=60", "X-Amz-Expires=600"),
            ),
            (
                "without expiry",
                Incomplete,
                "must include 'X-Amz-Expires'",
                without("X-Amz-Expires"),
            ),
            ("without date", Incomplete, "must include 'X-Amz-Date'", without("X-Amz-Date")),
            (
                "without credential",
                Incomplete,
                "must include 'X-Amz-Credential'",
                without("X-Amz-Credential"),
            ),
            (
                "without headers",
                Incomplete,
                "must include 'X-Amz-SignedHeaders'",
                without("X-Amz-SignedHeaders"),
            ),
            (
                "without signature",
                Incomplete,
                "must include 'X-Amz-Signature'",
                without("X-Amz-Signature"),
            ),
            (
                "without algorithm",
                Incomplete,
                "must include 'X-Amz-Algorithm'",
                without("X-Amz-Algorithm"),
            ),
            (
                "lower-case algorithm",
                Incomplete,
                "Unsupported AWS 'algorithm'",
                changed("AWS4-HMAC", "aws4-hmac"),
            ),
            (
                "unsigned host",
                Incomplete,
                "'Host'",
                changed("SignedHeaders=host", "SignedHeaders=date"),
            ),
            (
                "unsigned X-Amz- header",
                Incomplete,
                "not signed: x-amz-meta",
                changed("x", "x").with("x-amz-meta", "1"),
            ),
            ("another secret", Mismatch, calculated, wrong_secret.presign(request(), "60")),
            ("unknown key", UnknownKey, "The security token", unknown.presign(request(), "60")),
            ("a token of nobody", UnknownKey, "The security token", token.presign(request(), "60")),
            ("another service", Mismatch, "correct service", elsewhere.presign(request(), "60")),
            (
                "a parameter more",
                Mismatch,
                calculated,
                Request::get(&format!("{good}&DryRun=false")),
            ),
            ("another method", Mismatch, calculated, changed("x", "x").method("POST")),
            ("a body", Mismatch, calculated, changed("x", "x").body("x")),
            (
                "names in lower case",
                Refusal::Missing,
                "Authentication Token",
                Request::get(&good.replace("X-Amz-", "x-amz-")),
            ),
        ] {
            let (status, code) = refusal.of(shape);
            let case = Case::new(&format!("{name}, {service}"), sent.bytes(), shape, status, code);
            cases.push(case.says(refusal.says(shape, says)));
        }
    }

    expect_refusals(&Server::start(), 50, &cases);
}

#[test]
fn a_target_that_is_not_signed_cannot_be_put_on_a_presigned_query() {
    let signer = Signer::root("logs");
    let presigned = signer.presign(Request::post("application/x-amz-json-1.1", "{}"), "60");
    let sent = presigned.with("x-amz-target", "Logs_20140328.DeleteLogGroup").bytes();
    let (status, code) = Refusal::Incomplete.of(Shape::Json);

    let case = Case::new("target", sent, Shape::Json, status, code);
    expect_refusals(&Server::start(), 1, &[case.says("not signed: x-amz-target")]);
}

#[test]
fn a_presigned_query_holds_until_it_expires() {
    let signer = Signer::root("sts");
    let earlier = Signer { at: signer.at - 3000, ..signer.clone() };
    let extra = Request::get(CALLER).with("x-k8s-aws-id", "cluster");

    expect_answers(
        &Server::start(),
        &[
            ("fresh", signer.presign(Request::get(CALLER), "60").bytes()),
            ("a week", signer.presign(Request::get(CALLER), "604800").bytes()),
            ("most of an hour old", earlier.presign(Request::get(CALLER), "3600").bytes()),
            ("another signed header", signer.presign(extra, "60").bytes()),
        ],
    );
}
