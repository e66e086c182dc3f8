//! A device's own packet counters: what it saw while nobody looked.

use std::collections::BTreeMap;
use std::fs;
use std::io;

/// Returns the packets that a device of this thread's network namespace has received and sent since it was
/// made; nothing if there is no such device.
pub(super) fn packets(device: &str) -> io::Result<Option<u64>> {
    Ok(parse(&fs::read_to_string("/proc/thread-self/net/dev")?, device))
}

/// Returns the packets that every device of this thread's network namespace has received and sent.
pub(super) fn all() -> io::Result<BTreeMap<String, [u64; 2]>> {
    let text = fs::read_to_string("/proc/thread-self/net/dev")?;
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    Ok(lines
        .filter_map(|(name, counters)| Some((name.trim().to_owned(), both(counters)?)))
        .collect())
}

/// A line is `name: bytes packets errs drop fifo frame compressed multicast` and the same for sending.
fn parse(text: &str, device: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| {
        let (name, counters) = line.split_once(':')?;
        (name.trim() == device).then_some(counters)
    })?;
    Some(both(line)?.iter().sum())
}

fn both(counters: &str) -> Option<[u64; 2]> {
    let counters: Vec<u64> =
        counters.split_whitespace().map_while(|word| word.parse().ok()).collect();
    Some([*counters.get(1)?, *counters.get(9)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn received_and_sent_packets_are_summed() {
        let text = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
    lo:   25056     280    0    0    0     0          0         0    25056     280    0    0    0     0       0          0
veth0: 100 7    0    0    0     0          0         0    300     5    0    0    0     0       0          0
";
        assert_eq!(parse(text, "veth0"), Some(12));
        assert_eq!(parse(text, "lo"), Some(560));
        assert_eq!(parse(text, "eth0"), None);
        assert_eq!(parse("junk: x", "junk"), None);
    }
}
