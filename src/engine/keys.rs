//! Keys: making, listing and revoking them, and what one says of itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use std::time::Instant;

use super::edit::check_label;
use super::{Admitted, Caller, Engine, Error, KeyFault, Role, admission, invalid, view};
use crate::model::{MemoryId, Rights};
use crate::store::{self, Deed, NewKey, Reader, StoredKey};

/// The longest name of a key, in characters.
const MAX_NAME: usize = 100;
/// The most memories that one key names.
const MAX_MEMORIES: usize = 1_000;

/// A key to be made. `POST /v1/keys` reads it as it stands.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// What it is called; shown as `changed_by` of what it writes. Its id where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// What it may do, in the memories named, or everywhere where none is; `read` where left out. `admin`
    /// everywhere also decides about keys, backups and the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub role: Option<Role>,
    /// Names of the memories that it is for; all, also later ones, where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 1000)]
    pub memories: Option<Vec<String>>,
    /// What it may do in the glossary; where left out, as in all memories, and `read` for a key of some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub glossary: Option<GlossaryRole>,
    /// From when it is refused, RFC 3339; never where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    pub expires_at: Option<String>,
    /// How many requests it may send a minute; as many as it likes where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub rate_per_minute: Option<u32>,
}

/// A role in the glossary, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum GlossaryRole {
    /// Not even read.
    None,
    /// Ask and read.
    Read,
    /// Also add, change and delete.
    Write,
    /// Also decide about styles and the glossary as a whole.
    Admin,
}

impl From<GlossaryRole> for Option<Role> {
    fn from(role: GlossaryRole) -> Self {
        match role {
            GlossaryRole::None => None,
            GlossaryRole::Read => Some(Role::Read),
            GlossaryRole::Write => Some(Role::Write),
            GlossaryRole::Admin => Some(Role::Admin),
        }
    }
}

/// A memory and the role there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct MemoryRole {
    /// The memory's name.
    pub memory: String,
    /// The role.
    #[schema(inline)]
    pub role: Role,
}

/// A key as an administrator sees it; the key itself is shown once, when it is made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct KeyInfo {
    /// Its id, the middle of `hz_ID_SECRET`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its role in every memory; null where it has none.
    #[schema(inline)]
    pub everywhere: Option<Role>,
    /// Its roles in single memories.
    pub memories: Vec<MemoryRole>,
    /// Its role in the glossary; null where it has none.
    #[schema(inline)]
    pub glossary: Option<Role>,
    /// Requests a minute; null where it may send as many as it likes.
    pub rate_per_minute: Option<u32>,
    /// When it was made.
    pub created_at: String,
    /// By whom.
    pub created_by: Option<String>,
    /// From when it is refused; null: never.
    pub expires_at: Option<String>,
    /// When it was revoked; null: it was not.
    pub revoked_at: Option<String>,
    /// By whom.
    pub revoked_by: Option<String>,
    /// When it was last used, to the hour; null: never.
    pub last_used: Option<String>,
}

/// A key that was just made.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct MadeKey {
    /// The key, `hz_ID_SECRET`. It is shown this once and cannot be had again.
    pub key: String,
    /// What it is.
    #[serde(flatten)]
    pub info: KeyInfo,
}

/// What a caller is and may do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Me {
    /// The key's id; null for the local administrator, and while the server has no keys.
    pub id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Its role in every memory.
    #[schema(inline)]
    pub everywhere: Option<Role>,
    /// Its roles in single memories.
    pub memories: Vec<MemoryRole>,
    /// Its role in the glossary.
    #[schema(inline)]
    pub glossary: Option<Role>,
    /// Requests a minute.
    pub rate_per_minute: Option<u32>,
    /// From when it is refused.
    pub expires_at: Option<String>,
}

impl Engine {
    /// Whether no key was ever made: whoever reaches the server is its administrator.
    pub fn is_open(&self) -> bool {
        self.keys.is_empty()
    }

    /// Lets a key in for one request.
    pub fn admit(&self, key: &str) -> Result<Admitted, KeyFault> {
        let now = self.store.now();
        let (admitted, due) = self.keys.admit(key, now, Instant::now())?;
        if let (true, Some(id)) = (due, admitted.caller.key.clone()) {
            // Nobody waits for it, and nobody misses it where it fails.
            drop(self.store.submit(move |tx| tx.note_key_use(&id, now)));
        }
        Ok(admitted)
    }

    /// Whether somebody who was let in for something that takes long may go on: their key (none is the local
    /// administrator's) was neither revoked nor has it expired. It counts as no request.
    pub fn still_admits(&self, key: Option<&str>) -> Result<(), KeyFault> {
        key.map_or(Ok(()), |id| self.keys.must_be_good(id, self.store.now()))
    }

    /// The same for work in pieces, which ends between two of them.
    pub(super) fn must_still_admit(&self, key: Option<&str>) -> Result<(), Error> {
        self.still_admits(key).map_err(|_| Error::KeyEnded)
    }

