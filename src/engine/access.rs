//! Who asks and what they may: the one place where a memory's name or a unit's id becomes a row. What the
//! caller may not read is not found, in the same words as what is not there; what may be read but not
//! changed is forbidden.

use std::sync::Arc;

use super::{Engine, Error, Idempotency, view};
use crate::model::{MemoryId, Rights, Role, UnitId};
use crate::store::{self, Actor, Memory, Reader};

/// Who asks, with what they may do.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Shown as `changed_by`.
    pub name: Option<String>,
    /// The id of their key; none for the local administrator, and while no key exists.
    pub key: Option<String>,
    /// The id of their request; none on the command line.
    pub request: Option<String>,
    /// What they may do.
    pub rights: Rights,
    /// What their write is to be remembered by.
    pub once: Option<Arc<Idempotency>>,
}

impl Caller {
    /// The local administrator: the command line in its own folder, and everyone while no key exists.
    pub fn local() -> Self {
        Self {
            name: None,
            key: None,
            request: None,
            rights: Rights::all(),
            once: None,
        }
    }

    /// The same, of whom nothing is remembered.
    pub(super) fn without_key(&self) -> Self {
        Self {
            once: None,
            ..self.clone()
        }
    }

    /// Who they are, for the audit log: give it to `tx.audit` in the job that writes.
    pub(super) fn actor(&self) -> Actor {
        Actor {
            by: self.name.clone(),
            key: self.key.clone(),
            request: self.request.clone(),
        }
    }

    /// Refuses whoever may not administer the server.
    pub(super) fn must_be_admin(&self) -> Result<(), Error> {
        self.must_have_everywhere(Role::Admin)
    }

    /// Refuses whoever has not at least this role in every memory.
    pub(super) fn must_have_everywhere(&self, needed: Role) -> Result<(), Error> {
        if self.rights.everywhere >= Some(needed) {
            Ok(())
        } else {
            Err(Error::Forbidden { needed })
        }
    }

    /// Refuses whoever has not at least this role in the glossary. It is one thing that everybody knows of, so
    /// who may not read it is told so.
    pub fn must_have_in_glossary(&self, needed: Role) -> Result<(), Error> {
        if self.rights.glossary >= Some(needed) {
            Ok(())
        } else {
            Err(Error::Forbidden { needed })
        }
    }

    /// Whether the caller has a role in a memory: not found without any, forbidden with too small a one.
    pub(super) fn must_have(&self, role: Role, memory: MemoryId) -> Result<(), Error> {
        match self.rights.in_memory(memory) {
            Some(own) if own >= role => Ok(()),
            Some(_) => Err(Error::Forbidden { needed: role }),
            None => Err(not_found("memory")),
        }
    }
}

impl Engine {
    /// The memory of that name, if the caller has the role there.
    pub(super) fn memory_for(
        &self,
        caller: &Caller,
        role: Role,
        name: &str,
    ) -> Result<Memory, Error> {
        let memory = self.store.read(|reader| reader.memory(name))?;
        let memory = memory.ok_or_else(|| not_found("memory"))?;
        caller.must_have(role, memory.id)?;
        Ok(memory)
    }

    /// The memory that a unit is in or was in, if the caller has the role there; the id is read from its text.
    pub(super) fn unit_for(
        &self,
        caller: &Caller,
        role: Role,
        id: &str,
    ) -> Result<(UnitId, Memory), Error> {
        let id = view::read_unit_id(id)?;
        let memory = self.store.read(|reader| match reader.memory_of(id)? {
            Some(memory) => reader.memory_by_id(memory),
            None => Ok(None),
        })?;
        let memory = memory.ok_or_else(|| not_found("unit"))?;
        match caller.must_have(role, memory.id) {
            Err(Error::NotFound { .. }) => Err(not_found("unit")),
            Err(error) => Err(error),
            Ok(()) => Ok((id, memory)),
        }
    }

    /// The living memories that the caller may read, by name.
    pub(super) fn readable(
        caller: &Caller,
        reader: &Reader<'_>,
    ) -> Result<Vec<Memory>, store::Error> {
        let mut memories = reader.memories()?;
        memories.retain(|memory| caller.rights.in_memory(memory.id).is_some());
        Ok(memories)
    }
}

pub(super) fn not_found(what: &str) -> Error {
    Error::NotFound { what: what.into() }
}
