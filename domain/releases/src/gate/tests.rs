//! Properties of `decide()`, and the sentences word for word.

use super::*;
use crate::deployments::Kind;
use crate::locks::LockKind;
use base::Time;
use base::id::{DeploymentId, EnvironmentId, TaskId, UserId};
use proptest::prelude::*;

fn at(text: &str) -> Time {
    Time::parse(text).expect("a time")
}

fn beta() -> Situation {
    Situation {
        at: at("2026-11-22T14:40:00Z"),
        zone: "UTC".into(),
        environment: Place {
            id: EnvironmentId(7),
            name: "beta".into(),
            enabled: true,
            disabled_reason: "the cluster is being moved".into(),
            epoch: 41,
            lockers: vec!["anyone who may lock beta".into()],
            deployers: vec!["anyone who may deploy to beta".into()],
        },
        kind: Kind::Forward,
        asker: Some(UserId(1)),
        candidate: Candidate::Known { commit: "9f3c2e1aa0b1c2d3e4f5061728394a5b6c7d8e9f".into() },
        live: None,
        ahead: None,
        locks: Vec::new(),
    }
}

fn lock(title: &str) -> Held {
    Held {
        task: TaskId(100),
        title: title.into(),
        kind: LockKind::Block,
        reason: String::new(),
        owner: Some(UserId(2)),
        owner_name: Some("Ann".into()),
        placed_by: None,
        since: at("2026-11-22T13:20:00Z"),
        until: None,
        applies_to: Kind::ALL.to_vec(),
    }
}

fn running(state: LiveState) -> Live {
    Live {
        id: DeploymentId(55),
        number: 318,
        task: Some(TaskId(56)),
        commit: "1b44f0d000000000000000000000000000000000".into(),
        by: "Marco".into(),
        host: "bastion-1".into(),
        state,
        since: at("2026-11-22T14:31:00Z"),
    }
}

#[test]
fn an_open_gate_says_so_and_a_warning_stops_nobody() {
    let mut now = beta();
    assert_eq!(decide(&now).sentence, "Beta is open for 9f3c2e1.");
    now.locks = vec![Held { kind: LockKind::Warn, reason: "the cache is cold".into(), ..lock("slow start") }];
    let decision = decide(&now);
    assert!(decision.open && decision.blockers.is_empty() && decision.warnings.len() == 1);
    assert_eq!(
        decision.sentence,
        "Beta is open for 9f3c2e1. A warning, \"slow start\" (Ann's lock, since 13:20 UTC), because the cache is cold, \
         stops nobody and ends when somebody releases it."
    );
}

#[test]
fn a_lock_says_who_why_since_when_how_it_ends_and_that_releasing_it_is_enough() {
    let mut now = beta();
    now.locks = vec![lock("bad build")];
    assert_eq!(
        decide(&now).sentence,
        "Beta is closed by \"bad build\" (Ann's lock, since 13:20 UTC). It ends when somebody releases it; \
         Ann or anyone who may lock beta can release it. Releasing it opens beta."
    );
    now.locks[0].reason = "migration 0187 rewrites the\n notifications table.".into();
    now.locks[0].until = Some(at("2026-11-23T15:10:00Z"));
    assert_eq!(
        decide(&now).sentence,
        "Beta is closed by \"bad build\" (Ann's lock, since 13:20 UTC), because migration 0187 rewrites the notifications \
         table. It ends by itself at 23 November 2026, 15:10 UTC; Ann or anyone who may lock beta can release it sooner. \
         Releasing it opens beta."
    );
}

#[test]
fn of_several_the_one_that_ends_last_leads_and_ending_it_is_said_not_to_be_enough() {
    let mut now = beta();
    let later = Held { task: TaskId(101), until: Some(at("2026-11-22T15:10:00Z")), ..lock("short test") };
    now.locks = vec![later, lock("bad build")];
    now.live = Some(running(LiveState::Running));
    let decision = decide(&now);
    assert_eq!(decision.leading().map(|b| b.title.as_str()), Some("bad build"));
    assert_eq!(decision.code(), "deployment.blocked");
    assert_eq!(
        decision.sentence,
        "Beta is closed by \"bad build\" (Ann's lock, since 13:20 UTC). It ends when somebody releases it; \
         Ann or anyone who may lock beta can release it. Releasing it is not enough; 2 more are in the way: \
         deployment 318 of 1b44f0d (Marco) is running; \"short test\" (Ann's lock, ends by itself at 15:10 UTC)."
    );
}

