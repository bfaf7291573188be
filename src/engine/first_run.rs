//! The first run: a folder that never held a memory gets a small sample, so that there is something to ask.

use super::{Engine, Error};
use crate::formats::{self, Format, ReadOptions};
use crate::model::Lang;
use crate::store::{self, Actor, Deed, Mode, Prepared};

/// About 330 news and report sentences, written for this project; see `glossary/README.md`.
const SAMPLE: &[u8] = include_bytes!("../../glossary/sample-memory.tsv");
/// The name of the memory it goes into, its title, and who is said to have made it.
const NAME: &str = "sample";
const TITLE: &str = "Sample: news and report sentences";
const BY: &str = "hamzaban";

/// The sample as it was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The memory's name.
    pub memory: String,
    /// How many units it has.
    pub units: u64,
    /// How many concepts of the shipped glossary came with it.
    pub concepts: u64,
}

impl Engine {
    /// For who asks for names in texts and nothing else: the index stays empty, and a folder without a single concept
    /// gets the glossary that ships.
    pub fn prepare_names(&self) -> Result<(), Error> {
        self.fill_glossary()?;
        if self.live.snapshot().finder.concepts().next().is_none() {
            self.bring_if_writable()?;
        }
        Ok(())
    }

    /// What [`Engine::catch_up`] does, and on a folder that never held a memory, loads the shipped sample
    /// before it is ready: as a whole or not at all, so that a first run that is cut off is made again.
    pub fn start(&self) -> Result<Option<Sample>, Error> {
        self.fill()?;
        let concepts = self.bring_if_writable()?;
        let sample = match self.degraded().is_none() && self.store.is_empty()? {
            true => Some(Sample {
                concepts,
                ..self.load_sample()?
            }),
            false => None,
        };
        self.become_ready();
        Ok(sample)
    }

    /// A store that takes no writes now, as on a full disk, is served as it is; the next start brings the rest.
    fn bring_if_writable(&self) -> Result<u64, Error> {
        if self.degraded().is_some() {
            return Ok(0);
        }
        match self.bring_shipped() {
            Err(error) if self.degraded().is_some() => {
                tracing::warn!(%error, "the shipped glossary could not be brought up to date");
                Ok(0)
            }
            other => other,
        }
    }

    fn load_sample(&self) -> Result<Sample, Error> {
        let units = sample_units()?;
        let count = units.len() as u64;
        self.store.write(move |tx| {
            let memory = tx.create_memory(NAME, TITLE, 0, false, Some(BY))?;
            tx.audit(
                &Actor::program(),
                &Deed::memory("memory_created", memory.id, NAME),
            )?;
            for unit in units {
                tx.put_draft(memory.id, unit, Mode::Add, Some(BY), None)?;
            }
            Ok(())
        })?;
        Ok(Sample {
            memory: NAME.to_owned(),
            units: count,
            concepts: 0,
        })
    }
}

fn sample_units() -> Result<Vec<Prepared>, Error> {
    let broken = |reason: String| Error::Store(format!("the shipped sample: {reason}"));
    let options = ReadOptions {
        source: Some(Lang::parse("en")?),
        target: Some(Lang::parse("fa")?),
    };
    let entries =
        formats::read(SAMPLE, Format::Tsv, &options).map_err(|error| broken(error.to_string()))?;
    let unit = |entry: Result<formats::Entry, formats::Error>| {
        let draft = entry.map_err(|error| broken(error.to_string()))?.unit;
        let prepared = Prepared::new(draft.map_err(broken)?);
        prepared.map_err(|error: store::Error| broken(error.to_string()))
    };
    entries.map(unit).collect()
}
