//! `hamzaban key create|list|revoke`: the same here and through a server.

use anyhow::anyhow;
use jiff::{SignedDuration, Timestamp};

use super::target::{Place, Target};
use super::{missing, print, remark};
use crate::engine::{Caller, GlossaryRole, KeyInfo, KeyRequest, Role};

/// What can be done with keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key and print it, this once. From the first one on the server wants a key
    Create(CreateArguments),
    /// List all keys that were ever made
    List {
        /// Print JSON, one key a line
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key for good; the server refuses it from its next request on
    Revoke {
        /// The middle of hz_ID_SECRET
        id: String,
    },
}

/// What `key create` takes.
#[derive(Debug, clap::Args)]
pub(super) struct CreateArguments {
    /// What it may do in its memories: read, write (also edit and import) or admin (also change and delete
    /// them; without --memory also keys, backups and the server)
    #[arg(long, value_name = "ROLE", default_value = "read", value_parser = role)]
    role: Role,
    /// A memory that it is for, repeatable; without it all, also those made later
    #[arg(long, value_name = "NAME")]
    memory: Vec<String>,
    /// What it may do in the glossary: none, read, write or admin; else the role, and read with --memory
    #[arg(long, value_name = "ROLE", value_parser = glossary_role)]
    glossary: Option<GlossaryRole>,
    /// What it is called in lists and in changed_by
    #[arg(long, value_name = "LABEL")]
    name: Option<String>,
    /// When it ends: in so many days, or at a time such as 2030-01-31T00:00:00Z
    #[arg(long, value_name = "DAYS|TIME", value_parser = expiry)]
    expires: Option<Timestamp>,
    /// How many requests it may send, such as 100/min
    #[arg(long, value_name = "N/min", value_parser = rate)]
    rate: Option<u32>,
    /// Print what was made as JSON
    #[arg(long)]
    json: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "give read, write or admin".into())
}

fn glossary_role(text: &str) -> Result<GlossaryRole, String> {
    match text {
        "none" => Ok(GlossaryRole::None),
        "read" => Ok(GlossaryRole::Read),
        "write" => Ok(GlossaryRole::Write),
        "admin" => Ok(GlossaryRole::Admin),
        _ => Err("give none, read, write or admin".into()),
    }
}

fn rate(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix("/min").and_then(|n| n.parse().ok());
    let fair = number.filter(|n| (1..=1_000_000).contains(n));
    fair.ok_or_else(|| "give a number a minute, 1/min to 1000000/min".into())
}

fn expiry(text: &str) -> Result<Timestamp, String> {
    let days = text.strip_suffix('d').unwrap_or(text).parse::<i64>();
    let at = match days {
        Ok(days @ 1..=36_500) => {
            Timestamp::now().checked_add(SignedDuration::from_hours(days * 24))
        }
        Ok(_) => return Err("give 1 to 36500 days".into()),
        Err(_) => text.parse(),
    };
    at.map_err(|_| "give days, such as 30, or a time, such as 2030-01-31T00:00:00Z".into())
}

pub(super) fn run(place: &Place, command: &KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create(arguments) => create(place, arguments),
        KeyCommand::List { json } => list(place, *json),
        KeyCommand::Revoke { id } => revoke(place, id),
    }
}

fn create(place: &Place, arguments: &CreateArguments) -> anyhow::Result<()> {
    let memories = &arguments.memory;
    let asked = KeyRequest {
        name: arguments.name.clone(),
        role: Some(arguments.role),
        memories: (!memories.is_empty()).then(|| memories.clone()),
        glossary: arguments.glossary,
        expires_at: arguments.expires.map(|time| time.to_string()),
        rate_per_minute: arguments.rate,
    };
    let target = place.open()?;
    let made = match &target {
        Target::Here(here) => here
            .engine
            .create_key(&Caller::local(), &asked)
            .map_err(anyhow::Error::from),
        Target::There(client) => client.create_key(&asked),
    };
    let made = made.map_err(|error| missing(error, memories))?;
    if arguments.json {
        return print(&format!("{}\n", serde_json::to_string(&made)?));
    }
    // Only the key on stdout: KEY=$(hamzaban key create).
    print(&format!("{}\n", made.key))?;
    remark(&format!(
        "{}. It is shown this once; send it as Authorization: Bearer KEY, or set HAMZABAN_KEY. \
         `hamzaban key revoke {}` ends it.",
        described(&made.info),
        made.info.id
    ));
    Ok(())
}

fn list(place: &Place, json: bool) -> anyhow::Result<()> {
    let keys = match place.open()? {
        Target::Here(here) => here.engine.keys(&Caller::local())?,
        Target::There(client) => client.keys()?,
    };
    let line = |key: &KeyInfo| match json {
        true => serde_json::to_string(key),
        false => Ok(described(key)),
    };
    for key in &keys {
        print(&format!("{}\n", line(key)?))?;
    }
    if keys.is_empty() {
        remark(
            "There are no keys: whoever reaches the server on this machine is its administrator.",
        );
    }
    Ok(())
}

fn revoke(place: &Place, id: &str) -> anyhow::Result<()> {
    // Whoever copies the whole key here means its id, and the rest has no place in an address.
    let id = match id
        .strip_prefix("hz_")
        .and_then(|rest| rest.split('_').next())
    {
        Some(id) => id,
        None => id,
    };
    let none = || anyhow!("there is no key {id}: `hamzaban key list` shows all");
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(none());
    }
    let revoked = match place.open()? {
        Target::Here(here) => here
            .engine
            .revoke_key(&Caller::local(), id)
            .map_err(anyhow::Error::from),
        Target::There(client) => client.revoke_key(id),
    };
    revoked.map_err(|error| {
        if super::is_not_found(&error) {
            none()
        } else {
            error
        }
    })?;
    remark(&format!("revoked {id}"));
    Ok(())
}

/// A key on one line.
fn described(key: &KeyInfo) -> String {
    let mut words = vec![key.id.clone()];
    if !key.name.is_empty() {
        words.push(format!("“{}”", key.name));
    }
    words.extend(
        key.everywhere
            .map(|role| format!("{} everywhere", role.as_str())),
    );
    let memories = key.memories.iter();
    words.extend(memories.map(|m| format!("{} in {}", m.role.as_str(), m.memory)));
    let glossary = key.glossary.map_or("none", Role::as_str);
    words.push(format!("glossary {glossary}"));
    words.extend(key.rate_per_minute.map(|rate| format!("{rate}/min")));
    words.push(format!("made {}", key.created_at));
    words.extend(key.last_used.as_ref().map(|at| format!("used {at}")));
    words.extend(key.expires_at.as_ref().map(|at| format!("expires {at}")));
    words.extend(key.revoked_at.as_ref().map(|at| format!("revoked {at}")));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times_are_both_an_end() {
        let now = Timestamp::now();
        for text in ["30", "30d"] {
            let at = expiry(text).unwrap();
            let hours = at.duration_since(now).as_hours();
            assert!((719..=720).contains(&hours), "{hours}");
        }
        let time = "2030-01-31T00:00:00Z";
        assert_eq!(expiry(time).unwrap().to_string(), time);
        for text in ["", "0", "-1", "99999", "soon", "2030-01-31"] {
            assert!(expiry(text).is_err(), "{text}");
        }
    }
}
