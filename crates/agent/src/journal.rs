//! The journal of a live attachment: what was counted in windows that are not published yet, so that
//! killing the agent loses no more than what came after the last epoch (`semantics.md` 20, 21).
//!
//! Two files, both sequences of checksummed frames. `rules` holds the inventories of all generations, in the
//! order in which they were compiled: compiled again, everything gets the same numbers. `journal` holds a
//! standing and the epochs since then; it begins anew after every publication. An epoch counts only with its
//! closing mark, which names the number of its frames; `fdatasync` comes before the epoch is relied upon.

mod frame;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flowlogd_aws::flowlogd::WindowLedger;
use flowlogd_flowlog::WindowFlows;
use flowlogd_vpc::InterfaceIndex;
use serde::{Deserialize, Serialize};

use crate::ledger::InterfaceLedger;
use crate::windows::Standing;
use frame::{Frame, Frames, write_frame};

/// What the kernel and the clock showed when an epoch ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The packets' clock, Unix seconds.
    pub at: u64,
    /// Packets that the device has received and sent since it was made, by its own count.
    pub device_packets: u64,
    /// The last epoch of the kernel's tables that is in this journal; 0 where packets come another way.
    #[serde(default)]
    pub epoch: u64,
}

/// What a journal says of an attachment whose process ended early.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The name of the run, to go on with its numbers.
    pub run: String,
    /// Inventories as JSON, with the seconds from which they were in force.
    pub rules: Vec<(u64, String)>,
    /// Where the windows stood, the epochs since then included.
    pub standing: Standing,
    /// Books of windows that are not published, by window number and interface.
    pub books: BTreeMap<(u64, InterfaceIndex), InterfaceLedger>,
    /// The closing that was begun: windows below this number. It may have been published or not.
    pub closing: Option<u64>,
    /// The last mark.
    pub mark: Mark,
    /// Ledgers of published windows that the server may not have been told.
    pub untold: Vec<WindowLedger>,
    /// Bytes at the end that were no whole epoch.
    pub cut_off: u64,
}

/// What a journal begins with: all that an attachment has to remember of what it has published.
#[derive(Clone, Copy, Debug)]
pub struct Beginning<'a> {
    /// Where the windows stand.
    pub standing: &'a Standing,
    /// Books of windows that are not published.
    pub books: &'a BTreeMap<(u64, InterfaceIndex), InterfaceLedger>,
    /// What kernel and clock showed at the last epoch.
    pub mark: Mark,
    /// Ledgers of published windows that the server may not have been told.
    pub untold: &'a [WindowLedger],
    /// A closing that was begun and is to be published again.
    pub closing: Option<u64>,
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A file failed.
    #[error("the journal {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// How.
        source: io::Error,
    },
    /// What a whole frame holds is not what it should be.
    #[error("the journal {path} is damaged: {what}")]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What.
        what: String,
    },
}

/// The first frame of a journal.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    run: String,
    /// Generations that the standing and the epochs refer to: so many frames of `rules` are needed.
    generations: usize,
    known: Vec<u32>,
    next_base: Option<u64>,
    next_long: Option<u64>,
    base: Vec<u64>,
    long: Vec<u64>,
    books: Vec<Book>,
    mark: Mark,
    untold: Vec<WindowLedger>,
    #[serde(default)]
    last_closing: u64,
    #[serde(default)]
    closing: Option<u64>,
}

/// The books of a window and an interface.
#[derive(Clone, Serialize, Deserialize)]
struct Book {
    window: u64,
    interface: u32,
    ledger: InterfaceLedger,
}

const VERSION: u32 = 2;

/// A journal that is written to.
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    run: String,
    file: File,
    rules: File,
    generations: usize,
    /// Frames of the epoch that is being written.
    buffer: Vec<u8>,
    frames: u64,
}

impl Journal {
    /// Begins an empty journal; what was there goes.
    pub fn create(directory: &Path, run: &str) -> Result<Self, JournalError> {
        fs::create_dir_all(directory).map_err(failed(directory))?;
        let rules_path = directory.join("rules");
        let rules = File::create(&rules_path).map_err(failed(&rules_path))?;
        let nothing = Beginning {
            standing: &Standing::default(),
            books: &BTreeMap::new(),
            mark: Mark::default(),
            untold: &[],
            closing: None,
        };
        Self::begin(directory.to_owned(), run.to_owned(), rules, 0, nothing)
    }

    /// Goes on with the journal that [`read`] has read.
    pub fn resume(directory: &Path, recovered: &Recovered) -> Result<Self, JournalError> {
        let path = directory.join("rules");
        let rules = File::options().append(true).open(&path).map_err(failed(&path))?;
        let beginning = Beginning {
            standing: &recovered.standing,
            books: &recovered.books,
            mark: recovered.mark,
            untold: &recovered.untold,
            closing: recovered.closing,
        };
        let (directory, run) = (directory.to_owned(), recovered.run.clone());
        Self::begin(directory, run, rules, recovered.rules.len(), beginning)
    }

