//! Runs that are deployments: they ask the gate of their environment before anything begins.
//!
//! What a gate is, jobs do not know. The program wires [`Deploys`], which asks in the name of the run; the answer needs git, and so it
//! is asked for by a chore, outside the transaction that makes the run.

use crate::jobs;
use crate::runs::{self, Run, State};
use base::id::{DeploymentId, RunId};
use base::{Actor, Error, Result};
use chores::{Every, Handler};
use db::Tx;
use serde_json::json;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use web::App;

const ASK: &str = "jobs.ask_gate";
const BEAT: &str = "jobs.deployments_live";

/// A deployment whose run goes on is told so at least this often; it is a third of what deployments may be silent.
const BEAT_EVERY: Duration = Duration::from_secs(20);

/// An answer that comes later.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// What a run wants to deploy.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The run.
    pub run: Run,
    /// The name of its job.
    pub job: String,
    /// The environment.
    pub environment: String,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The run is this deployment, fenced by this token.
    Started(DeploymentId, i64),
    /// The gate is closed, with the sentence that says why.
    Blocked(String),
}

/// How deployments are begun, kept alive and ended; wired by the program.
#[derive(Clone)]
pub struct Deploys {
    /// Asks the gate and begins the deployment. Asked again for the same run it answers the same.
    pub ask: for<'a> fn(&'a App, &'a Ask) -> Doing<'a, Answer>,
    /// Says that the run of a deployment goes on.
    pub beat: for<'a> fn(&'a mut Tx, DeploymentId, i64) -> Doing<'a, ()>,
    /// Says how the run of a deployment ended.
    pub end: for<'a> fn(&'a mut Tx, &'a Run) -> Doing<'a, ()>,
}

/// Has the gate asked for a run.
pub(crate) async fn request(tx: &mut Tx, run: RunId) -> Result<()> {
    chores::enqueue(tx, ASK, json!({"run": run})).await.map(drop)
}

pub(crate) fn chores(app: &App) -> Vec<Handler> {
    let (asks, ends) = (app.clone(), app.clone());
    let ask = Handler::new(ASK, move |chore| {
        let app = asks.clone();
        async move { ask(&app, run_of(&chore)?).await }
    });
    let end = Handler::new(END, move |chore| {
        let app = ends.clone();
        async move { end(&app, run_of(&chore)?).await }
    });
    vec![ask, end]
}

fn run_of(chore: &chores::Chore) -> Result<RunId> {
    serde_json::from_value(chore.payload["run"].clone())
        .map_err(|error| Error::bug("chore.payload", "a chore names no run").because(error))
}

pub(crate) fn periodic(app: &App) -> Vec<Every> {
    let app = app.clone();
    let handler = Handler::new(BEAT, move |_| {
        let app = app.clone();
        async move { beat(&app).await }
    });
    vec![Every { handler, pause: BEAT_EVERY }]
}

async fn ask(app: &App, id: RunId) -> Result<()> {
    let system = Actor::system();
    let mut tx = app.db.read(&system).await?;
    let run = runs::unchecked(&mut tx, id).await?;
    if run.state != State::Waiting {
        return Ok(());
    }
    let environment = jobs::definition(&mut tx, run.definition).await?.model.deploy;
    let job = jobs::unchecked(&mut tx, run.job).await?;
    drop(tx);
    let Some(environment) = environment else { return Ok(()) };
    let ask = Ask { run, job: job.name, environment };
    let answer = (app.part::<Deploys>()?.ask)(app, &ask).await?;
    let mut tx = app.db.write(&system).await?;
    runs::answered(&mut tx, id, answer).await?;
    tx.commit().await
}

async fn beat(app: &App) -> Result<()> {
    let system = Actor::system();
    let live = runs::store::deploying(&mut app.db.read(&system).await?).await?;
    let Some(deploys) = app.parts.get::<Deploys>().filter(|_| !live.is_empty()) else { return Ok(()) };
    for run in live {
        let (Some(deployment), Some(token)) = (run.deployment, run.deployment_token) else { continue };
        let mut tx = app.db.write(&system).await?;
        if let Err(error) = (deploys.beat)(&mut tx, deployment, token).await {
            tracing::warn!(?error, run = run.number, "a deployment did not take the sign of life of its run");
            continue;
        }
        tx.commit().await?;
    }
    Ok(())
}

const END: &str = "jobs.end_deployment";

/// Has the deployment ended that a run was.
pub(crate) async fn ended(tx: &mut Tx, run: &Run) -> Result<()> {
    if run.deployment.is_none() {
        return Ok(());
    }
    chores::enqueue(tx, END, json!({"run": run.id})).await.map(drop)
}

async fn end(app: &App, id: RunId) -> Result<()> {
    let mut tx = app.db.write(&Actor::system()).await?;
    let run = runs::unchecked(&mut tx, id).await?;
    (app.part::<Deploys>()?.end)(&mut tx, &run).await?;
    tx.commit().await
}
