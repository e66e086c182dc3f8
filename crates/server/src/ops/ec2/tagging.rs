//! Tags at the making of a resource (`vpc-filtering.md` §10.2).

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{Tag, TagParameter, TagSpecification};

use crate::call::Call;
use crate::model::Tags;

/// Tags that one resource may have.
pub(super) const MAX_TAGS: usize = 50;

/// Reads `TagSpecification.N` of an operation that makes one kind of resource. `wrong_type` is the code of
/// the fault for another type: `InvalidParameter` or `InvalidParameterValue` (§11.4).
pub(super) fn specified(
    specifications: &[TagSpecification],
    resource_type: &str,
    wrong_type: &'static str,
) -> Result<Tags, Fault> {
    let mut tags = Tags::new();
    for specification in specifications {
        let given = specification.resource_type.as_deref().unwrap_or_default();
        if given != resource_type {
            return Err(Fault::new(
                wrong_type,
                format!("'{given}' is not a valid taggable resource type for this operation."),
            ));
        }
        if specification.tags.is_empty() {
            return Err(Fault::new(
                "InvalidParameterValue",
                "Tag specification must have at least one tag",
            ));
        }
        for tag in &specification.tags {
            let (key, value) = checked(tag)?;
            if tags.insert(key.clone(), value).is_some() {
                return Err(Fault::new(
                    "InvalidParameterValue",
                    format!("Duplicate tag key '{key}' specified."),
                ));
            }
        }
    }
    limit(&tags)?;
    Ok(tags)
}

/// Checks one tag that is to be set (`vpc-filtering.md` §11.7).
pub(super) fn checked(tag: &TagParameter) -> Result<(String, String), Fault> {
    let TagParameter { key, value } = tag;
    let Some(value) = value else {
        return Err(Fault::new(
            "InvalidParameterValue",
            "Tag value cannot be null. Use empty string instead.",
        ));
    };
    if key.is_empty() || key.chars().count() > 128 {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!("Tag key '{key}' is invalid: it has 1 to 128 characters."),
        ));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(Fault::new(
            "InvalidTagKey.Malformed",
            "Tag keys starting with 'aws:' are reserved for internal use",
        ));
    }
    if value.chars().count() > 256 {
        return Err(Fault::new(
            "InvalidParameterValue",
            format!("The value of tag '{key}' is invalid: it has at most 256 characters."),
        ));
    }
    Ok((key.clone(), value.clone()))
}

/// Refuses more tags than a resource may have.
pub(super) fn limit(tags: &Tags) -> Result<(), Fault> {
    if tags.len() > MAX_TAGS {
        return Err(Fault::new(
            "TagLimitExceeded",
            "The maximum number of Tags for a resource has been reached.",
        ));
    }
    Ok(())
}

/// Tags as answers print them.
pub(super) fn printed(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect()
}

impl Call<'_> {
    /// Asks for the making of a resource with tags: the action itself, and `ec2:CreateTags` where there are
    /// tags (`iam-sts-sigv4-cloudtrail.md` §2.4, §3.1).
    pub(super) fn authorize_making(&self, resource: &str, tags: &Tags) -> Result<(), Fault> {
        let add = |context: &mut flowlogd_aws::policy::Context| {
            for (key, value) in tags {
                context.set(&format!("aws:RequestTag/{key}"), value.clone());
            }
            if !tags.is_empty() {
                context.set_all("aws:TagKeys", tags.keys().cloned());
            }
        };
        self.authorize_with(&format!("ec2:{}", self.action), resource, add)?;
        if !tags.is_empty() {
            self.authorize_with("ec2:CreateTags", resource, |context| {
                add(context);
                context.set("ec2:CreateAction", self.action);
            })?;
        }
        Ok(())
    }
}
