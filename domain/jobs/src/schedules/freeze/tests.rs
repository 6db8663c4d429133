//! What freezes promise.

mod laws;

use super::*;
use crate::fixture::{COMMIT, Hub, hub};
use crate::jobs::pause;
use crate::runs::{Ask, State, ask};
use crate::schedules::fires;
use crate::{file, schedules};

const MINUTE: Duration = Duration::from_secs(60);

/// Beta goes out four times an hour, and not from 90 minutes before production does until that has finished.
fn files(beta: &str, prod: &str) -> String {
    format!(
        "name: beta\non: [{{cron: '*/15 * * * *', tz: UTC}}, push, webhook, manual]\nfreeze: [{{from: 90m before prod-push, until: prod-push finished}}]\n{beta}steps: [{{run: x}}]\n---\n\
         name: prod-push\non: [{{cron: '30 17 * * *', tz: UTC}}, manual]\n{prod}steps: [{{run: y}}]\n"
    )
}

async fn decided(hub: &Hub, name: &str, last: usize) -> Vec<String> {
    let job = hub.job(name).await;
    let mut all = fires(&mut hub.by_itself().await, job.id, last).await.expect("read");
    all.reverse();
    all.into_iter()
        .map(|fire| format!("{} {}: {}", &fire.scheduled_at.to_string()[11..16], fire.decision, fire.reason))
        .collect()
}

/// Lets time pass, and does what waits for an agent.
async fn pass(hub: &Hub, agent: &crate::agents::Agent, minutes: u32) {
    let step = if minutes.is_multiple_of(15) { 15 } else { 5 };
    for _ in 0..minutes / step {
        hub.advance(MINUTE * step).await;
        hub.carry_out(agent, "succeeded").await;
    }
}

/// The agents of what goes on are never lost.
async fn never_lost(hub: &Hub) {
    let mut tx = hub.by_itself().await;
    let late = tx.now().plus(Duration::from_secs(86_400));
    tx.run("update attempt set lease_until = $1 where ended_at is null", &db::params![late])
        .await
        .expect("set");
    tx.commit().await.expect("committed");
}

async fn passing(hub: &Hub, who: &people::users::User, pass: Option<Pass>) -> Result<crate::runs::Run> {
    let job = hub.job("beta").await;
    let asked = Ask { commit: COMMIT.to_owned(), trusted: true, pass, ..Ask::default() };
    let mut tx = hub.by(who).await;
    let run = ask(&mut tx, job.id, asked).await?;
    tx.commit().await?;
    Ok(run)
}

fn override_it(reason: &str) -> Option<Pass> {
    Some(Pass { marks: vec!["freeze:prod-push".to_owned()], reason: reason.to_owned() })
}

