//! A device's own packet counters: what it saw while nobody looked.

use std::collections::BTreeMap;
use std::fs;
use std::io;

/// Frames, as a device has counted them since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) received: u64,
    /// Received and sent.
    pub(super) packets: u64,
    /// Frames that were to be sent, and that the device dropped.
    pub(super) not_sent: u64,
}

/// Returns the packets that a device of this thread's network namespace has received and sent since it was
/// made; nothing if there is no such device.
pub(super) fn packets(device: &str) -> io::Result<Option<u64>> {
    let text = text()?;
    let counters = lines(&text).find(|(name, _)| *name == device).map(|(_, counters)| counters);
    Ok(counters.and_then(|counters| Some(counters.get(1)? + counters.get(9)?)))
}

/// Returns the packets of every device of this thread's network namespace.
pub(super) fn all() -> io::Result<BTreeMap<String, Passed>> {
    let text = text()?;
    Ok(lines(&text)
        .filter_map(|(name, counters)| Some((name.to_owned(), passed(&counters)?)))
        .collect())
}

fn text() -> io::Result<String> {
    fs::read_to_string("/proc/thread-self/net/dev")
}

/// A line is `name: bytes packets errs drop fifo frame compressed multicast` of what was received, and
/// `bytes packets errs drop fifo colls carrier compressed` of what was sent.
fn lines(text: &str) -> impl Iterator<Item = (&str, Vec<u64>)> {
    text.lines().filter_map(|line| {
        let (name, counters) = line.split_once(':')?;
        let counters = counters.split_whitespace().map_while(|word| word.parse().ok()).collect();
        Some((name.trim(), counters))
    })
}

fn passed(counters: &[u64]) -> Option<Passed> {
    let (received, sent) = (*counters.get(1)?, *counters.get(9)?);
    Some(Passed { received, packets: received + sent, not_sent: *counters.get(11)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_devices_counters_are_read_by_their_place() {
        let text = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo:   25056     280    0    0    0     0          0         0    25056     281    0    0    0     0       0          0
veth0: 100 7    0    1    0     0          0         0    300     5    0    3    0     0       0          0
junk: x
";
        let of: BTreeMap<_, _> = lines(text).collect();
        assert_eq!(passed(&of["lo"]), Some(Passed { received: 280, packets: 561, not_sent: 0 }));
        assert_eq!(passed(&of["veth0"]), Some(Passed { received: 7, packets: 12, not_sent: 3 }));
        assert_eq!(passed(&of["junk"]), None);
        assert!(!of.contains_key("eth0"));
    }

    #[test]
    fn a_device_that_is_not_there_has_no_packets() {
        assert!(packets("lo").expect("readable").is_some());
        assert_eq!(packets("no-such-device").expect("readable"), None);
    }
}
