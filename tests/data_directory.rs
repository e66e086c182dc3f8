//! `flowlogd fsck`, `backup`, `restore` and `status` on a server's data directory.

#[expect(dead_code, reason = "the other tests use the rest")]
mod kit;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flowlogd_logstore::{
    Batch, FilterQuery, InputEvent, LogStore, NewGroup, NoFormats, Owner, Pattern, Settings,
    Streams,
};
use tempfile::TempDir;

use kit::run::{Run, run};

/// 2036-11-26T00:00:00Z in Unix milliseconds: ahead of the clock, so that a server that runs leaves the
/// block where it is.
const NOW: i64 = 2_111_270_400_000;

fn owner() -> Owner {
    Owner { account: "123456789012".to_owned(), region: "us-east-1".to_owned() }
}

/// A server that runs, and is ended with this.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_flowlogd"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data)
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(process.stderr.take().expect("it is piped")).lines();
        let address = lines
            .by_ref()
            .map(|line| line.expect("messages are text"))
            .find_map(|line| {
                let (_, rest) = line.split_once("listening on http://")?;
                Some(rest.split(',').next()?.to_owned())
            })
            .expect("it listens");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// Ends it as Ctrl-C would.
    fn end(mut self) {
        let id = i32::try_from(self.process.id()).expect("it is small");
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGTERM)
            .expect("it is ours");
        let status = self.process.wait().expect("it ends");
        assert_eq!(status.code(), Some(0));
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        let request =
            format!("GET /metrics HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One test at a time: a process that one of them starts has, until it is the other program, what another
/// has open; the lock of a store too.
static ONE: Mutex<()> = Mutex::new(());

struct Desk {
    directory: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Desk {
    fn empty() -> Self {
        let alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { directory: tempfile::tempdir().expect("it is made"), _alone: alone }
    }

    /// With a data directory whose server has run once, and has a segment and a block.
    fn new() -> Self {
        let desk = Self::empty();
        Server::start(&desk.path("data")).end();
        let settings = Settings { drain_age: 0, ballast: 0, ..Settings::default() };
        let store = LogStore::open_with(&desk.path("data/logs"), settings, Arc::new(NoFormats));
        let store = store.expect("it opens");
        let group = NewGroup { name: "flow-logs".to_owned(), ..NewGroup::default() };
        store.create_group(&owner(), &group, NOW).expect("it is made");
        store.create_stream(&owner(), "flow-logs", "eni-1", NOW).expect("it is made");
        for (place, word) in ["cold", "hot"].iter().enumerate() {
            let events = (0..50)
                .map(|number| InputEvent { timestamp: NOW, message: format!("{word} {number}") })
                .collect();
            let owner = owner();
            let batch = Batch {
                owner: &owner,
                group: "flow-logs",
                stream: "eni-1",
                events,
                producer: None,
            };
            store.put(batch, NOW).expect("it is stored");
            if place == 0 {
                store.maintain(NOW).expect("it works");
            }
        }
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn flowlogd(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flowlogd"));
        run(command.args(arguments).current_dir(self.directory.path()))
    }

    fn segment(&self, data: &str) -> PathBuf {
        let mut open = vec![self.path(data).join("logs/segments")];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).expect("it is there") {
                let path = entry.expect("it is read").path();
                if path.is_dir() { open.push(path) } else { return path }
            }
        }
        panic!("there is no segment");
    }

    fn events(&self, data: &str) -> usize {
        let store = LogStore::open(&self.path(data).join("logs")).expect("it opens");
        let query = FilterQuery {
            owner: &owner(),
            group: "flow-logs",
            streams: Streams::All,
            start: None,
            end: None,
            pattern: &Pattern::everything(),
            descending: false,
            beyond: None,
            limit: 1000,
            max_bytes: 1 << 20,
        };
        store.filter(&query, NOW).expect("it is read").events.len()
    }
}

#[test]
fn a_backup_is_made_beside_a_server_and_restored() {
    let desk = Desk::new();
    let server = Server::start(&desk.path("data"));

    let backup = desk.flowlogd(&["backup", "--data-dir", "data", "--to", "backup"]);
    let looked = desk.flowlogd(&["fsck", "--data-dir", "data"]);
    let status = run(Command::new(env!("CARGO_BIN_EXE_flowlogd"))
        .args(["status", "--endpoint-url", &format!("http://{}", server.address)])
        .env("AWS_SHARED_CREDENTIALS_FILE", desk.path("data/credentials")));
    let metrics = server.metrics();
    server.end();

    assert_eq!((backup.stderr.as_str(), backup.status), ("", Some(0)));
    assert!(
        backup.text().starts_with("1 segment with 50 events and the newest blocks; 3 files of ")
    );
    assert_eq!(looked.status, Some(4));
    assert_eq!(
        looked.stderr,
        "flowlogd: data is in use by a flowlogd that runs: stop the server of this data directory first\n"
    );
    assert_eq!(status.status, Some(0), "{}", status.stderr);
    assert!(
        status.text().contains("\nLog store: 1 log group with 1 stream, "),
        "{}",
        status.text()
    );
    assert!(status.text().contains("\n  in segments: 50 events, "), "{}", status.text());
    assert!(metrics.contains("\nflowlogd_log_store_segments{state=\"live\"} 1\n"), "{metrics}");
    assert!(metrics.contains("\nflowlogd_log_store_refusing 0\n"));

    let restored = desk.flowlogd(&["restore", "--from", "backup", "--data-dir", "restored"]);

    assert_eq!((restored.stderr.as_str(), restored.status), ("", Some(0)));
    assert!(restored.text().ends_with("100 events are sound\nNo damage\n"), "{}", restored.text());
    assert_eq!(desk.events("restored"), 100);
    let again = desk.flowlogd(&["restore", "--from", "backup", "--data-dir", "restored"]);
    assert_eq!(
        again.stderr,
        "flowlogd: restored is not empty: a backup is restored into a directory of its own\n"
    );
    assert_eq!(again.status, Some(2));
    // The same root credentials.
    let key = |data: &str| fs::read_to_string(desk.path(data).join("credentials")).unwrap();
    Server::start(&desk.path("restored")).end();
    assert_eq!(key("restored"), key("data"));
}

#[test]
fn a_torn_segment_is_named_set_aside_and_then_nothing_is_left_to_find() {
    let desk = Desk::new();
    let path = desk.segment("data");
    let key = path.strip_prefix(desk.path("data/logs")).unwrap().display().to_string();
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let torn = format!(
        "{key} (log group flow-logs, 50 events from 2036-11-26T00:00:00Z to 2036-11-26T00:00:00Z): \
         bytes 0 to {} are not what was written",
        bytes.len()
    );

    let dry = desk.flowlogd(&["fsck", "--data-dir", "data", "--dry-run"]);
    let backup = desk.flowlogd(&["backup", "--data-dir", "data", "--to", "backup"]);
    let mended = desk.flowlogd(&["fsck", "--data-dir", "data"]);
    let again = desk.flowlogd(&["fsck", "--data-dir", "data"]);

    let sum =
        "1 block, 1 segment of 0 bytes: 50 events are sound\n1 part damaged, 50 events lost\n";
    assert_eq!(dry.text(), format!("{torn}\n{sum}"));
    assert_eq!(dry.status, Some(1));
    assert!(
        backup.text().starts_with(&format!("{torn}; it is not in the backup\n")),
        "{}",
        backup.text()
    );
    assert_eq!(backup.status, Some(1));
    assert_eq!(mended.text(), format!("{torn}; set aside as damaged/{key}\n{sum}"));
    assert_eq!(mended.status, Some(1));
    assert_eq!(
        again.text(),
        "1 segment set aside before, in logs/damaged\n\
         1 block, 0 segments of 0 bytes: 50 events are sound\nNo damage\n"
    );
    assert_eq!(again.status, Some(0));
    assert_eq!(desk.events("data"), 50);
}

#[test]
fn what_is_no_data_directory_or_no_backup_is_refused() {
    let desk = Desk::empty();
    fs::create_dir(desk.path("empty")).unwrap();

    for (arguments, message, status) in [
        (
            &["fsck", "--data-dir", "empty"][..],
            "empty is no data directory of a server: there is neither state.db nor logs in it",
            4,
        ),
        (
            &["backup", "--data-dir", "empty", "--to", "backup"],
            "empty is no data directory of a server: there is no state.db in it",
            4,
        ),
        (
            &["restore", "--from", "empty", "--data-dir", "data"],
            "empty has no manifest.json: it is no backup, or one that was broken off",
            4,
        ),
    ] {
        let refused = desk.flowlogd(arguments);

        assert_eq!(refused.stderr, format!("flowlogd: {message}\n"));
        assert_eq!(refused.status, Some(status));
    }
    assert!(!desk.path("data").exists() && !desk.path("backup").exists());
    assert_eq!(fs::read_dir(desk.path("empty")).unwrap().count(), 0);
}
