//! The 38 cases, each signed in a header and in the query string.

use super::*;

const TIME: &str = "20150830T123600Z";
const SCOPE: &str = "20150830/us-east-1/service";
const TOKEN: &str = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
const TOKEN_OF_POST: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

#[derive(Default)]
struct Case {
    name: &'static str,
    /// Empty, `normalize=false`, `token`, `token-after` or `sign_body`.
    flag: &'static str,
    request: Sent,
    in_header: &'static str,
    in_query: &'static str,
}

impl Case {
    fn token(&self) -> Option<&'static str> {
        match (self.flag, self.request.method.as_str()) {
            ("token", "GET") => Some(TOKEN),
            ("token", _) => Some(TOKEN_OF_POST),
            _ => None,
        }
    }

    /// No service here signs paths as they are (S3 alone does), so [`verify`] normalizes, and what was
    /// signed otherwise is checked by its canonical request.
    fn is_normalized(&self) -> bool {
        self.flag != "normalize=false"
    }

    /// The request with its signature in a header.
    fn header_form(&self) -> Sent {
        let mut sent = self.request.clone();
        sent.push("x-amz-date", TIME);
        if let Some(token) = self.token() {
            sent.push("x-amz-security-token", token);
        }
        if self.flag == "sign_body" {
            sent.push("x-amz-content-sha256", &hex(&Sha256::digest(&sent.body)));
        }
        sent.authorize(SCOPE, self.in_header);
        sent
    }

    /// The request with its signature in the query string.
    fn query_form(&self) -> Sent {
        let mut sent = self.request.clone();
        let scope = SCOPE.replace('/', "%2F");
        let signed = self.request.header_names().replace(';', "%3B");
        let mut query = format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={KEY_ID}%2F{scope}%2F{TERMINATOR}\
             &X-Amz-Date={TIME}&X-Amz-SignedHeaders={signed}&X-Amz-Expires=3600"
        );
        if let Some(token) = self.token() {
            query.push('&');
            query += &crate::codec::query::encode([("X-Amz-Security-Token", token)]);
        }
        query += &format!("&X-Amz-Signature={}", self.in_query);
        sent.query = if sent.query.is_empty() { query } else { format!("{}&{query}", sent.query) };
        sent
    }
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in include_str!("vectors.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (kind, text) = line.split_once(' ').unwrap();
        if kind == "case" {
            let mut request = Sent::default();
            request.push("host", "example.amazonaws.com");
            cases.push(Case { name: text, request, ..Case::default() });
            continue;
        }
        let case = cases.last_mut().unwrap();
        match kind {
            "flag" => case.flag = text,
            "request" => {
                let (method, target) = text.split_once(' ').unwrap();
                let (path, query) = target.split_once('?').unwrap_or((target, ""));
                case.request.method = method.to_owned();
                case.request.path = path.to_owned();
                case.request.query = query.to_owned();
            }
            "header" if text.starts_with(' ') => {
                let (_, value) = case.request.headers.last_mut().unwrap();
                *value += &format!("\r\n{text}");
            }
            "header" => {
                let (name, value) = text.split_once(':').unwrap();
                case.request.push(&name.to_ascii_lowercase(), value);
            }
            "body" => text.clone_into(&mut case.request.body),
            "in-header" => case.in_header = text,
            "in-query" => case.in_query = text,
            other => panic!("{other}: no such line"),
        }
    }
    cases
}

/// The signature over a path that is taken as it is.
fn signature_without_normalization(sent: &Sent) -> String {
    let presented = read(&sent.parts()).unwrap();
    let signature = &presented.signature;
    let payload = payload_hash(&sent.parts()).unwrap();
    let canonical = canonical::request(&sent.parts(), &signature.signed_headers, &payload, false);
    let mac = signature_of(
        &canonical,
        &signature.time,
        &signature.date,
        &presented.region,
        &presented.service,
        SECRET,
    );
    hex(&mac.finalize().into_bytes())
}

#[test]
fn the_suite_is_whole() {
    let cases = cases();

    assert_eq!(cases.len(), 38);
    assert_eq!(cases.iter().filter(|case| !case.is_normalized()).count(), 7);
    assert!(cases.iter().all(|case| case.in_header.len() == 64 && case.in_query.len() == 64));
}

#[test]
fn every_signature_in_a_header_is_accepted() {
    for case in cases() {
        let sent = case.header_form();
        if case.is_normalized() {
            assert_eq!(sent.check(), Ok(()), "{}", case.name);
        } else {
            assert_eq!(signature_without_normalization(&sent), case.in_header, "{}", case.name);
        }
    }
}

#[test]
fn every_signature_in_a_query_string_is_accepted() {
    for case in cases() {
        let sent = case.query_form();
        if case.is_normalized() {
            assert_eq!(sent.check(), Ok(()), "{}", case.name);
        } else {
            assert_eq!(signature_without_normalization(&sent), case.in_query, "{}", case.name);
        }
    }
}

#[test]
fn a_path_that_was_signed_as_it_is_is_refused_where_normalizing_changes_it() {
    // Raw and normalized are the same path.
    let same = "get-space-unnormalized";
    for case in cases().into_iter().filter(|case| !case.is_normalized() && case.name != same) {
        assert_eq!(case.header_form().check(), Err(SigV4Error::Mismatch), "{}", case.name);
        assert_eq!(case.query_form().check(), Err(SigV4Error::Mismatch), "{}", case.name);
    }
}

/// The form of a few services that are not ours: a key is only found by its token, so it has to be signed.
#[test]
fn a_token_that_is_added_after_signing_is_refused() {
    let case = cases().into_iter().find(|case| case.flag == "token-after").unwrap();

    let mut in_header = case.header_form();
    in_header.push("x-amz-security-token", TOKEN_OF_POST);
    assert!(matches!(in_header.check(), Err(SigV4Error::Incomplete(_))));

    let mut in_query = case.query_form();
    in_query.query += "&X-Amz-Security-Token=TOKEN";
    assert_eq!(in_query.check(), Err(SigV4Error::Mismatch));
}

#[test]
fn the_suites_requests_are_signed_as_the_suite_does() {
    for case in cases().into_iter().filter(Case::is_normalized) {
        let mut request = case.request.clone();
        if case.flag == "sign_body" {
            request.push("x-amz-content-sha256", &hex(&Sha256::digest(&request.body)));
        }
        let now = parsed(TIME).unwrap();
        let added = sign(&request.parts(), &key(case.token()), "us-east-1", "service", now);
        let (_, authorization) = added.last().unwrap();
        assert!(authorization.ends_with(case.in_header), "{}: {authorization}", case.name);
    }
}

#[test]
fn no_case_survives_a_change_of_a_byte() {
    for case in cases().into_iter().filter(Case::is_normalized) {
        for sent in [case.header_form(), case.query_form()] {
            let tampered = [
                Sent { method: "PUT".to_owned(), ..sent.clone() },
                Sent { path: format!("{}x", sent.path), ..sent.clone() },
                Sent { query: format!("{}&x=", sent.query), ..sent.clone() },
                Sent { body: format!("{}x", sent.body), ..sent.clone() },
                {
                    let mut sent = sent.clone();
                    sent.headers[0].1 = "example.org".to_owned();
                    sent
                },
            ];
            for other in tampered {
                assert_eq!(other.check(), Err(SigV4Error::Mismatch), "{}", case.name);
            }
        }
    }
}
