//! Why do no records arrive? Walks from the agent to the stream, and names the first broken link.
//!
//! It asks by AWS operations only, and weighs the role's policies itself, with the same evaluation as the
//! server: so it can say which statement, action, resource or condition is in the way.

mod facts;
mod permissions;
mod remedy;

use serde::Serialize;

use crate::client::{CallError, Client};
use facts::Facts;
pub use facts::{Agent, account, agents, flow_logs};

/// How a link of the chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// As it should be.
    Good,
    /// Not broken, but worth knowing.
    Note,
    /// Here it ends.
    Broken,
    /// It cannot be looked at: the one who asks may not.
    Unknown,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// `role`, `trust`, `logs:PutLogEvents`, ….
    pub name: String,
    /// How it is.
    pub condition: Condition,
    /// What was found.
    pub found: String,
}

/// What is wrong with a flow log, if anything is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// `fl-…`.
    pub flow_log_id: String,
    /// From the agent to the last delivery; up to the first that is broken.
    pub links: Vec<Link>,
    /// What would mend it, in words.
    pub remedy: Option<String>,
    /// The policy document that would pass.
    pub policy: Option<serde_json::Value>,
}

impl Diagnosis {
    /// Whether every link holds.
    pub fn is_sound(&self) -> bool {
        self.links.iter().all(|link| link.condition != Condition::Broken)
    }
}

/// Examines one flow log, or all of the region. `now` is in Unix milliseconds.
pub async fn examine(
    client: &Client,
    flow_log_id: Option<&str>,
    now: i64,
) -> Result<Vec<Diagnosis>, CallError> {
    let mut diagnoses = Vec::new();
    for flow_log in flow_logs(client, flow_log_id).await? {
        let facts = Facts::gather(client, flow_log, now).await;
        diagnoses.push(chain(&facts));
    }
    Ok(diagnoses)
}

/// A chain that is being walked: ends at the first broken link.
struct Walk {
    links: Vec<Link>,
    is_broken: bool,
}

impl Walk {
    fn enter(&mut self, name: &str, condition: Condition, found: impl Into<String>) {
        if !self.is_broken {
            self.is_broken = condition == Condition::Broken;
            self.links.push(Link { name: name.to_owned(), condition, found: found.into() });
        }
    }
}

fn chain(facts: &Facts) -> Diagnosis {
    let mut walk = Walk { links: Vec::new(), is_broken: false };
    let mut remedy = None;
    let mut policy = None;

    facts.attachments(&mut walk);
    if walk.is_broken {
        remedy = Some(remedy::attachment(facts));
    }
    if !walk.is_broken {
        permissions::role(facts, &mut walk);
        if walk.is_broken {
            remedy = Some(remedy::role(facts));
        }
    }
    if !walk.is_broken {
        permissions::trust(facts, &mut walk);
        if walk.is_broken {
            remedy = Some(remedy::trust(facts));
            policy = Some(remedy::trust_policy(facts));
        }
    }
    if !walk.is_broken {
        let denial = permissions::actions(facts, &mut walk);
        if let Some(statement) = denial {
            let (text, rest) = remedy::denial(facts, &statement);
            (remedy, policy) = (Some(text), rest);
        } else if walk.is_broken {
            remedy = Some(remedy::permissions(facts));
            policy = Some(remedy::permission_policy());
        }
    }
    if !walk.is_broken {
        facts.delivery(&mut walk);
        if walk.is_broken {
            remedy = Some(
                "The last attempt failed for another reason than the role's policies as they are now. \
                 If they were mended a moment ago, the next attempt will show."
                    .to_owned(),
            );
        }
    }
    Diagnosis { flow_log_id: facts.flow_log.flow_log_id.clone(), links: walk.links, remedy, policy }
}
