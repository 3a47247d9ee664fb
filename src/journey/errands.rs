//! What journeys are for. Whoever sends people on them fulfils the errand in the very commit in which the journey ends.

use async_trait::async_trait;
use axum::response::Response;

use super::stage::Journey;
use crate::foundation::ids::SessionId;
use crate::sessions::Assurance;
use crate::storage::Batch;
use crate::users::User;
use crate::web::{Failure, Visitor};

/// Somebody arrives: all of it is true once the commit is made.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// At this request, which may be a form.
    pub visitor: &'a Visitor,
    /// At the end of this journey.
    pub journey: &'a Journey,
    /// Signed in in this session.
    pub session: &'a SessionId,
    /// Who.
    pub user: &'a User,
    /// How well.
    pub assurance: &'a Assurance,
}

/// Who sends people on journeys.
#[async_trait]
pub trait Errands: Send + Sync + std::fmt::Debug {
    /// Adds to `batch` what the journey was for, and says how the browser goes on. `None`, with nothing added, where that needs a
    /// closer look: the browser then goes to the errand's resume path.
    async fn fulfil(&self, arrived: &Arrived<'_>, batch: &mut Batch) -> Result<Option<Response>, Failure>;
}
