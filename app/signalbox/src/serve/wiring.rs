//! The wiring: which crates there are, and what each of them brings. The only place that knows all of them.

use super::config::Config;
use super::{audit, system};
use crate::cli::Serve;
use axum::Router;
use base::{Actor, Clock, Result};
use blobs::Blobs;
use chores::{Every, Handler, Runner};
use db::{Db, Migrations};
use http::{Extensions, HeaderMap};
use journal::{Followers, Subject};
use people::bootstrap::{Bootstrap, FirstStart, first_start as make_first};
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;
use url::Url;
use web::api::Routes;
use web::{App, AppParts, Quota, TargetPolicy};

/// A retry comes within minutes; after a week nobody asks for the answer of a write any more.
const ANSWERS_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Every crate's tables, lower crates first.
pub(super) fn migrations() -> Vec<Migrations> {
    vec![
        journal::migrations(),
        chores::migrations(),
        web::migrations(),
        people::migrations(),
        work::migrations(),
        repos::migrations(),
        blobs::migrations(),
        releases::migrations(),
        jobs::migrations(),
        notify::migrations(),
    ]
}

/// Makes the workspace and the first administrator where there is nobody yet.
pub(super) async fn first_start(db: &Db, config: &Config) -> Result<Bootstrap> {
    let password = match &config.admin_password {
        // Hashing takes long on purpose: never inside the transaction.
        Some(password) => Some(people::passwords::hash(password.clone()).await?),
        None => None,
    };
    let given = FirstStart {
        workspace: config.workspace.clone(),
        email: config.admin_email.clone(),
        password,
        token: config.admin_token.clone(),
    };
    let mut tx = db.write(&system()).await?;
    let outcome = make_first(&mut tx, given).await?;
    tx.commit().await?;
    Ok(outcome)
}

/// What handlers share.
pub(super) async fn app(
    options: &Serve,
    config: &Config,
    db: Db,
    clock: Clock,
    blobs: Blobs,
    public_url: Url,
    stop: watch::Receiver<bool>,
) -> Result<App> {
    let targets = TargetPolicy::parse(&config.private_targets)?;
    let mut parts = Extensions::new();
    parts.insert(repos::Mirrors::open(&options.data, &config.limits, targets.clone())?);
    parts.insert(releases::Config { recheck: !config.skips_recheck, data: options.data.clone() });
    parts.insert(repos::Places(|tx, repository| Box::pin(releases::places(tx, repository))));
    parts.insert(work::beside::Beside(&[releases::journeys::WHERE]));
    parts.insert(web::finders::Finders(&[jobs::found::FIND]));
    parts.insert(super::outlets::wired(config, targets.clone(), &public_url)?);
    parts.insert(targets);
    parts.insert(jobs::Files(Blobs::open(options.data.join("artifacts")).await?));
    parts.insert(jobs::attempts::Signs::default());
    parts.insert(super::deploys::wired());
    parts.insert(super::pools::wired());
    parts.insert(super::pools::Place::below(&options.data));
    parts.insert(web::live::Pulse(|tx| Box::pin(work::inbox::pulse(tx))));
    let limits = config.limits.clone();
    Ok(App::new(AppParts {
        db,
        clock,
        limits,
        blobs,
        public_url,
        quota: Quota::default(),
        authenticate,
        may_see,
        load_shell: super::shell::load,
        parts,
        stop,
    }))
}

fn authenticate<'a>(
    app: &'a App,
    headers: &'a HeaderMap,
) -> Pin<Box<dyn Future<Output = Result<Option<Actor>>> + Send + 'a>> {
    Box::pin(people::door::authenticate(&app.db, headers))
}

