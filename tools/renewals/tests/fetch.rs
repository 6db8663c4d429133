//! Downloads from the stand-in, with everything that can go wrong on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use clap::Parser;
use renewals::{generate, sample};

const TRANSACTIONS: u64 = 1200;

#[derive(Parser)]
struct SampleArgs {
    #[command(flatten)]
    args: sample::Args,
}

/// A stand-in on a port of its own.
struct Server {
    url: String,
    requests: Box<dyn Fn() -> u64>,
}

impl Server {
    fn start(faults: &str) -> Self {
        let transactions = TRANSACTIONS.to_string();
        let parsed = SampleArgs::parse_from([
            "serve-sample",
            "--listen=127.0.0.1:0",
            "--retry-after=0",
            "--transactions",
            &transactions,
            "--faults",
            faults,
        ]);
        let server = sample::Sample::bind(parsed.args).expect("a free port");
        let (url, requests) = (server.url(), Box::new(server.requests()));
        std::thread::spawn(move || server.serve());
        Self { url, requests }
    }

    fn fetch(&self, out: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_renewals"));
        command
            .args(["fetch", "--vendor=1234567", "--json", "--pace-ms=0", "--backoff-ms=2", "--poll-ms=1"])
            .args(["--base-url", &self.url])
            .arg("--out")
            .arg(out)
            .env("MARKETPLACE_USER", "sample@example.com")
            .env("MARKETPLACE_TOKEN", "sample-token")
            .stdin(Stdio::null());
        command
    }
}

/// A folder of the test's own, gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("renewals-fetch-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a place for temporary files");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A leftover in the folder for temporary files harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the server has: each record once, in its latest state, sorted.
fn expected(folder: &Path) -> [Vec<String>; 2] {
    let args = generate::Args {
        transactions: TRANSACTIONS,
        format: generate::Format::Ndjson,
        out: folder.to_owned(),
        ..generate::Args::default()
    };
    generate::write(&args).expect("room for a small sample");
    let mut latest: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
    for line in lines(&folder.join("transactions.ndjson")) {
        let record: serde_json::Value = serde_json::from_str(&line).expect("JSON on every line");
        let text = |name: &str| record[name].as_str().expect("a text").to_owned();
        let key = (text("transactionId"), text("transactionLineItemId"));
        let updated = text("lastUpdated");
        if latest.get(&key).is_none_or(|(known, _)| *known < updated) {
            latest.insert(key, (updated, line));
        }
    }
    let mut transactions: Vec<String> = latest.into_values().map(|(_, line)| line).collect();
    transactions.sort();
    let mut licences = lines(&folder.join("licenses.ndjson"));
    licences.sort();
    [transactions, licences]
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).expect("the file is there").lines().map(str::to_owned).collect()
}

fn fetched(folder: &Path) -> [Vec<String>; 2] {
    ["transactions.ndjson", "licenses.ndjson"].map(|name| {
        let mut lines = lines(&folder.join(name));
        lines.sort();
        lines
    })
}

fn summary(output: &Output) -> serde_json::Value {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!out.contains("sample-token") && !err.contains("sample-token"), "the token shows: {out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("no summary ({error}): {out}{err}"))
}

/// Fetches through a server with these faults: the outcome is as if there were none, and the summary counts them.
fn survives(place: &Folder, expected: &[Vec<String>; 2], via: &str, fault: &str, count: &str) {
    let server = Server::start(fault);
    let out = place.0.join("out");
    let output = server.fetch(&out).args(["--via", via]).output().expect("the program starts");
    let summary = summary(&output);
    assert!(output.status.success(), "{fault}: {summary}");
    assert!(fetched(&out) == *expected, "{fault}: other records than the server has: {summary}");
    assert!(summary[count].as_u64() > Some(0), "{fault}: {count} in {summary}");
    let left: Vec<_> = std::fs::read_dir(&out).expect("the folder").flatten().collect();
    assert_eq!(left.len(), 2, "nothing but the reports stays: {left:?}");
    std::fs::remove_dir_all(&out).expect("the folder goes");
}

#[test]
fn exports_survive_every_fault_and_nothing_is_lost_or_doubled() {
    let place = Folder::new("exports");
    let expected = expected(&place.0.join("truth"));
    for (fault, count) in [
        ("", "requests"),
        ("throttle=3", "throttled"),
        ("error=3", "server_errors"),
        ("slow=40", "requests"),
        ("broken=4", "broken"),
        ("truncated=3", "broken"),
        ("expired=3", "exports_anew"),
        ("failed=4", "exports_anew"),
        ("throttle=7,error=11,broken=8,truncated=9,expired=4,failed=6", "repeated"),
    ] {
        survives(&place, &expected, "export", fault, count);
    }
}

