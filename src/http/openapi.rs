//! The OpenAPI 3.1 document: routes listed by hand, replies that all routes share added here, so
//! that a changed API is a visible difference in its snapshot.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::api::{
    admin, bulk, changes, concepts, concordance, documents, glossary, health, keys, lookup,
    memories, names, stats, styles, suggestions, transfer, units,
};
use super::problem::{Current, FieldProblem, PROBLEM_JSON, ProblemBody};
use super::reconcile;
use crate::engine::{ConceptView, UnitView};
use crate::model::ImportReport;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hamzaban",
        description = "A translation-memory and glossary server. Errors are `application/problem+json` (RFC 9457) with a stable `code`.",
    ),
    tags(
        (name = "lookup", description = "Asking"),
        (name = "memories", description = "Translation memories"),
        (name = "units", description = "Their units"),
        (name = "names", description = "Names and terms in texts"),
        (name = "glossary", description = "Concepts and their names"),
        (name = "reconcile", description = "The glossary for OpenRefine: W3C Reconciliation 0.1 and 0.2"),
        (name = "bulk", description = "Changes of many units at once"),
        (name = "transfer", description = "Files in and out"),
        (name = "keys", description = "Keys, rights, and who did what"),
        (name = "server", description = "The server itself"),
    ),
    paths(
        lookup::lookup, lookup::batch, concordance::search,
        memories::list, memories::create, memories::show, memories::change, memories::delete, memories::restore,
        units::list, units::add, units::show, units::replace, units::delete, units::history, units::revert,
        names::find, names::normalize, names::terms, names::check, documents::normalize,
        concepts::list, concepts::create, concepts::show, concepts::replace, concepts::delete,
        concepts::history, concepts::revert,
        styles::list, styles::create, styles::show, styles::replace, styles::delete, styles::history,
        suggestions::create, suggestions::list, suggestions::show, suggestions::accept, suggestions::reject,
        glossary::import, glossary::export,
        transfer::import, transfer::status, bulk::undo_import, transfer::export,
        bulk::list, bulk::show, bulk::undo, bulk::delete, bulk::transfer, bulk::merge, bulk::replace, bulk::preview,
        bulk::duplicates, bulk::erase, stats::all, stats::of_memory,
        changes::follow,
        reconcile::manifest, reconcile::post, reconcile::matches, reconcile::extend::proposed,
        reconcile::suggest::entity, reconcile::suggest::class, reconcile::suggest::property, reconcile::suggest::flyout,
        reconcile::page::preview, reconcile::page::view,
        keys::create, keys::list, keys::revoke, keys::me, keys::audit,
        health::health, health::ready,
        admin::backup, admin::verify,
    ),
    components(schemas(ProblemBody, FieldProblem, Current, ImportReport, UnitView, ConceptView)),
)]
struct Api;

/// The document, made once per server.
pub(super) struct Document {
    text: String,
}

impl Document {
    pub(super) fn new() -> Self {
        Document { text: document() }
    }
}

/// `GET /openapi.json`
pub(super) async fn serve(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(document.text.clone())
}

/// The document as JSON text.
pub fn document() -> String {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    add_unit_edit(&mut document);
    for_each_operation(&mut document, complete);
    tighten_languages(&mut document);
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

/// `PUT /v1/units/{id}` takes a new unit with `rev` beside its fields.
fn add_unit_edit(document: &mut Value) {
    let mut edit = document["components"]["schemas"]["NewUnit"].clone();
    edit["description"] = json!("A unit to write in place of its revision `rev`.");
    edit["properties"]["rev"] = json!({
        "type": "integer", "format": "int64", "minimum": 1,
        "description": "The revision that was read.",
    });
    if let Some(required) = edit["required"].as_array_mut() {
        required.push(json!("rev"));
    }
    document["components"]["schemas"]["UnitEdit"] = edit;
    document["paths"]["/v1/units/{id}"]["put"]["requestBody"]["content"]["application/json"]["schema"] =
        json!({ "$ref": "#/components/schemas/UnitEdit" });
}

fn for_each_operation(document: &mut Value, change: fn(&str, &str, &mut Value)) {
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for (path, item) in paths {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                change(path, method, operation);
            }
        }
    }
}

