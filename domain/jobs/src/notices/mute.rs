//! What somebody wants to hear of a job themselves.

use super::store;
use crate::jobs;
use base::id::JobId;
use base::{Result, Right};
use db::Tx;
use serde_json::json;

base::text_enum! {
    /// What somebody hears of a job.
    #[derive(utoipa::ToSchema)]
    #[schema(rename_all = "snake_case", as = JobHears)]
    pub enum Hears {
        /// What its file has them told.
        AsItsFileSays = "default",
        /// How its failures begin and end, too.
        Watches = "watching",
        /// Nothing.
        Muted = "muted",
    }
}

/// What the actor hears of a job. The caller has checked that it may be seen.
pub async fn hears(tx: &mut Tx, job: JobId) -> Result<Hears> {
    let Some(user) = tx.actor().user else { return Ok(Hears::AsItsFileSays) };
    if store::muted(tx, job).await?.contains(&user) {
        return Ok(Hears::Muted);
    }
    let watches = jobs::watchers(tx, job).await?.contains(&user);
    Ok(if watches { Hears::Watches } else { Hears::AsItsFileSays })
}

/// Sets what the actor hears of a job.
pub async fn set_hears(tx: &mut Tx, id: JobId, hears: Hears) -> Result<()> {
    let job = jobs::require(tx, id, Right::View).await?;
    let user = people::users::require_signed_in(tx)?;
    jobs::watch(tx, id, hears == Hears::Watches).await?;
    if store::set_muted(tx, id, user, hears == Hears::Muted).await? {
        let verb = if hears == Hears::Muted { "job.muted" } else { "job.unmuted" };
        journal::enter(tx, verb, job.subject(), &[], json!({"name": job.name, "user": user}));
    }
    Ok(())
}
