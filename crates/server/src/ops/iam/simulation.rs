//! What would be decided (`iam-sts-sigv4-cloudtrail.md` §5.5): on the engine that decides.

use std::collections::{BTreeMap, BTreeSet};

use flowlogd_aws::Fault;
use flowlogd_aws::iam::shapes::{
    ContextEntry, EvaluationResult, MatchedStatement, PermissionsBoundaryDecisionDetail, Position,
    ResourceSpecificResult,
};
use flowlogd_aws::iam::{
    SimulateCustomPolicyRequest, SimulateCustomPolicyResponse, SimulatePrincipalPolicyRequest,
    SimulatePrincipalPolicyResponse,
};
use flowlogd_aws::policy::{self, Ask, Context, Decision, Place, Policies, Principal, positions};

use super::constraint::Constraints;
use super::entity::action;
use super::fault::invalid_input;
use super::paging::{Page, page};
use super::simulated::{Documents, authorized_source, given, of_principal};
use crate::call::Call;

/// The values of `ContextKeyType`; of those that end in `List`, a key may have several values.
const KEY_TYPES: [&str; 12] = [
    "string",
    "stringList",
    "numeric",
    "numericList",
    "boolean",
    "booleanList",
    "ip",
    "ipList",
    "binary",
    "binaryList",
    "date",
    "dateList",
];
/// Where no resource is named.
const ANY: &str = "*";

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn custom(
    call: &Call<'_>,
    request: SimulateCustomPolicyRequest,
) -> Result<SimulateCustomPolicyResponse, Fault> {
    call.authorize(&action(call), "*")?;
    let unsupported = [
        (
            "OrderedOrganizationPolicyInputList",
            !request.ordered_organization_policy_input_list.is_empty(),
        ),
        ("ResourcePolicy", request.resource_policy.is_some()),
        ("ResourceOwner", request.resource_owner.is_some()),
        ("ResourceHandlingOption", request.resource_handling_option.is_some()),
    ];
    refuse(&unsupported)?;
    let identity = given("PolicyInputList", "policyInputList", &request.policy_input_list)?;
    let boundary = boundary(&request.permissions_boundary_policy_input_list)?;
    let simulation = Simulation::new(call, identity, boundary, &request.context_entries)?;
    let Page { items, is_truncated, marker } = simulation.run(
        &request.action_names,
        &request.resource_arns,
        request.caller_arn.as_deref(),
        (request.max_items, request.marker.as_deref()),
    )?;
    Ok(SimulateCustomPolicyResponse { evaluation_results: items, is_truncated, marker })
}

#[expect(clippy::needless_pass_by_value, reason = "all operations have this shape")]
pub(super) fn of_one_principal(
    call: &Call<'_>,
    request: SimulatePrincipalPolicyRequest,
) -> Result<SimulatePrincipalPolicyResponse, Fault> {
    let source = authorized_source(call, &request.policy_source_arn)?;
    let unsupported = [
        ("PolicyExclusionList", !request.policy_exclusion_list.is_empty()),
        (
            "OrderedOrganizationPolicyInputList",
            !request.ordered_organization_policy_input_list.is_empty(),
        ),
        ("ResourcePolicy", request.resource_policy.is_some()),
        ("ResourceOwner", request.resource_owner.is_some()),
        ("ResourceHandlingOption", request.resource_handling_option.is_some()),
    ];
    refuse(&unsupported)?;
    let (mut identity, own_boundary) = of_principal(call, &source)?;
    identity.extend(given("PolicyInputList", "policyInputList", &request.policy_input_list)?);
    let passed = boundary(&request.permissions_boundary_policy_input_list)?;
    let boundary = if passed.is_empty() { own_boundary } else { passed };
    let simulation = Simulation::new(call, identity, boundary, &request.context_entries)?;
    let Page { items, is_truncated, marker } = simulation.run(
        &request.action_names,
        &request.resource_arns,
        request.caller_arn.as_deref(),
        (request.max_items, request.marker.as_deref()),
    )?;
    Ok(SimulatePrincipalPolicyResponse { evaluation_results: items, is_truncated, marker })
}

/// A verdict that silently left something out would be another one than the caller thinks.
fn refuse(unsupported: &[(&str, bool)]) -> Result<(), Fault> {
    match unsupported.iter().find(|(_, given)| *given) {
        Some((parameter, _)) => Err(invalid_input(format!(
            "The parameter {parameter} is not supported here: leave it out."
        ))),
        None => Ok(()),
    }
}

