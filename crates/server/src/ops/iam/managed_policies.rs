//! Managed policies: the account's own, and those of AWS.

use std::collections::HashMap;

use flowlogd_aws::iam::shapes::Policy as Printed;
use flowlogd_aws::iam::{
    CreatePolicyRequest, CreatePolicyResponse, DeletePolicyRequest, GetPolicyRequest,
    GetPolicyResponse, ListPoliciesRequest, ListPoliciesResponse,
};
use flowlogd_aws::policy::{Context, PolicyKind};
use flowlogd_aws::{Arn, Fault, Seconds};

use super::constraint::{self, Constraints, invalid};
use super::entity::{self, Entity, action, arn, describe_tags, store};
use super::fault::{already_exists, delete_conflict, limit_exceeded, no_such_entity};
use super::paging::page;
use super::{builtin, documents, tags};
use crate::call::Call;
use crate::ids;
use crate::model::{Group, ManagedPolicy, PolicyVersion, Role, User};
use crate::state::{Place, StateError, Txn};

/// Policies that an account may have.
pub(super) const PER_ACCOUNT: usize = 1500;
/// Characters that a document may have, white space not counted.
pub(super) const LONGEST: usize = 6144;

/// Returns a managed policy by its ARN: one of the account's, or one of AWS's, which are not stored.
pub(crate) fn managed_policy(
    txn: &Txn<'_>,
    account: &str,
    arn: &str,
) -> Result<Option<ManagedPolicy>, StateError> {
    if let Some(name) = arn.strip_prefix(builtin::ARN_PREFIX) {
        return Ok(builtin::policy(name));
    }
    txn.get(&Place::global(account), arn)
}

