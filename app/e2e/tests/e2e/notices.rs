//! Who hears how a job went: a real job fails, a real mail arrives with its last lines, and so does the mail that all is well again.

use e2e::hub::{text, told};
use e2e::server::Options;
use e2e::sink::{Mood, Sink};
use e2e::{Database, Hub, Repository, outside};
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

fn job(step: &str) -> String {
    format!(
        "name: nightly\ntitle: Nightly report\nowner: kate@example.com\nsecrets: [TOKEN]\nsteps:\n  - name: analyse\n    run: |\n      {step}\n"
    )
}

const FAILS: &str = "echo \"token is $TOKEN\"; echo 'ValueError: no rows for October'; exit 3";

fn start(database: Database, sink: &Sink, arguments: &[&str]) -> Hub {
    let mut options = Options::on(database)
        .env("SIGNALBOX_MAIL_SERVER", &sink.url())
        .env("SIGNALBOX_MAIL_FROM", "Signalbox <box@example.com>");
    for argument in arguments {
        options = options.arg(argument);
    }
    let hub = Hub::start(options, Repository::with_commits(1));
    let kate = json!({"email": "kate@example.com", "name": "Kate", "role": "member"});
    hub.api.post("/api/v1/users", &kate).expect("Kate is here");
    let body = json!({"value": "correct-horse-battery"}).to_string();
    let headers = [("content-type", "application/json")];
    let set = hub.api.send("PUT", "/api/v1/secrets/workspace/TOKEN", &headers, body.as_bytes());
    set.expect("answered").expect("the secret is set");
    hub
}

/// Commits the job with this step and waits until the server has read it.
fn commit(hub: &Hub, step: &str) {
    let file = job(step);
    std::fs::write(hub.repository.path().join("signalbox.yaml"), &file).expect("written");
    hub.repository.git(&["add", "signalbox.yaml"]);
    hub.repository.git(&[
        "commit",
        "-q",
        "-m",
        "Change the report",
        "--author",
        "Eve <eve@elsewhere.example>",
    ]);
    hub.api.post("/api/v1/repositories/web/fetch", &json!({})).expect("fetched");
    outside::wait_for("the job file to be read", SOON, || {
        let job = hub.api.get("/api/v1/jobs/nightly");
        (job.is_success() && text(&job.json()["source"]).contains(step)).then_some(())
    });
}

fn run(hub: &Hub) -> Value {
    let out = hub.server.command().args(["job", "run", "nightly", "--wait"]).output().expect("started");
    let newest = hub.api.all("/api/v1/runs?job=nightly").into_iter().next();
    newest.unwrap_or_else(|| panic!("it ran: {}", told(&out)))
}

fn mails(sink: &Sink, count: usize) -> Vec<String> {
    outside::wait_for("the mail", SOON, || {
        let mails = sink.mails();
        (mails.len() >= count).then_some(mails)
    })
}

fn header<'a>(mail: &'a str, name: &str) -> &'a str {
    let found = mail.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    found.unwrap_or_else(|| panic!("{name} is among the headers of\n{mail}"))
}

#[test]
fn a_failure_is_mailed_with_its_last_lines_and_so_is_its_end_on_sqlite() {
    is_mailed(Database::Sqlite);
}

#[test]
fn a_failure_is_mailed_with_its_last_lines_and_so_is_its_end_on_postgres() {
    is_mailed(Database::Postgres);
}

fn is_mailed(database: Database) {
    if !database.is_here() {
        return;
    }
    let sink = Sink::start(Mood::Takes);
    let hub = start(database, &sink, &[]);
    commit(&hub, "echo fine");
    assert_eq!(run(&hub)["state"], "succeeded");
    commit(&hub, FAILS);
    let failed = run(&hub);
    let first = mails(&sink, 1).remove(0);
    assert_eq!(header(&first, "To"), "Kate <kate@example.com>");
    assert_eq!(header(&first, "Subject"), "[Signalbox] Nightly report failed: run 2");
    assert_eq!(header(&first, "Auto-Submitted"), "auto-generated");
    let link = format!("{}/runs/{}", hub.server.url(), text(&failed["id"]));
    for said in [
        "Run 2 of Nightly report failed at “analyse”",
        "ValueError: no rows for October",
        "token is ***",
        "since then 1 commit by Eve",
        "You are told because you answer for this job.",
        &link,
    ] {
        assert!(first.contains(said), "{said}\n{first}");
    }
    assert!(!first.contains("correct-horse"), "no secret leaves: {first}");
    // A second failure in a row is no news; that it passes again is.
    run(&hub);
    commit(&hub, "echo fixed");
    assert_eq!(run(&hub)["state"], "succeeded");
    let all = mails(&sink, 2);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(header(&all[1], "Subject"), "[Signalbox] Nightly report passes again: run 4");
    assert_eq!(
        header(&all[1], "References"),
        header(&first, "Message-ID"),
        "mail programs show them together"
    );
    let expected = [
        "inbox job.failed sent",
        "inbox job.recovered sent",
        "mail job.failed sent",
        "mail job.recovered sent",
    ];
    // What a mail server has taken is noted a moment later.
    outside::wait_for("every delivery to be noted, and no other", SOON, || {
        let said =
            |it: &Value| format!("{} {} {}", text(&it["channel"]), text(&it["kind"]), text(&it["state"]));
        let mut told: Vec<String> = hub.api.all("/api/v1/deliveries").iter().map(said).collect();
        told.sort();
        (told == expected).then_some(())
    });
}