fn boundary(documents: &[String]) -> Result<Documents, Fault> {
    let member = "permissionsBoundaryPolicyInputList";
    if documents.len() > 1 {
        return Err(invalid_input("Only one policy can be passed as the permissions boundary."));
    }
    given("PermissionsBoundaryPolicyInputList", member, documents)
}

/// All that the questions of one call have in common.
struct Simulation {
    policies: Policies,
    /// Of each policy, where its statements are.
    places: BTreeMap<String, Vec<(Place, Place)>>,
    context: Context,
    missing: Vec<String>,
    caller: Principal,
}

/// The verdict on one action and one resource.
struct Verdict {
    decision: Outcome,
    matched: Vec<MatchedStatement>,
    by_boundary: Option<PermissionsBoundaryDecisionDetail>,
}

/// Decisions; what is worse is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Allowed,
    ImplicitDeny,
    ExplicitDeny,
}

impl Outcome {
    fn name(self) -> String {
        let name = match self {
            Self::Allowed => "allowed",
            Self::ImplicitDeny => "implicitDeny",
            Self::ExplicitDeny => "explicitDeny",
        };
        name.to_owned()
    }
}

impl From<&Decision> for Outcome {
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Allowed(_) => Self::Allowed,
            Decision::ImplicitDeny(_) => Self::ImplicitDeny,
            Decision::ExplicitDeny(..) => Self::ExplicitDeny,
        }
    }
}

impl Simulation {
    fn new(
        call: &Call<'_>,
        identity: Documents,
        boundary: Documents,
        entries: &[ContextEntry],
    ) -> Result<Self, Fault> {
        let context = context(entries)?;
        let mut places = BTreeMap::new();
        let mut keys = BTreeSet::new();
        for (policy, document) in identity.iter().chain(&boundary) {
            places.insert(policy.name.clone(), positions(document));
            keys.extend(policy.policy.context_keys());
        }
        let missing = keys.into_iter().filter(|key| context.get(key).is_none()).collect();
        let policies = Policies {
            identity: identity.into_iter().map(|(policy, _)| policy).collect(),
            boundary: boundary.into_iter().map(|(policy, _)| policy).next(),
            ..Policies::default()
        };
        // Policies without principals speak of whoever has them.
        let caller = Principal::User {
            arn: flowlogd_aws::Arn::new("iam", "", call.account(), "user/simulated"),
            id: String::new(),
            name: "simulated".to_owned(),
        };
        Ok(Self { policies, places, context, missing, caller })
    }

    /// Answers one result an action, whatever the number of resources.
    fn run(
        &self,
        actions: &[String],
        resources: &[String],
        caller: Option<&str>,
        (max_items, marker): (Option<i64>, Option<&str>),
    ) -> Result<Page<EvaluationResult>, Fault> {
        check(actions, resources, caller)?;
        let results = actions.iter().map(|action| self.result(action, resources));
        let numbered: Vec<(usize, EvaluationResult)> = results.enumerate().collect();
        let page = page(numbered, |(number, _)| format!("{number:06}"), max_items, marker)?;
        Ok(page.map(|(_, result)| result))
    }

    fn result(&self, action: &str, resources: &[String]) -> EvaluationResult {
        let names: &[&str] = &resources.iter().map(String::as_str).collect::<Vec<_>>();
        let asked = if names.is_empty() { &[ANY] } else { names };
        let verdicts: Vec<Verdict> =
            asked.iter().map(|resource| self.verdict(action, resource)).collect();
        let mut matched: Vec<MatchedStatement> = Vec::new();
        let worst = verdicts.iter().map(|verdict| verdict.decision).max();
        let worst = worst.unwrap_or(Outcome::ImplicitDeny);
        for verdict in verdicts.iter().filter(|verdict| verdict.decision == worst) {
            for statement in &verdict.matched {
                if !matched.contains(statement) {
                    matched.push(statement.clone());
                }
            }
        }
        let boundary = verdicts.iter().filter_map(|verdict| verdict.by_boundary.clone());
        let has_resources = asked != [ANY];
        let details = has_resources.then(BTreeMap::new);
        let by_resource = asked.iter().zip(&verdicts).filter(|_| has_resources);
        EvaluationResult {
            eval_action_name: action.to_owned(),
            eval_resource_name: Some(match asked {
                [one] => (*one).to_owned(),
                _ => ANY.to_owned(),
            }),
            eval_decision: worst.name(),
            matched_statements: matched,
            missing_context_values: self.missing.clone(),
            permissions_boundary_decision_detail: boundary
                .min_by_key(|detail| detail.allowed_by_permissions_boundary),
            eval_decision_details: details.clone(),
            resource_specific_results: by_resource
                .map(|(resource, verdict)| ResourceSpecificResult {
                    eval_resource_name: (*resource).to_owned(),
                    eval_resource_decision: verdict.decision.name(),
                    matched_statements: verdict.matched.clone(),
                    missing_context_values: self.missing.clone(),
                    eval_decision_details: details.clone(),
                    permissions_boundary_decision_detail: verdict.by_boundary.clone(),
                })
                .collect(),
        }
    }

