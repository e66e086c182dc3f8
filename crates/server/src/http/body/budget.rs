//! The memory that all bodies share.

use flowlogd_aws::Fault;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::Limits;

/// What a permit stands for.
const UNIT: usize = 1024;
/// Bodies of so many bytes need no part of it, so that slow senders of large ones do not hold up the small
/// ones: there are never more of them than connections.
const SMALL: u64 = 64 * 1024;

/// Memory for the bodies of all requests together.
#[derive(Debug)]
pub(in crate::http) struct Budget {
    units: Semaphore,
}

/// A request's part of it, as long as it lives; a small request has none.
pub(in crate::http) type Share<'a> = Option<SemaphorePermit<'a>>;

impl Budget {
    pub(in crate::http) fn new(limits: &Limits) -> Self {
        // One that is compressed takes both of its forms.
        let least = units(limits.body_bytes) * 2;
        let most = units(limits.memory_bytes).max(least).min(Semaphore::MAX_PERMITS);
        Self { units: Semaphore::new(most) }
    }

    /// Waits for as much memory as a body of up to `bytes` may take, as long as a body may take to arrive.
    ///
    /// All of it at once: bodies that had a part each, and waited for the rest, would wait for one another.
    pub(in crate::http) async fn share(
        &self,
        bytes: Option<u64>,
        is_compressed: bool,
        limits: &Limits,
    ) -> Result<Share<'_>, Fault> {
        if !is_compressed && bytes.is_some_and(|bytes| bytes <= SMALL) {
            return Ok(None);
        }
        let most = units(limits.body_bytes);
        let sent = bytes
            .and_then(|bytes| usize::try_from(bytes).ok())
            .map_or(most, |bytes| units(bytes).min(most));
        let read = if is_compressed { most } else { sent };
        let wanted = u32::try_from(sent + read).unwrap_or(u32::MAX);
        match tokio::time::timeout(limits.body_time(), self.units.acquire_many(wanted)).await {
            Ok(Ok(share)) => Ok(Some(share)),
            Ok(Err(_)) | Err(_) => Err(Fault::new(
                "ServiceUnavailable",
                "The bodies of other requests take all memory there is for them; try again",
            )
            .with_status(503)),
        }
    }
}

const fn units(bytes: usize) -> usize {
    bytes.div_ceil(UNIT)
}