#[test]
fn a_running_deployment_is_busy_and_a_lost_one_is_quarantine() {
    let mut now = beta();
    now.live = Some(running(LiveState::Running));
    let busy = decide(&now);
    assert_eq!(busy.code(), "deployment.busy");
    assert_eq!(
        busy.sentence,
        "Deployment 318 of 1b44f0d (Marco) is running on beta since 14:31 UTC. Wait until it ends, or ask Marco or \
         anyone who may deploy to beta to abort it."
    );
    now.live = Some(running(LiveState::Lost));
    let lost = decide(&now);
    assert_eq!(lost.code(), "deployment.quarantined");
    assert_eq!(
        lost.sentence,
        "Beta is closed because deployment 318 of 1b44f0d (Marco) on bastion-1 stopped reporting at 14:31 UTC and its \
         outcome is unknown. Marco or anyone who may deploy to beta must look at what it did and resolve it."
    );
}

#[test]
fn a_claim_lets_its_owner_through_and_nobody_else() {
    let mut now = beta();
    now.locks =
        vec![Held { kind: LockKind::Claim, applies_to: vec![Kind::Forward], ..lock("testing the import") }];
    assert!(!decide(&now).open);
    now.kind = Kind::Rollback;
    assert!(decide(&now).open, "a claim for forward deployments lets a rollback pass");
    now.kind = Kind::Forward;
    now.asker = Some(UserId(2));
    assert!(decide(&now).open);
    now.asker = None;
    now.locks[0].owner = None;
    assert!(!decide(&now).open, "a claim that nobody owns is nobody's");
}

#[test]
fn a_lock_holds_before_its_end_and_not_at_it() {
    let mut now = beta();
    now.locks = vec![Held { until: Some(now.at), ..lock("until now") }];
    assert!(decide(&now).open);
    now.at = Time::from_millis(now.at.millis() - 1);
    assert!(!decide(&now).open);
    assert_eq!(decide(&now).next_change_at.map(Time::millis), Some(now.at.millis() + 1));
}

#[test]
fn an_unknown_commit_is_not_green() {
    let mut now = beta();
    now.candidate =
        Candidate::Unknown { given: "feature/x".into(), why: "repository web is a shallow clone".into() };
    let decision = decide(&now);
    assert_eq!(
        decision.sentence,
        "\"feature/x\" cannot be deployed to beta: repository web is a shallow clone."
    );
}

#[test]
fn a_situation_survives_being_written_down() {
    let mut now = beta();
    now.locks = vec![lock("bad build")];
    now.live = Some(running(LiveState::Aborting));
    let text = serde_json::to_value(&now).expect("it is written");
    let read: Situation = serde_json::from_value(text).expect("it is read");
    assert_eq!(decide(&read), decide(&now));
}

fn any_lock() -> impl Strategy<Value = Held> {
    let kinds = prop_oneof![Just(LockKind::Block), Just(LockKind::Claim), Just(LockKind::Warn)];
    let owner = proptest::option::of(1_i64..4);
    let until = proptest::option::of(0_i64..200);
    let applies = proptest::sample::subsequence(Kind::ALL.to_vec(), 0..=Kind::ALL.len());
    (kinds, owner, until, applies, ".{0,40}").prop_map(|(kind, owner, until, applies_to, title)| Held {
        kind,
        owner: owner.map(UserId),
        owner_name: owner.map(|n| format!("Person {n}")),
        placed_by: Some("Somebody".into()),
        until: until.map(Time::from_millis),
        since: Time::from_millis(0),
        applies_to,
        ..lock(&title)
    })
}

