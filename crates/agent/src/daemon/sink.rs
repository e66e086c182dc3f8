//! Where attachments put their batches.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowlogd_aws::flowlogd::WindowLedger;

use super::dispatch::Dispatch;
use crate::attachment::{Board, Sink};
use crate::client::unix_milliseconds;
use crate::crash;
use crate::spool::{Batch, Spool};

/// Batches go into the spool, and delivery is told.
pub(super) struct SpoolSink {
    pub(super) spool: Arc<Spool>,
    pub(super) dispatch: Arc<Dispatch>,
    pub(super) board: Arc<Board>,
    pub(super) runtime: tokio::runtime::Handle,
    pub(super) comfort: u64,
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
