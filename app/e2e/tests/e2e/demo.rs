//! `signalbox demo` is no film: it drives the real program.

use e2e::outside::Process;
use e2e::{Folder, outside};
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn the_demo_deploys_for_real_and_ends_by_itself() {
    let home = Folder::new("demo");
    let log = std::fs::File::create(home.join("log")).expect("a log can be made");
    let mut command = Command::new(outside::program());
    command
        .args(["demo", "--for", "40s", "--listen", "127.0.0.1:0"])
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env_remove("SIGNALBOX_URL")
        .env_remove("SIGNALBOX_TOKEN")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file can be opened twice"))
        .stderr(log);
    let mut demo = Process::start(&mut command);
    let cluster =
        outside::wait_for("a cluster to get files", Duration::from_secs(60), || deployed_file(home.path()));
    let status = outside::wait_for("the demo to end", Duration::from_secs(120), || demo.ended());
    let said = home.read("log");
    assert!(status.success(), "{status}\n{said}");
    assert!(cluster.components().count() > 2);
    for word in ["beta", "production", "lock"] {
        assert!(said.contains(word), "the demo says what it does: no `{word}` in\n{said}");
    }
}

/// A file in a folder that the demo's own deploy script copied to.
fn deployed_file(folder: &std::path::Path) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        let is_cluster = path.parent().is_some_and(|p| p.to_string_lossy().contains("cluster"));
        if is_cluster && path.is_file() {
            return Some(path);
        }
        if path.is_dir()
            && let Some(found) = deployed_file(&path)
        {
            return Some(found);
        }
    }
    None
}
