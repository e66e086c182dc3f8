//! A store, a spool, and delivery between them.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flowlogd_aws::flowlogd::DeliveryReport;
use tempfile::TempDir;

use super::store::Store;
use crate::client::fake::{Answer, Fake};
use crate::client::{Client, ClientSettings, Credentials, unix_milliseconds};
use crate::delivery::{Delivery, DeliverySettings, Destination, lock};
use crate::spool::{Batch, Event, Spool};

/// A store, a spool, and delivery between them.
pub(super) struct Bench {
    pub(super) store: Arc<Mutex<Store>>,
    pub(super) fake: Fake,
    pub(super) spool: Arc<Spool>,
    pub(super) delivery: Delivery,
    pub(super) directory: TempDir,
}

pub(super) const PATIENCE: Duration = Duration::from_millis(300);

pub(super) fn settings() -> DeliverySettings {
    DeliverySettings {
        first_pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(40),
        longest_access_pause: Duration::from_millis(10),
        patience: PATIENCE,
        removal_grace: Duration::from_millis(150),
        ..DeliverySettings::default()
    }
}

impl Bench {
    pub(super) async fn new() -> Self {
        Self::with(settings()).await
    }

    pub(super) async fn with(settings: DeliverySettings) -> Self {
        let store = Arc::new(Mutex::new(Store::default()));
        let script = Arc::clone(&store);
        let fake = Fake::start(move |received| lock(&script).answer(received)).await;
        let directory = TempDir::new().unwrap();
        let spool = Arc::new(Spool::open(directory.path(), 1 << 30).unwrap());
        let client = client(&fake.endpoint());
        let delivery = Delivery::start(Arc::clone(&spool), client, settings);
        Self { store, fake, spool, delivery, directory }
    }

    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(super) fn fail_once(&self, operation: &'static str, answer: Answer) {
        self.store().faults.entry(operation).or_default().push(answer);
    }

    pub(super) fn spool(&self, queue: &str, stream: &str, numbers: std::ops::RangeInclusive<u64>) {
        self.spool.append_all(batches(queue, stream, numbers), None).unwrap();
        self.delivery.wake();
    }

    pub(super) fn serve(&self, queues: &[&str]) {
        self.delivery.configure(queues.iter().map(|queue| role_of(queue)).collect());
    }

    pub(super) fn report(&self, queue: &str) -> DeliveryReport {
        let reports = self.delivery.reports();
        reports.into_iter().find(|report| report.flow_log_id == queue).unwrap()
    }

    pub(super) fn messages(&self, stream: &str) -> Vec<String> {
        let store = self.store();
        let found = store.streams.iter().find(|(names, _)| names.1 == stream);
        found.map(|(_, messages)| messages.clone()).unwrap_or_default()
    }

    pub(super) async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        for _ in 0..2000 {
            if condition(self) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never: {what}; {:?}; {:?}", self.delivery.reports(), self.fake.operations());
    }

    pub(super) async fn until_delivered(&self, queue: &str, records: u64) {
        let delivered = |bench: &Self| bench.report(queue).delivered_records == records;
        self.until("delivered", delivered).await;
    }

    pub(super) fn count(&self, operation: &str) -> usize {
        self.fake.operations().iter().filter(|found| *found == operation).count()
    }
}

pub(super) fn client(endpoint: &str) -> Client {
    let settings = ClientSettings { timeout: Duration::from_secs(5), ..ClientSettings::default() };
    Client::new(endpoint, "us-east-1", Credentials::key("AKIAAGENT", "secret"), &settings).unwrap()
}

pub(super) fn role_of(queue: &str) -> Destination {
    let role_arn = format!("arn:aws:iam::123456789012:role/{queue}");
    Destination { queue: queue.into(), role_arn: Some(role_arn) }
}

pub(super) fn batches(
    queue: &str,
    stream: &str,
    numbers: std::ops::RangeInclusive<u64>,
) -> Vec<Batch> {
    let batch = |number: u64| Batch {
        queue: queue.into(),
        number: Some(number),
        log_group: format!("group-of-{}", queue.split('/').next().unwrap()),
        log_stream: stream.to_owned(),
        interface: "eni-1".to_owned(),
        events: (0..3)
            .map(|event| Event {
                timestamp: event,
                message: format!("{number}.{event}"),
                packets: 10,
            })
            .collect(),
        created: unix_milliseconds(),
    };
    numbers.map(batch).collect()
}

pub(super) fn all(numbers: std::ops::RangeInclusive<u64>) -> Vec<String> {
    numbers.flat_map(|number| (0..3).map(move |event| format!("{number}.{event}"))).collect()
}
