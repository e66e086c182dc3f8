//! What the log store costs: CPU for each event that comes in, is moved and is merged; how long pages take from
//! blocks and from segments; searches to the last page; bytes on disk.
//!
//!     cargo bench -p flowlogd-logstore --bench store -- --lines FILE --streams 500
//!
//! FILE has flow log lines of the default format, with or without a header line; without one, lines are made.
//! Each line is an event at its `start`, in the stream of its interface; the store's clock follows them.

#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a bench looks at the clock, and fails where what it relies on is not so"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowlogd_logstore::{
    Batch, ColumnKind, Event, FilterQuery, From, GetQuery, InputEvent, LineCodec, LineColumn,
    LineFormat, LogStore, NewGroup, Owner, Pattern, Settings, StreamOrder, StreamQuery, Streams,
    Tokens,
};

const HOUR: i64 = 3_600_000;
/// Bytes of a full page, as AWS counts them.
const PAGE_BYTES: usize = 1 << 20;
const PAGE_EVENTS: usize = 10_000;

#[derive(Debug)]
struct DefaultFormat;

impl LineCodec for DefaultFormat {
    fn formats(&self, _: &Owner, _: &str) -> Vec<LineFormat> {
        use ColumnKind::{Address, Int32, Int64, Text};
        use Tokens::{Any, OneOf};
        let columns = [
            ("version", Int32, Any),
            ("account_id", Text, Any),
            ("interface_id", Text, Any),
            ("srcaddr", Address, Any),
            ("dstaddr", Address, Any),
            ("srcport", Int32, Any),
            ("dstport", Int32, Any),
            ("protocol", Int32, Any),
            ("packets", Int64, Any),
            ("bytes", Int64, Any),
            ("start", Int64, Any),
            ("end", Int64, Any),
            ("action", Text, OneOf(&["ACCEPT", "REJECT"])),
            ("log_status", Text, OneOf(&["OK", "NODATA", "SKIPDATA"])),
        ];
        let column =
            |(name, kind, tokens): (&str, _, _)| LineColumn { name: name.to_owned(), kind, tokens };
        vec![LineFormat { columns: columns.into_iter().map(column).collect() }]
    }
}

/// CPU seconds of this process, user and system.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("it is a number");
    (ticks(11) + ticks(12)) / 100.0
}

/// Peak of resident memory in MB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn directory_bytes(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => directory_bytes(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

struct Options {
    lines: Option<PathBuf>,
    events: usize,
    streams: usize,
    batch: usize,
    directory: Option<PathBuf>,
}

fn options() -> Options {
    let mut options =
        Options { lines: None, events: 1_000_000, streams: 0, batch: 0, directory: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{name} needs a value"));
        match name.as_str() {
            "--lines" => options.lines = Some(value().into()),
            "--events" => options.events = value().parse().expect("--events is a number"),
            // As many streams as there are interfaces, or so many.
            "--streams" => options.streams = value().parse().expect("--streams is a number"),
            // Events of a batch; otherwise what a minute has for a stream.
            "--batch" => options.batch = value().parse().expect("--batch is a number"),
            "--directory" => options.directory = Some(value().into()),
            "--bench" => {}
            _ => panic!("{name} is no option: --lines --events --streams --batch --directory"),
        }
    }
    options
}

