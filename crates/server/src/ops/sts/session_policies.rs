//! Policies that limit a session (`iam-sts-sigv4-cloudtrail.md` §1.2, §6).

use flowlogd_aws::Fault;
use flowlogd_aws::iam::shapes::Tag;
use flowlogd_aws::policy::PolicyKind;
use flowlogd_aws::sts::PolicyDescriptor;

use crate::call::Call;
use crate::model::InlinePolicy;
use crate::ops::iam::constraint::Constraints;
use crate::ops::iam::{documents, managed_policy};

/// Characters that session policies, the ARNs of managed ones and session tags may have together.
const SPACE: usize = 2048;
/// Session policies that are managed ones.
pub(super) const MAX_MANAGED: usize = 10;

/// What is passed with a session, and how much of its space that takes.
pub(super) struct SessionPolicies {
    /// Absent where no policy was passed.
    pub(super) inline: Option<Vec<InlinePolicy>>,
    pub(super) managed: Vec<String>,
    /// Percent of the space that is used; absent where nothing was passed.
    pub(super) packed: Option<u32>,
}

impl SessionPolicies {
    pub(super) fn read(
        call: &Call<'_>,
        account: &str,
        policy: Option<&str>,
        arns: &[PolicyDescriptor],
        tags: &[Tag],
    ) -> Result<Self, Fault> {
        let mut used: usize =
            tags.iter().map(|tag| tag.key.chars().count() + tag.value.chars().count()).sum();
        let mut managed = Vec::new();
        for (number, descriptor) in (1..).zip(arns) {
            let arn = &descriptor.arn;
            Constraints::new().arn(&format!("policyArns.{number}.member.arn"), arn).finish()?;
            if managed_policy(call.txn, account, arn)?.is_none() {
                let text = format!("Policy {arn} does not exist or is not attachable.");
                return Err(Fault::new("InvalidParameterValue", text));
            }
            used += arn.chars().count();
            managed.push(arn.clone());
        }
        let mut inline = Vec::new();
        if let Some(document) = policy {
            documents::read("policy", document, PolicyKind::Session)?;
            used += document.chars().count();
            inline.push(InlinePolicy { name: "session".to_owned(), document: document.to_owned() });
        }
        let percent = (used * 100).div_ceil(SPACE);
        if used > SPACE {
            return Err(Fault::new(
                "PackedPolicyTooLarge",
                format!(
                    "Packed policy consumes {percent}% of allotted space, please use smaller policy."
                ),
            ));
        }
        let limited = policy.is_some() || !arns.is_empty();
        let packed = if limited || !tags.is_empty() { u32::try_from(percent).ok() } else { None };
        Ok(Self { inline: limited.then_some(inline), managed, packed })
    }
}
