//! The verdict itself is tested: it must find what it is there to find.

use super::*;

fn record(act: Act, id: &str, sent: u64, acked: u64) -> Record {
    Record { act, environment: "beta".into(), id: id.into(), sent, acked }
}

fn entry(seq: u64, verb: &str, subject: &str) -> Value {
    json!({"seq": seq, "verb": verb, "subject": subject})
}

#[test]
fn a_start_inside_a_locks_certain_life_is_found() {
    let lock = record(Act::Locked, "1", 10, 20);
    let release = record(Act::Released(true), "1", 50, 60);
    for (sent, acked, fine) in [(21, 49, false), (19, 40, true), (30, 51, true), (61, 70, true), (5, 8, true)]
    {
        let records = [lock.clone(), record(Act::Started, "2", sent, acked), release.clone()];
        assert_eq!(outside_violations(&records).is_empty(), fine, "start from {sent} to {acked}");
    }
}

#[test]
fn running_at_the_same_time_is_found() {
    for (second, fine) in [(30, false), (45, true)] {
        let records = [
            record(Act::Started, "1", 10, 20),
            record(Act::Finished, "1", 40, 50),
            record(Act::Started, "2", second - 5, second),
            record(Act::Finished, "2", 70, 80),
        ];
        assert_eq!(outside_violations(&records).is_empty(), fine, "second start at {second}");
    }
}

#[test]
fn a_refusal_for_a_lock_that_is_gone_is_found() {
    let records = [
        record(Act::Locked, "1", 10, 20),
        record(Act::Released(true), "1", 30, 40),
        record(Act::Refused(vec!["1".into()]), "", 41, 50),
    ];
    assert_eq!(outside_violations(&records).len(), 1);
}

#[test]
fn the_journal_convicts_a_start_between_lock_and_release() {
    let records = [
        record(Act::Locked, "1", 10, 20),
        record(Act::Started, "2", 9, 21),
        record(Act::Finished, "2", 22, 23),
        record(Act::Released(true), "1", 30, 40),
    ];
    let between = [
        entry(1, "lock.placed", "task:1"),
        entry(2, "deployment.started", "deployment:2"),
        entry(3, "deployment.succeeded", "deployment:2"),
        entry(4, "lock.released", "task:1"),
    ];
    assert!(outside_violations(&records).is_empty(), "from outside it cannot be told");
    assert_eq!(journal_violations(&records, &between).len(), 1);
    let before = [
        entry(1, "deployment.started", "deployment:2"),
        entry(2, "lock.placed", "task:1"),
        entry(3, "deployment.succeeded", "deployment:2"),
        entry(4, "lock.released", "task:1"),
    ];
    assert!(journal_violations(&records, &before).is_empty());
}

#[test]
fn lost_repeated_and_unasked_entries_are_found() {
    let records = [record(Act::Locked, "1", 10, 20), record(Act::Started, "2", 30, 40)];
    let entries = [entry(1, "lock.placed", "task:1"), entry(2, "lock.released", "task:1")];
    let found = journal_violations(&records, &entries);
    assert_eq!(found.len(), 2, "{found:?}");
    let gap = [entry(1, "lock.placed", "task:1"), entry(3, "deployment.started", "deployment:2")];
    assert!(journal_violations(&records, &gap).iter().any(|v| v.contains("gap")));
}

#[test]
fn what_happened_although_the_answer_said_otherwise_is_found() {
    let records = [record(Act::TryAgain, "", 10, 20)];
    assert_eq!(journal_violations(&records, &[entry(1, "deployment.started", "deployment:9")]).len(), 1);
}

#[test]
fn notes_are_read_back_as_written() {
    for act in [
        Act::Started,
        Act::Refused(vec!["7".into()]),
        Act::Released(false),
        Act::DryRun(true),
        Act::Odd("x".into()),
    ] {
        let written = record(act.clone(), "5", 1, 2);
        assert_eq!(Record::parse(&written.line()).map(|r| r.act), Some(act));
    }
    assert!(Record::parse("{\"act\": \"star").is_none());
}
