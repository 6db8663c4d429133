//! What happens with a fire, as a table.

use super::time;
use crate::cron::decide::{Decision, Facts, Others, decide, overlap};
use crate::cron::pauses::Pause;
use crate::file::{Missed, MissedPolicy, Overlap};

fn facts<'a>() -> Facts<'a> {
    let at = time("2026-11-01T06:00:00Z");
    Facts {
        scheduled_at: at,
        now: at,
        newest_due: at,
        is_enabled: true,
        pause: None,
        excluded_by: None,
        frozen: None,
        missed: Missed::default(),
        overlap: Overlap::Skip,
        others: Others::default(),
    }
}

#[test]
fn each_policy_knows_what_to_do_with_those_that_are_there() {
    use Decision::{Buffer, BufferReplacing, CancelOther, SkipOverlap, Start, TerminateOther};
    // The columns: nothing there, one runs, one runs and one waits.
    for (policy, free, running, waiting) in [
        (Overlap::Skip, Start, SkipOverlap, SkipOverlap),
        (Overlap::BufferOne, Start, Buffer, SkipOverlap),
        (Overlap::BufferAll, Start, Buffer, Buffer),
        (Overlap::BufferLatest, Start, Buffer, BufferReplacing),
        (Overlap::CancelOther, Start, CancelOther, CancelOther),
        (Overlap::TerminateOther, Start, TerminateOther, TerminateOther),
        (Overlap::AllowAll, Start, Start, Start),
    ] {
        let decided = |running, waiting| overlap(policy, Others { running, waiting, limit: 1 }).decision;
        assert_eq!((decided(0, 0), decided(1, 0), decided(1, 1)), (free, running, waiting), "{policy}");
    }
    let group = |running| overlap(Overlap::BufferAll, Others { running, waiting: 0, limit: 3 }).decision;
    assert_eq!((group(2), group(3)), (Start, Buffer));
    let full = Others { running: 1, waiting: 1_000, limit: 1 };
    assert_eq!(overlap(Overlap::BufferAll, full).decision, SkipOverlap);
    // One that waits is not overtaken by one that comes when there is room again.
    let handover = Others { running: 0, waiting: 1, limit: 1 };
    assert_eq!(overlap(Overlap::BufferAll, handover).decision, Buffer);
}

#[test]
fn missed_fires_are_made_up_for_as_the_policy_says() {
    let rule = |policy, within_s| Missed { policy, within_s };
    let decided = |missed, scheduled_at: &str, newest_due: &str, now: &str| {
        let (scheduled_at, newest_due, now) = (time(scheduled_at), time(newest_due), time(now));
        let verdict = decide(&Facts { scheduled_at, newest_due, now, missed, ..facts() });
        (verdict.decision, verdict.reason)
    };
    let (six, seven) = ("2026-11-01T06:00:00Z", "2026-11-01T07:00:00Z");
    let skip = rule(MissedPolicy::Skip, 3_600);
    assert_eq!(decided(skip, six, six, "2026-11-01T06:00:40Z").0, Decision::Start);
    assert_eq!(
        decided(skip, six, six, "2026-11-01T06:05:00Z"),
        (Decision::SkipMissed, "missed 5 min ago; missed fires are not made up for".to_owned())
    );
    let once = rule(MissedPolicy::RunOnce, 7_200);
    assert_eq!(
        decided(once, six, six, "2026-11-01T06:05:00Z"),
        (Decision::Start, "made up for, 5 min late; nothing stood in its way".to_owned())
    );
    assert_eq!(
        decided(once, six, seven, "2026-11-01T07:05:00Z"),
        (
            Decision::SkipMissed,
            "missed 1 h 5 min ago; the fire of 2026-11-01T07:00:00.000Z stands for it".to_owned()
        )
    );
    assert_eq!(decided(once, seven, seven, "2026-11-01T07:05:00Z").0, Decision::Start);
    assert_eq!(
        decided(once, six, six, "2026-11-01T08:00:01Z"),
        (Decision::SkipMissed, "missed 2 h ago; it is made up for within 2 h".to_owned())
    );
    let all = rule(MissedPolicy::RunAll, 86_400);
    assert_eq!(decided(all, six, seven, "2026-11-01T07:05:00Z").0, Decision::Start);
    assert_eq!(decided(all, six, seven, "2026-11-02T06:00:01Z").0, Decision::SkipMissed);
}

