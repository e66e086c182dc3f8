//! The newest configuration: asked for again and again, and kept for a start without the server.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use flowlogd_aws::flowlogd::{
    AgentConfiguration, GetAgentConfigurationRequest, GetAgentConfigurationResponse, SERVICE,
    TARGET,
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::RETRY;
use super::dispatch::Dispatch;
use crate::attachment::{Roster, Snapshot};
use crate::client::{CallError, Client};

/// How long the server may think about an unchanged configuration.
const LONG_POLL: u32 = 20;

/// The last good configuration, for a start while the server is away.
#[derive(Serialize, Deserialize)]
struct Kept {
    revision: String,
    configuration: AgentConfiguration,
}

/// Keeps the snapshot on the desk as new as the server's.
pub(super) async fn follow_configuration(
    mut roster: Roster,
    client: &Client,
    desk: &watch::Sender<Option<Arc<Snapshot>>>,
    delivery: &Dispatch,
    kept: &Path,
) {
    if let Some(snapshot) = &*desk.borrow() {
        delivery.configure(&snapshot.configuration);
    }
    // What was kept from an earlier start is used, but asked for again at once.
    let mut known_revision = None;
    let mut patience = RETRY.0;
    loop {
        let attachments = roster.newest();
        let interface_ids = attachments.iter().map(|attachment| attachment.interface.clone());
        let request = GetAgentConfigurationRequest {
            interface_ids: interface_ids.collect(),
            known_revision: known_revision.clone(),
            wait_seconds: LONG_POLL,
        };
        let asked = client.json(SERVICE, TARGET, "GetAgentConfiguration", &request);
        let answer: Result<GetAgentConfigurationResponse, CallError> = tokio::select! {
            answer = asked => answer,
            // Others are to be asked for.
            () = roster.changed() => continue,
        };
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
                let last = if desk.borrow().is_some() {
                    "going on with the last one"
                } else {
                    "there is none yet"
                };
                tracing::warn!(%error, "no configuration from the server; {last}");
                tokio::time::sleep(patience).await;
                patience = (patience * 2).min(RETRY.1);
            }
        }
    }
}

/// Returns the configuration of an earlier start.
pub(super) fn read_kept(path: &Path) -> Option<Arc<Snapshot>> {
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
