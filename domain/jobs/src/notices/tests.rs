//! What notices promise.

use super::*;
use crate::attempts::testing::Held;
use crate::fixture::{COMMIT, Hub, hub};
use crate::runs::Ask;
use crate::secrets::{self, Scope};
use ::people::users::User;
use base::Secret;
use notify::Message;
use notify::deliveries::{self, Delivery, Filter};
use std::process::Command;
use std::time::Duration;

const OWNED: &str =
    "name: nightly\ntitle: Nightly\nowner: bob@example.com\nsteps: [{name: analyse, run: x}]\n";

impl Hub {
    /// What is told so far: who, by which channel, of what. Oldest first.
    async fn told(&self) -> Vec<String> {
        let said = |it: Delivery| format!("{} {} {}", it.recipient, it.channel, it.kind);
        self.deliveries().await.into_iter().map(said).collect()
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        self.settle().await;
        let filter = Filter { limit: 100, ..Filter::default() };
        let mut all = deliveries::list(&mut self.by(&self.ann).await, &filter).await.expect("listed");
        all.reverse();
        all
    }

    /// What the newest delivery to somebody says.
    async fn message(&self, to: &str) -> Message {
        let all = self.deliveries().await;
        let found = all.iter().rev().find(|it| it.recipient == to).expect("they were told");
        deliveries::details(&mut self.by(&self.ann).await, found.id).await.expect("there").1
    }

    /// Runs a job, prints and ends it like this.
    async fn goes(&self, job: &str, printed: &str, outcome: &str) -> Run {
        let run = self.run(job).await;
        self.end(printed, outcome).await;
        run
    }

    async fn end(&self, printed: &str, outcome: &str) {
        let agent = self.agent(&base::random::word::<8>(), &[]).await;
        for held in self.claim(&agent).await {
            let mut tx = self.by_itself().await;
            let printed = format!("::step::{{\"index\":0,\"name\":\"analyse\"}}\n{printed}");
            held.print(&mut tx, 0, printed.as_bytes()).await.expect("taken");
            held.finish_with(&mut tx, outcome, printed.len() as i64, &[]).await.expect("ended");
            tx.commit().await.expect("committed");
        }
    }

    /// Half a minute passes, and the agent that has this says that it lives.
    async fn half_a_minute_of(&self, held: &Held) {
        self.advance(Duration::from_secs(30)).await;
        let mut tx = self.by_itself().await;
        held.renew(&mut tx).await.expect("renewed");
        tx.commit().await.expect("committed");
    }

    async fn hears(&self, user: &User, job: &str, hears: Hears) {
        let job = self.job(job).await;
        let mut tx = self.by(user).await;
        set_hears(&mut tx, job.id, hears).await.expect("set");
        assert_eq!(super::hears(&mut tx, job.id).await.expect("looked"), hears);
        tx.commit().await.expect("committed");
    }

    /// Makes commits in the mirror, one after the other; returns their ids.
    fn commits(&self, all: &[(&str, &str)]) -> Vec<String> {
        let dir = self.place.folder().join(format!("data/repositories/{}.git", self.repository.id));
        let git = |arguments: &[&str], author: &str, email: &str| {
            let out = Command::new("git")
                .arg("-C")
                .arg(&dir)
                .args(arguments)
                .env("GIT_AUTHOR_NAME", author)
                .env("GIT_AUTHOR_EMAIL", email)
                .env("GIT_COMMITTER_NAME", "x")
                .env("GIT_COMMITTER_EMAIL", "x@example.com")
                .output()
                .expect("git runs");
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
            String::from_utf8_lossy(&out.stdout).trim().to_owned()
        };
        std::fs::create_dir_all(&dir).expect("a folder");
        git(&["init", "-q", "--bare", "."], "x", "x");
        let tree = git(&["hash-object", "-t", "tree", "-w", "/dev/null"], "x", "x");
        let mut made: Vec<String> = Vec::new();
        for (at, (author, email)) in all.iter().enumerate() {
            let title = format!("Change {at}");
            let mut arguments = vec!["commit-tree", tree.as_str(), "-m", title.as_str()];
            if let Some(last) = made.last() {
                arguments.extend(["-p", last.as_str()]);
            }
            made.push(git(&arguments, author, email));
        }
        made
    }

    async fn run_of(&self, job: &str, commit: &str, reference: Option<&str>) -> Run {
        let job = self.job(job).await;
        let reference = reference.map(str::to_owned);
        let trusted = reference.is_none();
        let ask = Ask { commit: commit.to_owned(), trusted, reference, ..Ask::default() };
        let mut tx = self.by(&self.bob).await;
        let run = runs::ask(&mut tx, job.id, ask).await.expect("started");
        tx.commit().await.expect("committed");
        run
    }
}

