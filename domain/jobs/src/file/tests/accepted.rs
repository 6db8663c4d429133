//! What good files mean.

use super::super::{
    Isolation, MissedPolicy, NotifyOn, Overlap, Recipient, Requirement, RetryOn, Subject, Test, Trigger,
    parse,
};
use super::{EVERYTHING, job, told};
use std::collections::BTreeMap;

#[test]
fn the_shortest_file_has_every_default() {
    let job = job("name: hello\nsteps: echo hello\n");
    assert_eq!((job.title.as_str(), job.enabled, job.network), ("hello", true, true));
    assert_eq!(job.triggers, [Trigger::Manual]);
    assert_eq!((job.isolation, job.timeouts.run_s, job.retry.max), (Isolation::None, 3_600, 0));
    assert_eq!(job.notify[0].on, [NotifyOn::Failed, NotifyOn::Recovered]);
    assert_eq!(job.notify[0].to, [Recipient::Owner, Recipient::Committers, Recipient::Watchers]);
    let part = &job.stages[0].parts[0];
    assert_eq!((part.name.as_str(), part.key.as_str()), ("hello", "hello"));
    assert_eq!(
        (part.steps[0].name.as_str(), part.steps[0].run.as_str(), part.steps[0].line),
        ("echo hello", "echo hello", 2)
    );
}

#[test]
fn everything_that_can_be_said_is_understood() {
    let job = job(EVERYTHING);
    assert_eq!(job.owner.as_deref(), Some("team:licensing"));
    let schedules: Vec<_> = job.schedules().map(|(_, cron)| cron).collect();
    let first = schedules[0];
    assert_eq!((first.missed.policy, first.missed.within_s), (MissedPolicy::RunAll, 172_800));
    assert_eq!((first.overlap, first.jitter_s, first.business_day), (Overlap::BufferLatest, 300, Some(1)));
    assert_eq!(
        (first.include.as_slice(), first.exclude.as_slice()),
        (&["open days".to_owned()][..], &["holidays".to_owned()][..])
    );
    assert_eq!(
        (schedules[1].overlap, schedules[1].missed.policy, schedules[1].line),
        (Overlap::Skip, MissedPolicy::Skip, 25)
    );
    assert_eq!(job.triggers.len(), 8);
    let freezes: Vec<String> = job.freeze.iter().map(|freeze| freeze.in_words()).collect();
    assert_eq!(
        freezes,
        [
            "from 1 h 30 min before prod-push until it has finished",
            "from nightly-backup until 30 min after it"
        ]
    );
    assert_eq!(job.limits.memory_bytes, Some(512 << 20));
    assert_eq!((job.limits.cpus_milli, job.limits.disk_bytes), (Some(1_500), Some(2 << 30)));
    assert_eq!(
        (job.timeouts.run_s, job.timeouts.queue_s, job.timeouts.silent_s),
        (2_700, Some(600), Some(900))
    );
    assert_eq!(job.retry.on, [RetryOn::TimedOut, RetryOn::Exit(75)]);
    assert_eq!((job.retry.pause_s(2), job.retry.pause_s(3), job.retry.pause_s(9)), (30, 60, 600));
    let permissions = job.permissions.as_ref().expect("there are some");
    assert_eq!(permissions.secrets, Some(Vec::new()));
    assert_eq!(permissions.run.as_ref().expect("some")[0], Subject::Team("licensing".to_owned()));

    let download: Vec<_> = job.stages[0].parts.iter().collect();
    let keys: Vec<&str> = download.iter().map(|part| part.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "download-1214-licences",
            "download-1214-transactions",
            "download-0077-licences",
            "download-0077-transactions",
            "download-0077-feedback",
            "download-9-licences"
        ]
    );
    assert_eq!(download[2].name, "download (vendor 0077, kind licences)");
    assert_eq!(download[2].steps[0].run, "python download.py --vendor 0077 --kind licences");
    assert_eq!(download[2].steps[1].name, "Count");
    assert_eq!(download[2].env["VENDOR"], "0077");
    assert_eq!(download[2].env["RATE"], "0.71", "as it was written");
    assert_eq!(download[2].image.as_deref(), Some("python:3.13-slim"));
    assert_eq!(
        download[2].artifacts.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(),
        ["report", "log", "data-0077-licences"]
    );

    let analyse = &job.stages[1].parts[0];
    assert_eq!(
        (analyse.isolation, analyse.image.as_deref(), analyse.network),
        (Isolation::Bwrap, None, false)
    );
    assert_eq!(analyse.limits.memory_bytes, Some(2 << 30));
    assert_eq!(analyse.limits.pids, Some(256), "the document's");
    assert_eq!((analyse.timeouts.run_s, analyse.timeouts.silent_s), (1_200, Some(900)));
    assert_eq!(analyse.secrets, ["MARKETPLACE_TOKEN", "SMTP_PASSWORD", "MODEL_KEY"]);
    assert_eq!(
        analyse.finally.iter().map(|step| step.name.as_str()).collect::<Vec<_>>(),
        ["rm -rf scratch", "Say goodbye"]
    );
    assert_eq!(
        analyse.retry.on,
        [RetryOn::Failed],
        "a deployment is not done again because its agent was lost"
    );
}

