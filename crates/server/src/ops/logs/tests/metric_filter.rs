//! Metric filters (§4.7, 6).

use super::*;
use crate::testing::NOW;

/// A request for filter `f` of group `g`.
fn request(pattern: &str, transformation: &Value) -> Value {
    let mut all = json!({"metricName": "m", "metricNamespace": "N", "metricValue": "1"});
    for (member, value) in transformation.as_object().unwrap() {
        all[member] = value.clone();
    }
    json!({
        "logGroupName": "g",
        "filterName": "f",
        "filterPattern": pattern,
        "metricTransformations": [all],
    })
}

fn metric_filters(door: &TestDoor, request: Value) -> Vec<Value> {
    logs(door, "DescribeMetricFilters", request)["metricFilters"].as_array().unwrap().clone()
}

/// `samples/sum` of the metrics, by their dimensions.
fn totals(door: &TestDoor) -> Vec<String> {
    let totals = door.door.logs().metric_totals(100).unwrap();
    let line = |total: &flowlogd_logstore::MetricTotal| {
        let dimensions: Vec<_> =
            total.dimensions.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        format!("{}{}/{}", dimensions.concat(), total.samples, total.sum)
    };
    totals.metrics.iter().map(line).collect()
}

#[test]
fn a_filter_is_told_of_as_aws_does() {
    let door = with_stream();

    assert_eq!(logs(&door, "PutMetricFilter", request(" ", &json!({}))), Value::Null);
    assert_eq!(
        metric_filters(&door, json!({"logGroupName": "g"})),
        [json!({
            "filterName": "f",
            "filterPattern": " ",
            "metricTransformations": [
                {"metricName": "m", "metricNamespace": "N", "metricValue": "1"},
            ],
            "creationTime": NOW,
            "logGroupName": "g",
            "applyOnTransformedLogs": false,
        })]
    );
    let group = &logs(&door, "DescribeLogGroups", json!({}))["logGroups"][0];
    assert_eq!(group["metricFilterCount"], 1);

    let more = json!({
        "metricValue": "$.bytes", "defaultValue": 0, "unit": "Bytes",
        "metricNamespace": "A.B-c_d/1#2:metricNamespace",
    });
    logs(&door, "PutMetricFilter", request("{ $.a = 1 }", &more));
    let [only] = &metric_filters(&door, json!({}))[..] else { panic!("it was replaced") };
    assert_eq!(only["filterPattern"], "{ $.a = 1 }");
    assert_eq!(
        only["metricTransformations"][0].to_string(),
        r#"{"defaultValue":0.0,"metricName":"m","metricNamespace":"A.B-c_d/1#2:metricNamespace","metricValue":"$.bytes","unit":"Bytes"}"#
    );

    logs(&door, "DeleteMetricFilter", json!({"logGroupName": "g", "filterName": "f"}));
    assert!(metric_filters(&door, json!({})).is_empty());
    assert_eq!(
        refused(&door, "DeleteMetricFilter", json!({"logGroupName": "g", "filterName": "f"})),
        "ResourceNotFoundException: The specified metric filter does not exist."
    );
}

#[test]
fn events_are_counted_with_their_dimensions() {
    let door = with_stream();
    let by_action = json!({"metricValue": "$bytes", "dimensions": {"Action": "$action"}});
    logs(&door, "PutMetricFilter", request("[bytes, action]", &by_action));

    put(&door, "s", &[(NOW, "10 ACCEPT"), (NOW, "5 REJECT"), (NOW, "7 ACCEPT"), (NOW, "x")]);

    assert_eq!(totals(&door), ["Action=ACCEPT 2/17", "Action=REJECT 1/5"]);
}

