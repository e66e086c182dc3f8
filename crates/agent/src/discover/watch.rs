//! Word from the kernel that devices or addresses have changed.

use std::io;
use std::time::Duration;

use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use tokio::sync::mpsc;

use super::Source;

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR`, `RTMGRP_IPV6_IFADDR`.
const GROUPS: u32 = 0x1 | 0x10 | 0x100;
/// `RTMGRP_NEIGH`: on a busy host there is always something.
const NEIGHBOURS: u32 = 0x4;
/// One change is many messages: so long it is waited for the last.
const CALM: Duration = Duration::from_millis(250);
/// What changes inside of other namespaces is not told here: after so long it is looked in any case.
const LOOK: Duration = Duration::from_secs(2);

/// Changes of the namespace that it was opened in.
pub struct Changes {
    told: mpsc::Receiver<()>,
}

impl Changes {
    /// Listens from now on to what matters for machines of a kind.
    ///
    /// # Errors
    ///
    /// What the kernel says.
    pub fn open(source: Source) -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_ROUTE)?;
        let neighbours = if source == Source::Bridge { NEIGHBOURS } else { 0 };
        socket.bind(&SocketAddr::new(0, GROUPS | neighbours))?;
        // One that waits is enough: it says to look, not at what.
        let (teller, told) = mpsc::channel(1);
        std::thread::Builder::new().name("netlink".to_owned()).spawn(move || {
            let mut message = Vec::with_capacity(32 << 10);
            while !teller.is_closed() {
                message.clear();
                match socket.recv(&mut message, 0) {
                    Err(error) if !is_passing(&error) => {
                        tracing::warn!(%error, "the kernel no longer tells of changes: they are looked for");
                        return;
                    }
                    Ok(_) | Err(_) => drop(teller.try_send(())),
                }
            }
        })?;
        Ok(Self { told })
    }

    /// Completes when it is time to look again.
    pub async fn next(&mut self) {
        if let Ok(Some(())) = tokio::time::timeout(LOOK, self.told.recv()).await {
            tokio::time::sleep(CALM).await;
            while self.told.try_recv().is_ok() {}
        } else if self.told.is_closed() {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Messages that found no room say nothing that looking would not show.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOBUFS | libc::EINTR))
}
