//! Asking for a deployment from outside a transaction: what needs git is found out first, and again when the environment moved.

use super::{Check, Request, Started, start};
use crate::Config;
use crate::candidate::Git;
use crate::environments::{self, Environment};
use crate::gate::load::{self, Question};
use crate::gate::{Candidate, Decision};
use base::{Actor, Error, Result, Right, Role};
use repos::Mirrors;
use web::App;

/// How often a start is tried anew when the environment moved between looking and starting.
const TRIES: usize = 8;

/// Starts a deployment if the gate is open; returns the environment as it was then, and what became of the request.
pub async fn ask(
    app: &App,
    actor: &Actor,
    environment: &str,
    request: &Request,
) -> Result<(Environment, Started)> {
    for _ in 0..TRIES {
        let environment = permitted(app, actor, environment, Right::Deploy).await?;
        let git = Git::of(&app.db, app.part::<Mirrors>()?, &environment).await?;
        let prepared = git.prepare(&environment, &request.commit, request.kind).await?;
        let check = if app.part::<Config>()?.recheck {
            Check::InTransaction
        } else {
            Check::Before(Box::new(ask_before(app, actor, &environment, request).await?))
        };
        let mut tx = app.db.write(actor).await?;
        let outcome = match start(&mut tx, environment.id, request, &prepared, &check).await {
            Ok(Started::Moved) => continue,
            Ok(outcome) => outcome,
            // The database refused what the decision let pass: somebody was faster. Ask again.
            Err(error) if is_overtaken(&error) => continue,
            Err(error) => return Err(error),
        };
        match tx.commit().await {
            Ok(()) => return Ok((environment, outcome)),
            Err(error) if is_overtaken(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::unavailable(
        "deployment.moved",
        "The environment kept changing while this was decided; try again",
    ))
}

fn is_overtaken(error: &Error) -> bool {
    db::violated_constraint(error).is_some_and(|name| name.contains("deployment"))
}

/// The environment, when the actor may do what they ask there. A guest who may not see it learns only that.
pub(super) async fn permitted(app: &App, actor: &Actor, name: &str, right: Right) -> Result<Environment> {
    let mut tx = app.db.read(actor).await?;
    match environments::named(&mut tx, name, right).await {
        Err(error) if error.is_missing() && actor.role == Role::Guest => Err(may_not_deploy(&actor.name)),
        other => other,
    }
}

/// The code of a request that may not deploy, for somebody who may not even see whether there is such a place.
fn may_not_deploy(name: &str) -> Error {
    Error::denied("right.missing", format!("{name} does not have the right to deploy there"))
}

/// The decision in a transaction of its own, as a server must not make it; see [`Config::recheck`].
async fn ask_before(
    app: &App,
    actor: &Actor,
    environment: &Environment,
    request: &Request,
) -> Result<Decision> {
    let candidate = Candidate::Known { commit: request.commit.clone() };
    let question = Question { kind: request.kind, candidate, ..Question::default() };
    let mut tx = app.db.read(actor).await?;
    load::ask(&mut tx, environment, &question).await
}
