//! Memories: listing, making, changing, deleting, bringing back.

use super::access::not_found;
use super::edit::check_label;
use super::requests::{MemoryInfo, MemoryPatch, NewMemory};
use super::{Caller, Engine, Error, Role, invalid, view};
use crate::model::MemoryId;
use crate::store::{self, Deed, DeletedMemory};

/// The longest title, in characters.
const MAX_TITLE: usize = 200;
/// Where programs write that cannot say where.
const DEFAULT: &str = "default";
/// Units read at once when a deleted memory is indexed again.
const INDEXED_AT_ONCE: usize = 2_000;

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

    /// The memory that those mean who cannot say which, as other programs' protocols have no word for it: the one that
    /// is named all the same, else the only one that the caller may write, else `default`; `None` where that would
    /// have to be made first.
    pub fn memory_meant(
        &self,
        caller: &Caller,
        named: Option<&str>,
    ) -> Result<Option<String>, Error> {
        if let Some(name) = named {
            return Ok(Some(self.memory_for(caller, Role::Write, name)?.name));
        }
        let mut memories = self.store.read(|reader| Self::readable(caller, reader))?;
        memories.retain(|one| !one.read_only && caller.must_have(Role::Write, one.id).is_ok());
        let several = "this key may write several memories: name one in ?memory=, or use a key for one memory";
        match memories.as_slice() {
            [only] => Ok(Some(only.name.clone())),
            some if some.iter().any(|memory| memory.name == DEFAULT) => Ok(Some(DEFAULT.into())),
            _ if caller.rights.everywhere >= Some(Role::Write) => Ok(None),
            [] => Err(Error::Forbidden {
                needed: Role::Write,
            }),
            _ => Err(invalid("memory_needed", "memory", several)),
        }
    }

    /// The same for a write, for which it is made.
    pub fn memory_to_write(&self, caller: &Caller, named: Option<&str>) -> Result<String, Error> {
        if let Some(name) = self.memory_meant(caller, named)? {
            return Ok(name);
        }
        let new = NewMemory {
            name: DEFAULT.to_owned(),
            ..NewMemory::default()
        };
        // The answer to remember is that of the write.
        match self.create_memory(&caller.without_key(), &new) {
            // Somebody else was quicker; or it is read-only, as the write will tell.
            Ok(_) | Err(Error::Exists { .. }) => Ok(new.name),
            Err(error) => Err(error),
        }
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
        let new = memory.clone();
        Ok(self.write(caller, move |tx, who| {
            let by = who.by.as_deref();
            let made = tx.create_memory(&new.name, &title, new.penalty, new.read_only, by)?;
            tx.audit(who, &Deed::memory("memory_created", made.id, &made.name))?;
            Ok(view::memory(&made, Vec::new()))
        })?)
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

    /// The memories that were deleted within 30 days and that the caller administers, the last first.
    pub fn deleted_memories(&self, caller: &Caller) -> Result<Vec<MemoryInfo>, Error> {
        let mut deleted = self.store.read(|reader| reader.deleted_memories())?;
        deleted.retain(|one| caller.must_have(Role::Admin, one.memory.id).is_ok());
        let info = |one: &DeletedMemory| MemoryInfo {
            deleted_at: Some(view::time(one.deleted.at)),
            deleted_by: one.deleted.by.clone(),
            restorable_until: Some(view::time(one.deleted.at + store::UNDELETE_WITHIN)),
            ..view::memory(&one.memory, Vec::new())
        };
        Ok(deleted.iter().map(info).collect())
    }

    /// Brings back the memory of that name that was deleted last, with its units and their history.
    pub fn restore_memory(&self, caller: &Caller, name: &str) -> Result<MemoryInfo, Error> {
        self.must_be_ready()?;
        let _one_at_a_time = self.restoring.lock();
        let deleted = self.store.read(|reader| reader.deleted_memories())?;
        let memory = deleted
            .into_iter()
            .map(|one| one.memory)
            .find(|memory| memory.name == name)
            .ok_or_else(|| not_found("memory"))?;
        caller.must_have(Role::Admin, memory.id)?;
        if self.store.read(|reader| reader.memory(name))?.is_some() {
            return Err(Error::Exists { name: name.into() });
        }
        // Nobody writes a deleted memory and nobody looks into it, so its units can be indexed beforehand, and are
        // found from the very moment on at which it is back.
        let filled = self.index_deleted(memory.id);
        let id = memory.id;
        let back = filled.and_then(|()| {
            Ok(self.write(caller, move |tx, who| {
                let back = tx.undelete_memory(&memory.name, who.by.as_deref())?;
                if back.id != id {
                    return Err(store::Error::NotFound { what: "memory" });
                }
                tx.audit(who, &Deed::memory("memory_restored", id, &memory.name))?;
                let languages = languages(&tx.reader(), &back)?;
                Ok(view::memory(&back, languages))
            })?)
        });
        back.inspect_err(|_| self.index.forget(id))
    }

    fn index_deleted(&self, memory: MemoryId) -> Result<(), Error> {
        self.index.forget(memory);
        let mut filling = self.index.fill();
        let mut after = None;
        loop {
            let page = self
                .store
                .read(|reader| reader.page_of_deleted(memory, after, INDEXED_AT_ONCE))?;
            for unit in &page.units {
                let variants = unit.variants.iter().map(|v| (&v.lang, v.text.as_str()));
                filling.add(memory, unit.id, variants);
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        filling.finish();
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
