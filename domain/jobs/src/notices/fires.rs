//! Fires that started nothing though they should have: they were missed, or the run before was still there.

use super::letter;
use super::people::{self, About};
use super::rules::{self, Wish};
use super::{With, store};
use crate::cron::decide::Decision;
use crate::file::{self, NotifyOn, Recipient};
use crate::jobs::{self, Job};
use crate::schedules::Fire;
use crate::words;
use base::id::JobId;
use base::jiff::tz::TimeZone;
use base::{Actor, Error, Result, Time};
use chores::{Chore, Handler};
use db::Tx;
use notify::message::News;
use notify::{Fact, Message};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

const TELL: &str = "jobs.tell_fires";

/// What a chore is to tell of: fires of one schedule that were decided together.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    job: JobId,
    count: usize,
    first: Time,
    last: Time,
    reason: String,
}

/// Whom the rules have told of such fires.
fn wishes(model: &file::Job) -> Vec<(Recipient, Wish)> {
    let rules = rules::of(model);
    let asked = rules.iter().filter(|rule| rule.on.contains(&NotifyOn::Skipped));
    asked.flat_map(|rule| rule.to.iter().map(|to| (to.clone(), Wish::LOUD))).collect()
}

/// Has it told that fires started nothing, where anybody wants to hear of that. Part of the transaction that decides them. What was paused,
/// switched off or excluded by a calendar is what somebody wanted, and no news.
pub(crate) async fn skipped(tx: &mut Tx, job: &Job, model: &file::Job, fires: &[Fire]) -> Result<()> {
    let is_news = |fire: &&Fire| matches!(fire.decision, Decision::SkipOverlap | Decision::SkipMissed);
    let told: Vec<&Fire> = fires.iter().filter(is_news).collect();
    let (Some(first), Some(last), false) = (told.first(), told.last(), wishes(model).is_empty()) else {
        return Ok(());
    };
    let task = Task {
        job: job.id,
        count: told.len(),
        first: first.scheduled_at,
        last: last.scheduled_at,
        reason: last.reason.clone(),
    };
    chores::enqueue(tx, TELL, json!(task)).await.map(drop)
}

pub(super) fn handler(with: &With) -> Handler {
    let with = with.clone();
    Handler::new(TELL, move |chore: Chore| {
        let with = with.clone();
        async move {
            let task: Task = serde_json::from_value(chore.payload.clone()).map_err(|error| {
                Error::bug("chore.payload", "a chore of fires cannot be read").because(error)
            })?;
            carry_out(&with, &task).await
        }
    })
}

async fn carry_out(with: &With, task: &Task) -> Result<()> {
    let mut tx = with.db.write(&Actor::system()).await?;
    let job = jobs::unchecked(&mut tx, task.job).await?;
    let model = jobs::definition(&mut tx, job.definition).await?.model;
    let last = store::last_run(&mut tx, job.id).await?;
    let about = About {
        job: &job,
        model: &model,
        run: last.as_ref(),
        authors: Vec::new(),
        thread: None,
        needs: vec![job.subject()],
    };
    let told = people::told(&mut tx, with, &about, &wishes(&model)).await?;
    let key = format!("fires {} {} {}", job.id, task.first.millis(), task.last.millis());
    for one in &told {
        let message = message(&job, task, one, &told);
        for recipient in &one.recipients {
            notify::send(&mut tx, &message, recipient, &key, None).await?;
        }
    }
    tx.commit().await
}

fn message(job: &Job, task: &Task, one: &people::Told, all: &[people::Told]) -> Message {
    let zone = one.user.as_ref().and_then(|user| TimeZone::get(&user.time_zone).ok());
    let zone = zone.unwrap_or(TimeZone::UTC);
    let title = words::shortened(&job.title, 120);
    let when = match task.count {
        0 | 1 => format!("for {}", letter::at(task.last, &zone)),
        n => format!("{n} times, last for {}", letter::at(task.last, &zone)),
    };
    let mut facts = vec![Fact::new("Due", letter::at(task.first, &zone))];
    if task.count > 1 {
        facts.push(Fact::new("Last due", letter::at(task.last, &zone)));
    }
    Message {
        kind: "job.fire_skipped".to_owned(),
        about: job.subject(),
        title: format!("{title} was not started"),
        sentence: format!("{title} was not started {when}. {}", words::sentence(&task.reason)),
        path: format!("/jobs/{}", job.name),
        facts,
        blocks: Vec::new(),
        notes: letter::notes(job, one, all),
        stop_path: one.user.as_ref().map(|_| format!("/jobs/{}", job.name)),
        list: job.name.clone(),
        headers: BTreeMap::from([("Job".to_owned(), job.name.clone())]),
        news: News {
            subject: job.subject().to_string(),
            title: title.clone(),
            actor: "Its schedule".to_owned(),
            text: format!("started nothing {when}"),
        },
        data: json!({
            "job": {"id": job.id, "name": job.name, "title": job.title},
            "fires": task.count, "first": task.first, "last": task.last, "reason": task.reason,
        }),
    }
}
