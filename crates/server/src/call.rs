//! One call of an operation: who makes it, from where, and on what.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use flowlogd_aws::policy::{Policies, Principal};
use flowlogd_aws::{Arn, Fault};
use flowlogd_logstore::{LogStore, Owner};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::dispatch::{Circumstances, Service};
use crate::ids;
use crate::last_uses::LastUses;
use crate::reports::Reports;
use crate::state::{Document, Place, StateError, Txn};

/// Who was authenticated.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Twelve digits.
    pub account: String,
    /// As whom.
    pub identity: Identity,
    /// The key that signed.
    pub access_key_id: String,
    /// Of a delivery session: host name of the agent that assumed the role.
    pub agent: Option<String>,
    /// When the temporary credentials were issued, Unix seconds.
    pub token_issued: Option<i64>,
    /// Tags of the user or role, and those of the session.
    pub tags: BTreeMap<String, String>,
    /// Keys of session tags that sessions made by the caller inherit.
    pub transitive: Vec<String>,
    /// Who is behind the session, where that was said.
    pub source_identity: Option<String>,
}

/// Whom a key belongs to.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each call in flight")]
pub enum Identity {
    /// Root, a user or a session, with the policies that apply to it.
    Iam {
        /// Who.
        principal: Principal,
        /// By what it is judged.
        policies: Box<Policies>,
    },
    /// An enrolled agent.
    Agent {
        /// Its host name.
        host: String,
    },
}

impl Caller {
    /// `arn:aws:iam::A:user/NAME`, as denials and log lines name the caller.
    pub(crate) fn arn(&self) -> String {
        match &self.identity {
            Identity::Iam { principal, .. } => match principal {
                Principal::Root { account } => format!("arn:aws:iam::{account}:root"),
                Principal::User { arn, .. }
                | Principal::Session { arn, .. }
                | Principal::Federated { arn, .. } => arn.to_string(),
                Principal::Service { name } => name.clone(),
            },
            Identity::Agent { host } => format!("arn:aws:flowlogd::{}:agent/{host}", self.account),
        }
    }
}

/// A call in progress, inside one transaction.
pub struct Call<'a> {
    /// The state, at one moment.
    pub(crate) txn: &'a Txn<'a>,
    /// The log store, which has transactions of its own.
    pub(crate) logs: &'a LogStore,
    /// When keys and roles were last used.
    pub(crate) last_uses: &'a LastUses,
    /// What agents have told last.
    pub(crate) reports: &'a Reports,
    pub(crate) config: &'a Config,
    pub(crate) caller: &'a Caller,
    pub(crate) service: Service,
    /// `CreateVpc`.
    pub(crate) action: &'static str,
    pub(crate) circumstances: &'a Circumstances,
    /// How long an operation that waits has waited so far.
    pub(crate) waited: Duration,
    pub(super) authorized: Cell<bool>,
}

impl Call<'_> {
    /// Unix milliseconds.
    pub(crate) const fn now(&self) -> i64 {
        self.circumstances.now
    }

    /// The caller's account.
    pub(crate) fn account(&self) -> &str {
        &self.caller.account
    }

    /// Of the signature's scope.
    pub(crate) fn region(&self) -> &str {
        &self.circumstances.region
    }

    /// Where regional documents of this call are.
    pub(crate) fn place(&self) -> Place {
        Place::regional(self.account(), self.region())
    }

    /// Where IAM's documents of this call are.
    pub(crate) fn global(&self) -> Place {
        Place::global(self.account())
    }

    /// Whose log groups this call sees.
    pub(crate) fn owner(&self) -> Owner {
        Owner { account: self.account().to_owned(), region: self.region().to_owned() }
    }

    /// Returns a regional document by its id.
    pub(crate) fn get<D: Document>(&self, id: &str) -> Result<Option<D>, StateError> {
        self.txn.get(&self.place(), id)
    }

    /// Returns all regional documents of a kind, in the order in which they were made.
    pub(crate) fn list<D: Document>(&self) -> Result<Vec<D>, StateError> {
        self.txn.list(&self.place())
    }

    /// Returns the regional documents of a kind one of whose members has a value.
    pub(crate) fn list_by<D: Document>(
        &self,
        member: &'static str,
        value: &str,
    ) -> Result<Vec<D>, StateError> {
        self.txn.list_by(&self.place(), member, value)
    }

    /// Stores a regional document.
    pub(crate) fn put<D: Document>(&self, document: &D) -> Result<(), StateError> {
        self.txn.put(&self.place(), document, self.now())
    }

    /// Deletes a regional document.
    pub(crate) fn delete<D: Document>(&self, id: &str) -> Result<bool, StateError> {
        self.txn.delete::<D>(&self.place(), id, self.now())
    }

    /// `arn:aws:ec2:R:A:vpc/vpc-…`.
    pub(crate) fn ec2_arn(&self, kind: &str, id: &str) -> String {
        Arn::new("ec2", self.region(), self.account(), format!("{kind}/{id}")).to_string()
    }

    /// Ends a call that only asked whether it would succeed.
    #[expect(clippy::unused_self, reason = "reads as a step of the call, as the ones around it do")]
    pub(crate) fn dry_run(&self, dry_run: bool) -> Result<(), Fault> {
        if dry_run {
            let text = "Request would have succeeded, but DryRun flag is set.";
            return Err(Fault::new("DryRunOperation", text).with_status(412));
        }
        Ok(())
    }

    /// Runs an operation once for a client token: a second call with the same request has the first
    /// one's answer (`vpc-filtering.md` §9.4).
    pub(crate) fn once<Request: Serialize, Answer: Serialize + DeserializeOwned>(
        &self,
        token: Option<&str>,
        request: &Request,
        run: impl FnOnce() -> Result<Answer, Fault>,
    ) -> Result<Answer, Fault> {
        let Some(token) = token else { return run() };
        let text = serde_json::to_vec(request).map_err(|error| internal(&error))?;
        let digest: String = ids::hex(&Sha256::digest(&text));
        let place = self.place();
        if let Some((request, answer)) = self.txn.idempotent_answer(&place, self.action, token)? {
            if request != digest {
                return Err(Fault::new(
                    "IdempotentParameterMismatch",
                    format!(
                        "The client token '{token}' was used before, with other parameters: use another one"
                    ),
                ));
            }
            return serde_json::from_str(&answer).map_err(|error| internal(&error));
        }
        let answer = run()?;
        let text = serde_json::to_string(&answer).map_err(|error| internal(&error))?;
        self.txn.keep_answer(&place, self.action, token, &digest, &text)?;
        Ok(answer)
    }

    /// A new resource id.
    #[expect(clippy::unused_self, reason = "reads as one of the call's means")]
    pub(crate) fn new_id(&self, prefix: &str) -> String {
        ids::resource(prefix)
    }
}

/// Our own fault: the caller is told no more than that.
pub(crate) fn internal(error: &dyn std::error::Error) -> Fault {
    tracing::error!(error = %error, "a call failed");
    Fault::new("InternalFailure", "An internal error has occurred").with_status(500)
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        internal(&error)
    }
}
