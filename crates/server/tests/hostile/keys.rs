//! Keys and tokens of nobody, or of somebody who may not use them any more (`iam-sts-sigv4-cloudtrail.md`
//! §8.3, §8.5).

use crate::bend::{Bend, Refusal, bent};
use crate::expect_refusals;
use crate::request::Request;
use crate::server::Server;
use crate::signer::Signer;

const TOKEN: &str = "The security token included in the request is invalid.";

#[test]
fn keys_and_tokens_that_do_not_hold_are_refused() {
    use Refusal::UnknownKey;
    let server = Server::start();
    server.call("iam", Request::iam("Action=CreateUser&UserName=eve"));
    let made = server.call("iam", Request::iam("Action=CreateAccessKey&UserName=eve"));
    let (eve, secret) =
        (made.element("AccessKeyId").to_owned(), made.element("SecretAccessKey").to_owned());
    let as_eve = |service: &str| {
        let (key_id, secret) = (eve.clone(), secret.clone());
        Signer { key_id, secret, ..Signer::root(service) }
    };
    let answer = server.send(&as_eve("sts").sign(Request::caller()).bytes());
    assert_eq!(answer.status, 200, "an active key: {answer:?}");
    let off = format!("Action=UpdateAccessKey&UserName=eve&Status=Inactive&AccessKeyId={eve}");
    server.call("iam", Request::iam(&off));

    let other = |change: fn(&mut Signer)| -> Bend<'_> {
        Box::new(move |request, signer| {
            let mut signer = signer.clone();
            change(&mut signer);
            signer.sign(request)
        })
    };
    let bends: Vec<(&str, Refusal, &'static str, Bend<'_>)> = vec![
        (
            "unknown key",
            UnknownKey,
            TOKEN,
            other(|signer| signer.key_id = "AKIAUNKNOWN".to_owned()),
        ),
        ("empty key", UnknownKey, TOKEN, other(|signer| signer.key_id.clear())),
        (
            "key in lower case",
            UnknownKey,
            TOKEN,
            other(|signer| signer.key_id.make_ascii_lowercase()),
        ),
        (
            "key with a quote",
            UnknownKey,
            TOKEN,
            other(|signer| signer.key_id = "' OR '1'='1".replace(' ', "+")),
        ),
        ("key of wildcards", UnknownKey, TOKEN, other(|signer| signer.key_id = "AKIA%".to_owned())),
        ("very long key", UnknownKey, TOKEN, other(|signer| signer.key_id = "A".repeat(5000))),
        (
            "a token with a key that has none",
            UnknownKey,
            TOKEN,
            other(|signer| signer.token = Some("AQoDYX==".to_owned())),
        ),
        ("an empty token", UnknownKey, TOKEN, other(|signer| signer.token = Some(String::new()))),
        (
            "inactive key",
            UnknownKey,
            TOKEN,
            Box::new(|request, signer| as_eve(&signer.service).sign(request)),
        ),
    ];

    expect_refusals(&server, 15, &bent(&bends));
}

#[test]
fn a_session_is_its_key_and_its_token() {
    use Refusal::UnknownKey;
    let server = Server::start();
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22AWS%22%3A%22123456789012%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%7D";
    server.call(
        "iam",
        Request::iam(&format!("Action=CreateRole&RoleName=r&AssumeRolePolicyDocument={trust}")),
    );
    server.call("iam", Request::iam("Action=CreateUser&UserName=bob"));
    let allow = trust.replace(
        "%22Principal%22%3A%7B%22AWS%22%3A%22123456789012%22%7D%2C",
        "%22Resource%22%3A%22*%22%2C",
    );
    server.call(
        "iam",
        Request::iam(&format!(
            "Action=PutUserPolicy&UserName=bob&PolicyName=p&PolicyDocument={allow}"
        )),
    );
    let made = server.call("iam", Request::iam("Action=CreateAccessKey&UserName=bob"));
    let bob = Signer {
        key_id: made.element("AccessKeyId").to_owned(),
        secret: made.element("SecretAccessKey").to_owned(),
        ..Signer::root("sts")
    };
    let assume = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=session";
    let session = server.send(&bob.sign(Request::form(assume)).bytes());
    assert_eq!(session.status, 200, "{session:?}");
    let signer = move |service: &str, token: fn(String) -> Option<String>| Signer {
        key_id: session.element("AccessKeyId").to_owned(),
        secret: session.element("SecretAccessKey").to_owned(),
        token: token(session.element("SessionToken").to_owned()),
        ..Signer::root(service)
    };
    expect_session(&server, &signer("sts", Some));

    let with = |token: fn(String) -> Option<String>| -> Bend<'_> {
        let signer = &signer;
        Box::new(move |request, root| signer(&root.service, token).sign(request))
    };
    let bends: Vec<(&str, Refusal, &'static str, Bend<'_>)> = vec![
        ("no token", UnknownKey, TOKEN, with(|_| None)),
        ("an empty token", UnknownKey, TOKEN, with(|_| Some(String::new()))),
        (
            "half a token",
            UnknownKey,
            TOKEN,
            with(|token| Some(token[..token.len() / 2].to_owned())),
        ),
        ("a longer token", UnknownKey, TOKEN, with(|token| Some(format!("{token}A")))),
        ("another token", UnknownKey, TOKEN, with(|token| Some(token.chars().rev().collect()))),
        (
            "an unsigned token",
            Refusal::Incomplete,
            "not signed: x-amz-security-token",
            Box::new(|request, root| {
                let token = signer(&root.service, Some).token.unwrap();
                signer(&root.service, |_| None).sign(request).with("x-amz-security-token", &token)
            }),
        ),
    ];

    expect_refusals(&server, 15, &bent(&bends));
}

fn expect_session(server: &Server, signer: &Signer) {
    let answer = server.send(&signer.sign(Request::caller()).bytes());
    assert!(answer.body.contains("assumed-role/r/session"), "{answer:?}");
}
