//! Accounts: their root credentials, and the agents that are enrolled in them.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::ids;
use crate::model::{AccessKey, Agent, KeyOwner};
use crate::state::{Place, State, StateError, Txn};

/// A key as it is given away.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Public part.
    pub access_key_id: String,
    /// Never shown again.
    pub secret_access_key: String,
}

/// Where root credentials come from.
#[derive(Clone, Default)]
pub struct RootCredentials {
    /// Of the first account, if somebody chose them.
    pub given: Option<Credentials>,
}

/// Why accounts cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not twelve digits.
    #[error("'{0}' is no account id: it has twelve digits")]
    Id(String),
    /// An account that the server does not have.
    #[error("the server has no account {0}: it has those of server.accounts or --account-id")]
    Unknown(String),
    /// Not a host's name.
    #[error("'{0}' is no host name: it has 1 to 64 letters, digits, '.', '-' and '_'")]
    Host(String),
    /// Given credentials that no client could use.
    #[error(
        "the given root access key id '{0}' is no key id: it has 16 to 128 letters, digits and '_'"
    )]
    KeyId(String),
    /// The state failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// The credentials file failed.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// How.
        source: std::io::Error,
    },
}

/// Sees to it that every account has root credentials, and writes them to `DIRECTORY/credentials`, in the
/// shared-credentials format, readable by its owner alone. The first account is the profile `default`, the
/// others are profiles named by their ids. `now` is in Unix milliseconds.
pub fn prepare(
    state: &State,
    accounts: &[String],
    root: &RootCredentials,
    directory: &Path,
    now: i64,
) -> Result<(), AccountError> {
    let mut text = String::new();
    for (place, account) in accounts.iter().enumerate() {
        check(account)?;
        let given = if place == 0 { root.given.as_ref() } else { None };
        let key = root_key(state, account, given, now)?;
        let profile = if place == 0 { "default" } else { account };
        let _ = writeln!(
            text,
            "[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key.access_key_id, key.secret_access_key
        );
    }
    let path = directory.join("credentials");
    let failed = |source| AccountError::File { path: path.clone(), source };
    if fs::read_to_string(&path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    let new = directory.join("credentials.new");
    let _ = fs::remove_file(&new);
    let mut file =
        fs::File::options().write(true).create_new(true).mode(0o600).open(&new).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&new, &path).map_err(failed)
}

/// Enrols the agent of a host, or returns the credential that it was enrolled with.
pub fn enroll(
    state: &State,
    account: &str,
    host: &str,
    now: i64,
) -> Result<Credentials, AccountError> {
    check(account)?;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if host.is_empty() || host.len() > 64 || !host.bytes().all(is_part) {
        return Err(AccountError::Host(host.to_owned()));
    }
    let place = Place::global(account);
    let owner = KeyOwner::Agent(host.to_owned());
    state.write(|txn| {
        if key_of(txn, &place, &KeyOwner::Root)?.is_none() {
            return Err(AccountError::Unknown(account.to_owned()));
        }
        if let Some(key) = key_of(txn, &place, &owner)? {
            return Ok(key);
        }
        let agent = Agent { id: host.to_owned(), enrolled: now / 1000 };
        txn.put(&place, &agent, now)?;
        Ok(make_key(txn, &place, owner, None, now)?)
    })
}

fn check(account: &str) -> Result<(), AccountError> {
    let is_id = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if is_id { Ok(()) } else { Err(AccountError::Id(account.to_owned())) }
}

fn root_key(
    state: &State,
    account: &str,
    given: Option<&Credentials>,
    now: i64,
) -> Result<Credentials, AccountError> {
    if let Some(given) = given {
        let id = &given.access_key_id;
        let is_key_id = (16..=128).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_key_id || given.secret_access_key.is_empty() {
            return Err(AccountError::KeyId(id.clone()));
        }
    }
    let place = Place::global(account);
    state.write(|txn| {
        let present = key_of(txn, &place, &KeyOwner::Root)?;
        match (present, given) {
            (Some(present), None) => Ok(present),
            (Some(present), Some(given)) if present == *given => Ok(present),
            (present, given) => {
                if let Some(present) = present {
                    txn.delete::<AccessKey>(&place, &present.access_key_id, now)?;
                }
                Ok(make_key(txn, &place, KeyOwner::Root, given, now)?)
            }
        }
    })
}

