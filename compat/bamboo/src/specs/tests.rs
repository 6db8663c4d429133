//! Imports against their promises.

use super::{Import, Options, Weight, import};
use proptest::prelude::*;

fn options<'a>(zone: Option<&'a str>, includes: &'a dyn Fn(&str) -> Option<String>) -> Options<'a> {
    Options { zone, server: Some("ci_east"), includes, insists: false }
}

fn read(text: &str) -> Import {
    import(text, &options(Some("Australia/Sydney"), &|_| None))
}

fn told(import: &Import) -> String {
    import.notes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn has(import: &Import, note: &str) {
    assert!(
        told(import).lines().any(|line| line.starts_with(note)),
        "wanted: {note}\nfound:\n{}",
        told(import)
    );
}

const REPORT: &str = include_str!("tests/report.yaml");
const DEPLOYMENT: &str = include_str!("tests/deployment.yaml");
const RIGHTS: &str = include_str!("tests/rights.yaml");

#[test]
fn a_plan_becomes_a_job_that_people_can_keep() {
    let import = read(REPORT);
    assert_eq!(import.jobs.len(), 1, "{}", told(&import));
    let found = &import.jobs[0];
    assert_eq!((found.key.as_str(), found.job.name.as_str(), found.line), ("LIC-RENEW", "lic-renew", 1));
    assert_eq!(found.text, include_str!("tests/report.job.yaml"), "{}", found.text);
    assert!(found.job.enabled, "everything in it could be translated:\n{}", told(&import));
    assert!(!import.needs_zone);
    for note in [
        "8: changed: the repository is the one that holds the job file",
        "10: ignored: a job has one repository",
        "13: changed: polling becomes a push",
        "20: changed: db.password is a secret: set the secret BAMBOO_DB_PASSWORD",
        "24: ignored: buildExpiryConfig of other has no counterpart",
        "49: changed: bamboo.unheard.of is used and not set here",
        "62: ignored: test results are not read",
        "92: changed: the artifact is where its pattern found it",
        "100: ignored: the event job-hung has no counterpart",
        "106: changed: say `after:` with this job's name in the job lic-mail",
        "108: ignored: plan branches",
    ] {
        has(&import, note);
    }
}

#[test]
fn environments_become_jobs_that_deploy() {
    let import = read(DEPLOYMENT);
    let jobs: Vec<_> = import
        .jobs
        .iter()
        .map(|found| (found.job.name.as_str(), found.job.deploy.as_deref(), found.job.enabled))
        .collect();
    assert_eq!(
        jobs,
        [("shop-qa", Some("qa"), true), ("shop-prod", Some("prod"), false)],
        "{}",
        told(&import)
    );
    assert!(
        import.jobs[0].text.contains("on:\n  - after: lab-shop\n  - manual\n"),
        "{}",
        import.jobs[0].text
    );
    assert!(
        import.jobs[1].text.contains(
            "  - after: shop-qa\n  - cron: \"0 0 6 ? * 2-6\"\n    dialect: quartz\n    tz: Australia/Sydney\n"
        ),
        "{}",
        import.jobs[1].text
    );
    has(&import, "4: ignored: releases have no names here");
    has(&import, "18: unsupported: a deployment has the commit and not the artifacts of the plan");
    has(&import, "13: unsupported: a deployment needs no approval here");
}

#[test]
fn permissions_go_into_the_jobs_of_the_same_import() {
    let import = read(&format!("{REPORT}---\n{DEPLOYMENT}---\n{RIGHTS}"));
    let text = |key: &str| {
        import.jobs.iter().find(|found| found.job.name == key).map(|found| found.text.clone()).expect(key)
    };
    assert!(
        text("lic-renew").contains(
            "  log:\n    - \"user:kate\"\n    - \"team:licensing\"\n    - members\n    - everyone\n"
        ),
        "{}",
        text("lic-renew")
    );
    assert!(text("lic-renew").contains("  run:\n    - \"user:kate\"\n    - \"team:licensing\"\n"));
    assert!(text("shop-qa").contains("  run:\n    - \"team:developers\"\n"), "{}", text("shop-qa"));
    assert!(text("shop-prod").contains("  run:\n    - \"user:greg\"\n"));
    has(&import, "142: changed: nobody sees anything without signing in");
}

#[test]
fn what_cannot_be_translated_is_listed_and_left_switched_off() {
    let plan = |rest: &str| {
        format!(
            "version: 2\nplan: {{project-key: A, key: B, name: C}}\ntriggers: []\nstages: [S: [J]]\nJ:\n  tasks: [script: x]\n{rest}"
        )
    };
    for (rest, note) in [
        (
            "docker: {image: a, volumes: {/srv: /srv}}",
            "7: unsupported: volumes of the machine are not mounted here",
        ),
        (
            "docker: {image: a, docker-run-arguments: [--net=host]}",
            "7: unsupported: arguments of docker run can't be given here",
        ),
        ("docker: '${bamboo.image}'", "7: unsupported: the image is no plain name"),
        (
            "K: {tasks: [{any-task: {plugin-key: x}}]}\nstages: [S: [K]]",
            "7: unsupported: the task any-task can't be translated",
        ),
        ("K: {tasks: [vcs-push]}\nstages: [S: [K]]", "7: unsupported: the task vcs-push can't be translated"),
        (
            "K: {tasks: [{script: {scripts: [dir], interpreter: cmd}}]}\nstages: [S: [K]]",
            "7: unsupported: cmd is not a shell",
        ),
        (
            "K: {tasks: [{checkout: {repository: other, path: x}}]}\nstages: [S: [K]]",
            "7: unsupported: the task checkout of other into x",
        ),
        (
            "K: {artifacts: [{name: a, pattern: ../x}], tasks: [{script: x}]}\nstages: [S: [K]]",
            "7: unsupported: the artifact is not below",
        ),
        ("stages: [S: [Z]]", "7: unsupported: there is no job \"Z\""),
        ("stages: [S: {final: true, jobs: [J]}]", "7: unsupported: a final stage runs after failures too"),
        (
            "triggers: [{cron: 0 0 0 30 2 ?}]",
            "7: unsupported: the schedule \"0 0 0 30 2 ?\" can't be used: it never comes",
        ),
        (
            "triggers: [{cron: 0 0 12 1 * MON}]",
            "7: unsupported: the schedule \"0 0 12 1 * MON\" can't be used: day \"1\" and weekday \"MON\"",
        ),
        (
            "triggers: [{after-deployment: {deployment-project: X}}]",
            "7: unsupported: the trigger after-deployment can't be translated",
        ),
        (
            "triggers: [{polling: {period: 60, conditions: [{green-plan: [A-B]}]}}]",
            "7: unsupported: conditions of a trigger",
        ),
    ] {
        // A key that is given again replaces the one before it.
        let again = rest
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, _)| key)
            .filter(|key| ["stages", "triggers"].contains(key));
        let mut text = plan(rest);
        for key in again {
            let first = text
                .lines()
                .find(|line| line.starts_with(&format!("{key}:")))
                .expect("it is there")
                .to_owned();
            text = text.replacen(&first, &format!("x-{key}: 1"), 1);
        }
        let import = read(&text);
        let line_and_rest = note.split_once(": ").expect("a line");
        assert!(
            import.notes.iter().any(|note| format!("{note}")
                .split_once(": ")
                .is_some_and(|(_, rest)| rest.starts_with(line_and_rest.1))),
            "{text}\nwanted: {note}\nfound:\n{}",
            told(&import)
        );
        let made = import.jobs.first().unwrap_or_else(|| panic!("{text}\nno job:\n{}", told(&import)));
        assert!(!made.job.enabled, "{text}");
        assert!(made.text.contains("enabled: false\n"));
        let insisted = super::import(&text, &Options { insists: true, ..options(None, &|_| None) });
        assert!(insisted.jobs[0].job.enabled, "somebody insisted");
    }
}

