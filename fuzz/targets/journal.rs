//! The journal of an attachment: two files of frames.

use flowlogd_agent::journal::{Journal, Recovered, read};

use super::assert_one_line;
use super::directory::{Directory, checksum, two_files};

/// Length and kind before a frame's body, checksum after it.
const BEFORE: usize = 9;
const AFTER: usize = 4;

/// As it is, and with checksums that hold.
pub(super) fn run(data: &[u8]) {
    let (journal, rules) = two_files(data);
    let journal = journal.strip_suffix(b"\n").unwrap_or(journal);
    check(journal, rules);
    check(&sealed(journal), &sealed(rules));
}

fn check(journal: &[u8], rules: &[u8]) {
    let directory = Directory::with(&[("journal", journal), ("rules", rules)]);
    let recovered = match read(directory.path()) {
        Ok(recovered) => recovered.expect("there is a journal"),
        Err(error) => return assert_one_line(&error.to_string()),
    };
    let cut_off = usize::try_from(recovered.cut_off).expect("a length");
    assert!(cut_off <= journal.len(), "{cut_off} cut off of {}", journal.len());
    let windows = recovered.standing.base.values().chain(recovered.standing.long.values());
    let flows: usize = windows.map(|window| window.flows() + window.lost.len()).sum();
    assert!(flows <= journal.len() / 8, "{flows} flows in {} bytes", journal.len());
    let texts: usize = recovered.rules.iter().map(|(_, text)| text.len()).sum();
    assert!(texts <= rules.len(), "more rules than were written");

    // The whole part alone is the same, and so is what goes on from it.
    let (whole, _) = journal.split_at(journal.len() - cut_off);
    let directory = Directory::with(&[("journal", whole), ("rules", rules)]);
    let again = read(directory.path()).expect("the whole part is readable").expect("a journal");
    assert_eq!(again.cut_off, 0, "of the whole part something is cut off");
    assert_eq!((again.closing, again.mark.at), (recovered.closing, recovered.mark.at));
    assert_same(&again, &recovered);
    drop(Journal::resume(directory.path(), &recovered).expect("it can go on"));
    assert_same(&read(directory.path()).expect("readable").expect("a journal"), &recovered);
}

fn assert_same(one: &Recovered, other: &Recovered) {
    assert_eq!(one.run, other.run);
    assert_eq!(one.rules, other.rules);
    assert_eq!(one.standing, other.standing);
    assert_eq!(one.books, other.books);
}

/// Puts the right checksum behind every frame that is there whole.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut sealed = bytes.to_vec();
    let mut at = 0;
    while let Some(length) = sealed.get(at..).and_then(|rest| rest.first_chunk()) {
        let Ok(length) = usize::try_from(u64::from_le_bytes(*length)) else { break };
        let Some(end) = at.checked_add(BEFORE).and_then(|body| body.checked_add(length)) else {
            break;
        };
        let Some(frame) = sealed.get(at..end) else { break };
        let sum = checksum(frame).to_le_bytes();
        let Some(place) = sealed.get_mut(end..end + AFTER) else { break };
        place.copy_from_slice(&sum);
        at = end + AFTER;
    }
    sealed
}
