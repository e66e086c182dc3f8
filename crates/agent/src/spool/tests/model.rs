//! The spool against a model of it, through restarts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

/// What happens to a spool.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<(u8, u8)>),
    Take(u8),
    Settle(Settlement),
    Release,
    Remove(u8),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let append = prop::collection::vec((0..3_u8, 0..3_u8), 0..4).prop_map(Step::Append);
    let settled = prop_oneof![Just(Settlement::Delivered), Just(Settlement::Refused)];
    prop_oneof![
        4 => append,
        4 => (0..3_u8).prop_map(Step::Take),
        3 => settled.prop_map(Step::Settle),
        1 => Just(Step::Release),
        1 => (0..3_u8).prop_map(Step::Remove),
        1 => Just(Step::Reopen),
    ]
}

/// What a spool should hold: numbers and texts, by queue and stream.
#[derive(Default)]
struct Model {
    waiting: BTreeMap<(String, String), VecDeque<(u64, String)>>,
    busy: BTreeSet<(String, String)>,
    made: u64,
}

impl Model {
    fn next(&self, queue: &str) -> Option<(u64, String)> {
        self.waiting
            .iter()
            .filter(|(names, waiting)| {
                names.0 == queue && !self.busy.contains(names) && !waiting.is_empty()
            })
            .filter_map(|(_, waiting)| waiting.front().cloned())
            .min()
    }

    fn count(&self, queue: &str) -> u64 {
        let of_queue = self.waiting.iter().filter(|(names, _)| names.0 == queue);
        of_queue.map(|(_, waiting)| waiting.len() as u64).sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_spool_holds_what_a_model_holds_through_every_restart(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let directory = TempDir::new().unwrap();
        let mut spool = open(&directory);
        let mut model = Model::default();
        let mut under_way: Vec<Taken> = Vec::new();
        let name = |number: u8| format!("q{number}");
        for step in steps {
            match step {
                Step::Append(batches) => {
                    let mut appended = Vec::new();
                    for (queue, stream) in batches {
                        model.made += 1;
                        let (number, stream) = (model.made, format!("s{stream}"));
                        appended.push(numbered(&name(queue), &stream, number));
                        let names = (name(queue), stream);
                        let text = format!("batch {number} a");
                        model.waiting.entry(names).or_default().push_back((number, text));
                    }
                    let (count, again) = (appended.len() as u64, appended.clone());
                    prop_assert_eq!(append(&spool, appended).batches, count);
                    prop_assert_eq!(append(&spool, again).skipped, count);
                }
                Step::Take(queue) => {
                    let taken = spool.take(&name(queue).as_str().into());
                    let expected = model.next(&name(queue));
                    prop_assert_eq!(taken.as_ref().map(|taken| taken.number), expected.as_ref().map(|next| next.0));
                    if let (Some(taken), Some((_, text))) = (taken, expected) {
                        prop_assert_eq!(&spool.read(&taken).unwrap()[0].message, &text);
                        model.busy.insert((name(queue), taken.log_stream.to_string()));
                        under_way.push(taken);
                    }
                }
                Step::Settle(settlement) => {
                    let Some(taken) = under_way.pop() else { continue };
                    spool.settle(&taken, settlement).unwrap();
                    let names = (taken.queue.to_string(), taken.log_stream.to_string());
                    model.busy.remove(&names);
                    model.waiting.get_mut(&names).unwrap().pop_front();
                }
                Step::Release => {
                    let Some(taken) = under_way.pop() else { continue };
                    spool.release(&taken);
                    model.busy.remove(&(taken.queue.to_string(), taken.log_stream.to_string()));
                }
                Step::Remove(queue) => {
                    let queue = name(queue);
                    let dropped = spool.remove_queue(&queue.as_str().into()).unwrap();
                    prop_assert_eq!(dropped.len() as u64, model.count(&queue));
                    model.waiting.retain(|names, _| names.0 != queue);
                    model.busy.retain(|names| names.0 != queue);
                    under_way.retain(|taken| taken.queue.as_str() != queue);
                }
                Step::Reopen => {
                    drop(spool);
                    spool = open(&directory);
                    prop_assert_eq!(spool.damage(), Damage::default());
                    model.busy.clear();
                    under_way.clear();
                }
            }
            for queue in 0..3 {
                let state = spool.queue_state(&name(queue).as_str().into());
                prop_assert_eq!(state.batches, model.count(&name(queue)));
                prop_assert_eq!(state.records, 2 * state.batches);
            }
            let nothing_waits = model.waiting.values().all(VecDeque::is_empty);
            prop_assert_eq!(spool.bytes() == 0, nothing_waits);
            prop_assert_eq!(files(directory.path(), "segment").is_empty(), nothing_waits);
        }
    }
}
