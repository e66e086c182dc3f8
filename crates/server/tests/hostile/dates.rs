//! Dates of signatures: too far from the server's clock, unreadable, or not those of the scope
//! (`iam-sts-sigv4-cloudtrail.md` §8.1, §8.3).

use crate::bend::{Bend, Refusal, bent};
use crate::request::Request;
use crate::server::Server;
use crate::signer::{Signer, basic, http_date};
use crate::{expect_answers, expect_refusals};

const DAY: i64 = 86_400;
const UNREADABLE: &str = "Date must be in ISO-8601 'basic format'. Got '";

/// Signed so many seconds from now.
fn off(seconds: i64) -> Bend<'static> {
    Box::new(move |request, signer| {
        Signer { at: signer.at + seconds, ..signer.clone() }.sign(request)
    })
}

/// Says a date after signing.
fn said(date: &'static str) -> Bend<'static> {
    Box::new(move |request, signer| signer.sign(request).change("x-amz-date", |_| date.to_owned()))
}

#[test]
fn a_date_that_is_off_is_refused() {
    use Refusal::{Incomplete, Mismatch, Skewed};
    let (old, new) = ("Signature expired: ", "Signature not yet current: ");
    let bends: Vec<(&str, Refusal, &'static str, Bend<'_>)> = vec![
        ("five minutes and a bit ago", Skewed, old, off(-310)),
        ("in five minutes and a bit", Skewed, new, off(310)),
        ("a quarter of an hour ago", Skewed, " - 5 min.)", off(-900)),
        ("in a quarter of an hour", Skewed, " + 5 min.)", off(900)),
        ("yesterday", Skewed, old, off(-DAY)),
        ("tomorrow", Skewed, new, off(DAY)),
        (
            "in 2015",
            Skewed,
            "Signature expired: 20150830T123600Z is now earlier than ",
            said("20150830T123600Z"),
        ),
        ("in 9999", Skewed, "99991231T235959Z is still later than ", said("99991231T235959Z")),
        ("in the year 0", Skewed, old, said("00000101T000000Z")),
        (
            "no date",
            Incomplete,
            "requires existence of either a 'X-Amz-Date' or a 'Date' header",
            Box::new(|request, signer| signer.sign(request).without("x-amz-date")),
        ),
        ("empty", Incomplete, UNREADABLE, said("")),
        ("extended form", Incomplete, UNREADABLE, said("2026-01-01T00:00:00Z")),
        ("no zone", Incomplete, UNREADABLE, said("20260101T000000")),
        ("another zone", Incomplete, UNREADABLE, said("20260101T000000+0100")),
        ("a fraction", Incomplete, UNREADABLE, said("20260101T000000.5Z")),
        ("a date alone", Incomplete, UNREADABLE, said("20260101")),
        ("no such day", Incomplete, UNREADABLE, said("20260230T000000Z")),
        ("no such hour", Incomplete, UNREADABLE, said("20260101T250000Z")),
        ("Unix time", Incomplete, UNREADABLE, said("1795651200")),
        ("words", Incomplete, UNREADABLE, said("now")),
        (
            "HTTP's form in X-Amz-Date",
            Incomplete,
            UNREADABLE,
            said("Sun, 30 Aug 2015 12:36:00 GMT"),
        ),
        (
            "an unreadable Date",
            Incomplete,
            UNREADABLE,
            Box::new(|request, signer| signer.sign_dated(request.with("date", "yesterday"))),
        ),
        (
            "an old Date",
            Skewed,
            "Signature expired: 20150830T123600Z",
            Box::new(|request, signer| {
                signer.sign_dated(request.with("date", "Sun, 30 Aug 2015 12:36:00 GMT"))
            }),
        ),
        (
            "yesterday's scope",
            Mismatch,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150830' != '",
            Box::new(|request, signer| {
                signer.sign(request).reauthorize(&basic(signer.at)[..8], "20150830")
            }),
        ),
        (
            "a scope of nonsense",
            Mismatch,
            "'x' != '",
            Box::new(|request, signer| {
                signer.sign(request).reauthorize(&basic(signer.at)[..8], "x")
            }),
        ),
    ];

    expect_refusals(&Server::start(), 60, &bent(&bends));
}

#[test]
fn a_date_within_five_minutes_is_accepted_in_every_form() {
    let signer = Signer::root("sts");
    let at = |seconds: i64| Signer { at: signer.at + seconds, ..signer.clone() };
    let caller = Request::caller;

    expect_answers(
        &Server::start(),
        &[
            ("almost five minutes ago", at(-290).sign(caller()).bytes()),
            ("in almost five minutes", at(290).sign(caller()).bytes()),
            (
                "Date in basic form",
                signer.sign_dated(caller().with("date", &basic(signer.at))).bytes(),
            ),
            (
                "Date in HTTP's form",
                signer.sign_dated(caller().with("date", &http_date(signer.at))).bytes(),
            ),
            (
                "both, of which X-Amz-Date counts",
                signer.sign(caller().with("date", "never")).bytes(),
            ),
        ],
    );
}