    /// Writes the file anew: its beginning and nothing after it.
    fn begin(
        directory: PathBuf,
        run: String,
        rules: File,
        generations: usize,
        Beginning { standing, books, mark, untold, closing }: Beginning<'_>,
    ) -> Result<Self, JournalError> {
        let head = Head {
            version: VERSION,
            run: run.clone(),
            generations,
            known: standing.known.iter().map(|interface| interface.0).collect(),
            next_base: standing.next_base,
            next_long: standing.next_long,
            base: standing.base.keys().copied().collect(),
            long: standing.long.keys().copied().collect(),
            books: booked(books),
            mark,
            untold: untold.to_vec(),
            last_closing: standing.last_closing,
            closing,
        };
        let mut bytes = Vec::new();
        write_frame(&mut bytes, Frame::Head, &json(&directory, &head)?);
        for flows in standing.base.values().chain(standing.long.values()) {
            let mut body = Vec::new();
            flows.encode(&mut body);
            write_frame(&mut bytes, Frame::Standing, &body);
        }
        let (path, new) = (directory.join("journal"), directory.join("journal.new"));
        let mut file = File::create(&new).map_err(failed(&new))?;
        file.write_all(&bytes).map_err(failed(&new))?;
        file.sync_all().map_err(failed(&new))?;
        fs::rename(&new, &path).map_err(failed(&path))?;
        let handle = File::open(&directory).map_err(failed(&directory))?;
        handle.sync_all().map_err(failed(&directory))?;
        Ok(Self { directory, run, file, rules, generations, buffer: Vec::new(), frames: 0 })
    }

    /// Adds the rules of the next generation. They are on disk before anything refers to them.
    pub fn add_rules(&mut self, from: u64, inventory: &str) -> Result<(), JournalError> {
        let mut bytes = Vec::new();
        let mut body = from.to_le_bytes().to_vec();
        body.extend(inventory.as_bytes());
        write_frame(&mut bytes, Frame::Rules, &body);
        let path = self.directory.join("rules");
        self.rules.write_all(&bytes).map_err(failed(&path))?;
        self.rules.sync_data().map_err(failed(&path))?;
        self.generations += 1;
        Ok(())
    }

    /// Adds flows to the epoch.
    pub fn add_flows(&mut self, window: u64, flows: &WindowFlows) {
        let mut body = window.to_le_bytes().to_vec();
        flows.encode(&mut body);
        self.push(Frame::Flows, &body);
    }

    /// Adds books to the epoch.
    pub fn add_books(
        &mut self,
        books: &BTreeMap<(u64, InterfaceIndex), InterfaceLedger>,
    ) -> Result<(), JournalError> {
        if !books.is_empty() {
            let body = json(&self.directory, &booked(books))?;
            self.push(Frame::Books, &body);
        }
        Ok(())
    }

    /// Ends the epoch. When this returns it is on disk.
    pub fn end_epoch(&mut self, mark: Mark) -> Result<(), JournalError> {
        let (frames, generations) = (self.frames, self.generations);
        let body = json(&self.directory, &(frames, generations, mark))?;
        self.push(Frame::Mark, &body);
        self.flush()
    }

    /// Says that windows below a number are being published. Their flows have to be in epochs before.
    pub fn begin_closing(&mut self, closed_before: u64) -> Result<(), JournalError> {
        self.push(Frame::Closing, &closed_before.to_le_bytes());
        self.flush()
    }

    /// Begins anew after a publication.
    pub fn restart(&mut self, beginning: Beginning<'_>) -> Result<(), JournalError> {
        let rules = self.rules.try_clone().map_err(failed(&self.directory))?;
        let (directory, run) = (self.directory.clone(), self.run.clone());
        *self = Self::begin(directory, run, rules, self.generations, beginning)?;
        Ok(())
    }

    /// Returns the name of the run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Removes the journal: everything is published.
    pub fn remove(self) -> Result<(), JournalError> {
        for name in ["journal", "rules"] {
            let path = self.directory.join(name);
            fs::remove_file(&path).map_err(failed(&path))?;
        }
        Ok(())
    }

    fn push(&mut self, kind: Frame, body: &[u8]) {
        write_frame(&mut self.buffer, kind, body);
        self.frames += 1;
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        let path = self.directory.join("journal");
        self.file.write_all(&self.buffer).map_err(failed(&path))?;
        self.file.sync_data().map_err(failed(&path))?;
        self.buffer.clear();
        self.frames = 0;
        Ok(())
    }
}

