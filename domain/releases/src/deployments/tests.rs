//! What deployments promise, on both databases.

use super::*;
use crate::fixture::{Hub, hub, refusal};
use crate::gate::BlockerKind;
use base::Time;
use std::time::Duration;

const LEASE: Duration = Duration::from_secs(60);

fn slot() -> Time {
    Time::parse("2026-11-01T00:15:00Z").expect("a time")
}

async fn resolve(hub: &Hub, id: DeploymentId, outcome: Outcome) -> base::Result<Deployment> {
    let mut tx = hub.by(&hub.bob).await;
    let resolved = super::resolve(&mut tx, id, outcome, "looked at the hosts").await?;
    tx.commit().await?;
    Ok(resolved)
}

async fn abort(hub: &Hub, id: DeploymentId) -> base::Result<Deployment> {
    let mut tx = hub.by(&hub.bob).await;
    let aborted = super::abort(&mut tx, id, Some("wrong build")).await?;
    tx.commit().await?;
    Ok(aborted)
}

db::on_both! { hub;
    async fn a_deployment_is_a_task_that_success_completes(hub) {
        let running = hub.at("beta").deploy("9f3c2e1aa0").expect_started(&hub.bob).await;
        let task = hub.task(running.deployment.task.expect("it has one")).await;
        assert_eq!(task.name, format!("Deployment {}: 9f3c2e1 to beta", running.deployment.number));
        assert!(!task.is_completed());
        running.succeed().await;
        assert!(hub.task(task.id).await.is_completed());
        let beta = hub.environment("beta").await;
        assert_eq!(beta.deployed, Some(running.deployment.id));
        let next = hub.at("beta").deploy("c2").expect_started(&hub.bob).await;
        assert_eq!(next.deployment.previous_commit.as_deref(), Some("9f3c2e1aa0"));
    }

    async fn a_failure_leaves_the_task_open_with_the_end_of_the_log_as_inert_text(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        running.print(0, b"copying\n\x1b[31m<b>disk is full</b>\x1b[0m \xff\n").await.expect("taken");
        running.end(Outcome::Failed).await.expect("it ends");
        let task = running.deployment.task.expect("it has one");
        assert!(!hub.task(task).await.is_completed());
        let said = hub.comments(task).await;
        assert!(said.contains("ended with 3") && said.contains("<b>disk is full</b> \u{fffd}"), "{said}");
        assert_eq!(hub.environment("beta").await.deployed, None, "what failed is not what is there");
        hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
    }

    async fn two_at_once_are_refused_and_tokens_rise(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").expect_started(&hub.bob).await;
        let refused = beta.deploy("c2").expect_blocked(&hub.cleo).await;
        assert_eq!(refused.code(), "deployment.busy");
        first.succeed().await;
        let second = beta.deploy("c2").expect_started(&hub.cleo).await;
        assert!(second.token() > first.token());
        assert_eq!(second.deployment.number, first.deployment.number + 1);
    }

    async fn the_same_key_gets_the_same_deployment_with_the_same_token(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").key("k").expect_started(&hub.bob).await;
        let again = beta.deploy("c1").key("k").expect_started(&hub.bob).await;
        assert_eq!((again.deployment.id, again.token()), (first.deployment.id, first.token()));
        assert_eq!(refusal(beta.deploy("c2").key("k").by(&hub.bob).await), "idempotency.reused");
        first.succeed().await;
        let after = beta.deploy("c1").key("k").expect_started(&hub.bob).await;
        assert_eq!((after.deployment.id, after.deployment.state), (first.deployment.id, State::Succeeded));
    }

    async fn a_refusal_is_not_kept_for_its_key(hub) {
        let beta = hub.at("beta");
        let lock = beta.lock("wait", &hub.bob).await.lock;
        beta.deploy("c1").key("k").expect_blocked(&hub.bob).await;
        let mut tx = hub.by(&hub.bob).await;
        crate::locks::release(&mut tx, lock.task, None, None).await.expect("released");
        tx.commit().await.expect("committed");
        beta.deploy("c1").key("k").expect_started(&hub.bob).await;
    }

    async fn of_two_machines_with_one_crontab_one_deploys(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").slot(slot(), "bastion-1").expect_started(&hub.bob).await;
        let second = beta.deploy("c1").slot(slot(), "bastion-2").by(&hub.bob).await.expect("an answer");
        let Started::Handled(by) = second else { panic!("it is handled: {second:?}") };
        assert_eq!((by.id, by.host.as_str()), (first.deployment.id, "bastion-1"));
        first.succeed().await;
        let later = beta.deploy("c2").slot(slot(), "bastion-2").by(&hub.bob).await.expect("an answer");
        assert!(matches!(later, Started::Handled(_)), "a slot stays handled");
        hub.at("production").deploy("c1").slot(slot(), "bastion-1").expect_started(&hub.bob).await;
    }

    async fn a_silent_deployment_is_lost_and_closes_its_environment_until_it_is_resolved(hub) {
        let beta = hub.at("beta");
        let running = beta.deploy("c1").expect_started(&hub.bob).await;
        hub.place.clock().advance(LEASE);
        let closed = beta.gate().await;
        assert_eq!(closed.blockers[0].kind, BlockerKind::Quarantine, "judged when asked, before any chore");
        hub.settle().await;
        assert_eq!(running.now().await.state, State::Lost);
        assert_eq!(beta.deploy("c2").expect_blocked(&hub.cleo).await.code(), "deployment.quarantined");
        hub.advance(Duration::from_secs(86_400)).await;
        assert_eq!(running.now().await.state, State::Lost, "time frees nothing");
        resolve(&hub, running.deployment.id, Outcome::Failed).await.expect("resolved");
        assert_eq!(refusal(running.beat().await), "lease.lost");
        assert_eq!(refusal(running.end(Outcome::Succeeded).await), "lease.lost");
        beta.deploy("c2").expect_started(&hub.cleo).await;
    }

    async fn a_wrapper_that_comes_back_with_its_token_goes_on(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        hub.advance(LEASE).await;
        assert_eq!(running.now().await.state, State::Lost);
        running.beat().await.expect("it resumes");
        assert_eq!(running.now().await.state, State::Running);
        hub.advance(LEASE).await;
        assert_eq!(running.now().await.state, State::Lost, "its new lease is watched like the first");
        assert_eq!(running.succeed().await.state, State::Succeeded, "a late end with the right token counts");
        let verbs = hub.verbs().await;
        assert_eq!(verbs.iter().filter(|verb| *verb == "deployment.lost").count(), 2);
        assert!(verbs.contains(&"deployment.resumed".to_owned()));
    }

    async fn heartbeats_keep_the_lease_and_a_wrong_token_does_not(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        for _ in 0..5 {
            hub.advance(LEASE / 2).await;
            running.beat().await.expect("alive");
        }
        assert_eq!(running.now().await.state, State::Running);
        let mut tx = hub.by(&hub.bob).await;
        let wrong = running.token() + 1;
        assert_eq!(refusal(heartbeat(&mut tx, running.deployment.id, wrong).await), "lease.lost");
    }

    async fn after_a_restart_every_live_lease_is_whole_again(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        hub.place.clock().advance(LEASE * 10); // the server was down
        let mut tx = hub.by_itself().await;
        assert_eq!(after_restart(&mut tx).await.expect("renewed"), 1);
        tx.commit().await.expect("committed");
        hub.settle().await;
        assert!(running.now().await.state.is_live() && running.now().await.state != State::Lost);
        hub.advance(LEASE).await;
        assert_eq!(running.now().await.state, State::Lost, "then it is judged again");
    }

    async fn the_end_is_reported_once_and_repeats_answer_the_same(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        let first = running.succeed().await;
        let again = running.succeed().await;
        assert_eq!((first.state, first.ended_at), (again.state, again.ended_at));
        assert_eq!(hub.verbs().await.iter().filter(|verb| *verb == "deployment.succeeded").count(), 1);
        assert_eq!(refusal(running.end(Outcome::Failed).await), "lease.lost");
        let mut claims = crate::deployments::Ending {
            outcome: Outcome::Succeeded, exit_code: Some(1), signal: None, reason: None, output_bytes: None,
        };
        let other = hub.at("production").deploy("c1").expect_started(&hub.bob).await;
        assert_eq!(refusal(other.end_with(claims.clone()).await), "deployment.outcome");
        claims.exit_code = Some(0);
        claims.output_bytes = Some(10);
        assert_eq!(refusal(other.end_with(claims).await), "output.gap", "the end waits for the output");
    }

    async fn an_abort_reaches_the_wrapper_with_its_next_heartbeat(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.cleo).await;
        assert_eq!(abort(&hub, running.deployment.id).await.expect("asked").state, State::Aborting);
        abort(&hub, running.deployment.id).await.expect("asking again changes nothing");
        assert_eq!(running.beat().await.expect("alive").abort.as_deref(), Some("wrong build"));
        running.end(Outcome::Aborted).await.expect("it ends");
        let said = hub.comments(running.deployment.task.expect("it has one")).await;
        assert!(said.contains("bob had this deployment aborted (wrong build)"), "{said}");
        assert_eq!(refusal(abort(&hub, running.deployment.id).await), "deployment.too_late");
    }

    async fn a_script_that_succeeds_in_spite_of_an_abort_has_succeeded(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.cleo).await;
        abort(&hub, running.deployment.id).await.expect("asked");
        assert_eq!(running.succeed().await.state, State::Succeeded);
    }

    async fn output_is_whole_whatever_is_sent_twice_or_too_early(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        assert_eq!(running.print(0, b"one\n").await.expect("taken"), 4);
        assert_eq!(running.print(0, b"one\n").await.expect("known"), 4);
        assert_eq!(running.print(2, b"e\ntwo\n").await.expect("overlaps"), 8);
        assert_eq!(refusal(running.print(9, b"four\n").await), "output.gap");
        assert_eq!(running.print(8, &[0xff, 0xfe, 0]).await.expect("any bytes"), 11);
        let whole = b"one\ntwo\n\xff\xfe\0";
        assert_eq!(running.log().await, whole);
        running.succeed().await;
        assert_eq!(running.print(8, &[0xff, 0xfe, 0]).await.expect("a repeat after the end"), 11);
        assert_eq!(refusal(running.print(11, b"late").await), "lease.lost");
        hub.settle().await;
        assert!(running.now().await.log_blob.is_some(), "rows become a file");
        assert_eq!(running.log().await, whole);
    }

    async fn of_output_over_the_limit_the_end_is_kept_for_whoever_asks_why_it_failed(hub) {
        let beta = hub.at("beta");
        let running = beta.deploy("c1").expect_started(&hub.bob).await;
        let mut at = 0;
        for piece in ["0123456", "789abc", " disk is full\n"] {
            let mut tx = hub.by(&hub.bob).await;
            let (id, token) = (running.deployment.id, running.token());
            at = log::append_up_to(&mut tx, 10, id, token, at, piece.as_bytes()).await.expect("taken");
            tx.commit().await.expect("committed");
        }
        assert_eq!(at, 27, "what is dropped counts as arrived, or the wrapper would never end");
        assert_eq!(running.log().await, b"0123456789");
        running.end(Outcome::Failed).await.expect("it ends");
        let said = hub.comments(running.deployment.task.expect("it has one")).await;
        assert!(said.ends_with("abc disk is full"), "{said}");
        hub.settle().await;
        assert_eq!(running.log().await, b"0123456789");
    }

    async fn a_long_log_is_read_from_anywhere(hub) {
        let running = hub.at("beta").deploy("c1").expect_started(&hub.bob).await;
        let line: Vec<u8> = (0..700_001_u32).map(|n| (n % 251) as u8).collect();
        let mut at = 0;
        for _ in 0..3 {
            at = running.print(at, &line).await.expect("taken");
        }
        let expected = line.repeat(3);
        assert_eq!(running.log().await, expected);
        let deployment = running.now().await;
        for from in [0, 1, 262_144, 699_999, 1_400_000, 2_100_002] {
            let part = log::read(&hub.db, &hub.blobs, &deployment, from, 10).await.expect("read");
            let from = usize::try_from(from).expect("small");
            assert_eq!(part, expected[from..(from + 10).min(expected.len())], "from {from}");
        }
        running.succeed().await;
        hub.settle().await;
        assert_eq!(running.log().await, expected);
        let old_view = log::read(&hub.db, &hub.blobs, &deployment, 0, 10).await.expect("who looked before reads on");
        assert_eq!(old_view, expected[..10]);
    }

    async fn who_waits_gets_their_turn_in_order_and_asks_the_gate_anew(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").expect_started(&hub.ann).await;
        let second = beta.deploy("c2").key("b").queued().expect_waits(&hub.bob).await;
        beta.deploy("c3").key("c").queued().expect_waits(&hub.cleo).await;
        assert_eq!(second.token, None);
        first.succeed().await;
        let busy = beta.deploy("c9").expect_blocked(&hub.ann).await;
        assert_eq!((busy.code(), busy.blockers[0].kind), ("deployment.busy", BlockerKind::Queue));
        beta.deploy("c3").key("c").queued().expect_waits(&hub.cleo).await;
        let lock = beta.lock("not yet", &hub.ann).await.lock;
        beta.deploy("c2").key("b").queued().expect_waits(&hub.bob).await;
        let mut tx = hub.by(&hub.ann).await;
        crate::locks::release(&mut tx, lock.task, None, None).await.expect("released");
        tx.commit().await.expect("committed");
        let turn = beta.deploy("c2").key("b").queued().expect_started(&hub.bob).await;
        assert_eq!(turn.deployment.id, second.id);
        assert!(turn.token() > first.token());
        turn.succeed().await;
        beta.deploy("c3").key("c").queued().expect_started(&hub.cleo).await;
    }

    async fn who_waits_and_goes_away_loses_the_place(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").expect_started(&hub.ann).await;
        let gone = beta.deploy("c2").key("b").slot(slot(), "bastion-1").queued().expect_waits(&hub.bob).await;
        hub.place.clock().advance(LEASE / 2);
        first.beat().await.expect("alive");
        hub.advance(LEASE / 2).await;
        first.succeed().await;
        let mut tx = hub.by_itself().await;
        assert_eq!(get(&mut tx, gone.id).await.expect("there").state, State::Aborted);
        drop(tx);
        beta.deploy("c3").slot(slot(), "bastion-2").expect_started(&hub.cleo).await;
    }

    async fn who_waits_with_something_older_than_what_came_is_superseded(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c2").expect_started(&hub.ann).await;
        let waiting = beta.deploy("c1").key("b").queued().expect_waits(&hub.bob).await;
        first.succeed().await;
        let turn = beta.deploy("c1").key("b").queued().older_than_what_is_there().by(&hub.bob).await.expect("an answer");
        let Started::Before(ended) = turn else { panic!("it is over: {turn:?}") };
        assert_eq!((ended.id, ended.state), (waiting.id, State::Superseded));
        assert!(beta.gate().await.open);
    }

    async fn only_one_of_each_persons_waits(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").expect_started(&hub.ann).await;
        let older = beta.deploy("c2").key("b").queued().expect_waits(&hub.bob).await;
        beta.deploy("c3").key("d").queued().expect_waits(&hub.bob).await;
        let mut tx = hub.by_itself().await;
        assert_eq!(get(&mut tx, older.id).await.expect("there").state, State::Superseded);
        drop(tx);
        first.succeed().await;
        beta.deploy("c3").key("d").queued().expect_started(&hub.bob).await;
    }

    async fn a_rollback_does_not_wait_behind_what_is_new(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").expect_started(&hub.ann).await;
        beta.deploy("c2").key("b").queued().expect_waits(&hub.bob).await;
        first.end(Outcome::Failed).await.expect("it ends");
        beta.deploy("c0").of_kind(Kind::Rollback).expect_started(&hub.cleo).await;
    }

    async fn a_check_before_the_transaction_starts_under_a_lock(hub) {
        let beta = hub.at("beta");
        let open = beta.gate().await;
        beta.lock("acknowledged", &hub.bob).await;
        beta.deploy("c1").expect_blocked(&hub.cleo).await;
        // The mutation that the storm has to notice: without the check inside, the lock is passed.
        beta.deploy("c1").checked_before(open).expect_started(&hub.cleo).await;
    }

    async fn locks_and_starts_that_race_have_an_order(hub) {
        for round in 0..12 {
            let beta = hub.at("beta");
            let task = async { beta.task_in_lock_project("race", &hub.bob).await };
            let (task, started) = tokio::join!(task, beta.deploy("c1").by(&hub.cleo));
            let mut tx = hub.by_itself().await;
            let entries = journal::read(&mut tx, &journal::Query { limit: 10_000, ..journal::Query::default() }).await.expect("read");
            drop(tx);
            let locked = entries.iter().find(|e| e.subject.kind == "task" && e.subject.id == task.0).expect("entered").seq;
            let mut tx = hub.by(&hub.bob).await;
            work::tasks::complete(&mut tx, task).await.expect("completed");
            tx.commit().await.expect("committed");
            match started.expect("an answer") {
                Started::Now(deployment) => {
                    let seq = entries.iter().find(|e| e.verb == "deployment.started" && e.subject.id == deployment.id.0);
                    assert!(seq.expect("entered").seq < locked, "round {round}: it started under an open lock");
                    crate::fixture::Running { hub: &hub, deployment: *deployment }.succeed().await;
                }
                Started::Refused(decision, _) => assert_eq!(decision.blockers.len(), 1, "round {round}"),
                other => panic!("round {round}: {other:?}"),
            }
        }
    }

    async fn two_starts_that_race_are_never_both_let_in(hub) {
        for _ in 0..8 {
            let beta = hub.at("beta");
            let (a, b) = tokio::join!(beta.deploy("c1").by(&hub.bob), beta.deploy("c2").by(&hub.cleo));
            let mut let_in = Vec::new();
            for outcome in [a.expect("an answer"), b.expect("an answer")] {
                if let Started::Now(deployment) = outcome {
                    let_in.push(*deployment);
                }
            }
            assert_eq!(let_in.len(), 1);
            for deployment in let_in {
                crate::fixture::Running { hub: &hub, deployment }.succeed().await;
            }
        }
    }

    async fn every_recorded_start_would_be_let_in_again(hub) {
        let beta = hub.at("beta");
        beta.lock_as(crate::locks::NewLock { kind: crate::locks::LockKind::Warn, ..crate::locks::NewLock::because("look") }, &hub.bob)
            .await
            .expect("placed");
        for _ in 0..3 {
            beta.deploy("c1").expect_started(&hub.bob).await.succeed().await;
        }
        let mut tx = hub.by_itself().await;
        let query = journal::Query { verb: Some("deployment.started".into()), limit: 100, ..journal::Query::default() };
        let entries = journal::read(&mut tx, &query).await.expect("read");
        assert_eq!(entries.len(), 3);
        for entry in entries {
            let situation: crate::gate::Situation = serde_json::from_value(entry.data["situation"].clone()).expect("recorded");
            assert!(crate::gate::decide(&situation).open);
        }
    }

    async fn a_deployment_is_found_by_its_number_and_listed_newest_first(hub) {
        let beta = hub.at("beta");
        let first = beta.deploy("c1").expect_started(&hub.bob).await;
        first.succeed().await;
        let second = beta.deploy("c2").expect_started(&hub.bob).await;
        let mut tx = hub.by(&hub.bob).await;
        let by_number = get(&mut tx, DeploymentId(first.deployment.number)).await.expect("found");
        assert_eq!(by_number.id, first.deployment.id);
        let filter = Filter { limit: 10, ..Filter::default() };
        let all: Vec<DeploymentId> = list(&mut tx, &filter).await.expect("listed").into_iter().map(|d| d.id).collect();
        assert_eq!(all, [second.deployment.id, first.deployment.id]);
        let live = Filter { states: vec![State::Starting, State::Running], limit: 10, ..Filter::default() };
        assert_eq!(list(&mut tx, &live).await.expect("listed").len(), 1);
        drop(tx);
        let mut tx = hub.by(&hub.gus).await;
        assert!(list(&mut tx, &filter).await.expect("listed").is_empty());
        assert_eq!(refusal(get(&mut tx, first.deployment.id).await), "deployment.missing");
    }
}
