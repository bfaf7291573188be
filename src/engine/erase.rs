//! Erasing on purpose, for those who must forget: units with their history, a user's name, a memory at once instead of
//! after 30 days. Afterwards the whole database is written anew, so that nothing of it is left in free pages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::not_found;
use super::{Caller, Engine, Error, Role, invalid, view};
use crate::model::UnitId;
use crate::store::{self, Deed};

/// The most units erased by one request.
const MOST_UNITS: usize = 1_000;
/// Numbers of units looked at in one transaction.
const IDS_AT_ONCE: i64 = 5_000;

/// What to erase: one of the three.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// Ids of units, living or deleted, whose texts and history go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1000)]
    pub units: Option<Vec<String>>,
    /// A user, whose name becomes `(erased)` wherever it stands as who made, changed or did something; not where a
    /// text, a note or a prop mentions it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A memory, living or deleted, which goes with all it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// The same once more: the name of the user or memory, the ids of the units with commas between.
    pub confirm: String,
}

/// What was erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// Units that are gone, or in which a name was replaced.
    pub units: u64,
    /// Whether the database was written anew. If not, texts may still stand in its free pages: free some space on the
    /// disk and ask again.
    pub compacted: bool,
    /// What this server cannot reach and must be dealt with by hand.
    pub still_held_by: Vec<String>,
}

impl Engine {
    /// Erases for good. Asked again, it finishes what broke off.
    pub fn erase(&self, caller: &Caller, asked: &Erase) -> Result<Erased, Error> {
        self.must_be_ready()?;
        let units = match (&asked.units, &asked.user, &asked.memory) {
            (Some(units), None, None) => self.erase_units(caller, units, &asked.confirm)?,
            (None, Some(user), None) => self.erase_user(caller, user, &asked.confirm)?,
            (None, None, Some(memory)) => self.erase_memory(caller, memory, &asked.confirm)?,
            _ => {
                let reason = "give one of units, user and memory";
                return Err(invalid("missing_field", "", reason));
            }
        };
        let compacted = self.store.compact().inspect_err(|error| {
            tracing::error!(%error, "what was erased may still stand in free pages of the database");
        });
        let mut held = vec![
            "backups and exports made before".to_owned(),
            "free blocks of the disk, until they are used again".to_owned(),
        ];
        let copies = self.store.copies_of_upgrades().into_iter();
        held.extend(copies.map(|name| format!("{name} in the data folder, left by an upgrade")));
        let erased = Erased {
            units,
            compacted: compacted.is_ok(),
            still_held_by: held,
        };
        Ok(self.write(caller, move |_, _| Ok(erased))?)
    }

    fn erase_units(&self, caller: &Caller, ids: &[String], confirm: &str) -> Result<u64, Error> {
        if !(1..=MOST_UNITS).contains(&ids.len()) {
            let reason = format!("1 to {MOST_UNITS} units can be erased at once");
            return Err(invalid("out_of_range", "/units", &reason));
        }
        let mut units = Vec::with_capacity(ids.len());
        for id in ids {
            let (unit, memory) = self.unit_for(caller, Role::Admin, id)?;
            units.push((unit, memory.id));
        }
        must_confirm(&ids.join(","), confirm)?;
        self.snapshots.forget();
        let who = caller.actor();
        Ok(self.store.write(move |tx| {
            let mut erased = 0;
            for (unit, memory) in units {
                if tx.erase_unit(unit, who.by.as_deref())? {
                    tx.audit(&who, &Deed::unit("unit_erased", memory, unit))?;
                    erased += 1;
                }
            }
            Ok(erased)
        })?)
    }

    fn erase_user(&self, caller: &Caller, name: &str, confirm: &str) -> Result<u64, Error> {
        caller.must_be_admin()?;
        if name.is_empty() || name == store::erased_user() {
            return Err(invalid("invalid_name", "/user", "this is no user's name"));
        }
        must_confirm(name, confirm)?;
        let who = caller.actor();
        // The log says that someone was erased, and by whom, but not who.
        self.store.write(move |tx| {
            tx.audit(
                &who,
                &Deed::new("user_erased", "user", store::erased_user()),
            )
        })?;
        let mut units = 0;
        let mut after = Some(UnitId(0));
        while let Some(place) = after {
            let user = name.to_owned();
            let (changed, next) = self
                .store
                .write(move |tx| tx.erase_user_in_units(&user, place, IDS_AT_ONCE))?;
            units += changed;
            after = next;
        }
        let mut after = Some(0);
        while let Some(place) = after {
            let user = name.to_owned();
            after = self
                .store
                .write(move |tx| tx.erase_user_in_logs(&user, place))?
                .1;
        }
        let user = name.to_owned();
        self.store.write(move |tx| tx.erase_user_elsewhere(&user))?;
        // A key by that name goes on, without it.
        let _nobody_changes_keys = self.keys.changing.lock();
        self.keys.load(self.store.read(|reader| reader.keys())?);
        Ok(units)
    }

    fn erase_memory(&self, caller: &Caller, name: &str, confirm: &str) -> Result<u64, Error> {
        let _nobody_restores_it = self.restoring.lock();
        // A living one by that name, else the one that was deleted last.
        let memory = match self.store.read(|reader| reader.memory(name))? {
            Some(memory) => memory,
            None => {
                let deleted = self.store.read(|reader| reader.deleted_memories())?;
                let mut named = deleted.into_iter().map(|one| one.memory);
                named
                    .find(|memory| memory.name == name)
                    .ok_or_else(|| not_found("memory"))?
            }
        };
        caller.must_have(Role::Admin, memory.id)?;
        must_confirm(name, confirm)?;
        if memory.read_only {
            return Err(Error::ReadOnly { name: memory.name });
        }
        self.snapshots.forget();
        let who = caller.actor();
        let (id, label) = (memory.id, memory.name);
        self.store.write(move |tx| {
            tx.doom_memory(id, who.by.as_deref())?;
            tx.audit(&who, &Deed::memory("memory_erased", id, &label))
        })?;
        while self.store.write(|tx| tx.purge_doomed())? {}
        Ok(view::count(memory.units))
    }
}

fn must_confirm(what: &str, confirm: &str) -> Result<(), Error> {
    if what == confirm {
        return Ok(());
    }
    let reason = "what is erased never comes back: repeat in `confirm` what it is";
    Err(invalid("confirm_missing", "/confirm", reason))
}
