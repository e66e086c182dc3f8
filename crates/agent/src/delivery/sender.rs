//! The calls that deliver for one flow log.

use std::time::Duration;

use flowlogd_aws::codec::Node;
use flowlogd_aws::{logs, sts};
use serde::Serialize;
use serde::de::IgnoredAny;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::Mutex;

use super::failure::Failure;
use super::wire::{CreateLogGroup, CreateLogStream, PutLogEvents, PutLogEventsAnswer};
use crate::client::{CallError, Client, Credentials, unix_milliseconds};
use crate::spool::{Event, Taken};

/// Delivers as a role, or as the agent itself.
#[derive(Debug)]
pub(super) struct Sender {
    /// Under the agent's own credentials.
    agent: Client,
    role: Option<Role>,
}

#[derive(Debug)]
struct Role {
    arn: String,
    session_name: String,
    renewal_margin: Duration,
    /// Locked while the role is assumed, so that it is assumed once.
    session: Mutex<Option<Session>>,
}

#[derive(Clone, Debug)]
struct Session {
    client: Client,
    access_key_id: String,
    /// Unix milliseconds.
    renew_at: i64,
}

impl Sender {
    pub(super) fn new(
        agent: Client,
        role_arn: Option<String>,
        session_name: &str,
        renewal_margin: Duration,
    ) -> Self {
        let role = role_arn.map(|arn| Role {
            arn,
            session_name: session_name.to_owned(),
            renewal_margin,
            session: Mutex::new(None),
        });
        Self { agent, role }
    }

    /// Puts a batch where it belongs; makes group and stream where they are not there.
    pub(super) async fn send(
        &self,
        taken: &Taken,
        events: &[Event],
    ) -> Result<PutLogEventsAnswer, Failure> {
        let request = PutLogEvents {
            log_group_name: &taken.log_group,
            log_stream_name: &taken.log_stream,
            log_events: events.iter().map(Into::into).collect(),
            sequence_token: taken.sequence_token(),
        };
        let (mut may_renew, mut may_create) = (self.role.is_some(), true);
        loop {
            let session = self.session().await?;
            let put = logs_call(&session.client, "PutLogEvents", &request).await;
            let error = match put {
                Ok(answer) => return Ok(answer),
                // What a service of before 2023 says to a batch that it has.
                Err(error) if error.code() == Some("DataAlreadyAcceptedException") => {
                    return Ok(PutLogEventsAnswer::default());
                }
                Err(error) => error,
            };
            if may_renew && error.is_session_rejected() {
                may_renew = false;
                self.forget(&session).await;
            } else if may_create && error.is_missing_resource() {
                may_create = false;
                if let Err((step, error)) = create(&session.client, taken).await {
                    return Err(self.fail(&session, Failure::of_step(step, &error), &error).await);
                }
            } else {
                return Err(self.fail(&session, Failure::of_batch(&error), &error).await);
            }
        }
    }

    /// A role that was made anew refuses the sessions of the old one until their end, so after a denial
    /// the next attempt begins with a session of its own.
    async fn fail(&self, session: &Session, failure: Failure, error: &CallError) -> Failure {
        if error.is_access_denied() {
            self.forget(session).await;
        }
        failure
    }

    async fn session(&self) -> Result<Session, Failure> {
        let Some(role) = &self.role else {
            let (client, access_key_id) = (self.agent.clone(), String::new());
            return Ok(Session { client, access_key_id, renew_at: i64::MAX });
        };
        let mut session = role.session.lock().await;
        if let Some(session) = session.as_ref()
            && unix_milliseconds() < session.renew_at
        {
            return Ok(session.clone());
        }
        let assumed = role
            .assume(&self.agent)
            .await
            .map_err(|error| Failure::of_step("AssumeRole", &error))?;
        *session = Some(assumed.clone());
        Ok(assumed)
    }

    /// Forgets a session, unless another attempt has renewed it already.
    async fn forget(&self, old: &Session) {
        let Some(role) = &self.role else { return };
        role.session.lock().await.take_if(|session| session.access_key_id == old.access_key_id);
    }
}

impl Role {
    async fn assume(&self, agent: &Client) -> Result<Session, CallError> {
        let parameters =
            [("RoleArn", self.arn.as_str()), ("RoleSessionName", self.session_name.as_str())];
        let answer = agent.query("sts", sts::VERSION, "AssumeRole", &parameters).await?;
        let credentials = read_credentials(&answer).ok_or_else(|| {
            CallError::Malformed("the answer to AssumeRole has no credentials".to_owned())
        })?;
        let (now, expires) = (unix_milliseconds(), credentials.expires.unwrap_or(i64::MAX));
        let margin = i64::try_from(self.renewal_margin.as_millis()).unwrap_or(i64::MAX);
        Ok(Session {
            access_key_id: credentials.access_key_id.clone(),
            renew_at: expires.saturating_sub(margin.min(expires.saturating_sub(now) / 2)),
            client: agent.with_credentials(credentials),
        })
    }
}

fn read_credentials(answer: &Node) -> Option<Credentials> {
    let credentials = answer.get("AssumeRoleResult")?.get("Credentials")?;
    let text = |name: &str| credentials.get(name)?.text().map(str::to_owned);
    let expiration = OffsetDateTime::parse(&text("Expiration")?, &Rfc3339).ok()?;
    Some(Credentials {
        session_token: Some(text("SessionToken")?),
        expires: Some(expiration.unix_timestamp() * 1000),
        ..Credentials::key(text("AccessKeyId")?, text("SecretAccessKey")?)
    })
}

/// Makes the stream, and the group before it where need be. Others may do so at the same time.
async fn create(client: &Client, taken: &Taken) -> Result<(), (&'static str, CallError)> {
    let stream =
        CreateLogStream { log_group_name: &taken.log_group, log_stream_name: &taken.log_stream };
    let group = CreateLogGroup { log_group_name: &taken.log_group };
    match make(client, "CreateLogStream", &stream).await {
        // It is the group that is missing.
        Err((_, error)) if error.is_missing_resource() => {
            make(client, "CreateLogGroup", &group).await?;
            make(client, "CreateLogStream", &stream).await
        }
        other => other,
    }
}

async fn make<Q: Serialize + Sync>(
    client: &Client,
    operation: &'static str,
    request: &Q,
) -> Result<(), (&'static str, CallError)> {
    match logs_call::<_, IgnoredAny>(client, operation, request).await {
        Err(error) if !error.is_already_there() => Err((operation, error)),
        _ => Ok(()),
    }
}

async fn logs_call<Q: Serialize + Sync, A: serde::de::DeserializeOwned>(
    client: &Client,
    operation: &str,
    request: &Q,
) -> Result<A, CallError> {
    client.json("logs", logs::TARGET, operation, request).await
}