/// Who may know that a subject changed: whoever may see it. A noun that is not listed is shown to nobody.
fn may_see<'a>(
    app: &'a App,
    actor: &'a Actor,
    subject: &'a Subject,
) -> Pin<Box<dyn Future<Output = Result<bool>> + Send + 'a>> {
    Box::pin(async move {
        let mut tx = app.db.read(actor).await?;
        match subject.kind.as_ref() {
            "task" | "project" | "section" => work::may_see(&mut tx, subject).await,
            "environment" | "deployment" => releases::may_see(&mut tx, subject).await,
            "job" | "run" | "run_output" | "agent" | "agent_pool" => jobs::may_see(&mut tx, subject).await,
            "delivery" => Ok(actor.role == base::Role::Admin),
            "user" => Ok(actor.user.is_some_and(|user| user.0 == subject.id)),
            "repository" => Ok(actor.role != base::Role::Guest),
            _ => Ok(false),
        }
    })
}

/// The native API of all domains.
pub(super) fn native_api() -> Routes {
    Routes::new()
        .merge(people::api())
        .merge(work::api())
        .merge(repos::api())
        .merge(releases::api())
        .merge(jobs::api())
        .merge(notify::api())
        .merge(compat_bamboo::api())
}

/// The Asana-compatible API.
pub(super) fn asana_api(app: &App) -> Router<App> {
    compat_asana::routes(app)
}

/// The Bamboo-compatible API.
pub(super) fn bamboo_api(app: &App) -> Router<App> {
    compat_bamboo::routes(app)
}

/// The pages of all domains.
pub(super) fn pages() -> Router<App> {
    Router::new()
        .merge(people::pages())
        .merge(work::pages())
        .merge(repos::pages())
        .merge(releases::pages())
        .merge(jobs::pages())
        .merge(notify::pages())
}

/// Doors that are no pages and no API: those that carry their own secret in the path, and git's.
pub(super) fn hooks() -> Router<App> {
    Router::new().merge(repos::hooks()).merge(jobs::hooks()).merge(repos::hosted())
}

/// What runs besides answering.
#[derive(Clone)]
pub(super) struct Work {
    pub(super) chores: Runner,
    pub(super) followers: Followers,
}

/// Everything that runs besides answering.
pub(super) fn work(app: &App, node: &str) -> Work {
    let handlers = [
        people::chores(app),
        work::chores(app),
        repos::chores(app),
        releases::chores(app),
        jobs::chores(app),
        notify::chores(app),
        compat_asana::chores(app),
    ];
    let domains = [
        people::periodic(app),
        work::periodic(app),
        repos::periodic(app),
        releases::periodic(app),
        jobs::periodic(app),
        notify::periodic(app),
    ];
    let periodic = domains.into_iter().flatten().chain(own(app)).collect();
    let followers =
        [work::followers(app), releases::followers(app), jobs::followers(app), compat_asana::followers(app)];
    Work {
        chores: Runner::new(app.db.clone(), node, handlers.into_iter().flatten().collect(), periodic),
        followers: Followers::new(app.db.clone(), followers.into_iter().flatten().collect()),
    }
}

fn own(app: &App) -> Vec<Every> {
    let (seals, forgets) = (app.db.clone(), app.db.clone());
    let seal = Handler::new("journal.seal", move |_| {
        let db = seals.clone();
        async move { audit::seal(&db).await }
    });
    let forget = Handler::new("once.forget", move |_| {
        let db = forgets.clone();
        async move {
            let mut tx = db.write(&system()).await?;
            let before = tx.now().minus(ANSWERS_KEPT);
            web::once::forget_before(&mut tx, before).await?;
            tx.commit().await
        }
    });
    vec![
        Every { handler: seal, pause: Duration::from_secs(60) },
        Every { handler: forget, pause: Duration::from_secs(3_600) },
    ]
}

impl Work {
    /// Does everything that is due now, and what follows from it, until nothing is left.
    pub(super) async fn settle(&self) -> Result<()> {
        // Each round may make work for the other; a bound keeps a mistake from hanging a test for ever.
        for _ in 0..100 {
            let did = self.chores.settle().await?;
            let failed = self.followers.catch_up().await;
            if did == 0 && !failed {
                return Ok(());
            }
        }
        Ok(())
    }
}
