//! A request with its signature: what it says is read, checked, and signed.

use flowlogd_aws::sigv4::{RequestParts, SigV4Error, SigningKey, read, sign, verify};

use super::assert_one_line;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2015-08-30T12:36:00Z, as in the seeds.
const NOW: i64 = 1_440_938_160;
const SKEW: i64 = 900;

/// `METHOD path?query`, header lines, an empty line, the body.
pub(super) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.split('\n');
    let (method, target) =
        lines.next().and_then(|line| line.split_once(' ')).unwrap_or(("GET", "/"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| is_token(name))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let request = RequestParts { method, path, query, headers: &headers, body: body.as_bytes() };
    match read(&request) {
        Ok(presented) => {
            assert!(!presented.region.is_empty(), "{presented:?}");
            for now in [NOW, 0, i64::MAX] {
                let verdict = verify(&request, &presented, SECRET, now, SKEW);
                assert_eq!(verify(&request, &presented, SECRET, now, SKEW), verdict);
                if verdict.is_ok() {
                    let other = verify(&request, &presented, "another secret", now, SKEW);
                    assert_eq!(other, Err(SigV4Error::Mismatch), "any secret would do");
                }
                verdict.err().iter().for_each(|error| assert_one_line(&error.to_string()));
            }
        }
        Err(error) => assert_one_line(&error.to_string()),
    }
    check_signing(request);
}

/// What HTTP lets through as the name of a header.
fn is_token(name: &str) -> bool {
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_one)
}

/// Whatever has no signature yet can be signed; what is changed afterwards is found out.
fn check_signing(request: RequestParts<'_>) {
    let reserved = |name: &str| name.starts_with("x-amz-") || name == "authorization";
    if request.query.contains("X-Amz-") || request.headers.iter().any(|(name, _)| reserved(name)) {
        return;
    }
    let key = SigningKey {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: SECRET.into(),
        session_token: Some("token".into()),
    };
    let mut headers = request.headers.to_vec();
    headers.push(("host".to_owned(), "ec2.example".to_owned()));
    let unsigned = RequestParts { headers: &headers, ..request };
    let added = sign(&unsigned, &key, "us-east-1", "ec2", NOW);
    let mut signed = headers.clone();
    signed.extend(added.into_iter().map(|(name, value)| (name.to_owned(), value)));
    let request = RequestParts { headers: &signed, ..request };
    let presented = read(&request).expect("what was signed is read");
    assert_eq!((&*presented.access_key_id, &*presented.service), ("AKIDEXAMPLE", "ec2"));
    assert_eq!(verify(&request, &presented, SECRET, NOW, SKEW), Ok(()), "{request:?}");

    let body = [request.body, b"!"].concat();
    let changed = RequestParts { body: &body, ..request };
    assert_eq!(verify(&changed, &presented, SECRET, NOW, SKEW), Err(SigV4Error::Mismatch));
    let late = verify(&request, &presented, SECRET, NOW + SKEW + 1, SKEW);
    assert!(matches!(late, Err(SigV4Error::Skewed(_))), "{late:?}");
}