fn key_of(
    txn: &Txn<'_>,
    place: &Place,
    owner: &KeyOwner,
) -> Result<Option<Credentials>, StateError> {
    let keys: Vec<AccessKey> = txn.list(place)?;
    let key = keys.into_iter().find(|key| key.owner == *owner && key.active);
    Ok(key.map(|key| Credentials { access_key_id: key.id, secret_access_key: key.secret }))
}

fn make_key(
    txn: &Txn<'_>,
    place: &Place,
    owner: KeyOwner,
    given: Option<&Credentials>,
    now: i64,
) -> Result<Credentials, StateError> {
    let credentials = given.cloned().unwrap_or_else(|| Credentials {
        access_key_id: ids::unique("AKIA", 20),
        secret_access_key: ids::secret(),
    });
    let key = AccessKey {
        id: credentials.access_key_id.clone(),
        secret: credentials.secret_access_key.clone(),
        owner,
        active: true,
        created: now / 1000,
    };
    txn.put(place, &key, now)?;
    Ok(credentials)
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NOW: i64 = 1_795_651_200_000;

    fn accounts() -> Vec<String> {
        vec!["123456789012".to_owned(), "210987654321".to_owned()]
    }

    #[test]
    fn root_credentials_are_made_once_and_only_their_owner_may_read_them() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        prepare(&state, &accounts(), &RootCredentials::default(), directory.path(), NOW).unwrap();
        let path = directory.path().join("credentials");
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(first.starts_with("[default]\naws_access_key_id = AKIA"));
        assert!(first.contains("[210987654321]\n"));

        fs::remove_file(&path).unwrap();
        prepare(&state, &accounts(), &RootCredentials::default(), directory.path(), NOW).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), first);
    }

    #[test]
    fn credentials_that_somebody_chose_take_the_place_of_others() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let given = Credentials {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
        };
        prepare(&state, &accounts(), &RootCredentials::default(), directory.path(), NOW).unwrap();
        let root = RootCredentials { given: Some(given) };
        prepare(&state, &accounts(), &root, directory.path(), NOW).unwrap();
        let text = fs::read_to_string(directory.path().join("credentials")).unwrap();
        assert!(text.starts_with(
            "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = secret\n"
        ));
        let keys = state.read(|txn| txn.list::<AccessKey>(&Place::global("123456789012"))).unwrap();
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn what_is_no_account_or_key_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        let odd = [("12".to_owned())];
        let error = prepare(&state, &odd, &RootCredentials::default(), directory.path(), NOW);
        assert_eq!(error.unwrap_err().to_string(), "'12' is no account id: it has twelve digits");
        let given =
            Credentials { access_key_id: "x y".to_owned(), secret_access_key: "s".to_owned() };
        let root = RootCredentials { given: Some(given) };
        let error = prepare(&state, &accounts(), &root, directory.path(), NOW).unwrap_err();
        assert!(error.to_string().contains("'x y' is no key id"));
    }

    #[test]
    fn a_host_is_enrolled_once() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        prepare(&state, &accounts(), &RootCredentials::default(), directory.path(), NOW).unwrap();
        let first = enroll(&state, "123456789012", "web-1", NOW).unwrap();
        assert_eq!(enroll(&state, "123456789012", "web-1", NOW).unwrap(), first);
        assert_ne!(enroll(&state, "123456789012", "web-2", NOW).unwrap(), first);
        let nowhere = enroll(&state, "999999999999", "web-1", NOW);
        assert!(matches!(nowhere, Err(AccountError::Unknown(_))));
    }

    #[test]
    fn a_data_directory_belongs_to_one_process() {
        let directory = tempfile::tempdir().unwrap();
        let state = State::open(directory.path()).unwrap();
        prepare(&state, &accounts(), &RootCredentials::default(), directory.path(), NOW).unwrap();
        let error = State::open(directory.path()).unwrap_err().to_string();
        assert!(error.contains("in use by another flowlogd"), "{error}");
        // Enrolling works beside a running server.
        let beside = State::open_beside(directory.path()).unwrap();
        enroll(&beside, "123456789012", "web-1", NOW).unwrap();
    }
}
