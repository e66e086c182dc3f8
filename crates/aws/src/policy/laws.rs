//! What holds for every set of policies and every request.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::oracle::{Asker, Case, Oracle};
use super::*;

const ASKED_ACTIONS: [&str; 6] = [
    "ec2:CreateVpc",
    "ec2:DescribeVpcs",
    "logs:GetLogEvents",
    "iam:PassRole",
    "sts:AssumeRole",
    "sts:TagSession",
];
const ACTIONS: [&str; 15] = [
    "ec2:*",
    "EC2:create*",
    "ec2:Create?pc",
    "ec2:Create??pc",
    "ec2:DescribeVpcs?",
    "ec2:D*e*s",
    "ec2:**v?c*",
    "logs:*",
    "logs:GetLogData",
    "logs:GetLogD*",
    "logs:getlog*",
    "iam:PassRole",
    "iam:?assRole",
    "sts:AssumeRole",
    "sts:*",
];
const TRUST_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRole",
    "STS:assume*",
    "sts:*",
    "sts:AssumeRole?",
    "sts:TagSession",
];

const ASKED_RESOURCES: [&str; 9] = [
    "*",
    "arn:aws:ec2:us-east-1:123456789012:vpc/v-1",
    "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*",
    "arn:aws:iam::123456789012:user/ann",
    "arn:aws:iam::123456789012:user/x*",
    "arn:aws:iam::123456789012:user/xy",
    "arn:aws:iam::123456789012:user/xy",
    "arn:aws:iam::123456789012:role/path/reader",
    "arn:aws:logs:us-east-1:123456789012:log-group:g/x:log-stream:s",
];
const RESOURCES: [&str; 25] = [
    "arn:aws:ec2:*:*:vpc*",
    "arn:aws:ec2:us-east-1:123456789012:*",
    "arn:aws:ec2:us-*:1234567890??:vpc/v-?",
    "arn:aws:ec2:us-east-1:123456789012:vpc/v-1?",
    "arn:aws:ec2:*:vpc/v-1:*",
    "arn:aws:ec2:*:*:*:vpc/v-1",
    "arn:aws:ec2::123456789012:vpc/v-1",
    "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/${*}",
    "arn:aws:ec2:*",
    "arn:*:iam::*:user/${aws:username}",
    "arn:aws:iam::123456789012:user/${aws:PrincipalTag/t}",
    "arn:aws:iam::123456789012:user/${aws:PrincipalTag/t, 'ann'}",
    "arn:aws:iam::123456789012:user/${AWS:UserName}",
    "arn:aws:iam::123456789012:user/x${*}",
    "arn:aws:iam::123456789012:user/*${?}",
    "arn:aws:iam::123456789012:${a:unknown}",
    "arn:aws:iam::123456789012:*${a:unknown}*",
    "arn:aws:iam::${aws:PrincipalAccount}:user/ann",
    "arn:aws:iam::*:USER/ann",
    "arn:aws:iam::*:*/*",
    "arn:aws:iam:*:*:*",
    "arn:aws:logs:*:*:log-group:g/?:*",
    "arn:aws:logs:*:*:log-group:*:log-stream:s",
    "arn:aws:logs:*:*:log-group:g/x",
    "arn:aws:logs:us-east-1:123456789012:${aws:SourceArn}",
];

const PRINCIPALS: [(&str, &str); 18] = [
    ("AWS", "arn:aws:sts::123456789012:federated-user/fed"),
    ("AWS", "arn:aws:sts::123456789012:federated-user/other"),
    ("AWS", "*"),
    ("AWS", "123456789012"),
    ("AWS", "arn:aws:iam::123456789012:root"),
    ("AWS", "999999999999"),
    ("AWS", "arn:aws:iam::123456789012:user/ann"),
    ("AWS", "arn:aws:iam::123456789012:user/bob"),
    ("AWS", "AIDAANN"),
    ("AWS", "arn:aws:iam::123456789012:role/path/reader"),
    ("AWS", "arn:aws:iam::123456789012:role/reader"),
    ("AWS", "AROAREADER"),
    ("AWS", "arn:aws:sts::123456789012:assumed-role/reader/s1"),
    ("AWS", "arn:aws:sts::123456789012:assumed-role/reader/s2"),
    ("Service", "vpc-flow-logs.amazonaws.com"),
    ("Service", "vpc-flow-logs.amazonaws.com"),
    ("Service", "ec2.amazonaws.com"),
    ("Federated", "cognito-identity.amazonaws.com"),
];

