//! What `/metrics` tells, in the Prometheus text format.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::dispatch::Service;

/// Service, operation and status, to how many there were and how long they took together.
type Requests = BTreeMap<(&'static str, &'static str, u16), (u64, Duration)>;

/// Counters of the door. Names of operations are those that there are: nobody can make more.
pub(super) struct Metrics {
    started: Instant,
    requests: Mutex<Requests>,
    in_flight: AtomicU64,
}

/// Counts a request as in flight as long as it lives.
pub(super) struct InFlight<'a>(&'a AtomicU64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(super) const fn new(started: Instant) -> Self {
        Self { started, requests: Mutex::new(BTreeMap::new()), in_flight: AtomicU64::new(0) }
    }

    pub(super) fn enter(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    pub(super) fn count(
        &self,
        service: Option<Service>,
        operation: Option<&'static str>,
        status: u16,
        took: Duration,
    ) {
        let slot =
            (service.map_or("unknown", Service::name), operation.unwrap_or("unknown"), status);
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, sum) = requests.entry(slot).or_default();
        *count += 1;
        *sum += took;
    }

    pub(super) fn page(&self, changes: u64, now: Instant) -> String {
        let mut page = String::new();
        let head = |page: &mut String, name: &str, kind: &str, help: &str| {
            let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
        };
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        head(&mut page, "flowlogd_requests_total", "counter", "Requests answered.");
        for ((service, operation, status), (count, _)) in &requests {
            let _ = writeln!(
                page,
                "flowlogd_requests_total{{service=\"{service}\",operation=\"{operation}\",status=\"{status}\"}} {count}"
            );
        }
        head(&mut page, "flowlogd_request_seconds_total", "counter", "Time that answers took.");
        for ((service, operation, status), (_, sum)) in &requests {
            let _ = writeln!(
                page,
                "flowlogd_request_seconds_total{{service=\"{service}\",operation=\"{operation}\",status=\"{status}\"}} {}",
                sum.as_secs_f64()
            );
        }
        let gauges = [
            (
                "flowlogd_requests_in_flight",
                "Requests that are not answered yet.",
                self.in_flight.load(Ordering::Relaxed),
            ),
            ("flowlogd_state_changes", "Changes of the state since the start.", changes),
            (
                "flowlogd_uptime_seconds",
                "Seconds since the start.",
                now.duration_since(self.started).as_secs(),
            ),
        ];
        for (name, help, value) in gauges {
            head(&mut page, name, "gauge", help);
            let _ = writeln!(page, "{name} {value}");
        }
        page
    }
}
