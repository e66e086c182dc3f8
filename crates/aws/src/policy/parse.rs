//! Reading a policy strictly (§1.1, §5.3).

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::condition::Condition;
use super::document::{Effect, Selection, Statement};
use super::glob::{ActionGlob, ResourceGlob};
use super::principal::PrincipalMatcher;
use super::variable::Template;
use super::{MalformedPolicy, PolicyKind};

/// JSON whose objects keep their members as they were written, so that none hides another.
enum Json {
    Null,
    /// A string; a number or truth as it is written counts as one.
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = access.next_element()? {
            list.push(element);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some((name, value)) = access.next_entry::<String, Json>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("duplicate key {name}")));
            }
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

fn malformed(text: impl Into<String>) -> MalformedPolicy {
    MalformedPolicy(text.into())
}

fn syntax() -> MalformedPolicy {
    malformed("Syntax errors in policy.")
}

/// Reads the statements of a document.
pub(super) fn parse(document: &str, kind: PolicyKind) -> Result<Vec<Statement>, MalformedPolicy> {
    let unreadable = || match kind {
        PolicyKind::Trust => malformed("This policy contains invalid Json"),
        PolicyKind::Identity | PolicyKind::Session => syntax(),
    };
    let json: Json = serde_json::from_str(document).map_err(|_| unreadable())?;
    let Json::Object(members) = json else { return Err(unreadable()) };
    let (mut version, mut statements) = (None, None);
    for (name, value) in members {
        match (name.as_str(), value) {
            ("Version", Json::Text(text)) => version = Some(text),
            ("Id", Json::Text(_)) => {}
            ("Statement", value) => statements = Some(value),
            _ => return Err(syntax()),
        }
    }
    let variables = match version.as_deref() {
        Some("2012-10-17") => true,
        Some("2008-10-17") if kind == PolicyKind::Trust => false,
        Some(_) | None => {
            return Err(malformed("Policy document must be version 2012-10-17 or greater."));
        }
    };
    let statements = match statements {
        Some(Json::Object(members)) => vec![statement(members, kind, variables)?],
        Some(Json::List(list)) if !list.is_empty() => list
            .into_iter()
            .map(|element| match element {
                Json::Object(members) => statement(members, kind, variables),
                Json::Null | Json::Text(_) | Json::List(_) => Err(syntax()),
            })
            .collect::<Result<_, _>>()?,
        Some(Json::List(_) | Json::Null | Json::Text(_)) | None => return Err(syntax()),
    };
    let mut sids = BTreeSet::new();
    for sid in statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.is_empty() && !sids.insert(sid) {
            return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
        }
    }
    Ok(statements)
}

/// A value or a list of values.
fn texts(value: Json) -> Result<Vec<String>, MalformedPolicy> {
    match value {
        Json::Text(text) => Ok(vec![text]),
        Json::List(list) => list
            .into_iter()
            .map(|element| match element {
                Json::Text(text) => Ok(text),
                Json::Null | Json::List(_) | Json::Object(_) => Err(syntax()),
            })
            .collect(),
        Json::Null | Json::Object(_) => Err(syntax()),
    }
}

fn statement(
    members: Vec<(String, Json)>,
    kind: PolicyKind,
    variables: bool,
) -> Result<Statement, MalformedPolicy> {
    let (mut sid, mut effect) = (None, None);
    let (mut principal, mut actions, mut resources) = (None, None, None);
    let mut conditions = Vec::new();
    let set = |slot: &mut Option<Selection<String>>, selection| {
        if slot.replace(selection).is_some() { Err(syntax()) } else { Ok(()) }
    };
    for (name, value) in members {
        match name.as_str() {
            "Sid" => sid = Some(read_sid(value)?),
            "Effect" => effect = Some(read_effect(&value)?),
            "Action" => set(&mut actions, Selection::Of(texts(value)?))?,
            "NotAction" => set(&mut actions, Selection::AllBut(texts(value)?))?,
            "Resource" | "NotResource" if kind == PolicyKind::Trust => {
                return Err(malformed(format!("Has prohibited field {name}")));
            }
            "Resource" => set(&mut resources, Selection::Of(texts(value)?))?,
            "NotResource" => set(&mut resources, Selection::AllBut(texts(value)?))?,
            "Principal" | "NotPrincipal" if kind != PolicyKind::Trust => {
                return Err(malformed("Policy document should not specify a principal."));
            }
            "Principal" | "NotPrincipal" => {
                let principals = read_principals(value)?;
                let selection = if name == "Principal" {
                    Selection::Of(principals)
                } else {
                    Selection::AllBut(principals)
                };
                if principal.replace(selection).is_some() {
                    return Err(syntax());
                }
            }
            "Condition" => conditions = read_conditions(value, variables)?,
            _ => return Err(syntax()),
        }
    }
    let effect = effect.ok_or_else(syntax)?;
    if kind == PolicyKind::Trust && principal.is_none() {
        return Err(malformed("Missing required field Principal"));
    }
    let actions = actions.filter(|actions| !actions.items().is_empty());
    let actions = actions.ok_or_else(|| malformed("Policy statement must contain actions."))?;
    actions.items().iter().try_for_each(|action| check_action(action, kind))?;
    let resources = resources.filter(|resources| !resources.items().is_empty());
    if kind != PolicyKind::Trust && resources.is_none() {
        return Err(malformed("Policy statement must contain resources."));
    }
    for resource in resources.iter().flat_map(Selection::items) {
        check_resource(resource)?;
    }
    let mut context_keys: Vec<String> = conditions.iter().map(|one| one.key.clone()).collect();
    let texts = resources.iter().flat_map(Selection::items);
    for text in texts.chain(conditions.iter().flat_map(|condition| &condition.values)) {
        context_keys.extend(Template::parse(text, variables).keys().map(str::to_owned));
    }
    Ok(Statement {
        context_keys,
        sid,
        effect,
        principal,
        actions: map(actions, |action| ActionGlob::new(&action)),
        resources: resources
            .map(|resources| map(resources, |resource| ResourceGlob::new(&resource, variables))),
        conditions,
    })
}