/// What a key may be in a request, and be compared with.
struct Key {
    names: &'static [&'static str],
    found: &'static [&'static [&'static str]],
    operators: &'static [&'static str],
    wanted: &'static [&'static str],
}

const STRING: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];
const NAMES: &[&str] = &[
    "ann",
    "ANN",
    "bob",
    "x*",
    "x?",
    "a*",
    "*n",
    "??",
    "*",
    "",
    "${aws:username}",
    "${aws:PrincipalTag/t}",
    "${aws:PrincipalTag/t}",
    "${AWS:principaltag/T, 'ann'}",
    "${aws:TagKeys}",
    "x${*}",
    "${a:unknown}",
    "${",
    "a${$}",
    "${*}",
];
const NUMERIC: &[&str] = &[
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];
const DATE: &[&str] = &[
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
];
const DATES: &[&str] = &[
    "2026-01-01T00:00:00Z",
    "2026-01-01T02:00:00+02:00",
    "2026-01-01T00:00Z",
    "2026-01-01",
    "2026-01",
    "1767225600",
    "1767225601",
    "2024-02-29T23:59:59Z",
    "2026-06-01T00:00:00Z",
    "yesterday",
    "${aws:CurrentTime}",
];

const KEYS: [Key; 9] = [
    Key {
        names: &["aws:username", "AWS:UserName"],
        found: &[&["ann"], &["bob"], &["x*"], &["xy"], &["xy"], &["zü"]],
        operators: STRING,
        wanted: NAMES,
    },
    Key {
        names: &["aws:PrincipalTag/t", "aws:principaltag/T"],
        found: &[&["ann"], &["Ann"], &["x*"], &["x*"], &["*"], &["a$"], &["${"]],
        operators: STRING,
        wanted: NAMES,
    },
    Key {
        names: &["aws:TagKeys"],
        found: &[&[], &["ann"], &["ann", "bob"], &["xy", "x*"], &["ann", "ann", "zz"]],
        operators: STRING,
        wanted: NAMES,
    },
    Key {
        names: &["aws:MultiFactorAuthAge"],
        found: &[&["3600"], &["12.5"], &["-1"], &["many"], &["7", "3601"]],
        operators: NUMERIC,
        wanted: &["3600", "3600.0", "12.5", "-1", "7", "many", "inf", "${aws:MultiFactorAuthAge}"],
    },
    Key {
        names: &["aws:CurrentTime"],
        found: &[
            &["2026-01-01T00:00:00Z"],
            &["2026-06-01T00:00:00Z"],
            &["1767225601"],
            &["2024-03-01"],
            &["yesterday"],
        ],
        operators: DATE,
        wanted: DATES,
    },
    Key {
        names: &["aws:SecureTransport"],
        found: &[&["true"], &["false"], &["TRUE"], &["maybe"]],
        operators: &["Bool"],
        wanted: &["true", "false", "False", "maybe", "${aws:SecureTransport}"],
    },
    Key {
        names: &["a:bytes"],
        found: &[&["QUJD"], &["QQ=="], &["%%%%"]],
        operators: &["BinaryEquals"],
        wanted: &["QUJD", "QQ==", "QUJE", "%%%%", "QUJ"],
    },
    Key {
        names: &["aws:SourceIp"],
        found: &[&["10.1.2.3"], &["192.0.2.1"], &["2001:db8::1"], &["::ffff:10.1.2.3"], &["here"]],
        operators: &["IpAddress", "NotIpAddress"],
        wanted: &[
            "10.0.0.0/8",
            "10.1.2.3",
            "10.1.2.2/31",
            "10.1.2.4/30",
            "0.0.0.0/0",
            "2001:db8::/32",
            "::/0",
            "10.0.0.0/33",
            "here",
            "${aws:SourceIp}",
        ],
    },
    Key {
        names: &["aws:SourceArn"],
        found: &[
            &["arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/fl-1"],
            &["arn:aws:iam::123456789012:user/ann"],
            &["arn:aws:logs:us-east-1:123456789012:log-group:g:s"],
            &["no arn"],
        ],
        operators: &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike"],
        wanted: &[
            "arn:aws:ec2:*:123456789012:vpc-flow-log/*",
            "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/fl-?",
            "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/fl-1?",
            "arn:aws:ec2:*",
            "arn:*:*:*:*:*",
            "arn:aws:iam:*:user/ann",
            "arn:aws:iam::123456789012:user/${aws:username}",
            "arn:aws:iam::123456789012:user/${a:unknown}",
            "arn:aws:logs:*:*:log-group:*",
            "arn:aws:logs:*:*:*:s",
            "arn:aws:logs:us-east-1:123456789012:log-group:g",
            "${aws:SourceArn}",
            "*",
        ],
    },
];

