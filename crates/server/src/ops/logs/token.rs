//! Tokens: where a page ended (`cloudwatch-logs.md` §4.4–4.6). They hold a position, never a number of
//! pages, so that what comes or goes in between neither repeats nor hides anything.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowlogd_aws::Fault;
use flowlogd_logstore::{EventKey, Pointer, StreamOrder};

use super::fault::invalid_token;

/// The token after a group of this name.
pub(super) fn after_group(name: &str) -> String {
    seal(&format!("g{name}"))
}

/// The name of the last group of the page before.
pub(super) fn group(token: &str) -> Result<String, Fault> {
    open(token)?.strip_prefix('g').map(str::to_owned).ok_or_else(invalid_token)
}

/// The token after a metric filter: its name and its group's.
pub(super) fn after_metric_filter((name, group): (&str, &str)) -> String {
    // Neither has a colon in it.
    seal(&format!("m{name}:{group}"))
}

/// Name and group of the last metric filter of the page before.
pub(super) fn metric_filter(token: &str) -> Result<(String, String), Fault> {
    let text = open(token)?;
    let names = text.strip_prefix('m').and_then(|rest| rest.split_once(':'));
    let (name, group) = names.ok_or_else(invalid_token)?;
    Ok((name.to_owned(), group.to_owned()))
}

/// The token after a stream, which is of use only in the same order.
pub(super) fn after_stream(order: StreamOrder, descending: bool, last: &(i64, String)) -> String {
    let (timestamp, name) = last;
    seal(&format!("{}:{timestamp}:{name}", order_name(order, descending)))
}

/// The position of the last stream of the page before.
pub(super) fn stream(
    token: &str,
    order: StreamOrder,
    descending: bool,
) -> Result<(i64, String), Fault> {
    let text = open(token)?;
    let mut parts = text.splitn(3, ':');
    let (Some(of), Some(timestamp), Some(name)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(invalid_token());
    };
    let timestamp = timestamp.parse().map_err(|_| invalid_token())?;
    if of != order_name(order, descending) {
        return Err(invalid_token());
    }
    Ok((timestamp, name.to_owned()))
}

const fn order_name(order: StreamOrder, descending: bool) -> &'static str {
    match (order, descending) {
        (StreamOrder::Name, false) => "na",
        (StreamOrder::Name, true) => "nd",
        (StreamOrder::LastEvent, false) => "ea",
        (StreamOrder::LastEvent, true) => "ed",
    }
}

/// The token beyond an event that `FilterLogEvents` looked at, in the direction in which it reads.
pub(super) fn beyond_event(key: EventKey, descending: bool) -> String {
    seal(&format!("{}{key}", if descending { 'd' } else { 'a' }))
}

/// What answers call `@ptr`: where an event is.
#[cfg_attr(not(test), expect(dead_code, reason = "for queries, which are to come"))]
pub(super) fn written_pointer(pointer: Pointer) -> String {
    seal(&format!("p{}:{}", pointer.stream, pointer.key))
}

/// Reads an `@ptr`.
pub(super) fn pointer(text: &str) -> Option<Pointer> {
    let text = open(text).ok()?;
    let (stream, digits) = text.strip_prefix('p')?.split_once(':')?;
    Some(Pointer { stream: stream.parse().ok()?, key: key(digits).ok()? })
}

/// Whether it reads from the newest event on, and the last one that it looked at.
pub(super) fn event(token: &str) -> Result<(bool, EventKey), Fault> {
    let text = open(token)?;
    let (descending, digits) = if let Some(digits) = text.strip_prefix('d') {
        (true, digits)
    } else {
        (false, text.strip_prefix('a').ok_or_else(invalid_token)?)
    };
    Ok((descending, key(digits)?))
}

/// A token of `GetLogEvents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PageToken {
    /// `f/…/s`: what comes after an event.
    Forward(EventKey),
    /// `b/…/s`: what comes before one.
    Backward(EventKey),
}

impl PageToken {
    /// Reads one; older ones lack the `/s`.
    pub(super) fn parse(token: &str) -> Result<Self, Fault> {
        let (direction, rest) = token.split_once('/').ok_or_else(invalid_token)?;
        let key = key(rest.strip_suffix("/s").unwrap_or(rest))?;
        match direction {
            "f" => Ok(Self::Forward(key)),
            "b" => Ok(Self::Backward(key)),
            _ => Err(invalid_token()),
        }
    }

    pub(super) fn written(self) -> String {
        match self {
            Self::Forward(key) => format!("f/{key}/s"),
            Self::Backward(key) => format!("b/{key}/s"),
        }
    }
}

fn key(digits: &str) -> Result<EventKey, Fault> {
    if digits.len() != 56 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid_token());
    }
    digits.parse().map_err(|_| invalid_token())
}

fn seal(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn open(token: &str) -> Result<String, Fault> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid_token())?;
    String::from_utf8(bytes).map_err(|_| invalid_token())
}
