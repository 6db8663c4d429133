//! What would ship: what lies between the commit that an environment has and the one that comes next.

use crate::deployments;
use crate::environments::{self, Environment};
use base::Result;
use db::Tx;
use repos::{Mirrors, Repository};
use std::sync::Arc;

/// What is known before git is asked.
#[derive(Clone, Debug)]
pub(crate) struct Ahead {
    /// Where the commits come from.
    pub repository: Repository,
    /// The commit that the environment has.
    pub deployed: Option<String>,
    /// The commit of the environment before it; the first takes the tip of the default branch.
    pub before: Option<Option<String>>,
}

/// What would ship.
#[derive(Clone, Debug)]
pub(crate) struct Ship {
    /// The tip of the default branch.
    pub tip: Option<String>,
    /// What it would bring, or why that cannot be said.
    pub range: std::result::Result<Arc<repos::Range>, String>,
}

/// Finds out what has to be known.
pub(crate) async fn ahead(tx: &mut Tx, environment: &Environment) -> Result<Ahead> {
    let deployed = deployments::deployed(tx, environment).await?.map(|deployment| deployment.commit);
    let before = match environment.after {
        None => None,
        Some(after) => {
            let previous = environments::unchecked(tx, after).await?;
            // Another repository's commits say nothing of this one's.
            let commit = deployments::deployed(tx, &previous).await?.map(|deployment| deployment.commit);
            (previous.repository == environment.repository).then_some(commit)
        }
    };
    let repository = repos::repository::get(tx, environment.repository).await?;
    Ok(Ahead { repository, deployed, before })
}

/// Asks git, outside of any transaction.
pub(crate) async fn look(mirrors: &Mirrors, ahead: &Ahead) -> Ship {
    let tip = mirrors.tip(&ahead.repository).await;
    let to = match (&ahead.before, &tip) {
        (Some(before), _) => before.clone(),
        (None, Ok(tip)) => Some(tip.clone()),
        (None, Err(_)) => None,
    };
    let range = match (&to, &tip) {
        (Some(to), _) => {
            let found = mirrors.brought(&ahead.repository, ahead.deployed.as_deref(), to).await;
            found.map_err(|error| error.message().to_owned())
        }
        (None, Err(error)) => Err(error.message().to_owned()),
        (None, Ok(_)) => Err(String::new()),
    };
    Ship { tip: tip.ok(), range }
}
