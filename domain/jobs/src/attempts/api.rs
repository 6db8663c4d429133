//! What agents say and ask about tries: `/api/v1/agents/claim` and `/api/v1/attempts`.

pub(in crate::attempts) mod archives;
mod files;
mod reports;

use super::assignment::{Assignment, assignment};
use super::claim::{self, Sign};
use super::{Signs, store};
use crate::agents::{self, AgentAuth, Capabilities};
use axum::extract::State;
use base::id::AttemptId;
use repos::Mirrors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::api::{ProblemDocument, Routes};
use web::once::ShowsSecret;
use web::{App, Json, Result};

/// How long a claim or a renewal may be held open.
pub(super) const WAIT_MAX: u64 = 30;

/// A claim that waits looks again this often, for parts whose time comes without a commit.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// An agent that wants work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(default)]
struct ClaimJson {
    /// How many parts it could take.
    free_slots: u32,
    /// The tries that it believes to have.
    #[schema(value_type = Vec<String>)]
    have: Vec<AttemptId>,
    /// Seconds to wait for work, at most 30.
    wait: u64,
    version: String,
    labels: Option<BTreeMap<String, String>>,
    capabilities: Option<Capabilities>,
}

impl Default for ClaimJson {
    fn default() -> Self {
        Self {
            free_slots: 1,
            have: Vec::new(),
            wait: 0,
            version: String::new(),
            labels: None,
            capabilities: None,
        }
    }
}

/// What an agent is given.
#[derive(Debug, Serialize, ToSchema)]
struct ClaimedJson {
    assignments: Vec<Assignment>,
    /// Whether it gets no more work.
    draining: bool,
    /// Whether it ends once it does nothing.
    end: bool,
    /// Whether it has to be upgraded before it gets work.
    too_old: bool,
    /// Those of `have` that are not its own any more.
    #[schema(value_type = Vec<String>)]
    forget: Vec<AttemptId>,
}

/// Gives an agent work, at once or as soon as there is some.
#[utoipa::path(post, path = "/agents/claim", tag = "agents", request_body = ClaimJson,
    responses((status = 200, body = ClaimedJson), (status = "default", body = ProblemDocument)))]
async fn claim(
    State(app): State<App>,
    auth: AgentAuth,
    Json(body): Json<ClaimJson>,
) -> Result<ShowsSecret<Json<ClaimedJson>>> {
    let mut agent = auth.0.clone();
    let is_too_old = is_older(&body.version, agents::OLDEST_VERSION);
    let free = if is_too_old { 0 } else { usize::try_from(body.free_slots).unwrap_or(0) };
    let mut commits = app.db.commits();
    let mut stop = app.stop.clone();
    let until = tokio::time::sleep(Duration::from_secs(body.wait.min(WAIT_MAX)));
    tokio::pin!(until);
    let mut tx = app.db.write(&auth.actor()).await?;
    let sign = Sign { version: body.version, labels: body.labels, capabilities: body.capabilities };
    claim::seen(&mut tx, &mut agent, sign).await?;
    let held = store::of_agent(&mut tx, agent.id).await?;
    let forget = claim::forgotten(&held, &body.have);
    claim::hand_back(&mut tx, held, &body.have).await?;
    let mut claimed = claim::claim(&mut tx, &agent, free).await?;
    tx.commit().await?;
    while claimed.is_empty() && forget.is_empty() && free > 0 && !agent.draining && !*stop.borrow() {
        commits.mark_unchanged();
        let standing = agents::store::standing(&mut app.db.read(&auth.actor()).await?, agent.id).await?;
        agent.draining = standing.is_draining || standing.is_gone;
        if agent.draining {
            break;
        }
        if standing.is_work_there {
            let mut tx = app.db.write(&auth.actor()).await?;
            let standing = agents::store::standing(&mut tx, agent.id).await?;
            agent.draining = standing.is_draining || standing.is_gone;
            claimed = claim::claim(&mut tx, &agent, free).await?;
            tx.commit().await?;
            if !claimed.is_empty() {
                break;
            }
        }
        tokio::select! {
            _ = commits.changed() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = &mut until => break,
            _ = stop.changed() => break,
        }
    }
    let sealing = app.part::<Mirrors>()?.sealing();
    let mut assignments = Vec::new();
    let signs = Signs::of(&app);
    for one in claimed {
        signs.heard(one.attempt.id);
        assignments.push(assignment(&app, sealing, &agent, one)?);
    }
    let draining = agent.draining;
    // An agent that a pool started and does not need any more has no other purpose.
    let end = draining && agent.pool.is_some();
    Ok(ShowsSecret(Json(ClaimedJson { assignments, draining, end, too_old: is_too_old, forget })))
}

/// Whether a version is older than another; what cannot be read is not.
fn is_older(version: &str, than: &str) -> bool {
    let parts = |text: &str| -> Option<Vec<u64>> { text.split('.').map(|part| part.parse().ok()).collect() };
    matches!((parts(version), parts(than)), (Some(version), Some(than)) if version < than)
}

/// Which try, and what fences it.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Fence {
    epoch: i64,
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(claim)).merge(reports::routes()).merge(files::routes())
}

#[cfg(test)]
#[test]
fn versions_are_compared_as_numbers() {
    assert!(is_older("0.9.0", "0.10.0"));
    assert!(!is_older("0.10.0", "0.10.0"));
    assert!(!is_older("1.0", "0.10.0"));
    assert!(!is_older("nightly", "0.10.0"));
}
