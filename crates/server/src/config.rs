//! The server's part of the configuration file.

mod quotas;

use serde::Deserialize;

pub use quotas::Quotas;

/// Section `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Accounts, twelve digits each. The first is the one whose root credentials are written to
    /// `DATA_DIR/credentials` under the profile `default`.
    pub accounts: Vec<String>,
    /// Seconds by which the date of a signature may differ from the server's clock.
    pub signature_skew: u32,
    /// Whether refusals are told in the log group `/flowlogd/decisions`.
    pub decisions: bool,
    /// Section `[server.quotas]`.
    pub quotas: Quotas,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            accounts: vec!["123456789012".to_owned()],
            signature_skew: 300,
            decisions: true,
            quotas: Quotas::default(),
        }
    }
}
