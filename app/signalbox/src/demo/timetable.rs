//! What happens, and how often: commits, deployments to beta, deployments to production, and the lock in between.

use crate::cli::print_line;
use crate::client::{Failure, segment};
use crate::demo::people::Cast;
use crate::demo::source;
use crate::demo::stage::{Place, is_set};
use crate::deploy::{exit, words};
use base::Clock;
use serde_json::Value;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Between commits.
const COMMITS: Duration = Duration::from_secs(5);
/// Between deployments to beta: the quarter of an hour of the story.
const BETA: Duration = Duration::from_secs(6);
/// Between deployments to production: twice a day in the story.
const PRODUCTION: Duration = Duration::from_secs(10);
/// Before the first of them.
const PRODUCTION_FIRST: Duration = Duration::from_secs(5);
/// How many deployments production gets between two locks.
const BETWEEN_LOCKS: u32 = 4;

/// What the loops share.
pub struct Scene {
    /// Where things are.
    pub place: Arc<Place>,
    /// Who acts.
    pub cast: Cast,
    /// Becomes true at the end.
    pub stopped: watch::Receiver<bool>,
    /// When somebody of the demonstration releases the lock, if ever.
    pub release_after: Option<Duration>,
}

impl Scene {
    /// Waits; false when the demonstration ends first.
    pub async fn pause(&self, length: Duration) -> bool {
        let (mut stopped, mut ended) = (self.stopped.clone(), self.place.stop.subscribe());
        tokio::select! {
            () = tokio::time::sleep(length) => true,
            () = is_set(&mut stopped) => false,
            () = is_set(&mut ended) => false,
        }
    }

    /// Runs `signalbox deploy` as the bastion's crontab would; returns its report, or nothing when the demonstration ends.
    async fn deploy(&self, environment: &str, what: &[&str]) -> Result<Option<Value>, Failure> {
        self.deploy_by(self.cast.bastion(), environment, what).await
    }

    /// The same by somebody's hand.
    async fn deploy_by(
        &self,
        token: &str,
        environment: &str,
        what: &[&str],
    ) -> Result<Option<Value>, Failure> {
        let place = &self.place;
        let report = place.path(format!("results/{environment}.json"));
        let mut command = place.signalbox(token);
        command
            .args(["deploy", "--env", environment, "--quiet", "--no-output", "--finish-timeout", "5s"])
            .arg("--result-file")
            .arg(&report)
            .args(what)
            .args(["--", "./deploy.sh"])
            .env("SHOP", place.path("shop.git"))
            .env("CLUSTERS", place.path("clusters"))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if place.run(command).await?.is_none() {
            return Ok(None);
        }
        let text =
            std::fs::read(&report).map_err(|e| Failure::Ended(1, format!("no result was written: {e}")))?;
        let report =
            serde_json::from_slice(&text).map_err(|e| Failure::Ended(1, format!("no result: {e}")))?;
        Ok(Some(report))
    }
}

/// Somebody commits something every few seconds.
pub async fn commits(scene: Arc<Scene>) -> Result<(), Failure> {
    let mut n = 0;
    while scene.pause(COMMITS).await {
        let (id, title, author) = source::change(&scene.place, &scene.cast.tasks, n).await?;
        tell("commit", &format!("{id} \"{title}\" by {author}"));
        n += 1;
    }
    Ok(())
}

/// Beta gets the tip of the main branch in every slot.
pub async fn beta(scene: Arc<Scene>) -> Result<(), Failure> {
    loop {
        let slot = format!("{}s", BETA.as_secs());
        match scene.deploy("beta", &["--ref", "main", "--slot", &slot]).await? {
            Some(report) => tell("beta", &outcome(&report)),
            None => return Ok(()),
        }
        if !scene.pause(BETA).await {
            return Ok(());
        }
    }
}

