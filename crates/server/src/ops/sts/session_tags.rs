//! Session tags, and who is behind a session (`iam-sts-sigv4-cloudtrail.md` §6).

use flowlogd_aws::Fault;
use flowlogd_aws::iam::shapes::Tag;
use flowlogd_aws::policy::Context;

use crate::call::Call;
use crate::model::Tags;
use crate::ops::iam::constraint::Constraints;
use crate::ops::iam::tags::{describe_request, read_or, same};

const FAULT: &str = "InvalidParameterValue";

/// The tags of a session to be made.
#[derive(Debug, Default)]
pub(super) struct SessionTags {
    /// All of them, those that the caller hands down among them.
    pub(super) tags: Tags,
    /// Keys of those that go on to sessions made with this one.
    pub(super) transitive: Vec<String>,
}

impl SessionTags {
    /// Reads what a request says, and adds what the caller's session hands down: that cannot be changed.
    pub(super) fn read(
        call: &Call<'_>,
        given: &[Tag],
        transitive: &[String],
    ) -> Result<Self, Fault> {
        let mut constraints = Constraints::new().count("transitiveTagKeys", transitive.len(), 50);
        for (number, key) in (1..).zip(transitive) {
            let member = format!("transitiveTagKeys.{number}.member");
            constraints = constraints.length(&member, key, 1, 128);
        }
        constraints.finish()?;
        let mut tags = read_or(given, FAULT)?;
        if !transitive.iter().all(|key| given.iter().any(|tag| same(&tag.key, key))) {
            let text = "The specified transitive tag key must be included in the requested tags.";
            return Err(Fault::new(FAULT, text));
        }
        let mut transitive = transitive.to_vec();
        for key in &call.caller.transitive {
            if tags.keys().any(|other| same(other, key)) {
                return Err(Fault::new(
                    FAULT,
                    "One of the specified transitive tag keys can't be set because it conflicts with a \
                     transitive tag key from the calling session.",
                ));
            }
            let inherited = call.caller.tags.iter().find(|(other, _)| same(other, key));
            if let Some((key, value)) = inherited {
                tags.insert(key.clone(), value.clone());
                transitive.push(key.clone());
            }
        }
        Ok(Self { tags, transitive })
    }
}

/// Sets the keys by which policies know the session tags of a request.
pub(super) fn describe(given: &[Tag], transitive: &[String], context: &mut Context) {
    describe_request(given, context);
    if !transitive.is_empty() {
        context.set_all("sts:TransitiveTagKeys", transitive.iter().cloned());
    }
}
