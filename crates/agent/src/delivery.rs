//! Sending what the spool has, each flow log under its own role.
//!
//! Every queue has a worker, so that a flow log that is refused holds up no other. Within a queue its
//! streams go side by side, each with one batch under way (`semantics.md` 25). What fails is tried again
//! until it arrives, is refused for good, or gives way in the spool.

mod attempt;
mod backoff;
mod failure;
mod refusals;
mod sender;
mod status;
#[cfg(test)]
mod tests;
mod wire;
mod worker;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use flowlogd_aws::flowlogd::DeliveryReport;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub use refusals::Refusal;

use refusals::Refusals;
use status::Status;
use worker::{Order, Phase, Route, Worker};

use crate::client::{Client, unix_milliseconds};
use crate::spool::{QueueId, Spool};

/// Where a queue goes. Group and stream are in its batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The flow log, which is also the name of the session; or `decisions`.
    pub queue: QueueId,
    /// The role that delivers; without it, the agent itself does.
    pub role_arn: Option<String>,
}

/// How delivery behaves.
#[derive(Clone, Copy, Debug)]
pub struct DeliverySettings {
    /// Batches of one queue that are under way, each of another stream.
    pub streams_per_queue: usize,
    /// Batches of all queues that are under way, and so in memory.
    pub in_flight: usize,
    /// The first pause after a failure; each is twice the one before it, less up to a half by chance.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// The longest pause where a role is refused: people repair it and watch.
    pub longest_access_pause: Duration,
    /// How long a service has to be away before that is `Unknown error`.
    pub patience: Duration,
    /// How long the queue of a deleted flow log may still be sent.
    pub removal_grace: Duration,
    /// How long before their end credentials are renewed, and at most half of their time.
    pub renewal_margin: Duration,
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            streams_per_queue: 8,
            in_flight: 32,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            longest_access_pause: Duration::from_secs(5),
            patience: Duration::from_mins(1),
            removal_grace: Duration::from_mins(1),
            renewal_margin: Duration::from_mins(5),
        }
    }
}

/// The workers, one for every queue.
#[derive(Debug)]
pub struct Delivery {
    shared: Arc<Shared>,
    workers: Mutex<BTreeMap<QueueId, Handle>>,
}

/// What the workers have in common.
#[derive(Debug)]
struct Shared {
    spool: Arc<Spool>,
    client: Client,
    settings: DeliverySettings,
    permits: Semaphore,
    refusals: Mutex<Refusals>,
}

#[derive(Debug)]
struct Handle {
    orders: watch::Sender<Order>,
    news: Arc<Notify>,
    status: Arc<Mutex<Status>>,
    task: JoinHandle<()>,
}

impl Delivery {
    /// Prepares delivery by `client`, which has the agent's own credentials. Nothing is sent before
    /// [`Delivery::configure`].
    pub fn start(spool: Arc<Spool>, client: Client, settings: DeliverySettings) -> Self {
        let permits = Semaphore::new(settings.in_flight.clamp(1, Semaphore::MAX_PERMITS));
        let refusals = Mutex::default();
        let shared = Arc::new(Shared { spool, client, settings, permits, refusals });
        Self { shared, workers: Mutex::default() }
    }

    /// Says what there is to be served. The queue of a flow log that is no longer among it is sent for
    /// [`DeliverySettings::removal_grace`] more, and then removed with what is left.
    ///
    /// Has to be called within a tokio runtime.
    pub fn configure(&self, destinations: Vec<Destination>) {
        let mut workers = self.workers();
        workers.retain(|_, handle| !handle.task.is_finished());
        let deadline = Instant::now() + self.shared.settings.removal_grace;
        let mut leaving: Vec<QueueId> = workers.keys().cloned().collect();
        leaving.extend(self.shared.spool.queues());
        for Destination { queue, role_arn } in destinations {
            leaving.retain(|other| *other != queue);
            let route = role_arn.map_or(Route::Own, Route::Role);
            self.order(&mut workers, queue, |order| *order = Order { route, phase: Phase::Serve });
        }
        for queue in leaving {
            let is_gone = workers.get(&queue).is_some_and(|handle| lock(&handle.status).is_gone());
            if is_gone {
                if let Some(handle) = workers.remove(&queue) {
                    handle.task.abort();
                }
                continue;
            }
            // An earlier process may have left it, of which nobody knows the role any more.
            self.order(&mut workers, queue, |order| {
                if order.phase == Phase::Serve {
                    order.phase = Phase::Remove(deadline);
                }
            });
        }
    }

    /// Says that there is something new in the spool.
    pub fn wake(&self) {
        for handle in self.workers().values() {
            handle.news.notify_one();
        }
    }

    /// Returns how every queue stands.
    pub fn reports(&self) -> Vec<DeliveryReport> {
        let (now, wall) = (Instant::now(), unix_milliseconds());
        let patience = self.shared.settings.patience;
        let workers = self.workers();
        let present = workers.iter().filter(|(_, handle)| !lock(&handle.status).is_gone());
        present
            .map(|(queue, handle)| {
                let state = self.shared.spool.queue_state(queue);
                lock(&handle.status).report(queue, &state, now, wall, patience)
            })
            .collect()
    }

    /// Takes what destinations refused for good since the last call, summed up by stream and reason.
    pub fn take_refusals(&self) -> Vec<Refusal> {
        lock(&self.shared.refusals).take()
    }

    /// Sends what is left for up to `timeout`, then ends; returns the batches that stay in the spool.
    pub async fn drain(self, timeout: Duration) -> u64 {
        let workers = std::mem::take(&mut *self.workers());
        for handle in workers.values() {
            handle.orders.send_modify(|order| order.phase = Phase::Drain);
        }
        let deadline = Instant::now() + timeout;
        for (queue, mut handle) in workers {
            if tokio::time::timeout_at(deadline, &mut handle.task).await.is_err() {
                tracing::debug!(%queue, "not all was sent before the end");
                handle.orders.send_modify(|order| order.phase = Phase::Stop);
                // A worker that panicked has said so.
                let _ = handle.task.await;
            }
        }
        let spool = Arc::clone(&self.shared.spool);
        let synced = tokio::task::spawn_blocking(move || spool.sync()).await;
        if let Ok(Err(error)) = synced {
            tracing::error!(%error, "what was acknowledged may be sent again");
        }
        let spool = &self.shared.spool;
        spool.queues().iter().map(|queue| spool.queue_state(queue).batches).sum()
    }

    /// Changes a worker's order; one that is not there begins with it.
    fn order(
        &self,
        workers: &mut BTreeMap<QueueId, Handle>,
        queue: QueueId,
        change: impl FnOnce(&mut Order),
    ) {
        if let Some(handle) = workers.get(&queue) {
            handle.orders.send_if_modified(|order| {
                let before = order.clone();
                change(order);
                *order != before
            });
            return;
        }
        let mut order = Order { route: Route::Unknown, phase: Phase::Serve };
        change(&mut order);
        let (orders, receiver) = watch::channel(order);
        let (news, status) = (Arc::new(Notify::new()), Arc::<Mutex<Status>>::default());
        let worker = Worker::new(
            Arc::clone(&self.shared),
            queue.clone(),
            receiver,
            Arc::clone(&news),
            Arc::clone(&status),
        );
        let task = tokio::spawn(worker.run());
        workers.insert(queue, Handle { orders, news, status, task });
    }

    fn workers(&self) -> MutexGuard<'_, BTreeMap<QueueId, Handle>> {
        lock(&self.workers)
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        for handle in self.workers().values() {
            handle.task.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
