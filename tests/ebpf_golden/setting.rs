//! A golden capture and its options, as far as they have to do with packets and rules.

use std::io::Cursor;
use std::str::FromStr;

use flowlogd_agent::Timeline;
use flowlogd_agent::capture::{CaptureReader, Chunk, Progress};
use flowlogd_flowlog::WindowLength;
use flowlogd_vpc::{CompileOptions, InterfaceIndex, Inventory, ReservedAddresses};

use crate::case::Case;
use crate::kit::capture::Capture;
use crate::kit::inventory::inventory;

/// What both judges are given.
pub(crate) struct Setting {
    pub(crate) timeline: Timeline,
    pub(crate) only: Option<InterfaceIndex>,
    pub(crate) window: WindowLength,
    pub(crate) allowance: Option<u32>,
    pub(crate) chunks: Vec<Chunk>,
}

impl Setting {
    /// Returns a case's setting, or why the kernel cannot be in it.
    pub(crate) fn of(case: &Case) -> Result<Self, &'static str> {
        let mut inventories = Vec::new();
        let mut reserved_addresses = ReservedAddresses::Aws;
        let (mut only, mut allowance, mut window) = (None, None, WindowLength::TEN_MINUTES);
        let mut options = case.options.iter();
        while let Some(option) = options.next() {
            let mut value = || options.next().expect("the option has a value");
            match option.as_str() {
                "--promiscuous" => return Err("without rules there is no interface"),
                "--max-flows" => return Err("its tables have a share for each interface"),
                "--inventory" => inventories.push(dated(case, value())),
                "--interface" => only = Some(value().clone()),
                "--conntrack-allowance" => allowance = Some(number(value())),
                "--aggregation-interval" => {
                    window = WindowLength::try_from(number::<u64>(value())).expect("a length");
                }
                "--reserved-addresses" if value() == "none" => {
                    reserved_addresses = ReservedAddresses::None;
                }
                // They are about records.
                _ => {}
            }
        }
        if inventories.is_empty() {
            return Err("without rules there is no interface");
        }
        let timeline = Timeline::new(inventories, CompileOptions { reserved_addresses })
            .expect("the inventories make a timeline");
        let only = only.map(|id| timeline.book().interface_index(&id).expect("it is known"));
        Ok(Self { only, window, allowance, chunks: chunks(case), timeline })
    }
}

fn dated(case: &Case, text: &str) -> (u64, Inventory) {
    let (names, from) = match text.split_once('@') {
        Some((names, seconds)) => (names, case.epoch() + number::<u64>(seconds)),
        None => (text, 0),
    };
    let inventory = Inventory::from_json(&inventory(names.split('+')));
    (from, inventory.unwrap_or_else(|faults| panic!("{}: {faults:?}", case.name)))
}

fn number<N: FromStr>(text: &str) -> N {
    text.parse().unwrap_or_else(|_| panic!("{text} is no number"))
}

fn chunks(case: &Case) -> Vec<Chunk> {
    let bytes = Capture::from_text(case.packets.iter().map(String::as_str)).into_bytes();
    let mut reader =
        CaptureReader::new(Box::new(Cursor::new(bytes)), &case.name).expect("it is a capture");
    let mut chunks = Vec::new();
    loop {
        let mut chunk = Chunk::default();
        match reader.next_chunk(&mut chunk).expect("it can be read") {
            Progress::Frames => chunks.push(chunk),
            Progress::End => return chunks,
        }
    }
}
