//! `GetManagedPrefixListAssociations`: what refers to a list.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::PrefixListAssociation;
use flowlogd_aws::ec2::{
    GetManagedPrefixListAssociationsRequest, GetManagedPrefixListAssociationsResponse,
};

use super::authorized;
use crate::call::Call;
use crate::model::{Peer, SecurityGroup};
use crate::ops::ec2::identifier::PREFIX_LIST;
use crate::ops::ec2::page::page_within;
use crate::state::StateError;

/// Returns the groups with a rule for a list.
pub(super) fn groups(call: &Call<'_>, list_id: &str) -> Result<Vec<SecurityGroup>, StateError> {
    let mut groups: Vec<SecurityGroup> = call.list()?;
    let is_named = |peer: &Peer| matches!(peer, Peer::PrefixList(id) if id == list_id);
    groups.retain(|group| group.rules.iter().any(|rule| is_named(&rule.peer)));
    Ok(groups)
}

/// Lists the resources that refer to a list.
#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(in super::super) fn get(
    call: &Call<'_>,
    request: GetManagedPrefixListAssociationsRequest,
) -> Result<GetManagedPrefixListAssociationsResponse, Fault> {
    let id = &request.prefix_list_id;
    let list = authorized(call, id)?;
    call.dry_run(request.dry_run)?;
    let list = list.ok_or_else(|| PREFIX_LIST.missing(id))?;
    let found = groups(call, &list.id)?
        .into_iter()
        .map(|group| PrefixListAssociation {
            resource_id: group.id,
            resource_owner: call.account().to_owned(),
        })
        .collect();
    let (prefix_list_association_set, next_token) = page_within(
        5..=255,
        found,
        |it: &PrefixListAssociation| &it.resource_id,
        request.max_results,
        request.next_token.as_deref(),
    )?;
    Ok(GetManagedPrefixListAssociationsResponse { prefix_list_association_set, next_token })
}
