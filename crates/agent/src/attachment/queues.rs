//! What the queues of devices have dropped, as `tc -s qdisc` tells it.

use std::collections::BTreeMap;
use std::io;

use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::tc::{TcAttribute, TcHandle, TcMessage, TcStats2};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

/// A kernel's answer comes in parts of at most so many bytes.
const PART: usize = 32 << 10;

/// Returns how many frames the queues of every device of this thread's network namespace have dropped, by the device's
/// number. The count of a queue begins when the queue is made, and wraps around at 32 bits.
///
/// # Errors
///
/// If the kernel cannot be asked.
pub(super) fn drops() -> io::Result<BTreeMap<u32, u32>> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&request(), 0)?;
    let mut drops = BTreeMap::new();
    let mut part = Vec::with_capacity(PART);
    loop {
        part.clear();
        socket.recv(&mut part, 0)?;
        if take(&part, &mut drops)? {
            return Ok(drops);
        }
    }
}

fn request() -> Vec<u8> {
    let all = RouteNetlinkMessage::GetQueueDiscipline(TcMessage::default());
    let mut message = NetlinkMessage::from(all);
    message.header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// Takes one part of the answer. Returns whether it was the last.
fn take(mut part: &[u8], drops: &mut BTreeMap<u32, u32>) -> io::Result<bool> {
    while let Ok(length) =
        NetlinkBuffer::new_checked(&part).map(|message| message.length() as usize)
    {
        // A queue whose options are not known is passed over.
        match NetlinkMessage::<RouteNetlinkMessage>::deserialize(part)
            .map(|message| message.payload)
        {
            Ok(NetlinkPayload::Done(_)) => return Ok(true),
            Ok(NetlinkPayload::Error(error)) => return Err(error.to_io()),
            Ok(NetlinkPayload::InnerMessage(RouteNetlinkMessage::NewQueueDiscipline(queue))) => {
                if let Some((device, dropped)) = of_root(&queue) {
                    drops.insert(device, dropped);
                }
            }
            Ok(_) | Err(_) => {}
        }
        let Some(rest) = part.get(length.next_multiple_of(4)..) else { break };
        part = rest;
    }
    Ok(false)
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
