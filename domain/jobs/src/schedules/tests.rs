//! What schedules promise.

use super::*;
use crate::cron::decide::Decision;
use crate::fixture::{Hub, hub};
use crate::runs::{Cause, State};
use std::time::Duration;

const QUARTERS: &str = "name: quarters\non: [{cron: '*/15 * * * *', tz: UTC}]\nsteps: [{run: x}]\n";

async fn decided(hub: &Hub, name: &str) -> Vec<(String, Decision)> {
    let job = hub.job(name).await;
    let mut all = fires(&mut hub.by_itself().await, job.id, 100).await.expect("read");
    all.reverse();
    all.into_iter().map(|fire| (fire.scheduled_at.to_string()[11..16].to_owned(), fire.decision)).collect()
}

db::on_both! { hub;
    async fn every_fire_is_one_row_and_one_run(hub) {
        hub.commit(QUARTERS).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        assert!(hub.runs("quarters").await.is_empty());
        for _ in 0..3 {
            hub.advance(Duration::from_secs(900)).await;
            assert_eq!(hub.carry_out(&agent, "succeeded").await, 1);
        }
        let runs = hub.runs("quarters").await;
        assert_eq!(runs.len(), 3);
        assert!(runs.iter().all(|run| run.cause == Cause::Schedule && run.state == State::Succeeded));
        assert_eq!(
            decided(&hub, "quarters").await,
            [("00:15", Decision::Start), ("00:30", Decision::Start), ("00:45", Decision::Start)]
                .map(|(at, decision)| (at.to_owned(), decision))
        );
        assert_eq!(runs[2].scheduled_at.map(|at| at.to_string()[11..16].to_owned()).as_deref(), Some("00:45"));
    }

    async fn a_fire_whose_time_passed_unseen_is_accounted_for(hub) {
        hub.commit(QUARTERS).await;
        hub.settle().await;
        // The server was down for an hour and ten minutes: the newest missed fire runs, the others say why not.
        hub.place.clock().advance(Duration::from_secs(4_200));
        hub.settle().await;
        assert_eq!(
            decided(&hub, "quarters").await.into_iter().map(|(at, decision)| format!("{at} {decision}")).collect::<Vec<_>>(),
            ["00:15 skip_missed", "00:30 skip_missed", "00:45 skip_missed", "01:00 start"]
        );
        assert_eq!(hub.runs("quarters").await.len(), 1);
    }

    async fn a_run_that_still_goes_on_is_a_reason_that_is_kept(hub) {
        hub.commit(QUARTERS).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        hub.advance(Duration::from_secs(900)).await;
        let held = hub.claim(&agent).await.remove(0);
        for _ in 0..29 {
            hub.advance(Duration::from_secs(31)).await;
            let mut tx = hub.by_itself().await;
            held.renew(&mut tx).await.expect("renewed");
            tx.commit().await.expect("committed");
        }
        hub.advance(Duration::from_secs(1)).await;
        let all = decided(&hub, "quarters").await;
        assert_eq!(all.last().map(|(at, decision)| format!("{at} {decision}")).as_deref(), Some("00:30 skip_overlap"));
        assert_eq!(hub.runs("quarters").await.len(), 1);
    }

    async fn a_pause_holds_and_is_not_made_up_for(hub) {
        hub.commit(QUARTERS).await;
        hub.settle().await;
        let job = hub.job("quarters").await;
        let mut tx = hub.by(&hub.bob).await;
        crate::jobs::pause(&mut tx, job.id, None, Some("freeze")).await.expect("paused");
        tx.commit().await.expect("committed");
        hub.advance(Duration::from_secs(1_800)).await;
        let mut tx = hub.by(&hub.bob).await;
        crate::jobs::resume(&mut tx, job.id).await.expect("resumed");
        tx.commit().await.expect("committed");
        hub.advance(Duration::from_secs(900)).await;
        assert_eq!(
            decided(&hub, "quarters").await.into_iter().map(|(at, decision)| format!("{at} {decision}")).collect::<Vec<_>>(),
            ["00:15 skip_paused", "00:30 skip_paused", "00:45 start"]
        );
    }

    async fn a_changed_file_keeps_the_past_of_what_it_did_not_change(hub) {
        hub.commit(QUARTERS).await;
        let job = hub.job("quarters").await.id;
        let before = of_job(&mut hub.by_itself().await, job).await.expect("read");
        hub.commit(&QUARTERS.replace("run: x", "run: y")).await;
        let after = of_job(&mut hub.by_itself().await, job).await.expect("read");
        assert_eq!(before[0].id, after[0].id);
        hub.commit(&QUARTERS.replace("*/15", "*/20")).await;
        let changed = of_job(&mut hub.by_itself().await, job).await.expect("read");
        assert_ne!(before[0].id, changed[0].id);
        hub.advance(Duration::from_secs(1_200)).await;
        assert_eq!(decided(&hub, "quarters").await, [("00:20".to_owned(), Decision::Start)]);
    }

    async fn a_broken_file_changes_nothing_and_an_empty_one_removes(hub) {
        hub.commit(QUARTERS).await;
        hub.commit("name: quarters\nsteps: [{rum: x}]\n").await;
        assert!(hub.job("quarters").await.gone_at.is_none(), "a file that cannot be read says nothing");
        hub.commit_files(&[]).await;
        let job = hub.job("quarters").await;
        assert!(job.gone_at.is_some());
        hub.advance(Duration::from_secs(1_000)).await;
        assert!(hub.runs("quarters").await.is_empty());
        hub.commit(QUARTERS).await;
        assert!(hub.job("quarters").await.gone_at.is_none(), "and it comes back as the same job");
        assert_eq!(hub.verbs(&["job."]).await, ["job.created", "job.removed", "job.returned"]);
    }
}
