//! Runs that are deployments: what a job with `deploy: beta` asks of the environment, and tells it.
//!
//! Jobs know no environments and environments know no jobs; the program lets the one call the verbs of the other. A schedule or a push
//! deploys in the name of the job, and only to an environment of its own repository: whoever may write its default branch may deploy
//! there. What a person starts deploys in their name, with their rights.

use base::id::DeploymentId;
use base::{Actor, Door, Error, Result};
use db::Tx;
use jobs::gate::{Answer, Ask, Deploys};
use jobs::runs::{Cause, Run, State};
use releases::deployments::{self, Ending, Kind, Outcome, Request, Started};
use web::App;

/// The verbs that jobs call.
pub(super) const fn wired() -> Deploys {
    Deploys {
        ask: |app, ask| Box::pin(begin(app, ask)),
        beat: |tx, deployment, token| Box::pin(beat(tx, deployment, token)),
        end: |tx, run| Box::pin(end(tx, run)),
    }
}

/// In whose name a run deploys.
async fn on_behalf(app: &App, ask: &Ask) -> Result<Actor> {
    let named = Actor { name: format!("Job {}", ask.job), door: Door::System, ..Actor::system() };
    match (ask.run.cause, ask.run.asked_by) {
        (Cause::Manual | Cause::Repeat, Some(user)) => {
            let user = people::users::get(&mut app.db.read(&Actor::system()).await?, user).await?;
            Ok(people::door::actor_of(&user, Door::Api))
        }
        _ => Ok(named),
    }
}

async fn begin(app: &App, ask: &Ask) -> Result<Answer> {
    let actor = on_behalf(app, ask).await?;
    let found = {
        let mut tx = app.db.read(&Actor::system()).await?;
        releases::environments::named(&mut tx, &ask.environment, base::Right::View).await
    };
    let environment = match found {
        Ok(environment) => environment,
        Err(error) if error.is_missing() => {
            return Ok(Answer::Blocked(format!("There is no environment {}", ask.environment)));
        }
        Err(error) => return Err(error),
    };
    if environment.repository != ask.run.repository {
        let sentence = format!("{} gets its commits from another repository than this job", environment.name);
        return Ok(Answer::Blocked(sentence));
    }
    let request = Request {
        kind: Kind::Forward,
        print: format!("run {}", ask.run.id),
        reference: ask.run.reference.clone(),
        commit: ask.run.commit.clone(),
        slot: None,
        host: format!("run {} of {}", ask.run.number, ask.job),
        pid: None,
        if_busy: None,
        if_changed: false,
        key: Some(format!("run:{}", ask.run.id)),
    };
    match deployments::ask(app, &actor, &environment.name, &request).await {
        Ok((_, started)) => answer(&environment.name, started),
        // What the person may not do, or a commit that cannot be judged: closed, with the sentence that says so.
        Err(error)
            if matches!(error.kind(), base::Kind::Denied | base::Kind::Missing | base::Kind::Invalid) =>
        {
            Ok(Answer::Blocked(error.message().to_owned()))
        }
        Err(error) => Err(error),
    }
}

fn answer(environment: &str, started: Started) -> Result<Answer> {
    Ok(match started {
        Started::Now(deployment) | Started::Before(deployment) => match deployment.token {
            Some(token) => Answer::Started(deployment.id, token),
            None => return Err(Error::bug("deployment.token", "a deployment that started has no token")),
        },
        Started::Refused(decision, _) => Answer::Blocked(decision.sentence),
        Started::Waits(deployment, decision) => {
            // A chore that fails is done again: the run waits for its turn with it.
            let sentence =
                format!("deployment {} waits for its turn: {}", deployment.number, decision.sentence);
            return Err(Error::unavailable("deployment.waits", sentence));
        }
        Started::Handled(by) => Answer::Blocked(format!("Deployment {} has this slot", by.number)),
        Started::NothingToDo(_) => Answer::Blocked(format!("{environment} has this commit already")),
        Started::Moved => {
            return Err(Error::unavailable("deployment.moved", "the environment changed; it is asked again"));
        }
    })
}

async fn beat(tx: &mut Tx, deployment: DeploymentId, token: i64) -> Result<()> {
    deployments::heartbeat(tx, deployment, token).await.map(drop)
}

async fn end(tx: &mut Tx, run: &Run) -> Result<()> {
    let (Some(deployment), Some(token)) = (run.deployment, run.deployment_token) else { return Ok(()) };
    let outcome = match run.state {
        State::Succeeded => Outcome::Succeeded,
        State::Cancelled | State::Skipped | State::Blocked => Outcome::Aborted,
        State::TimedOut => Outcome::TimedOut,
        // How far a lost run got is unknown; the deployment stays where it is until a person says.
        State::Lost => return Ok(()),
        _ => Outcome::Failed,
    };
    let ending = Ending {
        outcome,
        exit_code: (outcome == Outcome::Succeeded).then_some(0),
        signal: None,
        reason: run.sentence.clone(),
        output_bytes: None,
    };
    match deployments::finish(tx, deployment, token, &ending).await {
        Ok(_) => Ok(()),
        // A person resolved it meanwhile.
        Err(error) if error.kind() == base::Kind::Gone => Ok(()),
        Err(error) => Err(error),
    }
}
