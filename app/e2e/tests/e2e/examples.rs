//! The examples: what their pages tell people to type is typed, and what they promise comes.

use e2e::hub::{text, told};
use e2e::server::Options;
use e2e::{Database, Folder, Server, outside};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(120);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
}

/// Somebody with a home, who follows the page of an example.
struct Reader {
    server: Server,
    home: Folder,
    blocks: Vec<String>,
}

impl Reader {
    fn of(example: &str, options: Options) -> Self {
        let page = std::fs::read_to_string(root().join("examples").join(example).join("README.md"));
        let page = page.expect("each example has a page");
        let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
        let blocks = blocks.map(ToOwned::to_owned).collect();
        Self { server: options.env("PATH", &search_path()).start(), home: Folder::new("home"), blocks }
    }

    /// Types a script, beside this repository.
    fn types(&self, script: &str) -> Output {
        let Output { status, stdout, stderr } = Command::new("sh")
            .args(["-euc", script])
            .current_dir(root())
            .envs([("SIGNALBOX_URL", self.server.url()), ("SIGNALBOX_TOKEN", self.server.token().to_owned())])
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "Ann")))
            .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "ann@hub.example")))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("HOME", self.home.path())
            .env("PATH", search_path())
            .output()
            .expect("there is a shell");
        Output { status, stdout, stderr }
    }

    /// Types the block of the page that has this place.
    fn follows(&self, place: usize) -> String {
        let out = self.types(&self.blocks[place]);
        assert!(out.status.success(), "{}\n{}", self.blocks[place], told(&out));
        told(&out)
    }

    fn waits_for_job(&self, name: &str) -> Value {
        let api = self.server.api();
        outside::wait_for("the job file to be read", SOON, || {
            let answer = api.get(&format!("/api/v1/jobs/{name}"));
            answer.is_success().then(|| answer.json())
        })
    }

    fn runs(&self, job: &str) -> Vec<Value> {
        self.server.api().all(&format!("/api/v1/runs?job={job}"))
    }

    /// Waits until there are so many runs and the newest is over.
    fn waits_for_run(&self, job: &str, count: usize) -> Value {
        outside::wait_for("the run to end", SOON, || {
            let all = self.runs(job);
            (all.len() == count && all[0]["over"] == true).then(|| all[0].clone())
        })
    }

    fn file(&self, run: &Value, name: &str) -> Vec<u8> {
        let answer = self.server.api().get(&format!(
            "/api/v1/runs/{}/artifacts/{}",
            text(&run["id"]),
            name.replace('/', "%2F")
        ));
        assert!(answer.is_success(), "{name}: {} {}", answer.status, answer.text());
        answer.body
    }

    fn figure(&self, run: &Value, name: &str) -> f64 {
        let run = self.server.api().get(&format!("/api/v1/runs/{}", text(&run["id"]))).expect("there");
        let found = run["metrics"].as_array().into_iter().flatten().find(|metric| metric["name"] == name);
        found.and_then(|metric| metric["value"].as_f64()).unwrap_or_else(|| panic!("no figure {name}: {run}"))
    }
}

/// Where commands are found: those that were built beside the test first.
fn search_path() -> String {
    let program = outside::program();
    let folder = program.parent().expect("a program is in a folder").display();
    format!("{folder}:{}", outside::variable("PATH").unwrap_or_default())
}

#[test]
fn the_nightly_backup_packs_what_it_says_and_keeps_it() {
    let reader = Reader::of("nightly-backup", Options::on(Database::Sqlite));
    reader.follows(0);
    let job = reader.waits_for_job("nightly-backup");
    assert!(text(&job["source"]).contains("H H(1-4) * * *"), "{job}");
    let said = reader.follows(1);
    assert!(said.contains("reading it back"), "{said}");
    let run = reader.waits_for_run("nightly-backup", 1);
    assert_eq!(run["state"], "succeeded");
    let kept = reader.server.api().all(&format!("/api/v1/runs/{}/artifacts", text(&run["id"])));
    let archive = kept.iter().find(|file| text(&file["path"]).ends_with(".tar.gz")).expect("an archive");
    let path = reader.home.join("archive.tar.gz");
    std::fs::write(&path, reader.file(&run, &text(&archive["path"]))).expect("written");
    let listed = Command::new("tar").arg("-tzf").arg(&path).output().expect("there is tar");
    assert!(told(&listed).contains("./backup.sh"), "what was packed is in it: {}", told(&listed));
    let files = String::from_utf8_lossy(&listed.stdout).lines().count();
    assert_eq!(reader.figure(&run, "files") as usize, files);
    assert_eq!(reader.figure(&run, "size") as u64, archive["size"].as_u64().unwrap_or_default());
}

