//! Story B: a monthly report. Emi makes a repository here, and pushes scripts and a job file; the first run fails, the people it concerns get
//! mail with its last lines, Emi commits a fix, and the report is there.

use crate::client::{Failure, segment};
use crate::demo::source::git_by;
use crate::demo::stage::Place;
use crate::demo::timetable::{Scene, tell};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const JOB: &str = "renewal-report";

/// What is in the repository.
const FILES: [(&str, &str); 4] = [
    ("signalbox.yaml", include_str!("renewals/signalbox.yaml")),
    ("exports.sh", include_str!("renewals/exports.sh")),
    ("report.sh", include_str!("renewals/report.sh")),
    ("count.awk", include_str!("renewals/count.awk")),
];

/// What is wrong at first: the name of the vendor's file, as one writes it in London.
const RIGHT: &str = "exports/licenses.csv";
const WRONG: &str = "exports/licences.csv";

/// How long a failure stands before somebody has understood it.
const THINKING: Duration = Duration::from_secs(6);
/// Between two looks at a run.
const LOOK: Duration = Duration::from_millis(500);
/// Reports of earlier months that are made afterwards, so that there is something to compare.
const MONTHS_BACK: i8 = 4;

/// Plays the story once, and waits for the end of the demonstration. What goes wrong here leaves the other story alone.
pub async fn report(scene: Arc<Scene>) -> Result<(), Failure> {
    match Box::pin(play(&scene)).await {
        Ok(()) => {}
        Err(failure) => tell("renewals", &format!("this story ends here: {failure}")),
    }
    while scene.pause(Duration::from_secs(3_600)).await {}
    Ok(())
}

async fn play(scene: &Scene) -> Result<(), Failure> {
    let place = &scene.place;
    let emi = scene.cast.of("emi");
    place.call(&emi.token, &["repo", "create", "renewals"]).await?;
    let program = program(place);
    tell(
        "renewals",
        match &program {
            Some(_) => "Emi Tanaka makes a repository here for the monthly renewal report",
            None => {
                "Emi Tanaka makes a repository here for the monthly renewal report; the program renewals is neither beside signalbox nor on the PATH, so a small script counts"
            }
        },
    );
    make(place, &emi.token, program).await?;
    let Some(first) = ended(scene, 1).await? else { return Ok(()) };
    tell(
        "renewals",
        &format!("{}; mail goes to the owner and to whoever committed: {}", outcome(&first), url(&first)),
    );
    if !scene.pause(THINKING).await {
        return Ok(());
    }
    write(place, "report.sh", FILES[2].1)?;
    push(place, &emi.token, "The vendor writes licenses with an s").await?;
    tell("renewals", "Emi Tanaka commits a fix and pushes it, which starts the next run");
    let Some(second) = ended(scene, 2).await? else { return Ok(()) };
    tell(
        "renewals",
        &format!("{}, and the report is among its artifacts: {}", outcome(&second), url(&second)),
    );
    earlier_months(scene).await
}

/// The program that computes the report: beside this one, or on the PATH.
fn program(place: &Place) -> Option<PathBuf> {
    let beside = place.program.with_file_name("renewals");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join("renewals"));
    std::iter::once(beside).chain(on_path).find(|path| path.is_file())
}

/// Makes the repository's content and pushes it. The first version has a mistake in it.
async fn make(place: &Place, token: &str, program: Option<PathBuf>) -> Result<(), Failure> {
    let address = format!("{}/git/renewals.git", place.url);
    git_by(place, token, &["clone", "-q", &address, "renewals"]).await?;
    for (name, text) in FILES {
        let text = match (name, &program) {
            ("signalbox.yaml", Some(program)) => {
                format!("{text}\nenv:\n  RENEWALS: {}\n", json!(program.to_string_lossy()))
            }
            ("report.sh", _) => text.replace(RIGHT, WRONG),
            _ => text.to_owned(),
        };
        write(place, name, &text)?;
    }
    push(place, token, "Report the renewals of each month").await
}

fn write(place: &Place, name: &str, text: &str) -> Result<(), Failure> {
    let path = place.path("renewals").join(name);
    let failed = |e: std::io::Error| Failure::Ended(1, format!("{} cannot be written: {e}", path.display()));
    std::fs::write(&path, text).map_err(failed)?;
    if path.extension().is_some_and(|kind| kind == "sh") {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).map_err(failed)?;
    }
    Ok(())
}

async fn push(place: &Place, token: &str, message: &str) -> Result<(), Failure> {
    let who = ["-c", "user.name=Emi Tanaka", "-c", "user.email=emi@example.com"];
    git_by(place, token, &["-C", "renewals", "add", "-A"]).await?;
    let mut commit = vec!["-C", "renewals"];
    commit.extend(who);
    commit.extend(["commit", "-q", "-m", message]);
    git_by(place, token, &commit).await?;
    git_by(place, token, &["-C", "renewals", "push", "-q", "origin", "HEAD:main"]).await.map(drop)
}

/// The run with this number once it is over; nothing when the demonstration ends first.
async fn ended(scene: &Scene, number: i64) -> Result<Option<Value>, Failure> {
    let client = &scene.cast.of("emi").client;
    loop {
        let all = match client.list("runs", &[("job", JOB)]).await {
            Ok(all) => all,
            // The job is there as soon as its file was read.
            Err(failure) if failure.status() == Some(404) => Value::Null,
            Err(failure) => return Err(failure),
        };
        let found = all["data"].as_array().into_iter().flatten().find(|run| run["number"] == number);
        if let Some(run) = found.filter(|run| run["ended_at"].is_string()) {
            return Ok(Some(run.clone()));
        }
        if !scene.pause(LOOK).await {
            return Ok(None);
        }
    }
}

fn outcome(run: &Value) -> String {
    let state = if run["state"] == "succeeded" { "passed" } else { "failed" };
    match run["sentence"].as_str() {
        Some(sentence) => format!("run {} {state} ({sentence})", run["number"]),
        None => format!("run {} {state}", run["number"]),
    }
}

fn url(run: &Value) -> &str {
    run["url"].as_str().unwrap_or_default()
}

/// Has reports made of earlier months, one after the other.
async fn earlier_months(scene: &Scene) -> Result<(), Failure> {
    let today = base::Clock::system().now().date_in(&base::jiff::tz::TimeZone::UTC);
    let client = &scene.cast.of("emi").client;
    for back in (2..=MONTHS_BACK + 1).rev() {
        let month = today.first_of_month().saturating_sub(base::jiff::Span::new().months(back));
        let params = json!({"params": {"month": month.strftime("%Y-%m").to_string()}});
        let run = client.post(&format!("jobs/{}/runs", segment(JOB)), &params).await?;
        let Some(number) = run["number"].as_i64() else { continue };
        if ended(scene, number).await?.is_none() {
            return Ok(());
        }
    }
    tell(
        "renewals",
        "the reports of earlier months are there as well, so that there is something to compare",
    );
    Ok(())
}
