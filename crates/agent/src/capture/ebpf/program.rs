//! The program, loaded, and its maps.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use aya::maps::{Map as LoadedMap, MapData};
use aya::programs::Program as LoadedProgram;
use aya::{Ebpf, EbpfLoader, VerifierLogLevel};

use super::EbpfError;
use super::layout::{
    Cell, Chunk, Counters, Device, Epoch, Event, Flow, FlowKey, List, OVERFLOW_EVENTS, PeerKey,
    RowKey, SLOTS, Taken,
};
use super::map::Map;
use super::sys::{self, kind};

#[cfg(has_kernel_program)]
static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/flow.bpf.o"));
#[cfg(not(has_kernel_program))]
static OBJECT: &[u8] = &[];

/// How large the tables are. They are made so once, and stay so as long as they are pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Flows that each of the two tables holds.
    pub flows: u32,
    /// Address blocks of all rules together.
    pub peers: u32,
    /// Conditions of all rules together, by sixteen.
    pub chunks: u32,
}

impl Default for Sizes {
    /// About 100 MiB of the kernel's memory, most of it in the two flow tables.
    fn default() -> Self {
        Self { flows: 1 << 18, peers: 1 << 17, chunks: 1 << 14 }
    }
}

/// Rows of interfaces and windows that pass while nobody drains.
const ROWS: u32 = 1 << 14;

/// Who tells the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The kernel.
    Kernel,
    /// A test, by [`Plane::set_test_clock`](super::Plane::set_test_clock).
    Test,
}

/// Every map that the program shares with this process.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) devices: Map<u32, Device>,
    pub(super) epochs: Map<u32, u32>,
    pub(super) rulesets: Map<u32, u32>,
    pub(super) peers: Map<PeerKey, List>,
    pub(super) lists: Map<u32, Chunk>,
    pub(super) connections: Map<u32, u32>,
    pub(super) connection_counts: Map<u32, u64>,
    pub(super) test_clock: Map<u32, u64>,
    pub(super) sides: [Side; 2],
}

/// One of the two of every kind of table.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) epoch: Map<u32, Epoch>,
    pub(super) flows: Map<FlowKey, Flow>,
    pub(super) cells: Map<u32, Cell>,
    pub(super) rows: Map<RowKey, Counters>,
    pub(super) taken: Map<u32, Taken>,
    pub(super) events: Map<u32, Event>,
}

/// The program, ready to be attached.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) receive: OwnedFd,
    pub(super) send: OwnedFd,
    pub(super) sweep: OwnedFd,
}

/// Maps that outlive the process where there is a place to pin them.
const PINNED: &[&str] = &[
    "devices",
    "epochs",
    "flows",
    "cells",
    "rows",
    "taken",
    "events",
    "rulesets",
    "peers",
    "lists",
    "connections",
    "connection_counts",
    "fragments",
];

/// Loads the program. In a directory of a BPF file system the maps are pinned, or, where an earlier process has
/// pinned them, taken over.
pub(super) fn load(
    sizes: Sizes,
    clock: Clock,
    directory: Option<&Path>,
) -> Result<(Programs, Tables), EbpfError> {
    if OBJECT.is_empty() {
        return Err(EbpfError::NotBuilt);
    }
    let mut loader = EbpfLoader::new();
    // The program reads nothing of this kernel's own types.
    loader.btf(None);
    // It takes the kernel far longer to write its log than to verify.
    let wants_log = std::env::var_os("FLOWLOGD_VERIFIER_LOG").is_some();
    loader.verifier_log_level(if wants_log {
        VerifierLogLevel::DEBUG | VerifierLogLevel::STATS
    } else {
        VerifierLogLevel::DISABLE
    });
    let has_test_clock = u8::from(clock == Clock::Test);
    loader.override_global("has_test_clock", &has_test_clock, true);
    loader.map_max_entries("peers", sizes.peers);
    loader.map_max_entries("lists", sizes.chunks);
    for name in PINNED {
        if let Some(directory) = directory {
            loader.map_pin_path(name, directory.join(name));
        }
    }
    let mut object =
        loader.load(OBJECT).map_err(|error| EbpfError::load("the kernel program", error))?;
    let programs = Programs {
        receive: program(&mut object, "receive")?,
        send: program(&mut object, "send")?,
        sweep: program(&mut object, "sweep_connections")?,
    };
    let tables = Tables {
        devices: map(&mut object, "devices")?,
        epochs: map(&mut object, "epochs")?,
        rulesets: map(&mut object, "rulesets")?,
        peers: map(&mut object, "peers")?,
        lists: map(&mut object, "lists")?,
        connections: map(&mut object, "connections")?,
        connection_counts: map(&mut object, "connection_counts")?,
        test_clock: map(&mut object, "test_clock")?,
        sides: [
            side(&mut object, 0, sizes, directory).map_err(EbpfError::io("make tables"))?,
            side(&mut object, 1, sizes, directory).map_err(EbpfError::io("make tables"))?,
        ],
    };
    let [a, b] = &tables.sides;
    let mut put = || -> io::Result<()> {
        // Two at a time: each takes a wait for the programs that might use what was there.
        let both = [0, 1];
        table_of(&mut object, "flows")?.put_all(&both, &[&a.flows, &b.flows])?;
        table_of(&mut object, "cells")?.put_all(&both, &[&a.cells, &b.cells])?;
        table_of(&mut object, "rows")?.put_all(&both, &[&a.rows, &b.rows])?;
        table_of(&mut object, "taken")?.put_all(&both, &[&a.taken, &b.taken])?;
        table_of(&mut object, "events")?.put_all(&both, &[&a.events, &b.events])
    };
    put().map_err(EbpfError::io("put tables in place"))?;
    Ok((programs, tables))
}

