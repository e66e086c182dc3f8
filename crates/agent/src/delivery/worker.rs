//! The sending of one queue.

use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::attempt::{Outcome, attempt};
use super::backoff::Backoff;
use super::failure::Trouble;
use super::sender::Sender;
use super::status::Status;
use super::{Shared, lock};
use crate::client::unix_milliseconds;
use crate::spool::QueueId;

/// What a worker has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) route: Route,
    pub(super) phase: Phase,
}

/// By whom a queue is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// By the agent itself.
    Own,
    /// By a role.
    Role(String),
    /// Nobody knows.
    Unknown,
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// As long as there is something.
    Serve,
    /// Until it is empty or the time has come; then the queue is removed.
    Remove(Instant),
    /// Until it is empty; then the worker ends.
    Drain,
    /// No longer: what is under way is given up, and the worker ends.
    Stop,
}

pub(super) struct Worker {
    shared: Arc<Shared>,
    queue: QueueId,
    orders: watch::Receiver<Order>,
    news: Arc<Notify>,
    status: Arc<Mutex<Status>>,
    route: Route,
    sender: Option<Arc<Sender>>,
    backoff: Backoff,
    /// After a failure, when to try again.
    not_before: Option<Instant>,
    /// Whether the last attempt that ended found the destination willing. Until then one is enough.
    willing: bool,
    under_way: JoinSet<Outcome>,
}

impl Worker {
    pub(super) fn new(
        shared: Arc<Shared>,
        queue: QueueId,
        orders: watch::Receiver<Order>,
        news: Arc<Notify>,
        status: Arc<Mutex<Status>>,
    ) -> Self {
        Self {
            shared,
            queue,
            orders,
            news,
            status,
            route: Route::Unknown,
            sender: None,
            backoff: Backoff::default(),
            not_before: None,
            willing: false,
            under_way: JoinSet::new(),
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let order = self.orders.borrow_and_update().clone();
            self.take_route(order.route);
            let now = Instant::now();
            let is_over = match order.phase {
                Phase::Serve => {
                    lock(&self.status).note_served();
                    false
                }
                Phase::Remove(deadline) => self.is_empty() || now >= deadline,
                Phase::Drain => self.is_empty(),
                Phase::Stop => return self.under_way.shutdown().await,
            };
            if !is_over {
                self.start_attempts(now);
            } else if self.under_way.is_empty() {
                match order.phase {
                    Phase::Serve => {}
                    Phase::Remove(_) => self.remove_queue().await,
                    Phase::Drain | Phase::Stop => return,
                }
            }
            if !self.wait(order.phase).await {
                return;
            }
        }
    }

    /// Waits until there may be something to do; tells whether anybody still wants it done.
    async fn wait(&mut self, phase: Phase) -> bool {
        let deadline = match phase {
            Phase::Remove(deadline) if !lock(&self.status).is_gone() => Some(deadline),
            Phase::Serve | Phase::Remove(_) | Phase::Drain | Phase::Stop => None,
        };
        // A deadline that is past is waited for no longer: the attempts under way end by themselves.
        let now = Instant::now();
        let times = [self.not_before, deadline];
        let next = times.into_iter().flatten().filter(|time| *time > now).min();
        let timer = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some(ended) = self.under_way.join_next() => match ended {
                Ok(outcome) => self.note(&outcome),
                Err(error) => tracing::error!(queue = %self.queue, %error, "an attempt did not end"),
            },
            changed = self.orders.changed() => return changed.is_ok(),
            () = self.news.notified() => {}
            () = timer => {}
        }
        true
    }

    fn take_route(&mut self, route: Route) {
        if self.route == route {
            return;
        }
        let role_arn = match &route {
            Route::Own => Some(None),
            Route::Role(arn) => Some(Some(arn.clone())),
            Route::Unknown => None,
        };
        let Shared { client, settings, .. } = &*self.shared;
        self.sender = role_arn.map(|role_arn| {
            let name = self.queue.owner();
            Arc::new(Sender::new(client.clone(), role_arn, name, settings.renewal_margin))
        });
        self.route = route;
        self.not_before = None;
        self.backoff.reset();
    }

    fn start_attempts(&mut self, now: Instant) {
        let Some(sender) = &self.sender else { return };
        if self.not_before.is_some_and(|not_before| now < not_before) {
            return;
        }
        let most = if self.willing { self.shared.settings.streams_per_queue.max(1) } else { 1 };
        while self.under_way.len() < most {
            let Some(taken) = self.shared.spool.take(&self.queue) else { return };
            let (shared, sender) = (Arc::clone(&self.shared), Arc::clone(sender));
            self.under_way.spawn(attempt(shared, sender, taken));
        }
    }

    fn note(&mut self, outcome: &Outcome) {
        let now = Instant::now();
        let patience = self.shared.settings.patience;
        lock(&self.status).note(outcome, now, unix_milliseconds(), patience);
        match outcome {
            Outcome::Delivered { .. } => {
                self.backoff.reset();
                (self.willing, self.not_before) = (true, None);
            }
            Outcome::Refused { detail, records } => {
                tracing::warn!(queue = %self.queue, records, detail, "a batch was refused for good");
                self.not_before = None;
            }
            Outcome::Lost => {}
            Outcome::Failed(trouble, detail) => self.pause(*trouble, detail, now),
        }
    }

    fn pause(&mut self, trouble: Trouble, detail: &str, now: Instant) {
        self.willing = false;
        // Attempts that failed together are one failure.
        if self.not_before.is_some_and(|not_before| now < not_before) {
            return;
        }
        let chance = getrandom::u32().unwrap_or(u32::MAX);
        let pause = self.backoff.pause(trouble, &self.shared.settings, chance);
        self.not_before = Some(now + pause);
        tracing::info!(queue = %self.queue, error = trouble.message(), detail, ?pause, "delivery failed");
    }

    async fn remove_queue(&self) {
        if lock(&self.status).is_gone() {
            return;
        }
        let (spool, queue) = (Arc::clone(&self.shared.spool), self.queue.clone());
        let removed = tokio::task::spawn_blocking(move || spool.remove_queue(&queue)).await;
        match removed {
            Ok(Ok(dropped)) => {
                if !dropped.is_empty() {
                    let batches = dropped.len();
                    tracing::warn!(queue = %self.queue, batches, "dropped with its flow log");
                }
                let mut refusals = lock(&self.shared.refusals);
                for batch in dropped {
                    refusals.add_dropped(batch);
                }
            }
            Ok(Err(error)) => tracing::error!(queue = %self.queue, %error, "cannot remove a queue"),
            Err(error) => tracing::error!(queue = %self.queue, %error, "cannot remove a queue"),
        }
        lock(&self.status).note_removed();
    }

    fn is_empty(&self) -> bool {
        self.shared.spool.queue_state(&self.queue).batches == 0
    }
}