/// Lines with a skewed choice of peers.
fn made(events: usize) -> impl Iterator<Item = String> {
    let mix = |seed: u64| {
        let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    (0..events as u64).map(move |number| {
        let random = mix(number);
        let peer = mix((random % 1000) * (random >> 10) % 1000);
        let start = 1_795_651_200 + number * 3600 / events as u64 + random % 20;
        format!(
            "2 123456789012 eni-{:017x} 10.0.{}.{} 10.1.{}.{} {} {} 6 {} {} {start} {} {} OK",
            random % 200,
            peer >> 8 & 31,
            peer >> 16 & 255,
            random >> 20 & 3,
            random >> 24 & 255,
            1024 + (random >> 32) % 60_000,
            [443, 80, 22, 8080][usize::try_from(random >> 50 & 3).unwrap_or(0)],
            1 + (random >> 40) % 40,
            40 + (random >> 44) % 60_000,
            start + 37,
            if (random >> 56).is_multiple_of(16) { "REJECT" } else { "ACCEPT" },
        )
    })
}

fn start_of(line: &str) -> Option<i64> {
    line.split(' ').nth(10).and_then(|start| start.parse::<i64>().ok()).map(|start| start * 1000)
}

/// What a pass over the lines has found.
#[derive(Default)]
struct Seen {
    streams: Vec<String>,
    batches: usize,
    events: usize,
    bytes: usize,
}

/// A batch: number of its stream, events, the time when it is put.
type Batched = (usize, Vec<InputEvent>, i64);

/// Reads the lines, and hands them over in batches, in the order in which they are put. Every pass gives the
/// same: the lines need not be in memory.
fn pass(options: &Options, take: &mut dyn FnMut(Batched)) -> Seen {
    match &options.lines {
        Some(path) => {
            let file = BufReader::new(File::open(path).expect("the lines can be read"));
            batches(file.lines().map_while(Result::ok), options, take)
        }
        None => batches(made(options.events), options, take),
    }
}

fn batches(
    lines: impl Iterator<Item = String>,
    options: &Options,
    take: &mut dyn FnMut(Batched),
) -> Seen {
    let mut streams: BTreeMap<String, usize> = BTreeMap::new();
    let mut open: BTreeMap<usize, Vec<InputEvent>> = BTreeMap::new();
    let mut seen = Seen::default();
    let mut minute = i64::MIN;
    let mut now = 0;
    let mut flush = |open: &mut Vec<InputEvent>, stream: usize, now: i64, seen: &mut Seen| {
        let mut events = std::mem::take(open);
        events.sort_by_key(|event| event.timestamp);
        let mut part = Vec::new();
        let mut bytes = 0;
        for event in events {
            let size = event.message.len() + 26;
            if bytes + size > PAGE_BYTES || part.len() == PAGE_EVENTS {
                take((stream, std::mem::take(&mut part), now));
                seen.batches += 1;
                bytes = 0;
            }
            bytes += size;
            part.push(event);
        }
        if !part.is_empty() {
            take((stream, part, now));
            seen.batches += 1;
        }
    };
    for line in lines {
        let Some(start) = start_of(&line) else { continue };
        now = now.max(start + 60_000);
        if options.batch == 0 && now / 60_000 != minute {
            for (stream, events) in &mut open {
                flush(events, *stream, now, &mut seen);
            }
            minute = now / 60_000;
        }
        let name = if options.streams > 0 {
            format!("eni-{:017x}", seen.events % options.streams)
        } else {
            line.split(' ').nth(2).unwrap_or_default().to_owned()
        };
        let next = streams.len();
        let stream = *streams.entry(name.clone()).or_insert_with(|| {
            seen.streams.push(name);
            next
        });
        seen.events += 1;
        seen.bytes += line.len() + 1;
        let events = open.entry(stream).or_default();
        events.push(InputEvent { timestamp: start, message: line });
        if options.batch > 0 && events.len() >= options.batch {
            flush(events, stream, now, &mut seen);
        }
    }
    for (stream, mut events) in open {
        flush(&mut events, stream, now, &mut seen);
    }
    seen
}

fn owner() -> Owner {
    Owner { account: "123456789012".to_owned(), region: "us-east-1".to_owned() }
}

fn report(name: &str, value: impl std::fmt::Display) {
    #[expect(clippy::print_stdout, reason = "a bench prints what it has measured")]
    {
        println!("{name:<58} {value}");
    }
    let _ = std::io::stdout().flush();
}

/// How long calls took: median and longest.
fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let ms = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    format!(
        "median {:.1} ms, longest {:.1} ms of {}",
        ms(times.get(times.len() / 2)),
        ms(times.last()),
        times.len()
    )
}

struct Bench {
    store: LogStore,
    streams: Vec<String>,
    now: i64,
    span: (i64, i64),
}

impl Bench {
    fn get_page(&self, stream: &str, from: From, start: Option<i64>) -> Vec<Event> {
        let query = GetQuery {
            owner: &owner(),
            group: "g",
            stream,
            start,
            end: None,
            from,
            limit: PAGE_EVENTS,
            max_bytes: PAGE_BYTES,
        };
        self.store.get(&query, self.now).expect("it is read")
    }

