//! `RestoreManagedPrefixListVersion`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::{
    RestoreManagedPrefixListVersionRequest, RestoreManagedPrefixListVersionResponse,
};

use super::{Moment, authorized, entries, printed, versions};
use crate::call::Call;
use crate::model::PrefixListChange;
use crate::ops::ec2::identifier::PREFIX_LIST;

/// Makes a version with the entries of an earlier one.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn restore(
    call: &Call<'_>,
    request: RestoreManagedPrefixListVersionRequest,
) -> Result<RestoreManagedPrefixListVersionResponse, Fault> {
    let id = &request.prefix_list_id;
    let list = authorized(call, id)?;
    call.dry_run(request.dry_run)?;
    let mut list = list.ok_or_else(|| PREFIX_LIST.missing(id))?;
    versions::check_current(&list, Some(request.current_version))?;
    let restored = versions::entries_of(call, &list, "previousVersion", request.previous_version)?;
    entries::check_room(restored.len(), list.max_entries)?;
    versions::advance(call, &mut list, restored)?;
    list.last_change = PrefixListChange::Restored;
    call.put(&list)?;
    Ok(RestoreManagedPrefixListVersionResponse { prefix_list: printed(call, &list, Moment::Doing) })
}