/// Production gets what beta has, unless it is locked. After a few deployments it turns out that the last one broke something: Ben
/// rolls it back and locks production until that is understood.
pub async fn production(scene: Arc<Scene>) -> Result<(), Failure> {
    let client = &scene.cast.of("bastion").client;
    // The first lock comes early: whoever looks for a minute should see one.
    let mut until_lock = 2;
    let mut lock: Option<String> = None;
    let mut pause = PRODUCTION_FIRST;
    while scene.pause(pause).await {
        pause = PRODUCTION;
        let beta = client.get("environments/beta", &[]).await?;
        let Some(commit) = beta["deployed"]["commit"].as_str() else { continue };
        let before = client.get("environments/production", &[]).await?["deployed"]["commit"].clone();
        let Some(report) = scene.deploy("production", &["--commit", commit]).await? else { return Ok(()) };
        if report["exit_code"] == exit::BLOCKED {
            let why = scene.place.call(scene.cast.bastion(), &["why", "production"]).await?;
            tell("production", &format!("not deployed. {}", why.lines().next().unwrap_or_default()));
            continue;
        }
        tell("production", &outcome(&report));
        if report["exit_code"] != 0 {
            continue;
        }
        if lock.take().is_some() {
            tell("production", "the lock is gone, so this one passed");
            until_lock = BETWEEN_LOCKS;
        }
        until_lock -= 1;
        if until_lock == 0 {
            if let Some(back) = before.as_str().filter(|back| *back != commit) {
                let what = ["--commit", back, "--kind", "rollback"];
                let ben = &scene.cast.of("ben").token;
                let Some(report) = scene.deploy_by(ben, "production", &what).await? else { return Ok(()) };
                tell("production", &format!("Ben Okafor rolls back: {}", outcome(&report)));
            }
            let id = close(&scene).await?;
            discuss(&scene, &id).await?;
            tokio::spawn(release_later(scene.clone(), id.clone()));
            lock = Some(id);
            until_lock = BETWEEN_LOCKS;
        }
    }
    Ok(())
}

/// What people say about the lock.
const SAID: [(&str, &str); 4] = [
    ("chiara", "Is it only orders with vouchers? Those are what people write to us about."),
    ("dmitri", "Yes. We round each voucher and not their sum; the fix is on its way to beta."),
    ("ben", "Then I release this when beta has run with it for a while. What was wrong is rolled back."),
    ("emi", "I have told the customers who asked."),
];

async fn discuss(scene: &Scene, lock: &str) -> Result<(), Failure> {
    for (who, words) in SAID {
        let path = format!("tasks/{}/comments", segment(lock));
        scene.cast.of(who).client.post(&path, &serde_json::json!({"text": words})).await?;
    }
    Ok(())
}

/// Ben closes production, and the person is told how to open it.
async fn close(scene: &Scene) -> Result<String, Failure> {
    let reason = "Order totals are off by a cent since the last deployment, finding out why";
    let answer = scene
        .place
        .call(&scene.cast.of("ben").token, &["lock", "production", "--reason", reason, "--json"])
        .await?;
    let lock: Value = serde_json::from_str(&answer).unwrap_or_default();
    let Some(id) = lock["id"].as_str() else {
        return Err(Failure::Ended(1, "the lock has no id".to_owned()));
    };
    tell("production", &format!("Ben Okafor locks it: {reason}"));
    let place = &scene.place;
    let program = place.program.to_string_lossy();
    print_line(&format!(
        "\n  Release it from another terminal, and the next deployment passes:\n\n    \
         SIGNALBOX_URL={} SIGNALBOX_TOKEN={} {program} unlock {id} --reason \"totals are right again\"\n",
        place.url,
        scene.cast.of("ben").token,
    ));
    Ok(id.to_owned())
}

/// For a demonstration that nobody watches.
async fn release_later(scene: Arc<Scene>, lock: String) {
    let Some(after) = scene.release_after else { return };
    if scene.pause(after).await {
        let released = scene
            .place
            .call(&scene.cast.of("ben").token, &["unlock", &lock, "--reason", "it was the rounding, undone"])
            .await;
        match released {
            Ok(_) => tell("production", "Ben Okafor releases the lock"),
            // Somebody at another terminal was faster.
            Err(failure) => tell("production", &failure.to_string()),
        }
    }
}

fn outcome(report: &Value) -> String {
    let commit = report["commit"].as_str().map(words::short).unwrap_or_default();
    let sentence = report["sentence"].as_str().unwrap_or_default();
    if report["decision"] == "started" { format!("{commit}  {sentence}") } else { sentence.to_owned() }
}

/// Says what somebody did.
pub fn tell(who: &str, what: &str) {
    let now = Clock::system().now().timestamp().to_zoned(base::jiff::tz::TimeZone::system());
    print_line(&format!("{}  {who:<10}  {what}", now.strftime("%H:%M:%S")));
}