fn map<T, U>(selection: Selection<T>, make: impl Fn(T) -> U) -> Selection<U> {
    match selection {
        Selection::Of(items) => Selection::Of(items.into_iter().map(make).collect()),
        Selection::AllBut(items) => Selection::AllBut(items.into_iter().map(make).collect()),
    }
}

fn read_sid(value: Json) -> Result<String, MalformedPolicy> {
    match value {
        Json::Text(sid) if sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok(sid),
        Json::Text(_) => Err(malformed(
            "Statement IDs (SID) should be alpha-numeric. Check that your input satisfies the regular \
             expression [0-9A-Za-z]*",
        )),
        Json::Null | Json::List(_) | Json::Object(_) => Err(syntax()),
    }
}

fn read_effect(value: &Json) -> Result<Effect, MalformedPolicy> {
    match value {
        Json::Text(text) if text == "Allow" => Ok(Effect::Allow),
        Json::Text(text) if text == "Deny" => Ok(Effect::Deny),
        Json::Null | Json::Text(_) | Json::List(_) | Json::Object(_) => Err(syntax()),
    }
}

fn read_principals(value: Json) -> Result<Vec<PrincipalMatcher>, MalformedPolicy> {
    let members = match value {
        Json::Text(text) if text == "*" => return Ok(vec![PrincipalMatcher::Everybody]),
        Json::Object(members) if !members.is_empty() => members,
        Json::Null | Json::Text(_) | Json::List(_) | Json::Object(_) => return Err(syntax()),
    };
    let mut principals = Vec::new();
    for (kind, values) in members {
        if !matches!(kind.as_str(), "AWS" | "Service" | "Federated" | "CanonicalUser") {
            return Err(syntax());
        }
        for value in texts(values)? {
            let invalid = || {
                let kind = kind.to_uppercase();
                malformed(format!("Invalid principal in policy: \"{kind}\":\"{value}\""))
            };
            principals.push(PrincipalMatcher::parse(&kind, &value).ok_or_else(invalid)?);
        }
    }
    if principals.is_empty() { Err(syntax()) } else { Ok(principals) }
}

fn read_conditions(value: Json, variables: bool) -> Result<Vec<Condition>, MalformedPolicy> {
    let Json::Object(operators) = value else { return Err(syntax()) };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let Json::Object(keys) = keys else { return Err(syntax()) };
        for (key, values) in keys {
            if !key.contains(':') {
                return Err(malformed(
                    "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
                ));
            }
            conditions.push(Condition::new(&operator, &key, texts(values)?, variables)?);
        }
    }
    Ok(conditions)
}

fn check_action(action: &str, kind: PolicyKind) -> Result<(), MalformedPolicy> {
    if action == "*" && kind != PolicyKind::Trust {
        return Ok(());
    }
    let Some((vendor, name)) = action.split_once(':') else {
        return Err(malformed(if kind == PolicyKind::Trust {
            "AssumeRole policy may only specify STS AssumeRole actions."
        } else {
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        }));
    };
    if name.contains(':') {
        return Err(malformed("Actions/Condition can contain only one colon."));
    }
    if vendor.is_empty() || !vendor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        return Err(malformed(format!("Vendor {vendor} is not valid")));
    }
    if kind == PolicyKind::Trust && !vendor.eq_ignore_ascii_case("sts") {
        return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
    }
    Ok(())
}

fn check_resource(resource: &str) -> Result<(), MalformedPolicy> {
    if resource == "*" {
        return Ok(());
    }
    let fields: Vec<&str> = resource.splitn(6, ':').collect();
    let is_arn = fields.first() == Some(&"arn") && fields.len() == 6;
    let is_cut = fields.first() == Some(&"arn") && fields.last() == Some(&"*") && fields.len() > 2;
    if !is_arn && !is_cut {
        return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
    }
    let service = fields.get(2).copied().unwrap_or_default();
    if service.contains(['*', '?']) && fields.len() == 6 {
        return Err(malformed(
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ));
    }
    let region = fields.get(3).copied().unwrap_or_default();
    if service == "iam" && !region.is_empty() && region != "*" {
        return Err(malformed(format!(
            "IAM resource {resource} cannot contain region information."
        )));
    }
    Ok(())
}
