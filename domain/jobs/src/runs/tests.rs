//! What runs promise.

use super::*;
use crate::attempts::testing::Held;
use crate::fixture::{Hub, hub};
use std::time::Duration;

const PLAIN: &str = "name: plain\nsteps:\n  - run: echo hello\n";

const STAGES: &str = "
name: release
stages:
  - name: build
    jobs:
      - name: linux
        steps: [{run: make}]
      - name: mac
        steps: [{run: make}]
  - name: ship
    manual: true
    jobs:
      - name: upload
        steps: [{run: ./upload}]
";

async fn names(hub: &Hub, run: &Run) -> Vec<String> {
    let parts = parts(&mut hub.by_itself().await, run.id).await.expect("read");
    parts.into_iter().map(|part| format!("{} {}", part.model.name, part.state)).collect()
}

db::on_both! { hub;
    async fn a_run_is_taken_by_an_agent_and_ends_as_its_part_does(hub) {
        hub.commit(PLAIN).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("plain").await;
        assert_eq!((run.number, run.state), (1, State::Queued));
        let held = hub.claim(&agent).await;
        assert_eq!(held.len(), 1);
        assert_eq!(hub.state(&run).await, State::Running);
        assert!(hub.claim(&agent).await.is_empty(), "a part is given out once");
        hub.finish(&held[0], "succeeded").await.expect("taken in");
        assert_eq!(hub.state(&run).await, State::Succeeded);
        assert_eq!(hub.verbs(&["run."]).await, ["run.asked", "run.started", "run.succeeded"]);
        hub.finish(&held[0], "succeeded").await.expect("the same report again answers the same");
        let other = hub.finish(&held[0], "failed").await.expect_err("and another is refused");
        assert_eq!(other.code(), "attempt.fenced");
    }

    async fn stages_wait_for_all_parts_and_for_people(hub) {
        hub.commit(STAGES).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("release").await;
        let held = hub.claim(&agent).await;
        assert_eq!(held.iter().map(|held| held.part.as_str()).collect::<Vec<_>>(), ["linux", "mac"]);
        hub.finish(&held[0], "succeeded").await.expect("taken in");
        assert!(hub.claim(&agent).await.is_empty(), "the other part of the stage still runs");
        hub.finish(&held[1], "succeeded").await.expect("taken in");
        assert_eq!(hub.state(&run).await, State::Held);
        let mut tx = hub.by(&hub.bob).await;
        release(&mut tx, run.id).await.expect("released");
        tx.commit().await.expect("committed");
        assert_eq!(hub.carry_out(&agent, "succeeded").await, 1);
        assert_eq!(hub.state(&run).await, State::Succeeded);
    }

    async fn what_follows_a_failure_never_begins(hub) {
        hub.commit(STAGES).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("release").await;
        let held = hub.claim(&agent).await;
        hub.finish(&held[0], "failed 3").await.expect("taken in");
        assert_eq!(hub.state(&run).await, State::Running, "the other part goes on");
        hub.finish(&held[1], "succeeded").await.expect("taken in");
        assert_eq!(hub.state(&run).await, State::Failed);
        assert_eq!(names(&hub, &run).await, ["linux failed", "mac succeeded", "upload skipped"]);
        assert_eq!(hub.now(&run).await.sentence.as_deref(), Some("A step ended with exit code 3"));
    }

    async fn only_what_failed_is_done_again_where_somebody_wants_that(hub) {
        hub.commit(STAGES).await;
        let agent = hub.agent("small", &[]).await;
        let first = hub.run("release").await;
        let held = hub.claim(&agent).await;
        hub.finish(&held[0], "failed").await.expect("taken in");
        hub.finish(&held[1], "succeeded").await.expect("taken in");
        let mut tx = hub.by(&hub.bob).await;
        let again = repeat(&mut tx, first.id, true).await.expect("repeated");
        tx.commit().await.expect("committed");
        assert_eq!((again.number, again.repeats), (2, Some(first.id)));
        let held = hub.claim(&agent).await;
        assert_eq!(held.iter().map(|held| held.part.as_str()).collect::<Vec<_>>(), ["linux"]);
    }

    async fn a_cancelled_run_tells_its_agent_and_begins_nothing_else(hub) {
        hub.commit(STAGES).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("release").await;
        let held = hub.claim(&agent).await;
        let mut tx = hub.by_itself().await;
        assert_eq!(held[0].renew(&mut tx).await.expect("renewed"), None);
        tx.commit().await.expect("committed");
        let mut tx = hub.by(&hub.bob).await;
        cancel(&mut tx, run.id, Some("wrong branch")).await.expect("asked");
        tx.commit().await.expect("committed");
        let mut tx = hub.by_itself().await;
        let order = held[0].renew(&mut tx).await.expect("renewed");
        tx.commit().await.expect("committed");
        assert_eq!(order.as_deref(), Some("bob cancelled it: wrong branch"));
        for held in &held {
            hub.finish(held, "cancelled").await.expect("taken in");
        }
        assert_eq!(hub.state(&run).await, State::Cancelled);
        assert_eq!(names(&hub, &run).await, ["linux cancelled", "mac cancelled", "upload cancelled"]);
    }

    async fn runs_of_one_job_wait_for_each_other_in_order(hub) {
        hub.commit(PLAIN).await;
        let agent = hub.agent("small", &[]).await;
        let (first, second, third) = (hub.run("plain").await, hub.run("plain").await, hub.run("plain").await);
        assert_eq!((second.state, third.state), (State::Waiting, State::Waiting));
        assert_eq!(second.sentence.as_deref(), Some("Waits for run 1 to end"));
        assert_eq!(hub.carry_out(&agent, "failed").await, 1);
        assert_eq!(hub.state(&first).await, State::Failed);
        assert_eq!((hub.state(&second).await, hub.state(&third).await), (State::Queued, State::Waiting));
        assert_eq!(hub.carry_out(&agent, "succeeded").await, 1);
        assert_eq!((hub.state(&second).await, hub.state(&third).await), (State::Succeeded, State::Queued));
    }

    async fn a_group_lets_so_many_in_at_once(hub) {
        let job = |name: &str| {
            format!("name: {name}\nconcurrency: {{group: hosts, limit: 1, when_full: buffer_all}}\nsteps: [{{run: x}}]\n")
        };
        hub.commit(&format!("{}---\n{}", job("one"), job("two"))).await;
        let agent = hub.agent("small", &[]).await;
        let one = hub.run("one").await;
        let two = hub.run("two").await;
        assert_eq!((one.state, two.state), (State::Queued, State::Waiting));
        assert_eq!(two.sentence.as_deref(), Some("Waits for its turn in hosts"));
        assert_eq!(hub.carry_out(&agent, "succeeded").await, 1);
        assert_eq!(hub.state(&two).await, State::Queued);
    }

    async fn a_part_is_tried_again_where_its_file_says_so(hub) {
        hub.commit("name: flaky\nretry: {max: 1, on: [\"exit:75\"], backoff: 30s}\nsteps: [{run: x}]\n").await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("flaky").await;
        assert_eq!(hub.carry_out(&agent, "failed 75").await, 1);
        assert_eq!(hub.carry_out(&agent, "succeeded").await, 0, "not before the pause is over");
        hub.advance(Duration::from_secs(31)).await;
        assert_eq!(hub.carry_out(&agent, "failed 75").await, 1);
        assert_eq!(hub.state(&run).await, State::Failed, "one more try, and no more");
        let other = hub.run("flaky").await;
        assert_eq!(hub.carry_out(&agent, "failed 1").await, 1);
        assert_eq!(hub.state(&other).await, State::Failed, "another code is not what the file says");
    }

    async fn what_an_agent_stops_renewing_is_lost_and_fenced(hub) {
        hub.commit(PLAIN).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("plain").await;
        let held = hub.claim(&agent).await.remove(0);
        hub.advance(Duration::from_secs(59)).await;
        assert_eq!(hub.state(&run).await, State::Running, "its lease and the grace are not over");
        hub.advance(Duration::from_secs(2)).await;
        assert_eq!(hub.state(&run).await, State::Lost);
        let error = hub.finish(&held, "succeeded").await.expect_err("it comes too late");
        assert_eq!(error.code(), "attempt.fenced");
        let mut tx = hub.by_itself().await;
        let error = held.print(&mut tx, 0, b"late").await.expect_err("nothing is written");
        assert_eq!(error.code(), "attempt.fenced");
    }

    async fn what_never_reached_its_agent_is_given_out_again(hub) {
        hub.commit(PLAIN).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("plain").await;
        let lost = hub.claim(&agent).await.remove(0);
        let mut tx = hub.by_itself().await;
        Held::says_it_has(&mut tx, &agent, &[lost.attempt]).await;
        tx.commit().await.expect("committed");
        assert!(hub.claim(&agent).await.is_empty(), "it has it");
        let mut tx = hub.by_itself().await;
        Held::says_it_has(&mut tx, &agent, &[]).await;
        tx.commit().await.expect("committed");
        let again = hub.claim(&agent).await.remove(0);
        assert_eq!(hub.finish(&lost, "succeeded").await.expect_err("fenced").code(), "attempt.fenced");
        hub.finish(&again, "succeeded").await.expect("taken in");
        assert_eq!(hub.state(&run).await, State::Succeeded);
    }

    async fn a_restart_of_the_agent_is_a_loss_and_not_a_failure(hub) {
        hub.commit("name: plain\nretry: {max: 1, on: [agent_lost], backoff: 1s}\nsteps: [{run: x}]\n").await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("plain").await;
        assert_eq!(hub.carry_out(&agent, "failed agent_restarted").await, 1);
        assert_eq!(hub.state(&run).await, State::Running, "its file wants another try");
        hub.advance(Duration::from_secs(2)).await;
        assert_eq!(hub.carry_out(&agent, "failed agent_restarted").await, 1);
        assert_eq!(hub.state(&run).await, State::Lost);
    }

    async fn output_is_appended_once_and_the_end_waits_for_all_of_it(hub) {
        hub.commit(PLAIN).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("plain").await;
        let held = hub.claim(&agent).await.remove(0);
        let mut tx = hub.by_itself().await;
        assert_eq!(held.print(&mut tx, 0, b"hello ").await.expect("taken"), 6);
        assert_eq!(held.print(&mut tx, 3, b"lo world").await.expect("taken"), 11);
        assert_eq!(held.print(&mut tx, 12, b"!").await.expect_err("a gap").code(), "log.gap");
        let error = held.finish_with(&mut tx, "succeeded", 12, &[("rate", 71.4)]).await.expect_err("a byte is missing");
        assert_eq!((error.code(), error.detail().map(|d| d["next"].clone())), ("log.short", Some(11.into())));
        held.finish_with(&mut tx, "succeeded", 11, &[("rate", 71.4)]).await.expect("all is here");
        tx.commit().await.expect("committed");
        hub.settle().await;
        let mut tx = hub.by_itself().await;
        let parts = log_parts(&mut tx, run.id).await.expect("read");
        assert!(parts[0].attempt.log_blob.is_none(), "it is too short to become a file");
        assert_eq!(metrics(&mut tx, run.id).await.expect("read")[0].value, 71.4);
        drop(tx);
        let blobs = blobs::Blobs::open(hub.place.folder().join("blobs")).await.expect("a folder");
        let text = read_log(&hub.db, &blobs, &parts, 0, 100).await.expect("read");
        assert_eq!(String::from_utf8_lossy(&text), "hello world");
    }

    async fn output_that_is_not_short_becomes_a_file(hub) {
        hub.commit(PLAIN).await;
        let agent = hub.agent("small", &[]).await;
        let run = hub.run("plain").await;
        let held = hub.claim(&agent).await.remove(0);
        let said = "a line of output\n".repeat(1_000);
        let mut tx = hub.by_itself().await;
        let end = held.print(&mut tx, 0, said.as_bytes()).await.expect("taken");
        held.finish_with(&mut tx, "succeeded", end, &[]).await.expect("all is here");
        tx.commit().await.expect("committed");
        hub.settle().await;
        let mut tx = hub.by_itself().await;
        let parts = log_parts(&mut tx, run.id).await.expect("read");
        assert!(parts[0].attempt.log_blob.is_some());
        drop(tx);
        let blobs = blobs::Blobs::open(hub.place.folder().join("blobs")).await.expect("a folder");
        let text = read_log(&hub.db, &blobs, &parts, 0, said.len() + 1).await.expect("read");
        assert_eq!(String::from_utf8_lossy(&text), said);
    }

    async fn labels_decide_who_takes_what_and_somebody_is_told_when_nobody_can(hub) {
        hub.commit("name: gpu\nagent: [gpu, zone=eu]\nsteps: [{run: x}]\n").await;
        let plain = hub.agent("plain", &[]).await;
        let far = hub.agent("far", &[("gpu", "true"), ("zone", "us")]).await;
        hub.run("gpu").await;
        assert!(hub.claim(&plain).await.is_empty() && hub.claim(&far).await.is_empty());
        hub.advance(Duration::from_secs(31)).await;
        assert_eq!(hub.verbs(&["run.no_agent"]).await, ["run.no_agent_fits"]);
        let near = hub.agent("near", &[("gpu", "true"), ("zone", "eu")]).await;
        assert_eq!(hub.claim(&near).await.len(), 1);
    }

    async fn an_agent_changes_its_own_labels_and_not_those_it_was_given(hub) {
        let mut agent = hub.agent("small", &[("zone", "eu")]).await;
        agent.given.insert("trust".to_owned(), "low".to_owned());
        let mut tx = hub.by_itself().await;
        Held::says_its_labels(&mut tx, &mut agent, &[("zone", "us"), ("trust", "high")]).await;
        tx.commit().await.expect("committed");
        let kept = crate::agents::get(&mut hub.by_itself().await, agent.id).await.expect("there");
        let label = |name: &str| kept.machine.labels.get(name).map(String::as_str);
        assert_eq!((label("zone"), label("trust")), (Some("us"), Some("low")));
    }

    async fn who_may_not_see_a_job_does_not_see_its_runs(hub) {
        hub.commit("name: secret-job\npermissions: {view: [ann@example.com]}\nsteps: [{run: x}]\n").await;
        let job = hub.job("secret-job").await;
        let mut tx = hub.by(&hub.ann).await;
        let run = ask(&mut tx, job.id, Ask { commit: crate::fixture::COMMIT.to_owned(), ..Ask::default() }).await.expect("started");
        tx.commit().await.expect("committed");
        for person in [&hub.bob, &hub.gus] {
            let mut tx = hub.by(person).await;
            assert!(jobs::list(&mut tx).await.expect("listed").is_empty());
            assert!(list(&mut tx, &Filter { limit: 10, ..Filter::default() }).await.expect("listed").is_empty());
            let error = require(&mut tx, run.id, Right::View).await.expect_err("it is not there for them");
            assert_eq!((error.code(), error.is_missing()), ("run.missing", true));
        }
        assert_eq!(hub.try_run("secret-job", &[]).await.expect_err("refused").code(), "job.missing");
    }
}