fn program(object: &mut Ebpf, name: &'static str) -> Result<OwnedFd, EbpfError> {
    let failed = |error: &dyn std::error::Error| EbpfError::Load { what: name, why: chain(error) };
    let program = object.program_mut(name).ok_or(EbpfError::Lacks(name))?;
    let LoadedProgram::SchedClassifier(classifier) = program else {
        return Err(EbpfError::Lacks(name));
    };
    classifier.load().map_err(|error| failed(&error))?;
    let fd = classifier.fd().map_err(|error| failed(&error))?;
    fd.as_fd().try_clone_to_owned().map_err(EbpfError::io("keep the program open"))
}

fn table_of(object: &mut Ebpf, name: &str) -> io::Result<Map<u32, u32>> {
    let map = object.map(name).ok_or_else(|| io::Error::other(format!("no map {name}")))?;
    let fd = data(map).ok_or_else(|| io::Error::other(format!("map {name} is of another type")))?;
    Ok(Map::new(fd.fd().as_fd().try_clone_to_owned()?))
}

fn map<K: super::layout::Plain, V: super::layout::Plain>(
    object: &mut Ebpf,
    name: &'static str,
) -> Result<Map<K, V>, EbpfError> {
    let map = object.map(name).and_then(data).ok_or(EbpfError::Lacks(name))?;
    let fd = map.fd().as_fd().try_clone_to_owned().map_err(EbpfError::io("keep a map open"))?;
    Ok(Map::new(fd))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "there are no maps of other kinds in the object"
)]
fn data(map: &LoadedMap) -> Option<&MapData> {
    match map {
        LoadedMap::Array(data)
        | LoadedMap::HashMap(data)
        | LoadedMap::LruHashMap(data)
        | LoadedMap::LpmTrie(data)
        | LoadedMap::PerCpuArray(data)
        | LoadedMap::ArrayOfMaps(data) => Some(data),
        _ => None,
    }
}

/// Makes or takes over one side's tables.
fn side(_: &mut Ebpf, which: u32, sizes: Sizes, directory: Option<&Path>) -> io::Result<Side> {
    let keep = Keep { directory, which };
    Ok(Side {
        epoch: keep.map(kind::ARRAY, 1, "epoch")?,
        flows: keep.map(kind::HASH, sizes.flows, "flows")?,
        cells: keep.map(kind::PERCPU_ARRAY, SLOTS, "cells")?,
        rows: keep.map(kind::HASH, ROWS, "rows")?,
        taken: keep.map(kind::ARRAY, SLOTS + 1, "taken")?,
        events: keep.map(kind::ARRAY, OVERFLOW_EVENTS, "events")?,
    })
}

/// Where one side's tables are kept.
struct Keep<'a> {
    directory: Option<&'a Path>,
    which: u32,
}

impl Keep<'_> {
    fn map<K: super::layout::Plain, V: super::layout::Plain>(
        &self,
        kind: u32,
        entries: u32,
        name: &str,
    ) -> io::Result<Map<K, V>> {
        let Some(directory) = self.directory else { return Map::create(kind, entries, 0, name) };
        let path = directory.join(format!("{name}_{}", self.which));
        match sys::pinned(&path) {
            Ok(fd) => Ok(Map::new(fd)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let map = Map::create(kind, entries, 0, name)?;
                sys::pin(map.as_fd(), &path)?;
                Ok(map)
            }
            Err(error) => Err(error),
        }
    }
}

/// An error and all its causes in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += ": ";
        text += &cause.to_string();
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_loads() {
        if let Err(error) = load(Sizes::default(), Clock::Test, None) {
            panic!("{error}");
        }
    }
}
