//! Rows of runs, their parts and their figures.

use super::seen::Seen;
use super::{Filter, Metric, Part, Run, State};
use crate::agents::store::json;
use base::id::{JobId, PartId, RunId};
use base::{Error, Result, Time, Value};
use db::{Row, Tx, params};

macro_rules! columns {
    () => {
        "id, job_id, number, definition_id, repository_id, commit_id, reference, trusted, cause, cause_id, scheduled_at, asked_by,
         asked_by_name, params, state, state_at, sentence, lane, repeats, released, gate_asked, deployment_id, deployment_token,
         cancel_by, cancel_reason, made_at, started_at, ended_at"
    };
}

mod overview;
mod paged;
pub(super) mod remarks;
pub(super) mod waiting;
pub(super) use overview::{between, failed_last, last_of_jobs, queued};
pub(super) use paged::{count, page};

fn run(row: Row) -> Result<Run> {
    let mut c = row.columns();
    Ok(Run {
        id: c.next()?,
        job: c.next()?,
        number: c.next()?,
        definition: c.next()?,
        repository: c.next()?,
        commit: c.next()?,
        reference: c.next()?,
        trusted: c.next()?,
        cause: c.next()?,
        cause_id: c.next()?,
        scheduled_at: c.next()?,
        asked_by: c.next()?,
        asked_by_name: c.next()?,
        params: json(c.next()?)?,
        state: c.next()?,
        state_at: c.next()?,
        sentence: c.next()?,
        lane: c.next()?,
        repeats: c.next()?,
        released: json(c.next()?)?,
        gate_asked: c.next()?,
        deployment: c.next()?,
        deployment_token: c.next()?,
        cancel_by: c.next()?,
        cancel_reason: c.next()?,
        made_at: c.next()?,
        started_at: c.next()?,
        ended_at: c.next()?,
    })
}

async fn one(tx: &mut Tx, sql: &str, params: &[Value]) -> Result<Option<Run>> {
    tx.opt(sql, params).await?.map(run).transpose()
}

async fn many(tx: &mut Tx, sql: &str, params: &[Value]) -> Result<Vec<Run>> {
    tx.rows(sql, params).await?.into_iter().map(run).collect()
}

pub(crate) async fn get(tx: &mut Tx, id: RunId) -> Result<Option<Run>> {
    one(tx, concat!("select ", columns!(), " from run where id = $1"), &params![id]).await
}

pub(crate) async fn hold(tx: &mut Tx, id: RunId) -> Result<Option<Run>> {
    one(tx, concat!("select ", columns!(), " from run where id = $1 /*pg: for update */"), &params![id]).await
}

pub(crate) async fn by_number(tx: &mut Tx, job: JobId, number: i64) -> Result<Option<Run>> {
    one(
        tx,
        concat!("select ", columns!(), " from run where job_id = $1 and number = $2"),
        &params![job, number],
    )
    .await
}

/// The runs of a job that are not over, oldest first.
pub(crate) async fn live(tx: &mut Tx, job: JobId) -> Result<Vec<Run>> {
    let sql = concat!("select ", columns!(), " from run where job_id = $1 and ended_at is null order by id");
    many(tx, sql, &params![job]).await
}

/// The runs of a group that are not over, oldest first.
pub(crate) async fn live_in_lane(tx: &mut Tx, lane: &str) -> Result<Vec<Run>> {
    let sql = concat!("select ", columns!(), " from run where lane = $1 and ended_at is null order by id");
    many(tx, sql, &params![lane]).await
}

/// A list of ids as one parameter: databases take some ten thousand of them at most.
fn ids(wanted: &mut db::Filter, ids: &[JobId]) -> String {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let list = wanted.param(serde_json::json!(ids));
    format!(
        "(/*lite: select value from json_each({list}) *//*pg: select value::bigint from jsonb_array_elements_text({list}::text::jsonb) */)"
    )
}

fn seen_by(wanted: &mut db::Filter, seen: &Seen) {
    let known = "exists (select 1 from job where job.id = run.job_id and job.gone_at is null";
    match seen {
        Seen::One(job) => wanted.and("job_id = ?", params![*job]),
        Seen::All => wanted.and(&format!("{known})"), []),
        Seen::SilentAnd(jobs) if jobs.is_empty() => {
            wanted.and(&format!("{known} and job.permissions is null)"), [])
        }
        Seen::SilentAnd(jobs) => {
            let these = ids(wanted, jobs);
            wanted.and(&format!("{known} and (job.permissions is null or job.id in {these}))"), []);
        }
        Seen::Only(jobs) => {
            let these = ids(wanted, jobs);
            wanted.and(&format!("{known} and job.id in {these})"), []);
        }
    }
}

