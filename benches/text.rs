//! Records as text, written and read: nanoseconds of CPU per line, beside loops that do nothing else.
//!
//! `cargo bench --bench text -- [--lines N] [--rounds N] [--file RECORDS]`. Every loop runs once a round, in turn, so
//! that a busy machine slows all of them. The bare loops in [`bare`] know the format, check nothing and know IPv4 alone;
//! that they write the same lines, and read the same values, is asserted.
#![expect(clippy::print_stdout, reason = "the report goes there")]
#![expect(clippy::print_stderr, reason = "so do complaints, to the other one")]

#[path = "text/bare.rs"]
mod bare;

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::{env, process, thread};

use flate2::read::MultiGzDecoder;
use flowlogd_flowlog::{
    Body, Flow, GzipMembers, InterfaceView, LogFormat, Mode, ParquetWriter, Record, RecordReader,
    Span,
};
use flowlogd_vpc::{Action, Direction, Inventory};

const BUFFER: usize = 1 << 20;
const INTERFACES: u64 = 200;

fn main() {
    let options = options().unwrap_or_else(|message| {
        eprintln!("{message}\nusage: text [--lines N] [--rounds N] [--file RECORDS]");
        process::exit(2);
    });
    let source = Source::new();
    source.assert_bare_is_alike();
    let files = Files::new(&source, &options);

    let lines = options.lines;
    let mut loops = vec![
        Loop::new("write v2: bare loop", lines, || write_bare(&source, lines)),
        Loop::new("write v2: text", lines, || write_text(&source, lines)).goal(250),
        Loop::new("write v2: JSON", lines, || write_json(&source, lines)),
        Loop::new("write v2: gzip", lines, || write_gzip(&source, lines)),
        Loop::new("write v2: Parquet", lines, || write_parquet(&source, lines)),
        Loop::new("read v2: bare loop", files.lines, || bare::read(open(&files.text))),
        Loop::new("read v2: text", files.lines, || read(open(&files.text))).goal(200),
        Loop::new("read v2, gzip: bare loop", files.lines, || {
            bare::read(MultiGzDecoder::new(open(&files.gzip)))
        }),
        Loop::new("read v2, gzip: text", files.lines, || read(open(&files.gzip))).goal(450),
    ];
    for round in 0..=options.rounds {
        let sums: Vec<u64> = loops.iter_mut().map(|it| it.run(round > 0)).collect();
        let [bare_bytes, bytes, .., bare_sum, sum, bare_gzip_sum, gzip_sum] = *sums else {
            unreachable!("there are nine loops");
        };
        assert_eq!(bytes, bare_bytes, "as many bytes written");
        assert_eq!([sum, bare_gzip_sum, gzip_sum], [bare_sum; 3], "the same values read");
    }
    report(&loops);
}

struct Options {
    lines: u64,
    rounds: usize,
    file: Option<PathBuf>,
}

fn options() -> Result<Options, String> {
    let mut options = Options { lines: 500_000, rounds: 7, file: None };
    // Cargo adds this to what it is told.
    let mut arguments = env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{option} wants a value"))?;
        let number = || {
            let number = value.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("{option} wants a number above 0, not {value:?}"))
        };
        match option.as_str() {
            "--lines" => options.lines = number()?,
            "--rounds" => options.rounds = usize::try_from(number()?).unwrap_or(usize::MAX),
            "--file" => options.file = Some(PathBuf::from(value)),
            _ => return Err(format!("there is no option {option}")),
        }
    }
    Ok(options)
}

/// Records, the same ones in every run.
struct Source {
    inventory: Inventory,
    format: LogFormat,
}

/// What differs from record to record, besides the interface.
struct Sample {
    interface: usize,
    flow: Flow<'static>,
}

