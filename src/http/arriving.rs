//! A body that arrives takes no place among the requests in flight, or a few slow clients would keep everybody out; it
//! takes room in memory, of which there is so much for all bodies together. The place is taken again when it is whole.

use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest, web};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::door::{Door, Place, overloaded};
use super::problem::Problem;

/// What all bodies that arrive may hold together, in KiB.
const ROOM: usize = 64 << 10;

/// The room for them.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(ROOM))
}

/// One body that arrives.
pub(super) struct Arriving {
    request: HttpRequest,
    door: Option<web::Data<Door>>,
    /// Whether its request had a place: a transfer has one of another kind, and keeps it.
    had_place: bool,
    /// What it holds, in KiB, and the right to.
    held: (usize, Option<OwnedSemaphorePermit>),
}

impl Arriving {
    /// Gives the place of the request back.
    pub(super) fn begins(request: &HttpRequest) -> Self {
        let place = request.extensions_mut().remove::<Place>();
        Self {
            request: request.clone(),
            door: request.app_data().cloned(),
            had_place: place.is_some(),
            held: (0, None),
        }
    }

    /// It has become so many bytes.
    pub(super) fn has(&mut self, bytes: usize) -> Result<(), Problem> {
        let (held, permit) = &mut self.held;
        let more = bytes.div_ceil(1024).saturating_sub(*held);
        let (Some(door), Ok(needed @ 1..)) = (&self.door, u32::try_from(more)) else {
            return Ok(());
        };
        let room = Arc::clone(&door.room).try_acquire_many_owned(needed);
        let room = room.map_err(|_| overloaded("too many bodies arrive at once"))?;
        match permit {
            Some(permit) => permit.merge(room),
            None => *permit = Some(room),
        }
        *held += more;
        Ok(())
    }

    /// It is whole: the request is in flight again.
    pub(super) fn ends(self) -> Result<(), Problem> {
        if let (Some(door), true) = (&self.door, self.had_place) {
            let place = door.enter()?;
            self.request.extensions_mut().insert(place);
        }
        Ok(())
    }
}
