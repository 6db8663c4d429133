//! The gate at `/api/v1/environments/{name}/gate`, and waiting for it to change.

use super::load::{self, Question};
use super::{Blocker, BlockerKind, Candidate, Decision};
use crate::candidate::Git;
use crate::deployments::{Kind, Range};
use crate::environments::{self, Environment};
use axum::extract::State;
use base::id::AnyId;
use base::{Actor, Error, Right, Time};
use repos::Mirrors;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::{App, Auth, Json, Path, Query, Result};

/// One thing that is in the way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct BlockerJson {
    /// `disabled`, `quarantine`, `busy`, `queue`, `lock`, `claim` or `commit`.
    #[schema(value_type = String)]
    kind: BlockerKind,
    /// The lock's task, or the deployment.
    #[schema(value_type = Option<String>)]
    id: Option<AnyId>,
    title: String,
    task_url: Option<String>,
    owner: Option<String>,
    #[schema(value_type = Option<String>)]
    since: Option<Time>,
    #[schema(value_type = Option<String>)]
    until: Option<Time>,
    /// How it ends, in words.
    ends: String,
    who_can_release: Vec<String>,
    sentence: String,
}

/// Whether a deployment may start, and all that is in its way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct DecisionJson {
    pub open: bool,
    /// The blocker that leads the sentence.
    primary: Option<BlockerJson>,
    blockers: Vec<BlockerJson>,
    /// Locks that only warn.
    warnings: Vec<BlockerJson>,
    sentence: String,
    /// The next instant at which time alone changes the decision.
    #[schema(value_type = Option<String>)]
    next_change_at: Option<Time>,
    /// The full id of the commit that was asked about.
    candidate: Option<String>,
    range: Option<Range>,
    /// Rises with every change that can alter the decision; wait for another one with `gate/wait`.
    pub epoch: i64,
    #[schema(value_type = String)]
    server_time: Time,
}

/// A decision as it is sent.
pub(crate) fn show(
    app: &App,
    decision: &Decision,
    candidate: &Candidate,
    range: Option<Range>,
) -> DecisionJson {
    let blocker = |blocker: &Blocker| BlockerJson {
        kind: blocker.kind,
        id: blocker.id,
        title: blocker.title.clone(),
        task_url: blocker.task.map(|task| app.link(&format!("/tasks/{task}"))),
        owner: blocker.owner.clone(),
        since: blocker.since,
        until: blocker.until,
        ends: blocker.ends.clone(),
        who_can_release: blocker.who_can_release.clone(),
        sentence: blocker.sentence.clone(),
    };
    DecisionJson {
        open: decision.open,
        primary: decision.leading().map(blocker),
        blockers: decision.blockers.iter().map(blocker).collect(),
        warnings: decision.warnings.iter().map(blocker).collect(),
        sentence: decision.sentence.clone(),
        next_change_at: decision.next_change_at,
        candidate: match candidate {
            Candidate::Known { commit } => Some(commit.clone()),
            Candidate::Unasked | Candidate::Unknown { .. } => None,
        },
        range,
        epoch: decision.epoch,
        server_time: app.clock.now(),
    }
}

/// What the gate is asked.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// May this commit (or ref) be deployed?
    commit: Option<String>,
    /// At this instant instead of now; what runs now is then left out of account.
    #[param(value_type = Option<String>)]
    at: Option<Time>,
    /// `forward` (the default), `rollback` or `redeploy`.
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
}

/// Answers a question about an environment that the actor may view.
pub(crate) async fn answer(
    app: &App,
    actor: &Actor,
    environment: &Environment,
    name: Option<&str>,
    kind: Kind,
    at: Option<Time>,
) -> base::Result<DecisionJson> {
    let (candidate, range) = match name {
        None => (Candidate::Unasked, None),
        Some(_) => {
            let git = Git::of(&app.db, app.part::<Mirrors>()?, environment).await?;
            let candidate = git.candidate(name).await?;
            let range = match &candidate {
                Candidate::Known { commit } => Some(git.prepare(environment, commit, kind).await?.range),
                Candidate::Unasked | Candidate::Unknown { .. } => None,
            };
            (candidate, range)
        }
    };
    let mut tx = app.db.read(actor).await?;
    let environment = environments::require(&mut tx, environment.id, Right::View).await?;
    let question = Question { kind, candidate: candidate.clone(), at, turn_of: None };
    let decision = load::ask(&mut tx, &environment, &question).await?;
    Ok(show(app, &decision, &candidate, range))
}

/// Whether a deployment may start, why not, who can change that and when it changes by itself.
#[utoipa::path(get, path = "/environments/{name}/gate", tag = "releases", params(("name" = String, Path), Asked),
    responses((status = 200, body = DecisionJson), (status = "default", body = ProblemDocument)))]
async fn gate(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<DecisionJson>> {
    let environment = environments::named(&mut app.db.read(&actor).await?, &name, Right::View).await?;
    let kind = asked.kind.unwrap_or(Kind::Forward);
    Ok(Json(answer(&app, &actor, &environment, asked.commit.as_deref(), kind, asked.at).await?))
}

/// What is waited for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Awaited {
    /// The epoch of the decision that is known already.
    epoch: Option<i64>,
    /// How many seconds to wait at most; 25 when absent, never more than 60.
    timeout: Option<u64>,
}

const WAIT_S: u64 = 25;
const WAIT_S_MOST: u64 = 60;

/// Nothing tells this node when time alone, or another node whose message was lost, changed something: look this often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Waits until the decision may differ from the one that is known, and returns it.
#[utoipa::path(get, path = "/environments/{name}/gate/wait", tag = "releases", params(("name" = String, Path), Awaited),
    responses((status = 200, body = DecisionJson), (status = "default", body = ProblemDocument)))]
async fn wait(
    State(app): State<App>,
    Auth(actor): Auth,
    Path(name): Path<String>,
    Query(awaited): Query<Awaited>,
) -> Result<Json<DecisionJson>> {
    let seconds = awaited.timeout.unwrap_or(WAIT_S);
    if seconds > WAIT_S_MOST {
        return Err(
            Error::invalid("timeout.invalid", format!("timeout is at most {WAIT_S_MOST} seconds")).into()
        );
    }
    let waited = base::Stopwatch::start();
    let mut commits = app.db.commits();
    let mut stop = app.stop.clone();
    let mut first: Option<DecisionJson> = None;
    loop {
        let environment = environments::named(&mut app.db.read(&actor).await?, &name, Right::View).await?;
        let now = answer(&app, &actor, &environment, None, Kind::Forward, None).await?;
        // Time alone changes no epoch; whoever waits for an opening must hear of it all the same.
        let has_turned = first
            .as_ref()
            .is_some_and(|first| first.open != now.open || first.blockers.len() != now.blockers.len());
        let left = Duration::from_secs(seconds).saturating_sub(waited.elapsed());
        if Some(now.epoch) != awaited.epoch || has_turned || left.is_zero() || *stop.borrow() {
            return Ok(Json(now));
        }
        first.get_or_insert(now);
        tokio::select! {
            _ = commits.changed() => {}
            _ = stop.changed() => {}
            () = tokio::time::sleep(left.min(LOOK_AGAIN)) => {}
        }
    }
}

/// The routes of the gate.
pub fn api() -> Routes {
    Routes::new().routes(routes!(gate)).routes(routes!(wait))
}
