//! Endpoint, region and credentials as a user of the AWS CLI sets them: by options, by environment
//! variables, by `~/.aws/credentials` and `~/.aws/config`, in that order.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Client, ClientSettings, Credentials, EndpointError};

/// What the user said on the command line; the first that counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explicit {
    /// `--endpoint-url`.
    pub endpoint: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--profile`. With it the keys of the environment do not count.
    pub profile: Option<String>,
}

/// Whom to call, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `http(s)://HOST[:PORT]`.
    pub endpoint: String,
    /// Region of the signatures.
    pub region: String,
    /// Who signs.
    pub credentials: Credentials,
    /// A certificate authority beside the system's (`AWS_CA_BUNDLE`).
    pub authority: Option<PathBuf>,
}

/// What is missing in the environment, or wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// Nobody said where the service is.
    #[error(
        "no endpoint: give --endpoint-url, or set AWS_ENDPOINT_URL or endpoint_url in a profile"
    )]
    NoEndpoint,
    /// Nobody said in which region.
    #[error("no region: give --region, or set AWS_REGION or region in a profile")]
    NoRegion,
    /// There is no key.
    #[error(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put them under [{profile}] \
         in {}", file.display()
    )]
    NoCredentials {
        /// The profile that was looked for.
        profile: String,
        /// The file in which it was looked for.
        file: PathBuf,
    },
    /// One half of a key.
    #[error("{present} is set in {place}, {missing} is not")]
    HalfAKey {
        /// What is there.
        present: &'static str,
        /// What is not.
        missing: &'static str,
        /// The environment, or a profile.
        place: String,
    },
    /// A profile that was asked for by name.
    #[error("there is no profile [{profile}] in {} or {}", credentials.display(), config.display())]
    NoProfile {
        /// Its name.
        profile: String,
        /// One file.
        credentials: PathBuf,
        /// The other.
        config: PathBuf,
    },
    /// A file that is there and cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl Environment {
    /// Finds out, by the variables that `variable` knows.
    pub fn find(
        explicit: &Explicit,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, EnvironmentError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let home = variable("HOME").map(PathBuf::from).unwrap_or_default();
        let file = |name: &str, default: &str| {
            variable(name).map_or_else(|| home.join(".aws").join(default), PathBuf::from)
        };
        let credentials_file = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let config_file = file("AWS_CONFIG_FILE", "config");
        let named = explicit
            .profile
            .clone()
            .or_else(|| variable("AWS_PROFILE"))
            .or_else(|| variable("AWS_DEFAULT_PROFILE"));
        let profile = named.clone().unwrap_or_else(|| "default".to_owned());
        let secrets = read_profile(&credentials_file, &profile)?;
        let config = read_profile(&config_file, &profile)?;
        if named.is_some() && secrets.is_none() && config.is_none() {
            let credentials = credentials_file;
            return Err(EnvironmentError::NoProfile { profile, credentials, config: config_file });
        }
        let (secrets, config) = (secrets.unwrap_or_default(), config.unwrap_or_default());
        let setting = |name: &str| config.get(name).or_else(|| secrets.get(name)).cloned();

        let place = format!("the profile [{profile}]");
        let of_profile = || key(&place, |_, name| secrets.get(name).or(config.get(name)).cloned());
        let of_environment = || key("the environment", |name, _| variable(name));
        let credentials = if explicit.profile.is_some() {
            of_profile()?
        } else {
            of_environment()?.map_or_else(of_profile, |found| Ok(Some(found)))?
        };
        let no_credentials =
            || EnvironmentError::NoCredentials { profile: profile.clone(), file: credentials_file };
        Ok(Self {
            endpoint: explicit
                .endpoint
                .clone()
                .or_else(|| variable("AWS_ENDPOINT_URL"))
                .or_else(|| setting("endpoint_url"))
                .ok_or(EnvironmentError::NoEndpoint)?,
            region: explicit
                .region
                .clone()
                .or_else(|| variable("AWS_REGION"))
                .or_else(|| variable("AWS_DEFAULT_REGION"))
                .or_else(|| setting("region"))
                .ok_or(EnvironmentError::NoRegion)?,
            credentials: credentials.ok_or_else(no_credentials)?,
            authority: variable("AWS_CA_BUNDLE").or_else(|| setting("ca_bundle")).map(Into::into),
        })
    }

    /// Prepares a client.
    pub fn client(&self, settings: &ClientSettings) -> Result<Client, EndpointError> {
        let authority = self.authority.clone().or_else(|| settings.authority.clone());
        let settings = ClientSettings { authority, ..settings.clone() };
        Client::new(&self.endpoint, self.region.clone(), self.credentials.clone(), &settings)
    }
}

const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "aws_access_key_id");
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "aws_secret_access_key");
const TOKEN: (&str, &str) = ("AWS_SESSION_TOKEN", "aws_session_token");

/// Reads a key, whose parts are called in capitals in one place and in small letters in the other.
fn key(
    place: &str,
    value: impl Fn(&str, &str) -> Option<String>,
) -> Result<Option<Credentials>, EnvironmentError> {
    let half =
        |present, missing| EnvironmentError::HalfAKey { present, missing, place: place.to_owned() };
    match (value(ID.0, ID.1), value(SECRET.0, SECRET.1)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(half(ID.0, SECRET.0)),
        (None, Some(_)) => Err(half(SECRET.0, ID.0)),
        (Some(id), Some(secret)) => {
            let session_token = value(TOKEN.0, TOKEN.1);
            Ok(Some(Credentials { session_token, ..Credentials::key(id, secret) }))
        }
    }
}

/// Reads the settings of a profile from one of AWS's files: `[NAME]`, or `[profile NAME]`. A file that
/// is not there has no profiles.
pub(super) fn read_profile(
    path: &Path,
    profile: &str,
) -> Result<Option<BTreeMap<String, String>>, EnvironmentError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(profile_of(&text, profile)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(EnvironmentError::Unreadable { path: path.to_owned(), source }),
    }
}

fn profile_of(text: &str, profile: &str) -> Option<BTreeMap<String, String>> {
    let mut found: Option<BTreeMap<String, String>> = None;
    let mut inside = false;
    for line in text.lines() {
        // An indented line belongs to the setting above it, and we know none that has such.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        if let Some(section) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'))
        {
            let name = section.trim();
            let name = name.strip_prefix("profile ").unwrap_or(name).trim();
            inside = name == profile;
            if inside {
                found.get_or_insert_default();
            }
        } else if let (true, Some((name, value))) = (inside, line.split_once('=')) {
            let setting = (name.trim().to_owned(), value.trim().to_owned());
            found.get_or_insert_default().extend([setting]);
        }
    }
    found
}
