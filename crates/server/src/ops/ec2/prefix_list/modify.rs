//! `ModifyManagedPrefixList`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{ModifyManagedPrefixListRequest, ModifyManagedPrefixListResponse};

use super::{
    Moment, associations, authorized, check_name, entries, printed, size, value, versions,
};
use crate::call::Call;
use crate::model::{PrefixList, PrefixListChange};
use crate::ops::ec2::identifier::PREFIX_LIST;
use crate::ops::ec2::security_group::{Resized, has_room};
use crate::ops::ec2::unsupported::refuse;

/// Resources that a state message names.
const TOLD: usize = 10;

/// Changes name, or entries, or the number of entries that there may be.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn modify(
    call: &Call<'_>,
    request: ModifyManagedPrefixListRequest,
) -> Result<ModifyManagedPrefixListResponse, Fault> {
    let id = &request.prefix_list_id;
    let list = authorized(call, id)?;
    refuse(&[(
        "IpamPrefixListResolverSyncEnabled",
        request.ipam_prefix_list_resolver_sync_enabled == Some(true),
    )])?;
    let changes_entries = !request.add_entries.is_empty() || !request.remove_entries.is_empty();
    if changes_entries && request.max_entries.is_some() {
        return Err(Fault::new(
            "InvalidParameterCombination",
            "You cannot modify the entries and the maximum entries for the prefix list in the same request.",
        ));
    }
    if !changes_entries && request.max_entries.is_none() && request.prefix_list_name.is_none() {
        return Err(Fault::new(
            "MissingParameter",
            "The request must contain one of: prefixListName, addEntry, removeEntry, maxEntries",
        ));
    }
    if let Some(name) = &request.prefix_list_name {
        check_name(name)?;
    }
    let max_entries = request.max_entries.map(|wanted| size(call, wanted)).transpose()?;
    call.dry_run(request.dry_run)?;

    let mut list = list.ok_or_else(|| PREFIX_LIST.missing(id))?;
    versions::check_current(&list, request.current_version)?;
    if let Some(name) = request.prefix_list_name.clone() {
        list.name = name;
    }
    if changes_entries {
        change_entries(call, &mut list, &request)?;
    }
    if let Some(max_entries) = max_entries {
        resize(call, &mut list, max_entries)?;
    }
    call.put(&list)?;
    // A name alone is changed at once.
    let in_background = changes_entries || max_entries.is_some();
    let moment = if in_background { Moment::Doing } else { Moment::Done };
    Ok(ModifyManagedPrefixListResponse { prefix_list: printed(call, &list, moment) })
}

fn change_entries(
    call: &Call<'_>,
    list: &mut PrefixList,
    request: &ModifyManagedPrefixListRequest,
) -> Result<(), Fault> {
    let removed = request
        .remove_entries
        .iter()
        .map(|entry| entries::block(list.family, &entry.cidr))
        .collect::<Result<Vec<_>, _>>()?;
    for entry in &request.add_entries {
        let cidr = entries::block(list.family, &entry.cidr)?;
        if removed.contains(&cidr) {
            return Err(value(format!(
                "Request cannot contain Cidr {cidr} in both AddPrefixListEntries and RemovePrefixListEntries"
            )));
        }
    }
    let rest = entries::removed(&list.entries, list.family, &request.remove_entries)?;
    let entries = entries::added(rest, list.family, &request.add_entries)?;
    entries::check_room(entries.len(), list.max_entries)?;
    versions::advance(call, list, entries)?;
    list.last_change = PrefixListChange::Modified;
    Ok(())
}

/// Gives a list another size. Groups whose rules would then be too many do not make the call fail, but what
/// it began.
fn resize(call: &Call<'_>, list: &mut PrefixList, max_entries: usize) -> Result<(), Fault> {
    entries::check_room(list.entries.len(), max_entries)?;
    let resized = Resized { list_id: &list.id, max_entries };
    let mut without_room = Vec::new();
    for group in associations::groups(call, &list.id)? {
        if !has_room(call, &group, Some(resized))? {
            without_room.push(group.id);
        }
    }
    if without_room.is_empty() {
        list.max_entries = max_entries;
        list.last_change = PrefixListChange::Modified;
        return Ok(());
    }
    without_room.truncate(TOLD);
    list.last_change = PrefixListChange::ModifyFailed(format!(
        "The following resources do not support the new maximum size: {}",
        without_room.join(", ")
    ));
    Ok(())
}
