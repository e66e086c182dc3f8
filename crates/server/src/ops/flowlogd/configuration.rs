//! `GetAgentConfiguration`: one snapshot of all that an agent's attachments need.

use std::time::Duration;

use flowlogd_aws::Fault;
use flowlogd_aws::flowlogd::{
    AgentConfiguration, CoveringFlowLog, Decisions, GetAgentConfigurationRequest,
    GetAgentConfigurationResponse,
};
use flowlogd_vpc::{CompileOptions, Inventory, ReservedAddresses, RuleBook, Ruleset};
use sha2::{Digest as _, Sha256};

use super::{DECISIONS, host, lease};
use crate::call::{Call, internal};
use crate::dispatch::Outcome;
use crate::inventory::inventory;
use crate::model::{FlowLog, Interface, ResourceType};

/// Attachments that one agent may have.
const MAX_INTERFACES: usize = 1000;

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get(
    call: &Call<'_>,
    request: GetAgentConfigurationRequest,
) -> Result<Outcome<GetAgentConfigurationResponse>, Fault> {
    let host = host(call)?;
    if request.interface_ids.len() > MAX_INTERFACES {
        return Err(Fault::new(
            "InvalidParameterException",
            format!(
                "An agent has at most {MAX_INTERFACES} attachments, not {}",
                request.interface_ids.len()
            ),
        ));
    }
    let configuration = configuration(call, host, &request.interface_ids)?;
    let text = serde_json::to_vec(&configuration).map_err(|error| internal(&error))?;
    let revision =
        Sha256::digest(&text).iter().take(8).fold(0_u64, |id, byte| id << 8 | u64::from(*byte));
    let revision = format!("{revision:016x}");
    if request.known_revision.as_deref() == Some(revision.as_str()) {
        let patience = Duration::from_secs(request.wait_seconds.into());
        return Ok(match patience.checked_sub(call.waited) {
            Some(rest) if !rest.is_zero() => Outcome::Later(rest),
            Some(_) | None => {
                Outcome::Now(GetAgentConfigurationResponse { revision, configuration: None })
            }
        });
    }
    keep_revisions(call, &configuration)?;
    let configuration = Some(configuration);
    Ok(Outcome::Now(GetAgentConfigurationResponse { revision, configuration }))
}

fn configuration(
    call: &Call<'_>,
    host: &str,
    interface_ids: &[String],
) -> Result<AgentConfiguration, Fault> {
    let leases = interface_ids
        .iter()
        .map(|interface| lease::take(call, host, interface))
        .collect::<Result<Vec<_>, _>>()?;
    let mut interfaces = Vec::new();
    for lease in leases.iter().filter(|lease| lease.granted) {
        interfaces.extend(call.get::<Interface>(&lease.interface_id)?);
    }
    let flow_logs = call
        .list::<FlowLog>()?
        .iter()
        .filter_map(|flow_log| covering(flow_log, &interfaces))
        .collect();
    Ok(AgentConfiguration {
        account_id: call.account().to_owned(),
        region: call.region().to_owned(),
        leases,
        inventory: inventory(call.txn, &call.place())?,
        flow_logs,
        decisions: Decisions {
            enabled: call.config.decisions,
            log_group_name: DECISIONS.to_owned(),
        },
    })
}

/// Whether a flow log is over an interface.
pub(crate) fn covers(flow_log: &FlowLog, interface: &Interface) -> bool {
    let watched = match flow_log.resource_type {
        ResourceType::Vpc => &interface.vpc_id,
        ResourceType::Subnet => &interface.subnet_id,
        ResourceType::NetworkInterface => &interface.id,
    };
    *watched == flow_log.resource_id
}

fn covering(flow_log: &FlowLog, interfaces: &[Interface]) -> Option<CoveringFlowLog> {
    let interface_ids: Vec<String> = interfaces
        .iter()
        .filter(|interface| covers(flow_log, interface))
        .map(|interface| interface.id.clone())
        .collect();
    (!interface_ids.is_empty()).then(|| CoveringFlowLog {
        flow_log_id: flow_log.id.clone(),
        interface_ids,
        traffic_type: flow_log.traffic_type.clone(),
        log_format: flow_log.log_format.clone(),
        max_aggregation_interval: flow_log.max_aggregation_interval,
        log_group_name: flow_log.log_group_name.clone(),
        deliver_logs_permission_arn: flow_log.deliver_logs_permission_arn.clone(),
        creation_time: flow_log.created,
    })
}

/// Keeps the text behind every rule revision that records of these interfaces can bear, under either
/// meaning of the reserved addresses (`semantics.md` 12, 15).
fn keep_revisions(call: &Call<'_>, configuration: &AgentConfiguration) -> Result<(), Fault> {
    let text = configuration.inventory.to_string();
    for reserved_addresses in [ReservedAddresses::Aws, ReservedAddresses::None] {
        let inventory = Inventory::from_json(&text).map_err(|errors| {
            let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
            tracing::error!(errors = texts.join("; "), "the inventory cannot be read back");
            Fault::new("InternalFailure", "An internal error has occurred").with_status(500)
        })?;
        let mut book = RuleBook::default();
        let ruleset = Ruleset::compile(inventory, CompileOptions { reserved_addresses }, &mut book);
        for lease in configuration.leases.iter().filter(|lease| lease.granted) {
            let Some(interface) = book.interface_index(&lease.interface_id) else { continue };
            let (Some(revision), Some(text)) =
                (ruleset.revision(interface), ruleset.revision_text(interface))
            else {
                continue;
            };
            call.txn.keep_revision(&revision.to_string(), &text)?;
        }
    }
    Ok(())
}
