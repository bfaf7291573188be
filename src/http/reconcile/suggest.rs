//! What somebody may mean who is typing: things, types, properties; and a few words on each of them.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::vocabulary::{CLASSES, Class, PROPERTIES};
use super::{Asked, page, query};
use crate::engine::Brief;
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Suggestions where nothing is said, and at most.
const SUGGESTIONS: usize = 10;
const MOST_SUGGESTIONS: usize = 100;

/// Complete a name
#[utoipa::path(get, path = "/reconcile/suggest/entity", tag = "reconcile", params(
    ("prefix" = Option<String>, Query, description = "What was typed of a name or an id."),
    ("cursor" = Option<u64>, Query, description = "Suggestions to skip."),
    ("callback" = Option<String>, Query, description = "Name of a function (JSONP)."),
), responses((status = 200, description = "Concepts, the likeliest first.")))]
pub(in crate::http) async fn entity(
    asked: Asked,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let typed = asked.fields.get("prefix").unwrap_or_default().to_owned();
    let limit = asked.fields.number("limit").filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(SUGGESTIONS).min(MOST_SUGGESTIONS);
    let skipped = asked.fields.number("cursor").unwrap_or_default();
    let most = skipped.saturating_add(limit).min(MOST_SUGGESTIONS);
    let (engine, caller) = (state.engine.clone(), asked.caller.clone());
    let found = blocking(move || engine.complete(&caller, &typed, most)).await?;
    let found = found.iter().skip(skipped).take(limit).map(thing).collect();
    tell(&asked, found)
}

fn thing(concept: &Brief) -> Value {
    json!({
        "id": concept.id,
        "name": query::name(concept),
        "description": query::description(concept),
        "notable": [Class::of(concept.kind).json()],
    })
}

/// Complete a type
#[utoipa::path(get, path = "/reconcile/suggest/type", tag = "reconcile", params(
    ("prefix" = Option<String>, Query, description = "What was typed; all types without it."),
), responses((status = 200, description = "Types.")))]
pub(in crate::http) async fn class(asked: Asked) -> Result<HttpResponse, Problem> {
    let fits = |class: &&Class| has_typed(&asked, class.id, class.name);
    let told =
        |class: &Class| json!({ "id": class.id, "name": class.name, "description": class.about });
    let found = CLASSES.iter().filter(fits).map(told).collect();
    tell(&asked, found)
}

/// Complete a property
#[utoipa::path(get, path = "/reconcile/suggest/property", tag = "reconcile", params(
    ("prefix" = Option<String>, Query, description = "What was typed; all properties without it."),
), responses((status = 200, description = "Properties.")))]
pub(in crate::http) async fn property(asked: Asked) -> Result<HttpResponse, Problem> {
    let found = PROPERTIES.iter();
    let found = found.filter(|property| has_typed(&asked, property.id, property.name));
    let found = found.map(|property| property.json()).collect();
    tell(&asked, found)
}

fn has_typed(asked: &Asked, id: &str, name: &str) -> bool {
    let typed = asked.fields.get("prefix").unwrap_or_default();
    let typed = typed.trim().to_lowercase();
    id.contains(&typed) || name.to_lowercase().contains(&typed)
}

/// `code` and `status` are for `OpenRefine`, whose widget is older than the standard.
fn tell(asked: &Asked, result: Vec<Value>) -> Result<HttpResponse, Problem> {
    asked.reply(&json!({
        "code": "/api/status/ok",
        "status": "200 OK",
        "prefix": asked.fields.get("prefix").unwrap_or_default(),
        "result": result,
    }))
}

/// A few words on a concept, a type or a property
#[utoipa::path(get, path = "/reconcile/flyout/{what}", tag = "reconcile", params(
    ("what" = String, Path, description = "`entity`, `type` or `property`."),
    ("id" = String, Query, description = "Its id."),
), responses((status = 200, description = "`id`, and a piece of HTML.")))]
pub(in crate::http) async fn flyout(
    asked: Asked,
    what: web::Path<String>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let id = asked.fields.get("id").unwrap_or_default().to_owned();
    let html = match what.as_str() {
        "entity" => {
            let (engine, caller, id) = (state.engine.clone(), asked.caller.clone(), id.clone());
            let concept = blocking(move || engine.concept(&caller, &id)).await?;
            Some(page::card(&concept))
        }
        "type" => {
            let class = CLASSES.iter().find(|class| class.id == id);
            class.map(|class| page::note(class.name, class.about))
        }
        "property" => {
            let property = PROPERTIES.iter().find(|property| property.id == id);
            property.map(|property| page::note(property.name, property.about))
        }
        _ => None,
    };
    let html = html.ok_or_else(Problem::not_found)?;
    asked.reply(&json!({ "id": id, "html": html }))
}