#[test]
fn pages_survive_every_fault_and_nothing_is_lost_or_doubled() {
    let place = Folder::new("pages");
    let expected = expected(&place.0.join("truth"));
    for (fault, count) in [
        ("", "requests"),
        ("throttle=3", "throttled"),
        ("error=3", "server_errors"),
        ("broken=4", "broken"),
        ("truncated=3", "broken"),
        ("duplicate=5", "repeated"),
        ("shift=9", "windows_anew"),
        ("throttle=7,error=11,slow=30,broken=8,truncated=9,duplicate=9,shift=12", "windows_anew"),
    ] {
        survives(&place, &expected, "pages", fault, count);
    }
}

#[test]
fn a_download_that_was_killed_goes_on_where_it_stopped() {
    let place = Folder::new("killed");
    let expected = expected(&place.0.join("truth"));
    for via in ["export", "pages"] {
        let whole = Server::start("");
        let out = place.0.join(via);
        let untouched =
            whole.fetch(&out.join("whole")).args(["--via", via]).output().expect("the program starts");
        let needed = summary(&untouched)["requests"].as_u64().expect("a count");

        // In the middle of the first report, and in the second with the first complete.
        for (number, kill_at) in [needed / 2, needed - 4].into_iter().enumerate() {
            let out = out.join(number.to_string());
            // Of the last four answers one is slow: it cannot end before it is killed.
            let server = Server::start("slow=4");
            kill_after(&server, kill_at, server.fetch(&out).args(["--via", via]));
            assert!(
                !out.join("licenses.ndjson").exists()
                    && out.join("transactions.ndjson").exists() == (number == 1)
            );
            let output = whole.fetch(&out).args(["--via", via]).output().expect("the program starts");
            let summary = summary(&output);
            assert!(output.status.success(), "{via}: {summary}");
            assert_eq!(summary["reports"][0]["resumed"], true);
            assert!(
                summary["requests"].as_u64() < Some(needed * 2 / 3),
                "{via}: little was spared: {summary}"
            );
            assert!(fetched(&out) == expected, "{via}: other records than the server has");
        }
    }
}

/// Starts a download and kills it once the server has answered so many requests.
fn kill_after(server: &Server, requests: u64, command: &mut Command) {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    while (server.requests)() < requests {
        assert!(child.try_wait().expect("a child").is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().and_then(|()| child.wait()).expect("a child can be killed");
}

#[test]
fn a_part_of_another_question_is_not_gone_on_with() {
    let place = Folder::new("other");
    let server = Server::start("");
    let state = place.0.join("transactions.ndjson.state");
    std::fs::write(place.0.join("transactions.ndjson.part"), "{}\n{}\n").expect("room for a part");
    std::fs::write(state, r#"{"query":{"vendor":"99"}}"#).expect("room for a state");
    let output =
        server.fetch(&place.0).args(["--what", "transactions"]).output().expect("the program starts");
    assert_eq!(summary(&output)["reports"][0]["resumed"], false);
    let [transactions, _] = expected(&place.0.join("truth"));
    let mut got = lines(&place.0.join("transactions.ndjson"));
    got.sort();
    assert!(got == transactions);
}

#[test]
fn changes_are_merged_into_what_is_there() {
    let place = Folder::new("changes");
    let server = Server::start("");
    let expected = expected(&place.0.join("truth"));
    let run = |extra: &[&str]| server.fetch(&place.0).args(extra).output().expect("the program starts");
    assert!(run(&["--api=2"]).status.success());
    // Lose what changed lately, as if the download were some weeks old.
    for name in ["transactions.ndjson", "licenses.ndjson"] {
        let path = place.0.join(name);
        let is_old = |line: &String| {
            let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
            record["lastUpdated"].as_str() < Some("2026-09-01")
        };
        let old: Vec<String> = lines(&path).into_iter().filter(is_old).collect();
        std::fs::write(&path, old.join("\n") + "\n").expect("room for a report");
    }
    assert!(fetched(&place.0) != expected, "some changed lately");
    assert!(run(&["--updated-since=2026-08-25"]).status.success());
    assert!(fetched(&place.0) == expected);
}

#[test]
fn what_cannot_work_ends_with_a_word_and_code_3() {
    let place = Folder::new("refused");
    let server = Server::start("");
    let refused =
        server.fetch(&place.0).env("MARKETPLACE_TOKEN", "another-token").output().expect("it starts");
    assert_eq!(refused.status.code(), Some(3));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("MARKETPLACE_TOKEN") && !said.contains("another-token"), "{said}");

    let silent =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port");
    let closed = Server { url: format!("http://{silent}"), requests: Box::new(|| 0) };
    let nobody = closed.fetch(&place.0).arg("--tries=2").output().expect("it starts");
    assert_eq!(nobody.status.code(), Some(3));
    assert!(summary(&nobody)["error"].as_str().is_some_and(|error| error.contains("tried 2 times")));

    let failing = Server::start("error=1");
    let failing = failing.fetch(&place.0).arg("--tries=3").output().expect("it starts");
    assert_eq!(failing.status.code(), Some(3));
    assert_eq!(summary(&failing)["server_errors"], 2);
}
