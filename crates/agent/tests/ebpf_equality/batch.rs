//! A thousand sequences at a time: made up, judged by both, compared.

use flowlogd_agent::capture::ebpf::layout::counter;
use flowlogd_agent::capture::ebpf::{EbpfError, Timing};

use crate::books::{Books, Flow, Setup};
use crate::cases::{Case, Counts};
use crate::inventory::World;
use crate::kernel::{Bench, Part, closes};
use crate::oracle::{self, Judged};
use crate::rng::Rng;
use crate::telling::Observed;
use crate::traffic::{SECOND, Sequence};

/// Inventories of a batch.
const WORLDS: usize = 25;
/// Sequences of a batch: not all slots, so that some are nobody's.
pub(crate) const SEQUENCES: u32 = 1000;

/// Everything that a batch is played from.
pub(crate) struct Batch {
    worlds: Vec<World>,
    parts: Vec<(usize, usize, Sequence)>,
    timing: TimingPlan,
    swaps_at_change: bool,
}

/// Offsets of the wall clock, relative to the beginning of a batch.
#[derive(Clone, Copy, Debug)]
struct TimingPlan {
    offset: u64,
    /// Seconds after the beginning, and how much further ahead or back the wall clock is from then on.
    switch: Option<(u64, i64)>,
}

/// A sequence that the two judge differently.
pub(crate) struct Difference {
    pub(crate) place: usize,
    pub(crate) slot: u32,
    pub(crate) setup: Setup,
    pub(crate) expected: Books,
    pub(crate) observed: Observed,
}

impl Batch {
    /// Makes up a batch. It depends on seed and number alone.
    pub(crate) fn random(seed: u64, number: u64, window: u64) -> Self {
        let mut rng = Rng::new(seed, number);
        let worlds: Vec<World> = (0..WORLDS).map(|_| World::random(&mut rng)).collect();
        let timing = TimingPlan::random(&mut rng);
        let wall = timing.offset % (window * SECOND);
        let mut parts = Vec::with_capacity(SEQUENCES as usize);
        for _ in 0..SEQUENCES {
            let world = rng.below(u32::try_from(WORLDS).expect("few")) as usize;
            let sites = &worlds[world].sites;
            let site = rng.below(u32::try_from(sites.len()).expect("few")) as usize;
            let sequence = Sequence::random(&mut rng, &worlds[world], &sites[site], window, wall);
            parts.push((world, site, sequence));
        }
        Self { worlds, parts, timing, swaps_at_change: rng.percent(30) }
    }

    /// Lets both judge all sequences, and returns those of which they say different things.
    pub(crate) fn run(
        &self,
        bench: &mut Bench,
        counts: &mut Counts,
    ) -> Result<Vec<Difference>, EbpfError> {
        let all: Vec<(usize, &Sequence)> =
            self.parts.iter().map(|part| &part.2).enumerate().collect();
        self.run_some(bench, &all, counts)
    }

    /// Does so with some sequences, or with others in their places.
    pub(crate) fn run_some(
        &self,
        bench: &mut Bench,
        some: &[(usize, &Sequence)],
        counts: &mut Counts,
    ) -> Result<Vec<Difference>, EbpfError> {
        let course = bench.course(|start| self.timing.at(start));
        let parts: Vec<Part<'_>> = some
            .iter()
            .map(|(place, sequence)| {
                let (world, site, _) = &self.parts[*place];
                let slot = u32::try_from(*place).expect("at most the slots");
                Part { slot, site: &self.worlds[*world].sites[*site], sequence }
            })
            .collect();
        let observed = bench.play(&parts, &course, self.swaps_at_change)?;
        let mut differences = Vec::new();
        for (((place, sequence), part), observed) in some.iter().zip(&parts).zip(observed) {
            let setup = bench.setup(part.slot);
            let judged = oracle::judge(sequence, self.world(*place), part.site, &course, setup);
            let mut cases = judged.cases;
            if observed.events + observed.lost > 0 {
                cases |= Case::Overflow.bit();
            }
            if observed.lost > 0 {
                cases |= Case::Lost.bit();
            }
            counts.count(sequence.packets.len(), cases, &judged.books);
            if !agree(&judged, &observed) {
                let expected = judged.books;
                differences.push(Difference {
                    place: *place,
                    slot: part.slot,
                    setup,
                    expected,
                    observed,
                });
            }
        }
        Ok(differences)
    }

