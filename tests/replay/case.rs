//! One golden capture: its file, and a run of it. `README.md` has the grammar.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::kit::capture::{Capture, EPOCH};
use crate::kit::inventory::{home, inventory};
use crate::kit::run::{Run, replay};

/// A case as its file has it.
#[derive(Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    path: PathBuf,
    pub(crate) options: Vec<String>,
    pub(crate) packets: Vec<String>,
    /// The header line and the records, each with its newline.
    pub(crate) records: String,
    messages: Vec<String>,
    status: i32,
}

/// Returns the cases, or those with the word of `CASE` in their name.
pub(crate) fn all() -> Vec<Case> {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut paths: Vec<_> = fs::read_dir(home())
        .expect("tests/replay is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "case"))
        .collect();
    paths.sort();
    paths.into_iter().map(Case::read).filter(|case| case.name.contains(&wanted)).collect()
}

impl Case {
    /// Returns a case that is in no file.
    pub(crate) fn new(options: &[&str], packets: &[&str]) -> Self {
        Self {
            options: options
                .iter()
                .flat_map(|line| line.split_whitespace())
                .map(str::to_owned)
                .collect(),
            packets: packets.iter().map(|&line| line.to_owned()).collect(),
            ..Self::default()
        }
    }

    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a case is text");
        let name = path.file_stem().expect("a case has a name").to_string_lossy().into_owned();
        let mut case = Self { name, path, ..Self::default() };
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            match line.split_at(1) {
                ("#", _) => {}
                ("$", options) => {
                    case.options.extend(options.split_whitespace().map(str::to_owned));
                }
                (">", record) => {
                    case.records.push_str(record.trim_start());
                    case.records.push('\n');
                }
                ("!", message) => {
                    let message = message.strip_prefix(' ').unwrap_or(message);
                    case.messages.push(message.to_owned());
                }
                ("?", status) => case.status = status.trim().parse().expect("an exit status"),
                _ => case.packets.push(line.to_owned()),
            }
        }
        case
    }

    /// Returns a directory with the capture in it.
    pub(crate) fn directory(&self) -> TempDir {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let capture = Capture::from_text(self.packets.iter().map(String::as_str)).into_bytes();
        fs::write(directory.path().join("capture.pcap"), capture).expect("the capture is written");
        directory
    }

    /// Runs the case, and takes the records from the standard output.
    pub(crate) fn run(&self, more: &[&str]) -> Run {
        let directory = self.directory();
        self.run_in(directory.path(), more)
    }

    /// Runs the case in a directory that [`directory`](Self::directory) made.
    pub(crate) fn run_in(&self, directory: &Path, more: &[&str]) -> Run {
        let mut arguments = vec!["capture.pcap".to_owned()];
        let mut options = self.options.iter();
        while let Some(option) = options.next() {
            arguments.push(option.clone());
            if option == "--inventory" {
                let parts = options.next().expect("--inventory has a value");
                arguments.push(self.inventory(directory, parts));
            }
        }
        arguments.extend(more.iter().map(|&argument| argument.to_owned()));
        replay(directory, arguments)
    }

    /// Checks the exit status, and that every expected line is among the messages.
    pub(crate) fn check_messages(&self, run: &Run) -> Result<(), String> {
        if run.status != Some(self.status) {
            return Err(format!("exit status {:?}:\n{}", run.status, run.stderr));
        }
        let lines: Vec<_> = run.stderr.lines().collect();
        match self.messages.iter().find(|expected| !lines.contains(&expected.as_str())) {
            None => Ok(()),
            Some(missing) => Err(format!("no line `{missing}` in\n{}", run.stderr)),
        }
    }

    /// Writes records into the case's file in place of those that are there.
    pub(crate) fn rewrite(&self, records: &str) {
        let text = fs::read_to_string(&self.path).expect("a case is text");
        let mut rewritten = String::new();
        for line in text.lines().filter(|line| !line.starts_with('>')) {
            let _ = writeln!(rewritten, "{line}");
        }
        rewritten.truncate(rewritten.trim_end().len());
        rewritten.push_str("\n\n");
        for record in records.lines() {
            let _ = writeln!(rewritten, "> {record}");
        }
        fs::write(&self.path, rewritten).expect("the case is written");
    }

    /// Writes what `network+rules+acl@SECONDS` means, and returns the option's value for it.
    fn inventory(&self, directory: &Path, parts: &str) -> String {
        let (names, from) = parts.split_once('@').map_or((parts, None), |(n, at)| (n, Some(at)));
        let file = format!("{names}.json");
        let text = inventory(names.split('+'));
        fs::write(directory.join(&file), text).expect("the inventory is written");
        match from {
            None => file,
            Some(seconds) => {
                let seconds: u64 = seconds.parse().expect("@SECONDS after the capture's epoch");
                format!("{file}@{}", self.epoch() + seconds)
            }
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        let stated = self.packets.iter().find_map(|line| line.strip_prefix("from "));
        stated.map_or(EPOCH, |epoch| epoch.parse().expect("`from` and a Unix second"))
    }
}