#[test]
fn beta_gets_the_newest_commit_every_quarter_of_an_hour_unless_it_is_locked() {
    let options = Options::on(Database::Sqlite).arg("--test-clock").arg("2026-11-01T00:01:00Z");
    let reader = Reader::of("beta-every-15-minutes", options);
    let beta = reader.home.join("beta");
    // A place of this test's own, so that several may run at once.
    let place = format!("sed -i 's#/tmp/signalbox-beta#{}#' signalbox.yaml\ngit init", beta.display());
    let block = reader.blocks[0].replace("git init", &place);
    let out = reader.types(&block);
    assert!(out.status.success(), "{}", told(&out));
    let job = "beta-every-15-minutes";
    reader.waits_for_job(job);
    let api = reader.server.api();
    let later = |by: &str| api.post("/test/clock", &json!({"advance": by})).expect("time moves");
    let deployed =
        || std::fs::read_to_string(beta.join("current/VERSION")).unwrap_or_default().trim().to_owned();
    later("14m");
    let first = reader.waits_for_run(job, 1);
    assert_eq!((&first["state"], &first["cause"]), (&json!("succeeded"), &json!("schedule")), "{first}");
    assert_eq!(deployed(), text(&first["commit"]));

    reader.follows(1);
    let asked = reader.waits_for_run(job, 2);
    assert_eq!(asked["state"], "blocked");
    let commit = "cd ~/site; echo more >> site/index.html; git commit --quiet --all --message more; signalbox repo fetch site";
    let out = reader.types(commit);
    assert!(out.status.success(), "{}", told(&out));
    later("15m");
    let blocked = reader.waits_for_run(job, 3);
    assert_eq!((&blocked["state"], &blocked["cause"]), (&json!("blocked"), &json!("schedule")), "{blocked}");
    assert!(text(&blocked["sentence"]).contains("the build is bad"), "{blocked}");
    assert_eq!(deployed(), text(&first["commit"]), "nothing passed the lock");
    assert_eq!(api.all("/api/v1/deployments?environment=beta").len(), 1);

    let gate = api.get("/api/v1/environments/beta/gate").expect("the gate decides");
    let lock = text(&gate["blockers"][0]["id"]);
    assert!(
        reader.types("signalbox locks beta").stdout.windows(lock.len()).any(|part| part == lock.as_bytes()),
        "{gate}"
    );
    let out = reader.types(&format!("signalbox unlock {lock}"));
    assert!(out.status.success(), "{}", told(&out));
    later("15m");
    let passed = reader.waits_for_run(job, 4);
    assert_eq!(passed["state"], "succeeded", "{passed}");
    let head = reader.types("cd ~/site; git rev-parse HEAD");
    assert_eq!(
        deployed(),
        String::from_utf8_lossy(&head.stdout).trim(),
        "the newest commit, though the job file is the same"
    );
    outside::wait_for("the deployment to be told", SOON, || {
        let all = api.all("/api/v1/deployments?environment=beta");
        (all.len() == 2 && all[0]["state"] == "succeeded").then_some(())
    });
}

#[test]
fn the_renewal_report_is_kept_and_its_figures_are_drawn() {
    let program = outside::program().with_file_name("renewals");
    if !program.is_file() {
        // It is a program of its own, which nothing else here needs.
        let target = program.ancestors().nth(2).expect("target/PROFILE/program").to_owned();
        let mut build = Command::new(outside::variable("CARGO").unwrap_or_else(|| "cargo".to_owned()));
        build.args(["build", "--quiet", "-p", "renewals", "--target-dir"]).arg(target).current_dir(root());
        let out = build.output().expect("cargo is installed");
        assert!(out.status.success() && program.is_file(), "{}", told(&out));
    }
    let reader = Reader::of("renewals", Options::on(Database::Sqlite));
    reader.follows(0);
    reader.waits_for_job("renewal-report");
    let said = reader.follows(1);
    assert!(said.contains("inventing a vendor") && said.contains("the light is"), "{said}");
    let run = reader.waits_for_run("renewal-report", 1);
    assert_eq!(run["state"], "succeeded");
    let report = String::from_utf8_lossy(&reader.file(&run, "report")).into_owned();
    assert!(report.contains("<html") && report.contains("</html>"), "{report:.300}");
    let figures: Value = serde_json::from_slice(&reader.file(&run, "figures")).expect("the figures are JSON");
    assert!(figures.is_object(), "{figures}");
    let (due, renewed) = (reader.figure(&run, "due"), reader.figure(&run, "renewed"));
    assert!(due > 0.0 && renewed > 0.0 && renewed <= due, "{renewed} of {due}");
    let rate = reader.figure(&run, "renewal_rate");
    assert!(
        (rate - renewed / due).abs() < 0.01 || (rate - 100.0 * renewed / due).abs() < 0.1,
        "{rate}, {renewed} of {due}"
    );
}
