//! A door without HTTP and signatures: what unit tests of operations call.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use flowlogd_aws::codec::query::{self, Parameters};
use flowlogd_aws::codec::{Node, xml};
use flowlogd_aws::policy::{NamedPolicy, Policies, Policy, PolicyKind, Principal};
use flowlogd_aws::{Arn, Fault};
use flowlogd_logstore::LogStore;
use tempfile::TempDir;

use crate::call::{Caller, Identity};
use crate::config::Config;
use crate::dispatch::{Body, Circumstances, Door, Outcome, Service};
use crate::state::State;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";
/// 2026-11-26T00:00:00Z in Unix milliseconds: the clock stands still unless a test moves it.
pub(crate) const NOW: i64 = 1_795_651_200_000;

/// A server in a directory of its own.
pub(crate) struct TestDoor {
    pub(crate) door: Door,
    pub(crate) now: i64,
    pub(crate) region: String,
    pub(crate) caller: Caller,
    _directory: TempDir,
}

impl TestDoor {
    /// With root as the caller.
    pub(crate) fn new() -> Self {
        Self::with_config(Config::default())
    }

    /// The same with another configuration.
    pub(crate) fn with_config(config: Config) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let state = Arc::new(State::open(directory.path()).unwrap());
        let logs = LogStore::open(&directory.path().join("logs")).unwrap();
        let door = Door::new(state, logs, config);
        let principal = Principal::Root { account: ACCOUNT.to_owned() };
        Self {
            door,
            now: NOW,
            region: REGION.to_owned(),
            caller: caller(principal, Policies::default()),
            _directory: directory,
        }
    }

    /// Calls as a user with one policy from now on.
    pub(crate) fn be_user(&mut self, name: &str, policy: &str) {
        let policy = Policy::parse(policy, PolicyKind::Identity).unwrap();
        let principal = Principal::User {
            arn: Arn::new("iam", "", ACCOUNT, format!("user/{name}")),
            id: "AIDATEST".to_owned(),
            name: name.to_owned(),
        };
        let identity = vec![NamedPolicy { name: "test".to_owned(), policy }];
        self.caller = caller(principal, Policies { identity, ..Policies::default() });
    }

    /// Does something as root of another account, or in another region.
    pub(crate) fn elsewhere<T>(
        &mut self,
        account: &str,
        region: &str,
        act: impl FnOnce(&Self) -> T,
    ) -> T {
        let root = Principal::Root { account: account.to_owned() };
        let there = Caller { account: account.to_owned(), ..caller(root, Policies::default()) };
        let here = std::mem::replace(&mut self.caller, there);
        let region = std::mem::replace(&mut self.region, region.to_owned());
        let done = act(self);
        self.caller = here;
        self.region = region;
        done
    }

    /// Calls EC2 with parameters as they are on the wire, and returns the members of the answer.
    pub(crate) fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Node, Fault> {
        self.form(Service::Ec2, action, parameters)
    }

    /// The same for IAM: the members of the result.
    pub(crate) fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Node, Fault> {
        self.result(Service::Iam, action, parameters)
    }

    /// The same for STS.
    pub(crate) fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> Result<Node, Fault> {
        self.result(Service::Sts, action, parameters)
    }

    /// Calls Logs or one of our own operations.
    pub(crate) fn json(
        &self,
        service: Service,
        action: &str,
        request: &serde_json::Value,
    ) -> Result<serde_json::Value, Fault> {
        let body = self.call(service, action, &Body::Json(request.to_string().into_bytes()))?;
        Ok(if body.is_empty() {
            serde_json::Value::Null
        } else {
            serde_json::from_slice(&body).unwrap()
        })
    }

    /// Returns the answer as it would travel.
    pub(crate) fn call(
        &self,
        service: Service,
        action: &str,
        body: &Body,
    ) -> Result<Vec<u8>, Fault> {
        let action: &'static str = action.to_owned().leak();
        let circumstances = Circumstances {
            now: self.now,
            region: self.region.clone(),
            request_id: "11111111-2222-3333-4444-555555555555".to_owned(),
            source_ip: Some([127, 0, 0, 1].into()),
            user_agent: None,
            secure: false,
        };
        let waited = Duration::from_secs(20);
        match self.door.run(service, action, body, &self.caller, &circumstances, waited)? {
            Outcome::Now(answer) => Ok(answer),
            Outcome::Later(patience) => panic!("would wait for {patience:?}"),
        }
    }

    fn result(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Node, Fault> {
        let answer = self.form(service, action, parameters)?;
        Ok(answer.get(&format!("{action}Result")).cloned().unwrap_or_default())
    }

    fn form(
        &self,
        service: Service,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Node, Fault> {
        let form = query::encode(parameters.iter().copied());
        let body = Body::Form(Parameters::parse(&form).unwrap());
        let answer = self.call(service, action, &body)?;
        Ok(xml::parse(std::str::from_utf8(&answer).unwrap()).unwrap())
    }
}

fn caller(principal: Principal, policies: Policies) -> Caller {
    Caller {
        account: ACCOUNT.to_owned(),
        identity: Identity::Iam { principal, policies: Box::new(policies) },
        access_key_id: "AKIATEST".to_owned(),
        agent: None,
        token_issued: None,
        tags: BTreeMap::new(),
        transitive: Vec::new(),
        source_identity: None,
    }
}

#[test]
fn everybody_may_ask_who_they_are() {
    let door = TestDoor::new();
    let answer = door.sts("GetCallerIdentity", &[]).unwrap();
    assert_eq!(answer.get("Arn").and_then(Node::text), Some("arn:aws:iam::123456789012:root"));
}
