//! `/v1/changes`: what happened, for those who keep a copy.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use super::json;
use crate::engine::{Caller, ChangePage, Following, MOST_CHANGES};
use crate::http::auth::{self, Access};
use crate::http::body::Parameters;
use crate::http::door::Place;
use crate::http::problem::Problem;
use crate::http::{State, blocking};

/// Changes in a reply where nothing is said.
const PAGE: u16 = 100;
/// The longest wait, in seconds.
const LONGEST: u8 = 60;

/// Which changes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in crate::http) struct Feed {
    /// The cursor of the reply before; left out, the beginning; `head`, the end: what happens from now on.
    after: Option<String>,
    /// Seconds to wait for something to happen where nothing did yet; 0 where left out.
    #[param(minimum = 0, maximum = 60)]
    wait: Option<u8>,
    /// Changes in a reply, 100 where left out.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u16>,
    /// Only this memory, and those that had the name before it.
    memory: Option<String>,
}

/// Follow the changes
///
/// Names what changed in the memories that the key may read, in order; the content is read by id. To keep a copy:
///
/// 1. Start without `after`, with an empty copy. Where the log no longer reaches back to the beginning the reply is
///    410 `behind_horizon`: then ask with `after=head`, keep the cursor, read the units of every memory
///    (`/v1/memories`, `/v1/memories/{name}/units`), the concepts (`/v1/concepts`) and the styles (`/v1/styles`) into
///    the copy, and go on from that cursor.
/// 2. `unit_put`: unless the copy has this revision or a later one, `GET /v1/units/{id}` and put it in; a 404 means
///    that it is gone by now: take it out.
/// 3. `unit_deleted`: take it out, unless the copy has a later revision.
/// 4. `memory_deleted`: take out all units of that memory.
/// 5. `memory_put`: where the copy does not have the memory, it is new or has come back: read its units. Otherwise
///    its title, penalty or read-only mark changed.
/// 6. `concept_put`, `concept_deleted`, `style_put`, `style_deleted`: as of a unit, with `/v1/concepts/{id}` and
///    `/v1/styles/{id}`; told to who may read the glossary. Leave them alone where only memories are copied.
/// 7. Ask again with the reply's `cursor`; at once where `more` is true, else with `wait`.
///
/// Done in this order, the copy is equal to the store whenever a reply says `more: false` and nothing was written
/// meanwhile. 410 `epoch_changed` (a restored backup) is answered like `behind_horizon`. The log keeps 7 days.
#[utoipa::path(get, path = "/v1/changes", tag = "units", params(Feed), responses(
    (status = 200, description = "What happened, perhaps nothing.", body = ChangePage),
    (status = 404, description = "The memory that was named is not there."),
    (status = 410, description = "The follower has to start again: `behind_horizon`, `epoch_changed`."),
))]
pub(in crate::http) async fn follow(
    access: Access,
    request: HttpRequest,
    state: web::Data<State>,
    query: Parameters<Feed>,
) -> Result<HttpResponse, Problem> {
    let Feed {
        after,
        wait,
        limit,
        memory,
    } = query.0;
    let (wait, limit) = (wait.unwrap_or(0), limit.unwrap_or(PAGE).into());
    if wait > LONGEST {
        let range = format!("wait must be from 0 to {LONGEST} seconds");
        return Err(Problem::bad_request("out_of_range", range).at("wait"));
    }
    if !(1..=MOST_CHANGES).contains(&limit) {
        let range = format!("limit must be from 1 to {MOST_CHANGES}");
        return Err(Problem::bad_request("out_of_range", range).at("limit"));
    }
    let mut asked = Following {
        after,
        memory,
        limit,
    };
    let caller = access.caller;
    if wait == 0 {
        let page = look(&state, &caller, &asked).await?;
        return json(StatusCode::OK, &page);
    }
    let until = Instant::now() + Duration::from_secs(wait.into());
    let mut waiting = state.news.wait()?;
    let mut page = look(&state, &caller, &asked).await?;
    // Whoever only waits is in nobody's way.
    drop(request.extensions_mut().remove::<Place>());
    while page.changes.is_empty() && !page.more && waiting.next(until).await {
        let _turn = state.news.look().await;
        // A key may have been revoked meanwhile.
        auth::still(&request, &caller)?;
        asked.after = Some(page.cursor);
        page = look(&state, &caller, &asked).await?;
    }
    json(StatusCode::OK, &page)
}

async fn look(state: &State, caller: &Caller, asked: &Following) -> Result<ChangePage, Problem> {
    let (engine, caller, asked) = (state.engine.clone(), caller.clone(), asked.clone());
    blocking(move || engine.changes(&caller, &asked)).await
}