/// Reads the journal that an earlier process left; nothing where there is none.
pub fn read(directory: &Path) -> Result<Option<Recovered>, JournalError> {
    let path = directory.join("journal");
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&path)(error)),
    };
    let damaged = |what: &str| JournalError::Damaged { path: path.clone(), what: what.to_owned() };
    let mut frames = Frames::new(&bytes);
    // The head is in place whole, by a rename.
    let Some((Frame::Head, body)) = frames.next() else {
        return Err(damaged("it has no head"));
    };
    let head: Head = serde_json::from_slice(body).map_err(|error| damaged(&error.to_string()))?;
    if head.version != VERSION {
        return Err(damaged(&format!("version {} is not {VERSION}", head.version)));
    }
    let mut standing = Standing {
        known: head.known.iter().map(|interface| InterfaceIndex(*interface)).collect(),
        next_base: head.next_base,
        next_long: head.next_long,
        last_closing: head.last_closing,
        ..Standing::default()
    };
    let flows_of = |frames: &mut Frames<'_>| {
        let Some((Frame::Standing, body)) = frames.next() else {
            return Err(damaged("its standing is not whole"));
        };
        WindowFlows::decode(body).map_err(|error| damaged(&error.to_string()))
    };
    for number in head.base {
        standing.base.insert(number, flows_of(&mut frames)?);
    }
    for number in head.long {
        standing.long.insert(number, flows_of(&mut frames)?);
    }
    let mut recovered = Recovered {
        run: head.run,
        standing,
        books: head
            .books
            .into_iter()
            .map(|book| ((book.window, InterfaceIndex(book.interface)), book.ledger))
            .collect(),
        mark: head.mark,
        untold: head.untold,
        closing: head.closing,
        ..Recovered::default()
    };
    let mut generations = head.generations;
    let mut whole = frames.position();
    let mut epoch: Vec<(Frame, &[u8])> = Vec::new();
    while let Some((kind, body)) = frames.next() {
        match kind {
            Frame::Mark => {
                let (count, known, mark): (u64, usize, Mark) =
                    serde_json::from_slice(body).map_err(|error| damaged(&error.to_string()))?;
                if count != epoch.len() as u64 {
                    break;
                }
                for (kind, body) in epoch.drain(..) {
                    take_frame(&mut recovered, kind, body).map_err(|what| damaged(&what))?;
                }
                generations = known;
                recovered.mark = mark;
            }
            Frame::Closing => {
                let number = body.try_into().map(u64::from_le_bytes);
                recovered.closing =
                    Some(number.map_err(|_| damaged("a closing without its number"))?);
            }
            Frame::Flows | Frame::Books => {
                epoch.push((kind, body));
                continue;
            }
            Frame::Head | Frame::Standing | Frame::Rules => {
                return Err(damaged("frames out of order"));
            }
        }
        whole = frames.position();
    }
    recovered.cut_off = (bytes.len() - whole) as u64;
    recovered.rules = read_rules(directory, generations)?;
    Ok(Some(recovered))
}

fn take_frame(recovered: &mut Recovered, kind: Frame, body: &[u8]) -> Result<(), String> {
    if kind == Frame::Books {
        let books: Vec<Book> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        for book in books {
            let slot = (book.window, InterfaceIndex(book.interface));
            recovered.books.entry(slot).or_default().add(&book.ledger);
        }
        return Ok(());
    }
    let (number, flows) = body.split_first_chunk().ok_or("flows without their window")?;
    let flows = WindowFlows::decode(flows).map_err(|error| error.to_string())?;
    let number = u64::from_le_bytes(*number);
    recovered.standing.base.entry(number).or_default().absorb(flows);
    Ok(())
}

fn read_rules(directory: &Path, generations: usize) -> Result<Vec<(u64, String)>, JournalError> {
    let path = directory.join("rules");
    let bytes = fs::read(&path).map_err(failed(&path))?;
    let damaged = |what: &str| JournalError::Damaged { path: path.clone(), what: what.to_owned() };
    let mut rules = Vec::new();
    for (kind, body) in Frames::new(&bytes) {
        let (Frame::Rules, Some((from, inventory))) = (kind, body.split_first_chunk()) else {
            return Err(damaged("a frame that is no rules"));
        };
        let inventory =
            std::str::from_utf8(inventory).map_err(|error| damaged(&error.to_string()))?;
        rules.push((u64::from_le_bytes(*from), inventory.to_owned()));
    }
    if rules.len() < generations {
        return Err(damaged("rules are missing that flows refer to"));
    }
    Ok(rules)
}

fn booked(books: &BTreeMap<(u64, InterfaceIndex), InterfaceLedger>) -> Vec<Book> {
    books
        .iter()
        .map(|((window, interface), ledger)| Book {
            window: *window,
            interface: interface.0,
            ledger: ledger.clone(),
        })
        .collect()
}

