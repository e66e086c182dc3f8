//! Paths and methods that lead nowhere.

use crate::answer::Shape;
use crate::request::Request;
use crate::server::Server;
use crate::signer::Signer;
use crate::{Case, expect_answers, expect_refusals};

#[test]
fn there_is_nothing_at_other_paths() {
    let long = format!("/{}", "a".repeat(8000));
    let slashes = "/".repeat(4000);
    let mut cases = Vec::new();
    for target in [
        "//",
        "/./",
        "/..",
        "/../",
        "/../../../etc/passwd",
        "/x/..",
        "/%2e",
        "/%2e%2e/",
        "/%2e%2e%2fetc%2fpasswd",
        "/..%5c..%5cwindows",
        "/%00",
        "/%0d%0aset-cookie:%20x",
        "/%zz",
        "/;x=1",
        "/index.html",
        "/service/GraniteServiceVersion20100801/operation/PutMetricData",
        "/logs",
        "/health/",
        "/HEALTH",
        "/metrics/../health",
        "/health?x=1",
        "http://flowlogd.test/health/x",
        "http://flowlogd.test//",
        &long,
        &slashes,
    ] {
        for (shape, service, request) in crate::harmless() {
            let sent = Signer::root(service).sign(request.target(target)).bytes();
            let name = format!("{}, {service}", target.get(..40).unwrap_or(target));
            let case = Case::new(&name, sent, shape, 404, "UnknownOperationException");
            cases.push(case.says("There is nothing at "));
        }
    }

    expect_refusals(&Server::start(), 60, &cases);
}

#[test]
fn other_methods_are_refused() {
    let mut cases = Vec::new();
    for method in
        ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "FOO", "PROPFIND", "M-SEARCH"]
    {
        for (shape, service, request) in crate::harmless() {
            let sent = Signer::root(service).sign(request.method(method)).bytes();
            let name = format!("{method}, {service}");
            let case = Case::new(&name, sent, shape, 400, "MalformedHttpRequestException");
            cases.push(case.says("is not supported: send POST"));
        }
    }
    // What is not signed is of no service that could be told: those are answered as JSON.
    for (method, target) in [
        ("OPTIONS", "*"),
        ("CONNECT", "example.org:443"),
        ("TRACE", "/x"),
        ("GET", "/favicon.ico"),
        ("GET", "/.git/config"),
    ] {
        let sent = Request::get(target).method(method).bytes();
        let name = format!("{method} {target}");
        cases.push(Case::new(&name, sent, Shape::Json, 404, "UnknownOperationException"));
    }
    let sent = Request::get("/").bytes();
    cases.push(Case::new("GET /", sent, Shape::Json, 400, "MissingAction"));

    expect_refusals(&Server::start(), 30, &cases);
}

#[test]
fn the_root_is_the_root_in_every_form() {
    let signer = Signer::root("sts");
    let signed = signer.sign(Request::caller());
    let query = "/?Action=GetCallerIdentity&Version=2011-06-15";

    expect_answers(
        &Server::start(),
        &[
            ("absolute", signed.clone().target("http://flowlogd.test/").bytes()),
            ("of another host", signed.clone().target("http://example.org/").bytes()),
            ("without a slash", signed.target("http://flowlogd.test").bytes()),
            ("GET", signer.sign(Request::get(query)).bytes()),
            ("POST without a body", signer.sign(Request::caller().body("").target(query)).bytes()),
            ("health", Request::get("/health").bytes()),
            ("metrics", Request::get("/metrics").bytes()),
        ],
    );
}