    /// Makes a key. Its text is in the reply and nowhere else.
    pub fn create_key(&self, caller: &Caller, asked: &KeyRequest) -> Result<MadeKey, Error> {
        caller.must_be_admin()?;
        let (id, text) = admission::new_key()?;
        let key = NewKey {
            id,
            name: asked.name.clone().unwrap_or_default(),
            hash: admission::hash(&text),
            rights: self.rights_asked(caller, asked)?,
            per_minute: asked.rate_per_minute,
            expires_at: self.expiry_asked(asked)?,
        };
        check_name(&key.name)?;
        if key
            .per_minute
            .is_some_and(|rate| !(1..=1_000_000).contains(&rate))
        {
            let reason = "a key may send 1 to 1000000 requests a minute";
            return Err(invalid("out_of_range", "/rate_per_minute", reason));
        }
        let _changing = self.keys.changing.lock();
        let made = self.write(caller, move |tx, who| {
            let stored = tx.create_key(&key, who.by.as_deref())?;
            tx.audit(who, &Deed::new("key_created", "key", &stored.key.id))?;
            let info = info(&tx.reader(), stored)?;
            Ok(MadeKey { key: text, info })
        })?;
        let mut keys = self.store.read(|reader| reader.keys())?;
        keys.retain(|stored| stored.key.id == made.info.id);
        self.keys.load(keys);
        Ok(made)
    }

    fn rights_asked(&self, caller: &Caller, asked: &KeyRequest) -> Result<Rights, Error> {
        let role = asked.role.unwrap_or(Role::Read);
        let Some(names) = &asked.memories else {
            return Ok(Rights {
                everywhere: Some(role),
                memories: Vec::new(),
                glossary: asked.glossary.map_or(Some(role), Into::into),
            });
        };
        if !(1..=MAX_MEMORIES).contains(&names.len()) {
            let reason = "name 1 to 1000 memories, or leave it out for all of them";
            return Err(invalid("out_of_range", "/memories", reason));
        }
        let mut memories: Vec<(MemoryId, Role)> = Vec::new();
        for name in names {
            memories.push((self.memory_for(caller, Role::Read, name)?.id, role));
        }
        memories.sort();
        memories.dedup();
        Ok(Rights {
            everywhere: None,
            memories,
            glossary: asked.glossary.map_or(Some(Role::Read), Into::into),
        })
    }

    fn expiry_asked(&self, asked: &KeyRequest) -> Result<Option<i64>, Error> {
        let Some(text) = &asked.expires_at else {
            return Ok(None);
        };
        let at = view::read_time(text, "/expires_at")?;
        if at <= self.store.now() {
            let reason = "this time is over: give one to come";
            return Err(invalid("out_of_range", "/expires_at", reason));
        }
        Ok(Some(at))
    }

    /// All keys that were ever made, the oldest first.
    pub fn keys(&self, caller: &Caller) -> Result<Vec<KeyInfo>, Error> {
        caller.must_be_admin()?;
        Ok(self.store.read(|reader| {
            let keys = reader.keys()?.into_iter();
            keys.map(|stored| info(reader, stored)).collect()
        })?)
    }

    /// Revokes a key: from its next request on it is refused. One that was revoked before stays so.
    pub fn revoke_key(&self, caller: &Caller, id: &str) -> Result<(), Error> {
        caller.must_be_admin()?;
        let (who, key) = (caller.actor(), id.to_owned());
        let _changing = self.keys.changing.lock();
        self.store.write(move |tx| {
            if tx.revoke_key(&key, who.by.as_deref())? {
                tx.audit(&who, &Deed::new("key_revoked", "key", key))?;
            }
            Ok(())
        })?;
        self.keys.revoke(id);
        Ok(())
    }

    /// What the caller is and may do.
    pub fn me(&self, caller: &Caller) -> Result<Me, Error> {
        let memories = self.store.read(|reader| roles(reader, &caller.rights))?;
        let (rate_per_minute, expires_at) = match &caller.key {
            Some(id) => self.keys.limits(id),
            None => (None, None),
        };
        Ok(Me {
            id: caller.key.clone(),
            name: caller.name.clone(),
            everywhere: caller.rights.everywhere,
            memories,
            glossary: caller.rights.glossary,
            rate_per_minute,
            expires_at: expires_at.map(view::time),
        })
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    check_label(name, MAX_NAME, "/name")?;
    // It stands in lists and logs, where it must not turn its surroundings around or hide.
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    if name.chars().any(hidden) {
        let reason = "a name has no control characters, nor others that cannot be seen";
        return Err(invalid("invalid_character", "/name", reason));
    }
    Ok(())
}

fn roles(reader: &Reader<'_>, rights: &Rights) -> Result<Vec<MemoryRole>, store::Error> {
    let names = reader.names_of(&rights.memories)?.into_iter();
    Ok(names
        .map(|(memory, role)| MemoryRole { memory, role })
        .collect())
}

fn info(reader: &Reader<'_>, stored: StoredKey) -> Result<KeyInfo, store::Error> {
    let key = stored.key;
    let (revoked_at, revoked_by) = match stored.revoked {
        Some(stamp) => (Some(view::time(stamp.at)), stamp.by),
        None => (None, None),
    };
    Ok(KeyInfo {
        memories: roles(reader, &key.rights)?,
        id: key.id,
        name: key.name,
        everywhere: key.rights.everywhere,
        glossary: key.rights.glossary,
        rate_per_minute: key.per_minute,
        created_at: view::time(stored.created.at),
        created_by: stored.created.by,
        expires_at: key.expires_at.map(view::time),
        revoked_at,
        revoked_by,
        last_used: stored.last_used.map(view::time),
    })
}
