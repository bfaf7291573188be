//! Memories: listing, making, changing, deleting.

use super::edit::check_label;
use super::requests::{MemoryInfo, MemoryPatch, NewMemory};
use super::{Caller, Engine, Error, Role, invalid, view};
use crate::store::{self, Deed};

/// The longest title, in characters.
const MAX_TITLE: usize = 200;

impl Engine {
    /// The memories that the caller may read, by name.
    pub fn memories(&self, caller: &Caller) -> Result<Vec<MemoryInfo>, Error> {
        let infos = self.store.read(|reader| {
            let memories = Self::readable(caller, reader)?.into_iter();
            memories
                .map(|memory| Ok(view::memory(&memory, languages(reader, &memory)?)))
                .collect()
        })?;
        Ok(infos)
    }

    /// One memory.
    pub fn memory(&self, caller: &Caller, name: &str) -> Result<MemoryInfo, Error> {
        let memory = self.memory_for(caller, Role::Read, name)?;
        let langs = self.store.read(|reader| languages(reader, &memory))?;
        Ok(view::memory(&memory, langs))
    }

    /// Makes a memory: who may write in all of them may also add one, as an import does.
    pub fn create_memory(&self, caller: &Caller, memory: &NewMemory) -> Result<MemoryInfo, Error> {
        self.must_be_ready()?;
        caller.must_have_everywhere(Role::Write)?;
        if !store::is_memory_name(&memory.name) {
            let reason =
                "a memory's name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit";
            return Err(invalid("invalid_name", "/name", reason));
        }
        check_penalty(memory.penalty)?;
        let title = memory.title.clone().unwrap_or_else(|| memory.name.clone());
        check_title(&title)?;
        let (new, who) = (memory.clone(), caller.actor());
        let made = self.store.write(move |tx| {
            let by = who.by.as_deref();
            let made = tx.create_memory(&new.name, &title, new.penalty, new.read_only, by)?;
            tx.audit(&who, &Deed::memory("memory_created", made.id, &made.name))?;
            Ok(made)
        })?;
        Ok(view::memory(&made, Vec::new()))
    }

    /// Changes what the patch names.
    pub fn change_memory(
        &self,
        caller: &Caller,
        name: &str,
        patch: &MemoryPatch,
    ) -> Result<MemoryInfo, Error> {
        self.must_be_ready()?;
        patch.penalty.map_or(Ok(()), check_penalty)?;
        patch.title.as_deref().map_or(Ok(()), check_title)?;
        let patch = store::MemoryPatch {
            title: patch.title.clone(),
            penalty: patch.penalty,
            read_only: patch.read_only,
        };
        let memory = self.memory_for(caller, Role::Admin, name)?;
        let who = caller.actor();
        self.store.write(move |tx| {
            tx.change_memory(memory.id, &patch, who.by.as_deref())?;
            tx.audit(
                &who,
                &Deed::memory("memory_changed", memory.id, &memory.name),
            )
        })?;
        self.memory(caller, name)
    }

    /// Deletes a memory with all its units; they are kept for 30 days.
    pub fn delete_memory(&self, caller: &Caller, name: &str) -> Result<(), Error> {
        self.must_be_ready()?;
        let memory = self.memory_for(caller, Role::Admin, name)?;
        let who = caller.actor();
        self.store.write(move |tx| {
            tx.delete_memory(memory.id, who.by.as_deref())?;
            tx.audit(
                &who,
                &Deed::memory("memory_deleted", memory.id, &memory.name),
            )
        })?;
        Ok(())
    }
}

fn languages(reader: &store::Reader, memory: &store::Memory) -> Result<Vec<String>, store::Error> {
    Ok(reader
        .languages(memory.id)?
        .into_iter()
        .map(|(lang, _)| lang.to_string())
        .collect())
}

fn check_penalty(penalty: u8) -> Result<(), Error> {
    if penalty > store::MAX_PENALTY {
        return Err(invalid(
            "out_of_range",
            "/penalty",
            "a penalty is a percentage from 0 to 30",
        ));
    }
    Ok(())
}

fn check_title(title: &str) -> Result<(), Error> {
    check_label(title, MAX_TITLE, "/title")
}
