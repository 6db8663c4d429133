//! Starting: the decision and what follows from it, in one transaction.
//!
//! What needs git (the range, whether the candidate is older than what is there) is found out before the transaction, for a
//! named state of the environment; inside it that state is compared and, if it moved, the caller finds out again.
//!
//! The order of rows that is taken: the environment, then its lock project, then the rest. A lock that is placed through
//! this crate waits for the environment's row; one that is placed by any other door moves the version of the lock project
//! and waits for that row. So every lock and every start have an order, on both databases.

use super::state::{Event, State};
use super::{Deployment, Kind, Range, chores, parents, queue, store, subject, task};
use crate::environments::{self, Environment, IfBusy};
use crate::gate::{BlockerKind, Candidate, Decision, Situation, decide, load};
use crate::locks;
use base::id::EnvironmentId;
use base::{Error, Limit, Result, Right, Time};
use db::Tx;
use serde_json::json;
use std::time::Duration;

/// What somebody wants to deploy.
#[derive(Clone, Debug)]
pub struct Request {
    /// What sort of deployment.
    pub kind: Kind,
    /// The full id of the commit.
    pub commit: String,
    /// The name that it was asked for by.
    pub reference: Option<String>,
    /// The slot of the timetable that it belongs to: of several machines with one crontab only one deploys.
    pub slot: Option<Time>,
    /// The machine that will run it.
    pub host: String,
    /// The process there.
    pub pid: Option<i64>,
    /// What happens while another is running; the environment's policy otherwise.
    pub if_busy: Option<IfBusy>,
    /// Whether there is nothing to do when the commit is there already.
    pub if_changed: bool,
    /// The key of the request: the same key gets the same deployment.
    pub key: Option<String>,
    /// A text that differs when the request asks for something else.
    pub print: String,
}

/// What was found out about a request before the transaction.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The commit that the environment had then.
    pub previous_commit: Option<String>,
    /// What the request would bring.
    pub range: Range,
    /// Whether the environment has something newer, that contains the candidate.
    pub is_behind: bool,
}

