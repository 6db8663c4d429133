//! A team without a git host: a repository is made, pushed to, and what is pushed runs; through kills, copies and on both databases.

use e2e::hub::{number, text, told};
use e2e::server::Options;
use e2e::{Database, Folder, Repository, Server, outside};
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(60);

const JOB: &str = "name: hello\non: push\nsteps: [{run: 'echo hello from $SIGNALBOX_COMMIT'}]\n";

/// git as the person who has this server's token.
fn git(server: &Server, copy: &Repository, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    let token = format!("credential.helper=!f() {{ echo username=x; echo password={}; }}; f", server.token());
    command.args([
        "-c",
        "credential.helper=",
        "-c",
        &token,
        "-c",
        "user.name=Ann",
        "-c",
        "user.email=ann@hub.example",
    ]);
    command.args(arguments).current_dir(copy.path()).stdin(Stdio::null());
    command.envs([
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
    ]);
    command
}

fn done(mut command: Command) -> Output {
    let out = command.output().expect("git can be started");
    assert!(out.status.success(), "{}", told(&out));
    out
}

fn commit(copy: &Repository, file: &str, content: &str) -> String {
    std::fs::write(copy.path().join(file), content).expect("written");
    copy.git(&["add", "--all"]);
    copy.git(&["commit", "--quiet", "--message", file]);
    copy.head()
}

/// The runs of a job, newest first; none while there is no such job.
fn runs(server: &Server, job: &str) -> Vec<Value> {
    let is_there = server.api().get(&format!("/api/v1/jobs/{job}")).is_success();
    if is_there { server.api().all(&format!("/api/v1/runs?job={job}")) } else { Vec::new() }
}

/// Makes the repository with the command, and a copy that pushes to it.
fn made(server: &Server) -> Repository {
    let out = server.command().args(["repo", "create", "tools", "--json"]).output().expect("started");
    assert!(out.status.success(), "{}", told(&out));
    let answer: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(text(&answer["url"]), format!("{}/git/tools.git", server.url()));
    let copy = Repository::new();
    copy.git(&["remote", "add", "origin", &text(&answer["url"])]);
    copy
}

#[test]
fn what_is_pushed_runs_at_once_on_sqlite() {
    runs_at_once(Database::Sqlite);
}

#[test]
fn what_is_pushed_runs_at_once_on_postgres() {
    runs_at_once(Database::Postgres);
}

fn runs_at_once(database: Database) {
    if !database.is_here() {
        return;
    }
    let server = Options::on(database).start();
    let copy = made(&server);
    let first = commit(&copy, "signalbox.yaml", JOB);
    let pushed = outside::now_us();
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    let ended = outside::now_us();
    let run = outside::wait_for("the run to end", SOON, || {
        runs(&server, "hello").into_iter().next().filter(|run| run["over"] == true)
    });
    let at = |name: &str| {
        let at = base::Time::parse(&text(&run[name])).expect("a time");
        u64::try_from(at.millis()).expect("a time of today") * 1_000
    };
    let started = at("started_at");
    println!(
        "{database:?}: the push took {} ms; its run began {} ms after the push was begun, {} ms after it had ended",
        (ended - pushed) / 1_000,
        started.saturating_sub(pushed) / 1_000,
        (i128::from(started) - i128::from(ended)) / 1_000,
    );
    assert_eq!(
        (&run["state"], &run["cause"], text(&run["commit"])),
        (&json!("succeeded"), &json!("push"), first.clone())
    );
    // Far sooner than anything looks by itself, though the machine may be busy.
    assert!(started.saturating_sub(ended) < 5_000_000, "it began {} us after the push", started - ended);
    let log = server.api().get(&format!("/api/v1/runs/{}/log", text(&run["id"])));
    assert!(log.text().contains(&format!("hello from {first}")), "{}", log.text());
    let told = server.api().get("/api/v1/journal?verb=repository.pushed&limit=100").expect("read");
    let entry = &told["data"][0];
    assert_eq!(entry["data"]["refs"][0]["new"], json!(first), "{told}");
    assert!(
        text(&entry["actor"]["name"]).contains("alice") || entry.to_string().contains("alice"),
        "who pushed: {entry}"
    );
    // A second one, and one that is wrong: the job stays what it was, and the finding is shown.
    commit(&copy, "signalbox.yaml", &JOB.replace("hello from", "again from"));
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    outside::wait_for("the second run", SOON, || {
        let all = runs(&server, "hello");
        (all.len() == 2 && all.iter().all(|run| run["state"] == "succeeded")).then_some(())
    });
}

