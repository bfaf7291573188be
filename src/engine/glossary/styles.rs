//! House styles. `default` is always there, and says nothing until somebody changes it.

use super::super::access::not_found;
use super::super::edit::check_label;
use super::super::view::time;
use super::super::{Caller, Engine, Error, Role, invalid};
use super::requests::{NewStyle, StyleEdit, StyleHistoryEntry, StyleSettings, StyleView};
use crate::model::Style;
use crate::store::{self, Deed, StoredStyle, StyleRevision, is_memory_name};

/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

impl Engine {
    /// All styles, `default` first and the others by name.
    pub fn styles(&self, caller: &Caller) -> Result<Vec<StyleView>, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        let stored = self.store.read(|reader| reader.styles())?;
        let mut styles: Vec<StyleView> = stored.iter().map(view).collect::<Result<_, _>>()?;
        styles.sort_by(|a, b| {
            (a.name != Style::DEFAULT, &a.name).cmp(&(b.name != Style::DEFAULT, &b.name))
        });
        if styles
            .first()
            .is_none_or(|first| first.name != Style::DEFAULT)
        {
            styles.insert(0, untouched());
        }
        Ok(styles)
    }

    /// One style.
    pub fn style(&self, caller: &Caller, name: &str) -> Result<StyleView, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        match self.store.read(|reader| reader.style(name))? {
            Some(stored) => view(&stored),
            None if name == Style::DEFAULT => Ok(untouched()),
            None => Err(not_found("style")),
        }
    }

    /// All revisions of a style, the newest first; also of a deleted one. To go back to one, write what it said.
    pub fn style_history(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<Vec<StyleHistoryEntry>, Error> {
        caller.must_have_in_glossary(Role::Read)?;
        let revisions = self.store.read(|reader| reader.style_history(name))?;
        if revisions.is_empty() && name != Style::DEFAULT {
            return Err(not_found("style"));
        }
        let shown = |revision: StyleRevision| {
            let settings = revision.settings.as_deref();
            Ok(StyleHistoryEntry {
                rev: revision.rev,
                at: time(revision.stamp.at),
                by: revision.stamp.by,
                settings: settings.map(|json| settings_of(name, json)).transpose()?,
            })
        };
        revisions.into_iter().map(shown).collect()
    }

    /// Makes a style.
    pub fn create_style(&self, caller: &Caller, new: &NewStyle) -> Result<StyleView, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        if !is_memory_name(&new.name) {
            let reason =
                "a style's name is 1 to 64 of a-z 0-9 . _ - and begins with a letter or digit";
            return Err(invalid("invalid_name", "/name", reason));
        }
        if new.name == Style::DEFAULT {
            return Err(exists(&new.name));
        }
        let settings = StyleSettings {
            title: new.title.clone(),
            first_mention: new.first_mention,
            later: new.later,
            leave_quotations: new.leave_quotations,
        };
        self.write_style(caller, &new.name, 0, &settings)
    }

    /// Says anew what a style says; `rev` is the revision the caller saw.
    pub fn replace_style(
        &self,
        caller: &Caller,
        name: &str,
        rev: i64,
        edit: &StyleEdit,
    ) -> Result<StyleView, Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        let current = self.style(caller, name)?;
        if current.rev != rev {
            return Err(stale(rev, current.rev));
        }
        let settings = StyleSettings {
            title: edit.title.clone(),
            first_mention: edit.first_mention,
            later: edit.later,
            leave_quotations: edit.leave_quotations,
        };
        self.write_style(caller, name, rev, &settings)
    }

    fn write_style(
        &self,
        caller: &Caller,
        name: &str,
        rev: i64,
        settings: &StyleSettings,
    ) -> Result<StyleView, Error> {
        settings
            .title
            .as_deref()
            .map_or(Ok(()), |title| check_label(title, LONGEST_TITLE, "/title"))?;
        let json = serde_json::to_string(settings).map_err(|e| Error::Store(e.to_string()))?;
        let (slug, settings) = (name.to_owned(), settings.clone());
        let written = self.write(caller, move |tx, who| {
            let style = tx.put_style(&slug, rev, &json, who.by.as_deref())?;
            let deed = Deed::new("style_changed", "style", slug);
            let before = Some(rev).filter(|rev| *rev > 0);
            tx.audit(who, &deed.revised(before, Some(style.rev)))?;
            Ok(shown(&style, settings))
        });
        written.map_err(|error| refused(error, name, rev))
    }

    /// Deletes a style. Names that are said to be of it stay, and count again when it is made again.
    pub fn delete_style(&self, caller: &Caller, name: &str, rev: i64) -> Result<(), Error> {
        self.must_be_ready()?;
        caller.must_have_in_glossary(Role::Write)?;
        if name == Style::DEFAULT {
            return Err(Error::Conflict {
                code: "default_style",
                field: "name".into(),
                reason: "the style default is always there: PUT changes what it says".into(),
            });
        }
        let (slug, who) = (name.to_owned(), caller.actor());
        let deleted = self.store.write(move |tx| {
            tx.delete_style(&slug, rev, who.by.as_deref())?;
            let deed = Deed::new("style_deleted", "style", slug);
            tx.audit(&who, &deed.revised(Some(rev), Some(rev + 1)))
        });
        deleted.map_err(|error| refused(error, name, rev))
    }

    /// The style that a request names, or the default one.
    pub(super) fn style_named(&self, name: Option<&str>) -> Result<Style, Error> {
        let name = name.unwrap_or(Style::DEFAULT);
        let settings = match self.store.read(|reader| reader.style(name))? {
            Some(stored) => read(&stored)?,
            None if name == Style::DEFAULT => StyleSettings::default(),
            None => {
                let reason = "there is no style of that name: GET /v1/styles lists them";
                return Err(invalid("unknown_style", "/style", reason));
            }
        };
        Ok(Style {
            name: name.to_owned(),
            first_mention: settings.first_mention,
            later: settings.later,
            leave_quotations: settings.leave_quotations,
        })
    }
}

fn untouched() -> StyleView {
    StyleView {
        name: Style::DEFAULT.to_owned(),
        rev: 0,
        settings: StyleSettings::default(),
        changed_at: None,
        changed_by: None,
    }
}

fn read(stored: &StoredStyle) -> Result<StyleSettings, Error> {
    settings_of(&stored.name, &stored.settings)
}

fn settings_of(style: &str, json: &str) -> Result<StyleSettings, Error> {
    serde_json::from_str(json).map_err(|error| Error::Store(format!("the style {style}: {error}")))
}

fn view(stored: &StoredStyle) -> Result<StyleView, Error> {
    Ok(shown(stored, read(stored)?))
}

fn shown(stored: &StoredStyle, settings: StyleSettings) -> StyleView {
    StyleView {
        name: stored.name.clone(),
        rev: stored.rev,
        settings,
        changed_at: Some(time(stored.changed.at)),
        changed_by: stored.changed.by.clone(),
    }
}

fn exists(name: &str) -> Error {
    Error::Conflict {
        code: "exists",
        field: "/name".into(),
        reason: format!("there is a style {name}: PUT changes it"),
    }
}

fn stale(given: i64, rev: i64) -> Error {
    Error::Conflict {
        code: "stale_rev",
        field: "/rev".into(),
        reason: format!(
            "the style was changed meanwhile: revision {given} was given, {rev} is current"
        ),
    }
}

fn refused(error: store::Error, name: &str, given: i64) -> Error {
    match error {
        store::Error::Exists { .. } => exists(name),
        store::Error::Conflict { rev, .. } => stale(given, rev),
        other => other.into(),
    }
}