/// Where the gate is asked.
#[derive(Clone, Debug)]
pub enum Check {
    /// In the transaction that starts.
    InTransaction,
    /// Before it, in a transaction of its own, with this result. Only for the test which shows that this is wrong.
    Before(Box<Decision>),
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Started {
    /// A deployment started.
    Now(Box<Deployment>),
    /// The same request started this one before.
    Before(Box<Deployment>),
    /// This one has the slot already.
    Handled(Box<Deployment>),
    /// It waits for its turn; the same request again asks whether it has come.
    Waits(Box<Deployment>, Box<Decision>),
    /// The commit is there already.
    NothingToDo(String),
    /// It was not let through.
    Refused(Box<Decision>, Range),
    /// What was found out before the transaction no longer holds: find out again.
    Moved,
}

/// Starts a deployment if the gate is open, in the caller's transaction. A refusal is noted in it too: commit in any case.
pub async fn start(
    tx: &mut Tx,
    environment: EnvironmentId,
    request: &Request,
    prepared: &Prepared,
    check: &Check,
) -> Result<Started> {
    environments::require(tx, environment, Right::Deploy).await?;
    let environment = environments::hold(tx, environment).await?;
    environments::hold_locks(tx, &environment).await?;
    let mut waiting = None;
    if let Some(key) = &request.key {
        match store::by_key(tx, environment.id, key).await? {
            Some(found) if found.request_print.as_deref() != Some(&request.print) => return Err(key_reused()),
            Some(found) if found.state == State::Queued => waiting = Some(found),
            Some(found) => return Ok(Started::Before(Box::new(found))),
            None => {}
        }
    }
    if let Some(slot) = request.slot {
        let holder = store::by_slot(tx, environment.id, slot).await?;
        if let Some(holder) =
            holder.filter(|holder| waiting.as_ref().is_none_or(|waiting| waiting.id != holder.id))
        {
            return Ok(Started::Handled(Box::new(holder)));
        }
    }
    let deployed = super::deployed(tx, &environment).await?.map(|deployment| deployment.commit);
    if deployed != prepared.previous_commit {
        return Ok(Started::Moved);
    }
    if request.if_changed && prepared.previous_commit.as_deref() == Some(&request.commit) {
        return Ok(Started::NothingToDo(request.commit.clone()));
    }
    if let Some(mut overtaken) = waiting.take_if(|_| prepared.is_behind && request.kind == Kind::Forward) {
        queue::supersede(tx, &environment, &mut overtaken).await?;
        return Ok(Started::Before(Box::new(overtaken)));
    }
    let question = load::Question {
        kind: request.kind,
        candidate: Candidate::Known { commit: request.commit.clone() },
        at: None,
        turn_of: waiting.as_ref().map(|waiting| waiting.id),
    };
    let situation = load::situation(tx, &environment, &question).await?;
    let decision = match check {
        Check::InTransaction => decide(&situation),
        Check::Before(decision) => decision.as_ref().clone(),
    };
    if decision.open {
        let started = begin(tx, environment, request, prepared, waiting, &situation).await?;
        return Ok(Started::Now(Box::new(started)));
    }
    let only_busy =
        decision.blockers.iter().all(|b| matches!(b.kind, BlockerKind::Busy | BlockerKind::Queue));
    // Who waits keeps waiting whatever is in the way now; who comes waits only for those in front.
    if waiting.is_some() || (only_busy && request.if_busy.unwrap_or(environment.if_busy) == IfBusy::Queue) {
        let waits = queue::wait(tx, &environment, request, prepared, waiting).await?;
        return Ok(Started::Waits(Box::new(waits), Box::new(decision)));
    }
    refuse(tx, &environment, request, &decision).await?;
    Ok(Started::Refused(Box::new(decision), prepared.range.clone()))
}

fn key_reused() -> Error {
    Error::conflict(
        "idempotency.reused",
        "this Idempotency-Key was used for another request; choose a new one",
    )
}

/// How long a deployment may be silent.
pub(super) fn lease(tx: &Tx) -> Duration {
    Duration::from_secs(tx.limits().get(Limit::LeaseSeconds).max(1))
}

async fn begin(
    tx: &mut Tx,
    environment: Environment,
    request: &Request,
    prepared: &Prepared,
    waiting: Option<Deployment>,
    situation: &Situation,
) -> Result<Deployment> {
    let token = environments::bump(tx, environment.id).await?;
    let was_waiting = waiting.is_some();
    let mut deployment = match waiting {
        Some(waiting) => waiting,
        None => new(tx, &environment, request).await?,
    };
    let now = tx.now();
    deployment.state = State::Queued.after(Event::Turn, false)?;
    deployment.state_at = now;
    deployment.previous_commit = prepared.previous_commit.clone();
    deployment.range = prepared.range.clone();
    deployment.token = Some(token);
    deployment.started_at = Some(now);
    // The first report is part of the start: nothing that has just started can be found silent.
    deployment.lease_until = Some(now.plus(lease(tx)));
    deployment.host = request.host.clone();
    deployment.pid = request.pid;
    deployment.task = Some(task::open(tx, &environment, &deployment).await?);
    if was_waiting {
        store::update(tx, &deployment).await?;
    } else {
        store::insert(tx, &deployment).await?;
    }
    chores::watch_lease(tx, &deployment).await?;
    let data = json!({
        "environment": environment.name, "number": deployment.number, "commit": deployment.commit, "kind": deployment.kind,
        "previous_commit": deployment.previous_commit, "commits": deployment.range.count, "token": token,
        "slot": deployment.slot, "host": deployment.host, "situation": situation,
    });
    journal::enter(
        tx,
        "deployment.started",
        subject(deployment.id),
        &parents(&deployment, &environment),
        data,
    );
    Ok(deployment)
}

pub(super) async fn new(tx: &mut Tx, environment: &Environment, request: &Request) -> Result<Deployment> {
    let number = store::next_number(tx).await?;
    let now = tx.now();
    Ok(Deployment {
        id: tx.new_id(),
        number,
        environment: environment.id,
        repository: environment.repository,
        kind: request.kind,
        state: State::Queued,
        state_at: now,
        commit: request.commit.clone(),
        reference: request.reference.clone(),
        previous_commit: None,
        range: Range { to: request.commit.clone(), ..Range::default() },
        token: None,
        slot: request.slot,
        request_key: request.key.clone(),
        request_print: Some(request.print.clone()),
        requested_by: tx.actor().user,
        requested_by_name: tx.actor().name.clone(),
        host: request.host.clone(),
        pid: request.pid,
        task: None,
        lease_until: None,
        abort_reason: None,
        abort_asked_by: None,
        requested_at: now,
        started_at: None,
        ended_at: None,
        exit_code: None,
        signal: None,
        reason: None,
        output_bytes: 0,
        output_kept: 0,
        log_blob: None,
    })
}

/// Counts the attempt on every lock that stopped it, and enters it.
async fn refuse(
    tx: &mut Tx,
    environment: &Environment,
    request: &Request,
    decision: &Decision,
) -> Result<()> {
    let mut about = vec![environment.subject()];
    for blocker in &decision.blockers {
        if let (BlockerKind::Lock | BlockerKind::Claim, Some(lock)) = (blocker.kind, blocker.task) {
            locks::count_refusal(tx, lock, environment.id).await?;
            about.push(journal::Subject::new("lock", lock.0));
        }
    }
    let blockers: Vec<_> =
        decision.blockers.iter().map(|b| json!({"kind": b.kind, "id": b.id, "title": b.title})).collect();
    let data = json!({
        "environment": environment.name, "commit": request.commit, "kind": request.kind, "slot": request.slot,
        "host": request.host, "code": decision.code(), "sentence": decision.sentence, "blockers": blockers,
        "epoch": decision.epoch,
    });
    journal::enter(tx, "deployment.refused", environment.subject(), &about, data);
    Ok(())
}
