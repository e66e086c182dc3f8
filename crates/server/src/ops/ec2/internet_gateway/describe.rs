//! `DescribeInternetGateways`.

use flowlogd_aws::Fault;
use flowlogd_aws::ec2::shapes::{InternetGateway, InternetGatewayAttachment};
use flowlogd_aws::ec2::{DescribeInternetGatewaysRequest, DescribeInternetGatewaysResponse};

use super::super::filter_table::FilterTable;
use super::super::page::page;
use super::super::tagging;
use super::GATEWAY;
use crate::call::Call;
use crate::model;

const FILTERS: FilterTable<InternetGateway> = FilterTable(&[
    ("attachment.state", |gateway| {
        gateway.attachment_set.iter().map(|it| it.state.clone()).collect()
    }),
    ("attachment.vpc-id", |gateway| {
        gateway.attachment_set.iter().map(|it| it.vpc_id.clone()).collect()
    }),
    ("internet-gateway-id", |gateway| vec![gateway.internet_gateway_id.clone()]),
    ("owner-id", |gateway| vec![gateway.owner_id.clone()]),
]);

/// Lists internet gateways.
pub(in crate::ops::ec2) fn describe(
    call: &Call<'_>,
    request: DescribeInternetGatewaysRequest,
) -> Result<DescribeInternetGatewaysResponse, Fault> {
    let DescribeInternetGatewaysRequest {
        internet_gateway_ids,
        filters,
        max_results,
        next_token,
        dry_run,
    } = request;
    call.authorize("ec2:DescribeInternetGateways", "*")?;
    FILTERS.check(&filters)?;
    call.dry_run(dry_run)?;

    let gateways =
        GATEWAY
            .select(call.list::<model::InternetGateway>()?, &internet_gateway_ids, |it| &it.id)?;
    let found = gateways
        .iter()
        .map(|gateway| (gateway, printed(call, gateway)))
        .filter(|(gateway, printed)| FILTERS.matches(&filters, &gateway.tags, printed))
        .map(|(_, printed)| printed)
        .collect();
    let (internet_gateway_set, next_token) = page(
        found,
        |it: &InternetGateway| &it.internet_gateway_id,
        max_results,
        next_token.as_deref(),
    )?;
    Ok(DescribeInternetGatewaysResponse { internet_gateway_set, next_token })
}

pub(super) fn printed(call: &Call<'_>, gateway: &model::InternetGateway) -> InternetGateway {
    InternetGateway {
        internet_gateway_id: gateway.id.clone(),
        attachment_set: gateway
            .vpc_id
            .iter()
            .map(|vpc_id| InternetGatewayAttachment {
                vpc_id: vpc_id.clone(),
                state: "available".to_owned(),
            })
            .collect(),
        owner_id: call.account().to_owned(),
        tag_set: tagging::printed(&gateway.tags),
    }
}
