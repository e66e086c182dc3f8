//! The server's part of the configuration file.

mod log_store;
mod quotas;

use std::path::PathBuf;

use serde::Deserialize;

use crate::http::{Limits, Tls};

pub use log_store::LogStoreConfig;
pub use quotas::Quotas;

/// Section `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen, `HOST:PORT`.
    pub listen: Option<String>,
    /// Where everything is kept.
    pub data_dir: Option<PathBuf>,
    /// Accounts, twelve digits each. The first is the one whose root credentials are written to
    /// `DATA_DIR/credentials` under the profile `default`.
    pub accounts: Vec<String>,
    /// Seconds by which the date of a signature may differ from the server's clock.
    pub signature_skew: u32,
    /// Whether refusals are told in the log group `/flowlogd/decisions`.
    pub decisions: bool,
    /// TLS; plain HTTP without it.
    pub tls: Option<Tls>,
    /// How much a client may ask.
    pub limits: Limits,
    /// Section `[server.quotas]`.
    pub quotas: Quotas,
    /// Section `[server.log_store]`.
    pub log_store: LogStoreConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: None,
            data_dir: None,
            accounts: vec!["123456789012".to_owned()],
            signature_skew: 300,
            decisions: true,
            tls: None,
            limits: Limits::default(),
            quotas: Quotas::default(),
            log_store: LogStoreConfig::default(),
        }
    }
}
