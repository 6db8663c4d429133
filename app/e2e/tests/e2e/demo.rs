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
        .args(["demo", "--for", "60s", "--keep", "--listen", "127.0.0.1:0"])
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
    let fails_and_passes =
        ["run 1 failed", "Renewal report failed: run 1", "run 2 passed", "Renewal report passes again"];
    for word in ["beta", "production", "lock"].into_iter().chain(fails_and_passes) {
        assert!(said.contains(word), "the demo says what it does: no `{word}` in\n{said}");
    }
    // What was told by mail is there to be read: to the owner, and to whoever committed.
    let kept = std::fs::read_dir(home.path()).expect("a folder").flatten();
    let mail = kept.map(|entry| entry.path().join("mail")).find(|mail| mail.is_dir()).expect("mail was kept");
    let mails: Vec<String> = std::fs::read_dir(mail)
        .expect("a folder")
        .flatten()
        .map(|entry| std::fs::read_to_string(entry.path()).expect("a mail"))
        .collect();
    for to in ["ann@example.com", "emi@example.com"] {
        let failed = mails.iter().filter(|mail| mail.contains(to) && mail.contains("exports/licences.csv"));
        assert_eq!(failed.count(), 1, "{to} reads once what the run complained about: {mails:?}");
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