/// One value bare, or a list; now and then a lone one in a list.
fn one_or_more(
    values: impl Strategy<Value = Value> + 'static,
    most: usize,
) -> impl Strategy<Value = Value> {
    (prop::collection::vec(values, 1..=most), any::<bool>()).prop_map(|(mut values, bare)| {
        if bare && values.len() == 1 { values.remove(0) } else { Value::Array(values) }
    })
}

fn word(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(words)
        .prop_map(|word| match word {
            // Unquoted numbers and truths count as strings.
            "true" => json!(true),
            "3600" => json!(3_600),
            "1767225600" => json!(1_767_225_600),
            word => json!(word),
        })
        .boxed()
}

/// Operator, key and values.
fn condition() -> impl Strategy<Value = (String, &'static str, Value)> {
    (0..KEYS.len()).prop_flat_map(|number| {
        let key = KEYS.get(number).unwrap();
        let set = select(&["", "", "", "ForAllValues:", "ForAnyValue:"][..]);
        let if_exists = select(&["", "", "IfExists"][..]);
        // A few keys are compared as what they are not.
        let operator = prop_oneof![
            12 => select(key.operators),
            2 => Just("Null"),
            1 => select(KEYS.iter().flat_map(|key| key.operators).copied().collect::<Vec<_>>()),
        ];
        (set, operator, if_exists, select(key.names)).prop_flat_map(
            move |(set, operator, if_exists, name)| {
                let (operator, wanted) = if operator == "Null" {
                    (operator.to_owned(), &["true", "False"][..])
                } else {
                    (format!("{set}{operator}{if_exists}"), key.wanted)
                };
                one_or_more(word(wanted), 3)
                    .prop_map(move |values| (operator.clone(), name, values))
            },
        )
    })
}

fn conditions() -> impl Strategy<Value = Option<Value>> {
    let some = prop::collection::vec(condition(), 1..4).prop_map(|conditions| {
        let mut operators = Map::new();
        for (operator, key, values) in conditions {
            let keys = operators.entry(operator).or_insert_with(|| json!({}));
            keys.as_object_mut().unwrap().insert(key.to_owned(), values);
        }
        Value::Object(operators)
    });
    prop::option::weighted(0.6, some)
}

fn principals() -> impl Strategy<Value = Value> {
    let named = prop::collection::vec(select(&PRINCIPALS[..]), 1..3).prop_map(|named| {
        let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (kind, value) in named {
            kinds.entry(kind).or_default().push(value);
        }
        json!(kinds)
    });
    prop_oneof![1 => Just(json!("*")), 6 => named]
}

fn statement(kind: PolicyKind) -> impl Strategy<Value = Value> {
    let effect = select(&["Allow", "Allow", "Allow", "Allow", "Deny"][..]);
    let is_trust = kind == PolicyKind::Trust;
    // Half of them everything, so that conditions are asked often.
    let often = |words| prop_oneof![1 => Just(json!("*")), 1 => word(words)].boxed();
    let actions = if is_trust { word(&TRUST_ACTIONS) } else { often(&ACTIONS) };
    let not = || prop::bool::weighted(0.15);
    (
        effect,
        (not(), one_or_more(actions, 3)),
        (not(), one_or_more(often(&RESOURCES), 3)),
        (not(), principals()),
        conditions(),
    )
        .prop_map(move |(effect, actions, resources, principals, conditions)| {
            let mut statement = json!({"Effect": effect});
            let mut set = |name: &str, (not, value): (bool, Value)| {
                statement[if not { format!("Not{name}") } else { name.to_owned() }] = value;
            };
            set("Action", actions);
            if is_trust {
                set("Principal", principals);
            } else {
                set("Resource", resources);
            }
            if let Some(conditions) = conditions {
                set("Condition", (false, conditions));
            }
            statement
        })
}

fn document(kind: PolicyKind) -> impl Strategy<Value = String> {
    let statements = prop::collection::vec((statement(kind), any::<bool>()), 1..4);
    (statements, prop::bool::weighted(0.2), any::<bool>()).prop_map(
        move |(statements, old, bare)| {
            let old = old && kind == PolicyKind::Trust;
            let mut list = Vec::new();
            for (number, (mut statement, named)) in statements.into_iter().enumerate() {
                if named {
                    statement["Sid"] = json!(format!("s{number}"));
                }
                list.push(statement);
            }
            let statements =
                if bare && list.len() == 1 { list.remove(0) } else { Value::Array(list) };
            let version = if old { "2008-10-17" } else { "2012-10-17" };
            json!({"Version": version, "Statement": statements}).to_string()
        },
    )
}

