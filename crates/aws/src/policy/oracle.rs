//! The policy language once more, as slowly and plainly as the specification says it
//! (`iam-sts-sigv4-cloudtrail.md` §1–4): from the text of the documents, every time anew, and with nothing of the
//! fast code.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

/// A case, in plain text.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// Of the asker itself.
    pub(super) identity: Vec<String>,
    /// Of its groups.
    pub(super) groups: Vec<String>,
    pub(super) boundary: Option<String>,
    pub(super) session: Option<Vec<String>>,
    pub(super) trust: Option<String>,
    pub(super) asker: Asker,
    pub(super) action: &'static str,
    pub(super) resource: &'static str,
    pub(super) context: Vec<(&'static str, Vec<&'static str>)>,
}

/// Who asks; all are of account 123456789012.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    Root,
    /// `user/ann`, `AIDAANN`.
    Ann,
    /// `assumed-role/reader/s1` of `role/path/reader`, `AROAREADER`.
    Reader,
    /// `federated-user/fed`, which Ann made.
    Fed,
    /// `vpc-flow-logs.amazonaws.com`.
    FlowLogs,
}

/// What was decided, as text (`deny Identity identity-0#1 sid`), and the statement that did.
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) statement: Option<Value>,
}

/// How far an Allow of a trust policy reaches (§2.3), least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Not the asker at all.
    Nothing,
    /// Its account: the asker's own policies have to allow too.
    Delegated,
    /// Past the identity policies; boundary and session policies limit.
    PastIdentity,
    /// Past all implicit denials.
    PastAll,
}

pub(super) struct Oracle<'a> {
    case: &'a Case,
    /// Of every operator that was asked: how often it held not, and held.
    pub(super) operators: RefCell<BTreeMap<String, [usize; 2]>>,
}

/// Layer, name and text of a policy.
type Named<'a> = (&'static str, String, &'a str);

impl<'a> Oracle<'a> {
    pub(super) fn new(case: &'a Case) -> Self {
        Self { case, operators: RefCell::default() }
    }

