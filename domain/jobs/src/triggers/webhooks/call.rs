//! `POST /hooks/job/{token}`: a request that starts a job, or is told why it does not.

use super::{not_taken, of, request, store};
use crate::jobs::{self, Job};
use crate::runs::{self, Ask, Cause, New, Run, Started};
use crate::{file, secrets};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base::{Actor, Error, Limit, Result, Secret};
use db::Tx;
use repos::Mirrors;
use serde_json::{Value, json};
use std::time::Duration;
use web::App;

/// Requests are remembered for so long; senders give up sooner.
const REMEMBERED: Duration = Duration::from_secs(7 * 86_400);

/// The door.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/hooks/job/{token}", post(receive))
}

/// Answers 202 with the run, or says why there is none.
async fn receive(
    State(app): State<App>,
    web::Path(token): web::Path<String>,
    request: Request,
) -> web::Result<(StatusCode, web::Json<Value>)> {
    let (parts, body) = request.into_parts();
    let mut tx = app.db.read(&caller()).await?;
    let hook = store::by_hash(&mut tx, &crate::digest::hex(token.as_bytes())).await?;
    let hook = hook.ok_or_else(|| Error::missing("hook.unknown", "there is no webhook at this address"))?;
    app.quota.take(&app.limits, Limit::WebhookCallsPerMinute, hook.job.0)?;
    let job = jobs::unchecked(&mut tx, hook.job).await?;
    let model = jobs::definition(&mut tx, job.definition).await?.model;
    let webhook = of(&model).ok_or_else(|| not_taken(&job))?;
    let signed_with = match &webhook.secret {
        None => None,
        Some(name) => Some(secret(&app, &mut tx, &job, &model, name).await?),
    };
    drop(tx);
    let most = app.limits.count(Limit::BodyBytes);
    let body = axum::body::to_bytes(body, most).await.map_err(|error| {
        Error::too_large("body.too_large", format!("the body broke off or is larger than {most} bytes"))
            .because(error)
    })?;
    if let Some(secret) = signed_with {
        prove(&app, &parts.headers, &body, &secret)?;
    }
    let params = request::params(&parts.headers, &body, &model.params)?;
    let delivery = request::delivery(&parts.headers);
    let (run, repeated) = start(&app, &job, params, delivery.as_deref()).await?;
    let answer = json!({
        "job": job.name, "repeated": repeated,
        "run": {"id": run.id, "number": run.number, "state": run.state, "url": app.link(&format!("/runs/{}", run.id))},
    });
    Ok((StatusCode::ACCEPTED, web::Json(answer)))
}

/// Nobody in particular: the address is the right to start this one job.
fn caller() -> Actor {
    Actor { name: "A webhook".to_owned(), ..Actor::system() }
}

/// The secret that requests are signed with. A job that has none yet takes no requests.
async fn secret(app: &App, tx: &mut Tx, job: &Job, model: &file::Job, name: &str) -> Result<Secret> {
    match secrets::of_webhook(tx, job, model, name).await? {
        Some(sealed) => sealed.open(app.part::<Mirrors>()?.sealing()),
        None => Err(Error::conflict(
            "webhook.no_secret",
            format!(
                "{} takes requests that are signed with the secret {name}, and nobody has set it yet",
                job.title
            ),
        )),
    }
}

fn prove(app: &App, headers: &HeaderMap, body: &[u8], secret: &Secret) -> Result<()> {
    if !repos::is_proven(headers, body, secret) {
        return Err(Error::unauthenticated(
            "hook.unproven",
            "the signature is missing or wrong: sign the body with the secret that the job's file names (HMAC-SHA256, X-Hub-Signature-256: sha256=...)",
        ));
    }
    request::refuse_old(headers, app.db.clock().now())
}

/// Starts a run, once for each request that names itself.
async fn start(
    app: &App,
    job: &Job,
    params: std::collections::BTreeMap<String, String>,
    delivery: Option<&str>,
) -> Result<(Run, bool)> {
    let mut tx = app.db.write(&caller()).await?;
    let held = jobs::store::hold(&mut tx, job.id).await?.ok_or_else(|| jobs::missing(&job.name))?;
    if let Some(delivery) = delivery
        && let Some(run) = store::taken(&mut tx, job.id, delivery).await?
    {
        return Ok((runs::unchecked(&mut tx, run).await?, true));
    }
    let definition = jobs::definition(&mut tx, held.definition).await?;
    let ask = Ask { commit: definition.commit.clone(), trusted: true, params, ..Ask::default() };
    let new = New {
        cause: Cause::Webhook,
        cause_id: None,
        scheduled_at: None,
        ask,
        overlap: runs::for_people(definition.model.overlap),
        verdict: None,
        repeats: None,
        not_before: None,
        done: Vec::new(),
    };
    let started = match held.refusal().or_else(|| super::super::paused(&held, tx.now())) {
        Some(refusal) => Err(refusal),
        None => runs::start(&mut tx, &held, new).await,
    };
    let run = match started {
        Ok(Started::Run(run)) => *run,
        Ok(Started::Not(verdict)) => {
            let why = Error::conflict("run.refused", format!("No run was started: {}", verdict.reason));
            super::super::note(&mut tx, &held, "a webhook", Ok(Started::Not(verdict)))?;
            tx.commit().await?;
            return Err(why);
        }
        Err(error) if error.kind() == base::Kind::Conflict => {
            let again = Error::conflict(error.code(), error.message());
            super::super::note(&mut tx, &held, "a webhook", Err(again))?;
            tx.commit().await?;
            return Err(error);
        }
        // What was sent is wrong, and whoever sent it is told.
        Err(error) => return Err(error),
    };
    if let Some(delivery) = delivery {
        let before = tx.now().minus(REMEMBERED);
        store::forget_before(&mut tx, before).await?;
        store::take(&mut tx, job.id, delivery, run.id).await?;
    }
    store::set_used(&mut tx, job.id).await?;
    tx.commit().await?;
    Ok((run, false))
}
