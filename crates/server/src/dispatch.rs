//! From the name of an operation to its function, and back to an answer.

use std::cell::Cell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use flowlogd_aws::codec::query::Parameters;
use flowlogd_aws::codec::{json, xml};
use flowlogd_aws::{Fault, Protocol};
use flowlogd_logstore::LogStore;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::{Call, Caller, internal};
use crate::config::Config;
use crate::last_uses::LastUses;
use crate::ops;
use crate::reports::Reports;
use crate::state::{State, StateError, Txn};

/// The services that are spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// EC2.
    Ec2,
    /// CloudWatch Logs.
    Logs,
    /// IAM.
    Iam,
    /// STS.
    Sts,
    /// Our own operations.
    Flowlogd,
}

impl Service {
    /// How it writes.
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Ec2 => Protocol::Ec2,
            Self::Iam | Self::Sts => Protocol::Query,
            Self::Logs | Self::Flowlogd => Protocol::Json,
        }
    }

    /// Its name in the scope of signatures and in actions.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Logs => "logs",
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Flowlogd => flowlogd_aws::flowlogd::SERVICE,
        }
    }

    /// The namespace of its XML.
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::Ec2 => flowlogd_aws::ec2::NAMESPACE,
            Self::Iam => flowlogd_aws::iam::NAMESPACE,
            Self::Sts => flowlogd_aws::sts::NAMESPACE,
            Self::Logs | Self::Flowlogd => "",
        }
    }

    /// The fault for an operation that it does not have (`iam-sts-sigv4-cloudtrail.md` §7.2).
    fn unknown_operation(self, action: &str) -> Fault {
        match self {
            Self::Ec2 => Fault::new(
                "InvalidAction",
                format!("The action {action} is not valid for this web service."),
            ),
            Self::Iam => Fault::new(
                "InvalidAction",
                format!("Could not find operation {action} for version 2010-05-08"),
            ),
            Self::Sts => Fault::new(
                "InvalidAction",
                format!("Could not find operation {action} for version 2011-06-15"),
            ),
            Self::Logs | Self::Flowlogd => Fault::new(
                "UnknownOperationException",
                format!("The operation {action} is not known here"),
            ),
        }
    }
}

/// The parameters of a request, in the service's protocol.
#[derive(Clone, Debug)]
pub enum Body {
    /// EC2 and Query.
    Form(Parameters),
    /// JSON 1.1.
    Json(Vec<u8>),
}

impl Body {
    fn read<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        match self {
            Self::Form(parameters) => {
                parameters.read().map_err(flowlogd_aws::codec::DecodeError::into_query_fault)
            }
            Self::Json(body) => json::read(body),
        }
    }
}

/// Where and when a call is made.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// Unix milliseconds.
    pub now: i64,
    /// Of the signature's scope.
    pub region: String,
    /// Of the request and its log lines.
    pub request_id: String,
    /// Of the peer.
    pub source_ip: Option<IpAddr>,
    /// As sent.
    pub user_agent: Option<String>,
    /// Whether it came over TLS.
    pub secure: bool,
}

/// What is written back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

/// The outcome of an operation that may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome<Answer> {
    /// An answer.
    Now(Answer),
    /// None yet: to be asked again when the state changes, at the latest after so long.
    Later(Duration),
}

type Ran = Result<Outcome<Vec<u8>>, Fault>;
type Run = Box<dyn Fn(&Call<'_>, &Body) -> Ran + Send + Sync>;

/// How an operation runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It only reads.
    Read,
    /// It changes the state.
    Write,
}

/// An operation of a service.
pub(crate) struct Operation {
    name: &'static str,
    mode: Mode,
    run: Run,
}