    fn verdict(&self, action: &str, resource: &str) -> Verdict {
        let ask = Ask { principal: &self.caller, action, resource, context: &self.context };
        let decision = policy::evaluate(&ask, &self.policies).decision;
        let matched = policy::deciding(&ask, &self.policies)
            .into_iter()
            .filter_map(|statement| {
                let places = self.places.get(&statement.policy)?;
                let (start, end) = places.get(statement.index)?;
                Some(MatchedStatement {
                    source_policy_id: told_name(&statement.policy).to_owned(),
                    source_policy_type: "IAM Policy".to_owned(),
                    start_position: printed(*start),
                    end_position: printed(*end),
                })
            })
            .collect();
        let by_boundary = self.policies.boundary.clone().map(|boundary| {
            let alone = Policies { identity: vec![boundary], ..Policies::default() };
            let allowed = policy::evaluate(&ask, &alone).is_allowed();
            PermissionsBoundaryDecisionDetail { allowed_by_permissions_boundary: allowed }
        });
        Verdict { decision: Outcome::from(&decision), matched, by_boundary }
    }
}

/// A managed policy is told by its name.
fn told_name(policy: &str) -> &str {
    if policy.starts_with("arn:") { policy.rsplit('/').next().unwrap_or(policy) } else { policy }
}

fn printed(place: Place) -> Position {
    Position { line: place.line, column: place.column }
}

fn check(actions: &[String], resources: &[String], caller: Option<&str>) -> Result<(), Fault> {
    let mut constraints = Constraints::new();
    for (number, action) in (1..).zip(actions) {
        constraints = constraints.length(&format!("actionNames.{number}.member"), action, 3, 128);
    }
    for (number, resource) in (1..).zip(resources) {
        constraints =
            constraints.length(&format!("resourceArns.{number}.member"), resource, 1, 2048);
    }
    constraints.finish()?;
    if actions.is_empty() {
        return Err(invalid_input("ActionNames has to name an action."));
    }
    for action in actions {
        let is_one = action.split_once(':').is_some_and(|(service, name)| {
            !service.is_empty() && !name.is_empty() && !name.contains(':')
        });
        if !is_one || action.contains(['*', '?']) {
            return Err(invalid_input(format!(
                "Invalid action {action}: it has to be service:Action, without wildcards."
            )));
        }
    }
    if let Some(resource) = resources.iter().find(|arn| *arn != ANY && !arn.starts_with("arn:")) {
        return Err(invalid_input(format!(
            "Invalid resource {resource}: it has to be an ARN or *."
        )));
    }
    if let Some(caller) = caller {
        super::simulated::kind_of(caller)?;
    }
    Ok(())
}

fn context(entries: &[ContextEntry]) -> Result<Context, Fault> {
    let mut constraints = Constraints::new();
    for (number, entry) in (1..).zip(entries) {
        let at = |member: &str| format!("contextEntries.{number}.member.{member}");
        let name = entry.context_key_name.as_deref().unwrap_or_default();
        constraints = constraints.length(&at("contextKeyName"), name, 5, 256).one_of(
            &at("contextKeyType"),
            entry.context_key_type.as_deref(),
            &KEY_TYPES,
        );
    }
    constraints.finish()?;
    let mut context = Context::default();
    for entry in entries {
        let name = entry.context_key_name.as_deref().unwrap_or_default();
        let is_list = entry.context_key_type.as_deref().is_some_and(|kind| kind.ends_with("List"));
        match entry.context_key_values.as_slice() {
            [one] if !is_list => context.set(name, one.clone()),
            values if is_list => context.set_all(name, values.iter().cloned()),
            _ => {
                return Err(invalid_input(format!(
                    "The context key {name} has to have one value: it is of no list type."
                )));
            }
        }
    }
    Ok(context)
}
