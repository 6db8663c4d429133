//! Runs at `/api/v1/runs` and `/api/v1/jobs/{name}/runs`.

pub(crate) mod artifacts;
pub(crate) mod logs;
mod remarks;
mod show;
pub(crate) mod starting;

pub use artifacts::sent;
pub use starting::asked;

use web::api::Routes;

pub(crate) fn routes() -> Routes {
    show::routes()
        .merge(starting::routes())
        .merge(logs::routes())
        .merge(artifacts::routes())
        .merge(remarks::routes())
}
