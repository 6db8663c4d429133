//! Which jobs count as failing.

use super::*;
use crate::fixture::hub;

const FILE: &str = "name: backup
steps: [{run: x}]
---
name: hidden
permissions: {view: []}
steps: [{run: x}]
";

db::on_both! { hub;
    async fn a_job_is_failing_until_it_passes_and_only_for_those_who_see_it(hub) {
        hub.commit(FILE).await;
        let agent = hub.agent("small", &[]).await;
        for name in ["backup", "hidden"] {
            let job = hub.job(name).await;
            let ask = runs::Ask { commit: crate::fixture::COMMIT.to_owned(), trusted: true, ..runs::Ask::default() };
            let mut tx = hub.by(&hub.ann).await;
            runs::ask(&mut tx, job.id, ask).await.expect("asked");
            tx.commit().await.expect("committed");
        }
        hub.carry_out(&agent, "failed").await;
        let names = |all: Vec<Failing>| {
            let mut names: Vec<String> = all.into_iter().map(|one| one.job.name).collect();
            names.sort();
            names
        };
        assert_eq!(names(failing(&mut hub.by(&hub.ann).await, 10).await.expect("read")), ["backup", "hidden"]);
        assert_eq!(names(failing(&mut hub.by(&hub.bob).await, 10).await.expect("read")), ["backup"]);

        hub.run("backup").await;
        assert_eq!(names(failing(&mut hub.by(&hub.bob).await, 10).await.expect("read")), ["backup"], "one that only waits");
        hub.carry_out(&agent, "failed").await;
        let again = failing(&mut hub.by(&hub.bob).await, 10).await.expect("read");
        assert_eq!(again.iter().map(|one| one.run.number).collect::<Vec<_>>(), [2], "a job is there once, with its last run");

        hub.run("backup").await;
        hub.carry_out(&agent, "succeeded").await;
        assert!(failing(&mut hub.by(&hub.bob).await, 10).await.expect("read").is_empty(), "it passed");
    }
}
