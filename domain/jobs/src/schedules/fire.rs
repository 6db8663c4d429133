//! Firing: what is due is decided and written, some hundred fires in one transaction.

use super::{Fire, Schedule, freeze, store};
use crate::cron::{self, decide};
use crate::file;
use crate::jobs::{self, Definition, Job};
use crate::runs::{self, Ask, Cause, New, Started};
use base::{Actor, Result, Time};
use chores::{Every, Handler};
use db::{Db, Tx};
use serde_json::json;
use std::time::Duration;

const CLOCK: &str = "jobs.clock";
const RECONCILE: &str = "jobs.reconcile";

/// Schedules that are looked at in one transaction: fires of one instant share their fsync, and others wait for the writer meanwhile.
const TOGETHER: usize = 100;
/// Fires of one schedule that are accounted for in one transaction.
const FIRES_TOGETHER: usize = 100;
/// A schedule whose time has passed for so long is looked at by the reconciler.
const LATE: Duration = Duration::from_secs(60);

/// Has the clock looked at when the next schedule is due. There is one such chore; the earliest time holds.
pub(super) async fn wake(tx: &mut Tx) -> Result<()> {
    let Some(at) = store::next_due(tx).await? else { return Ok(()) };
    chores::enqueue_at(tx, CLOCK, json!({}), at, Some("clock")).await
}

/// What does the chores of schedules.
pub(super) fn handlers(db: &Db) -> Vec<Handler> {
    let db = db.clone();
    vec![Handler::new(CLOCK, move |_| {
        let db = db.clone();
        async move { fire_all(&db).await }
    })]
}

pub(super) fn periodic(db: &Db) -> Every {
    let db = db.clone();
    let handler = Handler::new(RECONCILE, move |_| {
        let db = db.clone();
        async move { reconcile(&db).await }
    });
    Every { handler, pause: Duration::from_secs(60) }
}

/// Fires whatever is due, and has the clock looked at again.
async fn fire_all(db: &Db) -> Result<()> {
    let system = Actor::system();
    loop {
        let mut tx = db.write(&system).await?;
        let due = store::due(&mut tx, TOGETHER).await?;
        if due.is_empty() {
            wake(&mut tx).await?;
            return tx.commit().await;
        }
        for schedule in due {
            account(&mut tx, schedule).await?;
        }
        tx.commit().await?;
    }
}

/// A schedule whose next fire is long past, or that should have one and has none, was forgotten by somebody: it is looked at.
async fn reconcile(db: &Db) -> Result<()> {
    let system = Actor::system();
    let late = store::forgotten(&mut db.read(&system).await?, LATE).await?;
    if late.is_empty() {
        return Ok(());
    }
    tracing::warn!(schedules = late.len(), "schedules were not looked at in time and are now");
    let mut tx = db.write(&system).await?;
    for mut schedule in late {
        let job = jobs::unchecked(&mut tx, schedule.job).await?;
        let model = jobs::definition(&mut tx, job.definition).await?.model;
        if schedule.next_at.is_none() {
            schedule.next_at = super::next(&job, &model, &schedule.trigger, schedule.cursor_at);
            store::update(&mut tx, &schedule).await?;
        }
    }
    wake(&mut tx).await?;
    tx.commit().await
}

/// Decides every fire of a schedule that is due by now, and moves its cursor.
async fn account(tx: &mut Tx, mut schedule: Schedule) -> Result<()> {
    let job = jobs::unchecked(tx, schedule.job).await?;
    let definition = jobs::definition(tx, job.definition).await?;
    let model = &definition.model;
    let (Ok(clock), true, None) = (cron::Schedule::of(model, &schedule.trigger), job.enabled, job.gone_at)
    else {
        // Nothing fires any more; the file says why.
        schedule.next_at = None;
        return store::update(tx, &schedule).await;
    };
    let now = tx.now();
    let from = schedule.cursor_at.plus(Duration::from_millis(1));
    let due = clock.fires(from, now.plus(Duration::from_millis(1)), FIRES_TOGETHER);
    let newest = newest(&clock, due.last().copied(), now);
    let mut skipped = Vec::new();
    for at in &due {
        if store::is_accounted(tx, schedule.id, *at).await? {
            continue;
        }
        let fire = decided(tx, &schedule, &job, &clock, *at, newest.unwrap_or(*at), &definition).await?;
        store::insert_fire(tx, &job, &schedule, &fire).await?;
        if fire.run.is_none() {
            skipped.push(fire);
        }
    }
    crate::notices::skipped(tx, &job, model, &skipped).await?;
    // With more due than is accounted for at once, the rest is due still.
    schedule.cursor_at = due.last().copied().filter(|_| due.len() == FIRES_TOGETHER).unwrap_or(now);
    schedule.next_at = clock.after(schedule.cursor_at);
    store::move_on(tx, &schedule).await
}

