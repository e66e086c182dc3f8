//! What the queues of devices have dropped, as `tc -s qdisc` tells it.

use std::collections::BTreeMap;
use std::io;

use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage, TcStats2};

use crate::rtnetlink;

/// Returns how many frames the queues of every device of this thread's network namespace have dropped, by the device's
/// number. The count of a queue begins when the queue is made, and wraps around at 32 bits.
///
/// # Errors
///
/// If the kernel cannot be asked.
pub(super) fn drops() -> io::Result<BTreeMap<u32, u32>> {
    let queues = rtnetlink::all(RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default()))?;
    let drops = queues.iter().filter_map(|queue| {
        let RouteNetlinkMessage::NewQueueDiscipline(queue) = queue else { return None };
        of_root(queue)
    });
    Ok(drops.collect())
}

/// Only the queue at a device's root counts: where it has others below it, it counts for them.
fn of_root(queue: &TcMessage) -> Option<(u32, u32)> {
    if queue.header.parent != TcHandle::ROOT {
        return None;
    }
    let device = u32::try_from(queue.header.index).ok()?;
    let dropped = queue.attributes.iter().find_map(|attribute| {
        let TcAttribute::Stats2(statistics) = attribute else { return None };
        statistics.iter().find_map(|statistic| {
            let TcStats2::Queue(queue) = statistic else { return None };
            Some(queue.drops)
        })
    })?;
    Some((device, dropped))
}
