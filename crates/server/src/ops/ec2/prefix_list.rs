//! Managed prefix lists (`vpc-filtering.md` §2.5).

mod associations;
mod describe;
mod entries;
mod modify;
mod restore;
#[cfg(test)]
mod tests;
mod versions;

pub(super) use associations::get as associations;
pub(super) use describe::{describe, describe_of_services};
pub(super) use entries::get as entries;
pub(super) use modify::modify;
pub(super) use restore::restore;

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::ManagedPrefixList;
use flowlogd_aws::ec2::{
    CreateManagedPrefixListRequest, CreateManagedPrefixListResponse,
    DeleteManagedPrefixListRequest, DeleteManagedPrefixListResponse,
};

use super::identifier::PREFIX_LIST;
use super::tagging;
use crate::call::Call;
use crate::model::{AddressFamily, PrefixList, PrefixListChange};

/// Makes a list.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn create(
    call: &Call<'_>,
    request: CreateManagedPrefixListRequest,
) -> Result<CreateManagedPrefixListResponse, Fault> {
    let tags =
        tagging::specified(&request.tag_specifications, "prefix-list", "InvalidParameterValue")?;
    call.authorize_making(&call.ec2_arn("prefix-list", "*"), &tags)?;
    check_name(&request.prefix_list_name)?;
    let family = family(&request.address_family)?;
    let max_entries = size(call, request.max_entries)?;
    let entries = entries::added(Vec::new(), family, &request.entries)?;
    entries::check_room(entries.len(), max_entries)?;
    call.dry_run(request.dry_run)?;
    call.once(request.client_token.as_deref(), &request, || {
        if call.list::<PrefixList>()?.len() >= call.config.quotas.prefix_lists_per_region {
            return Err(Fault::new(
                "PrefixListLimitExceeded",
                "The maximum number of prefix lists has been reached.",
            ));
        }
        let list = PrefixList {
            id: call.new_id("pl"),
            name: request.prefix_list_name.clone(),
            family,
            max_entries,
            entries: entries.clone(),
            version: 1,
            oldest_version: 1,
            last_change: PrefixListChange::Created,
            tags: tags.clone(),
        };
        versions::keep(call, &list)?;
        call.put(&list)?;
        Ok(CreateManagedPrefixListResponse { prefix_list: printed(call, &list, Moment::Doing) })
    })
}

/// Deletes a list that no rule refers to.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(
    call: &Call<'_>,
    request: DeleteManagedPrefixListRequest,
) -> Result<DeleteManagedPrefixListResponse, Fault> {
    let id = &request.prefix_list_id;
    let list = authorized(call, id)?;
    call.dry_run(request.dry_run)?;
    let list = list.ok_or_else(|| PREFIX_LIST.missing(id))?;
    if !associations::groups(call, id)?.is_empty() {
        let text = format!("resource {id} has a dependent object");
        return Err(Fault::new("DependencyViolation", text));
    }
    versions::forget(call, &list)?;
    call.delete::<PrefixList>(id)?;
    let prefix_list = ManagedPrefixList {
        state: "delete-in-progress".to_owned(),
        ..printed(call, &list, Moment::Done)
    };
    Ok(DeleteManagedPrefixListResponse { prefix_list })
}

/// Asks for permission on a list, and returns it if there is one of this id.
fn authorized(call: &Call<'_>, id: &str) -> Result<Option<PrefixList>, Fault> {
    let list: Option<PrefixList> = call.get(id)?;
    let arn = call.ec2_arn("prefix-list", id);
    call.authorize(&format!("ec2:{}", call.action), &arn)?;
    PREFIX_LIST.check(id)?;
    Ok(list)
}

/// Whether an answer is of the call that changes a list: AWS changes it in the background.
#[derive(Clone, Copy)]
enum Moment {
    Doing,
    Done,
}

/// A list as answers print it.
fn printed(call: &Call<'_>, list: &PrefixList, moment: Moment) -> ManagedPrefixList {
    let change = match list.last_change {
        PrefixListChange::Created => "create",
        PrefixListChange::Modified | PrefixListChange::ModifyFailed(_) => "modify",
        PrefixListChange::Restored => "restore",
    };
    let (outcome, state_message) = match (moment, &list.last_change) {
        (Moment::Doing, _) => ("in-progress", None),
        (Moment::Done, PrefixListChange::ModifyFailed(why)) => ("failed", Some(why.clone())),
        (Moment::Done, _) => ("complete", None),
    };
    ManagedPrefixList {
        prefix_list_id: list.id.clone(),
        address_family: match list.family {
            AddressFamily::Ipv4 => "IPv4".to_owned(),
            AddressFamily::Ipv6 => "IPv6".to_owned(),
        },
        state: format!("{change}-{outcome}"),
        state_message,
        prefix_list_arn: call.ec2_arn("prefix-list", &list.id),
        prefix_list_name: list.name.clone(),
        max_entries: i32::try_from(list.max_entries).unwrap_or(i32::MAX),
        version: list.version,
        tag_set: tagging::printed(&list.tags),
        owner_id: call.account().to_owned(),
    }
}

fn value(text: String) -> Fault {
    Fault::new("InvalidParameterValue", text)
}

fn check_name(name: &str) -> Result<(), Fault> {
    if !(1..=255).contains(&name.chars().count()) {
        return Err(value(format!(
            "Value ({name}) for parameter prefixListName is invalid. It has 1 to 255 characters."
        )));
    }
    if name.to_ascii_lowercase().starts_with("com.amazonaws") {
        return Err(value(format!(
            "Value ({name}) for parameter prefixListName is invalid. The name cannot start with com.amazonaws."
        )));
    }
    Ok(())
}

fn family(text: &str) -> Result<AddressFamily, Fault> {
    match text {
        "IPv4" => Ok(AddressFamily::Ipv4),
        "IPv6" => Ok(AddressFamily::Ipv6),
        other => Err(value(format!(
            "Value ({other}) for parameter addressFamily is invalid. Valid values are IPv4 and IPv6."
        ))),
    }
}

/// Reads `MaxEntries`.
fn size(call: &Call<'_>, max_entries: i32) -> Result<usize, Fault> {
    let most = call.config.quotas.entries_per_prefix_list;
    usize::try_from(max_entries)
        .ok()
        .filter(|size| (1..=most).contains(size))
        .ok_or_else(|| value(format!("Must specify a max size between 1 and {most}")))
}
