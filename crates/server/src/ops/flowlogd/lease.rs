//! Leases: which agent an interface is attached to (`semantics.md` 23).

use flowlogd_aws::Fault;
use flowlogd_aws::flowlogd::Lease;

use crate::call::Call;
use crate::model::{Attachment, Interface};

/// How long a lease lasts, in milliseconds.
const LENGTH: i64 = 60_000;
/// From when on it is worth writing down that it was renewed.
const RENEWAL: i64 = 45_000;

/// Takes or renews the lease of an interface for a host; of two who claim one, the older lease wins until
/// it ends.
pub(super) fn take(call: &Call<'_>, host: &str, interface: &str) -> Result<Lease, Fault> {
    let now = call.now();
    let refused = |reason: String| Lease {
        interface_id: interface.to_owned(),
        granted: false,
        reason: Some(reason),
    };
    if call.get::<Interface>(interface)?.is_none() {
        let (account, region) = (call.account(), call.region());
        return Ok(refused(format!(
            "there is no network interface {interface} in {region} of account {account}"
        )));
    }
    let held: Option<Attachment> = call.get(interface)?;
    let since = match held {
        Some(held) if held.until > now && held.host != host => {
            return Ok(refused(format!("{interface} is attached to the agent on {}", held.host)));
        }
        Some(held) if held.until > now => {
            if held.until - now > RENEWAL {
                return Ok(granted(interface));
            }
            held.since
        }
        Some(_) | None => now,
    };
    call.put(&Attachment {
        id: interface.to_owned(),
        host: host.to_owned(),
        since,
        until: now + LENGTH,
    })?;
    Ok(granted(interface))
}

fn granted(interface: &str) -> Lease {
    Lease { interface_id: interface.to_owned(), granted: true, reason: None }
}

/// Whether a host holds an interface now.
pub(crate) fn holds(call: &Call<'_>, host: &str, interface: &str) -> Result<bool, Fault> {
    let held: Option<Attachment> = call.get(interface)?;
    Ok(held.is_some_and(|held| held.host == host && held.until > call.now()))
}
