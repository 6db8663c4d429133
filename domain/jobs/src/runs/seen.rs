//! Whose runs somebody sees, without naming each of thousands of jobs.

use crate::access::{self, Viewer};
use crate::jobs;
use base::id::JobId;
use base::{Result, Right};
use db::Tx;
use people::rights::RightSet;

/// Jobs of which an actor sees the runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// One, which was checked.
    One(JobId),
    /// Every job.
    All,
    /// Every job whose file says nothing of who may see it, and these.
    SilentAnd(Vec<JobId>),
    /// These.
    Only(Vec<JobId>),
}

/// What the actor sees. Of most jobs the file says nothing of rights, and then it is the same for all of them.
pub(super) async fn by_actor(tx: &mut Tx) -> Result<Seen> {
    if !RightSet::ALL.narrowed_to(tx.actor()).contains(Right::View) {
        return Ok(Seen::Only(Vec::new()));
    }
    let viewer = Viewer::load(tx).await?;
    if viewer.sees_all() {
        return Ok(Seen::All);
    }
    if !viewer.sees_silent_jobs() {
        return Ok(Seen::Only(jobs::list(tx).await?.into_iter().map(|job| job.id).collect()));
    }
    let mut seen = Vec::new();
    for job in jobs::store::with_permissions(tx).await? {
        if access::rights_on(tx, &viewer, &job).await?.contains(Right::View) {
            seen.push(job.id);
        }
    }
    Ok(Seen::SilentAnd(seen))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Hub, hub};
    use crate::runs::{self, Filter};
    use people::door::actor_of;

    /// More than either database takes parameters in one statement.
    const MANY: usize = 70_000;

    async fn seen_by(hub: &Hub, user: &people::users::User, filter: &Filter) -> Vec<i64> {
        let mut tx = hub.db.read(&actor_of(user, base::Door::Api)).await.expect("begun");
        let found = runs::list(&mut tx, filter).await.expect("listed");
        found.into_iter().map(|run| run.number).collect()
    }

    /// Rows of jobs that nothing else is known of.
    async fn make_many(hub: &Hub, permissions: &str) {
        let mut tx = hub.by_itself().await;
        let digits =
            "(select 0 as n union all select 1 union all select 2 union all select 3 union all select 4
            union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)";
        let sql = format!(
            "insert into job (id, repository_id, path, name, title, definition_id, enabled, permissions, last_number, made_at, paused_for_all)
             select 10000000 + x.n, repository_id, path, 'many-' || x.n, title, definition_id, enabled, {permissions}, 0, made_at, paused_for_all
             from job, (select a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n as n
             from {digits} a, {digits} b, {digits} c, {digits} d, {digits} e) x where job.name = 'open' and x.n < {MANY}"
        );
        assert_eq!(tx.run(&sql, &[]).await.expect("made"), MANY as u64);
        tx.commit().await.expect("committed");
    }

    const JOBS: &str = "name: open\nsteps: [{run: 'true'}]\n---\nname: closed\nsteps: [{run: 'true'}]\npermissions: {view: [owner], run: [owner]}\n";

    db::on_both! {
        hub;

        async fn everybody_sees_the_runs_of_their_jobs_however_many_there_are(hub) {
            hub.commit(JOBS).await;
            hub.run("open").await;
            let job = hub.job("closed").await;
            let ask = runs::Ask { commit: crate::fixture::COMMIT.to_owned(), trusted: true, ..runs::Ask::default() };
            for _ in 0..2 {
                let mut tx = hub.by(&hub.ann).await;
                runs::ask(&mut tx, job.id, ask.clone()).await.expect("asked");
                tx.commit().await.expect("committed");
            }
            make_many(&hub, "null").await;
            let ten = Filter { limit: 10, ..Filter::default() };
            assert_eq!(seen_by(&hub, &hub.ann, &ten).await, [2, 1, 1]);
            assert_eq!(seen_by(&hub, &hub.bob, &ten).await, [1]);
            assert_eq!(seen_by(&hub, &hub.gus, &ten).await, Vec::<i64>::new());
            let waiting = Filter { states: vec![runs::State::Waiting], ..ten };
            assert_eq!(seen_by(&hub, &hub.ann, &waiting).await, [2]);
            assert_eq!(seen_by(&hub, &hub.bob, &waiting).await, Vec::<i64>::new());
        }

        async fn jobs_that_each_say_who_may_see_them_are_no_limit(hub) {
            hub.commit(JOBS).await;
            hub.run("open").await;
            make_many(&hub, "(select permissions from job where name = 'closed')").await;
            let mut tx = hub.by_itself().await;
            tx.run("update job set permissions = null where name = 'many-7'", &[]).await.expect("changed");
            // Bob answers for all the others.
            tx.run("update job set owner = 'bob@example.com' where name like 'many-%'", &[]).await.expect("changed");
            tx.commit().await.expect("committed");
            let ten = Filter { limit: 10, ..Filter::default() };
            let mut tx = hub.db.read(&actor_of(&hub.bob, base::Door::Api)).await.expect("begun");
            let Seen::SilentAnd(named) = by_actor(&mut tx).await.expect("told") else { panic!("a member") };
            assert_eq!(named.len(), MANY - 1);
            assert_eq!(runs::list(&mut tx, &ten).await.expect("listed").len(), 1);
            drop(tx);
            assert_eq!(seen_by(&hub, &hub.gus, &ten).await, Vec::<i64>::new());
        }
    }
}
