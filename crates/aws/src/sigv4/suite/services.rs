//! The same key and rules with requests that our services get (§8.9).

use super::*;

const TIME: &str = "20260101T000000Z";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

struct Vector {
    service: &'static str,
    headers: &'static [(&'static str, &'static str)],
    token: Option<&'static str>,
    body: &'static str,
    body_sha256: &'static str,
    canonical_sha256: &'static str,
    signature: &'static str,
}

const VECTORS: &[Vector] = &[
    Vector {
        service: "logs",
        headers: &[
            ("content-type", "application/x-amz-json-1.1"),
            ("host", "logs.us-east-1.amazonaws.com"),
            ("x-amz-target", "Logs_20140328.DescribeLogGroups"),
        ],
        token: None,
        body: "{}",
        body_sha256: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        canonical_sha256: "d0844c5b18615655651479f0aaf2e3f23457f77e2581a2b2007657bcefdd2681",
        signature: "6d6c587f98b3f0529f241bc71333bda91524ea373a5d9ae36621e30122655fd7",
    },
    Vector {
        service: "ec2",
        headers: &[("content-type", FORM), ("host", "ec2.us-east-1.amazonaws.com")],
        token: None,
        body: "Action=DescribeFlowLogs&Version=2016-11-15",
        body_sha256: "0cc84591551f15cc76353126d908c44eeb7a1edcb99630ce79ca3c4d7bfda971",
        canonical_sha256: "5cd9fd5ad8795c2eb92c48dd9674255ae821fbbb2985350ec4100b5a6b613cd6",
        signature: "0cd78a95b7a1d38f774d10f93342eba1ac7e572612196e376ddb11458810365d",
    },
    Vector {
        service: "sts",
        headers: &[("content-type", FORM), ("host", "sts.us-east-1.amazonaws.com")],
        token: Some("TOKEN/EXAMPLE+=="),
        body: "Action=GetCallerIdentity&Version=2011-06-15",
        body_sha256: "ab821ae955788b0e33ebd34c208442ccfc2d406e2edc5e7a39bd6458fbb4f843",
        canonical_sha256: "3c0038759616b5a13ca9f1700b531d1a7435e5b4b9b9df3d5128865e9a28d38e",
        signature: "732fc1ef8ff2e2dc87afcebb473341e3afa493702e62483487c55f571c0e6e1d",
    },
];

impl Vector {
    fn unsigned(&self) -> Sent {
        let mut sent = Sent {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            body: self.body.to_owned(),
            ..Sent::default()
        };
        for (name, value) in self.headers {
            sent.push(name, value);
        }
        sent
    }

    fn signed(&self) -> Sent {
        let mut sent = self.unsigned();
        sent.push("x-amz-date", TIME);
        if let Some(token) = self.token {
            sent.push("x-amz-security-token", token);
        }
        sent.authorize(&format!("20260101/us-east-1/{}", self.service), self.signature);
        sent
    }
}

#[test]
fn the_signatures_of_our_services_are_accepted_and_made() {
    for vector in VECTORS {
        let sent = vector.signed();
        let presented = read(&sent.parts()).unwrap();
        assert_eq!(presented.service, vector.service);
        assert_eq!(presented.session_token.as_deref(), vector.token);
        assert_eq!(sent.check(), Ok(()), "{}", vector.service);

        let now = parsed(TIME).unwrap();
        let unsigned = vector.unsigned();
        let added = sign(&unsigned.parts(), &key(vector.token), "us-east-1", vector.service, now);
        assert!(added.last().unwrap().1.ends_with(vector.signature), "{added:?}");
    }
}

#[test]
fn their_steps_are_the_published_ones() {
    for vector in VECTORS {
        let sent = vector.signed();
        let signed_headers = read(&sent.parts()).unwrap().signature.signed_headers;
        let payload = payload_hash(&sent.parts()).unwrap();
        assert_eq!(payload, vector.body_sha256);

        let canonical = canonical::request(&sent.parts(), &signed_headers, &payload, true);
        assert_eq!(hex(&Sha256::digest(canonical)), vector.canonical_sha256);
    }
}
