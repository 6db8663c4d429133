//! Starting one agent: once, with a token that works once, and what comes of it.

use super::{Pool, store, tend};
use crate::agents::Agent;
use crate::gate::Doing;
use base::id::{AnyId, PoolId};
use base::{Result, Secret, random};
use db::{Db, Tx};
use repos::Sealing;
use std::collections::BTreeMap;
use std::time::Duration;
use web::App;

/// How an agent is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A command line of the server's shell.
    Command(String),
    /// An address that is told.
    Webhook(String),
}

/// One agent to start.
#[derive(Debug)]
pub struct Order {
    /// What stands for it.
    pub start: AnyId,
    /// The name of its pool.
    pub pool: String,
    /// What it is called.
    pub instance: String,
    /// How it is started.
    pub way: Way,
    /// What it registers with, once.
    pub token: Secret,
    /// What a webhook is signed with.
    pub secret: Option<Secret>,
    /// Labels that it gets.
    pub labels: BTreeMap<String, String>,
    /// How long it may take to come.
    pub boot: Duration,
    /// How long it may have nothing to do before it ends by itself, if it may.
    pub idle: Option<Duration>,
}

/// What came of starting.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The agent is on its way.
    Begun,
    /// It is not.
    Failed {
        /// What happened.
        sentence: String,
        /// What was written meanwhile.
        output: String,
    },
}

/// Starts agents; wired by the program. It returns when starting has begun, and reports what comes of it with [`Launcher::report`].
#[derive(Clone, Copy)]
pub struct Launcher(pub for<'a> fn(&'a App, Order) -> Doing<'a, ()>);

impl Launcher {
    /// Notes what came of a start.
    pub async fn report(db: &Db, start: AnyId, outcome: Outcome) -> Result<()> {
        let mut tx = db.write(&base::Actor::system()).await?;
        reported(&mut tx, start, outcome).await?;
        tx.commit().await
    }
}

/// What the secret of a pool is sealed for.
pub(super) fn purpose(pool: PoolId) -> String {
    format!("agent pool {pool}")
}

/// Takes a start for launching, if nobody did. One that somebody took and did not report may have happened, and is left to its time.
pub(super) async fn take(tx: &mut Tx, sealing: &Sealing, id: AnyId) -> Result<Option<Order>> {
    let Some(start) = store::hold_start(tx, id).await?.filter(|start| start.state == "planned") else {
        return Ok(None);
    };
    let Some(pool) = store::get(tx, start.pool).await? else { return Ok(None) };
    let token = Secret::new(format!("sbi_{}", random::word::<32>()));
    store::set_launching(tx, id, &crate::digest::hex(token.reveal().as_bytes())).await?;
    let secret = match &pool.way {
        Way::Command(_) => None,
        Way::Webhook(_) => match store::secret(tx, pool.id).await? {
            Some(sealed) => Some(sealing.unseal(&purpose(pool.id), &sealed)?),
            None => None,
        },
    };
    let seconds = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
    Ok(Some(Order {
        start: id,
        pool: pool.name,
        instance: start.instance,
        way: pool.way,
        token,
        secret,
        labels: pool.labels,
        boot: seconds(pool.boot_s),
        // Where some are kept, ending is for the server to say.
        idle: (pool.least == 0).then(|| seconds(pool.idle_s).max(Duration::from_secs(60))),
    }))
}

async fn reported(tx: &mut Tx, id: AnyId, outcome: Outcome) -> Result<()> {
    // An agent that is here, or that was given up, is past starting.
    let Some(start) = store::hold_start(tx, id).await?.filter(|start| start.state == "launching") else {
        return Ok(());
    };
    match outcome {
        Outcome::Begun => store::set_booting(tx, id).await,
        Outcome::Failed { sentence, output } => {
            store::end_start(tx, id, "failed", Some(&sentence)).await?;
            match store::get(tx, start.pool).await? {
                Some(mut pool) => tend::failed(tx, &mut pool, &sentence, &output).await,
                None => Ok(()),
            }
        }
    }
}

/// The pool that a token was made for, when its agent may still come: its labels and its id.
pub(crate) async fn arrived(tx: &mut Tx, token_hash: &str) -> Result<Option<(AnyId, Pool)>> {
    let Some(start) = store::start_by_token(tx, token_hash).await? else { return Ok(None) };
    if !matches!(start.state.as_str(), "launching" | "booting") {
        return Ok(None);
    }
    Ok(store::get(tx, start.pool).await?.map(|pool| (start.id, pool)))
}

/// Whether a token is that of an agent that comes too late.
pub(crate) async fn is_given_up(tx: &mut Tx, token_hash: &str) -> Result<bool> {
    let found = store::start_by_token(tx, token_hash).await?;
    Ok(found.is_some_and(|start| matches!(start.state.as_str(), "given_up" | "failed")))
}

/// Notes that an agent came.
pub(crate) async fn came(tx: &mut Tx, start: AnyId, pool: &Pool, agent: &Agent) -> Result<()> {
    store::set_here(tx, start, agent.id).await?;
    if pool.trouble.is_some() {
        store::set_trouble(tx, pool.id, None).await?;
    }
    let mut known = agent.offers();
    known.remove("name");
    if pool.known != known {
        store::set_known(tx, pool.id, &known).await?;
    }
    tend::wake(tx).await
}
