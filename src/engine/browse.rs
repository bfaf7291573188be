//! Walking through a memory: pages for people, all of it for an export or a change of many units.

use super::filter::{Bounds, Filter};
use super::requests::UnitPage;
use super::{Caller, Engine, Error, Role, invalid, view};
use crate::model::{MemoryId, Unit, UnitId};
use crate::store::{ImportId, Page};

/// The most units on one page.
const MOST_ON_A_PAGE: usize = 1_000;
/// How many times a page that a filter left short is filled up: each looks at some thousand units.
const LOOKS_FOR_A_PAGE: usize = 4;

impl Engine {
    /// Units of a memory in the order they were made; `cursor` is that of the page before. With a filter a page may be
    /// short, even empty, and have a next one: each looks at some ten thousand units.
    pub fn units(
        &self,
        caller: &Caller,
        memory: &str,
        filter: &Filter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<UnitPage, Error> {
        if !(1..=MOST_ON_A_PAGE).contains(&limit) {
            return Err(invalid(
                "out_of_range",
                "limit",
                "1 to 1000 units fit on a page",
            ));
        }
        let bounds = filter.ready("")?;
        let memory = self.memory_for(caller, Role::Read, memory)?;
        let list = view::units_of(memory.id);
        let mut after = cursor
            .map(|cursor| view::read_cursor(&list, cursor, "cursor"))
            .transpose()?
            .map(UnitId);
        let mut units = Vec::new();
        for _ in 0..LOOKS_FOR_A_PAGE {
            let mut page = self.filtered(memory.id, &bounds, after, limit - units.len())?;
            units.append(&mut page.units);
            after = page.next;
            if after.is_none() || units.len() == limit {
                break;
            }
        }
        Ok(UnitPage {
            units: units
                .iter()
                .map(|unit| view::unit(unit, &memory.name))
                .collect(),
            cursor: after.map(|unit| view::cursor(&list, unit.0)),
        })
    }

    /// One look into a memory; see [`crate::store::Reader::page`].
    pub(super) fn filtered(
        &self,
        memory: MemoryId,
        bounds: &Bounds<'_>,
        after: Option<UnitId>,
        limit: usize,
    ) -> Result<Page, Error> {
        let takes = |unit: &Unit, import: Option<ImportId>| bounds.admits(unit, import);
        let takes: Option<crate::store::Takes<'_>> = if bounds.is_empty() {
            None
        } else {
            Some(&takes)
        };
        Ok(self
            .store
            .read(|reader| reader.page(memory, after, limit, takes))?)
    }
}
