//! Hostile requests, as bytes over real sockets: each is refused with the status, the code and the shape
//! that the service has for it, and the next good request is answered.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::too_many_lines, reason = "tables of cases")]
#![expect(clippy::format_collect, reason = "short texts")]

mod answer;
mod bend;
mod bodies;
mod dates;
mod framing;
mod json;
mod keys;
mod memory;
mod parameters;
mod paths;
mod presigned;
mod request;
mod server;
mod signatures;
mod signer;

use answer::Shape;
use request::Request;
use server::Server;

/// A request and the refusal that it earns.
struct Case {
    name: String,
    sent: Vec<u8>,
    shape: Shape,
    status: u16,
    code: &'static str,
    /// Part of the message.
    says: &'static str,
}

impl Case {
    fn new(name: &str, sent: Vec<u8>, shape: Shape, status: u16, code: &'static str) -> Self {
        Self { name: name.to_owned(), sent, shape, status, code, says: "" }
    }

    const fn says(mut self, says: &'static str) -> Self {
        self.says = says;
        self
    }
}

/// Sends every case, and a good request after it; fails with all that is wrong.
fn expect_refusals(server: &Server, least: usize, cases: &[Case]) {
    assert!(cases.len() >= least, "{} cases", cases.len());
    let faults: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let answer = server.send(&case.sent);
            let refusal = answer.is_refusal(case.shape, case.status, case.code, case.says);
            let fault = refusal.and_then(|()| server.is_well());
            fault.err().map(|fault| format!("{}: {fault}", case.name))
        })
        .collect();

    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

/// Sends requests that look odd and are right.
fn expect_answers(server: &Server, cases: &[(&str, Vec<u8>)]) {
    for (name, sent) in cases {
        let answer = server.send(sent);
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
    }
}

/// Sends what HTTP itself does not allow: a bare refusal, or a connection that is closed.
fn expect_no_http(server: &Server, least: usize, cases: &[(&str, Vec<u8>)]) {
    assert!(cases.len() >= least, "{} cases", cases.len());
    for (name, sent) in cases {
        let answer = server.send(sent);
        let is_bare = matches!(answer.status, 0 | 400 | 408 | 414 | 431) && answer.body.is_empty();
        assert!(is_bare, "{name}: {answer:?}");
        assert_eq!(server.is_well(), Ok(()), "{name}");
    }
}

/// The protocols with a harmless request of each.
fn harmless() -> [(Shape, &'static str, Request); 3] {
    [
        (Shape::Ec2, "ec2", Request::ec2("Action=DescribeRegions")),
        (Shape::Query, "sts", Request::caller()),
        (Shape::Json, "logs", Request::logs("DescribeLogGroups", "{}")),
    ]
}