#[test]
fn a_server_that_is_killed_while_people_push_forgets_nothing_that_it_took() {
    let mut server = Options::on(Database::Sqlite).start();
    let copy = made(&server);
    commit(&copy, "signalbox.yaml", &JOB.replace("on: push", "on: {push: {branches: ['**']}}"));
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    let mut taken = vec!["main".to_owned()];
    for round in 0..8_u64 {
        // Killed at another moment each time, the push going on.
        let branch = format!("round-{round}");
        commit(&copy, "noise", &base::random::word::<64>().repeat(2_000));
        let refspec = format!("main:refs/heads/{branch}");
        let mut command = git(&server, &copy, &["push", "--quiet", "origin", &refspec]);
        let mut push = command.stderr(Stdio::null()).spawn().expect("started");
        std::thread::sleep(Duration::from_millis(40 + 50 * round));
        server.kill();
        if push.wait().expect("waited for").success() {
            taken.push(branch);
        }
        server.start_again();
    }
    println!("{} of 9 pushes were acknowledged", taken.len());
    let out = done(git(&server, &copy, &["ls-remote", "--heads", "origin"]));
    let there: Vec<String> = String::from_utf8_lossy(&out.stdout)
        .lines()
        .filter_map(|line| line.split_once("refs/heads/").map(|(_, name)| name.to_owned()))
        .collect();
    assert!(taken.iter().all(|branch| there.contains(branch)), "acknowledged {taken:?}, there {there:?}");
    // Everything that git took has been told, and so has its run: none twice.
    outside::wait_for("every branch to have its run", SOON, || {
        let all = runs(&server, "hello");
        there.iter().all(|branch| all.iter().any(|run| run["ref"] == json!(branch))).then_some(())
    });
    let all = runs(&server, "hello");
    for branch in &there {
        assert_eq!(all.iter().filter(|run| run["ref"] == json!(branch)).count(), 1, "{branch}: {all:?}");
    }
    // And the next push is stopped by nothing that was left.
    commit(&copy, "noise", "the end");
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
}

#[test]
fn a_copy_that_is_made_while_people_push_is_whole() {
    let server = Options::on(Database::Sqlite).start();
    let copy = made(&server);
    commit(&copy, "file", "first");
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    let folder = Folder::new("backup");
    let tip = std::thread::scope(|scope| {
        let pushing = scope.spawn(|| {
            let mut tip = String::new();
            for n in 0..12 {
                tip = commit(&copy, "file", &format!("{n} {}", base::random::word::<64>().repeat(4_000)));
                done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
            }
            tip
        });
        for n in 0..3 {
            let mut command = server.command();
            command
                .arg("backup")
                .arg(folder.join(&format!("{n}.tar")))
                .arg("--data")
                .arg(server.data().path());
            let out = command.output().expect("started");
            assert!(out.status.success(), "{}", told(&out));
        }
        pushing.join().expect("pushed")
    });
    for n in 0..3 {
        let back = folder.join(&format!("back-{n}"));
        for arguments in [
            vec!["restore".to_owned(), folder.join(&format!("{n}.tar")).display().to_string()],
            vec!["doctor".to_owned()],
        ] {
            let mut command = server.command();
            let out = command.args(&arguments).arg("--data").arg(&back).output().expect("started");
            assert!(out.status.success(), "{arguments:?}: {}", told(&out));
        }
    }
    // The whole, from a copy: what was pushed is there for git, and for the server.
    let last = folder.join("last.tar");
    let back = folder.join("data");
    for (verb, data) in [("backup", server.data().path()), ("restore", back.as_path())] {
        let out = server.command().arg(verb).arg(&last).arg("--data").arg(data).output().expect("started");
        assert!(out.status.success(), "{}", told(&out));
    }
    let found = server.api().get("/api/v1/repositories/tools").expect("there");
    let bare = back.join("repositories").join(format!("{}.git", text(&found["id"])));
    let out =
        Command::new("git").arg("--git-dir").arg(bare).args(["rev-parse", "main"]).output().expect("git");
    assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), tip, "{}", told(&out));
}

/// What the doctor says of a server's data, and whether all is well.
fn examined(server: &Server) -> (bool, String) {
    let out = server.command().arg("doctor").args(server.where_its_data_is()).output().expect("started");
    (out.status.success(), told(&out))
}

