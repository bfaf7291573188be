//! What is known of things, as columns of a table.

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::vocabulary::PROPERTIES;
use super::{Asked, MOST_IDS, too_many, wrong_type};
use crate::engine::{Caller, ConceptView, Engine, Error, NameEntry};
use crate::http::problem::Problem;
use crate::model::{Marks, NameForm, Status};

/// Properties that are fetched at a time.
const MOST_PROPERTIES: usize = 50;

/// What is asked of which things.
pub(super) struct Extension {
    ids: Vec<String>,
    columns: Vec<Column>,
}

struct Column {
    id: String,
    /// Most values of a thing.
    limit: usize,
}

/// The field `extend`.
pub(super) fn read(asked: &Value) -> Result<Extension, Problem> {
    let list = |name: &str| {
        let list = asked[name].as_array();
        list.ok_or_else(|| wrong_type(&format!("extend/{name}"), "a list"))
    };
    let (ids, columns) = (list("ids")?, list("properties")?);
    if ids.len() > MOST_IDS {
        return Err(too_many("extend/ids", "ids", MOST_IDS));
    }
    if columns.len() > MOST_PROPERTIES {
        return Err(too_many("extend/properties", "properties", MOST_PROPERTIES));
    }
    Ok(Extension {
        ids: ids
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        columns: columns.iter().filter_map(column).collect(),
    })
}

fn column(asked: &Value) -> Option<Column> {
    let id = asked.as_str().or_else(|| asked["id"].as_str())?;
    // Settings are numbers in JSON, or what was typed.
    let limit = &asked["settings"]["limit"];
    let limit = limit
        .as_u64()
        .or_else(|| limit.as_str()?.trim().parse().ok());
    let limit = limit.filter(|limit| *limit > 0).unwrap_or(u64::MAX);
    Some(Column {
        id: id.to_owned(),
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    })
}

/// The values, for every id and property that is asked for; none of those that nobody knows.
pub(super) fn extend(engine: &Engine, caller: &Caller, asked: &Extension) -> Result<Value, Error> {
    let mut rows = Map::new();
    for id in &asked.ids {
        if rows.contains_key(id) {
            continue;
        }
        let concept = match engine.concept(caller, id.trim()) {
            Ok(concept) => Some(concept),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let cell = |column: &Column| {
            let values = concept.as_ref().map(|concept| values(concept, &column.id));
            let values = values.unwrap_or_default().into_iter().take(column.limit);
            let values: Vec<Value> = values.map(|value| json!({ "str": value })).collect();
            (column.id.clone(), Value::Array(values))
        };
        let cells = asked.columns.iter().map(cell).collect();
        rows.insert(id.clone(), Value::Object(cells));
    }
    let meta = |column: &Column| {
        let known = PROPERTIES.iter().find(|property| property.id == column.id);
        let name = known.map_or(column.id.as_str(), |property| property.name);
        json!({ "id": column.id, "name": name })
    };
    let meta: Vec<Value> = asked.columns.iter().map(meta).collect();
    Ok(json!({ "meta": meta, "rows": rows }))
}

fn values<'a>(concept: &'a ConceptView, property: &str) -> Vec<&'a str> {
    let names = concept.names.iter();
    let preferred = |lang: &str| concept.preferred.get(lang).map(String::as_str);
    match property {
        "canonical_en" => preferred("en").into_iter().collect(),
        "canonical_fa" => preferred("fa").into_iter().collect(),
        "names" => names.map(|name| name.text.as_str()).collect(),
        "status" => names
            .map(|name| name.status.map_or("", Status::as_str))
            .collect(),
        "acronyms" => {
            let is_right = |name: &&NameEntry| {
                name.form == NameForm::Acronym && name.status.is_none_or(Status::is_right)
            };
            let mut acronyms: Vec<&NameEntry> = names.filter(is_right).collect();
            acronyms.sort_by_key(|name| (name.status, !name.marks.has(Marks::DEFAULT)));
            acronyms.iter().map(|name| name.text.as_str()).collect()
        }
        _ => Vec::new(),
    }
}

/// Propose properties
///
/// Things of all types have the same ones.
#[utoipa::path(get, path = "/reconcile/properties", tag = "reconcile", params(
    ("type" = Option<String>, Query, description = "A type's id."),
    ("limit" = Option<u64>, Query, description = "Most properties to propose."),
    ("callback" = Option<String>, Query, description = "Name of a function (JSONP)."),
), responses((status = 200, description = "Properties that data can be extended by.")))]
pub(in crate::http) async fn proposed(asked: Asked) -> Result<HttpResponse, Problem> {
    let limit = asked.fields.number("limit").filter(|limit| *limit > 0);
    let properties = PROPERTIES.iter().take(limit.unwrap_or(usize::MAX));
    let properties: Vec<Value> = properties.map(|property| property.json()).collect();
    let mut reply = json!({
        "type": asked.fields.get("type").unwrap_or_default(),
        "properties": properties,
    });
    if let (Some(limit), Value::Object(reply)) = (limit, &mut reply) {
        reply.insert("limit".to_owned(), json!(limit));
    }
    asked.reply(&reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_numbers_and_as_text() {
        let limit = |settings: Value| {
            column(&json!({ "id": "names", "settings": settings })).map(|c| c.limit)
        };
        assert_eq!(limit(json!({ "limit": 2 })), Some(2));
        assert_eq!(limit(json!({ "limit": "2" })), Some(2));
        for all in [
            json!({}),
            json!(null),
            json!({ "limit": 0 }),
            json!({ "limit": "x" }),
        ] {
            assert_eq!(limit(all), Some(usize::MAX));
        }
        assert!(column(&json!({ "name": "names" })).is_none());
    }

    #[test]
    fn an_extension_names_things_and_properties_and_not_too_many() {
        for wrong in [
            json!([]),
            json!({ "ids": [] }),
            json!({ "ids": "x", "properties": [] }),
        ] {
            assert_eq!(read(&wrong).err().map(|p| p.code()), Some("wrong_type"));
        }
        let many = json!({ "ids": vec!["org:x"; MOST_IDS + 1], "properties": [] });
        assert_eq!(read(&many).err().map(|p| p.code()), Some("batch_too_large"));
    }
}