#[test]
fn the_zone_of_the_server_is_asked_for() {
    let text = "version: 2\nplan: {project-key: A, key: B, name: C}\ntriggers: [{cron: 0 0 6 ? * 2}]\nstages: [S: [J]]\nJ: {tasks: [{script: x}]}\n";
    let unknown = import(text, &options(None, &|_| None));
    assert!(unknown.needs_zone && !unknown.jobs[0].job.enabled);
    has(&unknown, "3: unsupported: the schedule is in the time of Bamboo's server");
    let known = read(text);
    assert!(!known.needs_zone && known.jobs[0].job.enabled);
    let (_, cron) = known.jobs[0].job.schedules().next().expect("a schedule");
    let schedule = jobs::cron::Schedule::of(&known.jobs[0].job, cron).expect("it is good");
    assert_eq!(schedule.in_words(), "at 06:00 on Monday, Australia/Sydney");
    let wrong = import(text, &options(Some("Mars/Olympus"), &|_| None));
    assert!(wrong.needs_zone, "a zone that does not exist is none");
}

#[test]
fn files_include_each_other_and_nothing_else() {
    let files = |name: &str| -> Option<String> {
        Some(match name {
            "plan.yaml" => "version: 2\nplan: {project-key: A, key: B, name: C}\ntriggers: []\nstages: [S: [J]]\nJ: !include job.yml\n".to_owned(),
            "job.yml" => "tasks:\n  - script: x\n  - vcs-push\n".to_owned(),
            "round.yaml" => "!include round.yaml\n".to_owned(),
            _ => return None,
        })
    };
    let import = super::import("!include plan.yaml\n", &options(None, &files));
    assert_eq!(import.jobs.len(), 1, "{}", told(&import));
    assert_eq!(
        told(&import).lines().last(),
        Some("job.yml:3: unsupported: the task vcs-push can't be translated")
    );
    for (name, reason) in [
        ("../secrets.yaml", "can't be included"),
        ("/etc/passwd", "can't be included"),
        ("a/../../b.yaml", "can't be included"),
        ("script.sh", "can't be included"),
        ("absent.yaml", "there is no such file"),
        ("round.yaml", "do files include each other?"),
    ] {
        let import = super::import(&format!("!include {name}\n"), &options(None, &files));
        assert!(told(&import).contains(reason), "{name}: {}", told(&import));
        assert_eq!(import.notes[0].weight, Weight::Wrong);
    }
}

