//! What hostile bodies may cost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use crate::bodies::gzip;
use crate::request::Request;
use crate::server::Server;
use crate::signer::Signer;

/// As much as a hostile client may make the server grow, in bytes.
const MOST: u64 = 48 << 20;
const BODY_BYTES: usize = 2 << 20;
/// Of each kind; without a bound for all together they would take three times as much as they may.
const AT_ONCE: usize = 24;

/// What the process has in memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes << 10
}

#[test]
fn bombs_and_huge_bodies_at_once_do_not_fill_the_memory() {
    let server = Server::with_memory(BODY_BYTES, 8 * BODY_BYTES);
    // 128 MiB each, made once: they are not the server's.
    let bomb = gzip(&vec![0; 128 << 20]);
    let signer = Signer::root("sts");
    let bombs = signer.sign(Request::caller().with("content-encoding", "gzip").body(bomb)).bytes();
    let chunked =
        signer.sign(Request::caller()).with("transfer-encoding", "chunked").body("").bytes();
    let huge = [chunked, b"ffffffff\r\n".to_vec(), vec![b'x'; BODY_BYTES + 4096]].concat();
    assert_eq!(server.is_well(), Ok(()));

    let before = resident();
    let is_over = AtomicBool::new(false);
    let most = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !is_over.load(Ordering::Relaxed) {
                most = most.max(resident());
                thread::sleep(Duration::from_millis(2));
            }
            most
        });
        let hostile: Vec<_> = (0..AT_ONCE)
            .flat_map(|_| [&bombs, &huge])
            .map(|sent| scope.spawn(|| server.send(sent).status))
            .collect();
        let statuses: Vec<_> = hostile.into_iter().map(ScopedJoinHandle::join).collect();
        is_over.store(true, Ordering::Relaxed);
        // A client that is still sending when it is refused may lose the answer to a reset.
        // One that waited too long for its turn is told so.
        let is_refused = |status| matches!(status, Ok(413 | 503 | 0));
        assert!(statuses.into_iter().all(is_refused));
        watch.join().unwrap()
    });

    assert!(most < before + MOST, "{before} bytes before, {most} at most");
    assert_eq!(server.is_well(), Ok(()));
}
