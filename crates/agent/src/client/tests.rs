//! What the client promises, over real sockets.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tempfile::TempDir;

use super::fake::{Answer, Fake};
use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Echo {
    text: String,
}

fn settings() -> ClientSettings {
    ClientSettings { timeout: Duration::from_millis(500), ..ClientSettings::default() }
}

fn client(fake: &Fake) -> Client {
    let credentials = Credentials::key("AKIDEXAMPLE", "secret");
    Client::new(&fake.endpoint(), "eu-central-1", credentials, &settings()).unwrap()
}

async fn call(client: &Client) -> Result<Echo, CallError> {
    let request = BTreeMap::from([("a", "b")]);
    client.json("logs", "Logs_20140328", "Echo", &request).await
}

#[tokio::test]
async fn a_json_call_is_signed_and_its_answer_read() {
    let fake = Fake::start(|_| Answer::ok(r#"{"text":"hello","more":1}"#)).await;

    let answer = call(&client(&fake)).await.unwrap();

    assert_eq!(answer, Echo { text: "hello".to_owned() });
    let received = fake.received().remove(0);
    assert_eq!(received.header("x-amz-target"), Some("Logs_20140328.Echo"));
    assert_eq!(received.header("content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(received.header("host"), Some(fake.address.to_string().as_str()));
    assert_eq!(&received.bytes[..], br#"{"a":"b"}"#);
    let parts = RequestParts {
        method: "POST",
        path: "/",
        query: "",
        headers: &received.headers,
        body: &received.bytes,
    };
    let presented = sigv4::read(&parts).unwrap();
    assert_eq!((presented.region.as_str(), presented.service.as_str()), ("eu-central-1", "logs"));
    sigv4::verify(&parts, &presented, "secret", unix_milliseconds() / 1000, 300).unwrap();
}

#[tokio::test]
async fn temporary_credentials_bring_their_token() {
    let fake = Fake::start(|_| Answer::ok("")).await;
    let session = Credentials {
        session_token: Some("token+/=".to_owned()),
        ..Credentials::key("ASIAEXAMPLE", "secret")
    };

    let client = client(&fake).with_credentials(session);
    let _: IgnoredAny = client.json("logs", "Logs", "Nothing", &()).await.unwrap();

    let received = fake.received().remove(0);
    assert_eq!(received.header("x-amz-security-token"), Some("token+/="));
    assert_eq!(received.access_key_id, "ASIAEXAMPLE");
}

#[tokio::test]
async fn a_query_call_is_a_form_and_its_answer_a_tree() {
    let fake =
        Fake::start(|_| Answer::ok("<R><AssumeRoleResult><A>1 &amp; 2</A></AssumeRoleResult></R>"))
            .await;

    let parameters = [("RoleArn", "arn:aws:iam::1:role/a b")];
    let answer = client(&fake).query("sts", "2011-06-15", "AssumeRole", &parameters).await.unwrap();

    let result = answer.get("AssumeRoleResult").and_then(|result| result.get("A"));
    assert_eq!(result.and_then(Node::text), Some("1 & 2"));
    assert_eq!(
        std::str::from_utf8(&fake.received()[0].bytes).unwrap(),
        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b"
    );
}

#[tokio::test]
async fn faults_of_all_protocols_are_read() {
    let answers = [
        r#"{"__type":"com.amazonaws.logs#ThrottlingException:http://x","Message":"slow"}"#,
        "<ErrorResponse><Error><Code>Throttling</Code><Message>slow</Message></Error></ErrorResponse>",
        "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>slow</Message></Error>\
         </Errors><RequestID>r</RequestID></Response>",
    ];
    for body in answers {
        let fake = Fake::start(move |_| Answer {
            headers: vec![("x-amzn-requestid", "r-7".to_owned())],
            status: 400,
            ..Answer::ok(body)
        })
        .await;

        let error = call(&client(&fake)).await.unwrap_err();

        assert!(error.is_throttled(), "{error:?}");
        let CallError::Service(error) = error else { panic!("{error:?}") };
        assert_eq!((error.message.as_str(), error.status), ("slow", 400));
        assert_eq!(error.request_id.as_deref(), Some("r-7"));
    }
    let fake = Fake::start(|_| Answer { status: 502, ..Answer::ok("<html>Bad Gateway") }).await;
    let error = call(&client(&fake)).await.unwrap_err();
    assert_eq!(error.to_string(), "HTTP502: <html>Bad Gateway");
}

#[tokio::test]
async fn a_service_that_is_not_there_slow_or_hangs_up_is_a_transport_error() {
    let fake = Fake::start(|_| Answer::closing()).await;
    let hung_up = call(&client(&fake)).await.unwrap_err();
    assert!(matches!(hung_up, CallError::Transport(_)), "{hung_up:?}");

    let fake = Fake::start(|_| Answer::ok("{}").after(Duration::from_secs(30))).await;
    let slow = call(&client(&fake)).await.unwrap_err();
    assert_eq!(slow, CallError::Transport("no answer within 0.5 s".to_owned()));

    let client = client(&fake);
    let address = fake.address;
    drop(fake);
    // The port is free again once the accepting task is gone.
    let absent = loop {
        let error = call(&client).await.unwrap_err().to_string();
        if error.contains("refused") {
            break error;
        }
        tokio::task::yield_now().await;
    };
    assert!(absent.starts_with(&address.to_string()), "{absent}");
}

#[tokio::test]
async fn connections_are_kept() {
    let fake = Fake::start(|_| Answer::ok(r#"{"text":"x"}"#)).await;
    let client = client(&fake);
    let clone = client.with_credentials(Credentials::key("OTHER", "secret"));

    for _ in 0..10 {
        call(&client).await.unwrap();
        call(&clone).await.unwrap();
    }

    assert_eq!(fake.connections(), 1);
}

#[tokio::test]
async fn large_bodies_travel_compressed_where_that_is_wanted() {
    let fake = Fake::start(|_| Answer::ok("")).await;
    let settings = ClientSettings { compression: BodyCompression::Gzip, ..settings() };
    let credentials = Credentials::key("AKIDEXAMPLE", "secret");
    let client = Client::new(&fake.endpoint(), "r", credentials, &settings).unwrap();

    for length in [10, 100_000] {
        let request = BTreeMap::from([("a", "b".repeat(length))]);
        let _: IgnoredAny = client.json("logs", "L", "Put", &request).await.unwrap();
    }

    let received = fake.received();
    assert_eq!(received[0].header("content-encoding"), None);
    assert_eq!(received[1].header("content-encoding"), Some("gzip"));
    let mut body = String::new();
    GzDecoder::new(&received[1].bytes[..]).read_to_string(&mut body).unwrap();
    assert_eq!(body.len(), 100_000 + r#"{"a":""}"#.len());
}

#[tokio::test]
async fn a_wrong_clock_is_set_right_by_the_services() {
    let fake = Fake::start(|received| {
        let date = received.header("x-amz-date").unwrap_or_default();
        if date.starts_with("2031") {
            return Answer::ok(r#"{"text":"x"}"#);
        }
        let text = "Signature not yet current: X is still later than Y (Z + 5 min.)";
        Answer {
            headers: vec![("date", "Wed, 01 Jan 2031 12:00:00 GMT".to_owned())],
            ..Answer::json_fault(400, "InvalidSignatureException", text)
        }
    })
    .await;
    let client = client(&fake);

    call(&client).await.unwrap();
    call(&client).await.unwrap();

    // One to learn it, and one each.
    assert_eq!(fake.received().len(), 3);
}

#[tokio::test]
async fn a_wrong_secret_is_not_tried_twice() {
    let fake =
        Fake::start(|_| Answer::json_fault(400, "InvalidSignatureException", "mismatch")).await;

    assert!(call(&client(&fake)).await.unwrap_err().is_access_denied());

    assert_eq!(fake.received().len(), 1);
}

#[test]
fn what_is_no_endpoint_is_refused_with_the_reason() {
    let refused = |endpoint: &str| {
        let credentials = Credentials::key("a", "b");
        Client::new(endpoint, "r", credentials, &settings()).unwrap_err().to_string()
    };

    assert!(refused("localhost:4566").contains("neither http:// nor https://"));
    assert!(refused("ftp://localhost").contains("neither http:// nor https://"));
    assert!(refused("http://localhost/path").contains("it has a path"));
    assert!(refused("http://user@localhost").contains("it has a user"));
    assert!(refused("").contains("'' is not an endpoint"));
    let missing = ClientSettings { authority: Some("/nowhere.pem".into()), ..settings() };
    let credentials = Credentials::key("a", "b");
    let error = Client::new("https://localhost", "r", credentials, &missing).unwrap_err();
    assert!(error.to_string().starts_with("cannot read certificates from /nowhere.pem"));
}

#[test]
fn a_secret_is_never_shown() {
    let credentials = Credentials {
        session_token: Some("hidden-token".to_owned()),
        ..Credentials::key("AKID", "hidden-secret")
    };

    assert!(!format!("{credentials:?}").contains("hidden"));
}

const FILE: &str = "\
# comment
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key=sd

[work]
aws_access_key_id = AKWORK
aws_secret_access_key = a=b
aws_session_token = token
s3 =
    addressing_style = path
";

fn found(explicit: &Explicit, variables: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join(".aws")).unwrap();
    fs::write(home.path().join(".aws/credentials"), FILE).unwrap();
    let config = "[default]\nregion = eu-west-1\nendpoint_url = http://default\n\
                  [profile work]\nregion = eu-central-1\nendpoint_url = http://work\n";
    fs::write(home.path().join(".aws/config"), config).unwrap();
    Environment::find(explicit, |name| match name {
        "HOME" => Some(home.path().to_str().unwrap().to_owned()),
        _ => variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
    })
}

fn profile(name: &str) -> Explicit {
    Explicit { profile: Some(name.to_owned()), ..Explicit::default() }
}

#[test]
fn the_environment_is_found_as_the_aws_cli_finds_it() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKENV"), ("AWS_SECRET_ACCESS_KEY", "se")];
    let id = |found: &Environment| found.credentials.access_key_id.clone();

    let default = found(&Explicit::default(), &[]).unwrap();
    assert_eq!((id(&default).as_str(), default.region.as_str()), ("AKDEFAULT", "eu-west-1"));
    let work = found(&Explicit::default(), &[("AWS_PROFILE", "work")]).unwrap();
    assert_eq!((id(&work).as_str(), work.endpoint.as_str()), ("AKWORK", "http://work"));
    assert_eq!(work.credentials.secret_access_key, "a=b");
    assert_eq!(work.credentials.session_token.as_deref(), Some("token"));
    let environment = found(&Explicit::default(), &keys).unwrap();
    assert_eq!(id(&environment), "AKENV");
    // A profile that is asked for on the command line counts more than keys that happen to be set.
    assert_eq!(id(&found(&profile("work"), &keys).unwrap()), "AKWORK");
    let variables = [("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", "http://env")];
    let environment = found(&Explicit::default(), &variables).unwrap();
    assert_eq!(
        (environment.region.as_str(), environment.endpoint.as_str()),
        ("us-east-1", "http://env")
    );
}

#[test]
fn what_is_missing_in_the_environment_is_named() {
    let error = |explicit: &Explicit, variables: &[(&str, &str)]| {
        found(explicit, variables).unwrap_err().to_string()
    };

    assert!(error(&profile("nobody"), &[]).starts_with("there is no profile [nobody] in "));
    assert_eq!(
        error(&Explicit::default(), &[("AWS_ACCESS_KEY_ID", "AK")]),
        "AWS_ACCESS_KEY_ID is set in the environment, AWS_SECRET_ACCESS_KEY is not"
    );
    let nowhere = [("AWS_CONFIG_FILE", "/nowhere"), ("AWS_REGION", "r")];
    assert!(error(&Explicit::default(), &nowhere).starts_with("no endpoint: give --endpoint-url"));
    let no_keys = [("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")];
    assert!(error(&Explicit::default(), &no_keys).contains("under [default] in /nowhere"));
}
