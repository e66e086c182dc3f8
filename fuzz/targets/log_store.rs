//! The log store's directory: a small one, with bytes of its files changed.
//!
//! An input is changes of seven bytes each: which file, where (four bytes), and two bytes: 255 and anything cut the file off
//! there, anything else is a byte that is added to the second one and laid over what is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use flowlogd_logstore::{From, GetQuery, GroupQuery, LogStore, Mending, Owner, StreamQuery, fsck};

use super::directory::Directory;

/// 2026-11-26T00:00:00Z in Unix milliseconds, when its events were put.
const NOW: i64 = 1_795_651_200_000;
/// Changes of one input.
const MOST: usize = 64;

/// A file, by its path in the directory, and what it has.
type File = (PathBuf, Vec<u8>);

/// The directory as it is, the catalog first.
fn original() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        // From the program's own tests, and from the fuzzers' workspace.
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let fixture = "crates/logstore/tests/fixtures/v3/logs";
        let root = [here.join(fixture), here.join("..").join(fixture)]
            .into_iter()
            .find(|path| path.is_dir())
            .expect("the store's tests have a directory");
        let mut files = Vec::new();
        let mut directories = vec![root.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).expect("it is read") {
                let path = entry.expect("it is read").path();
                if path.is_dir() {
                    directories.push(path);
                } else {
                    let name = path.strip_prefix(&root).expect("it is below").to_owned();
                    files.push((name, fs::read(path).expect("it is read")));
                }
            }
        }
        files.sort();
        files
    })
}

/// Everything that is read: group, stream, id and message.
type Read = BTreeSet<(String, String, String, String)>;

pub(super) fn run(data: &[u8]) {
    // Before this input's directory: one at a time has the name.
    let all = all();
    let mut files = original().to_vec();
    let mut is_catalog_changed = false;
    for change in data.chunks_exact(7).take(MOST) {
        let &[file, a, b, c, d, more, byte] = change else { continue };
        let number = usize::from(file) % files.len();
        let Some((name, content)) = files.get_mut(number) else { continue };
        let place = u32::from_le_bytes([a, b, c, d]) as usize % (content.len() + 1);
        is_catalog_changed |= name.as_path() == Path::new("meta.db");
        if more == 255 {
            content.truncate(place);
        } else if let Some(there) = content.get_mut(place) {
            *there = there.wrapping_add(more) ^ byte;
        }
    }
    let directory = directory_of(&files);
    let read = match read(directory.path()) {
        Ok(read) => read,
        Err(error) => {
            super::assert_one_line(&error);
            assert!(is_catalog_changed, "a segment keeps no store shut: {error}");
            return;
        }
    };
    if !is_catalog_changed {
        // What is torn is left out, and nothing is read that was not put.
        assert!(read.is_subset(all), "an event that nobody put");
        assert!(files != original() || read == *all, "an event is missing that nobody has touched");
    }
    // What is set aside once is not found again.
    if let Ok(found) = fsck(directory.path(), Mending::SetAside) {
        let again = fsck(directory.path(), Mending::None);
        let is_sound = again.as_ref().is_ok_and(flowlogd_logstore::Findings::is_sound);
        assert!(is_catalog_changed || is_sound, "{found:?} and then {again:?}");
    }
}

/// What the directory has as it is.
fn all() -> &'static Read {
    static ALL: OnceLock<Read> = OnceLock::new();
    ALL.get_or_init(|| {
        read(directory_of(original()).path()).expect("the store's directory is read")
    })
}

fn directory_of(files: &[File]) -> Directory {
    let directory = Directory::with(&[]);
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().expect("it is below")).expect("it is made");
        fs::write(path, content).expect("it is written");
    }
    directory
}

fn read(directory: &Path) -> Result<Read, String> {
    let store = LogStore::open(directory).map_err(|error| error.to_string())?;
    let owner = Owner { account: "123456789012".to_owned(), region: "us-east-1".to_owned() };
    let mut all = Read::new();
    let groups = GroupQuery { limit: 50, ..GroupQuery::default() };
    for group in store.groups(&owner, &groups).unwrap_or_default() {
        let group = group.settings.name;
        let streams = StreamQuery { limit: 50, ..StreamQuery::default() };
        for stream in store.streams(&owner, &group, &streams).unwrap_or_default() {
            let query = GetQuery {
                owner: &owner,
                group: &group,
                stream: &stream.name,
                start: None,
                end: None,
                from: From::Head,
                limit: 10_000,
                max_bytes: 1 << 20,
            };
            for event in store.get(&query, NOW).unwrap_or_default() {
                all.insert((
                    group.clone(),
                    stream.name.clone(),
                    event.key.to_string(),
                    event.message,
                ));
            }
        }
    }
    Ok(all)
}
