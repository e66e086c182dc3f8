//! The agent as a whole: attachments, their configuration, delivery and the report.

use std::collections::BTreeMap;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use flowlogd_aws::flowlogd::{
    AgentConfiguration, DeliveryReport, GetAgentConfigurationRequest,
    GetAgentConfigurationResponse, ReportAgentRequest, ReportAgentResponse, SERVICE, TARGET,
    WindowLedger,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::attachment::{self, Board, Desk, Sink, Snapshot, Surroundings};
use crate::client::{CallError, Client, unix_milliseconds};
use crate::config::{AgentConfig, InvalidConfig};
use crate::crash;
use crate::delivery::{Delivery, DeliverySettings, Destination, Refusal};
use crate::spool::{Batch, Spool, SpoolError};

/// How long the server may think about an unchanged configuration.
const LONG_POLL: u32 = 20;
/// Between two tries while the server is away: first and last.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// Between two looks whether there is something to report.
const REPORT: Duration = Duration::from_millis(500);
/// After so long an unchanged report is sent again: leases last 60 s, and who looks on wants to know.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Ledgers that one report takes along.
const LEDGERS_PER_REPORT: usize = 500;
/// How long what is spooled may take to be delivered when the agent ends.
const FAREWELL: Duration = Duration::from_secs(10);
/// A source that can wait does so from this share of the spool on.
const COMFORT: u64 = 2;
/// Between two looks whether all replays are over.
const LOOK: Duration = Duration::from_millis(100);

/// Why an agent does not start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// Its spool.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// Its state directory, or a thread.
    #[error("{what}: {source}")]
    Io {
        /// What failed.
        what: String,
        /// How.
        source: std::io::Error,
    },
    /// A capture file that was to be replayed.
    #[error("the replay at {interface} failed: {why}")]
    Replay {
        /// Where.
        interface: String,
        /// How.
        why: String,
    },
}

/// When an agent ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// When it is told to.
    WhenTold,
    /// Before that, too: when all it has to do is to replay files, and their records are delivered.
    WhenReplayed,
}

/// The last good configuration, for a start while the server is away.
#[derive(Serialize, Deserialize)]
struct Kept {
    revision: String,
    configuration: AgentConfiguration,
}