/// Adds what every route of its kind takes and answers.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let json_body = operation["requestBody"]["content"]["application/json"].is_object();
    let guarded = !matches!(path, "/v1/health" | "/v1/ready");
    let admin = matches!(path, "/v1/admin/backup" | "/v1/admin/verify");
    let asks = [
        "/v1/lookup",
        "/v1/names/",
        "/v1/documents/",
        "/v1/terms",
        "/v1/check",
        "/reconcile",
    ];
    let asks = asks.iter().any(|start| path.starts_with(start)) || path.ends_with("/preview");
    let writes = method != "get" && !admin && !asks;
    let named = path.contains('{');
    let mut shared = vec![
        (
            403,
            "The key may not do that; or, while the server has no keys, a page of another origin asks.",
        ),
        (
            421,
            "While the server has no keys: the header Host names another server.",
        ),
        (500, "Something failed; the server's log tells more."),
    ];
    if guarded {
        shared.push((
            400,
            "A parameter or the body is wrong; `errors` point at it.",
        ));
        shared.push((
            401,
            "There is no key, or it is not known, revoked, or expired.",
        ));
        shared.push((
            429,
            "The key has used up its requests of this minute, or twenty of them are running; see Retry-After.",
        ));
    }
    if path != "/v1/health" {
        shared.push((
            503,
            "The index is loading, or too much is going on; see Retry-After.",
        ));
    }
    if named {
        shared.push((
            404,
            "There is nothing by that name or id, or nothing that the key may see.",
        ));
    }
    if json_body {
        shared.push((408, "The body came too slowly."));
        shared.push((413, "The body has more than 1 MiB."));
        shared.push((415, "The body is not application/json."));
    }
    if writes || path == "/v1/admin/backup" {
        shared.push((507, "The disk is full."));
    }
    if method == "post" && writes {
        shared.push((422, "The Idempotency-Key was used with another body."));
        add_parameter(
            operation,
            json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "Sent twice with the same body, a request is done once and answered alike for 30 days.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$" },
            }),
        );
    }
    let responses = &mut operation["responses"];
    for (status, description) in shared {
        let reply = &mut responses[status.to_string()];
        if reply.is_null() {
            *reply = json!({ "description": description });
        }
    }
    for (status, reply) in responses.as_object_mut().into_iter().flatten() {
        if status.starts_with(['4', '5']) {
            reply["content"] = json!({
                PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/ProblemDetails" } }
            });
        }
    }
    narrow_names(path, operation);
}

fn add_parameter(operation: &mut Value, parameter: Value) {
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

/// Says what a name and an id look like; anything else is simply not found.
fn narrow_names(path: &str, operation: &mut Value) {
    // An index would put a null where there are none.
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let pattern = match (parameter["in"].as_str(), parameter["name"].as_str()) {
            (Some("path"), Some("name")) => "^[a-z0-9][a-z0-9._-]{0,63}$",
            (Some("path"), Some("id")) if path.starts_with("/v1/concepts/") => {
                "^[A-Za-z0-9:_-]{1,128}$"
            }
            (Some("path"), Some("id")) => "^[A-Za-z0-9_.:-]{1,64}$",
            (Some("query"), Some("from" | "to")) if path.ends_with("/import") => LANGUAGE,
            (Some("query"), Some("lang" | "target_lang")) => LANGUAGE,
            _ => continue,
        };
        parameter["schema"]["pattern"] = json!(pattern);
    }
}

const LANGUAGE: &str = "^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,5}$";

/// Says what a language tag looks like, wherever one is asked for.
fn tighten_languages(document: &mut Value) {
    for schema in [
        "Lookup",
        "BatchLookup",
        "NewUnit",
        "UnitEdit",
        "Filter",
        "BulkReplace",
    ] {
        let properties = &mut document["components"]["schemas"][schema]["properties"];
        for field in ["source_lang", "target_lang", "lang"] {
            if properties[field].is_object() {
                properties[field]["pattern"] = json!(LANGUAGE);
                properties[field]["maxLength"] = json!(35);
            }
        }
        if properties["variants"].is_object() {
            properties["variants"]["propertyNames"] =
                json!({ "pattern": LANGUAGE, "maxLength": 35 });
            properties["variants"]["minProperties"] = json!(2);
            properties["variants"]["maxProperties"] = json!(crate::model::MAX_VARIANTS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_error_is_a_problem() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let text = document.to_string();
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
        let mut errors = 0;
        let details = &document["components"]["schemas"]["ProblemDetails"]["properties"];
        for field in ["type", "title", "status", "code", "detail", "request_id"] {
            assert!(details[field].is_object(), "{field}");
        }
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let parameters = operation.get("parameters");
                assert!(parameters.is_none_or(Value::is_array), "{method} {path}");
                for (status, reply) in operation["responses"].as_object().unwrap() {
                    if status.starts_with(['4', '5']) {
                        errors += 1;
                        let schema = &reply["content"][PROBLEM_JSON]["schema"]["$ref"];
                        assert_eq!(
                            schema, "#/components/schemas/ProblemDetails",
                            "{method} {path} {status}"
                        );
                    }
                }
            }
        }
        assert!(errors > 100);
        assert_eq!(document["openapi"], "3.1.0");
    }
}