db::on_both! { hub;
    async fn a_failure_is_told_once_and_so_is_its_end(hub) {
        hub.commit(OWNED).await;
        hub.goes("nightly", "fine\n", "succeeded").await;
        assert!(hub.told().await.is_empty(), "nobody wants to hear that all is well");
        hub.goes("nightly", "\u{1b}[31mTraceback\u{1b}[0m\nValueError: no rows\n", "failed 3").await;
        let failed = ["bob mail job.failed", "bob inbox job.failed"];
        assert_eq!(hub.told().await, failed);
        let message = hub.message("bob").await;
        assert_eq!(message.title, "Nightly failed: run 2");
        assert_eq!(message.sentence, "Run 2 of Nightly failed. A step ended with exit code 3.");
        assert_eq!(message.blocks[0].lines, ["Traceback", "ValueError: no rows"]);
        assert_eq!(message.notes[..2], ["You are told because you answer for this job.", "Nobody else is told."]);
        assert!(message.path.starts_with("/runs/") && message.stop_path.as_deref() == Some("/jobs/nightly"));
        let since = message.facts.iter().find(|fact| fact.name == "Since").expect("said");
        assert!(since.value.starts_with("Run 1 passed at 1111111"), "{since:?}");

        hub.goes("nightly", "again\n", "failed 3").await;
        assert_eq!(hub.told().await, failed, "the second failure in a row is no news");
        hub.goes("nightly", "fine\n", "succeeded").await;
        assert_eq!(hub.told().await[2..], ["bob mail job.recovered", "bob inbox job.recovered"]);
        let message = hub.message("bob").await;
        assert_eq!(message.title, "Nightly passes again: run 4");
        assert_eq!(message.sentence, "Run 4 of Nightly passes again, after 2 failures in a row.");
        hub.goes("nightly", "fine\n", "succeeded").await;
        assert_eq!(hub.told().await.len(), 4);
        hub.goes("nightly", "new\n", "failed 1").await;
        assert_eq!(hub.told().await.len(), 6, "a new failure is news");
    }

    async fn the_file_says_how_often_and_after_how_many(hub) {
        let notify = "notify: [{on: failed, to: owner, always: true}, {on: [failed, recovered], to: ops@example.org, after_failures: 3}]\n";
        hub.commit(&format!("{OWNED}{notify}")).await;
        for _ in 0..2 {
            hub.goes("nightly", "x\n", "failed").await;
        }
        assert_eq!(hub.told().await, ["bob mail job.failed", "bob inbox job.failed", "bob mail job.failed", "bob inbox job.failed"]);
        hub.goes("nightly", "x\n", "succeeded").await;
        assert_eq!(hub.told().await.len(), 4, "who was not told of the failures does not hear of their end");
        for _ in 0..4 {
            hub.goes("nightly", "x\n", "failed").await;
        }
        hub.goes("nightly", "x\n", "succeeded").await;
        let told = hub.told().await;
        let ops: Vec<&String> = told.iter().filter(|said| said.starts_with("ops")).collect();
        assert_eq!(ops, ["ops@example.org mail job.failed", "ops@example.org mail job.recovered"]);
        let message = hub.message("ops@example.org").await;
        assert!(message.stop_path.is_none() && message.notes.iter().any(|note| note.contains("signalbox.yaml")), "{message:?}");
    }

    async fn who_may_not_read_what_it_prints_gets_no_lines_and_who_may_not_see_it_hears_nothing(hub) {
        let notify = "notify: [{on: failed, to: [ann@example.com, bob@example.com, gus@example.com, ops@example.org]}]\n";
        hub.commit(&format!("{OWNED}{notify}permissions: {{view: [members], log: [ann@example.com]}}\n")).await;
        hub.goes("nightly", "customer data\n", "failed 3").await;
        let told = hub.told().await;
        assert!(!told.iter().any(|said| said.starts_with("gus")), "{told:?}");
        for (who, reads) in [("ann@example.com", true), ("bob", false), ("ops@example.org", false)] {
            let who = if who == "ann@example.com" { hub.ann.name.as_str() } else { who };
            let message = hub.message(who).await;
            let text = serde_json::to_string(&message).expect("JSON");
            assert_eq!(text.contains("customer data"), reads, "{who}: {text}");
        }
        let strangers = hub.message("ops@example.org").await;
        let text = serde_json::to_string(&strangers).expect("JSON");
        assert!(!text.contains("bob") && strangers.notes.iter().any(|note| note == "Also told: 2 others."), "{text}");
    }

    async fn who_watches_hears_and_who_muted_does_not(hub) {
        hub.commit(&format!("{OWNED}notify: [{{on: succeeded, to: owner}}]\n")).await;
        hub.hears(&hub.ann, "nightly", Hears::Watches).await;
        hub.goes("nightly", "x\n", "failed").await;
        let ann = hub.ann.name.clone();
        assert_eq!(hub.told().await, [format!("{ann} mail job.failed"), format!("{ann} inbox job.failed")]);
        hub.hears(&hub.ann, "nightly", Hears::Muted).await;
        hub.hears(&hub.bob, "nightly", Hears::Muted).await;
        hub.goes("nightly", "x\n", "succeeded").await;
        assert_eq!(hub.told().await.len(), 2, "not even the end of what they heard of");
        hub.hears(&hub.bob, "nightly", Hears::AsItsFileSays).await;
        hub.goes("nightly", "x\n", "succeeded").await;
        assert_eq!(hub.told().await[2..], ["bob mail job.succeeded", "bob inbox job.succeeded"]);
        assert_eq!(hub.verbs(&["job.muted", "job.unmuted", "job.watched"]).await, ["job.watched", "job.muted", "job.muted", "job.unmuted"]);
    }

    async fn committers_of_the_range_are_told_and_strangers_are_not(hub) {
        let commits = hub.commits(&[("Gus", "gus@example.com"), ("Bob B.", "BOB@example.com"), ("Eve", "eve@elsewhere.example"), ("Bob", "bob@example.com")]);
        hub.commit("name: nightly\ntitle: Nightly\nsteps: [{run: x}]\n").await;
        hub.run_of("nightly", &commits[0], None).await;
        hub.end("x\n", "succeeded").await;
        hub.run_of("nightly", &commits[3], None).await;
        hub.end("x\n", "failed").await;
        assert_eq!(hub.told().await, ["bob mail job.failed", "bob inbox job.failed"]);
        let message = hub.message("bob").await;
        let since = message.facts.iter().find(|fact| fact.name == "Since").expect("said");
        assert!(since.value.ends_with("since then 3 commits by Bob, Eve and Bob B.") || since.value.ends_with("since then 3 commits by Bob and Eve"), "{since:?}");
        assert_eq!(message.blocks[0].lines.len(), 3);
        assert!(message.blocks[0].lines[0].ends_with("Change 3 (Bob)"), "{:?}", message.blocks[0]);
        hub.run_of("nightly", &commits[0], None).await;
        hub.end("x\n", "succeeded").await;
        assert_eq!(hub.told().await.len(), 2, "a step back has no committers");
    }

    async fn a_team_can_answer_for_a_job(hub) {
        let mut tx = hub.by(&hub.ann).await;
        let team = ::people::teams::create(&mut tx, "Licensing", "").await.expect("made");
        ::people::teams::add(&mut tx, team.id, hub.bob.id).await.expect("added");
        tx.commit().await.expect("committed");
        for owner in ["team:licensing", "Licensing", "user:bob", "BOB@example.com"] {
            hub.commit(&format!("name: nightly\ntitle: Nightly\nowner: {owner}\nsteps: [{{run: x}}]\n")).await;
            let before = hub.told().await.len();
            hub.goes("nightly", "x\n", "failed").await;
            assert!(hub.told().await[before..].contains(&"bob mail job.failed".to_owned()), "{owner}");
            hub.goes("nightly", "x\n", "succeeded").await;
        }
    }

    async fn branches_are_lines_of_their_own_and_cannot_have_others_told(hub) {
        hub.commit(OWNED).await;
        hub.run_of("nightly", COMMIT, Some("refs/heads/try")).await;
        hub.end("x\n", "failed").await;
        hub.goes("nightly", "x\n", "succeeded").await;
        assert_eq!(hub.told().await, ["bob mail job.failed", "bob inbox job.failed"], "the default branch never failed");
        hub.goes("nightly", "x\n", "failed").await;
        assert_eq!(hub.told().await.len(), 4, "its failure is another one");
    }

    async fn lost_is_told_like_failed_and_cancelled_is_not(hub) {
        hub.commit(OWNED).await;
        let run = hub.run("nightly").await;
        let mut tx = hub.by(&hub.bob).await;
        runs::cancel(&mut tx, run.id, None).await.expect("cancelled");
        tx.commit().await.expect("committed");
        assert!(hub.told().await.is_empty());
        hub.run("nightly").await;
        let agent = hub.agent("small", &[]).await;
        assert_eq!(hub.claim(&agent).await.len(), 1);
        hub.advance(Duration::from_secs(90)).await;
        assert_eq!(hub.told().await, ["bob mail job.lost", "bob inbox job.lost"]);
        hub.commit(&format!("{OWNED}agent: [gpu]\n")).await;
        hub.run("nightly").await;
        hub.advance(Duration::from_secs(31)).await;
        assert_eq!(hub.told().await[2..], ["bob mail job.no_agent_fits", "bob inbox job.no_agent_fits"]);
    }

    async fn the_address_of_a_webhook_can_be_a_secret_and_stays_one(hub) {
        hub.commit(&format!("{OWNED}notify: [{{on: failed, to: [{{webhook: CHAT_HOOK}}, {{webhook: 'https://hooks.example.org/a/b?token=t'}}]}}]\n")).await;
        let mut tx = hub.by(&hub.ann).await;
        secrets::set(&mut tx, &hub.sealing, &Scope::Workspace, "CHAT_HOOK", &Secret::new("https://chat.example.org/T0K3N"), false).await.expect("set");
        tx.commit().await.expect("committed");
        hub.goes("nightly", "x\n", "failed").await;
        assert_eq!(hub.told().await, ["CHAT_HOOK webhook job.failed", "hooks.example.org webhook job.failed"]);
        let all = hub.deliveries().await;
        assert!(!format!("{all:?}").contains("T0K3N"));
        let message = hub.message("CHAT_HOOK").await;
        assert!(!serde_json::to_string(&message).expect("JSON").contains("x\\n"), "a webhook gets no lines");
        assert_eq!((&message.data["run"]["state"], &message.data["failures_in_a_row"]), (&"failed".into(), &1.into()));
        assert_eq!(hub.verbs(&["secret.given"]).await.len(), 1, "its use is audited");
    }

    async fn a_fire_that_starts_nothing_is_told_to_who_asked_for_that(hub) {
        let on = "on: [{cron: '*/5 * * * *', tz: UTC, overlap: skip}]\n";
        hub.commit(&format!("{OWNED}{on}notify: [{{on: skipped, to: owner}}]\n")).await;
        hub.advance(Duration::from_secs(300)).await;
        assert!(hub.told().await.is_empty(), "it started one");
        hub.advance(Duration::from_secs(300)).await;
        assert_eq!(hub.told().await, ["bob mail job.fire_skipped", "bob inbox job.fire_skipped"]);
        let message = hub.message("bob").await;
        assert!(message.sentence.starts_with("Nightly was not started for Sun 1 Nov 2026 00:10 UTC."), "{}", message.sentence);
    }

    async fn a_run_that_takes_much_longer_than_usual_is_told_once_while_it_runs(hub) {
        hub.commit(&format!("{OWNED}timeout: {{run: 5h}}\nnotify: [{{on: slow, to: owner}}]\n")).await;
        let agent = hub.agent("small", &[]).await;
        for _ in 0..3 {
            hub.run("nightly").await;
            let held = hub.claim(&agent).await.remove(0);
            for _ in 0..10 {
                hub.half_a_minute_of(&held).await;
            }
            hub.finish(&held, "succeeded").await.expect("ended");
        }
        hub.run("nightly").await;
        let held = hub.claim(&agent).await.remove(0);
        for half_minutes in 1..=40 {
            hub.half_a_minute_of(&held).await;
            let told = if half_minutes < 30 { 0 } else { 2 };
            assert_eq!(hub.told().await.len(), told, "after {half_minutes} half minutes, where 10 are usual");
        }
        assert_eq!(hub.told().await, ["bob mail job.slow", "bob inbox job.slow"]);
        let message = hub.message("bob").await;
        assert_eq!(message.sentence, "Run 4 of Nightly takes much longer than usual.");
        assert!(message.facts.iter().any(|fact| fact.name == "Usually takes" && fact.value.starts_with('5')), "{:?}", message.facts);
    }

    async fn done_twice_nobody_is_told_twice(hub) {
        hub.commit(OWNED).await;
        let run = hub.goes("nightly", "x\n", "failed").await;
        assert_eq!(hub.told().await.len(), 2);
        let mut tx = hub.by_itself().await;
        chores::enqueue(&mut tx, TELL, json!(Task { run: run.id, event: Event::Ended(State::Failed) })).await.expect("enqueued");
        tx.commit().await.expect("committed");
        assert_eq!(hub.told().await.len(), 2);
    }
}

#[test]
fn a_title_that_would_be_two_lines_is_refused() {
    let parsed =
        crate::file::parse("name: nightly\ntitle: \"x\\r\\nBcc: all@example.com\"\nsteps: [{run: x}]\n");
    assert!(!parsed.is_good(), "{:?}", parsed.jobs);
}
