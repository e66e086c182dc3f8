//! Which formats the lines of a log group may have: those of the flow logs that publish to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use flowlogd_flowlog::{FieldType, LogFormat, Values};
use flowlogd_logstore::{ColumnKind, LineCodec, LineColumn, LineFormat, Owner, Tokens};

use crate::State;
use crate::model::FlowLog;
use crate::state::{Place, StateError};

/// Tells the log store of flow logs, so that their lines become columns.
#[derive(Debug)]
pub struct FlowLogLines {
    state: Arc<State>,
}

impl FlowLogLines {
    /// Looks flow logs up in a state.
    pub const fn new(state: Arc<State>) -> Self {
        Self { state }
    }

    fn flow_log_formats(&self, owner: &Owner, group: &str) -> Result<BTreeSet<String>, StateError> {
        let place = Place { account: owner.account.clone(), region: owner.region.clone() };
        self.state.read(|txn| {
            let flow_logs: Vec<FlowLog> = txn.list(&place)?;
            let of_group =
                flow_logs.into_iter().filter(|flow_log| flow_log.log_group_name == group);
            Ok(of_group.map(|flow_log| flow_log.log_format).collect())
        })
    }
}

impl LineCodec for FlowLogLines {
    /// The formats of the group's flow logs, and the default one: flow logs of AWS's are brought here too, and
    /// lines outlive the flow log that made them.
    fn formats(&self, owner: &Owner, group: &str) -> Vec<LineFormat> {
        let texts = self.flow_log_formats(owner, group).unwrap_or_else(|error| {
            tracing::warn!(group, %error, "the formats of its flow logs are unknown: its lines are stored as text");
            BTreeSet::new()
        });
        let mut formats: Vec<LogFormat> =
            texts.iter().filter_map(|text| text.parse().ok()).collect();
        if !formats.contains(&LogFormat::default()) {
            formats.push(LogFormat::default());
        }
        formats.iter().map(columns).collect()
    }
}

fn columns(format: &LogFormat) -> LineFormat {
    let columns = format.fields().iter().map(|field| LineColumn {
        name: field.column_name(),
        kind: match (field.field_type(), field.values()) {
            (FieldType::Int32, _) => ColumnKind::Int32,
            (FieldType::Int64, _) => ColumnKind::Int64,
            (FieldType::Text, Values::Address) => ColumnKind::Address,
            (FieldType::Text, Values::OneOf(_) | Values::UpTo(_) | Values::Token) => {
                ColumnKind::Text
            }
        },
        tokens: match field.values() {
            Values::OneOf(words) => Tokens::OneOf(words),
            Values::Address | Values::UpTo(_) | Values::Token => Tokens::Any,
        },
    });
    LineFormat { columns: columns.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_columns_under_the_names_that_parquet_has() {
        let format = "${interface-id} ${srcaddr} ${dstport} ${bytes} ${action}".parse().unwrap();

        let LineFormat { columns } = columns(&format);

        let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["interface_id", "srcaddr", "dstport", "bytes", "action"]);
        let kinds: Vec<_> = columns.iter().map(|column| column.kind).collect();
        assert_eq!(
            kinds,
            [
                ColumnKind::Text,
                ColumnKind::Address,
                ColumnKind::Int32,
                ColumnKind::Int64,
                ColumnKind::Text
            ]
        );
        assert_eq!(columns[4].tokens, Tokens::OneOf(&["ACCEPT", "REJECT"]));
    }
}