    fn pages(&self, what: &str) {
        let mut times = Vec::new();
        let mut events = 0;
        for (place, stream) in
            self.streams.iter().step_by(self.streams.len().div_ceil(25)).enumerate()
        {
            let from = if place % 2 == 0 { From::Head } else { From::Tail };
            let begun = Instant::now();
            events += self.get_page(stream, from, None).len();
            times.push(begun.elapsed());
        }
        let each = events / times.len().max(1);
        report(&format!("{what}: a page of one stream ({each} events)"), spread(times));
        let mut times = Vec::new();
        let mut events = 0;
        let pattern = Pattern::everything();
        for place in 0..25 {
            let (first, last) = self.span;
            let start = first + (last - first) / 26 * place;
            let begun = Instant::now();
            events += self.search(&pattern, Some(start), place % 2 == 1, None).0.len();
            times.push(begun.elapsed());
        }
        let each = events / times.len().max(1);
        report(&format!("{what}: a page of the group ({each} events)"), spread(times));
    }

    fn search(
        &self,
        pattern: &Pattern,
        start: Option<i64>,
        descending: bool,
        beyond: Option<flowlogd_logstore::EventKey>,
    ) -> (Vec<Event>, Option<flowlogd_logstore::EventKey>) {
        let query = FilterQuery {
            owner: &owner(),
            group: "g",
            streams: Streams::All,
            start,
            end: None,
            pattern,
            descending,
            beyond,
            limit: PAGE_EVENTS,
            max_bytes: PAGE_BYTES,
        };
        let page = self.store.filter(&query, self.now).expect("it is read");
        (page.events, page.next)
    }

    fn search_all(&self, text: &str, expected: Option<usize>) {
        let pattern = Pattern::parse(text).expect("it is one");
        let (begun, used) = (Instant::now(), cpu());
        let (mut found, mut calls, mut beyond) = (0, 0, None);
        loop {
            let (events, next) = self.search(&pattern, None, false, beyond);
            found += events.len();
            calls += 1;
            if next.is_none() {
                break;
            }
            beyond = next;
        }
        let check = match expected {
            Some(expected) if expected == found => "as expected",
            Some(_) => "WRONG",
            None => "not compared",
        };
        report(
            &format!("search to the last page: {text}"),
            format!(
                "{:.2} s, {:.2} s of CPU; {found} events ({check}) in {calls} calls",
                begun.elapsed().as_secs_f64(),
                cpu() - used
            ),
        );
    }
}