#[test]
fn filters_are_listed_by_name_page_by_page() {
    let door = with_stream();
    for name in ["b", "a", "ab", "B"] {
        let request = with(&request("", &json!({})), "filterName", json!(name));
        logs(&door, "PutMetricFilter", request);
    }
    let names = |answer: &Value| -> Vec<String> {
        let filters = answer["metricFilters"].as_array().unwrap();
        filters.iter().map(|filter| filter["filterName"].as_str().unwrap().to_owned()).collect()
    };

    let first = logs(&door, "DescribeMetricFilters", json!({"limit": 3}));
    assert_eq!(names(&first), ["B", "a", "ab"]);
    let second = logs(&door, "DescribeMetricFilters", json!({"nextToken": first["nextToken"]}));
    assert_eq!((names(&second), second.get("nextToken")), (vec!["b".to_owned()], None));
    let prefix = logs(&door, "DescribeMetricFilters", json!({"filterNamePrefix": "a"}));
    assert_eq!(names(&prefix), ["a", "ab"]);
    let metric = json!({"metricName": "m", "metricNamespace": "other"});
    assert!(metric_filters(&door, metric).is_empty());
}

#[test]
fn what_has_not_the_shape_of_a_filter_is_refused_in_aws_words() {
    let door = with_stream();
    let one = json!({"metricName": "m1", "metricNamespace": "N", "metricValue": "1"});
    let two =
        json!({"metricName": "m2", "metricNamespace": "N", "metricValue": "1", "unit": "Count"});
    let plain = request("ERROR", &json!({}));
    let without = |member: &str| {
        let mut request = plain.clone();
        request.as_object_mut().unwrap().remove(member);
        request
    };

    for (request, expected) in [
        (
            with(&plain, "metricTransformations", json!([one, two])),
            violation(
                "Value '[MetricTransformation(metricName=m1, metricNamespace=N, metricValue=1, defaultValue=null, unit=null, dimensions=null), MetricTransformation(metricName=m2, metricNamespace=N, metricValue=1, defaultValue=null, unit=Count, dimensions=null)]' at 'metricTransformations' failed to satisfy constraint: Member must have length less than or equal to 1",
            ),
        ),
        (
            with(&plain, "metricTransformations", json!([])),
            violation(
                "Value '[]' at 'metricTransformations' failed to satisfy constraint: Member must have length greater than or equal to 1",
            ),
        ),
        (
            without("metricTransformations"),
            violation(
                "Value null at 'metricTransformations' failed to satisfy constraint: Member must not be null",
            ),
        ),
        (
            without("filterPattern"),
            violation(
                "Value null at 'filterPattern' failed to satisfy constraint: Member must not be null",
            ),
        ),
        (
            without("filterName"),
            violation(
                "Value null at 'filterName' failed to satisfy constraint: Member must not be null",
            ),
        ),
        (
            with(&plain, "filterName", json!("a:b")),
            violation(
                "Value 'a:b' at 'filterName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*",
            ),
        ),
        (
            request("ERROR", &json!({"metricName": "a:b"})),
            violation(
                "Value 'a:b' at 'metricTransformations.1.member.metricName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*$]*",
            ),
        ),
        (
            request("ERROR", &json!({"metricNamespace": "a*"})),
            violation(
                "Value 'a*' at 'metricTransformations.1.member.metricNamespace' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*$]*",
            ),
        ),
        (
            request("ERROR", &json!({"metricValue": "1".repeat(101)})),
            violation(&format!(
                "Value '{}' at 'metricTransformations.1.member.metricValue' failed to satisfy constraint: Member must have length less than or equal to 100",
                "1".repeat(101)
            )),
        ),
        (
            with(&plain, "logGroupName", json!("none")),
            "ResourceNotFoundException: The specified log group does not exist.".to_owned(),
        ),
    ] {
        assert_eq!(refused(&door, "PutMetricFilter", request), expected);
    }
    let text = refused(&door, "PutMetricFilter", request("ERROR", &json!({"unit": "Byte"})));
    assert!(text.contains("'metricTransformations.1.member.unit' failed to satisfy constraint: Member must satisfy enum value set: [Seconds, "), "{text}");
    assert!(metric_filters(&door, json!({})).is_empty());
}

