//! What a key may do: a role for each memory and for the glossary.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MemoryId;

/// What may be done; each role includes those before it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Ask and read.
    Read,
    /// Also add, change and delete.
    Write,
    /// Also decide about the memory itself; over everything: about keys, backups and the server.
    Admin,
}

impl Role {
    /// Its name in tables, replies and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == name)
    }
}

/// What one caller may do where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// In every memory, also those made later; over the server where it is [`Role::Admin`].
    pub everywhere: Option<Role>,
    /// In single memories, beside the above.
    pub memories: Vec<(MemoryId, Role)>,
    /// In the glossary: concepts, names, terms.
    pub glossary: Option<Role>,
}

impl Rights {
    /// Everything: the local administrator, and whoever asks while no key exists.
    pub fn all() -> Self {
        Self {
            everywhere: Some(Role::Admin),
            memories: Vec::new(),
            glossary: Some(Role::Admin),
        }
    }

    /// The role in a memory; none where it may not even be seen.
    pub fn in_memory(&self, memory: MemoryId) -> Option<Role> {
        let own = self.memories.iter().filter(|(id, _)| *id == memory);
        own.map(|(_, role)| *role).chain(self.everywhere).max()
    }

    /// Whether the server itself may be administered.
    pub fn is_admin(&self) -> bool {
        self.everywhere == Some(Role::Admin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greater_role_counts_and_a_memory_not_named_is_not_seen() {
        let rights = Rights {
            everywhere: None,
            memories: vec![(MemoryId(1), Role::Read), (MemoryId(1), Role::Write)],
            glossary: None,
        };
        assert_eq!(rights.in_memory(MemoryId(1)), Some(Role::Write));
        assert_eq!(rights.in_memory(MemoryId(2)), None);
        assert!(!rights.is_admin());
        assert_eq!(Rights::all().in_memory(MemoryId(2)), Some(Role::Admin));
    }

    #[test]
    fn roles_are_ordered_and_named() {
        assert!(Role::Read < Role::Write && Role::Write < Role::Admin);
        for role in [Role::Read, Role::Write, Role::Admin] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }
}
