//! `/v1/admin`: the store as a whole, for those who run the server.

use std::io::{self, Read, Write};
use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::json;
use super::memories::NoParameters;
use crate::engine::Verification;
use crate::http::auth::Access;
use crate::http::body::Parameters;
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::http::stream::download;
use crate::http::{State, blocking};

/// What is read from a copy at once, in bytes.
const PIECE: usize = 64 << 10;

/// Back the store up
///
/// The reply is a consistent copy of the whole store, made while work goes on: an SQLite database for
/// `hamzaban restore`. It is whole if it has the length that `Content-Length` says.
#[utoipa::path(post, path = "/v1/admin/backup", tag = "server",
    responses((status = 200, description = "The copy.", body = Vec<u8>, content_type = "application/vnd.sqlite3",
        headers(("Content-Disposition" = String, description = "A name with the time.")))))]
pub(in crate::http) async fn backup(
    access: Access,
    request: HttpRequest,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let place = Door::transfer(&request)?;
    let (engine, caller) = (Arc::clone(&state.engine), access.caller);
    let key = caller.key.clone();
    let (copy, mut file, length) = blocking(move || {
        let copy = engine.backup_copy(&caller)?;
        let (file, length) = copy.open()?;
        Ok((copy, file, length))
    })
    .await?;
    let (mut out, stream) = download();
    let span = tracing::Span::current();
    let giver = Arc::clone(&state.engine);
    let work = move || {
        let (_place, _copy) = (place, copy);
        let still = || giver.still_admits(key.as_deref()).is_ok();
        let sent = send(&mut file, &mut out, still).and_then(|()| out.finish());
        if let Err(error) = sent {
            tracing::info!(%error, "a download of a backup broke off");
        }
    };
    // It runs on by itself; the stream ends when it does.
    drop(web::block(move || span.in_scope(work)));
    let name = format!(
        "attachment; filename=\"hamzaban-{}.db\"",
        state.engine.time_for_names()
    );
    Ok(HttpResponse::Ok()
        .content_type("application/vnd.sqlite3")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .no_chunking(length)
        .streaming(stream))
}

/// Sends it as long as the key that asked for it is good.
fn send(from: &mut impl Read, to: &mut impl Write, still: impl Fn() -> bool) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece)?;
        match piece.get(..length) {
            None | Some([]) => return Ok(()),
            Some(piece) if still() => to.write_all(piece)?,
            Some(_) => return Err(io::Error::other("its key was revoked")),
        }
    }
}

/// Check the store
///
/// Looks at every page, row and checksum of the store, at the counts that are kept, and whether look-ups find
/// every segment. Takes seconds for a million units, while work goes on; 503 `busy` where it runs already.
#[utoipa::path(post, path = "/v1/admin/verify", tag = "server",
    responses((status = 200, description = "What was found, also where it is damage.", body = Verification)))]
pub(in crate::http) async fn verify(
    access: Access,
    request: HttpRequest,
    state: web::Data<State>,
    _: Parameters<NoParameters>,
) -> Result<HttpResponse, Problem> {
    let _place = Door::transfer(&request)?;
    let engine = Arc::clone(&state.engine);
    let found = blocking(move || engine.verify(&access.caller)).await?;
    json(StatusCode::OK, &found)
}
