//! Policy documents: how they are checked, measured and printed.

use flowlogd_aws::Fault;
use flowlogd_aws::policy::{MalformedPolicy, Policy, PolicyKind};

use super::constraint::Constraints;
use super::fault::malformed_policy;

/// Longer than any document that is of use: the quotas do not count white space.
const LONGEST: usize = 131_072;

/// Reads a document: its characters, then JSON, structure and meaning; quotas come after that
/// (`iam-sts-sigv4-cloudtrail.md` §1.1, §5.3).
pub(in crate::ops) fn read(
    member: &str,
    document: &str,
    kind: PolicyKind,
) -> Result<Policy, Fault> {
    Constraints::new()
        .length(member, document, 1, LONGEST)
        .pattern(member, document, r"[\u0009\u000A\u000D\u0020-\u00FF]+", in_document)
        .finish()?;
    Policy::parse(document, kind).map_err(|MalformedPolicy(text)| malformed_policy(text))
}

/// Returns how many characters quotas count: all but white space.
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}

fn in_document(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}