fn context() -> impl Strategy<Value = Vec<(&'static str, Vec<&'static str>)>> {
    let key = |key: &'static Key| {
        let values = prop::option::weighted(0.75, select(key.found));
        values.prop_map(|values| values.map(|values| (key.names[0], values.to_vec())))
    };
    let keys: Vec<_> = KEYS.iter().map(key).collect();
    keys.prop_map(|keys| keys.into_iter().flatten().collect())
}

fn case() -> impl Strategy<Value = Case> {
    let askers =
        [Asker::Ann, Asker::Ann, Asker::Reader, Asker::Reader, Asker::Fed, Asker::Fed, Asker::Root];
    let asker = select(askers.to_vec());
    let asked = (asker, select(&ASKED_ACTIONS[..]), select(&ASKED_RESOURCES[..]));
    let asked_of_trust =
        prop_oneof![3 => Just(Asker::FlowLogs), 1 => Just(Asker::Root), 8 => asked.0.clone()];
    (
        (
            prop::collection::vec(document(PolicyKind::Identity), 0..4),
            prop::collection::vec(document(PolicyKind::Identity), 0..3),
        ),
        prop::option::weighted(0.3, document(PolicyKind::Identity)),
        prop::option::weighted(0.3, prop::collection::vec(document(PolicyKind::Session), 0..3)),
        prop::option::weighted(0.4, document(PolicyKind::Trust)),
        (asked, asked_of_trust, prop::bool::weighted(0.9)),
        context(),
    )
        .prop_map(
            |(
                (identity, groups),
                boundary,
                session,
                trust,
                (asked, of_trust, assumes),
                context,
            )| {
                let (asker, action, resource) = asked;
                let (asker, action, resource) = if trust.is_some() {
                    let action = if assumes { "sts:AssumeRole" } else { action };
                    (of_trust, action, "arn:aws:iam::123456789012:role/path/reader")
                } else {
                    (asker, action, resource)
                };
                // Roles and the account are in no groups.
                let in_groups = matches!(asker, Asker::Ann | Asker::Fed);
                let groups = if in_groups { groups } else { Vec::new() };
                Case {
                    identity,
                    groups,
                    boundary,
                    session,
                    trust,
                    asker,
                    action,
                    resource,
                    context,
                }
            },
        )
}

fn principal(asker: Asker) -> Principal {
    let arn = |text: &str| text.parse::<Arn>().unwrap();
    match asker {
        Asker::Root => Principal::Root { account: "123456789012".to_owned() },
        Asker::Ann => Principal::User {
            arn: arn("arn:aws:iam::123456789012:user/ann"),
            id: "AIDAANN".to_owned(),
            name: "ann".to_owned(),
        },
        Asker::Reader => Principal::Session {
            arn: arn("arn:aws:sts::123456789012:assumed-role/reader/s1"),
            role: arn("arn:aws:iam::123456789012:role/path/reader"),
            role_id: "AROAREADER".to_owned(),
            session: "s1".to_owned(),
        },
        Asker::Fed => Principal::Federated {
            arn: arn("arn:aws:sts::123456789012:federated-user/fed"),
            issuer: arn("arn:aws:iam::123456789012:user/ann"),
            issuer_id: "AIDAANN".to_owned(),
            name: "fed".to_owned(),
        },
        Asker::FlowLogs => Principal::Service { name: "vpc-flow-logs.amazonaws.com".to_owned() },
    }
}

/// The decision, and the places of the statements that make it.
fn decided(case: &Case) -> (Decision, Vec<String>) {
    let read = |name: String, text: &String, kind| NamedPolicy {
        name,
        policy: Policy::parse(text, kind).unwrap_or_else(|error| panic!("{error}: {text}")),
    };
    let all = |name: &str, texts: &[String], kind| {
        let numbered = texts.iter().enumerate();
        numbered.map(|(n, text)| read(format!("{name}-{n}"), text, kind)).collect::<Vec<_>>()
    };
    let policies = Policies {
        identity: [
            all("identity", &case.identity, PolicyKind::Identity),
            all("group", &case.groups, PolicyKind::Identity),
        ]
        .concat(),
        boundary: all("boundary", case.boundary.as_slice(), PolicyKind::Identity).pop(),
        session: case.session.as_ref().map(|texts| all("session", texts, PolicyKind::Session)),
        resource: all("trust", case.trust.as_slice(), PolicyKind::Trust).pop(),
    };
    let mut context = Context::default();
    for (key, values) in &case.context {
        context.set_all(key, values.iter().map(|value| (*value).to_owned()));
    }
    let principal = principal(case.asker);
    let (action, resource) = (case.action, case.resource);
    let ask = Ask { principal: &principal, action, resource, context: &context };
    let statements = deciding(&ask, &policies).iter().map(place).collect();
    (evaluate(&ask, &policies).decision, statements)
}