fn json(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(value)
        .map_err(|error| JournalError::Damaged { path: path.to_owned(), what: error.to_string() })
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flows(interface: u32, packets: u64) -> WindowFlows {
        WindowFlows {
            lost: BTreeMap::from([(InterfaceIndex(interface), packets)]),
            ..WindowFlows::default()
        }
    }

    fn books(seen: u64) -> BTreeMap<(u64, InterfaceIndex), InterfaceLedger> {
        let ledger = InterfaceLedger { seen, ..InterfaceLedger::default() };
        BTreeMap::from([((7, InterfaceIndex(0)), ledger)])
    }

    #[test]
    fn whole_epochs_are_read_again_and_no_part_of_a_torn_one() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(directory.path(), "run-1").unwrap();
        journal.add_rules(0, "{}").unwrap();
        let path = directory.path().join("journal");
        let mut sizes = vec![fs::metadata(&path).unwrap().len()];
        for epoch in 1..=3 {
            journal.add_flows(7, &flows(0, epoch));
            journal.add_books(&books(epoch)).unwrap();
            journal.end_epoch(Mark { at: epoch, device_packets: epoch * 10, epoch }).unwrap();
            sizes.push(fs::metadata(&path).unwrap().len());
        }
        let whole = fs::read(&path).unwrap();

        for cut in usize::try_from(sizes[0]).unwrap()..=whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let recovered = read(directory.path()).unwrap().unwrap();
            let epochs = sizes[1..].iter().filter(|size| **size <= cut as u64).count() as u64;
            let sum = epochs * (epochs + 1) / 2;
            let lost =
                recovered.standing.base.get(&7).map_or(0, |flows| flows.lost[&InterfaceIndex(0)]);
            let seen = recovered.books.values().map(|book| book.seen).sum::<u64>();
            assert_eq!((lost, seen, recovered.mark.at), (sum, sum, epochs), "cut at {cut}");
            assert_eq!(recovered.run, "run-1");
            assert_eq!(recovered.rules, [(0, "{}".to_owned())]);
        }
    }

    #[test]
    fn after_a_restart_only_what_is_open_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(directory.path(), "run-1").unwrap();
        journal.add_rules(0, "{}").unwrap();
        journal.add_flows(7, &flows(0, 1));
        journal.end_epoch(Mark::default()).unwrap();
        journal.begin_closing(8).unwrap();
        let killed = read(directory.path()).unwrap().unwrap();
        assert_eq!(killed.closing, Some(8));
        // Killed again before that was published.
        let mut journal = Journal::resume(directory.path(), &killed).unwrap();
        assert_eq!(read(directory.path()).unwrap().unwrap().closing, Some(8));

        let standing = Standing {
            base: BTreeMap::from([(8, flows(2, 5))]),
            long: BTreeMap::from([(0, flows(1, 4))]),
            next_base: Some(8),
            last_closing: 480,
            ..Standing::default()
        };
        let mark = Mark { at: 481, device_packets: 9, epoch: 0 };
        let untold = [WindowLedger { seen: 1, ..WindowLedger::default() }];
        let beginning = Beginning {
            standing: &standing,
            books: &books(3),
            mark,
            untold: &untold,
            closing: None,
        };
        journal.restart(beginning).unwrap();
        journal.add_rules(9, "{\"Vpcs\":[]}").unwrap();

        let recovered = read(directory.path()).unwrap().unwrap();
        assert_eq!(recovered.standing, standing);
        assert_eq!((recovered.closing, recovered.rules.len()), (None, 2));
        assert_eq!((recovered.mark, recovered.untold.as_slice()), (mark, untold.as_slice()));
        let again = Journal::resume(directory.path(), &recovered).unwrap();
        assert_eq!(again.run(), "run-1");
        let resumed = read(directory.path()).unwrap().unwrap();
        assert_eq!((resumed.mark, resumed.untold), (mark, recovered.untold));
        again.remove().unwrap();
        assert!(read(directory.path()).unwrap().is_none());
    }

    #[test]
    fn a_flipped_bit_ends_the_journal_there_or_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(directory.path(), "run-1").unwrap();
        journal.add_rules(0, "{}").unwrap();
        journal.add_flows(7, &flows(0, 1));
        journal.end_epoch(Mark { at: 1, device_packets: 1, epoch: 0 }).unwrap();
        let path = directory.path().join("journal");
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 0x10;
            fs::write(&path, &bytes).unwrap();
            if let Ok(Some(recovered)) = read(directory.path()) {
                assert_eq!(recovered.mark, Mark::default(), "bit flipped at {place}");
                assert!(recovered.standing.base.is_empty());
                assert!(recovered.cut_off > 0);
            }
        }
    }
}
