//! Delivery, told of what there is to deliver and by which role.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use flowlogd_aws::flowlogd::AgentConfiguration;

use crate::delivery::{Delivery, Destination};
use crate::spool::Spool;

/// Delivery, and by which role each flow log's queues are sent.
pub(super) struct Dispatch {
    pub(super) delivery: Delivery,
    pub(super) spool: Arc<Spool>,
    /// By flow log; nothing before the first configuration.
    pub(super) roles: Mutex<Option<BTreeMap<String, Option<String>>>>,
}

impl Dispatch {
    /// Takes a configuration into force.
    pub(super) fn configure(&self, configuration: &AgentConfiguration) {
        let mut roles: BTreeMap<String, Option<String>> = configuration
            .flow_logs
            .iter()
            .map(|flow_log| {
                (flow_log.flow_log_id.clone(), Some(flow_log.deliver_logs_permission_arn.clone()))
            })
            .collect();
        roles.insert("decisions".to_owned(), None);
        *self.roles.lock().unwrap_or_else(PoisonError::into_inner) = Some(roles);
        self.refresh();
    }

    /// Tells delivery of all queues that there are by now.
    pub(super) fn refresh(&self) {
        let roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        // Without a configuration nobody knows which flow logs are gone.
        let Some(roles) = &*roles else { return };
        let queues = self.spool.queues().into_iter();
        let destinations = queues.filter_map(|queue| {
            let role_arn = roles.get(queue.owner())?.clone();
            Some(Destination { queue, role_arn })
        });
        self.delivery.configure(destinations.collect());
    }
}