/// The newest fire that is due by now, when `last` is one that is.
fn newest(clock: &cron::Schedule, last: Option<Time>, now: Time) -> Option<Time> {
    let mut newest = last?;
    for _ in 0..100_000 {
        match clock.after(newest) {
            Some(next) if next <= now => newest = next,
            _ => break,
        }
    }
    Some(newest)
}

async fn decided(
    tx: &mut Tx,
    schedule: &Schedule,
    job: &Job,
    clock: &cron::Schedule,
    at: Time,
    newest_due: Time,
    definition: &Definition,
) -> Result<Fire> {
    let trigger = &schedule.trigger;
    let frozen = freeze::of_fire(tx, &definition.model, trigger.overlap, at).await?;
    let pause = job.pause.as_ref().map(|pause| cron::pauses::Pause {
        from: pause.at,
        until: pause.until,
        reason: match (&pause.reason, pause.is_for_all) {
            (reason, false) => reason.clone().unwrap_or_default(),
            (None, true) => format!("{} disabled it", pause.by),
            (Some(reason), true) => format!("{} disabled it: {reason}", pause.by),
        },
    });
    let facts = decide::Facts {
        scheduled_at: at,
        now: tx.now(),
        newest_due,
        is_enabled: job.enabled && trigger.enabled,
        pause: pause.as_ref().filter(|pause| pause.holds_at(at)),
        excluded_by: clock.excluded_by(at),
        frozen: frozen.as_deref(),
        missed: trigger.missed,
        overlap: trigger.overlap,
        others: runs::others(tx, job.id).await?,
    };
    let verdict = decide::decide(&facts);
    let mut fire = Fire {
        schedule: schedule.id,
        scheduled_at: at,
        decision: verdict.decision,
        reason: verdict.reason.clone(),
        run: None,
        decided_at: tx.now(),
    };
    if !verdict.decision.makes_run() {
        return Ok(fire);
    }
    match start(tx, schedule, job, trigger, at, verdict, &definition.commit).await {
        Ok(Started::Run(run)) => fire.run = Some(run.id),
        Ok(Started::Not(verdict)) => (fire.decision, fire.reason) = (verdict.decision, verdict.reason),
        // A parameter that is wrong: the fire is accounted for with what is wrong.
        Err(error) if matches!(error.kind(), base::Kind::Invalid | base::Kind::Conflict) => {
            (fire.decision, fire.reason) = (decide::Decision::SkipDisabled, error.message().to_owned());
        }
        Err(error) => return Err(error),
    }
    Ok(fire)
}

async fn start(
    tx: &mut Tx,
    schedule: &Schedule,
    job: &Job,
    trigger: &file::CronTrigger,
    at: Time,
    verdict: decide::Verdict,
    commit: &str,
) -> Result<Started> {
    let jitter = cron::jitter_s(&job.name, at, trigger.jitter_s);
    let new = New {
        cause: Cause::Schedule,
        cause_id: Some(schedule.id.0),
        scheduled_at: Some(at),
        ask: Ask {
            commit: commit.to_owned(),
            reference: None,
            trusted: true,
            definition: None,
            params: trigger.params.clone(),
            pass: None,
        },
        overlap: trigger.overlap,
        verdict: Some(verdict),
        repeats: None,
        not_before: (jitter > 0).then(|| at.plus(Duration::from_secs(jitter))),
        done: Vec::new(),
    };
    runs::start(tx, job, new).await
}