    /// The policies of a layer. A user's groups count as it does itself (§2.1, step 5).
    fn layer(&self, layer: &'static str) -> Vec<Named<'a>> {
        let case = self.case;
        let texts: [(&str, &'a [String]); 2] = match layer {
            "Identity" => [("identity", &case.identity), ("group", &case.groups)],
            "Boundary" => [("boundary", case.boundary.as_slice()), ("", &[])],
            "Session" => [("session", case.session.as_deref().unwrap_or_default()), ("", &[])],
            _ => [("trust", case.trust.as_slice()), ("", &[])],
        };
        let mut named = Vec::new();
        for (name, texts) in texts {
            for (n, text) in texts.iter().enumerate() {
                named.push((layer, format!("{name}-{n}"), text.as_str()));
            }
        }
        named
    }

    /// Places of all statements that make the decision (§5.5): with a denial the denials alone.
    pub(super) fn deciding(&self) -> Vec<String> {
        let outcome = self.decide().text;
        let statements = if outcome.starts_with("deny") {
            let layers = ["Identity", "Boundary", "Session", "Trust"];
            self.applying(&layers.map(|layer| self.layer(layer)).concat(), "Deny")
        } else if outcome.starts_with("allow") {
            self.applying(&self.layer("Identity"), "Allow")
        } else {
            Vec::new()
        };
        statements.into_iter().map(|(_, place, ..)| place).collect()
    }

    /// §2.1, step by step.
    pub(super) fn decide(&self) -> Outcome {
        let [identity, boundary, session, trust] =
            ["Identity", "Boundary", "Session", "Trust"].map(|layer| self.layer(layer));

        let every = [&identity[..], &boundary[..], &session[..], &trust[..]].concat();
        if let Some((layer, place, statement, _)) = self.applying(&every, "Deny").into_iter().next()
        {
            return decided(format!("deny {layer} {place}"), statement);
        }
        let refused = |layer: &str| Outcome { text: format!("no {layer}"), statement: None };

        let mut reach = Reach::Nothing;
        let mut trusting = None;
        if self.case.trust.is_some() {
            for (_, place, statement, its) in self.applying(&trust, "Allow") {
                if its > reach {
                    reach = its;
                    trusting = Some((place, statement));
                }
            }
            if reach == Reach::Nothing {
                return refused("Trust");
            }
        }
        let asker = self.case.asker;
        if asker == Asker::Root && trusting.is_none() {
            return Outcome { text: "allow".to_owned(), statement: None };
        }
        if let Some((place, statement)) = &trusting
            && (reach == Reach::PastAll || matches!(asker, Asker::Root | Asker::FlowLogs))
        {
            return decided(format!("allow {place}"), statement.clone());
        }
        if asker == Asker::FlowLogs {
            return refused("Trust");
        }
        let allowed = if reach == Reach::PastIdentity {
            trusting
        } else {
            let own = self.applying(&identity, "Allow").into_iter().next();
            own.map(|(_, place, statement, _)| (place, statement))
        };
        let Some((place, statement)) = allowed else { return refused("Identity") };
        if !boundary.is_empty() && self.applying(&boundary, "Allow").is_empty() {
            return refused("Boundary");
        }
        if self.case.session.is_some() && self.applying(&session, "Allow").is_empty() {
            return refused("Session");
        }
        decided(format!("allow {place}"), statement)
    }

    /// All statements of an effect that apply, in their order.
    fn applying(
        &self,
        policies: &[Named<'_>],
        effect: &str,
    ) -> Vec<(String, String, Value, Reach)> {
        let mut found = Vec::new();
        for (layer, name, text) in policies {
            let document: Value = serde_json::from_str(text).unwrap();
            let variables = document["Version"] == "2012-10-17";
            for (index, statement) in list(&document["Statement"]).into_iter().enumerate() {
                let reach = self.reach(&statement);
                let applies = statement["Effect"] == effect
                    && reach != Reach::Nothing
                    && self.is_action(&statement)
                    && self.is_resource(&statement, variables)
                    && self.conditions_hold(&statement["Condition"], variables);
                if applies {
                    let sid = statement["Sid"].as_str().unwrap_or("-");
                    let place = format!("{name}#{index} {sid}");
                    found.push(((*layer).to_owned(), place, statement.clone(), reach));
                }
            }
        }
        found
    }

    /// §4 and §2.3.
    fn reach(&self, statement: &Value) -> Reach {
        if !statement["NotPrincipal"].is_null() {
            let named = self.most_reaching(&statement["NotPrincipal"]);
            return if named == Reach::Nothing { self.anybody() } else { Reach::Nothing };
        }
        if statement["Principal"].is_null() {
            return Reach::PastAll;
        }
        self.most_reaching(&statement["Principal"])
    }

    /// "As for the type of caller."
    fn anybody(&self) -> Reach {
        if matches!(self.case.asker, Asker::Reader | Asker::Fed) {
            Reach::PastIdentity
        } else {
            Reach::PastAll
        }
    }

    fn most_reaching(&self, principals: &Value) -> Reach {
        if principals == "*" {
            return self.anybody();
        }
        let mut most = Reach::Nothing;
        for (kind, values) in principals.as_object().unwrap() {
            for value in list(values) {
                let value = value.as_str().unwrap();
                let account = ["123456789012", "arn:aws:iam::123456789012:root"].contains(&value);
                let reach = match (kind.as_str(), self.case.asker) {
                    ("AWS", _) if value == "*" => self.anybody(),
                    ("AWS", Asker::Root) if account => Reach::PastAll,
                    ("AWS", Asker::Ann | Asker::Reader | Asker::Fed) if account => Reach::Delegated,
                    ("AWS", Asker::Ann)
                        if ["arn:aws:iam::123456789012:user/ann", "AIDAANN"].contains(&value) =>
                    {
                        Reach::PastAll
                    }
                    ("AWS", Asker::Reader)
                        if value == "arn:aws:sts::123456789012:assumed-role/reader/s1" =>
                    {
                        Reach::PastAll
                    }
                    ("AWS", Asker::Reader)
                        if ["arn:aws:iam::123456789012:role/path/reader", "AROAREADER"]
                            .contains(&value) =>
                    {
                        Reach::PastIdentity
                    }
                    ("AWS", Asker::Fed)
                        if value == "arn:aws:sts::123456789012:federated-user/fed" =>
                    {
                        Reach::PastAll
                    }
                    // The user that a federated session is of.
                    ("AWS", Asker::Fed)
                        if ["arn:aws:iam::123456789012:user/ann", "AIDAANN"].contains(&value) =>
                    {
                        Reach::PastIdentity
                    }
                    ("Service", Asker::FlowLogs) if value == "vpc-flow-logs.amazonaws.com" => {
                        Reach::PastAll
                    }
                    _ => Reach::Nothing,
                };
                most = most.max(reach);
            }
        }
        most
    }

    fn is_action(&self, statement: &Value) -> bool {
        let listed = |element: &str| {
            list(&statement[element]).iter().any(|written| {
                let written = written.as_str().unwrap().to_lowercase();
                let asked = self.case.action.to_lowercase();
                // `semantics.md` 26.
                let is_alias = written == "logs:getlogdata" && asked == "logs:getlogevents";
                is_alias || glob(&wild(&written), &asked)
            })
        };
        if statement["Action"].is_null() { !listed("NotAction") } else { listed("Action") }
    }

    fn is_resource(&self, statement: &Value, variables: bool) -> bool {
        let matches = |written: &Value| self.resource_matches(written.as_str().unwrap(), variables);
        let (named, others) = (&statement["Resource"], &statement["NotResource"]);
        if !others.is_null() {
            return list(others).iter().all(|written| matches(written) == Some(false));
        }
        named.is_null() || list(named).iter().any(|written| matches(written) == Some(true))
    }

    /// Nothing where a variable has no value: then neither `Resource` nor `NotResource` takes any resource.
    fn resource_matches(&self, written: &str, variables: bool) -> Option<bool> {
        if written == "*" {
            return Some(true);
        }
        let patterns: Vec<&str> = written.splitn(6, ':').collect();
        let mut compiled = Vec::new();
        for (n, pattern) in patterns.iter().enumerate() {
            // Only the last field has variables of the request.
            let with_variables = variables && n == 5;
            compiled.push(if with_variables { self.fill(pattern)? } else { wild(pattern) });
        }
        let parts: Vec<&str> = self.case.resource.splitn(6, ':').collect();
        let same_length = parts.len() == 6 && compiled.len() == 6;
        Some(same_length && compiled.iter().zip(parts).all(|(pattern, part)| glob(pattern, part)))
    }

    /// The values of a key; nothing where it is absent.
    fn get(&self, key: &str) -> Option<&[&'static str]> {
        let found = self.case.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, values)| values.as_slice())
    }

    /// Puts values in the place of variables (§1.1); nothing if one has none.
    fn fill(&self, text: &str) -> Option<Vec<Sign>> {
        let Some((before, rest)) = text.split_once("${") else { return Some(wild(text)) };
        let Some((inside, after)) = rest.split_once('}') else { return Some(wild(text)) };
        let value = match inside {
            "*" | "?" | "$" => inside.to_owned(),
            _ => {
                let (key, default) = match inside.split_once(", '") {
                    Some((key, default)) => (key, default.strip_suffix('\'')),
                    None => (inside, None),
                };
                match self.get(key) {
                    Some(&[one]) => one.to_owned(),
                    Some(_) => return None,
                    None => default?.to_owned(),
                }
            }
        };
        let mut signs = wild(before);
        signs.extend(value.chars().map(Sign::Itself));
        signs.extend(self.fill(after)?);
        Some(signs)
    }

    fn conditions_hold(&self, conditions: &Value, variables: bool) -> bool {
        let Some(operators) = conditions.as_object() else { return true };
        let mut all = true;
        for (operator, keys) in operators {
            for (key, values) in keys.as_object().unwrap() {
                let holds = self.condition_holds(operator, key, &list(values), variables);
                self.operators.borrow_mut().entry(operator.clone()).or_default()
                    [usize::from(holds)] += 1;
                all &= holds;
            }
        }
        all
    }

    /// §3.
    fn condition_holds(
        &self,
        operator: &str,
        key: &str,
        values: &[Value],
        variables: bool,
    ) -> bool {
        let values: Vec<String> = values.iter().map(written).collect();
        let found = self.get(key);
        if operator == "Null" {
            let absent = if found.is_none() { "true" } else { "false" };
            return values.iter().any(|value| value.eq_ignore_ascii_case(absent));
        }
        let (set, plain) = operator.split_once(':').unwrap_or(("", operator));
        let name = plain.strip_suffix("IfExists").unwrap_or(plain);
        let (positive, negated) = if name.contains("Not") {
            (name.replacen("Not", "", 1), true)
        } else {
            (name.to_owned(), false)
        };
        let Some(found) = found else {
            if name != plain {
                return true;
            }
            return match set {
                "ForAllValues" => true,
                "ForAnyValue" => false,
                _ => negated,
            };
        };
        let one = |found: &str| {
            let equal = values.iter().any(|value| self.compare(&positive, found, value, variables));
            equal != negated
        };
        let mut results = found.iter().map(|found| one(found));
        match set {
            "ForAllValues" => results.all(|result| result),
            "ForAnyValue" => results.any(|result| result),
            // The specification is silent on several values without a set operator; the values of the policy
            // are alternatives, and with negation none of them may be there.
            _ if negated => results.all(|result| result),
            _ => results.any(|result| result),
        }
    }

    /// Whether a value of the request and one of the policy are what the operator asks for, but for "Not".
    fn compare(&self, name: &str, found: &str, written: &str, variables: bool) -> bool {
        // Numbers, dates, bytes and addresses have no variables.
        let signs = if variables { self.fill(written) } else { Some(wild(written)) };
        let filled = signs.as_deref().map(unwild);
        let filled = filled.as_deref();
        let in_order = |less: bool, equal: bool, greater: bool| match name {
            "NumericEquals" | "DateEquals" => equal,
            "NumericLessThan" | "DateLessThan" => less,
            "NumericLessThanEquals" | "DateLessThanEquals" => less || equal,
            "NumericGreaterThan" | "DateGreaterThan" => greater,
            "NumericGreaterThanEquals" | "DateGreaterThanEquals" => greater || equal,
            _ => panic!("{name}"),
        };
        match name {
            "StringEquals" => filled == Some(found),
            "StringEqualsIgnoreCase" => {
                filled.is_some_and(|filled| filled.eq_ignore_ascii_case(found))
            }
            "StringLike" => signs.is_some_and(|signs| glob(&signs, found)),
            "Bool" => {
                let truth = ["true", "false"].iter().find(|word| word.eq_ignore_ascii_case(found));
                truth.is_some_and(|truth| {
                    filled.is_some_and(|text| text.eq_ignore_ascii_case(truth))
                })
            }
            "BinaryEquals" => bytes(found).is_some() && bytes(found) == bytes(written),
            "IpAddress" => in_network(found, written),
            "ArnEquals" | "ArnLike" => {
                written == "*" || signs.is_some_and(|signs| arn_like(&signs, found))
            }
            _ if name.starts_with("Numeric") => {
                let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite());
                let (Some(a), Some(b)) = (number(found), number(written)) else { return false };
                in_order(a < b, a.to_bits() == b.to_bits(), a > b)
            }
            _ => {
                let (Some(a), Some(b)) = (seconds(found), seconds(written)) else { return false };
                in_order(a < b, a == b, a > b)
            }
        }
    }
}

