//! Which log group: by its name or its ARN (`cloudwatch-logs.md` §2.2, 4.2).

use flowlogd_aws::{Arn, Fault};

use crate::call::Call;

use super::fault::{invalid, no_group};
use super::violations::{Alphabet, IDENTIFIER, Violations};

/// A group as a caller names it; nothing of it has been checked.
pub(super) struct GroupName {
    /// Empty where nothing was said that could be one.
    name: String,
    /// As permissions speak of it, without anything behind the name.
    arn: String,
    /// Whether it is of the caller's account and region: nobody sees others.
    is_ours: bool,
    /// Whether it was named by its ARN.
    is_of_arn: bool,
}

impl GroupName {
    pub(super) fn of_name(call: &Call<'_>, name: Option<&str>) -> Self {
        let name = name.unwrap_or_default().to_owned();
        Self { arn: arn(call, &name), name, is_ours: true, is_of_arn: false }
    }

    /// Takes an ARN too, with or without the colon that some clients leave at its end.
    pub(super) fn of_identifier(call: &Call<'_>, identifier: &str) -> Self {
        let parsed: Option<Arn> = identifier.parse().ok();
        let Some((parsed, name)) = parsed.as_ref().and_then(|arn| {
            Some((arn, arn.resource.strip_prefix("log-group:")?)).filter(|_| arn.service == "logs")
        }) else {
            return Self::of_name(call, Some(identifier));
        };
        let name = name.strip_suffix(':').unwrap_or(name);
        Self {
            name: name.to_owned(),
            arn: identifier.strip_suffix(':').unwrap_or(identifier).to_owned(),
            is_ours: parsed.partition == "aws"
                && parsed.account == call.account()
                && parsed.region == call.region(),
            is_of_arn: true,
        }
    }

    /// Of the operations that take either.
    pub(super) fn of_either(call: &Call<'_>, name: Option<&str>, identifier: Option<&str>) -> Self {
        match (name, identifier) {
            (None, Some(identifier)) => Self::of_identifier(call, identifier),
            (name, _) => Self::of_name(call, name),
        }
    }

    /// What tagging is asked of.
    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    /// What all else is asked of; without a stream for the group itself (§12).
    pub(super) fn stream_arn(&self, stream: &str) -> String {
        format!("{}:log-stream:{stream}", self.arn)
    }

    /// Its name, if it is the caller's. To be asked once the shape was checked.
    pub(super) fn found(&self) -> Result<&str, Fault> {
        if !self.is_ours {
            return Err(no_group());
        }
        if self.name.contains(':') {
            return Err(invalid(format!(
                "'{}' is neither the name nor the ARN of a log group.",
                self.name
            )));
        }
        Ok(&self.name)
    }

    /// Its name even where it is not the caller's.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) const fn is_of_arn(&self) -> bool {
        self.is_of_arn
    }

    pub(super) const fn is_ours(&self) -> bool {
        self.is_ours
    }
}

/// ARN of a group without `:*`.
pub(super) fn arn(call: &Call<'_>, name: &str) -> String {
    Arn::new("logs", call.region(), call.account(), format!("log-group:{name}")).to_string()
}

/// Refuses both a name and an identifier, or neither.
pub(super) fn exactly_one(name: Option<&String>, identifier: Option<&String>) -> Result<(), Fault> {
    match (name, identifier) {
        (Some(_), Some(_)) => Err(Fault::new(
            "ValidationException",
            "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        )),
        (None, None) => Err(invalid("Either logGroupName or logGroupIdentifier has to be given.")),
        (Some(_), None) | (None, Some(_)) => Ok(()),
    }
}

impl Violations {
    /// Checks the shape of the two members of which [`exactly_one`] has to be there.
    pub(super) fn name_or_identifier(
        &mut self,
        name: Option<&String>,
        identifier: Option<&String>,
    ) {
        if let Some(name) = name {
            self.group_name(Some(name.clone()));
        }
        if let Some(identifier) = identifier {
            self.group_identifier(identifier, IDENTIFIER);
        }
    }

    pub(super) fn group_identifier(&mut self, identifier: &str, alphabet: Alphabet) {
        self.identifier("logGroupIdentifier", Some(identifier), alphabet);
    }
}
