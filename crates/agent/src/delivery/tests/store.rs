//! A log store that can be told to misbehave.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::client::fake::{Answer, Received};
use crate::client::unix_milliseconds;

/// A log store in memory, with faults that can be switched on.
#[derive(Default)]
pub(super) struct Store {
    pub(super) groups: BTreeSet<String>,
    /// Messages by group and stream.
    pub(super) streams: BTreeMap<(String, String), Vec<String>>,
    /// The greatest number by stream and producer (`semantics.md` 25).
    pub(super) numbers: BTreeMap<(String, String), u64>,
    pub(super) sessions: u64,
    /// Seconds that a session lasts; an hour where it is nothing.
    pub(super) session_seconds: Option<i64>,
    /// Roles that nobody may assume.
    pub(super) refused_roles: BTreeSet<String>,
    /// Sessions that are not known any more.
    pub(super) dead_sessions: BTreeSet<String>,
    /// Sessions of a role that is another one by now.
    pub(super) orphaned_sessions: BTreeSet<String>,
    /// What the next calls of an operation are answered, before they have any effect.
    pub(super) faults: BTreeMap<&'static str, Vec<Answer>>,
    /// The same for all calls.
    pub(super) lasting: BTreeMap<&'static str, Answer>,
    /// How long a stream's batches take.
    pub(super) slow: BTreeMap<String, Duration>,
    /// Answers that are lost after the effect.
    pub(super) lost_answers: u32,
    /// `rejectedLogEventsInfo` of the next batch.
    pub(super) rejects: Option<serde_json::Value>,
    pub(super) under_way: BTreeSet<String>,
}

impl Store {
    pub(super) fn answer(&mut self, received: &Received) -> Answer {
        let operation = received.operation.as_str();
        if let Some(answer) = self.lasting.get(operation) {
            return answer.clone();
        }
        if let Some(faults) = self.faults.get_mut(operation)
            && !faults.is_empty()
        {
            return faults.remove(0);
        }
        if self.dead_sessions.contains(&received.access_key_id) {
            return Answer::json_fault(400, "ExpiredTokenException", "expired");
        }
        if self.orphaned_sessions.contains(&received.access_key_id) {
            return denied();
        }
        match operation {
            "AssumeRole" => self.assume_role(received),
            "CreateLogGroup" => {
                self.groups.insert(received.text("logGroupName").to_owned());
                Answer::ok("")
            }
            "CreateLogStream" => {
                let group = received.text("logGroupName").to_owned();
                if !self.groups.contains(&group) {
                    return missing("The specified log group does not exist.");
                }
                let stream = received.text("logStreamName").to_owned();
                self.streams.entry((group, stream)).or_default();
                Answer::ok("")
            }
            "PutLogEvents" => self.put(received),
            other => Answer::json_fault(404, "UnknownOperationException", other),
        }
    }

    pub(super) fn assume_role(&mut self, received: &Received) -> Answer {
        if self.refused_roles.contains(received.text("RoleArn")) {
            return Answer::query_fault(
                403,
                "AccessDenied",
                "not authorized to perform: sts:AssumeRole",
            );
        }
        self.sessions += 1;
        let ends = unix_milliseconds() / 1000 + self.session_seconds.unwrap_or(3600);
        Answer::ok(format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{}</AccessKeyId>\
             <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>{}\
             </Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
            self.sessions,
            flowlogd_aws::Seconds(ends),
        ))
    }

    pub(super) fn put(&mut self, received: &Received) -> Answer {
        let names =
            (received.text("logGroupName").to_owned(), received.text("logStreamName").to_owned());
        let Some(stream) = self.streams.get_mut(&names) else {
            return missing("The specified log stream does not exist.");
        };
        let (producer, number) = received.text("sequenceToken").split_once(':').unwrap();
        let number: u64 = number.parse().unwrap();
        let known = self.numbers.entry((names.1.clone(), producer.to_owned())).or_default();
        if number > *known {
            *known = number;
            let events = received.body["logEvents"].as_array().unwrap();
            stream.extend(events.iter().map(|event| event["message"].as_str().unwrap().to_owned()));
        }
        if self.lost_answers > 0 {
            self.lost_answers -= 1;
            return Answer::closing();
        }
        let answer = match self.rejects.take() {
            Some(info) => serde_json::json!({ "rejectedLogEventsInfo": info }),
            None => serde_json::json!({ "nextSequenceToken": "1" }),
        };
        self.under_way.insert(names.1.clone());
        let delay = self.slow.get(&names.1).copied().unwrap_or_default();
        Answer::ok(answer.to_string()).after(delay)
    }
}

pub(super) fn missing(message: &str) -> Answer {
    Answer::json_fault(400, "ResourceNotFoundException", message)
}

pub(super) fn denied() -> Answer {
    Answer::json_fault(400, "AccessDeniedException", "not authorized to perform: logs:PutLogEvents")
}

pub(super) fn throttled() -> Answer {
    Answer::json_fault(400, "ThrottlingException", "Rate exceeded")
}