db::on_both! { hub;
    async fn fires_before_the_other_job_are_skipped_until_it_has_finished(hub) {
        hub.commit(&files("", "")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        pass(&hub, &agent, 15 * 60 + 45).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("15:45 start"));
        // 16:00 is the first instant of the freeze, and frozen.
        pass(&hub, &agent, 15).await;
        assert_eq!(decided(&hub, "beta", 1).await, ["16:00 skip_frozen: frozen until prod-push has finished, which runs at 17:30 (UTC)"]);
        pass(&hub, &agent, 75).await;
        pass(&hub, &agent, 10).await;
        // Production begins at 17:30 and takes an hour.
        hub.advance(MINUTE * 5).await;
        let held = hub.claim(&agent).await.remove(0);
        assert_eq!(hub.runs("prod-push").await.len(), 1);
        never_lost(&hub).await;
        pass(&hub, &agent, 60).await;
        assert_eq!(decided(&hub, "beta", 2).await, [
            "18:15 skip_frozen: frozen until run 1 of prod-push has finished",
            "18:30 skip_frozen: frozen until run 1 of prod-push has finished",
        ]);
        hub.finish(&held, "failed").await.expect("taken in");
        pass(&hub, &agent, 15).await;
        assert_eq!(decided(&hub, "beta", 1).await, ["18:45 start: nothing stood in its way"]);
    }

    async fn what_ends_when_it_begins_or_a_while_after_ends_then(hub) {
        let text = files("", "");
        hub.commit(&text.replace("until: prod-push finished", "until: prod-push")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        pass(&hub, &agent, 17 * 60 + 15).await;
        assert_eq!(decided(&hub, "beta", 1).await, ["17:15 skip_frozen: frozen until 17:30 because prod-push runs at 17:30 (UTC)"]);
        pass(&hub, &agent, 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("17:30 start"));
        hub.commit(&text.replace("until: prod-push finished", "until: 30m after prod-push")).await;
        pass(&hub, &agent, 15).await;
        assert_eq!(decided(&hub, "beta", 1).await, ["17:45 skip_frozen: frozen until 18:00 because run 1 of prod-push began at 17:30 (UTC)"]);
        pass(&hub, &agent, 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("18:00 start"));
        let said = schedules::freeze::now(&mut hub.by_itself().await, &[]).await.expect("read");
        assert_eq!(said, [], "what is frozen around nothing asks for nothing");
    }

    async fn a_pause_or_a_calendar_of_the_other_job_takes_the_window_away(hub) {
        hub.commit(&files("", "")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        pass(&hub, &agent, 16 * 60 + 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("16:15 skip_frozen"));
        let prod = hub.job("prod-push").await;
        let mut tx = hub.by(&hub.bob).await;
        pause(&mut tx, prod.id, None, None).await.expect("paused");
        tx.commit().await.expect("committed");
        pass(&hub, &agent, 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("16:30 start"), "production does not come today");
        let mut tx = hub.by(&hub.bob).await;
        crate::jobs::resume(&mut tx, prod.id).await.expect("resumed");
        tx.commit().await.expect("committed");
        pass(&hub, &agent, 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("16:45 skip_frozen"));
        let closed = files("", "calendars: {closed: {dates: ['2026-11-01']}}\n")
            .replace("'30 17 * * *', tz: UTC", "'30 17 * * *', tz: UTC, calendars: {exclude: closed}");
        hub.commit(&closed).await;
        pass(&hub, &agent, 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("17:00 start"), "the day is in the calendar");
    }

    async fn a_run_that_somebody_started_holds_for_as_long_as_it_is_there(hub) {
        hub.commit(&files("", "")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        pass(&hub, &agent, 60).await;
        hub.run("prod-push").await;
        hub.advance(MINUTE * 15).await;
        let now = decided(&hub, "beta", 1).await;
        assert_eq!(now, ["01:15 skip_frozen: frozen until run 1 of prod-push has finished"]);
        hub.carry_out(&agent, "succeeded").await;
        hub.advance(MINUTE * 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("01:30 start"));
    }

    async fn where_its_policy_has_things_wait_one_waits_and_begins_when_the_freeze_ends(hub) {
        hub.commit(&files("overlap: buffer_one\nconcurrency: hosts\n", "concurrency: hosts\n")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        pass(&hub, &agent, 17 * 60 + 15).await;
        pass(&hub, &agent, 10).await;
        let runs = hub.runs("beta").await;
        let waits = runs.last().expect("one waits").clone();
        assert_eq!(waits.scheduled_at.map(|at| at.to_string()[11..16].to_owned()).as_deref(), Some("16:00"));
        assert_eq!(waits.state, State::Waiting);
        assert_eq!(waits.sentence.as_deref(), Some("Waits: frozen until prod-push has finished, which runs at 17:30 (UTC)"));
        assert!(decided(&hub, "beta", 1).await[0].starts_with("17:15 skip_frozen: "), "one that waits is enough");
        // What waits for production is not in its way, although they share a group.
        hub.advance(MINUTE * 5).await;
        assert_eq!(hub.state(&hub.runs("prod-push").await[0]).await, State::Queued);
        assert_eq!(hub.state(&waits).await, State::Waiting);
        assert_eq!(hub.carry_out(&agent, "failed").await, 1);
        assert_eq!(hub.state(&waits).await, State::Queued, "production is over, however it ended");
    }

    async fn what_waits_begins_at_the_instant_that_the_freeze_ends(hub) {
        let text = files("overlap: buffer_latest\n", "enabled: false\n");
        hub.commit(&text.replace("until: prod-push finished", "until: 30m after prod-push").replace("enabled: false\n", "")).await;
        hub.settle().await;
        hub.place.clock().advance(MINUTE * (16 * 60 + 50));
        hub.settle().await;
        let newest = |all: Vec<crate::runs::Run>| all.into_iter().next_back().expect("one waits");
        hub.advance(MINUTE * 40).await;
        hub.advance(MINUTE * 25).await;
        let waits = newest(hub.runs("beta").await);
        assert_eq!(waits.state, State::Waiting);
        hub.place.clock().advance(MINUTE * 5 - Duration::from_millis(1));
        hub.settle().await;
        assert_eq!(hub.state(&waits).await, State::Waiting, "a millisecond before 18:00");
        hub.place.clock().advance(Duration::from_millis(1));
        hub.settle().await;
        assert_eq!(hub.state(&waits).await, State::Queued);
    }

    async fn people_are_refused_and_may_pass_it_by_its_name_with_a_reason(hub) {
        hub.commit(&files("overlap: buffer_one\npermissions: {run: [everyone], view: [everyone], schedule: [bob@example.com]}\n", "")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        pass(&hub, &agent, 16 * 60 + 15).await;
        let why = "beta is frozen until prod-push has finished, which runs at 17:30 (UTC)";
        let refused = passing(&hub, &hub.bob, None).await.expect_err("refused");
        assert_eq!((refused.code(), refused.message()), ("job.frozen", &*format!("{why}; override freeze:prod-push with a reason to start it all the same")));
        let refused = passing(&hub, &hub.gus, None).await.expect_err("refused");
        assert_eq!(refused.message(), why, "who may not is not told how");
        let refused = passing(&hub, &hub.gus, override_it("Please")).await.expect_err("refused");
        assert_eq!(refused.code(), "right.missing");
        let other = Some(Pass { marks: vec!["freeze:other".to_owned()], reason: "Please".to_owned() });
        assert_eq!(passing(&hub, &hub.bob, other).await.expect_err("refused").code(), "job.frozen");
        assert_eq!(passing(&hub, &hub.bob, override_it("  ")).await.expect_err("refused").code(), "job.override_reason");
        let run = passing(&hub, &hub.bob, override_it("The shop is down")).await.expect("started");
        assert_eq!(hub.state(&run).await, State::Queued, "it does not wait with those that wait for the freeze");
        let mut tx = hub.by_itself().await;
        let entries = journal::read(&mut tx, &journal::Query { verb: Some("run.asked".into()), limit: 500, ..Default::default() }).await.expect("read");
        let last = entries.iter().rfind(|entry| entry.subject == run.subject()).expect("entered");
        assert_eq!(last.data["overrides"], serde_json::json!({"marks": ["freeze:prod-push"], "reason": "The shop is down"}));
    }

    async fn a_repeat_is_what_a_person_asks_for(hub) {
        hub.commit(&files("", "")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        let first = hub.run("beta").await;
        hub.carry_out(&agent, "failed").await;
        pass(&hub, &agent, 16 * 60 + 15).await;
        let mut tx = hub.by(&hub.bob).await;
        let refused = crate::runs::repeat(&mut tx, first.id, false).await.expect_err("refused");
        assert_eq!(refused.code(), "job.frozen");
        let again = crate::runs::repeat_passing(&mut tx, first.id, false, override_it("Fixed")).await.expect("repeated");
        tx.commit().await.expect("committed");
        assert_eq!(hub.state(&again).await, State::Queued);
    }

    async fn a_file_that_names_no_job_or_goes_round_is_refused(hub) {
        let beta = |other: &str| format!("name: beta\nfreeze: {{from: 1h before {other}, until: {other} finished}}\nsteps: x\n");
        hub.commit(&beta("prod-psh")).await;
        let missing = crate::jobs::named(&mut hub.by_itself().await, "beta", Right::View).await;
        assert!(missing.is_err(), "nothing was taken in");
        hub.commit_files(&[("signalbox.yaml", &beta("prod-psh")), ("signalbox/prod.yaml", "name: prod-push\nsteps: y\n")]).await;
        let findings = crate::jobs::store::files_with_findings(&mut hub.by_itself().await).await.expect("read");
        assert_eq!(findings[0].2[0].to_string(), "2:1: error: freeze: there is no job prod-psh to be frozen around (did you mean prod-push?)");
        hub.commit_files(&[("signalbox.yaml", &beta("prod-push")), ("signalbox/prod.yaml", "name: prod-push\nsteps: y\n")]).await;
        let job = hub.job("beta").await;
        assert!(crate::jobs::store::files_with_findings(&mut hub.by_itself().await).await.expect("read").is_empty());
        // The other job turns round: both files are refused, and the jobs stay what they were.
        let round = "name: prod-push\nfreeze: {from: 1h before beta}\nsteps: z\n";
        hub.commit_files(&[("signalbox.yaml", &beta("prod-push")), ("signalbox/prod.yaml", round)]).await;
        let findings = crate::jobs::store::files_with_findings(&mut hub.by_itself().await).await.expect("read");
        let told: Vec<String> = findings.iter().map(|(.., found)| found[0].to_string()).collect();
        assert_eq!(told, [
            "2:1: error: freeze: each is frozen around the next, so none of them would run: beta → prod-push → beta",
            "2:1: error: freeze: each is frozen around the next, so none of them would run: prod-push → beta → prod-push",
        ]);
        assert_eq!(hub.job("beta").await.definition, job.definition);
    }

    async fn a_job_that_went_away_holds_nothing(hub) {
        hub.commit(&files("", "")).await;
        let agent = hub.agent("small", &[]).await;
        hub.settle().await;
        pass(&hub, &agent, 16 * 60).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("16:00 skip_frozen"));
        let alone = files("", "");
        let alone = alone.split("---").next().expect("the first document");
        hub.commit(alone).await;
        pass(&hub, &agent, 15).await;
        assert!(decided(&hub, "beta", 1).await[0].starts_with("16:15 start"));
    }
}

#[test]
fn a_file_says_what_is_wrong_with_its_freezes() {
    let told = |freeze: &str| {
        let text = format!("name: beta\nfreeze: {freeze}\nsteps: x\n");
        file::parse(&text).findings.first().map(|finding| finding.message.clone())
    };
    assert_eq!(told("{from: 90m before prod-push, until: prod-push finished}"), None);
    assert_eq!(told("[{from: prod-push}, {from: 1d before other, until: 2h after other}]"), None);
    for (freeze, message) in [
        ("{from: 90m prod-push}", "won't do: write 90m before prod-push"),
        ("{from: soon before prod-push}", "won't do: write 90m before prod-push"),
        ("{from: prod-push, until: later}", "it begins with prod-push and ends with later"),
        ("{from: prod-push, until: prod-push soon}", "won't do: write prod-push finished"),
        ("{from: prod-push, until: prod-push}", "it ends where it begins"),
        ("{from: beta}", "can't be frozen around its own runs"),
        ("{from: 8d before prod-push}", "at most 7 days"),
        ("{until: prod-push}", "the key from is missing"),
        ("{from: prod-push, to: prod-push}", "there is no key \"to\""),
    ] {
        let found = told(freeze).unwrap_or_default();
        assert!(found.contains(message), "{freeze}: {found}");
    }
    let ring = "name: a\nfreeze: {from: b}\nsteps: x\n---\nname: b\nfreeze: {from: c}\nsteps: x\n---\nname: c\nfreeze: {from: a}\nsteps: x\n---\nname: d\nfreeze: {from: a}\nsteps: x\n";
    let parsed = file::parse(ring);
    assert_eq!(
        parsed.jobs.iter().map(|job| job.name.as_str()).collect::<Vec<_>>(),
        ["d"],
        "who only looks at a ring is in none"
    );
    assert_eq!(
        parsed.findings[0].to_string(),
        "2:1: error: freeze: each is frozen around the next, so none of them would run: a → b → c → a"
    );
    assert_eq!(parsed.findings.len(), 3);
}