pub(super) async fn list(tx: &mut Tx, filter: &Filter, seen: &Seen) -> Result<Vec<Run>> {
    let mut wanted = db::Filter::default();
    seen_by(&mut wanted, seen);
    if !filter.states.is_empty() {
        wanted.and_in("state", filter.states.iter().map(|state| Value::from(*state)));
    }
    if let Some(before) = filter.before {
        wanted.and("id < ?", params![before]);
    }
    let limit = wanted.param(filter.limit);
    let sql = format!(
        concat!("select ", columns!(), " from run where {} order by id desc limit {}"),
        wanted.sql(),
        limit
    );
    many(tx, &sql, wanted.params()).await
}

pub(super) async fn insert(tx: &mut Tx, run: &Run) -> Result<()> {
    let sql = concat!(
        "insert into run (",
        columns!(),
        ", at_once) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
         $24, $25, $26, $27, $28, false)"
    );
    let params = params![
        run.id,
        run.job,
        run.number,
        run.definition,
        run.repository,
        &run.commit,
        run.reference.clone(),
        run.trusted,
        run.cause,
        run.cause_id,
        run.scheduled_at,
        run.asked_by,
        &run.asked_by_name,
        serde_json::json!(run.params),
        run.state,
        run.state_at,
        run.sentence.clone(),
        run.lane.clone(),
        run.repeats,
        serde_json::json!(run.released),
        run.gate_asked,
        run.deployment,
        run.deployment_token,
        run.cancel_by.clone(),
        run.cancel_reason.clone(),
        run.made_at,
        run.started_at,
        run.ended_at
    ];
    tx.run(sql, &params).await.map(drop)
}

/// Everything that changes in a life.
pub(crate) async fn update(tx: &mut Tx, run: &Run) -> Result<()> {
    let sql = "update run set state = $2, state_at = $3, sentence = $4, released = $5, gate_asked = $6, deployment_id = $7,
        deployment_token = $8, cancel_by = $9, cancel_reason = $10, started_at = $11, ended_at = $12 where id = $1";
    let params = params![
        run.id,
        run.state,
        run.state_at,
        run.sentence.clone(),
        serde_json::json!(run.released),
        run.gate_asked,
        run.deployment,
        run.deployment_token,
        run.cancel_by.clone(),
        run.cancel_reason.clone(),
        run.started_at,
        run.ended_at
    ];
    tx.run(sql, &params).await.map(drop)
}

/// Notes that a run is to be killed without time to clean up.
pub(super) async fn set_at_once(tx: &mut Tx, id: RunId, at_once: bool) -> Result<()> {
    tx.run("update run set at_once = $2 where id = $1", &params![id, at_once]).await.map(drop)
}

pub(crate) async fn is_at_once(tx: &mut Tx, id: RunId) -> Result<bool> {
    tx.one("select at_once from run where id = $1", &params![id]).await?.get(0)
}

pub(super) async fn outcome_before(tx: &mut Tx, run: &Run) -> Result<Option<State>> {
    let sql = "select state from run where job_id = $1 and id < $2 and state in ('succeeded', 'failed', 'timed_out', 'lost')
        order by id desc limit 1";
    tx.opt(sql, &params![run.job, run.id]).await?.map(|row| row.get(0)).transpose()
}

const PART: &str = "id, run_id, job_id, stage, place, model, state, state_at, sentence, attempts, ready_at";

fn place(row: &Row, column: usize) -> Result<usize> {
    let place: i64 = row.get(column)?;
    usize::try_from(place).map_err(|_| Error::bug("jobs.stored", "a place is not negative"))
}

pub(crate) fn part_of(row: &Row) -> Result<Part> {
    Ok(Part {
        id: row.get(0)?,
        run: row.get(1)?,
        job: row.get(2)?,
        stage: place(row, 3)?,
        place: place(row, 4)?,
        model: json(row.get(5)?)?,
        state: row.get(6)?,
        state_at: row.get(7)?,
        sentence: row.get(8)?,
        attempts: row.get(9)?,
        ready_at: row.get(10)?,
    })
}

pub(crate) async fn part(tx: &mut Tx, id: PartId) -> Result<Option<Part>> {
    let sql = format!("select {PART} from run_part where id = $1 /*pg: for update */");
    tx.opt(&sql, &params![id]).await?.as_ref().map(part_of).transpose()
}

