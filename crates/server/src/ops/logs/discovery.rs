//! Fields that are discovered in messages (`cloudwatch-logs.md` §9.3): those of flow log records, by the
//! formats of the flow logs that write into the group, and the members of JSON.

use std::collections::BTreeMap;

use flowlogd_aws::Fault;
use flowlogd_flowlog::{LineParser, LogFormat};
use serde_json::Value;

use crate::call::Call;
use crate::model::FlowLog;

/// What every event has.
pub(super) const SYSTEM_FIELDS: [&str; 5] =
    ["@ingestionTime", "@log", "@logStream", "@message", "@timestamp"];
/// Fields that are taken of one event.
const MOST: usize = 200;

/// What is known of a group's events.
pub(super) struct Discovery {
    /// Of records in the group: those of its flow logs, then the default one, for flow logs that are gone.
    formats: Vec<LogFormat>,
}

impl Discovery {
    pub(super) fn of_group(call: &Call<'_>, group: &str) -> Result<Self, Fault> {
        let flow_logs: Vec<FlowLog> = call.list()?;
        let mut formats: Vec<LogFormat> = Vec::new();
        for flow_log in flow_logs.iter().filter(|flow_log| flow_log.log_group_name == group) {
            // It was read once when the flow log was made.
            if let Ok(format) = flow_log.log_format.parse()
                && !formats.contains(&format)
            {
                formats.push(format);
            }
        }
        if !formats.contains(&LogFormat::default()) {
            formats.push(LogFormat::default());
        }
        Ok(Self { formats })
    }

    /// Returns the fields of a message, all of them as text.
    pub(super) fn fields(&self, message: &str) -> BTreeMap<String, String> {
        let record = self.formats.iter().find_map(|format| record(format, message));
        record.unwrap_or_else(|| json(message))
    }
}

/// Returns the columns of a record by their names, if the message is one of this format.
fn record(format: &LogFormat, message: &str) -> Option<BTreeMap<String, String>> {
    LineParser::new(format.clone()).parse(message.as_bytes()).ok()?;
    let names = format.fields().iter().map(|field| field.discovered_name());
    Some(names.zip(message.split(' ').map(str::to_owned)).collect())
}

/// Returns the members of the first object in a message, those of objects and lists within by their way:
/// `user.groups.0`.
fn json(message: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let Some(object) = message.find('{').and_then(|at| message.get(at..)) else { return fields };
    let mut values = serde_json::Deserializer::from_str(object).into_iter::<Value>();
    if let Some(Ok(event)) = values.next() {
        flatten(&mut fields, String::new(), &event);
    }
    fields
}

/// Takes the scalars of a value, whose nesting `serde_json` has bounded. A null is none.
fn flatten(fields: &mut BTreeMap<String, String>, name: String, value: &Value) {
    let below = |key: &str| {
        if name.is_empty() { escaped(key) } else { format!("{name}.{key}") }
    };
    let text = match value {
        Value::Object(members) => {
            for (key, member) in members {
                flatten(fields, below(key), member);
            }
            return;
        }
        Value::Array(elements) => {
            for (place, element) in elements.iter().enumerate() {
                flatten(fields, below(&place.to_string()), element);
            }
            return;
        }
        Value::Null => return,
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        // As queries show them (§9.2).
        Value::Bool(value) => u8::from(*value).to_string(),
    };
    if fields.len() < MOST {
        fields.entry(name).or_insert(text);
    }
}

/// A field of one's own that begins like those of the event gets another `@`.
fn escaped(key: &str) -> String {
    if key.starts_with('@') { format!("@{key}") } else { key.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(formats: &[&str], message: &str) -> String {
        let formats = formats.iter().map(|format| format.parse().unwrap()).collect();
        let fields = Discovery { formats }.fields(message);
        let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        fields.join(" ")
    }

    #[test]
    fn a_record_has_the_fields_of_the_format_that_it_is_of() {
        let formats = ["${srcaddr} ${dstport} ${tcp-flags}", "${action} ${start} ${x-mode}"];

        assert_eq!(told(&formats, "10.0.0.1 443 19"), "dstPort=443 srcAddr=10.0.0.1 tcpFlags=19");
        assert_eq!(told(&formats, "REJECT 5 -"), "action=REJECT startTime=5 xMode=-");
        assert_eq!(told(&formats, "DROPPED 5 observe"), "");
        assert_eq!(told(&formats, "10.0.0.1 443"), "");
        assert_eq!(told(&formats, ""), "");
    }

    #[test]
    fn members_of_json_have_the_names_of_their_way() {
        let message =
            r#"{"a":{"b":[1,{"c":"x"}]},"yes":true,"no":false,"n":null,"e":{},"@own":2.50,"":0}"#;

        assert_eq!(told(&[], message), "=0 @@own=2.5 a.b.0=1 a.b.1.c=x no=0 yes=1");
        assert_eq!(told(&[], r#"INFO {"a":1} {"b":2}"#), "a=1");
        assert_eq!(told(&[], "INFO {a} {\"b\":2}"), "");
        assert_eq!(told(&[], "no JSON"), "");
        assert_eq!(told(&[], "[1]"), "");
    }

    #[test]
    fn no_more_than_200_fields_are_taken_of_an_event() {
        let members: Vec<_> = (0..300).map(|number| format!("\"k{number}\":{number}")).collect();
        let message = format!("{{{}}}", members.join(","));

        assert_eq!(Discovery { formats: Vec::new() }.fields(&message).len(), 200);
    }
}