prop_compose! {
    fn any_situation()(
        now in 0_i64..200,
        enabled in proptest::bool::weighted(0.8),
        kind in proptest::sample::select(Kind::ALL.to_vec()),
        asker in proptest::option::of(1_i64..4),
        known in proptest::bool::weighted(0.8),
        live in proptest::option::of(proptest::sample::select(LiveState::ALL.to_vec())),
        ahead in proptest::option::weighted(0.2, Just(())),
        mut locks in proptest::collection::vec(any_lock(), 0..6),
    ) -> Situation {
        for (n, lock) in locks.iter_mut().enumerate() {
            lock.task = TaskId(100 + n as i64);
        }
        let mut made = beta();
        made.at = Time::from_millis(now);
        made.environment.enabled = enabled;
        made.kind = kind;
        made.asker = asker.map(UserId);
        made.live = live.map(running);
        made.ahead = ahead.map(|()| Waiting {
            id: DeploymentId(60), number: 319, commit: "abc".into(), by: "Mei".into(), since: Time::from_millis(0),
        });
        if !known {
            made.candidate = Candidate::Unknown { given: "x".into(), why: "it is unknown".into() };
        }
        made.locks = locks;
        made
    }
}

/// Takes the thing that `blocker` names out of the situation.
fn without(situation: &Situation, blocker: &Blocker) -> Situation {
    let mut next = situation.clone();
    match blocker.kind {
        BlockerKind::Disabled => next.environment.enabled = true,
        BlockerKind::Quarantine | BlockerKind::Busy => next.live = None,
        BlockerKind::Queue => next.ahead = None,
        BlockerKind::Lock | BlockerKind::Claim => next.locks.retain(|lock| Some(lock.task) != blocker.task),
        BlockerKind::Commit => next.candidate = Candidate::Known { commit: "c".into() },
    }
    next
}

fn names(blockers: &[Blocker]) -> Vec<(BlockerKind, Option<i64>)> {
    blockers.iter().map(|b| (b.kind, b.id.map(|id| id.0))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn removing_a_reported_blocker_removes_just_it_and_removing_all_opens(start in any_situation()) {
        let decision = decide(&start);
        prop_assert_eq!(decision.open, decision.blockers.is_empty());
        let mut all_gone = start.clone();
        for (n, blocker) in decision.blockers.iter().enumerate() {
            let mut expected = names(&decision.blockers);
            expected.remove(n);
            prop_assert_eq!(names(&decide(&without(&start, blocker)).blockers), expected);
            all_gone = without(&all_gone, blocker);
        }
        prop_assert!(decide(&all_gone).open);
    }

    #[test]
    fn blockers_come_in_order_and_the_sentence_names_the_leading_one(start in any_situation()) {
        let decision = decide(&start);
        let order = |b: &Blocker| if b.kind == BlockerKind::Claim { BlockerKind::Lock } else { b.kind };
        prop_assert!(decision.blockers.is_sorted_by_key(order));
        prop_assert_eq!(decision.leading().is_none(), decision.open);
        if let Some(leading) = decision.leading() {
            prop_assert!(decision.sentence.starts_with(&leading.sentence));
            prop_assert_eq!(decision.sentence.contains("is not enough"), decision.blockers.len() > 1);
            for other in decision.blockers.iter().filter(|b| b.id != leading.id) {
                prop_assert!(decision.sentence.contains(&other.clause));
            }
            // Nothing that is in the way ends later than what leads.
            if let Some(until) = leading.until {
                prop_assert!(decision.blockers.iter().all(|b| b.until.is_some_and(|other| other <= until)
                    || matches!(b.kind, BlockerKind::Busy | BlockerKind::Queue)));
            }
        }
    }

    #[test]
    fn between_two_changes_time_alone_changes_nothing(start in any_situation(), step in 0_i64..300) {
        let decision = decide(&start);
        let later = Time::from_millis(start.at.millis() + step);
        if decision.next_change_at.is_none_or(|change| later < change) {
            let then = decide(&Situation { at: later, ..start.clone() });
            prop_assert_eq!(names(&then.blockers), names(&decision.blockers));
            prop_assert_eq!(then.next_change_at, decision.next_change_at);
        }
    }

    #[test]
    fn a_sentence_is_one_line_and_bounded_whatever_people_write(title in "(?s).{0,400}", reason in "(?s).{0,4000}") {
        let mut now = beta();
        now.locks = vec![Held { reason, ..lock(&title) }];
        let sentence = decide(&now).sentence;
        prop_assert!(!sentence.chars().any(char::is_control));
        prop_assert!(sentence.chars().count() < 900);
    }
}
