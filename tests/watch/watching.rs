//! A running `flowlogd watch`, which ends with the test that has it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::netns::Namespace;

/// Longer than anything here takes: a window, the grace of two seconds, and a busy machine.
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(20);

/// How a run ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Those that nobody has taken before, without the line of field names.
    pub(crate) records: Vec<String>,
    pub(crate) stderr: String,
    /// The exit status; none if a signal ended it.
    pub(crate) status: Option<i32>,
}

impl Ended {
    /// A run that said nothing but that.
    pub(crate) fn refused(status: Option<i32>, stderr: &str) -> Self {
        Self { records: Vec::new(), stderr: stderr.to_owned(), status }
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let output = command.stdin(Stdio::null()).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Ended {
        records: text(output.stdout).lines().map(String::from).collect(),
        stderr: text(output.stderr),
        status: output.status.code(),
    }
}

/// A process that watches a device.
pub(crate) struct Watching {
    child: Child,
    lines: Receiver<String>,
    /// Reads line after line, and gives back the pipe when nobody wants more.
    reader: Option<JoinHandle<BufReader<ChildStdout>>>,
    stderr: Option<JoinHandle<String>>,
}

impl Watching {
    /// Starts it in a namespace, and waits until it has begun: what is sent from then on is seen.
    pub(crate) fn begin(namespace: &Namespace, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogd"));
        command.arg("watch").args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = namespace.run(|| command.spawn()).expect("the binary runs");

        let (sender, lines) = channel();
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let reader = thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
                assert_eq!(line.pop(), Some('\n'), "a line has an end");
                if sender.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
            stdout
        });
        let mut pipe = child.stderr.take().expect("it is piped");
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).expect("messages are text");
            text
        });
        let mut watching = Self { child, lines, reader: Some(reader), stderr: Some(stderr) };
        if watching.lines.recv_timeout(LONG).is_err() {
            let _ = watching.child.kill();
            panic!("did not begin: {}", watching.end().stderr);
        }
        watching
    }

    /// Waits for so many records.
    #[track_caller]
    pub(crate) fn next_records(&mut self, count: usize) -> Vec<String> {
        let mut records = Vec::new();
        while records.len() < count {
            match self.lines.recv_timeout(LONG) {
                Ok(record) => records.push(record),
                Err(error) => panic!("{error} after {records:?}"),
            }
        }
        records
    }

    pub(crate) fn goes_on(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_none()
    }

    /// Sends a signal, and waits for the end.
    pub(crate) fn stop(mut self, signal: &str) -> Ended {
        self.signal(signal);
        self.end()
    }

    /// Waits for an end that comes by itself.
    pub(crate) fn wait(mut self) -> Ended {
        self.end()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
        assert!(sent.success(), "{kill}");
    }

    /// Has it stand still until it is sent `CONT`.
    pub(crate) fn pause(&self) {
        self.signal("STOP");
        let stat = format!("/proc/{}/stat", self.child.id());
        // Behind the name, which is in parentheses, is the state.
        while !fs::read_to_string(&stat).expect("its state").contains(") T ") {
            thread::sleep(SHORT);
        }
    }

    /// Reads no more, as a pager does that shows the first page.
    pub(crate) fn stop_reading(&mut self) {
        // Without a receiver the reader stops at the next line.
        self.lines = channel().1;
    }

    /// Closes the pipe of the records after the next one, as `head` does.
    pub(crate) fn close_stdout(&mut self) {
        self.stop_reading();
        let reader = self.reader.take();
        thread::spawn(move || drop(reader.map(JoinHandle::join)));
    }

    /// Sends a signal again and again, and returns the one that ended it.
    pub(crate) fn signal_until_it_ends(mut self, signal: &str) -> Option<i32> {
        for _ in 0..250 {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status.signal();
            }
            self.signal(signal);
            thread::sleep(SHORT);
        }
        panic!("{signal} does not end it");
    }

    /// Returns how it ended, if it does.
    fn wait_for_the_end(&mut self) -> Option<ExitStatus> {
        for _ in 0..LONG.as_millis() / SHORT.as_millis() {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return Some(status);
            }
            thread::sleep(SHORT);
        }
        None
    }

    fn end(&mut self) -> Ended {
        let mut records = Vec::new();
        loop {
            match self.lines.recv_timeout(LONG) {
                Ok(record) => records.push(record),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("does not end; so far {records:?}"),
            }
        }
        let status = self.wait_for_the_end().expect("ends");
        let stderr = self.stderr.take().expect("it ends once").join().expect("no panic");
        Ended { records, stderr, status: status.code() }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended; it may also stand still, which this signal does not heed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