#[test]
fn what_is_stored_is_read_back_and_old_definitions_stay_readable() {
    let job = job(EVERYTHING);
    let stored = serde_json::to_string(&job).expect("it has a JSON form");
    assert_eq!(serde_json::from_str::<super::super::Job>(&stored).expect("it is read"), job);
    let old: super::super::Job =
        serde_json::from_str(r#"{"name":"old","stages":[{"name":"a","parts":[{}]}]}"#).expect("read");
    assert_eq!(old.stages[0].parts[0].timeouts.run_s, 3_600);
}

#[test]
fn each_document_is_a_job_and_anchors_stay_in_theirs() {
    let parsed = parse(
        "name: a\nx-env: &env {A: '1'}\nenv: {<<: *env, B: '2'}\nsteps: [x]\n---\nname: b\nsteps: [y]\n---\nname: c\nstep: [z]\n---\n",
    );
    let names: Vec<&str> = parsed.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(names, ["a", "b"], "the third has an error, and the others are none the worse");
    assert_eq!(parsed.jobs[0].env.keys().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(parsed.jobs[1].line, 6);
    assert_eq!(
        told(&parsed.findings).lines().next(),
        Some("9:1: error: the job does nothing: it has none of steps, jobs, stages")
    );
    let across = parse("name: a\nenv: &env {A: '1'}\nsteps: [x]\n---\nname: b\nenv: *env\nsteps: [y]\n");
    assert_eq!(across.jobs.len(), 1);
}

#[test]
fn merge_keys_take_in_and_own_keys_win() {
    let job = job(
        "name: a\nx-a: &a {A: '1', B: '1'}\nx-b: &b {B: '2', C: '2'}\nenv: {<<: [*a, *b], C: '3'}\nsteps: [x]\n",
    );
    assert_eq!(
        job.env.into_iter().collect::<Vec<_>>(),
        [("A", "1"), ("B", "1"), ("C", "3")].map(|(k, v)| (k.to_owned(), v.to_owned()))
    );
}

#[test]
fn later_stages_get_what_earlier_ones_share_unless_they_say() {
    let job = job(
        "name: a\nstages:\n- {name: one, jobs: [{name: x, steps: [a], artifacts: [{name: app, pattern: dist/**, shared: true}]}]}\n\
         - {name: two, jobs: [{name: y, steps: [b]}, {name: z, steps: [c], uses: []}]}\n",
    );
    assert_eq!(job.stages[1].parts[0].uses, ["app"]);
    assert!(job.stages[1].parts[1].uses.is_empty());
}

#[test]
fn parameters_are_what_the_job_asks_for() {
    let job = job(EVERYTHING);
    let given = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let values =
        job.arguments(&given(&[("month", "2026-10"), ("dry", "yes"), ("rows", " 7 ")])).expect("good");
    assert_eq!(
        values,
        given(&[
            ("month", "2026-10"),
            ("level", "short"),
            ("rows", "7"),
            ("dry", "true"),
            ("note", "nothing")
        ])
    );
    assert_eq!(
        job.arguments(&given(&[
            ("month", "x"),
            ("level", "long"),
            ("rows", "0"),
            ("dry", "maybe"),
            ("other", "1")
        ])),
        Err([
            "month is \"x\" and must match ([0-9]{4}-[0-9]{2})?",
            "level is \"long\" and must be one of short, full",
            "rows is 0 and must be at least 1",
            "dry is \"maybe\" and must be true or false",
            "the job has no parameter other",
        ]
        .map(str::to_owned)
        .to_vec())
    );
}

#[test]
fn agents_are_asked_for_labels() {
    let labels: BTreeMap<String, String> = [("os", "linux"), ("zone", "eu-west"), ("docker", "27")]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .into();
    for (text, is_met) in [
        ("docker", true),
        ("os=linux", true),
        ("zone~^eu-", true),
        ("zone~west$", true),
        ("os=mac", false),
        ("gpu", false),
        ("zone~^us-", false),
    ] {
        let requirement: Requirement = text.parse().expect("it is good");
        assert_eq!(requirement.is_met_by(&labels), is_met, "{text}");
        assert_eq!(requirement.to_string(), text);
    }
    let broken = Requirement { label: "os".to_owned(), test: Test::Matches("(".to_owned()) };
    assert!(!broken.is_met_by(&labels));
    for text in ["", "=x", "a b", "os~("] {
        assert!(text.parse::<Requirement>().is_err(), "{text:?} must be refused");
    }
}