fn place(StatementRef { policy, index, sid }: &StatementRef) -> String {
    format!("{policy}#{index} {}", sid.as_deref().unwrap_or("-"))
}

fn text(decision: &Decision) -> String {
    match decision {
        Decision::Allowed(None) => "allow".to_owned(),
        Decision::Allowed(Some(statement)) => format!("allow {}", place(statement)),
        Decision::ImplicitDeny(layer) => format!("no {layer:?}"),
        Decision::ExplicitDeny(layer, statement) => format!("deny {layer:?} {}", place(statement)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn decisions_and_their_statements_are_the_oracles(case in case()) {
        let (decision, statements) = decided(&case);
        let oracle = Oracle::new(&case);

        prop_assert_eq!(text(&decision), oracle.decide().text);
        prop_assert_eq!(statements, oracle.deciding());
    }
}

/// Laws say little about what never occurs.
#[test]
fn the_cases_reach_every_decision_and_every_operator() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut operators: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..6_000 {
        let case = case().new_tree(&mut runner).unwrap().current();
        let oracle = Oracle::new(&case);
        let outcome = oracle.decide();
        assert_eq!(text(&decided(&case).0), outcome.text, "{case:#?}");
        for kind in kinds(&outcome.text, outcome.statement.as_ref()) {
            *seen.entry(kind).or_default() += 1;
        }
        for (operator, held) in oracle.operators.into_inner() {
            let name =
                operator.trim_start_matches("ForAllValues:").trim_start_matches("ForAnyValue:");
            let name = name.trim_end_matches("IfExists").to_owned();
            let sums = operators.entry(name).or_default();
            *sums = [sums[0] + held[0], sums[1] + held[1]];
        }
    }

    let rare: Vec<&str> =
        KINDS.into_iter().filter(|kind| seen.get(*kind).is_none_or(|count| *count < 30)).collect();
    assert!(rare.is_empty(), "{rare:?} of {seen:#?}");
    let names = KEYS.iter().flat_map(|key| key.operators).chain([&"Null"]);
    for name in names {
        let held = operators.get(*name).copied().unwrap_or_default();
        assert!(held.iter().all(|count| *count >= 20), "{name}: {held:?}");
    }
}

/// With how the deciding statement decides.
const KINDS: [&str; 23] = [
    "allow",
    "allow group",
    "allow identity",
    "allow trust",
    "no Identity",
    "no Boundary",
    "no Session",
    "no Trust",
    "deny Identity",
    "deny Boundary",
    "deny Session",
    "deny Trust",
    "by Condition",
    "by NotAction",
    "by NotResource",
    "by NotPrincipal",
    "by a variable",
    "by a default",
    "by an escape",
    "by IfExists",
    "by ForAllValues",
    "by ForAnyValue",
    "by Null",
];

fn kinds(outcome: &str, statement: Option<&Value>) -> Vec<String> {
    let outcome = outcome.split(['-', '#']).next().unwrap_or_default();
    let mut words = outcome.split(' ');
    let kind = match (words.next(), words.next()) {
        (Some(kind), Some(layer)) => format!("{kind} {layer}"),
        (kind, _) => kind.unwrap_or_default().to_owned(),
    };
    let mut kinds = vec![kind];
    let statement = statement.map(ToString::to_string).unwrap_or_default();
    for (part, kind) in [
        ("\"Condition\"", "by Condition"),
        ("\"NotAction\"", "by NotAction"),
        ("\"NotResource\"", "by NotResource"),
        ("\"NotPrincipal\"", "by NotPrincipal"),
        ("${a", "by a variable"),
        (", 'ann'}", "by a default"),
        ("${*}", "by an escape"),
        ("IfExists\"", "by IfExists"),
        ("ForAllValues:", "by ForAllValues"),
        ("ForAnyValue:", "by ForAnyValue"),
        ("\"Null\"", "by Null"),
    ] {
        if statement.contains(part) {
            kinds.push(kind.to_owned());
        }
    }
    kinds
}
