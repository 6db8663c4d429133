//! What locks promise, on both databases.

use super::*;
use crate::deployments::Kind;
use crate::environments::{self, EnvironmentChange};
use crate::fixture::{Hub, hub, refusal};
use base::Time;
use base::id::TaskId;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

async fn release(hub: &Hub, by: &people::User, task: TaskId, reason: Option<&str>) -> base::Result<Lock> {
    let mut tx = hub.by(by).await;
    let lock = super::release(&mut tx, task, reason, None).await?;
    tx.commit().await?;
    Ok(lock)
}

fn in_an_hour(hub: &Hub) -> Option<Time> {
    Some(hub.place.clock().now().plus(HOUR))
}

db::on_both! { hub;
    async fn a_lock_stops_a_deployment_until_it_is_released(hub) {
        let beta = hub.at("beta");
        let lock = beta.lock("bad build", &hub.bob).await.lock;
        let refused = beta.deploy("c1").expect_blocked(&hub.cleo).await;
        assert_eq!(refused.code(), "deployment.blocked");
        assert!(refused.sentence.contains("\"bad build\" (bob's lock"), "{}", refused.sentence);
        hub.at("production").deploy("c1").expect_started(&hub.cleo).await;
        release(&hub, &hub.bob, lock.task, None).await.expect("his own");
        assert!(hub.task(lock.task).await.is_completed(), "releasing completes the task");
        beta.deploy("c1").expect_started(&hub.cleo).await;
    }

    async fn a_task_added_to_the_lock_project_by_any_door_is_a_lock(hub) {
        let beta = hub.at("beta");
        let task = beta.task_in_lock_project("an error that matters", &hub.bob).await;
        let refused = beta.deploy("c1").expect_blocked(&hub.cleo).await;
        assert!(refused.sentence.contains("an error that matters"), "{}", refused.sentence);
        let mut tx = hub.by(&hub.bob).await;
        work::tasks::complete(&mut tx, task).await.expect("completed");
        tx.commit().await.expect("committed");
        beta.deploy("c1").expect_started(&hub.cleo).await;
    }

    async fn a_task_in_two_lock_projects_closes_both_and_its_subtask_closes_none(hub) {
        let task = hub.at("beta").task_in_lock_project("broken everywhere", &hub.bob).await;
        let production = hub.environment("production").await;
        let mut tx = hub.by(&hub.bob).await;
        work::tasks::add_to_project(&mut tx, task, production.lock_project, None, None).await.expect("added");
        let subtask = work::tasks::NewTask { name: "ask the vendor".into(), parent: Some(task), ..Default::default() };
        work::tasks::create(&mut tx, subtask).await.expect("made");
        tx.commit().await.expect("committed");
        for name in ["beta", "production"] {
            assert_eq!(hub.at(name).gate().await.blockers.len(), 1, "{name}");
        }
        release(&hub, &hub.bob, task, None).await.expect("released");
        assert!(hub.at("beta").gate().await.open && hub.at("production").gate().await.open);
    }

    async fn releasing_one_lock_never_releases_another(hub) {
        let beta = hub.at("beta");
        let first = beta.lock("first", &hub.bob).await.lock;
        let second = beta.lock("second", &hub.cleo).await.lock;
        release(&hub, &hub.bob, first.task, None).await.expect("released");
        assert_eq!(refusal(release(&hub, &hub.bob, first.task, None).await), "lock.already_released");
        let left: Vec<TaskId> = beta.locks().await.into_iter().map(|lock| lock.task).collect();
        assert_eq!(left, [second.task]);
        beta.deploy("c1").expect_blocked(&hub.cleo).await;
    }

    async fn releasing_somebody_elses_lock_says_so_on_it(hub) {
        let lock = hub.at("beta").lock("bad build", &hub.bob).await.lock;
        release(&hub, &hub.cleo, lock.task, Some("it is good again")).await.expect("members may");
        assert_eq!(hub.comments(lock.task).await, "cleo released this lock: it is good again");
    }

    async fn a_lock_that_changed_is_not_released_by_whoever_looked_before(hub) {
        let lock = hub.at("beta").lock("bad build", &hub.bob).await.lock;
        let mut tx = hub.by(&hub.bob).await;
        let change = LockChange { until: Some(in_an_hour(&hub)), version: Some(lock.version), ..LockChange::default() };
        let changed = crate::locks::change(&mut tx, lock.task, change).await.expect("changed");
        tx.commit().await.expect("committed");
        assert!(changed.version > lock.version);
        let mut tx = hub.by(&hub.cleo).await;
        assert_eq!(refusal(crate::locks::release(&mut tx, lock.task, None, Some(lock.version)).await), "lock.changed");
    }

    async fn a_lock_lets_go_at_its_end_and_its_task_is_completed_then(hub) {
        let beta = hub.at("beta");
        let until = in_an_hour(&hub);
        let lock = beta.lock_as(NewLock { until, ..NewLock::because("migration") }, &hub.bob).await.expect("placed").lock;
        assert_eq!(beta.gate().await.next_change_at, until);
        hub.place.clock().advance(HOUR - Duration::from_millis(1));
        assert!(!beta.gate().await.open, "it holds until the last millisecond");
        hub.place.clock().advance(Duration::from_millis(1));
        assert!(beta.gate().await.open, "nobody has to sweep for it to end");
        assert!(!hub.task(lock.task).await.is_completed());
        hub.settle().await;
        assert!(hub.task(lock.task).await.is_completed());
        assert_eq!(hub.verbs().await.last().map(String::as_str), Some("lock.expired"));
    }

    async fn a_lock_that_was_prolonged_outlives_its_first_end(hub) {
        let beta = hub.at("beta");
        let new = NewLock { until: in_an_hour(&hub), ..NewLock::because("migration") };
        let lock = beta.lock_as(new, &hub.bob).await.expect("placed").lock;
        let mut tx = hub.by(&hub.bob).await;
        let later = Some(in_an_hour(&hub).expect("an hour").plus(HOUR));
        crate::locks::change(&mut tx, lock.task, LockChange { until: Some(later), ..LockChange::default() }).await.expect("changed");
        tx.commit().await.expect("committed");
        hub.advance(HOUR).await;
        assert!(!beta.gate().await.open);
        hub.advance(HOUR).await;
        assert!(beta.gate().await.open);
        assert!(hub.task(lock.task).await.is_completed());
    }

    async fn a_claim_lets_its_owner_deploy_and_a_warning_everybody(hub) {
        let beta = hub.at("beta");
        let claim = NewLock { kind: LockKind::Claim, ..NewLock::because("I am testing the import") };
        beta.lock_as(claim, &hub.bob).await.expect("placed");
        beta.lock_as(NewLock { kind: LockKind::Warn, ..NewLock::because("slow start") }, &hub.cleo).await.expect("placed");
        beta.deploy("c1").expect_blocked(&hub.cleo).await;
        let running = beta.deploy("c1").expect_started(&hub.bob).await;
        running.succeed().await;
        beta.deploy("c0").of_kind(Kind::Rollback).expect_started(&hub.cleo).await;
    }

    async fn a_refused_attempt_is_counted_on_the_lock_and_is_no_task(hub) {
        let beta = hub.at("beta");
        let lock = beta.lock("bad build", &hub.bob).await.lock;
        let project = hub.environment("beta").await.deployment_project;
        beta.deploy("c1").expect_blocked(&hub.cleo).await;
        hub.advance(HOUR).await;
        beta.deploy("c1").expect_blocked(&hub.cleo).await;
        let attempts = beta.locks().await[0].attempts.expect("counted");
        assert_eq!(attempts.count, 2);
        assert_eq!(attempts.last_at.since(attempts.first_at), HOUR);
        assert!(work::tasks::open_tasks(&mut hub.by_itself().await, project).await.expect("listed").is_empty());
        assert_eq!(hub.verbs().await.iter().filter(|verb| *verb == "deployment.refused").count(), 2);
        assert_eq!(beta.locks().await[0].task, lock.task);
    }

    async fn whoever_locks_too_late_hears_what_had_started(hub) {
        let beta = hub.at("beta");
        let running = beta.deploy("c1").expect_started(&hub.cleo).await;
        let placed = beta.lock("stop", &hub.bob).await;
        assert_eq!(placed.already_running.map(|live| live.id), Some(running.deployment.id));
        running.succeed().await;
        beta.deploy("c2").expect_blocked(&hub.cleo).await;
    }

    async fn in_a_restricted_environment_locking_takes_a_grant_at_every_door(hub) {
        hub.make("vault", None, true).await;
        let vault = hub.at("vault");
        assert_eq!(refusal(vault.lock_as(NewLock::because("mine"), &hub.bob).await), "right.missing");
        assert_eq!(refusal(vault.deploy("c1").by(&hub.bob).await), "right.missing");
        let lock = vault.lock("closed", &hub.ann).await.lock;
        assert_eq!(refusal(release(&hub, &hub.bob, lock.task, None).await), "right.missing");
        let mut tx = hub.by(&hub.bob).await;
        assert!(work::tasks::complete(&mut tx, lock.task).await.is_err(), "the tracker's door is shut, too");
        drop(tx);
        let mut tx = hub.by(&hub.ann).await;
        let subject = hub.environment("vault").await.subject().to_string();
        let rights = people::RightSet::of(&[base::Right::Lock]);
        people::grants::allow(&mut tx, &subject, people::grants::Holder::User(hub.bob.id), rights).await.expect("granted");
        tx.commit().await.expect("committed");
        release(&hub, &hub.bob, lock.task, None).await.expect("now he may");
        assert_eq!(refusal(vault.deploy("c1").by(&hub.bob).await), "right.missing", "locking is not deploying");
    }

    async fn an_owner_releases_a_lock_that_was_given_to_them(hub) {
        hub.make("vault", None, true).await;
        let new = NewLock { assignee: Some(hub.bob.id), ..NewLock::because("yours") };
        let lock = hub.at("vault").lock_as(new, &hub.ann).await.expect("placed").lock;
        assert_eq!(lock.owner, Some(hub.bob.id));
        release(&hub, &hub.bob, lock.task, None).await.expect("it is his");
    }

    async fn what_a_guest_may_not_see_is_not_there(hub) {
        let lock = hub.at("beta").lock("bad build", &hub.bob).await.lock;
        let mut tx = hub.by(&hub.gus).await;
        assert_eq!(refusal(get(&mut tx, lock.task).await), "lock.missing");
        assert!(environments::list(&mut tx).await.expect("listed").is_empty());
        assert_eq!(refusal(environments::named(&mut tx, "beta", base::Right::View).await), "environment.missing");
    }

    async fn an_ordinary_task_is_no_lock(hub) {
        let mut tx = hub.by(&hub.bob).await;
        let task = work::tasks::create(&mut tx, work::tasks::NewTask { name: "milk".into(), ..Default::default() }).await;
        let task = task.expect("made").id;
        assert_eq!(refusal(get(&mut tx, task).await), "lock.missing");
        assert_eq!(refusal(crate::locks::release(&mut tx, task, None, None).await), "lock.missing");
    }

    async fn a_lock_without_a_reason_or_with_a_past_end_is_refused(hub) {
        let beta = hub.at("beta");
        assert_eq!(refusal(beta.lock_as(NewLock::because("  \n "), &hub.bob).await), "lock.reason");
        let past = NewLock { until: Some(hub.place.clock().now()), ..NewLock::because("late") };
        assert_eq!(refusal(beta.lock_as(past, &hub.bob).await), "lock.until");
        let nothing = NewLock { applies_to: Some(Vec::new()), ..NewLock::because("idle") };
        assert_eq!(refusal(beta.lock_as(nothing, &hub.bob).await), "lock.applies_to");
    }

    async fn a_switched_off_environment_lets_nobody_pass_and_says_why(hub) {
        let id = hub.environment("beta").await.id;
        let change = EnvironmentChange {
            enabled: Some(false),
            disabled_reason: Some("the cluster is being moved".into()),
            ..EnvironmentChange::default()
        };
        let mut tx = hub.by(&hub.bob).await;
        assert_eq!(refusal(environments::change(&mut tx, id, change.clone()).await), "right.missing");
        drop(tx);
        let mut tx = hub.by(&hub.ann).await;
        environments::change(&mut tx, id, change).await.expect("changed");
        tx.commit().await.expect("committed");
        let refused = hub.at("beta").deploy("c1").expect_blocked(&hub.bob).await;
        assert!(refused.sentence.contains("switched off: the cluster is being moved"), "{}", refused.sentence);
    }

    async fn environments_stand_in_the_order_that_a_commit_travels(hub) {
        let canary = hub.make("canary", Some("beta"), false).await;
        let production = hub.environment("production").await;
        let mut tx = hub.by(&hub.ann).await;
        let change = |after| EnvironmentChange { after: Some(after), ..EnvironmentChange::default() };
        environments::change(&mut tx, production.id, change(Some(canary.id))).await.expect("moved");
        let beta = environments::named(&mut tx, "BETA", base::Right::View).await.expect("names have no case");
        assert_eq!(refusal(environments::change(&mut tx, beta.id, change(Some(production.id))).await), "environment.order");
        let names: Vec<String> = environments::list(&mut tx).await.expect("listed").into_iter().map(|e| e.name).collect();
        assert_eq!(names, ["beta", "canary", "production"]);
    }

    async fn every_change_that_can_alter_a_decision_raises_the_epoch(hub) {
        let beta = hub.at("beta");
        let mut last = beta.gate().await.epoch;
        let mut rises = async |what: &str| {
            let now = hub.at("beta").gate().await.epoch;
            assert!(now > last, "{what} did not raise the epoch");
            last = now;
        };
        let lock = beta.lock("one", &hub.bob).await.lock;
        rises("a lock").await;
        let task = beta.task_in_lock_project("two", &hub.bob).await;
        rises("a task in the lock project").await;
        release(&hub, &hub.bob, lock.task, None).await.expect("released");
        rises("a release").await;
        let mut tx = hub.by(&hub.bob).await;
        work::tasks::complete(&mut tx, task).await.expect("completed");
        tx.commit().await.expect("committed");
        rises("a completed task").await;
        let running = beta.deploy("c1").expect_started(&hub.bob).await;
        rises("a start").await;
        running.succeed().await;
        rises("an end").await;
    }
}
