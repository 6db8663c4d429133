//! What taking in job files promises.

use super::*;
use crate::fixture::{Hub, hub};
use crate::runs::Cause;
use std::time::Duration;

#[test]
fn every_document_is_what_stands_between_the_marks() {
    let text = "# first\nname: a\nsteps:\n  - run: |\n      cat <<END\n      ---\n      END\n---\nname: b\n--- # third\nname: c\n---";
    let documents = Documents::of(text);
    assert!(documents.at(2).starts_with("# first\nname: a\n") && documents.at(2).ends_with("      END\n"));
    assert_eq!(documents.at(9), "name: b\n");
    assert_eq!(documents.at(11), "--- # third\nname: c\n");
    assert_eq!(Documents::of("---\nname: a\n").at(2), "name: a\n");
    assert_eq!(Documents::of("name: a").at(1), "name: a");
}

async fn read(hub: &Hub, commit: char, text: &str) {
    let file =
        ReadFile { path: "signalbox.yaml".to_owned(), text: text.to_owned(), parsed: file::parse(text) };
    let commit = commit.to_string().repeat(40);
    let read = Read { repository: hub.repository.id, commit, files: vec![file] };
    let mut tx = hub.by_itself().await;
    apply(&mut tx, &read).await.expect("applied");
    tx.commit().await.expect("committed");
}

const TWO: &str = "name: first\nsteps: [{run: x}]\n---\nname: quarters\non: [{cron: '*/15 * * * *', tz: UTC}]\nsteps: [{run: y}]\n";

db::on_both! { hub;
    async fn a_schedule_runs_the_newest_commit_though_the_file_says_the_same(hub) {
        read(&hub, 'a', TWO).await;
        read(&hub, 'b', TWO).await;
        hub.advance(Duration::from_secs(900)).await;
        let runs = hub.runs("quarters").await;
        assert_eq!((runs[0].commit.as_str(), runs[0].cause), ("b".repeat(40).as_str(), Cause::Schedule));
        // A document that cannot be used holds its job at the last commit at which it could.
        read(&hub, 'c', &TWO.replace("run: y", "rum: y")).await;
        let agent = hub.agent("small", &[]).await;
        hub.carry_out(&agent, "succeeded").await;
        hub.advance(Duration::from_secs(900)).await;
        let runs = hub.runs("quarters").await;
        assert!(runs.len() == 2 && runs.iter().all(|run| run.commit == "b".repeat(40)), "{runs:?}");
    }

    async fn a_job_keeps_its_own_document_and_does_not_change_with_its_neighbours(hub) {
        read(&hub, 'a', TWO).await;
        let job = hub.job("quarters").await;
        let mut tx = hub.by_itself().await;
        let definition = crate::jobs::definition(&mut tx, job.definition).await.expect("there");
        assert!(definition.source.starts_with("name: quarters") && !definition.source.contains("first"));
        drop(tx);
        read(&hub, 'b', &TWO.replace("name: first", "# more\n\nname: first\ndescription: other")).await;
        assert_eq!(hub.job("quarters").await.definition, job.definition);
        assert_eq!(hub.verbs(&["job."]).await, ["job.created", "job.created", "job.changed"]);
        assert!(hub.job("first").await.definition > job.definition);
    }
}