#[test]
fn documents_for_another_server_and_of_another_version_are_left_out() {
    let plan = "plan: {project-key: A, key: B, name: C}\nstages: [S: [J]]\nJ: {tasks: [{script: x}]}\n";
    assert!(read(&format!("version: 2\nserver-name: ci_west.*\n{plan}")).jobs.is_empty());
    assert_eq!(read(&format!("version: 2\nserver-name: ci_.*\n{plan}")).jobs.len(), 1);
    for text in [
        plan.to_owned(),
        format!("version: 1\n{plan}"),
        "version: 2\nproject: {key: A}\n".to_owned(),
        "- a\n".to_owned(),
    ] {
        let import = read(&text);
        assert!(import.jobs.is_empty());
        assert!(import.notes.iter().any(|note| note.weight == Weight::Wrong), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A good file with a piece cut out, doubled or put elsewhere: it is answered, and whatever comes out can be used.
    #[test]
    fn a_damaged_file_is_answered(from in 0usize..5_000, length in 0usize..200, to in 0usize..5_000, extra in ".{0,3}") {
        let whole = format!("{REPORT}---\n{DEPLOYMENT}---\n{RIGHTS}");
        let chars: Vec<char> = whole.chars().collect();
        let (from, to) = (from.min(chars.len()), to.min(chars.len()));
        let mut text: String = chars[..to].iter().collect();
        text.extend(&chars[from..(from + length).min(chars.len())]);
        text.push_str(&extra);
        text.extend(&chars[to..]);
        let import = read(&text);
        for found in &import.jobs {
            prop_assert!(jobs::file::parse(&found.text).is_good());
        }
        prop_assert!(!import.jobs.is_empty() || !import.notes.is_empty());
    }

    /// Every text that is written is read back as it was.
    #[test]
    fn whatever_is_written_is_read_back(texts in proptest::collection::vec("[ -~\n\té☃]{0,40}|[a-z]{1,6}|yes|1e3|- a|#", 1..5)) {
        use super::emit::{Out, document};
        let list = Out::Map(vec![("a b".to_owned(), Out::List(texts.iter().cloned().map(Out::Text).collect()))]);
        let text = document(&list);
        let (read, problems) = jobs::file::yaml::read(&text);
        prop_assert!(problems.is_empty(), "{:?}\n{}", problems, text);
        let back: Vec<_> = read[0].get("a b").expect("it is there").items().iter().map(|item| item.to_json()).collect();
        prop_assert_eq!(back, texts.iter().map(|text| text.clone().into()).collect::<Vec<serde_json::Value>>(), "{}", text);
    }
}
