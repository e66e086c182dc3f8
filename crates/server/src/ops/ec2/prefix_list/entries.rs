//! Entries: those that requests name, and `GetManagedPrefixListEntries`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes;
use flowlogd_aws::ec2::shapes::{AddPrefixListEntry, RemovePrefixListEntry};
use flowlogd_aws::ec2::{GetManagedPrefixListEntriesRequest, GetManagedPrefixListEntriesResponse};

use super::{authorized, value, versions};
use crate::call::Call;
use crate::model::{AddressFamily, PrefixListEntry};
use crate::ops::ec2::identifier::PREFIX_LIST;
use crate::ops::ec2::page::page_within;
use crate::ops::ec2::security_group;

/// Entries that one request may add, and as many that it may remove.
const MAX_PER_REQUEST: usize = 100;

/// Returns entries with those that a request adds.
pub(super) fn added(
    entries: Vec<PrefixListEntry>,
    family: AddressFamily,
    named: &[AddPrefixListEntry],
) -> Result<Vec<PrefixListEntry>, Fault> {
    check_number(named.len())?;
    let mut entries = entries;
    for entry in named {
        let cidr = block(family, &entry.cidr)?;
        let description = entry.description.clone().filter(|text| !text.is_empty());
        if description.as_ref().is_some_and(|text| text.chars().count() > 255) {
            return Err(value(format!(
                "The description of the entry {cidr} is invalid: it has at most 255 characters."
            )));
        }
        if let Some(twin) = entries.iter().find(|other| other.cidr == cidr) {
            return Err(Fault::new(
                "InvalidPrefixListModification",
                format!(
                    "An entry with the CIDR ({cidr}) and description ({}) already exists.",
                    twin.description.as_deref().unwrap_or_default()
                ),
            ));
        }
        entries.push(PrefixListEntry { cidr, description });
    }
    Ok(entries)
}

/// Returns entries without those that a request removes.
pub(super) fn removed(
    entries: &[PrefixListEntry],
    family: AddressFamily,
    named: &[RemovePrefixListEntry],
) -> Result<Vec<PrefixListEntry>, Fault> {
    check_number(named.len())?;
    let mut entries = entries.to_vec();
    for entry in named {
        let cidr = block(family, &entry.cidr)?;
        let place = entries.iter().position(|other| other.cidr == cidr).ok_or_else(|| {
            Fault::new(
                "InvalidPrefixListModification",
                format!("An entry with the CIDR ({cidr}) does not exist."),
            )
        })?;
        entries.remove(place);
    }
    Ok(entries)
}

/// Refuses more entries than a list may have.
pub(super) fn check_room(entries: usize, max_entries: usize) -> Result<(), Fault> {
    if entries > max_entries {
        return Err(Fault::new(
            "PrefixListMaxEntriesExceeded",
            format!("The prefix list would have {entries} entries: its maximum is {max_entries}."),
        ));
    }
    Ok(())
}

/// The canonical text of a block of the list's family.
pub(super) fn block(family: AddressFamily, text: &str) -> Result<String, Fault> {
    let is_v6 = match family {
        AddressFamily::Ipv4 => false,
        AddressFamily::Ipv6 => true,
    };
    security_group::block(text, is_v6)
}

fn check_number(entries: usize) -> Result<(), Fault> {
    if entries > MAX_PER_REQUEST {
        return Err(value(format!(
            "The number of entries per request cannot exceeds limit ({MAX_PER_REQUEST})."
        )));
    }
    Ok(())
}

/// Lists the entries of a version.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn get(
    call: &Call<'_>,
    request: GetManagedPrefixListEntriesRequest,
) -> Result<GetManagedPrefixListEntriesResponse, Fault> {
    let id = &request.prefix_list_id;
    let list = authorized(call, id)?;
    call.dry_run(request.dry_run)?;
    let list = list.ok_or_else(|| PREFIX_LIST.missing(id))?;
    let entries = match request.target_version {
        None => list.entries,
        Some(version) => versions::entries_of(call, &list, "targetVersion", version)?,
    };
    let (entries, next_token) = page_within(
        1..=100,
        entries,
        |entry| &entry.cidr,
        request.max_results,
        request.next_token.as_deref(),
    )?;
    let entry_set = entries
        .into_iter()
        .map(|PrefixListEntry { cidr, description }| shapes::PrefixListEntry { cidr, description })
        .collect();
    Ok(GetManagedPrefixListEntriesResponse { entry_set, next_token })
}
