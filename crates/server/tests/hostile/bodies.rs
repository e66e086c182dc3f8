//! Bodies: too large, too slow, not whole, not what they are said to be.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::request::Request;
use crate::server::{BODY_BYTES, Server, read};
use crate::signer::Signer;
use crate::{Case, expect_answers, expect_refusals, harmless};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The head of a good request that says something of its body's length, and so much of a body.
fn framed(signed: &Request, header: (&str, &str), body: &[u8]) -> Vec<u8> {
    let mut bytes = signed.clone().with(header.0, header.1).body("").bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

fn encoded(signer: &Signer, request: &Request, encoding: &str, body: &[u8]) -> Vec<u8> {
    signer.sign(request.clone().with("content-encoding", encoding).body(body)).bytes()
}

#[test]
fn a_body_that_is_too_large_or_not_what_it_is_said_to_be_is_refused() {
    let most = BODY_BYTES;
    let large = vec![b'x'; most + 1];
    let mut cases = Vec::new();
    for (shape, service, request) in harmless() {
        let signer = Signer::root(service);
        let signed = signer.sign(request.clone());
        let length = |length: &str| framed(&signed, ("content-length", length), b"");
        let chunked = |body: &[u8]| framed(&signed, ("transfer-encoding", "chunked"), body);
        let bomb = gzip(&vec![0; 16 << 20]);
        let small = gzip(&request.body);
        let endless: Vec<u8> = chunk(&[b'x'; 4096]).repeat(most / 4096 + 1);
        let twice = gzip(&bomb);
        for (name, sent) in [
            ("one byte more", signer.sign(request.clone().body(large.clone())).bytes()),
            ("one byte more is announced", length(&(most + 1).to_string())),
            ("a petabyte is announced", length("1125899906842624")),
            ("all that a number holds is announced", length("18446744073709551613")),
            ("chunks without an end", chunked(&endless)),
            ("a chunk that is too large", chunked(&chunk(&large))),
            ("a gzip bomb", encoded(&signer, &request, "gzip", &bomb)),
            ("a gzip bomb in upper case", encoded(&signer, &request, "GZIP", &bomb)),
            ("gzip of one byte more", encoded(&signer, &request, "gzip", &gzip(&large))),
            (
                "two members that are too much",
                encoded(&signer, &request, "gzip", &[gzip(&large[1..]), gzip(b"xx")].concat()),
            ),
            (
                "a query string and a body",
                signer.sign(request.clone().body(large.clone()).target("/?a=b")).bytes(),
            ),
        ] {
            let case =
                Case::new(&format!("{name}, {service}"), sent, shape, 413, "RequestEntityTooLarge");
            cases.push(case.says("has more than 262144 bytes"));
        }
        for (name, says, sent) in [
            ("not gzip", "not gzip", encoded(&signer, &request, "gzip", &request.body)),
            (
                "half of gzip",
                "not gzip",
                encoded(&signer, &request, "gzip", &small[..small.len() / 2]),
            ),
            (
                "a wrong checksum",
                "not gzip",
                encoded(&signer, &request, "gzip", &[&small[..small.len() - 8], &[0; 8]].concat()),
            ),
            (
                "junk after gzip",
                "not gzip",
                encoded(&signer, &request, "gzip", &[&small[..], b"junk"].concat()),
            ),
            ("no gzip at all", "not gzip", encoded(&signer, &request, "gzip", b"")),
            (
                "deflate",
                "Content-Encoding 'deflate' is not supported",
                encoded(&signer, &request, "deflate", &small),
            ),
            (
                "gzip of gzip",
                "Content-Encoding 'gzip, gzip' is not supported",
                encoded(&signer, &request, "gzip, gzip", &twice),
            ),
            (
                "S3's chunks",
                "Content-Encoding 'aws-chunked'",
                encoded(&signer, &request, "aws-chunked", &small),
            ),
            ("no size of a chunk", "did not arrive whole", chunked(b"zz\r\nx\r\n")),
            ("a negative size of a chunk", "did not arrive whole", chunked(b"-1\r\nx\r\n")),
            (
                "a chunk larger than numbers",
                "did not arrive whole",
                chunked(b"fffffffffffffffff\r\nx\r\n"),
            ),
            (
                "a chunk longer than its size",
                "did not arrive whole",
                chunked(b"1\r\nxyz\r\n0\r\n\r\n"),
            ),
        ] {
            let case = Case::new(
                &format!("{name}, {service}"),
                sent,
                shape,
                400,
                "MalformedHttpRequestException",
            );
            cases.push(case.says(says));
        }
    }

    expect_refusals(&Server::start(), 60, &cases);
}

#[test]
fn a_body_that_ends_early_is_refused() {
    let server = Server::start();
    for (shape, service, request) in harmless() {
        let signed = Signer::root(service).sign(request);
        for sent in [
            framed(&signed, ("content-length", "100"), b"0123456789"),
            framed(&signed, ("content-length", "1"), b""),
            framed(&signed, ("transfer-encoding", "chunked"), b"a\r\n01234"),
            framed(&signed, ("transfer-encoding", "chunked"), b"1\r\nx\r\n"),
            framed(&signed, ("transfer-encoding", "chunked"), b""),
        ] {
            let answer = server.send_and_end(&sent);
            let code = "MalformedHttpRequestException";
            assert_eq!(answer.is_refusal(shape, 400, code, "did not arrive whole"), Ok(()));
            assert_eq!(server.is_well(), Ok(()));
        }
    }
}

/// All at once: each takes as long as the limit.
#[test]
fn a_body_that_is_slow_is_not_waited_for() {
    let server = Server::start();
    thread::scope(|scope| {
        for (shape, service, request) in harmless() {
            let signed = Signer::root(service).sign(request);
            for (name, sent) in [
                ("nothing comes", framed(&signed, ("content-length", "100"), b"")),
                ("little comes", framed(&signed, ("content-length", "100"), b"0123456789")),
                ("no chunk comes", framed(&signed, ("transfer-encoding", "chunked"), b"")),
                (
                    "half a chunk comes",
                    framed(&signed, ("transfer-encoding", "chunked"), b"ff\r\n01234"),
                ),
                (
                    "no last chunk comes",
                    framed(&signed, ("transfer-encoding", "chunked"), &chunk(b"x")),
                ),
            ] {
                let server = &server;
                scope.spawn(move || {
                    let mut stream = server.connect();
                    stream.write_all(&sent).unwrap();
                    let drip = stream.try_clone().unwrap();
                    scope.spawn(move || drip_into(drip));
                    let answer = read(stream);
                    let says = "did not arrive within 1 seconds";
                    let refusal = answer.is_refusal(shape, 408, "RequestTimeout", says);
                    assert_eq!(refusal, Ok(()), "{name}, {service}");
                    assert_eq!(answer.header("connection"), "close");
                });
            }
        }
    });

    assert_eq!(server.is_well(), Ok(()));
}

/// A byte now and then must not win more time.
fn drip_into(mut stream: std::net::TcpStream) {
    for _ in 0..10 {
        if stream.write_all(b"1").is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn what_is_within_the_limits_is_read() {
    let signer = Signer::root("sts");
    let caller = Request::caller();
    let signed = signer.sign(caller.clone());
    let whole =
        [chunk(&caller.body[..7]), chunk(&caller.body[7..]), b"0\r\n\r\n".to_vec()].concat();
    let members = [gzip(&caller.body[..7]), gzip(&caller.body[7..])].concat();
    let empty = b"&".repeat(BODY_BYTES - caller.body.len());

    expect_answers(
        &Server::start(),
        &[
            ("in chunks", framed(&signed, ("transfer-encoding", "chunked"), &whole)),
            ("compressed", encoded(&signer, &caller, "gzip", &gzip(&caller.body))),
            ("compressed in two parts", encoded(&signer, &caller, "gzip", &members)),
            ("said not to be compressed", encoded(&signer, &caller, "identity", &caller.body)),
            (
                "the largest",
                signer.sign(caller.clone().body([&caller.body[..], &empty].concat())).bytes(),
            ),
        ],
    );
}