/// Runs an agent until `shutdown` completes, or it has ended by itself. `client` carries its own credential.
pub async fn run(
    config: AgentConfig,
    state_dir: PathBuf,
    client: Client,
    end: End,
    shutdown: impl Future<Output = ()>,
) -> Result<(), AgentError> {
    config.check()?;
    let failed = |path: &Path| {
        let what = path.display().to_string();
        move |source| AgentError::Io { what, source }
    };
    fs::create_dir_all(&state_dir).map_err(failed(&state_dir))?;
    let spool = Arc::new(Spool::open(state_dir.join("spool"), config.spool_bytes)?);
    let settings = DeliverySettings::default();
    let delivery = Arc::new(Dispatch {
        delivery: Delivery::start(Arc::clone(&spool), client.clone(), settings),
        spool: Arc::clone(&spool),
        roles: Mutex::default(),
    });
    let board = Arc::new(Board::default());
    let kept = state_dir.join("configuration.json");
    let (desk, reader) = watch::channel(read_kept(&kept));
    let stop = Arc::new(AtomicBool::new(false));

    let config = Arc::new(config);
    let sink: Arc<dyn Sink> = Arc::new(SpoolSink {
        spool: Arc::clone(&spool),
        dispatch: Arc::clone(&delivery),
        board: Arc::clone(&board),
        runtime: tokio::runtime::Handle::current(),
        comfort: config.spool_bytes / COMFORT,
    });
    let mut threads = Vec::new();
    for attachment in &config.attachments {
        let attachment = attachment.clone();
        let surroundings = Surroundings {
            config: Arc::clone(&config),
            directory: state_dir.join("attachments").join(&attachment.interface),
            desk: Desk(reader.clone()),
            sink: Arc::clone(&sink),
            board: Arc::clone(&board),
            stop: Arc::clone(&stop),
        };
        let thread = std::thread::Builder::new()
            .name(attachment.interface.clone())
            .spawn(move || attachment::run(&attachment, &surroundings))
            .map_err(|source| AgentError::Io {
                what: "an attachment's thread".to_owned(),
                source,
            })?;
        threads.push(thread);
    }

    let work = async {
        tokio::join!(
            follow_configuration(&config, &client, &desk, &delivery, &kept),
            report(&client, &board, &delivery, &spool),
        )
    };
    tokio::select! {
        _ = work => {}
        () = shutdown => {}
        () = replayed(&config, end, &threads, &spool) => {}
    }
    stop.store(true, Ordering::Relaxed);
    // The threads close their windows and publish them.
    let _ = tokio::task::spawn_blocking(move || {
        for thread in threads {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    })
    .await;
    drop(sink);
    let _ = send_report(&client, &board, &delivery, &spool).await;
    let Some(dispatch) = Arc::into_inner(delivery) else { return Ok(()) };
    let left = dispatch.delivery.drain(FAREWELL).await;
    if left > 0 {
        tracing::info!(batches = left, "what was not delivered waits for the next start");
    }
    let failed = board.attachments().into_iter().find(|attachment| attachment.state == "failed");
    match failed {
        Some(attachment) if end == End::WhenReplayed => Err(AgentError::Replay {
            interface: attachment.interface_id,
            why: attachment.detail.unwrap_or_default(),
        }),
        _ => Ok(()),
    }
}

/// Completes when there were only files to replay, they are over, and nothing waits for delivery.
async fn replayed(config: &AgentConfig, end: End, threads: &[JoinHandle<()>], spool: &Spool) {
    let replays_only = config.attachments.iter().all(|attachment| attachment.replay.is_some());
    if end == End::WhenTold || !replays_only {
        return std::future::pending().await;
    }
    let waits = || spool.queues().iter().any(|queue| spool.queue_state(queue).batches > 0);
    while !threads.iter().all(JoinHandle::is_finished) || waits() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Keeps the snapshot on the desk as new as the server's.
async fn follow_configuration(
    config: &AgentConfig,
    client: &Client,
    desk: &watch::Sender<Option<Arc<Snapshot>>>,
    delivery: &Dispatch,
    kept: &Path,
) {
    if let Some(snapshot) = &*desk.borrow() {
        delivery.configure(&snapshot.configuration);
    }
    let interface_ids: Vec<String> =
        config.attachments.iter().map(|attachment| attachment.interface.clone()).collect();
    // What was kept from an earlier start is used, but asked for again at once.
    let mut known_revision = None;
    let mut patience = RETRY.0;
    loop {
        let request = GetAgentConfigurationRequest {
            interface_ids: interface_ids.clone(),
            known_revision: known_revision.clone(),
            wait_seconds: LONG_POLL,
        };
        let answer: Result<GetAgentConfigurationResponse, CallError> =
            client.json(SERVICE, TARGET, "GetAgentConfiguration", &request).await;
        match answer {
            Ok(answer) => {
                patience = RETRY.0;
                known_revision = Some(answer.revision.clone());
                let Some(configuration) = answer.configuration else { continue };
                tracing::info!(revision = answer.revision, "new configuration");
                keep(kept, &answer.revision, &configuration);
                delivery.configure(&configuration);
                let snapshot = Snapshot::new(answer.revision, configuration);
                desk.send_replace(Some(Arc::new(snapshot)));
            }
            Err(error) => {
                tracing::warn!(%error, "no configuration from the server; going on with the last one");
                tokio::time::sleep(patience).await;
                patience = (patience * 2).min(RETRY.1);
            }
        }
    }
}

/// Delivery, and by which role each flow log's queues are sent.
struct Dispatch {
    delivery: Delivery,
    spool: Arc<Spool>,
    /// By flow log; nothing before the first configuration.
    roles: Mutex<Option<BTreeMap<String, Option<String>>>>,
}

impl Dispatch {
    /// Takes a configuration into force.
    fn configure(&self, configuration: &AgentConfiguration) {
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
    fn refresh(&self) {
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

/// Reports whenever there is something new, and now and then anyway.
async fn report(client: &Client, board: &Board, delivery: &Dispatch, spool: &Spool) {
    let mut last: Option<ReportAgentRequest> = None;
    let mut sent = tokio::time::Instant::now();
    loop {
        let next = standing(board, delivery, spool);
        let is_due = last.as_ref() != Some(&next) && is_news(last.as_ref(), &next)
            || !board.first_ledgers(1).is_empty()
            || sent.elapsed() > HEARTBEAT;
        if is_due {
            match send_report(client, board, delivery, spool).await {
                Ok(()) => {
                    sent = tokio::time::Instant::now();
                    last = Some(next);
                }
                Err(error) => {
                    tracing::debug!(%error, "the report did not arrive");
                    tokio::time::sleep(RETRY.1).await;
                }
            }
        }
        tokio::time::sleep(REPORT).await;
    }
}

/// Whether somebody would want to know at once: not of every packet, but of every change of state.
fn is_news(last: Option<&ReportAgentRequest>, next: &ReportAgentRequest) -> bool {
    let Some(last) = last else { return true };
    let states = |report: &ReportAgentRequest| -> Vec<(String, String, Option<String>)> {
        let attachments = report.attachments.iter().map(|attachment| {
            (attachment.interface_id.clone(), attachment.state.clone(), attachment.detail.clone())
        });
        let deliveries = report.deliveries.iter().map(|delivery| {
            (
                delivery.flow_log_id.clone(),
                format!("{} {}", delivery.status, delivery.delivered_records > 0),
                delivery.detail.clone(),
            )
        });
        attachments.chain(deliveries).collect()
    };
    states(last) != states(next)
}

fn standing(board: &Board, delivery: &Dispatch, spool: &Spool) -> ReportAgentRequest {
    ReportAgentRequest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        attachments: board.attachments(),
        ledger: Vec::new(),
        deliveries: by_flow_log(delivery.delivery.reports()),
        spool_bytes: spool.bytes(),
        spool_dropped_batches: spool.dropped_batches(),
    }
}

async fn send_report(
    client: &Client,
    board: &Board,
    delivery: &Dispatch,
    spool: &Spool,
) -> Result<(), CallError> {
    loop {
        let mut request = standing(board, delivery, spool);
        for refusal in delivery.delivery.take_refusals() {
            board.settle(undelivered(&refusal));
        }
        request.ledger = board.first_ledgers(LEDGERS_PER_REPORT);
        let is_last = request.ledger.len() < LEDGERS_PER_REPORT;
        let answer: Result<ReportAgentResponse, CallError> =
            client.json(SERVICE, TARGET, "ReportAgent", &request).await;
        answer?;
        board.forget_ledgers(&request.ledger);
        if is_last {
            return Ok(());
        }
    }
}

/// Sums up the queues of a flow log: it has failed as long as one of them has.
fn by_flow_log(reports: Vec<DeliveryReport>) -> Vec<DeliveryReport> {
    let mut sums: BTreeMap<String, DeliveryReport> = BTreeMap::new();
    for report in reports {
        let Some(sum) = sums.get_mut(&report.flow_log_id) else {
            sums.insert(report.flow_log_id.clone(), report);
            continue;
        };
        if report.status != "SUCCESS" && sum.status == "SUCCESS" {
            sum.status = report.status;
            sum.error_message = report.error_message;
            sum.detail = report.detail;
        }
        sum.last_delivery = sum.last_delivery.max(report.last_delivery);
        sum.pending_batches += report.pending_batches;
        sum.delivered_records += report.delivered_records;
        sum.refused_records += report.refused_records;
        sum.lag = sum.lag.max(report.lag);
    }
    sums.into_values().collect()
}

fn read_kept(path: &Path) -> Option<Arc<Snapshot>> {
    let kept: Kept = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    Some(Arc::new(Snapshot::new(kept.revision, kept.configuration)))
}

fn keep(path: &Path, revision: &str, configuration: &AgentConfiguration) {
    let kept = Kept { revision: revision.to_owned(), configuration: configuration.clone() };
    let new = path.with_extension("new");
    let written = serde_json::to_vec(&kept)
        .map_err(std::io::Error::from)
        .and_then(|bytes| fs::write(&new, bytes))
        .and_then(|()| fs::rename(&new, path));
    if let Err(error) = written {
        tracing::warn!(path = %path.display(), %error, "the configuration was not kept");
    }
}

/// Batches go into the spool, and delivery is told.
struct SpoolSink {
    spool: Arc<Spool>,
    dispatch: Arc<Dispatch>,
    board: Arc<Board>,
    runtime: tokio::runtime::Handle,
    comfort: u64,
}

impl Sink for SpoolSink {
    fn put(&self, mut batches: Vec<Batch>) -> Result<(), String> {
        let now = unix_milliseconds();
        for batch in &mut batches {
            batch.created = now;
        }
        let before = self.spool.queues();
        let appended = self.spool.append_all(batches, None).map_err(|error| error.to_string())?;
        crash::point("spooled");
        for dropped in appended.dropped {
            let second = u64::try_from(dropped.first / 1000).unwrap_or(0);
            self.board.give_way(&dropped.interface, second, dropped.packets);
            self.board.settle(WindowLedger {
                interface_id: dropped.interface.to_string(),
                start: second,
                end: u64::try_from(dropped.last / 1000).unwrap_or(0) + 1,
                undelivered: BTreeMap::from([(dropped.loss.name().to_owned(), dropped.packets)]),
                ..WindowLedger::default()
            });
        }
        if self.spool.queues() == before {
            self.dispatch.delivery.wake();
        } else {
            let _runtime = self.runtime.enter();
            self.dispatch.refresh();
            self.dispatch.delivery.wake();
        }
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.spool.bytes() < self.comfort
    }
}

/// The entry of a ledger for records that a destination has refused for good.
fn undelivered(refusal: &Refusal) -> WindowLedger {
    WindowLedger {
        interface_id: refusal.interface.to_string(),
        start: u64::try_from(refusal.first / 1000).unwrap_or(0),
        end: u64::try_from(refusal.last / 1000).unwrap_or(0) + 1,
        undelivered: BTreeMap::from([(refusal.reason.clone(), refusal.packets)]),
        ..WindowLedger::default()
    }
}
