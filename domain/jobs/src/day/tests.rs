//! What pages are told of jobs.

use super::*;
use crate::fixture::hub;
use crate::secrets::{self, Scope};
use crate::{agents, runs};
use base::Secret;
use std::time::Duration;

const FILE: &str = "name: quarters
on: [{cron: '*/15 * * * *', tz: UTC}]
secrets: [KEY, OTHER]
steps: [{run: x}]
---
name: gpu
agent: [gpu]
steps: [{run: x}]
---
name: hidden
permissions: {view: []}
steps: [{run: x}]
";

db::on_both! { hub;
    async fn a_day_has_what_ran_and_what_is_to_run(hub) {
        hub.commit(FILE).await;
        let agent = hub.agent("small", &[]).await;
        hub.advance(Duration::from_secs(900)).await;
        hub.carry_out(&agent, "failed").await;
        let mut tx = hub.by(&hub.bob).await;
        let now = tx.now();
        let (from, until) = (now.minus(Duration::from_secs(3_600)), now.plus(Duration::from_secs(3_601)));
        let days = day(&mut tx, from, until).await.expect("loaded");
        let shown: Vec<(Aspect, bool)> =
            days.iter().flat_map(|day| &day.slots).map(|slot| (slot.aspect, slot.is_planned)).collect();
        assert_eq!(days.len(), 1, "{days:?}");
        assert_eq!((days[0].title.as_str(), days[0].href.as_str()), ("quarters", "/jobs/quarters"));
        assert_eq!(shown, [(Aspect::Red, false), (Aspect::Idle, true), (Aspect::Idle, true), (Aspect::Idle, true), (Aspect::Idle, true)]);
        assert_eq!(days[0].slots[0].words, "Run 1 of quarters failed");
    }

    async fn the_queue_shows_what_the_reader_sees_and_agents_say_how_busy_they_are(hub) {
        hub.commit(FILE).await;
        let agent = hub.agent("small", &[]).await;
        hub.run("gpu").await;
        let job = hub.job("hidden").await;
        let ask = runs::Ask { commit: crate::fixture::COMMIT.to_owned(), ..runs::Ask::default() };
        let mut tx = hub.by(&hub.ann).await;
        runs::ask(&mut tx, job.id, ask).await.expect("asked");
        tx.commit().await.expect("committed");
        let titles = |waiting: Vec<runs::Waiting>| waiting.into_iter().map(|one| format!("{} {}", one.title, one.number)).collect::<Vec<_>>();
        assert_eq!(titles(runs::waiting(&mut hub.by(&hub.bob).await, 10).await.expect("read")), ["gpu 1"]);
        assert_eq!(titles(runs::waiting(&mut hub.by(&hub.ann).await, 10).await.expect("read")), ["gpu 1", "hidden 1"]);
        assert_eq!(hub.claim(&agent).await.len(), 1);
        let busy = agents::busy(&mut hub.by(&hub.bob).await).await.expect("read");
        assert_eq!(busy.into_iter().collect::<Vec<_>>(), [(agent.id, 1)]);
        assert!(agents::busy(&mut hub.by(&hub.gus).await).await.is_err());
    }

    async fn the_last_runs_of_many_jobs_come_at_once(hub) {
        hub.commit(FILE).await;
        let agent = hub.agent("big", &[("gpu", "true")]).await;
        for _ in 0..3 {
            hub.run("gpu").await;
            hub.run("quarters").await;
            hub.carry_out(&agent, "succeeded").await;
        }
        let ids = [hub.job("gpu").await.id, hub.job("quarters").await.id, hub.job("hidden").await.id];
        let last = runs::last_of_jobs(&mut hub.by_itself().await, &ids, 2).await.expect("read");
        let numbers = |id| last.get(id).map(|runs: &Vec<Run>| runs.iter().map(|run| run.number).collect::<Vec<_>>());
        assert_eq!(ids.each_ref().map(numbers), [Some(vec![3, 2]), Some(vec![3, 2]), None]);
    }

    async fn a_job_says_where_its_secrets_come_from(hub) {
        hub.commit(FILE).await;
        let job = hub.job("quarters").await;
        let mut tx = hub.by(&hub.ann).await;
        let value = Secret::new("a value".to_owned());
        for scope in [Scope::Workspace, Scope::Job(job.id)] {
            secrets::set(&mut tx, &hub.sealing, &scope, "KEY", &value, false).await.expect("set");
        }
        let model = jobs::definition(&mut tx, job.definition).await.expect("there").model;
        let all = secrets::of_job(&mut tx, &job, &model).await.expect("read");
        let from: Vec<_> = all.into_iter().map(|(name, found)| (name, found.map(|secret| secret.scope))).collect();
        assert_eq!(from, [("KEY".to_owned(), Some("job".to_owned())), ("OTHER".to_owned(), None)]);
    }

    async fn a_file_that_cannot_be_read_is_listed_with_what_is_wrong(hub) {
        hub.commit(FILE).await;
        let found = jobs::store::files_with_findings(&mut hub.by_itself().await).await.expect("read");
        assert!(found.is_empty(), "{found:?}");
        hub.commit("name: broken\nstep: []\n").await;
        let found = jobs::store::files_with_findings(&mut hub.by_itself().await).await.expect("read");
        assert_eq!((found.len(), found[0].0, found[0].1.as_str()), (1, hub.repository.id, "signalbox.yaml"));
        assert!(!found[0].2.is_empty());
    }
}
