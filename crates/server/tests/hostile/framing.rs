//! What is not HTTP, or more of it than the limits allow: no answer of a service, and nothing left behind.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use crate::expect_no_http;
use crate::request::Request;
use crate::server::{HEADER_BYTES, HEADERS, Server, read};
use crate::signer::Signer;

fn head(lines: &str) -> Vec<u8> {
    format!("POST / HTTP/1.1\r\nhost: flowlogd.test\r\n{lines}\r\n").into_bytes()
}

#[test]
fn what_is_not_http_is_not_answered_as_if_it_were() {
    let many: String = (0..=HEADERS).map(|number| format!("x-{number}: 1\r\n")).collect();
    let long = "x".repeat(2 * HEADER_BYTES);
    let raw = |text: &str| text.as_bytes().to_vec();
    let with = |name: &str, value: &str| {
        Signer::root("sts").sign(Request::caller()).with(name, value).bytes()
    };

    expect_no_http(
        &Server::start(),
        30,
        &[
            ("more headers than allowed", head(&many)),
            ("a header that is too long", head(&format!("x-long: {long}\r\n"))),
            ("a name that is too long", head(&format!("{long}: 1\r\n"))),
            ("a header without an end", head(&format!("x-long: {long}"))),
            ("a target that is too long", raw(&format!("GET /{long} HTTP/1.1\r\n\r\n"))),
            ("a query string that is too long", raw(&format!("GET /?{long} HTTP/1.1\r\n\r\n"))),
            ("a method that is too long", raw(&format!("{long} / HTTP/1.1\r\n\r\n"))),
            ("a length that is no number", with("content-length", "ten")),
            ("a negative length", with("content-length", "-1")),
            ("a length with a sign", with("content-length", "+1")),
            ("a length in hexadecimal", with("content-length", "0x10")),
            ("two lengths", with("content-length", "1, 2")),
            ("two length headers", head("content-length: 1\r\ncontent-length: 2\r\n")),
            ("a length larger than numbers", with("content-length", "99999999999999999999999")),
            ("an unknown transfer", with("transfer-encoding", "gzip")),
            ("chunks that are not last", with("transfer-encoding", "chunked, gzip")),
            ("no colon", head("x-header\r\n")),
            ("no name", head(": value\r\n")),
            ("a blank before the colon", head("x-header : 1\r\n")),
            ("a folded header", head("x-header: 1\r\n 2\r\n")),
            ("a folded first header", raw("POST / HTTP/1.1\r\n host: x\r\n\r\n")),
            ("NUL in a value", head("x-header: a\0b\r\n")),
            ("a bell in a value", head("x-header: a\x07b\r\n")),
            ("an escape in a value", head("x-header: \x1b[31m\r\n")),
            ("DEL in a value", head("x-header: a\x7fb\r\n")),
            ("a carriage return in a value", head("x-header: a\rb\r\n")),
            ("NUL in a name", head("x-\0: a\r\n")),
            ("NUL in the target", raw("GET /\0 HTTP/1.1\r\n\r\n")),
            ("a blank in the target", raw("GET /a b HTTP/1.1\r\n\r\n")),
            ("no version", raw("GET /\r\n\r\n")),
            ("HTTP 3", raw("GET / HTTP/3.0\r\n\r\n")),
            ("HTTP 2 with prior knowledge", raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
            ("junk", raw("junk\r\n\r\n")),
            ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec()),
            ("SSH", raw("SSH-2.0-OpenSSH_9.9\r\n\r\n")),
            ("an empty method", raw(" / HTTP/1.1\r\n\r\n")),
        ],
    );
}

#[test]
fn a_head_that_is_slow_is_not_waited_for() {
    let server = Server::start();
    thread::scope(|scope| {
        for begun in [
            "",
            "P",
            "POST / HT",
            "POST / HTTP/1.1\r\n",
            "POST / HTTP/1.1\r\nhost: flow",
            "POST / HTTP/1.1\r\nhost: flowlogd.test\r\ncontent-length: 3\r\n",
        ] {
            let server = &server;
            scope.spawn(move || {
                let mut stream = server.connect();
                stream.write_all(begun.as_bytes()).unwrap();
                let mut drip = stream.try_clone().unwrap();
                scope.spawn(move || {
                    // Header by header, as long as somebody listens.
                    for _ in 0..10 {
                        thread::sleep(Duration::from_millis(200));
                        if begun.ends_with('\n') && drip.write_all(b"x: 1\r\n").is_err() {
                            return;
                        }
                    }
                });
                let answer = read(stream);
                assert!(matches!(answer.status, 0 | 408) && answer.body.is_empty(), "{answer:?}");
            });
        }
    });

    assert_eq!(server.is_well(), Ok(()));
}

#[test]
fn connections_that_say_nothing_leave_room_again() {
    let server = Server::start();
    // More than there are places for.
    let idle: Vec<_> = (0..80).map(|_| server.connect()).collect();

    assert_eq!(server.is_well(), Ok(()));
    drop(idle);
}