pub(crate) async fn parts(tx: &mut Tx, run: RunId) -> Result<Vec<Part>> {
    let sql = format!("select {PART} from run_part where run_id = $1 order by stage, place");
    tx.rows(&sql, &params![run]).await?.iter().map(part_of).collect()
}

/// Parts that an agent may take now, the longest waiting first. Another claim at the same moment sees others.
pub(crate) async fn ready(tx: &mut Tx, limit: usize) -> Result<Vec<Part>> {
    let now = tx.now();
    let sql = format!(
        "select {PART} from run_part where state = 'queued' and ready_at <= $1 order by ready_at, id limit $2
         /*pg: for update skip locked */"
    );
    tx.rows(&sql, &params![now, limit]).await?.iter().map(part_of).collect()
}

/// The same, those after one that was looked at already; only these are held.
pub(crate) async fn ready_after(
    tx: &mut Tx,
    after: Option<(Time, PartId)>,
    limit: usize,
) -> Result<Vec<Part>> {
    let Some((ready_at, id)) = after else { return ready(tx, limit).await };
    let now = tx.now();
    let sql = format!(
        "select {PART} from run_part where state = 'queued' and ready_at <= $1 and (ready_at > $2 or (ready_at = $2 and id > $3))
         order by ready_at, id limit $4 /*pg: for update skip locked */"
    );
    tx.rows(&sql, &params![now, ready_at, id, limit]).await?.iter().map(part_of).collect()
}

pub(super) async fn insert_part(tx: &mut Tx, part: &Part) -> Result<()> {
    let sql = format!(
        "insert into run_part ({PART}, name, told_nobody_fits) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false)"
    );
    let model = serde_json::to_value(&part.model)
        .map_err(|error| Error::bug("jobs.stored", "a part cannot be stored").because(error))?;
    let params = params![
        part.id,
        part.run,
        part.job,
        part.stage,
        part.place,
        model,
        part.state,
        part.state_at,
        part.sentence.clone(),
        part.attempts,
        part.ready_at,
        &part.model.name
    ];
    tx.run(&sql, &params).await.map(drop)
}

pub(crate) async fn update_part(tx: &mut Tx, part: &Part) -> Result<()> {
    let sql = "update run_part set state = $2, state_at = $3, sentence = $4, attempts = $5, ready_at = $6 where id = $1";
    let params =
        params![part.id, part.state, part.state_at, part.sentence.clone(), part.attempts, part.ready_at];
    tx.run(sql, &params).await.map(drop)
}

/// Notes, once, that no agent fits a part; whether this was the first time.
pub(crate) async fn tell_nobody_fits(tx: &mut Tx, part: PartId) -> Result<bool> {
    let sql = "update run_part set told_nobody_fits = true where id = $1 and told_nobody_fits = false and state = 'queued'";
    Ok(tx.run(sql, &params![part]).await? > 0)
}

pub(super) async fn metrics(tx: &mut Tx, run: RunId) -> Result<Vec<Metric>> {
    let sql = "select name, value, unit from run_metric where run_id = $1 order by name";
    let rows = tx.rows(sql, &params![run]).await?;
    rows.iter().map(|row| Ok(Metric { name: row.get(0)?, value: row.get(1)?, unit: row.get(2)? })).collect()
}

pub(crate) async fn put_metric(tx: &mut Tx, run: RunId, job: JobId, metric: &Metric) -> Result<()> {
    let sql = "insert into run_metric (run_id, job_id, name, value, unit, at) values ($1, $2, $3, $4, $5, $6)
        on conflict (run_id, name) do update set value = excluded.value, unit = excluded.unit, at = excluded.at";
    let now = tx.now();
    tx.run(sql, &params![run, job, &metric.name, metric.value, metric.unit.clone(), now]).await.map(drop)
}

pub(super) async fn metric_history(
    tx: &mut Tx,
    job: JobId,
    name: &str,
    limit: usize,
) -> Result<Vec<(i64, f64)>> {
    let sql = "select run.number, run_metric.value from run_metric join run on run.id = run_metric.run_id
        where run_metric.job_id = $1 and run_metric.name = $2 order by run_metric.run_id desc limit $3";
    let rows = tx.rows(sql, &params![job, name, limit]).await?;
    let mut points: Vec<(i64, f64)> =
        rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_>>()?;
    points.reverse();
    Ok(points)
}

/// The live runs that are deployments.
pub(crate) async fn deploying(tx: &mut Tx) -> Result<Vec<Run>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from run where deployment_id is not null and ended_at is null and state <> 'waiting' order by id"
    );
    many(tx, sql, &[]).await
}
