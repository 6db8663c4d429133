//! Webhooks: requests from outside that start a job whose file says `on: webhook`.
//!
//! The address is made by whoever decides when the job runs, is shown once and kept as a hash; a new one ends the old. Where the file names
//! a secret, a request has to be signed with it besides. What a request starts is decided as for everybody else.

mod api;
mod call;
mod pages;
mod request;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use api::routes;
pub(crate) use call::routes as doors;
pub(crate) use pages::{pages, section};
pub(super) use store::{take, taken};

use crate::file::{self, Trigger};
use crate::jobs::{self, Job};
use base::id::JobId;
use base::{Error, Result, Right, Secret, Time};
use db::Tx;
use serde_json::json;

/// The address of a job, without the part that nobody is shown again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The job.
    pub job: JobId,
    /// Who made the address.
    pub made_by: String,
    /// When.
    pub made_at: Time,
    /// When it was used last.
    pub used_at: Option<Time>,
}

/// What a job file says of requests, if it takes any.
pub(crate) fn of(model: &file::Job) -> Option<&file::WebhookTrigger> {
    model.triggers.iter().find_map(|trigger| match trigger {
        Trigger::Webhook(webhook) => Some(webhook),
        _ => None,
    })
}

/// The address of a job, for whoever decides when it runs.
pub(crate) async fn look(tx: &mut Tx, job: JobId) -> Result<Option<Hook>> {
    jobs::require(tx, job, Right::Schedule).await?;
    store::of_job(tx, job).await
}

/// Makes a new address; the old one ends at once. What is returned is its secret part, which is never shown again.
pub(crate) async fn renew(tx: &mut Tx, job: JobId) -> Result<Secret> {
    let job = jobs::require(tx, job, Right::Schedule).await?;
    let model = jobs::definition(tx, job.definition).await?.model;
    if of(&model).is_none() {
        return Err(not_taken(&job));
    }
    let before = store::of_job(tx, job.id).await?;
    let token = base::random::word::<40>();
    let made_by = tx.actor().name.clone();
    let hook = Hook { job: job.id, made_by, made_at: tx.now(), used_at: None };
    store::put(tx, &hook, &crate::digest::hex(token.as_bytes())).await?;
    let data = json!({"name": job.name, "renewed": before.is_some()});
    journal::enter(tx, "job.webhook_made", job.subject(), &job.parents(), data);
    Ok(Secret::new(token))
}

/// Ends the address of a job.
pub(crate) async fn end(tx: &mut Tx, job: JobId) -> Result<()> {
    let job = jobs::require(tx, job, Right::Schedule).await?;
    if store::remove(tx, job.id).await? {
        journal::enter(tx, "job.webhook_ended", job.subject(), &job.parents(), json!({"name": job.name}));
    }
    Ok(())
}

fn not_taken(job: &Job) -> Error {
    Error::conflict(
        "webhook.not_taken",
        format!("{} takes no requests: its file {} does not say on: webhook", job.title, job.path),
    )
}

/// What the address is with its secret part.
fn address(app: &web::App, token: &Secret) -> String {
    app.link(&format!("/hooks/job/{}", token.reveal()))
}
