//! Where a command does its work: in the folder itself, or through the server that holds it.

use std::sync::Arc;

use anyhow::Context;

use super::client::Client;
use crate::config::{RunFile, Settings};
use crate::engine::Engine;

/// What the command line said about the place.
pub(super) struct Place<'a> {
    pub(super) settings: &'a Settings,
    pub(super) server: Option<&'a str>,
}

/// The place, opened.
pub(super) enum Target {
    /// The folder is ours; it is let go when this is dropped.
    Here(Here),
    /// A server does it.
    There(Client),
}

/// An engine in this process.
pub(super) struct Here {
    pub(super) engine: Arc<Engine>,
}

impl Place<'_> {
    /// `--server` if given; else the folder; else the server that holds the folder.
    pub(super) fn open(&self) -> anyhow::Result<Target> {
        let target = self.open_store()?;
        if let Target::Here(here) = &target {
            here.engine.catch_up()?;
        }
        Ok(target)
    }

    /// The same for commands about names in texts.
    pub(super) fn open_names(&self) -> anyhow::Result<Target> {
        let target = self.open_store()?;
        if let Target::Here(here) = &target {
            here.engine.prepare_names()?;
        }
        Ok(target)
    }

    /// The same without the index, for what needs none.
    pub(super) fn open_store(&self) -> anyhow::Result<Target> {
        if let Some(url) = self.server {
            let key = std::env::var("HAMZABAN_KEY").ok();
            return Ok(Target::There(Client::new(url, key)?));
        }
        let data = &self.settings.data.value;
        let run = RunFile::read(data);
        match (
            Engine::open(data, self.settings.allow_network_fs.value),
            run,
        ) {
            (Ok(engine), _) => Ok(Target::Here(Here { engine })),
            // The file alone proves nothing, since a killed server leaves it behind; but where the
            // folder cannot be opened as well, its server is asked.
            (Err(error), Some(run)) => {
                let client = Client::new(&format!("http://{}", run.address), Some(run.token))?;
                match client.greet() {
                    Ok(()) => Ok(Target::There(client)),
                    Err(_) => Err(error.into()),
                }
            }
            (Err(error), None) => Err(error).context("cannot open the data folder"),
        }
    }
}
