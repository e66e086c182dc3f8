//! Questions and orders to the kernel about devices, their queues and filters (`rtnetlink(7)`).

use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};

/// An answer comes in parts of at most so many bytes.
const PART: usize = 32 << 10;

/// Has something done in this thread's network namespace. `flags` are those of the kind of order (`NLM_F_CREATE`…).
///
/// # Errors
///
/// What the kernel says.
pub(crate) fn order(message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
    ask(message, NLM_F_ACK | flags).map(drop)
}

/// Returns all that there is of a kind. What the library cannot read is left out.
///
/// # Errors
///
/// What the kernel says.
pub(crate) fn all(message: RouteNetlinkMessage) -> io::Result<Vec<RouteNetlinkMessage>> {
    ask(message, NLM_F_DUMP)
}

/// Returns the answer to a question about one thing.
///
/// # Errors
///
/// What the kernel says.
pub(crate) fn one(message: RouteNetlinkMessage) -> io::Result<Option<RouteNetlinkMessage>> {
    ask(message, NLM_F_ACK).map(|mut answers| answers.pop())
}

fn ask(message: RouteNetlinkMessage, flags: u16) -> io::Result<Vec<RouteNetlinkMessage>> {
    let mut message = NetlinkMessage::from(message);
    message.header.flags = NLM_F_REQUEST | flags;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);

    let mut socket = Socket::new(NETLINK_ROUTE)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    socket.send(&bytes, 0)?;
    let mut answers = Vec::new();
    let mut part = Vec::with_capacity(PART);
    loop {
        part.clear();
        socket.recv(&mut part, 0)?;
        if take(&part, &mut answers)? {
            return Ok(answers);
        }
    }
}

/// Takes one part of an answer. Returns whether it was the last.
fn take(mut part: &[u8], answers: &mut Vec<RouteNetlinkMessage>) -> io::Result<bool> {
    while let Ok(header) = NetlinkBuffer::new_checked(&part) {
        let length = header.length() as usize;
        match NetlinkMessage::deserialize(part).map(|message| message.payload) {
            Ok(NetlinkPayload::Error(error)) if error.code.is_some() => return Err(error.to_io()),
            // An error that is none says that it is done.
            Ok(NetlinkPayload::Done(_) | NetlinkPayload::Error(_)) => return Ok(true),
            Ok(NetlinkPayload::InnerMessage(message)) => answers.push(message),
            Ok(_) | Err(_) => {}
        }
        let Some(rest) = part.get(length.next_multiple_of(4)..) else { break };
        part = rest;
    }
    Ok(false)
}