#[test]
fn the_first_that_objects_has_the_word() {
    let pause = Pause {
        from: time("2026-11-01T00:00:00Z"),
        until: Some(time("2026-11-02T00:00:00Z")),
        reason: "database is moved".to_owned(),
    };
    let busy = Others { running: 1, waiting: 0, limit: 1 };
    // Days late, paused and excluded: it was switched off.
    let mut facts = Facts {
        is_enabled: false,
        pause: Some(&pause),
        excluded_by: Some("england"),
        now: time("2026-11-09"),
        others: busy,
        ..facts()
    };
    let verdict = decide(&facts);
    assert_eq!(
        (verdict.decision, verdict.reason.as_str()),
        (Decision::SkipDisabled, "the schedule is switched off")
    );
    facts.is_enabled = true;
    let verdict = decide(&facts);
    assert_eq!(
        (verdict.decision, verdict.reason.as_str()),
        (Decision::SkipPaused, "paused until 2026-11-02T00:00:00.000Z: database is moved")
    );
    facts.pause = None;
    let verdict = decide(&facts);
    assert_eq!(
        (verdict.decision, verdict.reason.as_str()),
        (Decision::SkipWindow, "the day is in the calendar england")
    );
    facts.excluded_by = None;
    assert_eq!(decide(&facts).decision, Decision::SkipMissed);
    facts.now = facts.scheduled_at;
    let verdict = decide(&facts);
    assert_eq!(
        (verdict.decision, verdict.reason.as_str()),
        (Decision::SkipOverlap, "the run before is still there")
    );
    facts.others = Others::default();
    assert_eq!(decide(&facts).decision, Decision::Start);
}

#[test]
fn a_freeze_stands_in_the_way_as_a_run_would() {
    let decided = |overlap, running, waiting| {
        let others = Others { running, waiting, limit: 1 };
        let verdict = decide(&Facts { frozen: Some("frozen until 17:30"), overlap, others, ..facts() });
        (verdict.decision, verdict.reason)
    };
    let frozen = || (Decision::SkipFrozen, "frozen until 17:30".to_owned());
    for overlap in [Overlap::Skip, Overlap::AllowAll, Overlap::CancelOther, Overlap::TerminateOther] {
        assert_eq!(decided(overlap, 0, 0), frozen(), "{overlap}");
    }
    let waits = || (Decision::Buffer, "frozen until 17:30; it waits for that".to_owned());
    for overlap in [Overlap::BufferOne, Overlap::BufferAll, Overlap::BufferLatest] {
        assert_eq!(decided(overlap, 0, 0), waits(), "{overlap}");
    }
    let enough = "frozen until 17:30; another run waits already".to_owned();
    assert_eq!(decided(Overlap::BufferOne, 0, 1), (Decision::SkipFrozen, enough));
    assert_eq!(decided(Overlap::BufferAll, 0, 7), waits());
    assert_eq!(decided(Overlap::BufferLatest, 0, 1).0, Decision::BufferReplacing);
    // A pause has the word before it, and what fell into a freeze was not missed.
    let pause = Pause { from: facts().now, until: None, reason: String::new() };
    let verdict = decide(&Facts { frozen: Some("frozen"), pause: Some(&pause), ..facts() });
    assert_eq!(verdict.decision, Decision::SkipPaused);
    let late = Facts { frozen: Some("frozen"), now: time("2026-11-01T06:30:00Z"), ..facts() };
    assert_eq!(decide(&late).decision, Decision::SkipFrozen);
}
