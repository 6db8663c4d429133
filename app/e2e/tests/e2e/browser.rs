//! What people see and do in a browser: each flow is a script in `browser/`, played in Chromium against the real program.

use e2e::server::Options;
use e2e::{Database, Hub, Repository, outside};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// No flow takes longer than this, however slow the machine. The longest looks at every screen six times.
const LONGEST: Duration = Duration::from_secs(540);

#[test]
fn people_come_in_with_a_password_or_a_link_and_not_without() {
    play("doors");
}

#[test]
fn tasks_are_added_completed_and_brought_back_by_keyboard() {
    play("tasks");
}

#[test]
fn the_pane_has_an_address_and_its_title_is_edited_where_it_is() {
    play("pane");
}

#[test]
fn a_mention_arrives_in_another_browser_by_itself() {
    play("mention");
}

#[test]
fn a_picture_is_pasted_into_a_comment() {
    play("paste");
}

#[test]
fn tasks_move_by_hand_and_by_keyboard() {
    play("move");
}

#[test]
fn a_lock_closes_and_opens_everywhere_and_a_deployment_streams() {
    play("release");
}

#[test]
fn a_commit_takes_its_task_along_the_line() {
    play("where");
}

#[test]
fn a_project_is_made_again_from_a_template() {
    play("again");
}

#[test]
fn comments_are_liked_pinned_and_taken_back() {
    play("hearts");
}

#[test]
fn of_ten_thousand_jobs_each_is_found_by_whom_it_is_for() {
    play("jobs");
}

#[test]
fn runs_are_talked_about_and_frozen_jobs_say_why() {
    play("remarks");
}

#[test]
fn the_palette_finds_and_opens() {
    play("palette");
}

#[test]
fn everything_reads_and_works_without_scripts() {
    play("no_scripts");
}

#[test]
fn hostile_and_huge_texts_are_read_and_never_run() {
    play("hostile");
}

#[test]
fn a_keyboard_is_enough() {
    play("keyboard");
}

#[test]
fn every_screen_is_sound_in_both_themes_and_at_every_width() {
    play("screens");
}

/// Plays a flow to its end, or says loudly why not.
fn play(flow: &str) {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    if let Err(why) = is_possible(&scripts) {
        eprintln!("SKIPPED in a browser: {flow}: {why}");
        return;
    }
    let hub = Hub::start(Options::on(Database::Sqlite), Repository::with_commits(3));
    let log = hub.server.data().join(&format!("{flow}.log"));
    let out = std::fs::File::create(&log).expect("a log can be made");
    let mut node = Command::new("node");
    node.arg(scripts.join(flow).with_extension("mjs"))
        .env("SIGNALBOX_URL", hub.server.url())
        .env("SIGNALBOX_TOKEN", hub.server.token())
        .env("SIGNALBOX_BIN", outside::program())
        .env("SIGNALBOX_REPOSITORY", hub.repository.path())
        .env("SIGNALBOX_SCREENSHOTS", screenshots())
        .stdin(Stdio::null())
        .stdout(out.try_clone().expect("a file can be opened twice"))
        .stderr(out);
    let mut playing = outside::Process::start(&mut node);
    let mut status = None;
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        outside::wait_for("the flow to end", LONGEST, || {
            status = playing.ended();
            status
        })
    }));
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    println!("{said}");
    assert!(ended.is_ok_and(|status| status.success()), "{flow} did not end well; what it said stands above");
}

/// Whether node, Chromium and the packages are there; the script installs the packages itself.
fn is_possible(scripts: &Path) -> Result<(), String> {
    let asked = Command::new("node").arg(scripts.join("modules.mjs")).stdin(Stdio::null()).output();
    let out = asked.map_err(|e| format!("node cannot be started: {e}"))?;
    let said = String::from_utf8_lossy(&out.stdout).trim().to_string();
    if out.status.success() { Ok(()) } else { Err(said) }
}

/// Where pictures of the screens are kept: `SIGNALBOX_SCREENSHOTS`, or beside what was built.
fn screenshots() -> PathBuf {
    outside::variable("SIGNALBOX_SCREENSHOTS").map_or_else(
        || {
            outside::program()
                .ancestors()
                .nth(2)
                .map_or_else(PathBuf::new, |target| target.join("screenshots"))
        },
        PathBuf::from,
    )
}
