//! A block of the log store: four bytes that say how long it is when it is unpacked, and the block.

use flowlogd_logstore::{decode_block, encode_block};

/// More than any batch has.
const MOST: usize = 64 << 20;

pub(super) fn run(data: &[u8]) {
    let Some((length, body)) = data.split_first_chunk() else { return };
    let length = u32::from_le_bytes(*length) as usize;
    let events = match decode_block(body, length) {
        Ok(events) => events,
        Err(error) => return super::assert_one_line(&error.to_string()),
    };
    assert!(length <= MOST);
    let bytes: usize = events.iter().map(|event| event.message.len() + 12).sum();
    assert!(bytes <= length, "{bytes} bytes of events in {length}");
    // What the store would write of them is read as the same.
    let times = events.iter().map(|event| event.timestamp);
    if times.clone().zip(times.skip(1)).any(|(one, two)| two.checked_sub(one).is_none()) {
        return;
    }
    let (again, length) = encode_block(&events).expect("events are packed");
    assert_eq!(decode_block(&again, length).expect("what was packed is unpacked"), events);
}