pub(super) fn create(
    call: &Call<'_>,
    request: CreatePolicyRequest,
) -> Result<CreatePolicyResponse, Fault> {
    let name = request.policy_name;
    let id = arn(call.account(), "policy", request.path.as_deref().unwrap_or("/"), &name);
    entity::authorize_making(
        call,
        "Policy",
        &id,
        |context| tags::describe_request(&request.tags, context),
        !request.tags.is_empty(),
    )?;
    Constraints::new()
        .name("policyName", &name, 128)
        .length("description", request.description.as_deref().unwrap_or_default(), 0, 1000)
        .finish()?;
    let path = constraint::path(request.path.as_deref())?;
    let tags = tags::read(&request.tags)?;
    let policies: Vec<ManagedPolicy> = call.txn.list(&call.global())?;
    if policies.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
        let text =
            format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(already_exists(text));
    }
    check_document(&request.policy_document)?;
    if policies.len() >= PER_ACCOUNT {
        let text = format!("Cannot exceed quota for PoliciesPerAccount: {PER_ACCOUNT}");
        return Err(limit_exceeded(text));
    }
    let now = call.now() / 1000;
    let policy = ManagedPolicy {
        id,
        name,
        path,
        unique_id: ids::unique("ANPA", 21),
        description: request.description,
        created: now,
        updated: now,
        versions: vec![PolicyVersion {
            id: "v1".to_owned(),
            document: request.policy_document,
            created: now,
        }],
        default_version: "v1".to_owned(),
        next_version: 2,
        tags,
    };
    store(call, &policy)?;
    Ok(CreatePolicyResponse { policy: printed(&policy, Use::default()) })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn get(call: &Call<'_>, request: GetPolicyRequest) -> Result<GetPolicyResponse, Fault> {
    let policy = readable(call, &request.policy_arn, Constraints::new())?;
    let used = uses(call)?.remove(&policy.id).unwrap_or_default();
    Ok(GetPolicyResponse { policy: printed(&policy, used) })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn list(
    call: &Call<'_>,
    request: ListPoliciesRequest,
) -> Result<ListPoliciesResponse, Fault> {
    call.authorize(&action(call), &arn(call.account(), "policy", "/", ""))?;
    let prefix = request.path_prefix.as_deref().unwrap_or("/");
    Constraints::new()
        .one_of("scope", request.scope.as_deref(), &["All", "AWS", "Local"])
        .one_of("policyUsageFilter", request.policy_usage_filter.as_deref(), USAGE_FILTERS)
        .length("pathPrefix", prefix, 1, 512)
        .finish()?;
    let mut policies = Vec::new();
    if request.scope.as_deref() != Some("AWS") {
        policies = call.txn.list(&call.global())?;
    }
    if request.scope.as_deref() != Some("Local") {
        policies.extend(builtin::policies());
    }
    let uses = uses(call)?;
    let used = |policy: &ManagedPolicy| uses.get(&policy.id).copied().unwrap_or_default();
    policies.retain(|policy| {
        let used = used(policy);
        let counted = match request.policy_usage_filter.as_deref() {
            Some("PermissionsPolicy") => used.attached,
            Some("PermissionsBoundary") => used.boundary,
            _ => used.attached + used.boundary,
        };
        // Asked for the policies of one usage, those that have none are not meant.
        let usage = request.policy_usage_filter.is_none() || counted > 0;
        let attached = request.only_attached != Some(true) || counted > 0;
        policy.path.starts_with(prefix) && usage && attached
    });
    let key = |policy: &ManagedPolicy| format!("{} {}", policy.name.to_lowercase(), policy.id);
    let page = page(policies, key, request.max_items, request.marker.as_deref())?.map(|policy| {
        Printed { description: None, tags: Vec::new(), ..printed(&policy, used(&policy)) }
    });
    Ok(ListPoliciesResponse {
        policies: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn delete(call: &Call<'_>, request: DeletePolicyRequest) -> Result<(), Fault> {
    let policy = own(call, &request.policy_arn, Constraints::new(), |_| {})?;
    if uses(call)?.contains_key(&policy.id) {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    if policy.versions.len() > 1 {
        return Err(delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the \
             policy's versions. The default version is deleted with the policy.",
        ));
    }
    call.txn.delete::<ManagedPolicy>(&call.global(), &policy.id, call.now())?;
    Ok(())
}

/// The values of `PolicyUsageFilter`.
pub(super) const USAGE_FILTERS: &[&str] = &["PermissionsPolicy", "PermissionsBoundary"];

/// Checks the document of a managed policy, then its size.
pub(super) fn check_document(document: &str) -> Result<(), Fault> {
    documents::read("policyDocument", document, PolicyKind::Identity)?;
    if documents::size(document) > LONGEST {
        return Err(limit_exceeded(format!("Cannot exceed quota for PolicySize: {LONGEST}")));
    }
    Ok(())
}

/// Returns the policy that a request names, for reading.
pub(super) fn readable(
    call: &Call<'_>,
    arn: &str,
    constraints: Constraints,
) -> Result<ManagedPolicy, Fault> {
    named(call, arn, constraints, |_| {})
}

/// Returns the policy that a request changes: AWS's own cannot be changed.
pub(super) fn own(
    call: &Call<'_>,
    arn: &str,
    constraints: Constraints,
    add: impl FnOnce(&mut Context),
) -> Result<ManagedPolicy, Fault> {
    let policy = named(call, arn, constraints, add)?;
    if policy.id.starts_with(builtin::ARN_PREFIX) {
        let text = "Policy is outside your own account.";
        return Err(Fault::new("AccessDenied", text).with_status(403));
    }
    Ok(policy)
}

fn named(
    call: &Call<'_>,
    arn: &str,
    constraints: Constraints,
    add: impl FnOnce(&mut Context),
) -> Result<ManagedPolicy, Fault> {
    let found = managed_policy(call.txn, call.account(), arn)?;
    call.authorize_with(&action(call), arn, |context| {
        if let Some(policy) = &found {
            describe_tags(&policy.tags, context);
        }
        add(context);
    })?;
    constraints.arn("policyArn", arn).finish()?;
    parsed(arn)?;
    found.ok_or_else(|| no_such_entity(format!("Policy {arn} was not found.")))
}

/// Refuses what is no ARN at all.
pub(super) fn parsed(arn: &str) -> Result<(), Fault> {
    match arn.parse::<Arn>() {
        Ok(_) => Ok(()),
        Err(_) => Err(invalid("Invalid ARN:  Could not be parsed!")),
    }
}

/// Returns the policy that is to limit a user or a role.
pub(super) fn boundary_policy(call: &Call<'_>, arn: &str) -> Result<ManagedPolicy, Fault> {
    Constraints::new().arn("permissionsBoundary", arn).finish()?;
    parsed(arn)?;
    managed_policy(call.txn, call.account(), arn)?.ok_or_else(|| {
        no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable."))
    })
}

/// How many users, groups and roles have a policy.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Use {
    attached: u32,
    boundary: u32,
}

/// Counts the use of all policies that are used.
fn uses(call: &Call<'_>) -> Result<HashMap<String, Use>, Fault> {
    fn count<E: Entity>(entities: &[E], uses: &mut HashMap<String, Use>) {
        for entity in entities {
            for arn in entity.attached() {
                uses.entry(arn.clone()).or_default().attached += 1;
            }
            if let Some(arn) = entity.boundary() {
                uses.entry(arn.to_owned()).or_default().boundary += 1;
            }
        }
    }
    let mut uses = HashMap::new();
    count(&call.txn.list::<User>(&call.global())?, &mut uses);
    count(&call.txn.list::<Group>(&call.global())?, &mut uses);
    count(&call.txn.list::<Role>(&call.global())?, &mut uses);
    Ok(uses)
}

fn printed(policy: &ManagedPolicy, used: Use) -> Printed {
    Printed {
        policy_name: policy.name.clone(),
        policy_id: policy.unique_id.clone(),
        arn: policy.id.clone(),
        path: policy.path.clone(),
        default_version_id: policy.default_version.clone(),
        attachment_count: used.attached,
        permissions_boundary_usage_count: used.boundary,
        is_attachable: true,
        description: policy.description.clone(),
        create_date: Seconds(policy.created),
        update_date: Seconds(policy.updated),
        tags: tags::printed(&policy.tags),
    }
}
