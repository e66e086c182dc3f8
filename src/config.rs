//! The configuration file: one TOML file for server and agent.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use flowlogd_agent::config::AgentConfig;
use serde::Deserialize;

use crate::exit_status::Failure;

/// Everything that can be configured; the sections are documented where they are read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    /// Section `[server]`.
    pub(crate) server: flowlogd_server::Config,
    /// Section `[agent]`.
    pub(crate) agent: AgentConfig,
}

/// Reads the file, if one is named. A key that nobody knows is an error.
pub(crate) fn read(path: Option<&Path>) -> Result<ConfigFile, Failure> {
    let Some(path) = path else { return Ok(ConfigFile::default()) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the configuration {}", path.display()))
        .map_err(Failure::usage)?;
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        // The error's own text would draw the place over several lines.
        let what = error.message().lines().collect::<Vec<_>>().join(": ");
        Failure::usage(anyhow!("{}, line {line}: {what}", path.display()))
    })
}
