//! What switching a job off promises.

use super::super::{pause, resume};
use super::{disable, enable};
use crate::fixture::{COMMIT, hub};
use crate::runs::{self, Ask, State, Through};
use std::time::Duration;

const QUARTERS: &str = "name: quarters\ntitle: Quarters\non: [{cron: '*/15 * * * *', tz: UTC}]\nsteps: [{run: x}]\n---\nname: after\non: [{after: quarters}]\nsteps: [{run: y}]\n";

const STAGES: &str = "name: release
stages:
  - {name: build, jobs: [{name: make, steps: [{run: x}]}]}
  - {name: beta, manual: true, jobs: [{name: to-beta, steps: [{run: x}]}]}
  - {name: production, manual: true, jobs: [{name: to-production, steps: [{run: x}]}]}
";

fn ask() -> Ask {
    Ask { commit: COMMIT.to_owned(), trusted: true, ..Ask::default() }
}

db::on_both! { hub;
    async fn nobody_and_nothing_starts_a_job_that_is_switched_off(hub) {
        hub.commit(QUARTERS).await;
        hub.settle().await;
        let first = hub.run("quarters").await;
        let mut tx = hub.by(&hub.bob).await;
        runs::cancel(&mut tx, first.id, None).await.expect("cancelled");
        tx.commit().await.expect("committed");
        let job = hub.job("quarters").await;
        let mut tx = hub.by(&hub.gus).await;
        assert!(disable(&mut tx, job.id, None).await.is_err(), "a guest switches nothing off");
        drop(tx);
        let mut tx = hub.by(&hub.bob).await;
        disable(&mut tx, job.id, Some(" The vendor is down. ")).await.expect("disabled");
        disable(&mut tx, job.id, Some("again")).await.expect("it is disabled");
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.ann).await;
        let wanted = "Quarters is disabled: bob switched it off on 1 November 2026 at 00:00 UTC: The vendor is down. Nothing starts it until somebody enables it";
        for refused in [
            runs::ask(&mut tx, job.id, ask()).await.expect_err("nobody starts it by hand"),
            runs::repeat(&mut tx, first.id, false).await.expect_err("nor again"),
            pause(&mut tx, job.id, None, None).await.expect_err("a pause would be less"),
        ] {
            assert_eq!((refused.code(), refused.message()), ("job.switched_off", wanted));
        }
        drop(tx);
        hub.advance(Duration::from_secs(1_800)).await;
        assert_eq!(hub.runs("quarters").await.len(), 1, "nor does the clock");
        let mut tx = hub.by(&hub.bob).await;
        enable(&mut tx, job.id).await.expect("enabled");
        enable(&mut tx, job.id).await.expect("it is enabled");
        runs::ask(&mut tx, job.id, ask()).await.expect("started");
        tx.commit().await.expect("committed");
        assert_eq!(hub.verbs(&["job.disabled", "job.enabled"]).await, ["job.disabled", "job.enabled"]);
    }

    async fn a_pause_leaves_people_alone_and_resuming_enables(hub) {
        hub.commit(QUARTERS).await;
        let job = hub.job("quarters").await;
        let mut tx = hub.by(&hub.bob).await;
        pause(&mut tx, job.id, None, None).await.expect("paused");
        assert!(enable(&mut tx, job.id).await.expect("read").is_paused(tx.now()), "it was not switched off");
        runs::ask(&mut tx, job.id, ask()).await.expect("people start it");
        disable(&mut tx, job.id, None).await.expect("disabled");
        runs::ask(&mut tx, job.id, ask()).await.expect_err("and now they do not");
        assert!(!resume(&mut tx, job.id).await.expect("resumed").is_paused(tx.now()));
        runs::ask(&mut tx, job.id, ask()).await.expect("started");
    }

    async fn whoever_starts_a_run_says_how_far_it_goes_by_itself(hub) {
        hub.commit(STAGES).await;
        let agent = hub.agent("small", &[]).await;
        let to_beta = Through::Stage("beta".to_owned());
        for (through, stops_before) in [(None, Some("beta")), (Some(to_beta), Some("production")), (Some(Through::All), None)] {
            let run = hub.run("release").await;
            if let Some(through) = &through {
                let mut tx = hub.by(&hub.gus).await;
                runs::release_through(&mut tx, run.id, through).await.expect_err("a guest may not");
                drop(tx);
                let mut tx = hub.by(&hub.bob).await;
                runs::release_through(&mut tx, run.id, through).await.expect("released");
                tx.commit().await.expect("committed");
            }
            loop {
                let held = hub.claim(&agent).await;
                if held.is_empty() {
                    break;
                }
                assert_eq!(held.len(), 1, "stages come one after the other");
                hub.finish(&held[0], "succeeded").await.expect("taken in");
            }
            let now = runs::unchecked(&mut hub.by_itself().await, run.id).await.expect("read");
            match stops_before {
                Some(stage) => assert_eq!(now.sentence, Some(format!("{stage} waits for a person to let it begin"))),
                None => assert_eq!(now.state, State::Succeeded),
            }
            let mut tx = hub.by(&hub.bob).await;
            if now.state == State::Held {
                let unknown = Through::Stage("moon".to_owned());
                let refused = runs::release_through(&mut tx, run.id, &unknown).await.expect_err("no such stage");
                assert_eq!(refused.message(), "There is no stage moon in this run; it has build, beta, production");
                runs::cancel(&mut tx, run.id, None).await.expect("cancelled");
                tx.commit().await.expect("committed");
            } else {
                runs::release_through(&mut tx, run.id, &Through::All).await.expect_err("it is over");
            }
        }
    }
}
