//! `DescribeManagedPrefixLists` and `DescribePrefixLists`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{ManagedPrefixList, PrefixList as ServicePrefixList};
use flowlogd_aws::ec2::{
    DescribeManagedPrefixListsRequest, DescribeManagedPrefixListsResponse,
    DescribePrefixListsRequest, DescribePrefixListsResponse,
};

use super::{Moment, printed};
use crate::call::Call;
use crate::model::PrefixList;
use crate::ops::ec2::filter_table::FilterTable;
use crate::ops::ec2::identifier::PREFIX_LIST;
use crate::ops::ec2::page::{page, page_within};

/// `vpc-filtering.md` §14.
const FILTERS: FilterTable<ManagedPrefixList> = FilterTable(&[
    ("owner-id", |it| vec![it.owner_id.clone()]),
    ("prefix-list-id", |it| vec![it.prefix_list_id.clone()]),
    ("prefix-list-name", |it| vec![it.prefix_list_name.clone()]),
]);

/// Lists managed lists.
pub(in super::super) fn describe(
    call: &Call<'_>,
    request: DescribeManagedPrefixListsRequest,
) -> Result<DescribeManagedPrefixListsResponse, Fault> {
    let DescribeManagedPrefixListsRequest {
        dry_run,
        filters,
        max_results,
        next_token,
        prefix_list_ids,
    } = request;
    call.authorize("ec2:DescribeManagedPrefixLists", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let lists = PREFIX_LIST.select(call.list::<PrefixList>()?, &prefix_list_ids, |it| &it.id)?;
    let found = lists
        .iter()
        .map(|list| (list, printed(call, list, Moment::Done)))
        .filter(|(list, printed)| FILTERS.matches(&filters, &list.tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (prefix_list_set, next_token) = page_within(
        1..=100,
        found,
        |it: &ManagedPrefixList| &it.prefix_list_id,
        max_results,
        next_token.as_deref(),
    )?;
    Ok(DescribeManagedPrefixListsResponse { prefix_list_set, next_token })
}

const SERVICE_FILTERS: FilterTable<ServicePrefixList> = FilterTable(&[
    ("prefix-list-id", |it| vec![it.prefix_list_id.clone()]),
    ("prefix-list-name", |it| vec![it.prefix_list_name.clone()]),
]);

/// Lists the addresses of AWS's services: of none, for none is here.
pub(in super::super) fn describe_of_services(
    call: &Call<'_>,
    request: DescribePrefixListsRequest,
) -> Result<DescribePrefixListsResponse, Fault> {
    let DescribePrefixListsRequest { dry_run, filters, max_results, next_token, prefix_list_ids } =
        request;
    call.authorize("ec2:DescribePrefixLists", "*")?;
    SERVICE_FILTERS.check_untagged(&filters)?;
    call.dry_run(dry_run)?;

    let found = PREFIX_LIST
        .select(Vec::new(), &prefix_list_ids, |it: &ServicePrefixList| &it.prefix_list_id)?;
    let (prefix_list_set, next_token) =
        page(found, |it| &it.prefix_list_id, max_results, next_token.as_deref())?;
    Ok(DescribePrefixListsResponse { prefix_list_set, next_token })
}
