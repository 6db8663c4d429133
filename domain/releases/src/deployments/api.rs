//! Deployments at `/api/v1/environments/{name}/deployments` and `/api/v1/deployments`.

mod answers;
mod drive;
pub(super) mod logs;
mod starting;

use web::api::Routes;

/// The routes of deployments.
pub fn api() -> Routes {
    starting::api().merge(answers::api()).merge(drive::api()).merge(logs::api())
}