fn a_repository_that_is_lost_or_damaged_is_found(database: Database) {
    let server = Options::on(database).start();
    let copy = made(&server);
    assert!(examined(&server).0, "an empty one lacks nothing: {}", examined(&server).1);
    commit(&copy, "file", "first");
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    assert!(examined(&server).0, "{}", examined(&server).1);
    let found = server.api().get("/api/v1/repositories/tools").expect("there");
    let bare = server.data().path().join("repositories").join(format!("{}.git", text(&found["id"])));
    let away = bare.with_extension("away");
    std::fs::rename(&bare, &away).expect("moved");
    let (is_well, said) = examined(&server);
    assert!(!is_well && said.contains("The folder of tools, which is hosted here, is gone"), "{said}");
    // What it says helps: an empty folder, and everything pushed again.
    assert!(said.contains(&format!("git init --bare {}", bare.display())), "{said}");
    let mut init = Command::new("git");
    init.args(["init", "--quiet", "--bare"]).arg(&bare).stdin(Stdio::null());
    done(init);
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    assert!(examined(&server).0, "{}", examined(&server).1);
    for entry in std::fs::read_dir(bare.join("objects/pack")).expect("packs").flatten() {
        std::fs::remove_file(entry.path()).expect("removed");
    }
    let (is_well, said) = examined(&server);
    assert!(
        !is_well && said.contains("tools in ") && said.contains("which is hosted here, is damaged"),
        "{said}"
    );
}

#[test]
fn the_doctor_finds_a_repository_that_is_lost_or_damaged() {
    a_repository_that_is_lost_or_damaged_is_found(Database::Sqlite);
    if Database::Postgres.is_here() {
        a_repository_that_is_lost_or_damaged_is_found(Database::Postgres);
    }
}

#[test]
fn a_large_push_passes_through_the_program_and_it_stays_small() {
    let server = Options::on(Database::Sqlite).start();
    let copy = made(&server);
    // What is measured is the server, and not how the client packs noise.
    copy.git(&["config", "core.compression", "0"]);
    copy.git(&["config", "pack.window", "0"]);
    for n in 0..10 {
        let noise: Vec<u8> = (0..160).flat_map(|_| base::random::bytes::<65_536>()).collect();
        std::fs::write(copy.path().join(format!("noise-{n}")), noise).expect("written");
    }
    let tip = commit(&copy, "file", "large");
    let most = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("it lives");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
        line.split_ascii_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number")
    };
    let before = most();
    let begun = outside::now_us();
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    let pushed = outside::now_us();
    let clone = Folder::new("clone");
    let url = format!("{}/git/tools.git", server.url());
    done(git(&server, &copy, &["clone", "--quiet", &url, &clone.join("again").display().to_string()]));
    let cloned = outside::now_us();
    println!(
        "100 MiB: pushed in {} ms, cloned in {} ms; the server's peak went from {before} to {} KiB",
        (pushed - begun) / 1_000,
        (cloned - pushed) / 1_000,
        most()
    );
    assert!(most() - before < 32 * 1024, "the server grew by {} KiB", most() - before);
    let out = Command::new("git")
        .args(["rev-parse", "HEAD"])
        .current_dir(clone.join("again"))
        .output()
        .expect("git");
    assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), tip);
}

#[test]
fn a_request_from_outside_starts_a_job_at_the_address_that_was_shown_once() {
    let server = Options::on(Database::Sqlite).start();
    let copy = made(&server);
    commit(
        &copy,
        "signalbox.yaml",
        "name: hook\non: webhook\nparams: {who: {default: nobody}}\nsteps: [{run: 'echo for $PARAM_WHO'}]\n",
    );
    done(git(&server, &copy, &["push", "--quiet", "origin", "main"]));
    outside::wait_for("the job", SOON, || server.api().get("/api/v1/jobs/hook").is_success().then_some(()));
    let out = server.command().args(["job", "webhook", "hook", "--new", "--json"]).output().expect("started");
    assert!(out.status.success(), "{}", told(&out));
    let answer: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let path = text(&answer["url"]).replace(&server.url(), "");
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let nobody = e2e::Api::new(&server.host(), "");
    for _ in 0..2 {
        let taken =
            nobody.send("POST", &path, &headers, br#"{"who": "the vendor", "else": 1}"#).expect("answered");
        assert_eq!(taken.status, 202, "{}", taken.text());
    }
    let run = outside::wait_for("the run to end", SOON, || {
        runs(&server, "hook").into_iter().next().filter(|run| run["over"] == true)
    });
    assert_eq!(
        (number(&run["number"]), &run["state"], &run["cause"]),
        (1, &json!("succeeded"), &json!("webhook"))
    );
    let log = server.api().get(&format!("/api/v1/runs/{}/log", text(&run["id"])));
    assert!(log.text().contains("for the vendor"), "{}", log.text());
    assert_eq!(runs(&server, "hook").len(), 1);
    assert!(
        !server.log().contains(path.rsplit('/').next().expect("a token")),
        "the address is not in the log"
    );
}