impl Source {
    fn new() -> Self {
        let interfaces: Vec<_> = (0..INTERFACES)
            .map(|n| {
                format!(
                    r#"{{"NetworkInterfaceId": "eni-{:017x}", "OwnerId": "123456789012",
                         "SubnetId": "subnet-a", "PrivateIpAddress": "10.0.0.{}"}}"#,
                    mix(n) >> 8,
                    n + 10
                )
            })
            .collect();
        let text = format!(
            r#"{{"Vpcs": [{{"VpcId": "vpc-a", "CidrBlock": "10.0.0.0/16"}}],
                "Subnets": [{{"SubnetId": "subnet-a", "VpcId": "vpc-a", "CidrBlock": "10.0.0.0/24"}}],
                "SecurityGroups": [], "NetworkInterfaces": [{}]}}"#,
            interfaces.join(",")
        );
        let inventory = Inventory::from_json(&text).expect("the inventory above is one");
        Self { inventory, format: LogFormat::default() }
    }

    fn sample(&self, number: u64) -> Sample {
        let random = mix(number);
        let interface = usize::try_from(random % INTERFACES).unwrap_or(0);
        let own = self.inventory.interfaces.get(interface).and_then(|it| it.primary_ipv4);
        let own = IpAddr::V4(own.unwrap_or(Ipv4Addr::LOCALHOST));
        let other = IpAddr::V4(Ipv4Addr::from_bits(0x3400_0000 | low(mix(random)) >> 8));
        let service = [443, 443, 80, 53, 22, 3306, 5432, 8080].get(low(random >> 9) as usize & 7);
        let service = service.copied().unwrap_or(443);
        let ephemeral = 32_768 + port(random >> 12) / 2;
        let direction = if random >> 60 & 1 == 0 { Direction::Ingress } else { Direction::Egress };
        let (src, dst, srcport, dstport) = match direction {
            Direction::Ingress => (other, own, ephemeral, service),
            Direction::Egress => (own, other, service, ephemeral),
        };
        let packets = 1 + (random >> 28) % 8 * (random >> 32 & 63);
        let start = 1_700_000_000 + number / 1000;
        let action =
            if (random >> 40).is_multiple_of(20) { Action::Reject } else { Action::Accept };
        let flow = Flow {
            direction: Some(direction),
            pkt_srcaddr: src,
            pkt_dstaddr: dst,
            srcport,
            dstport,
            protocol: if service == 53 { 17 } else { 6 },
            packets,
            bytes: packets * (40 + (random >> 44) % 1400),
            seen: Span { start, end: start + (random >> 50) % 60 },
            action: Some(action),
            tcp_flags: Some(2),
            explanation: None,
        };
        Sample { interface, flow }
    }

    fn for_each(&self, lines: u64, mut visit: impl FnMut(&Record<'_>)) {
        for number in 0..lines {
            let Sample { interface, flow } = self.sample(number);
            let inventory = &self.inventory;
            let interface = inventory.interfaces.get(interface);
            let interface = interface.map(|interface| InterfaceView { interface, inventory });
            visit(&Record { interface, mode: Mode::Replay, body: Body::Flow(flow) });
        }
    }

    fn for_each_bare(&self, lines: u64, mut visit: impl FnMut(&str, &Flow<'_>)) {
        for number in 0..lines {
            let Sample { interface, flow } = self.sample(number);
            let id = self.inventory.interfaces.get(interface).map_or("-", |it| it.id.as_str());
            visit(id, &flow);
        }
    }

    fn assert_bare_is_alike(&self) {
        let (mut lines, mut bare_lines) = (Vec::new(), Vec::new());
        self.for_each(1000, |record| {
            self.format.render(record, &mut lines);
            lines.push(b'\n');
        });
        self.for_each_bare(1000, |id, flow| bare::write(id, flow, &mut bare_lines));
        assert!(lines == bare_lines, "the bare loop writes other lines");
    }
}

/// Records to read, plain and packed.
struct Files {
    text: PathBuf,
    gzip: PathBuf,
    lines: u64,
}

impl Files {
    fn new(source: &Source, options: &Options) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let text = if let Some(file) = &options.file {
            fs::read(file).expect("the file of --file is read")
        } else {
            let mut text = format!("{}\n", source.format.header_line()).into_bytes();
            source.for_each(options.lines, |record| {
                source.format.render(record, &mut text);
                text.push(b'\n');
            });
            text
        };
        let mut packed = Vec::new();
        GzipMembers::new().append(&text, &mut packed);
        let files = Self {
            text: directory.join("records.txt"),
            gzip: directory.join("records.gz"),
            lines: text.split(|byte| *byte == b'\n').count() as u64 - 1,
        };
        fs::write(&files.text, text).expect("the records are written");
        fs::write(&files.gzip, packed).expect("the packed records are written");
        files
    }
}

fn open(path: &Path) -> File {
    File::open(path).expect("a file that was written before")
}

/// Writes to the null device in large pieces, and counts.
struct Output {
    device: File,
    buffer: Vec<u8>,
    bytes: u64,
}

impl Output {
    fn new() -> Self {
        let device = File::create("/dev/null").expect("the null device");
        Self { device, buffer: Vec::with_capacity(2 * BUFFER), bytes: 0 }
    }

    fn drain_if_full(&mut self) {
        if self.buffer.len() >= BUFFER {
            self.drain();
        }
    }

    fn drain(&mut self) {
        self.bytes += self.buffer.len() as u64;
        self.device.write_all(&self.buffer).expect("the null device takes all");
        self.buffer.clear();
    }

    fn finish(mut self) -> u64 {
        self.drain();
        self.bytes
    }
}

fn write_bare(source: &Source, lines: u64) -> u64 {
    let mut out = Output::new();
    source.for_each_bare(lines, |id, flow| {
        bare::write(id, flow, &mut out.buffer);
        out.drain_if_full();
    });
    out.finish()
}

fn write_text(source: &Source, lines: u64) -> u64 {
    let mut out = Output::new();
    source.for_each(lines, |record| {
        source.format.render(record, &mut out.buffer);
        out.buffer.push(b'\n');
        out.drain_if_full();
    });
    out.finish()
}