#[test]
fn a_server_that_is_killed_before_its_mail_was_taken_sends_it_when_it_is_back() {
    let sink = Sink::start(Mood::Silent);
    let mut hub = start(Database::Sqlite, &sink, &["--test-clock", "2026-11-01T00:00:00Z"]);
    commit(&hub, FAILS);
    run(&hub);
    outside::wait_for("the mail to be written", SOON, || {
        let all = hub.api.all("/api/v1/deliveries?channel=mail");
        (all.len() == 1 && all[0]["state"] == "waiting").then_some(())
    });
    hub.server.kill();
    assert!(sink.mails().is_empty());
    sink.set(Mood::Takes);
    hub.server.start_again();
    // Whoever had it in hand may still be at it, for all that is known, until a minute has passed.
    hub.api.post("/test/clock", &json!({"advance": "2m"})).expect("time moves");
    assert_eq!(mails(&sink, 1).len(), 1);
    outside::wait_for("the delivery to be noted", SOON, || {
        (hub.api.all("/api/v1/deliveries?channel=mail")[0]["state"] == "sent").then_some(())
    });
}

#[test]
fn a_test_mail_shows_whether_mail_arrives_and_every_try_is_kept() {
    let sink = Sink::start(Mood::PutsOff);
    let hub = start(Database::Sqlite, &sink, &["--test-clock", "2026-11-01T00:00:00Z"]);
    let out = hub.server.command().args(["delivery", "test", "kate@example.com"]).output().expect("started");
    assert!(out.status.success(), "{}", told(&out));
    let waiting = outside::wait_for("the first try", SOON, || {
        hub.api.all("/api/v1/deliveries").into_iter().find(|it| it["attempts"] == 1)
    });
    assert_eq!(waiting["state"], "waiting");
    sink.set(Mood::Takes);
    hub.api.post("/test/clock", &json!({"advance": "2m"})).expect("time moves");
    assert!(mails(&sink, 1)[0].contains("Mail from the Signalbox of"));
    let id = text(&waiting["id"]);
    let shown = hub.server.command().args(["delivery", "show", &id]).output().expect("started");
    let said = told(&shown);
    assert!(said.contains("again: 451 come back later") && said.contains("sent: 250 kept"), "{said}");
    let out = hub.server.command().args(["delivery", "test", "kate@example.com\nx@example.com"]).output();
    assert!(!out.expect("started").status.success(), "an address is one address");
}

#[test]
fn without_a_mail_server_nothing_is_lost_and_everybody_says_so() {
    let hub = Hub::start(Options::on(Database::Sqlite), Repository::with_commits(1));
    let kate = json!({"email": "kate@example.com", "name": "Kate", "role": "member"});
    hub.api.post("/api/v1/users", &kate).expect("Kate is here");
    commit(&hub, "exit 1");
    run(&hub);
    let held = outside::wait_for("the mail to be held", SOON, || {
        hub.api.all("/api/v1/deliveries?state=held").into_iter().next()
    });
    assert_eq!(held["sentence"], "No mail server is set");
    let refused = hub.api.post("/api/v1/deliveries/test", &json!({}));
    assert_eq!(refused.status, 409, "{}", refused.text());
    let doctor = hub
        .server
        .command()
        .args(["doctor", "--data"])
        .arg(hub.server.data().path())
        .output()
        .expect("started");
    assert!(told(&doctor).contains("No mail server is set"), "{}", told(&doctor));
}
