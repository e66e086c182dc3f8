//! May the caller do this to a log group? (`cloudwatch-logs.md` §12)

use flowlogd_aws::Fault;
use flowlogd_aws::policy::{Context, Principal};
use flowlogd_logstore::StoreError;

use crate::call::{Call, Identity};
use crate::model::Tags;

use super::fault;
use super::group_name::GroupName;

impl Call<'_> {
    /// Asks for the operation itself, on the group or, with `stream`, on one of its streams.
    pub(super) fn authorize_logs(&self, group: &GroupName, stream: &str) -> Result<(), Fault> {
        self.authorize_group(group, &group.stream_arn(stream))
    }

    /// The same on an ARN of the group's.
    pub(super) fn authorize_group(&self, group: &GroupName, arn: &str) -> Result<(), Fault> {
        let tags = self.tags_of(group)?;
        self.authorize_with(&format!("logs:{}", self.action), arn, |context| {
            describe(context, &tags);
        })
    }

    /// Asks for the tagging of a group with `tags`.
    pub(super) fn authorize_tagging(
        &self,
        action: &str,
        group: &GroupName,
        arn: &str,
        tags: &Tags,
    ) -> Result<(), Fault> {
        let present = self.tags_of(group)?;
        self.authorize_with(action, arn, |context| {
            describe(context, &present);
            request_tags(context, tags);
        })
    }

    /// The tags that conditions may speak of; none where there is no such group, or nobody asks for them.
    fn tags_of(&self, group: &GroupName) -> Result<Tags, Fault> {
        let is_judged = match &self.caller.identity {
            Identity::Iam { principal, .. } => !matches!(principal, Principal::Root { .. }),
            Identity::Agent { .. } => false,
        };
        if !is_judged || !group.is_ours() {
            return Ok(Tags::new());
        }
        match self.logs.group(&self.owner(), group.name()) {
            Ok(found) => Ok(found.settings.tags),
            Err(StoreError::NoGroup) => Ok(Tags::new()),
            Err(error) => Err(fault::of(error)),
        }
    }
}

fn describe(context: &mut Context, tags: &Tags) {
    for (key, value) in tags {
        context.set(&format!("aws:ResourceTag/{key}"), value.clone());
    }
}

pub(super) fn request_tags(context: &mut Context, tags: &Tags) {
    for (key, value) in tags {
        context.set(&format!("aws:RequestTag/{key}"), value.clone());
    }
    if !tags.is_empty() {
        context.set_all("aws:TagKeys", tags.keys().cloned());
    }
}
