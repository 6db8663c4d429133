//! Runs at `/api/v1/runs` and `/api/v1/jobs/{name}/runs`.

mod artifacts;
mod logs;
mod show;
mod starting;

use web::api::Routes;

pub(crate) fn routes() -> Routes {
    show::routes().merge(starting::routes()).merge(logs::routes()).merge(artifacts::routes())
}
