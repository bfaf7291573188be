//! What the program shipped for each concept when it last brought its glossary.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::concepts::{from_json, read_id, to_json};
use super::tx::Tx;
use super::units::text;
use super::{Error, Reader};
use crate::model::{Concept, ConceptId};

fn shipped(conn: &Connection) -> Result<BTreeMap<ConceptId, Concept>, Error> {
    let mut statement = conn.prepare_cached("SELECT concept, content FROM shipped_concept")?;
    let mut rows = statement.query([])?;
    let mut shipped = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let id = read_id(row, 0)?;
        let content = from_json(text(row, 1)?, id.as_str())?;
        shipped.insert(id, content);
    }
    Ok(shipped)
}

impl Tx<'_> {
    /// What was shipped for each concept.
    ///
    /// # Errors
    /// Those of the database.
    pub fn shipped_concepts(&self) -> Result<BTreeMap<ConceptId, Concept>, Error> {
        shipped(self.conn)
    }

    /// Notes what was shipped for a concept; none where it is no longer shipped.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note_shipped(&mut self, id: &ConceptId, content: Option<&Concept>) -> Result<(), Error> {
        self.guard(|tx| {
            match content {
                Some(content) => tx
                    .conn
                    .prepare_cached(
                        "INSERT OR REPLACE INTO shipped_concept (concept, content) VALUES (?1, ?2)",
                    )?
                    .execute(params![id.as_str(), to_json(content)?])?,
                None => tx
                    .conn
                    .prepare_cached("DELETE FROM shipped_concept WHERE concept = ?1")?
                    .execute([id.as_str()])?,
            };
            Ok(())
        })
    }
}

impl Reader<'_> {
    /// What the program shipped when it last brought its glossary, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn shipped_concepts(&self) -> Result<BTreeMap<ConceptId, Concept>, Error> {
        shipped(self.conn)
    }
}
