//! Good requests bent so that their signatures do not hold, and what each bend is refused with.

use crate::answer::Shape;
use crate::request::Request;
use crate::signer::Signer;
use crate::{Case, harmless};

/// The rows of §7.2.
#[derive(Clone, Copy)]
pub(crate) enum Refusal {
    Missing,
    Incomplete,
    UnknownKey,
    Skewed,
    Mismatch,
}

impl Refusal {
    pub(crate) const fn of(self, shape: Shape) -> (u16, &'static str) {
        match (self, shape) {
            (Self::Missing, Shape::Ec2) => (400, "MissingParameter"),
            (Self::Missing, Shape::Query) => (403, "MissingAuthenticationToken"),
            (Self::Missing, Shape::Json) => (400, "MissingAuthenticationTokenException"),
            (Self::Incomplete, Shape::Ec2 | Shape::Query) => (400, "IncompleteSignature"),
            (Self::Incomplete, Shape::Json) => (400, "IncompleteSignatureException"),
            (Self::UnknownKey | Self::Mismatch, Shape::Ec2) => (401, "AuthFailure"),
            (Self::UnknownKey, Shape::Query) => (403, "InvalidClientTokenId"),
            (Self::UnknownKey, Shape::Json) => (400, "UnrecognizedClientException"),
            (Self::Skewed, Shape::Ec2) => (400, "RequestExpired"),
            (Self::Skewed | Self::Mismatch, Shape::Query) => (403, "SignatureDoesNotMatch"),
            (Self::Skewed | Self::Mismatch, Shape::Json) => (400, "InvalidSignatureException"),
        }
    }

    /// Two of EC2's codes have one text each, whatever happened (§7.3).
    pub(crate) const fn says(self, shape: Shape, says: &'static str) -> &'static str {
        match (self, shape) {
            (Self::UnknownKey | Self::Mismatch, Shape::Ec2) => {
                "AWS was not able to validate the provided access credentials"
            }
            (Self::Skewed, Shape::Ec2) => "Request has expired.",
            (Self::Missing, Shape::Ec2) => "The request must contain the parameter AWSAccessKeyId",
            _ => says,
        }
    }
}

/// Makes a bad request of a good one and its signer.
pub(crate) type Bend<'a> = Box<dyn Fn(Request, &Signer) -> Request + 'a>;

/// Every bend in every protocol.
pub(crate) fn bent(bends: &[(&str, Refusal, &'static str, Bend<'_>)]) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, refusal, says, bend) in bends {
        for (shape, service, request) in harmless() {
            let sent = bend(request, &Signer::root(service)).bytes();
            let (status, code) = refusal.of(shape);
            let case = Case::new(&format!("{name}, {service}"), sent, shape, status, code);
            cases.push(case.says(refusal.says(shape, says)));
        }
    }
    cases
}
