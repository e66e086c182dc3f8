//! The versions of a list, each with its entries.

use flowlogd_aws::Fault;

use super::value;
use crate::call::Call;
use crate::model::{PrefixList, PrefixListEntry, PrefixListVersion};
use crate::state::StateError;

/// Keeps the current version of a list.
pub(super) fn keep(call: &Call<'_>, list: &PrefixList) -> Result<(), StateError> {
    call.put(&PrefixListVersion {
        id: PrefixListVersion::id_of(&list.id, list.version),
        entries: list.entries.clone(),
    })
}

/// Gives a list other entries, which makes a version. The oldest one goes where there are too many
/// (`vpc-filtering.md` §12).
pub(super) fn advance(
    call: &Call<'_>,
    list: &mut PrefixList,
    entries: Vec<PrefixListEntry>,
) -> Result<(), StateError> {
    list.entries = entries;
    list.version += 1;
    keep(call, list)?;
    let kept =
        i64::try_from(call.config.quotas.versions_per_prefix_list.max(1)).unwrap_or(i64::MAX);
    while list.version - list.oldest_version >= kept {
        let oldest = PrefixListVersion::id_of(&list.id, list.oldest_version);
        call.delete::<PrefixListVersion>(&oldest)?;
        list.oldest_version += 1;
    }
    Ok(())
}

/// Returns the entries of a version that a parameter names.
pub(super) fn entries_of(
    call: &Call<'_>,
    list: &PrefixList,
    parameter: &str,
    version: i64,
) -> Result<Vec<PrefixListEntry>, Fault> {
    let id = PrefixListVersion::id_of(&list.id, version);
    let found: Option<PrefixListVersion> = call.get(&id)?;
    found.map(|version| version.entries).ok_or_else(|| {
        value(format!(
            "Value ({version}) for parameter {parameter} is invalid. The prefix list {} has no such version.",
            list.id
        ))
    })
}

/// Deletes all versions of a list.
pub(super) fn forget(call: &Call<'_>, list: &PrefixList) -> Result<(), StateError> {
    for version in list.oldest_version..=list.version {
        call.delete::<PrefixListVersion>(&PrefixListVersion::id_of(&list.id, version))?;
    }
    Ok(())
}

/// Refuses a request that was made for another version than the current one.
pub(super) fn check_current(list: &PrefixList, believed: Option<i64>) -> Result<(), Fault> {
    if believed.is_some_and(|version| version != list.version) {
        return Err(Fault::new(
            "PrefixListVersionMismatch",
            "The prefix list has the incorrect version number.",
        ));
    }
    Ok(())
}