#[test]
fn what_makes_no_sense_is_refused_in_aws_words() {
    let door = with_stream();
    let invalid = |text: &str| format!("InvalidParameterException: {text}");
    let plain = request("ERROR", &json!({}));

    for (request, expected) in [
        (request("[ab", &json!({})), invalid("Invalid filter pattern")),
        (
            request("ERROR", &json!({"metricValue": "$a"})),
            invalid("Invalid metric transformation: metric value $a must be a valid number"),
        ),
        (
            request("ERROR", &json!({"dimensions": {"D": "$a"}})),
            invalid("The specified filter pattern does not support dimensions"),
        ),
        (
            request("[a]", &json!({"dimensions": {"D": "a"}})),
            invalid("Invalid metric transformation: dimension value must be valid selector"),
        ),
        (
            request("[a]", &json!({"dimensions": {"D": "$a"}, "defaultValue": 0})),
            invalid(
                "Invalid metric transformation: dimensions and default value are mutually exclusive properties",
            ),
        ),
        (
            request("[a]", &json!({"dimensions": {"A": "$a", "B": "$a", "C": "$a", "D": "$a"}})),
            invalid("Invalid metric transformation: no more than 3 dimensions are possible"),
        ),
        (
            with(&plain, "applyOnTransformedLogs", json!(true)),
            invalid("The parameter applyOnTransformedLogs is not supported here: leave it out."),
        ),
        (
            with(&plain, "fieldSelectionCriteria", json!("@aws.region = \"r\"")),
            invalid("The parameter fieldSelectionCriteria is not supported here: leave it out."),
        ),
        (
            with(&plain, "emitSystemFieldDimensions", json!(["@aws.region"])),
            invalid("The parameter emitSystemFieldDimensions is not supported here: leave it out."),
        ),
    ] {
        assert_eq!(refused(&door, "PutMetricFilter", request), expected);
    }
    assert_eq!(
        refused(&door, "DescribeMetricFilters", json!({"metricName": "m"})),
        invalid("metricName and metricNamespace have to be given together.")
    );
    assert_eq!(
        refused(&door, "DescribeMetricFilters", json!({"logGroupName": "none"})),
        "ResourceNotFoundException: The specified log group does not exist."
    );
    assert_eq!(
        refused(&door, "DescribeMetricFilters", json!({"nextToken": "nonsense"})),
        invalid("The specified nextToken is invalid.")
    );
}

#[test]
fn a_regex_too_many_is_a_limit() {
    let door = with_stream();
    let put = |name: &str| with(&request("%a%", &json!({})), "filterName", json!(name));
    for name in ["1", "2", "3", "4", "5"] {
        logs(&door, "PutMetricFilter", put(name));
    }

    assert_eq!(
        refused(&door, "PutMetricFilter", put("6")),
        "LimitExceededException: Resource limit exceeded."
    );
}

#[test]
fn a_pattern_is_tried_on_messages() {
    let door = TestDoor::new();
    let matches = |pattern: &str, messages: Value| {
        let request = json!({"filterPattern": pattern, "logEventMessages": messages});
        logs(&door, "TestMetricFilter", request)["matches"].clone()
    };

    assert_eq!(
        matches("[..., status=2*, size]", json!(["x 404 1", "y z 200 1534"])),
        json!([{
            "eventNumber": 2,
            "eventMessage": "y z 200 1534",
            "extractedValues": {"$1": "y", "$2": "z", "$status": "200", "$size": "1534"},
        }])
    );
    let event = r#"{"latency":50,"path":"/"}"#;
    assert_eq!(
        matches("{ $.latency > 10 }", json!([event])),
        json!([{
            "eventNumber": 1,
            "eventMessage": event,
            "extractedValues": {"$.latency": "50"},
        }])
    );
    assert_eq!(
        matches("", json!(["a"])),
        json!([{"eventNumber": 1, "eventMessage": "a", "extractedValues": {}}])
    );
    assert_eq!(matches("b", json!(["a"])), json!([]));
}

#[test]
fn what_cannot_be_tried_is_refused() {
    let door = TestDoor::new();
    let ask = |request: Value| refused(&door, "TestMetricFilter", request);

    assert_eq!(
        ask(json!({})),
        "InvalidParameterException: 2 validation errors detected: Value null at 'filterPattern' failed to satisfy constraint: Member must not be null; Value null at 'logEventMessages' failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(
        ask(json!({"filterPattern": "{ a", "logEventMessages": ["x"]})),
        "InvalidParameterException: If a filter pattern starts with '{' it must end with '}'"
    );
    for messages in [vec![], vec!["x"; 51], vec![""]] {
        let text = ask(json!({"filterPattern": "", "logEventMessages": messages}));
        assert!(text.contains("failed to satisfy constraint: Member must have length"), "{text}");
    }
}
