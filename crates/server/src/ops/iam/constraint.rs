//! What the members of a request have to satisfy, and how it is told that they do not
//! (`iam-sts-sigv4-cloudtrail.md` §1.2, §5.3).

use flowlogd_aws::Fault;

/// Longer values are cut short where they are told.
const TOLD: usize = 256;

/// Gathers what is wrong with a request, so that one answer names it all.
#[derive(Debug, Default)]
pub(in crate::ops) struct Constraints {
    broken: Vec<String>,
}

impl Constraints {
    pub(in crate::ops) fn new() -> Self {
        Self::default()
    }

    /// A name of letters, digits and `_+=,.@-`.
    pub(in crate::ops) fn name(self, member: &str, value: &str, longest: usize) -> Self {
        self.length(member, value, 1, longest).pattern(member, value, r"[\w+=,.@-]+", in_name)
    }

    /// From `shortest` to `longest` characters.
    pub(in crate::ops) fn length(
        mut self,
        member: &str,
        value: &str,
        shortest: usize,
        longest: usize,
    ) -> Self {
        let length = value.chars().count();
        if length < shortest {
            let text = format!("Member must have length greater than or equal to {shortest}");
            self.break_one(member, value, &text);
        }
        if length > longest {
            let text = format!("Member must have length less than or equal to {longest}");
            self.break_one(member, value, &text);
        }
        self
    }

    /// Only characters that fit; `written` is how the pattern is told.
    pub(in crate::ops) fn pattern(
        mut self,
        member: &str,
        value: &str,
        written: &str,
        fits: impl Fn(char) -> bool,
    ) -> Self {
        if !value.chars().all(fits) {
            let text = format!("Member must satisfy regular expression pattern: {written}");
            self.break_one(member, value, &text);
        }
        self
    }

    /// A number from `least` to `most`, where there is one.
    pub(in crate::ops) fn range(
        mut self,
        member: &str,
        value: Option<i64>,
        least: i64,
        most: i64,
    ) -> Self {
        let Some(value) = value else { return self };
        if value < least {
            let text = format!("Member must have value greater than or equal to {least}");
            self.break_one(member, &value.to_string(), &text);
        }
        if value > most {
            let text = format!("Member must have value less than or equal to {most}");
            self.break_one(member, &value.to_string(), &text);
        }
        self
    }

    /// One of a few words, where there is one.
    pub(in crate::ops) fn one_of(
        mut self,
        member: &str,
        value: Option<&str>,
        words: &[&str],
    ) -> Self {
        if let Some(value) = value
            && !words.contains(&value)
        {
            let text = format!("Member must satisfy enum value set: [{}]", words.join(", "));
            self.break_one(member, value, &text);
        }
        self
    }

    /// At most `most` elements.
    pub(in crate::ops) fn count(mut self, member: &str, count: usize, most: usize) -> Self {
        if count > most {
            let text = format!("Member must have length less than or equal to {most}");
            self.break_one(member, &format!("[{count} elements]"), &text);
        }
        self
    }

    /// The ARN of a policy: its length alone.
    pub(in crate::ops) fn arn(self, member: &str, value: &str) -> Self {
        self.length(member, value, 20, 2048)
    }

    /// Refuses the request if anything is wrong with it.
    pub(in crate::ops) fn finish(self) -> Result<(), Fault> {
        let broken = self.broken;
        if broken.is_empty() {
            return Ok(());
        }
        let errors = if broken.len() == 1 { "error" } else { "errors" };
        let text = broken.join("; ");
        Err(invalid(format!("{} validation {errors} detected: {text}", broken.len())))
    }

    fn break_one(&mut self, member: &str, value: &str, constraint: &str) {
        let told: String = value.chars().take(TOLD).collect();
        let more = if told.len() < value.len() { "…" } else { "" };
        self.broken.push(format!(
            "Value '{told}{more}' at '{member}' failed to satisfy constraint: {constraint}"
        ));
    }
}

/// The generic fault for a member that cannot be.
pub(in crate::ops) fn invalid(message: impl Into<String>) -> Fault {
    Fault::new("ValidationError", message)
}

/// Whether names may hold a character: `[\w+=,.@-]`.
pub(in crate::ops) fn in_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_+=,.@-".contains(character)
}

/// Checks the path of something new: `/`, or printable characters between two slashes.
pub(super) fn path(path: Option<&str>) -> Result<String, Fault> {
    let path = path.unwrap_or("/");
    Constraints::new().length("path", path, 1, 512).finish()?;
    let printable = path.chars().all(|character| ('\u{21}'..='\u{7e}').contains(&character));
    if !path.starts_with('/') || !path.ends_with('/') || !printable {
        return Err(invalid(
            "The specified value for path is invalid. It must begin and end with / and contain only \
             alphanumeric characters and/or / characters.",
        ));
    }
    Ok(path.to_owned())
}
