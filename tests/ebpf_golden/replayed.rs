//! What a replay counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowlogd_agent::{Counter, Drained, EngineOptions, Rules};
use flowlogd_flowlog::{Entry, PackedKey, Silence, WindowFlows};
use flowlogd_vpc::{Exclusion, InterfaceIndex};

use crate::books::Flow;
use crate::setting::Setting;

/// Flows, and of each interface that had packets: those seen, and those excluded by reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) flows: Vec<Flow>,
    pub(crate) books: BTreeMap<InterfaceIndex, (u64, [u64; Exclusion::ALL.len()])>,
}

/// Replays a capture. What came late is put to its flow.
pub(crate) fn replay(setting: &Setting) -> Told {
    let rules = Rules::Inventory { timeline: setting.timeline.clone(), only: setting.only };
    let options = EngineOptions {
        window: setting.window,
        max_flows: 1 << 16,
        connection_allowance: setting.allowance.map(|allowance| allowance as usize),
        silence: Silence::Ignored,
    };
    let mut counter = Counter::new(Arc::new(rules), options, 1);
    let mut windows: BTreeMap<u64, WindowFlows> = BTreeMap::new();
    let mut gather = |drained: Drained| {
        for (number, flows) in drained.tables.into_iter().flatten() {
            windows.entry(number).or_default().absorb(flows);
        }
    };
    for chunk in &setting.chunks {
        let take = |_, drained| -> Result<(), ()> {
            gather(drained);
            Ok(())
        };
        counter.take(chunk, take).expect("gathering does not fail");
    }
    gather(counter.finish());
    let mut flows = Vec::new();
    for (number, window) in &windows {
        flows.extend(window.v4.iter().map(|entry| flow(*number, entry)));
        flows.extend(window.v6.iter().map(|entry| flow(*number, entry)));
    }
    flows.sort_by_key(|flow: &Flow| (flow.window, flow.key));
    let books = counter.ledger().interfaces.into_iter();
    Told {
        flows,
        books: books.map(|(interface, book)| (interface, (book.seen, book.excluded))).collect(),
    }
}

fn flow<K: PackedKey>(window: u64, entry: &Entry<K>) -> Flow {
    let tally = entry.tally;
    let (decision, generation) = tally.decision().expect("every packet was judged");
    Flow {
        window,
        key: entry.key.unpack(),
        packets: tally.packets(),
        bytes: tally.bytes(),
        seconds: tally.offsets(),
        tcp_flags: tally.tcp_flags(),
        ground: (decision.ground.0, decision.tracked),
        generation: generation.0,
        initiator: tally.initiator(),
        // Replay keeps neither with its flows.
        icmp: None,
        has_unknown_ports: false,
        is_mixed: tally.is_mixed(),
    }
}