impl Operation {
    /// One that only reads the state.
    pub(crate) fn read<Request: DeserializeOwned + 'static, Response: Serialize + 'static>(
        name: &'static str,
        run: fn(&Call<'_>, Request) -> Result<Response, Fault>,
    ) -> Self {
        Self { name, mode: Mode::Read, run: answering(run) }
    }

    /// One that changes the state.
    pub(crate) fn write<Request: DeserializeOwned + 'static, Response: Serialize + 'static>(
        name: &'static str,
        run: fn(&Call<'_>, Request) -> Result<Response, Fault>,
    ) -> Self {
        Self { name, mode: Mode::Write, run: answering(run) }
    }

    /// One that changes the state, and may have no answer until somebody else does. `Call::waited` says
    /// how long it has waited so far.
    pub(crate) fn wait<Request: DeserializeOwned + 'static, Response: Serialize + 'static>(
        name: &'static str,
        run: fn(&Call<'_>, Request) -> Result<Outcome<Response>, Fault>,
    ) -> Self {
        let run: Run = Box::new(move |call, body| match run(call, body.read()?)? {
            Outcome::Now(answer) => encode(call, &answer).map(Outcome::Now),
            Outcome::Later(patience) => Ok(Outcome::Later(patience)),
        });
        Self { name, mode: Mode::Write, run }
    }
}

fn answering<Request: DeserializeOwned + 'static, Response: Serialize + 'static>(
    run: fn(&Call<'_>, Request) -> Result<Response, Fault>,
) -> Run {
    Box::new(move |call, body| encode(call, &run(call, body.read()?)?).map(Outcome::Now))
}

/// Writes an answer in the service's protocol.
fn encode<Response: Serialize>(call: &Call<'_>, answer: &Response) -> Result<Vec<u8>, Fault> {
    let id = &call.circumstances.request_id;
    match call.service.protocol() {
        Protocol::Ec2 => xml::write_ec2(call.action, id, answer)
            .map(String::into_bytes)
            .map_err(|error| internal(&error)),
        Protocol::Query => xml::write_query(call.service.namespace(), call.action, id, answer)
            .map(String::into_bytes)
            .map_err(|error| internal(&error)),
        Protocol::Json => {
            let body = json::write(answer).map_err(|error| internal(&error))?;
            // An operation without output answers with no body at all (`cloudwatch-logs.md` §1.2).
            Ok(if body == b"null" { Vec::new() } else { body })
        }
    }
}

/// The longest that an operation may wait for a change.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// How long changes are gathered before those who wait look at them.
const SWARM: Duration = Duration::from_millis(100);

/// Everything behind the HTTP door.
pub struct Door {
    state: Arc<State>,
    logs: LogStore,
    config: Config,
    operations: HashMap<Service, HashMap<&'static str, Operation>>,
    reports: Reports,
    last_uses: LastUses,
}

impl Door {
    /// Puts the operations in front of a state and a log store.
    pub fn new(state: Arc<State>, logs: LogStore, config: Config) -> Self {
        let services = [
            (Service::Ec2, ops::ec2::operations()),
            (Service::Logs, ops::logs::operations()),
            (Service::Iam, ops::iam::operations()),
            (Service::Sts, ops::sts::operations()),
            (Service::Flowlogd, ops::flowlogd::operations()),
        ];
        let operations = services
            .into_iter()
            .map(|(service, operations)| {
                let by_name = operations.into_iter().map(|operation| (operation.name, operation));
                (service, by_name.collect())
            })
            .collect();
        Self {
            state,
            logs,
            config,
            operations,
            reports: Reports::default(),
            last_uses: LastUses::default(),
        }
    }

    /// The state behind it.
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The log store behind it.
    pub const fn logs(&self) -> &LogStore {
        &self.logs
    }

    /// What agents have told last.
    pub(crate) const fn reports(&self) -> &Reports {
        &self.reports
    }

    /// When keys and roles were last used.
    pub(crate) const fn last_uses(&self) -> &LastUses {
        &self.last_uses
    }

    /// Writes down when keys and roles were last used; until then it is in memory. `now` is in Unix
    /// milliseconds.
    pub fn keep_last_uses(&self, now: i64) -> Result<(), StateError> {
        self.last_uses.keep(&self.state, now)
    }

    /// Its configuration.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Carries out a call of an authenticated caller. A wait for a change does not block a thread.
    pub async fn perform(
        self: &Arc<Self>,
        service: Service,
        action: &str,
        body: Body,
        caller: Caller,
        circumstances: Circumstances,
    ) -> Result<Answer, Fault> {
        let name = self.name_of(service, action)?;
        let mut changes = self.state.changes();
        let body = Arc::new(body);
        let caller = Arc::new(caller);
        let begun = tokio::time::Instant::now();
        let mut circumstances = circumstances;
        loop {
            changes.borrow_and_update();
            let (door, body, caller) = (Arc::clone(self), Arc::clone(&body), Arc::clone(&caller));
            let now = circumstances.clone();
            let waited = begun.elapsed();
            let ran = tokio::task::spawn_blocking(move || {
                door.run(service, name, &body, &caller, &now, waited)
            })
            .await
            .map_err(|error| internal(&error))??;
            let patience = match ran {
                Outcome::Now(body) => {
                    return Ok(Answer { status: 200, content_type: content_type(service), body });
                }
                Outcome::Later(patience) => patience.min(LONGEST_WAIT),
            };
            if let Ok(Ok(())) = tokio::time::timeout(patience, changes.changed()).await {
                // Changes come in swarms; the last of them counts.
                tokio::time::sleep(SWARM).await;
            }
            circumstances.now +=
                i64::try_from(begun.elapsed().saturating_sub(waited).as_millis()).unwrap_or(0);
        }
    }

    /// Returns the name of an operation if there is one of this name.
    pub(crate) fn known_operation(&self, service: Service, action: &str) -> Option<&'static str> {
        self.name_of(service, action).ok()
    }

    fn name_of(&self, service: Service, action: &str) -> Result<&'static str, Fault> {
        let found = self.operations.get(&service).and_then(|of| of.get(action));
        found.map(|operation| operation.name).ok_or_else(|| service.unknown_operation(action))
    }

    /// Runs an operation in a transaction of its own.
    pub(crate) fn run(
        &self,
        service: Service,
        action: &'static str,
        body: &Body,
        caller: &Caller,
        circumstances: &Circumstances,
        waited: Duration,
    ) -> Ran {
        let Some(operation) = self.operations.get(&service).and_then(|of| of.get(action)) else {
            return Err(service.unknown_operation(action));
        };
        if service == Service::Ec2 || service == Service::Flowlogd {
            ops::ec2::furnish(&self.state, &caller.account, circumstances)?;
        }
        let run = |txn: &Txn<'_>| {
            let call = Call {
                txn,
                logs: &self.logs,
                last_uses: &self.last_uses,
                reports: &self.reports,
                config: &self.config,
                caller,
                service,
                action,
                circumstances,
                waited: waited.min(LONGEST_WAIT),
                authorized: Cell::new(false),
            };
            let ran = (operation.run)(&call, body);
            // An operation that forgot to ask must not answer.
            if ran.is_ok() && !call.authorized.get() {
                tracing::error!(action, "the operation did not ask for permission");
                return Err(Fault::new("InternalFailure", "An internal error has occurred")
                    .with_status(500));
            }
            ran
        };
        match operation.mode {
            Mode::Read => self.state.read(run),
            Mode::Write => self.state.write(run),
        }
    }
}

/// Writes a fault in the service's protocol.
pub(crate) fn write_fault(service: Service, fault: &Fault, request_id: &str) -> Answer {
    let body = match service.protocol() {
        Protocol::Json => json::write_fault(fault),
        protocol @ (Protocol::Ec2 | Protocol::Query) => {
            xml::write_fault(protocol, service.namespace(), fault, request_id).into_bytes()
        }
    };
    Answer { status: fault.status, content_type: content_type(service), body }
}

const fn content_type(service: Service) -> &'static str {
    match service.protocol() {
        Protocol::Ec2 => "text/xml;charset=UTF-8",
        Protocol::Query => "text/xml",
        Protocol::Json => "application/x-amz-json-1.1",
    }
}
