//! `/v1/concordance`: words and phrases in the stored segments.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use utoipa::IntoParams;

use super::json;
use crate::engine::{Concordance, ConcordancePage};
use crate::http::auth::Access;
use crate::http::body::Parameters;
use crate::http::problem::Problem;
use crate::http::{State, blocking};
use crate::model::Lang;

/// Hits on a page where nothing is said.
const PAGE: u16 = 20;

/// What is searched for, and where.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Question {
    /// Words, all of which must occur; those between quotes as a phrase; `word*` for all that begin so.
    #[param(min_length = 1, max_length = 400)]
    q: String,
    /// The language to search in; `fa` means `fa-IR` too; all where left out.
    #[param(value_type = Option<String>)]
    lang: Option<Lang>,
    /// Only units with a text in this language besides; only that is shown beside a hit.
    #[param(value_type = Option<String>)]
    target_lang: Option<Lang>,
    /// Only this memory; all that the key may read where left out.
    memory: Option<String>,
    /// Hits on a page, 20 where left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u16>,
    /// What the page before said; left out for the first one.
    cursor: Option<String>,
}

/// Search for words and phrases
///
/// In either side of the units. Words are compared as look-ups do: letters of either case, of Arabic or Persian shape,
/// digits of any script, with or without vowel marks are the same, and a half-space is the same as a space or as
/// nothing. Punctuation is no part of what is searched for. Each hit tells where the words stand. The newest units
/// come first; nothing is left out, and where the work budget ends a page early (`truncated`), its cursor goes on.
#[utoipa::path(get, path = "/v1/concordance", tag = "lookup", params(Question), responses(
    (status = 200, description = "A page of hits, perhaps none.", body = ConcordancePage),
    (status = 404, description = "The memory that was named is not there."),
))]
pub(in crate::http) async fn search(
    access: Access,
    state: web::Data<State>,
    query: Parameters<Question>,
) -> Result<HttpResponse, Problem> {
    let Question {
        q,
        lang,
        target_lang,
        memory,
        limit,
        cursor,
    } = query.0;
    let asked = Concordance {
        query: q,
        lang,
        target_lang,
        memory,
        cursor,
        limit: limit.unwrap_or(PAGE).into(),
    };
    let engine = state.engine.clone();
    let page = blocking(move || engine.concordance(&access.caller, &asked)).await?;
    json(StatusCode::OK, &page)
}
