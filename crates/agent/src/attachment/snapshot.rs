//! What the control plane says, as attachments see it.

use std::sync::Arc;

use flowlogd_aws::flowlogd::{AgentConfiguration, CoveringFlowLog};
use tokio::sync::watch;

/// One answer of `GetAgentConfiguration`.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its revision.
    pub revision: String,
    /// All of it.
    pub configuration: AgentConfiguration,
    /// The inventory, as text.
    pub inventory: Arc<str>,
}

impl Snapshot {
    /// Prepares an answer for the attachments.
    pub fn new(revision: String, configuration: AgentConfiguration) -> Self {
        let inventory = configuration.inventory.to_string().into();
        Self { revision, configuration, inventory }
    }

    /// Returns why an interface may not be served here; nothing if it may.
    pub fn refusal(&self, interface: &str) -> Option<String> {
        let lease = self.configuration.leases.iter().find(|lease| lease.interface_id == interface);
        match lease {
            Some(lease) if lease.granted => None,
            Some(lease) => {
                Some(lease.reason.clone().unwrap_or_else(|| "the lease is not granted".to_owned()))
            }
            None => Some("the server does not know of this attachment yet".to_owned()),
        }
    }

    /// Returns the flow logs over an interface, oldest first.
    pub fn covering(&self, interface: &str) -> Vec<&CoveringFlowLog> {
        self.configuration
            .flow_logs
            .iter()
            .filter(|flow_log| flow_log.interface_ids.iter().any(|id| id == interface))
            .collect()
    }
}

/// Where the newest snapshot lies.
#[derive(Clone, Debug)]
pub struct Desk(pub watch::Receiver<Option<Arc<Snapshot>>>);

impl Desk {
    /// Returns the newest snapshot if it was not seen before.
    pub fn take_new(&mut self) -> Option<Arc<Snapshot>> {
        if !self.0.has_changed().unwrap_or(false) {
            return None;
        }
        self.0.borrow_and_update().clone()
    }

    /// Returns the newest snapshot.
    pub fn newest(&mut self) -> Option<Arc<Snapshot>> {
        self.0.borrow_and_update().clone()
    }
}
