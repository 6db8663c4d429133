//! Loading a day from the tables and the journal.

use super::{Hold, Lane, Refusal, Stop, Timetable};
use crate::deployments::brief;
use crate::environments::Environment;
use crate::locks::{self, Lock, LockKind};
use crate::words;
use base::jiff::tz::TimeZone;
use base::{Date, Result, Time};
use db::Tx;
use journal::Query;
use web::ui::Aspect;

/// Deployments of one day that are drawn.
const STOPS: usize = 1_000;
/// Refusals and locks of one environment that are looked at.
const REFUSALS: usize = 400;
const LOCKS: usize = 100;
/// Letters of a refusal's reason.
const WHY: usize = 160;

/// The day of some environments that the actor sees, with what their lamps show now.
pub async fn load(
    tx: &mut Tx,
    environments: &[(Environment, Aspect)],
    day: Date,
    zone: TimeZone,
) -> Result<Timetable> {
    let mut table = Timetable::empty(day, zone, tx.now());
    let ids: Vec<_> = environments.iter().map(|(environment, _)| environment.id).collect();
    let briefs = brief::between(tx, &ids, table.from, table.until, STOPS).await?;
    table.is_cut = briefs.len() >= STOPS;
    for (environment, lamp) in environments {
        let stops = briefs.iter().filter(|brief| brief.environment == environment.id).map(|brief| Stop {
            number: brief.number,
            at: brief.began_at(),
            took: brief.took(),
            state: brief.state,
            commit: brief.commit.clone(),
            by: brief.by.clone(),
        });
        let lane = Lane {
            name: environment.name.clone(),
            lamp: *lamp,
            after: environment.after.and_then(|after| ids.iter().position(|id| *id == after)),
            stops: stops.collect(),
            refusals: refusals(tx, environment, &table).await?,
            holds: holds(tx, environment, &table).await?,
        };
        table.lanes.push(lane);
    }
    Ok(table)
}

/// Refusals of the same minute are one dot.
async fn refusals(tx: &mut Tx, environment: &Environment, table: &Timetable) -> Result<Vec<Refusal>> {
    if table.from > table.now {
        return Ok(Vec::new());
    }
    let query = Query {
        subject: Some(environment.subject()),
        verb: Some("deployment.refused".to_owned()),
        newest_first: true,
        limit: REFUSALS,
        ..Query::default()
    };
    let mut found: Vec<Refusal> = Vec::new();
    for entry in journal::read(tx, &query).await?.into_iter().rev() {
        let slot = entry.data["slot"].as_str().and_then(|slot| Time::parse(slot).ok());
        let at = slot.unwrap_or(entry.at);
        if at < table.from || at >= table.until {
            continue;
        }
        match found.last_mut() {
            Some(last) if at.millis() / 60_000 == last.at.millis() / 60_000 => last.count += 1,
            Some(_) | None => {
                let why = words::shortened(entry.data["sentence"].as_str().unwrap_or_default(), WHY);
                found.push(Refusal { at, count: 1, why });
            }
        }
    }
    Ok(found)
}

async fn holds(tx: &mut Tx, environment: &Environment, table: &Timetable) -> Result<Vec<Hold>> {
    let from = table.from.min(table.now);
    let locks = locks::since(tx, environment, from, LOCKS).await?;
    Ok(locks.into_iter().filter(|lock| lock.since < table.until).map(hold).collect())
}

fn hold(lock: Lock) -> Hold {
    Hold {
        from: lock.since,
        released: lock.released_at,
        expected: lock.until,
        who: lock.owner_name.or(lock.placed_by_name).unwrap_or_else(|| "nobody".to_owned()),
        title: lock.title,
        href: format!("/tasks/{}", lock.task),
        is_warning: lock.kind == LockKind::Warn,
    }
}