    pub(crate) fn world(&self, place: usize) -> &World {
        &self.worlds[self.parts[place].0]
    }

    pub(crate) fn interface(&self, place: usize) -> &flowlogd_vpc::Interface {
        let (world, site, _) = &self.parts[place];
        let world = &self.worlds[*world];
        world.before.interface(world.sites[*site].index).expect("it was compiled")
    }

    pub(crate) fn sequence(&self, place: usize) -> &Sequence {
        &self.parts[place].2
    }

    /// Returns the course that a batch has from a beginning on.
    pub(crate) fn timing_text(&self) -> String {
        format!(
            "{:?}, {}",
            self.timing,
            if self.swaps_at_change { "an epoch for each half" } else { "one epoch" }
        )
    }
}

/// Returns whether the kernel tells what the engine does. Where it says that packets were lost, the sums have to close.
fn agree(judged: &Judged, observed: &Observed) -> bool {
    let expected = &judged.books;
    if observed.lost == 0 {
        return same_flows(judged, observed)
            && expected.counters == observed.books.counters
            && expected.connections == observed.books.connections
            && expected.dropped == observed.books.dropped;
    }
    let in_flows = |window: u64| {
        let flows = observed.books.flows.iter().filter(|flow| flow.window == window);
        flows.map(|flow| flow.packets).sum::<u64>()
    };
    let all_close = observed
        .books
        .counters
        .iter()
        .all(|(window, counters)| closes(counters, in_flows(*window)));
    let mut counters = observed.books.counters.clone();
    for of_window in counters.values_mut() {
        of_window.of[counter::LOST] = 0;
    }
    all_close
        && counters == expected.counters
        && observed.books.connections == expected.connections
        && observed.books.dropped == expected.dropped
}

/// Returns whether the flows are the same.
///
/// Where an accepted packet's verdict stands for another of its tick (semantics.md 7), the connection may meanwhile have
/// been closed and opened anew by the other side, on another ground. A flow that is in one table from its first packet on
/// does not learn of it. What the kernel tells in several pieces may, as each piece is judged by itself: only then the
/// mark is also right if it is so packet by packet.
fn same_flows(judged: &Judged, observed: &Observed) -> bool {
    let (expected, told) = (&judged.books.flows, &observed.books.flows);
    if expected.len() != told.len() {
        return false;
    }
    let facts = judged.mixed_packet_by_packet.iter().zip(&observed.joined);
    expected.iter().zip(told).zip(facts).all(|((expected, told), (is_mixed, is_joined))| {
        let is_same = expected == told;
        is_same || *is_joined && Flow { is_mixed: *is_mixed, ..expected.clone() } == *told
    })
}

impl TimingPlan {
    fn random(rng: &mut Rng) -> Self {
        let seconds = 1_700_000_000 + u64::from(rng.below(1_000_000));
        // Mostly a tick and a second of the wall clock begin together.
        let part = if rng.percent(40) { rng.next() % SECOND } else { 0 };
        let switch = rng.percent(40).then(|| {
            let by = match rng.below(4) {
                0 => 1,
                1 => -1,
                2 => i64::from(rng.below(200)) - 100,
                _ => i64::from(rng.below(2_000_000_000)) * 50 - 50_000_000_000,
            };
            let by = if by.abs() < 1000 { by * 1_000_000_000 } else { by };
            (u64::from(rng.within(1, 300)), by)
        });
        Self { offset: seconds * SECOND + part, switch }
    }

    fn at(self, start: u64) -> Timing {
        let offset = i64::try_from(self.offset).expect("this century");
        match self.switch {
            None => Timing::fixed(offset),
            Some((after, by)) => {
                Timing { offset, switch_at: start + after * SECOND, next_offset: offset + by }
            }
        }
    }
}