fn decided(text: String, statement: Value) -> Outcome {
    Outcome { text, statement: Some(statement) }
}

/// A bare value is a list of one; an absent one a list of none.
fn list(value: &Value) -> Vec<Value> {
    match value.as_array() {
        Some(values) => values.clone(),
        None if value.is_null() => Vec::new(),
        None => vec![value.clone()],
    }
}

/// Numbers and truths count as they are written.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Run,
    One,
    Itself(char),
}

fn wild(text: &str) -> Vec<Sign> {
    let sign = |character| match character {
        '*' => Sign::Run,
        '?' => Sign::One,
        other => Sign::Itself(other),
    };
    text.chars().map(sign).collect()
}

fn unwild(signs: &[Sign]) -> String {
    let character = |sign: &Sign| match sign {
        Sign::Run => '*',
        Sign::One => '?',
        Sign::Itself(character) => *character,
    };
    signs.iter().map(character).collect()
}

/// Tries every way.
fn glob(pattern: &[Sign], text: &str) -> bool {
    let mut rest = text.chars();
    match pattern.split_first() {
        None => text.is_empty(),
        Some((Sign::Run, others)) => {
            glob(others, text) || rest.next().is_some() && glob(pattern, rest.as_str())
        }
        Some((Sign::One, others)) => rest.next().is_some() && glob(others, rest.as_str()),
        Some((Sign::Itself(wanted), others)) => {
            rest.next() == Some(*wanted) && glob(others, rest.as_str())
        }
    }
}

