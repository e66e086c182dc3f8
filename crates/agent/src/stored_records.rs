//! Flow log records that a log group holds, asked from the service.

use flowlogd_aws::logs::{FilterLogEventsRequest, FilterLogEventsResponse};
use flowlogd_flowlog::LogFormat;

use crate::client::{CallError, Client};
use crate::doctor::flow_logs;

/// The log group of the records, and of which time they are, in Unix milliseconds, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecords {
    /// Name of the log group.
    pub group: String,
    /// Not earlier.
    pub since: Option<i64>,
    /// Not later.
    pub until: Option<i64>,
}

/// Why the format of a group's records is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It cannot be asked for.
    #[error("cannot ask for the flow logs")]
    Call(#[source] CallError),
    /// None writes there, or none any more.
    #[error("no flow log writes to the log group {0}: name the fields of its records by --format")]
    NoFlowLog(String),
    /// Several formats.
    #[error(
        "the flow logs {} write different fields to the log group {group}: choose by --format whose records to read",
        .flow_logs.join(", ")
    )]
    Several {
        /// Name of the log group.
        group: String,
        /// `fl-…`.
        flow_logs: Vec<String>,
    },
    /// The service has fields that are unknown here.
    #[error("the format of {flow_log} cannot be read: {fault}")]
    Unreadable {
        /// `fl-…`.
        flow_log: String,
        /// What is wrong with it.
        fault: String,
    },
}

impl StoredRecords {
    /// Finds the format that the group's flow logs write.
    pub async fn format(&self, client: &Client) -> Result<LogFormat, FormatError> {
        let flow_logs = flow_logs(client, None).await.map_err(FormatError::Call)?;
        let writing: Vec<_> = flow_logs
            .iter()
            .filter(|flow_log| flow_log.log_group_name.as_deref() == Some(self.group.as_str()))
            .collect();
        let Some(first) = writing.first() else {
            return Err(FormatError::NoFlowLog(self.group.clone()));
        };
        if writing.iter().any(|other| other.log_format != first.log_format) {
            return Err(FormatError::Several {
                group: self.group.clone(),
                flow_logs: writing.iter().map(|flow_log| flow_log.flow_log_id.clone()).collect(),
            });
        }
        first.log_format.parse().map_err(|error: flowlogd_flowlog::InvalidLogFormat| {
            FormatError::Unreadable {
                flow_log: first.flow_log_id.clone(),
                fault: error.fault.to_string(),
            }
        })
    }

    /// Takes the events of the next page, as stream and message, and returns the token of the page after it.
    pub async fn page(
        &self,
        client: &Client,
        token: Option<String>,
        mut take: impl FnMut(&str, &str),
    ) -> Result<Option<String>, CallError> {
        let request = FilterLogEventsRequest {
            log_group_name: Some(self.group.clone()),
            start_time: self.since,
            end_time: self.until,
            next_token: token,
            ..FilterLogEventsRequest::default()
        };
        let page: FilterLogEventsResponse =
            client.json("logs", "Logs_20140328", "FilterLogEvents", &request).await?;
        for event in &page.events {
            take(&event.log_stream_name, &event.message);
        }
        Ok(page.next_token)
    }
}