fn write_json(source: &Source, lines: u64) -> u64 {
    let mut out = Output::new();
    source.for_each(lines, |record| {
        source.format.render_json(record, &mut out.buffer);
        out.buffer.push(b'\n');
        out.drain_if_full();
    });
    out.finish()
}

fn write_gzip(source: &Source, lines: u64) -> u64 {
    let (mut out, mut text, mut members) = (Output::new(), Vec::new(), GzipMembers::new());
    source.for_each(lines, |record| {
        source.format.render(record, &mut text);
        text.push(b'\n');
        if text.len() >= BUFFER {
            members.append(&text, &mut out.buffer);
            text.clear();
            out.drain_if_full();
        }
    });
    members.append(&text, &mut out.buffer);
    out.finish()
}

fn write_parquet(source: &Source, lines: u64) -> u64 {
    let mut writer = ParquetWriter::new(io::sink(), &source.format).expect("the sink takes all");
    source.for_each(lines, |record| writer.write(record).expect("the sink takes all"));
    writer.finish().expect("the sink takes all");
    lines
}

/// Reads every column of every flow.
fn read(input: impl Read) -> u64 {
    let input = BufReader::with_capacity(BUFFER, input);
    let mut reader = RecordReader::new(input, None).expect("the header line tells the format");
    let mut sum = 0_u64;
    while let Some(record) = reader.next_record().expect("the file is whole") {
        let (Some(IpAddr::V4(src)), Some(IpAddr::V4(dst))) = (record.srcaddr(), record.dstaddr())
        else {
            continue;
        };
        let ports =
            u64::from(record.srcport().unwrap_or(0)) + u64::from(record.dstport().unwrap_or(0));
        let counters = [record.packets(), record.bytes(), record.start(), record.end()];
        let action = match record.action() {
            Some(Action::Accept) => b'A',
            Some(Action::Reject) => b'R',
            None => b'-',
        };
        sum = sum
            .wrapping_add(u64::from(src.to_bits() ^ dst.to_bits()))
            .wrapping_add(ports + u64::from(record.protocol().unwrap_or(0)) + u64::from(action))
            .wrapping_add(counters.into_iter().flatten().fold(0, u64::wrapping_add));
    }
    assert_eq!(reader.faults().count(), 0, "{:?}", reader.faults().first().first());
    sum
}

/// One of the loops, and what each round of it cost.
struct Loop<'a> {
    name: &'static str,
    lines: u64,
    /// Nanoseconds a line, where docs/performance.md sets them.
    goal: Option<u32>,
    work: Box<dyn FnMut() -> u64 + 'a>,
    costs: Vec<f64>,
}

impl<'a> Loop<'a> {
    fn new(name: &'static str, lines: u64, work: impl FnMut() -> u64 + 'a) -> Self {
        Self { name, lines, goal: None, work: Box::new(work), costs: Vec::new() }
    }

    fn goal(self, nanoseconds: u32) -> Self {
        Self { goal: Some(nanoseconds), ..self }
    }

    /// Runs once; the first time is for the caches and does not count.
    #[expect(clippy::cast_precision_loss, reason = "neither nanoseconds nor lines reach 2^52")]
    fn run(&mut self, counts: bool) -> u64 {
        let began = cpu_nanoseconds();
        let sum = (self.work)();
        if counts {
            self.costs.push((cpu_nanoseconds() - began) as f64 / self.lines as f64);
        }
        sum
    }
}

/// Returns what this thread has used of a processor, user and system (proc(5), `schedstat`).
fn cpu_nanoseconds() -> u64 {
    // The kernel brings the figure up to date at its ticks, some milliseconds apart, and here.
    thread::yield_now();
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let used = text.split(' ').next().and_then(|used| used.parse().ok());
    used.expect("the kernel tells the CPU time of a thread")
}

/// Prints a table; ratios are those of equal rounds to the bare loop above.
fn report(loops: &[Loop<'_>]) {
    println!("| loop | best, ns/line | median | to the bare loop, median | goal, ns |");
    println!("|---|---|---|---|---|");
    let mut bare: &[f64] = &[];
    for Loop { name, goal, costs, .. } in loops {
        if name.ends_with("bare loop") {
            bare = costs;
        }
        let ratios = costs.iter().zip(bare).map(|(cost, bare)| cost / bare).collect();
        let goal = goal.map_or_else(|| "–".to_owned(), |goal| format!("≤ {goal}"));
        let best = costs.iter().copied().fold(f64::INFINITY, f64::min);
        let (middle, ratio) = (median(costs.clone()), median(ratios));
        println!("| {name} | {best:.0} | {middle:.0} | {ratio:.2} | {goal} |");
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The finalizer of `SplitMix64`.
fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

fn low(number: u64) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or(0)
}

fn port(number: u64) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or(0)
}