/// Six parts, one by one; no wildcard reaches over a colon but in the last.
fn arn_like(signs: &[Sign], found: &str) -> bool {
    let patterns: Vec<&[Sign]> = signs.splitn(6, |sign| *sign == Sign::Itself(':')).collect();
    let parts: Vec<&str> = found.splitn(6, ':').collect();
    patterns.len() == 6
        && parts.len() == 6
        && patterns.iter().zip(parts).all(|(pattern, part)| glob(pattern, part))
}

/// Base64, bit by bit.
fn bytes(text: &str) -> Option<Vec<u8>> {
    const SIGNS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let mut bits = String::new();
    for character in text.trim_end_matches('=').chars() {
        bits += &format!("{:06b}", SIGNS.find(character)?);
    }
    let whole = bits.len() / 8 * 8;
    let octets = bits.as_bytes()[..whole].chunks(8);
    Some(
        octets
            .map(|octet| u8::from_str_radix(str::from_utf8(octet).unwrap(), 2).unwrap())
            .collect(),
    )
}

/// Addresses as text of zeros and ones.
fn in_network(found: &str, written: &str) -> bool {
    let bits = |text: &str| match text.parse().ok()? {
        std::net::IpAddr::V4(v4) => Some(format!("{:032b}", v4.to_bits())),
        std::net::IpAddr::V6(v6) => Some(format!("{:0128b}", v6.to_bits())),
    };
    let (net, length) = match written.split_once('/') {
        Some((net, length)) => (net, length.parse().ok()),
        None => (written, Some(usize::MAX)),
    };
    let (Some(found), Some(net), Some(length)) = (bits(found), bits(net), length) else {
        return false;
    };
    let is_length = length == usize::MAX || length <= net.len();
    is_length
        && found.len() == net.len()
        && found[..length.min(net.len())] == net[..length.min(net.len())]
}

/// `2026`-and-more seconds, `2026-01`, `2026-01-31`, `2026-01-31T12:00:00Z`, `2026-01-31T12:00:00+02:00`.
fn seconds(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00Z"));
    let mut fields = date.split('-').map(|field| field.parse::<i64>().ok());
    let (year, month, day) = (fields.next()??, fields.next()??, fields.next().unwrap_or(Some(1))?);
    let (clock, offset) = match time.split_once('+') {
        Some((clock, offset)) => (clock, clock_seconds(offset)?),
        None => (time.strip_suffix('Z')?, 0),
    };
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut days: i64 = (1970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    for before in 1..month {
        days += match before {
            2 if leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
    }
    Some((days + day - 1) * 86_400 + clock_seconds(clock)? - offset)
}

fn clock_seconds(text: &str) -> Option<i64> {
    let mut fields = text.split(':').map(|field| field.parse::<i64>().ok());
    let (hours, minutes) = (fields.next()??, fields.next()??);
    Some(hours * 3_600 + minutes * 60 + fields.next().unwrap_or(Some(0))?)
}
