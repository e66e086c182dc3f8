//! Service and operation of a request.

use flowlogd_aws::Fault;
use flowlogd_aws::codec::query::Parameters;
use flowlogd_aws::{ec2, flowlogd, iam, logs, sts};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

use super::body::malformed;
use crate::dispatch::{Body, Service};

/// What a request asks for.
pub(super) struct Route {
    pub(super) service: Service,
    pub(super) action: String,
    pub(super) body: Body,
}

/// Returns the service as far as the headers tell it: in whose words errors are.
pub(super) fn service_of_head(head: &Parts) -> Option<Service> {
    if let Some((prefix, _)) = target(&head.headers) {
        return service_of_target(prefix);
    }
    let scope = text(&head.headers, "authorization")
        .and_then(|header| header.split_once("Credential="))
        .and_then(|(_, credential)| credential.split('/').nth(3))
        .map(str::to_owned)
        .or_else(|| {
            let query = Parameters::parse(head.uri.query()?).ok()?;
            query.get("X-Amz-Credential")?.split('/').nth(3).map(str::to_owned)
        });
    [Service::Ec2, Service::Logs, Service::Iam, Service::Sts, Service::Flowlogd]
        .into_iter()
        .find(|service| Some(service.name()) == scope.as_deref())
}

impl Route {
    /// Reads `X-Amz-Target`, or `Action` and `Version` of the form or the query string.
    pub(super) fn of(head: &Parts, query: &str, body: Vec<u8>) -> Result<Self, Fault> {
        if let Some((prefix, action)) = target(&head.headers) {
            let service = service_of_target(prefix).ok_or_else(|| {
                Fault::new(
                    "UnknownOperationException",
                    format!("The target '{}' is of no service here", prefix.escape_debug()),
                )
            })?;
            expect_type(&head.headers, "application/x-amz-json-1.1")?;
            expect_post(head)?;
            return Ok(Self { service, action: action.to_owned(), body: Body::Json(body) });
        }
        let parameters = if head.method == Method::GET || head.method == Method::HEAD {
            parse(query)?
        } else {
            expect_post(head)?;
            if body.is_empty() {
                parse(query)?
            } else {
                expect_type(&head.headers, "application/x-www-form-urlencoded")?;
                let form = std::str::from_utf8(&body)
                    .map_err(|_| Fault::new("MalformedQueryString", "The body is not UTF-8"))?;
                parse(form)?
            }
        };
        let Some(action) = parameters.get("Action").map(str::to_owned) else {
            return Err(Fault::new(
                "MissingAction",
                "The request must contain the parameter Action, or the header X-Amz-Target",
            ));
        };
        let version = parameters.get("Version").unwrap_or_default();
        let service = match version {
            ec2::VERSION => Service::Ec2,
            iam::VERSION => Service::Iam,
            sts::VERSION => Service::Sts,
            "" => {
                return Err(Fault::new(
                    "MissingParameter",
                    "The request must contain the parameter Version",
                ));
            }
            other => {
                return Err(Fault::new(
                    "InvalidAction",
                    format!(
                        "Could not find operation {} for version {}",
                        action.escape_debug(),
                        other.escape_debug()
                    ),
                ));
            }
        };
        Ok(Self { service, action, body: Body::Form(parameters) })
    }
}

fn parse(form: &str) -> Result<Parameters, Fault> {
    Parameters::parse(form).map_err(flowlogd_aws::codec::DecodeError::into_query_fault)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `Logs_20140328.PutLogEvents` → its two halves.
fn target(headers: &HeaderMap) -> Option<(&str, &str)> {
    text(headers, "x-amz-target").map(|target| target.split_once('.').unwrap_or((target, "")))
}

fn service_of_target(prefix: &str) -> Option<Service> {
    match prefix {
        logs::TARGET => Some(Service::Logs),
        flowlogd::TARGET => Some(Service::Flowlogd),
        _ => None,
    }
}

fn expect_type(headers: &HeaderMap, expected: &str) -> Result<(), Fault> {
    let given = text(headers, "content-type").unwrap_or_default();
    let kind = given.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(malformed(&format!("Content-Type is '{}', and has to be {expected}", given.escape_debug())))
}

fn expect_post(head: &Parts) -> Result<(), Fault> {
    if head.method == Method::POST {
        return Ok(());
    }
    Err(malformed(&format!("The method {} is not supported: send POST", head.method)))
}
