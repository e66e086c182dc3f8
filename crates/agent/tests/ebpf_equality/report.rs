//! What people read: of a run one line, of a difference all that is needed to understand it.

use flowlogd_agent::capture::ebpf::EbpfError;
use flowlogd_packet::{LinkType, parse};

use crate::batch::{Batch, Difference};
use crate::books::{Books, Flow};
use crate::cases::Counts;
use crate::kernel::Bench;
use crate::traffic::{SECOND, Sequence};

#[expect(clippy::print_stderr, reason = "what a run had is its result")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Makes a sequence as short as the difference allows, and tells everything about it.
pub(crate) fn explain(
    batch: &Batch,
    bench: &mut Bench,
    difference: &Difference,
    seed: u64,
    number: u64,
) {
    let (sequence, alone) =
        shrink(batch, bench, difference.place).unwrap_or_else(|error| panic!("{error}"));
    let shown = alone.as_ref().unwrap_or(difference);
    let mut text = format!(
        "DIFFERENCE: seed {seed}, batch {number}, slot {}, {:?}\n",
        difference.slot, difference.setup
    );
    if alone.is_none() {
        text += "(not by itself: the other sequences of the batch have a part in it)\n";
    }
    text += &format!("{}\n{:?}\n", batch.timing_text(), batch.interface(difference.place));
    text += &packets(&sequence);
    text += &compare(&shown.expected, &shown.observed.books);
    text += &format!("events {}, lost {}\n", shown.observed.events, shown.observed.lost);
    text += &grounds(batch, difference.place, &shown.expected, &shown.observed.books);
    say(&text);
}

/// Drops packets while the difference stays.
fn shrink(
    batch: &Batch,
    bench: &mut Bench,
    place: usize,
) -> Result<(Sequence, Option<Difference>), EbpfError> {
    let mut sequence = batch.sequence(place).clone();
    let mut alone = |sequence: &Sequence| -> Result<Option<Difference>, EbpfError> {
        let mut differences =
            batch.run_some(bench, &[(place, sequence)], &mut Counts::default())?;
        Ok(differences.pop())
    };
    let Some(mut difference) = alone(&sequence)? else { return Ok((sequence, None)) };
    let mut at = sequence.packets.len();
    while at > 0 {
        at -= 1;
        let mut shorter = sequence.clone();
        shorter.packets.remove(at);
        if at < shorter.before_change {
            shorter.before_change -= 1;
        }
        if let Some(still) = alone(&shorter)? {
            (sequence, difference) = (shorter, still);
        }
    }
    Ok((sequence, Some(difference)))
}

fn packets(sequence: &Sequence) -> String {
    let link = if sequence.is_raw_ip { LinkType::RawIp } else { LinkType::Ethernet };
    let mut text = String::new();
    for (place, packet) in sequence.packets.iter().enumerate() {
        if place == sequence.before_change {
            text += "  -- rules change --\n";
        }
        let is_egress = (sequence.received_is == 1) == packet.is_received;
        let header = parse(link, &packet.frame, u32::try_from(packet.frame.len()).unwrap_or(0))
            .map(|parsed| parsed.header);
        text += &format!(
            "  {:>4}.{:09} {} {} bytes {header:?}\n",
            packet.at / SECOND,
            packet.at % SECOND,
            if is_egress { "egress" } else { "ingress" },
            packet.frame.len(),
        );
        if header.is_err() {
            text += &format!("    {:02x?}\n", packet.frame);
        }
    }
    text
}

/// Tells what the two say differently.
fn compare(expected: &Books, observed: &Books) -> String {
    let mut text = String::new();
    let lacks = |flow: &&Flow, books: &Books| !books.flows.contains(flow);
    for flow in expected.flows.iter().filter(|flow| lacks(flow, observed)) {
        text += &format!("engine: {flow:?}\n");
    }
    for flow in observed.flows.iter().filter(|flow| lacks(flow, expected)) {
        text += &format!("kernel: {flow:?}\n");
    }
    let windows = expected.counters.keys().chain(observed.counters.keys());
    let mut windows: Vec<u64> = windows.copied().collect();
    windows.sort_unstable();
    windows.dedup();
    for window in windows {
        let of = |books: &Books| books.counters.get(&window).copied().unwrap_or_default();
        let (engine, kernel) = (of(expected), of(observed));
        for (counter, (one, other)) in engine.of.iter().zip(kernel.of).enumerate() {
            if *one != other {
                text +=
                    &format!("window {window}, counter {counter}: engine {one}, kernel {other}\n");
            }
        }
    }
    if expected.connections != observed.connections {
        text += &format!(
            "connections: engine {}, kernel {}\n",
            expected.connections, observed.connections
        );
    }
    text
}

fn grounds(batch: &Batch, place: usize, expected: &Books, observed: &Books) -> String {
    let mut numbers: Vec<u32> =
        expected.flows.iter().chain(&observed.flows).map(|flow| flow.ground.0).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let book = &batch.world(place).book;
    let texts = numbers.into_iter().filter_map(|number| {
        let ground = book.ground(flowlogd_vpc::GroundIndex(number))?;
        Some(format!("ground {number}: {ground}\n"))
    });
    texts.collect()
}
