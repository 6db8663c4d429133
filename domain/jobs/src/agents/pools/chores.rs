//! The background work of pools: looking after them, and starting agents.

use super::{Launcher, Outcome, launch, store, tend};
use base::id::AnyId;
use base::{Actor, Error, Result, Time};
use chores::{Every, Handler};
use db::{Db, Tx};
use repos::Mirrors;
use serde_json::json;
use std::time::Duration;
use web::App;

const TEND: &str = "jobs.tend_pools";
const RECONCILE: &str = "jobs.reconcile_pools";
const LAUNCH: &str = "jobs.start_agent";

/// Has the pools looked at then, or before.
pub(super) async fn look_at(tx: &mut Tx, at: Time) -> Result<()> {
    chores::enqueue_at(tx, TEND, json!({}), at, Some("pools")).await
}

/// Has an agent started.
pub(super) async fn launch(tx: &mut Tx, start: AnyId) -> Result<()> {
    chores::enqueue(tx, LAUNCH, json!({"start": start})).await.map(drop)
}

async fn tend(db: &Db) -> Result<()> {
    let system = Actor::system();
    if !store::is_any(&mut db.read(&system).await?).await? {
        return Ok(());
    }
    let mut tx = db.write(&system).await?;
    tend::tend(&mut tx).await?;
    tx.commit().await
}

/// What does the chores of pools.
pub(crate) fn handlers(app: &App) -> Vec<Handler> {
    let (db, launches) = (app.db.clone(), app.clone());
    vec![
        Handler::new(TEND, move |_| {
            let db = db.clone();
            async move { tend(&db).await }
        }),
        Handler::new(LAUNCH, move |chore| {
            let app = launches.clone();
            async move { start(&app, &chore).await }
        }),
    ]
}

async fn start(app: &App, chore: &chores::Chore) -> Result<()> {
    let id: AnyId = serde_json::from_value(chore.payload["start"].clone())
        .map_err(|error| Error::bug("chore.payload", "a chore names no start").because(error))?;
    let launcher = *app.part::<Launcher>()?;
    let mut tx = app.db.write(&Actor::system()).await?;
    let order = launch::take(&mut tx, app.part::<Mirrors>()?.sealing(), id).await?;
    tx.commit().await?;
    let Some(order) = order else { return Ok(()) };
    // Tried again it would find the start taken: a failure is told, and is no failure of the chore.
    if let Err(error) = (launcher.0)(app, order).await {
        let failed = Outcome::Failed { sentence: error.message().to_owned(), output: String::new() };
        Launcher::report(&app.db, id, failed).await?;
    }
    Ok(())
}

/// Looks for pools that nobody looks at.
pub(crate) fn periodic(app: &App) -> Vec<Every> {
    let db = app.db.clone();
    let handler = Handler::new(RECONCILE, move |_| {
        let db = db.clone();
        async move { tend(&db).await }
    });
    vec![Every { handler, pause: Duration::from_secs(60) }]
}
