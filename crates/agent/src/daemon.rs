//! The agent as a whole: attachments, their configuration, delivery and the report.

mod dispatch;
mod follow;
mod report;
mod sink;
mod threads;

use std::fs;
use std::future::Future;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use crate::attachment::{self, Board, Desk, Kernel, Roster, Sink, Surroundings, Unusable};
use crate::client::Client;
use crate::config::{AgentConfig, AttachmentConfig, CaptureOption, InvalidConfig};
use crate::delivery::{Delivery, DeliverySettings};
use crate::netns;
use crate::spool::{Spool, SpoolError};
use dispatch::Dispatch;
use follow::{follow_configuration, read_kept};
pub(crate) use report::hits_room;
use report::{report, send_report};
use sink::SpoolSink;
use threads::Threads;

/// Between two tries while the server is away: first and last.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
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
    /// The kernel's program, which was asked for.
    #[error("agent.capture is ebpf, but the kernel's program cannot be used: {0}")]
    Kernel(Unusable),
    /// The kernel's program, without which nothing is enforced.
    #[error(
        "the attachment of {interface} has mode enforce, but the kernel's program cannot be used: {why}"
    )]
    Enforce {
        /// Where.
        interface: String,
        /// How.
        why: Unusable,
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

/// Runs an agent until `shutdown` completes, or it has ended by itself. `client` carries its own credential. With a
/// `roster`, it and not the configuration says what is attached.
pub async fn run(
    config: AgentConfig,
    roster: Option<Roster>,
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
    if let Some(place) = config.netns.as_deref().map(netns::path) {
        fs::metadata(&place).map_err(failed(&place))?;
    }
    // Configuration and records are nobody else's business.
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(&state_dir).map_err(failed(&state_dir))?;
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
    let may_come = roster.is_some();
    let mut roster = roster.unwrap_or_else(|| Roster::fixed(&config.attachments));
    let surroundings = Surroundings {
        config: Arc::clone(&config),
        directory: state_dir.join("kernel"),
        roster: roster.clone(),
        desk: Desk(reader.clone()),
        sink: Arc::clone(&sink),
        board: Arc::clone(&board),
        stop: Arc::clone(&stop),
    };
    let kernel = open_kernel(&config, &roster.newest(), may_come, &state_dir, &board)?;
    let threads = Arc::new(Threads::new(surroundings.clone(), state_dir, kernel.is_some()));
    let counting = kernel
        .map(|kernel| {
            let netns = config.netns.as_deref();
            thread("kernel", netns, move || attachment::run_kernel(kernel, &surroundings))
        })
        .transpose()?;
    threads.set(&roster.newest())?;

    let work = async {
        tokio::join!(
            follow_configuration(roster.clone(), &client, &desk, &delivery, &kept),
            report(&client, &board, &delivery, &spool),
        )
    };
    let ended = tokio::select! {
        _ = work => Ok(()),
        result = threads.follow(roster.clone()) => result,
        () = shutdown => Ok(()),
        () = replayed(&config, end, &threads, &spool) => Ok(()),
    };
    stop.store(true, Ordering::Relaxed);
    // The threads close their windows and publish them.
    let _ = tokio::task::spawn_blocking(move || {
        threads.stop();
        // A thread that panicked has said so.
        counting.map(JoinHandle::join)
    })
    .await;
    ended?;
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

/// Loads the kernel's program, if there are devices whose packets it is to count, or may come, and it can be used.
fn open_kernel(
    config: &AgentConfig,
    attachments: &[AttachmentConfig],
    may_come: bool,
    state_dir: &Path,
    board: &Board,
) -> Result<Option<Kernel>, AgentError> {
    let has_devices = may_come || attachments.iter().any(|attachment| attachment.device.is_some());
    if config.capture == CaptureOption::AfPacket || !has_devices {
        return Ok(None);
    }
    match Kernel::open(config, state_dir) {
        Ok(kernel) => Ok(Some(kernel)),
        Err(why) if config.capture == CaptureOption::Auto => {
            let mut attachments = attachments.iter();
            if let Some(enforced) = attachments.find(|attachment| attachment.is_enforced()) {
                return Err(AgentError::Enforce { interface: enforced.interface.clone(), why });
            }
            tracing::warn!(%why, "the kernel's program cannot be used: packets are captured by AF_PACKET");
            board.without_kernel(why.to_string());
            Ok(None)
        }
        Err(why) => Err(AgentError::Kernel(why)),
    }
}

/// Starts a thread in the namespace of the devices.
fn thread(
    name: &str,
    netns: Option<&str>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, AgentError> {
    let place = netns.map(netns::path);
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || match place.map_or(Ok(()), |place| netns::enter(&place)) {
            Ok(()) => work(),
            Err(error) => {
                tracing::error!(%error, "agent.netns cannot be entered: nothing is captured");
            }
        })
        .map_err(|source| AgentError::Io { what: "an attachment's thread".to_owned(), source })
}

/// Completes when there were only files to replay, they are over, and nothing waits for delivery.
async fn replayed(config: &AgentConfig, end: End, threads: &Threads, spool: &Spool) {
    let replays_only = config.attachments.iter().all(|attachment| attachment.replay.is_some());
    if end == End::WhenTold || !replays_only {
        return std::future::pending().await;
    }
    let waits = || spool.queues().iter().any(|queue| spool.queue_state(queue).batches > 0);
    while !threads.are_finished() || waits() {
        tokio::time::sleep(LOOK).await;
    }
}