const SEARCHES: [&str; 7] = [
    "[v, account, eni, source, destination, srcport, destport=22, protocol=6, packets, bytes>300000, start, end, action=REJECT, status]",
    "[v, account, eni, source, destination, srcport, destport=22, protocol=6, packets, bytes>50000, start, end, action=REJECT, status]",
    "[..., action=REJECT, status]",
    "[v, account, eni, source=10.0.7.*, ...]",
    "REJECT -NODATA",
    "\"10.0.0.1 \"",
    "nothing_has_this",
];

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
#[expect(clippy::too_many_lines, reason = "one measurement after the other")]
fn main() {
    let options = options();
    let patterns = SEARCHES.map(|text| Pattern::parse(text).expect("it is one"));
    let mut expected = [0_usize; SEARCHES.len()];
    let mut span = (i64::MAX, i64::MIN);
    let all = pass(&options, &mut |(_, batch, _)| {
        for event in batch {
            span = (span.0.min(event.timestamp), span.1.max(event.timestamp));
            for (pattern, expected) in patterns.iter().zip(&mut expected) {
                *expected += usize::from(pattern.matches(&event.message));
            }
        }
    });
    let events = all.events as f64;
    report(
        "events, batches, streams",
        format!("{} {} {}", all.events, all.batches, all.streams.len()),
    );
    report("bytes of a line", format!("{:.1}", all.bytes as f64 / events));

    let temporary = tempfile::tempdir().expect("it is made");
    let root = options.directory.clone().unwrap_or_else(|| temporary.path().to_owned());

    // The limit: the same lines, the same batches, each durable before the next.
    let mut plain = File::create(root.join("plain")).expect("it is made");
    let (mut plain_cpu, mut wall) = (0.0, Duration::ZERO);
    pass(&options, &mut |(_, events, _)| {
        let (begun, used) = (Instant::now(), cpu());
        let mut text = Vec::new();
        for event in events {
            text.extend(event.message.as_bytes());
            text.push(b'\n');
        }
        plain.write_all(&text).expect("it is written");
        plain.sync_data().expect("it is brought to disk");
        wall += begun.elapsed();
        plain_cpu += cpu() - used;
    });
    plain_cpu *= 1e6 / events;
    report(
        "a plain file with fdatasync: CPU µs an event",
        format!("{plain_cpu:.3} ({:.1} s)", wall.as_secs_f64()),
    );

    let directory = root.join("logs");
    let settings = Settings::default();
    let store =
        LogStore::open_with(&directory, settings, Arc::new(DefaultFormat)).expect("it opens");
    let group = NewGroup { name: "g".to_owned(), ..NewGroup::default() };
    store.create_group(&owner(), &group, span.0).expect("it is made");
    for stream in &all.streams {
        store.create_stream(&owner(), "g", stream, span.0).expect("it is made");
    }
    let mut bench = Bench { store, streams: all.streams.clone(), now: span.0, span };
    let (mut put, mut moved, mut wall) = (0.0, 0.0, Duration::ZERO);
    let (mut drained, mut merged) = (0, 0);
    let (mut number, count) = (0, all.batches);
    pass(&options, &mut |(stream, events, now)| {
        let batch = Batch {
            owner: &owner(),
            group: "g",
            stream: &all.streams[stream],
            events,
            producer: None,
        };
        let (begun, used) = (Instant::now(), cpu());
        bench.store.put(batch, now).expect("it is stored");
        wall += begun.elapsed();
        put += cpu() - used;
        bench.now = now;
        if number % 200 == 199 && number + 200 < count {
            let used = cpu();
            let done = bench.store.maintain(now).expect("it works");
            drained += done.drained;
            merged += done.merged;
            moved += cpu() - used;
        }
        number += 1;
    });
    report(
        "put: CPU µs an event (ratio to the plain file)",
        format!(
            "{:.3} ({:.1}); {:.1} s",
            put * 1e6 / events,
            put * 1e6 / events / plain_cpu.max(1e-9),
            wall.as_secs_f64()
        ),
    );
    report(
        "drain and merge while putting: CPU µs an event",
        format!(
            "{:.3}; {drained} events moved, {merged} segments merged away",
            moved * 1e6 / events
        ),
    );
    report("peak memory so far, MB", format!("{:.0}", peak()));
    bench.pages("hot and cold");

    let used = cpu();
    let later = bench.now + 2 * HOUR;
    let done = bench.store.maintain(later).expect("it works");
    report(
        "the rest drained and merged: CPU s",
        format!("{:.2} for {} events", cpu() - used, done.drained),
    );
    bench.store.maintain(later + HOUR).expect("it works");
    bench.store.maintain(later + 2 * HOUR).expect("it works");
    let size = directory_bytes(&directory) - settings.ballast;
    report(
        "bytes an event, whole directory without the ballast",
        format!("{:.2}", size as f64 / events),
    );
    bench.now = later;
    bench.pages("cold");
    for (text, expected) in SEARCHES.iter().zip(expected) {
        bench.search_all(text, Some(expected));
    }
    let mut times = Vec::new();
    let mut after = None;
    let mut listed = 0;
    loop {
        let query = StreamQuery {
            order: StreamOrder::LastEvent,
            descending: true,
            after,
            limit: 50,
            ..StreamQuery::default()
        };
        let begun = Instant::now();
        let page = bench.store.streams(&owner(), "g", &query).expect("it is read");
        times.push(begun.elapsed());
        listed += page.len();
        let Some(last) = page.last() else { break };
        after = Some((last.last_event.unwrap_or(0), last.name.clone()));
    }
    report(&format!("streams by their last event, {listed}"), spread(times));
    report("peak memory, MB", format!("{:.0}", peak()));
}
