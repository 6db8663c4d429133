//! Pools: real start commands start real agents, and servers are killed in between.

use e2e::hub::{text, told};
use e2e::server::Options;
use e2e::{Database, Folder, Hub, Repository, outside};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(90);

fn hub(options: Options) -> Hub {
    Hub::start(options.arg("--agents").arg("0"), Repository::with_commits(1))
}

/// Commits a job whose runs each add a line to the file `marks`, and waits until it is there.
fn commit(hub: &Hub, marks: &Folder) {
    let file = format!(
        "name: mark\noverlap: allow_all\nsteps: [{{run: 'echo \"$SIGNALBOX_AGENT\" >> {}'}}]\n",
        marks.join("marks").display()
    );
    std::fs::write(hub.repository.path().join("signalbox.yaml"), file).expect("written");
    hub.repository.git(&["add", "signalbox.yaml"]);
    hub.repository.git(&["commit", "-q", "-m", "jobs"]);
    hub.api.post("/api/v1/repositories/web/fetch", &json!({})).expect("fetched");
    outside::wait_for("the job file to be read", SOON, || {
        hub.api.get("/api/v1/jobs/mark").is_success().then_some(())
    });
}

fn ask(hub: &Hub) -> String {
    text(&hub.api.post("/api/v1/jobs/mark/runs", &json!({})).expect("asked")["id"])
}

fn succeeds(hub: &Hub, run: &str) {
    let run = outside::wait_for("the run to end", SOON, || {
        let run = hub.api.get(&format!("/api/v1/runs/{run}")).expect("there");
        (run["over"] == true).then_some(run)
    });
    assert_eq!(run["state"], "succeeded", "{run}");
}

fn pool(hub: &Hub, more: &[&str], command: &str) {
    let mut add = hub.server.command();
    let out = add.args(["agents", "pool", "add", "small", "--command", command]).args(more).output();
    let out = out.expect("the program can be started");
    assert!(out.status.success(), "{}", told(&out));
}

fn the_pool(hub: &Hub) -> Value {
    hub.api.get("/api/v1/agents/pools/small").expect("there")
}

fn agent() -> String {
    format!("exec {} agent --once", outside::program().display())
}

fn lines(folder: &Folder, name: &str) -> Vec<String> {
    std::fs::read_to_string(folder.join(name)).unwrap_or_default().lines().map(str::to_owned).collect()
}

#[test]
fn agents_come_as_the_queue_grows_and_go_when_it_is_empty_on_sqlite() {
    comes_and_goes(Database::Sqlite);
}

#[test]
fn agents_come_as_the_queue_grows_and_go_when_it_is_empty_on_postgres() {
    if Database::Postgres.is_here() {
        comes_and_goes(Database::Postgres);
    }
}

fn comes_and_goes(database: Database) {
    let (hub, marks) = (hub(Options::on(database)), Folder::new("marks"));
    commit(&hub, &marks);
    pool(&hub, &["--max", "2", "--idle", "1"], &agent());
    let runs: Vec<String> = (0..4).map(|_| ask(&hub)).collect();
    let mut most = 0;
    outside::wait_for("all runs to end", SOON, || {
        most = most.max(hub.api.all("/api/v1/agents").len());
        runs.iter()
            .all(|run| hub.api.get(&format!("/api/v1/runs/{run}")).expect("there")["over"] == true)
            .then_some(())
    });
    runs.iter().for_each(|run| succeeds(&hub, run));
    assert!((1..=2).contains(&most), "there were {most} agents at once");
    assert_eq!(lines(&marks, "marks").len(), 4, "each ran once");
    assert!(lines(&marks, "marks").iter().all(|name| name.starts_with("small-")), "by agents of the pool");
    outside::wait_for("the agents to be gone", SOON, || {
        (hub.api.all("/api/v1/agents").is_empty() && the_pool(&hub)["booting"] == 0).then_some(())
    });
    for start in hub.api.all("/api/v1/agents/pools/small/starts") {
        assert_eq!(start["state"], "here", "{start}");
    }
}

#[test]
fn an_agent_that_has_nothing_to_do_ends() {
    let (hub, marks) = (hub(Options::on(Database::Sqlite)), Folder::new("marks"));
    commit(&hub, &marks);
    pool(&hub, &["--max", "1", "--min", "1", "--idle", "1"], &agent());
    outside::wait_for("one to be kept", SOON, || (the_pool(&hub)["here"] == 1).then_some(()));
    hub.api.patch("/api/v1/agents/pools/small", &json!({"min": 0})).expect("changed");
    outside::wait_for("it to end", SOON, || (the_pool(&hub)["here"] == 0).then_some(()));
    assert_eq!(hub.api.all("/api/v1/agents/pools/small/starts").len(), 1, "and none is started instead");
    assert!(lines(&marks, "marks").is_empty());
}

#[test]
fn a_server_killed_while_an_agent_is_on_its_way_starts_no_second() {
    let (mut hub, marks) = (hub(Options::on(Database::Sqlite)), Folder::new("marks"));
    commit(&hub, &marks);
    let (started, go) = (marks.join("started"), marks.join("go"));
    let command = format!(
        "echo $SIGNALBOX_AGENT_NAME >> {}; while [ ! -e {} ]; do sleep 0.05; done; {}",
        started.display(),
        go.display(),
        agent()
    );
    pool(&hub, &["--max", "3"], &command);
    let run = ask(&hub);
    for _ in 0..3 {
        outside::wait_for("the start command", SOON, || (!lines(&marks, "started").is_empty()).then_some(()));
        hub.server.kill();
        hub.server.start_again();
    }
    assert_eq!(the_pool(&hub)["booting"], 1);
    std::fs::write(&go, "").expect("written");
    succeeds(&hub, &run);
    assert_eq!(lines(&marks, "started").len(), 1, "it was started once");
    assert_eq!(lines(&marks, "marks"), lines(&marks, "started"), "and its job ran once, there");
}

#[test]
fn an_agent_that_was_given_up_is_told_to_end_and_another_does_its_work() {
    let (hub, marks) = (hub(Options::on(Database::Sqlite)), Folder::new("marks"));
    commit(&hub, &marks);
    let script = marks.script(
        "machine.sh",
        &format!(
            "while [ ! -e {go} ]; do sleep 0.05; done\n{program} agent --once\necho $? >> {ends}",
            go = marks.join("go").display(),
            program = outside::program().display(),
            ends = marks.join("ends").display()
        ),
    );
    // As a machine elsewhere would be: nothing that the server can reach.
    let command = format!("setsid {} >/dev/null 2>&1 &", script.display());
    pool(&hub, &["--max", "1", "--boot", "5"], &command);
    let run = ask(&hub);
    let starts = "/api/v1/agents/pools/small/starts";
    outside::wait_for("the first to be given up", SOON, || {
        hub.api.all(starts).iter().any(|start| start["state"] == "given_up").then_some(())
    });
    assert!(text(&the_pool(&hub)["trouble"]["sentence"]).contains("has not come within 5 s"));
    outside::wait_for("the second", SOON, || {
        hub.api.all(starts).iter().any(|start| start["state"] == "booting").then_some(())
    });
    std::fs::write(marks.join("go"), "").expect("written");
    succeeds(&hub, &run);
    let ends = outside::wait_for("both to end", SOON, || {
        let mut ends = lines(&marks, "ends");
        ends.sort();
        (ends.len() == 2).then_some(ends)
    });
    assert_eq!(ends, ["0", "77"], "one did the work, the other was sent away");
    assert_eq!(lines(&marks, "marks").len(), 1);
}

#[test]
fn a_start_command_that_fails_is_told_with_what_it_wrote_and_tried_again() {
    let (hub, marks) = (hub(Options::on(Database::Sqlite)), Folder::new("marks"));
    commit(&hub, &marks);
    pool(&hub, &["--max", "1"], "echo no quota left for $SIGNALBOX_AGENT_TOKEN; exit 3");
    let run = ask(&hub);
    let trouble = outside::wait_for("it to be told", SOON, || {
        Some(the_pool(&hub)["trouble"].clone()).filter(Value::is_object)
    });
    assert!(text(&trouble["sentence"]).contains("exit status: 3"), "{trouble}");
    assert_eq!(text(&trouble["output"]).trim(), "no quota left for ***", "the token is hidden");
    hub.api.patch("/api/v1/agents/pools/small", &json!({"command": agent()})).expect("changed");
    let out = hub.server.command().args(["agents", "pool", "retry", "small"]).output().expect("started");
    assert!(out.status.success(), "{}", told(&out));
    succeeds(&hub, &run);
    assert!(the_pool(&hub)["trouble"].is_null(), "{}", the_pool(&hub));
    let verbs: Vec<String> =
        hub.journal().iter().map(|entry| text(&entry["verb"])).filter(|verb| verb.contains("pool")).collect();
    assert_eq!(&verbs[..2], ["agent_pool.created", "agent_pool.start_failed"], "{verbs:?}");
    assert!(verbs.contains(&"agent_pool.changed".to_owned()), "{verbs:?}");
}

#[test]
fn a_webhook_is_asked_signed_and_only_where_it_may_go() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}/start", listener.local_addr().expect("bound"));
    let body = json!({"name": "small", "webhook": address, "max": 1, "min": 1});
    let closed = hub(Options::on(Database::Sqlite));
    closed.api.post("/api/v1/agents/pools", &body).expect("made");
    let trouble = outside::wait_for("the refusal", SOON, || {
        Some(the_pool(&closed)["trouble"].clone()).filter(Value::is_object)
    });
    assert!(text(&trouble["sentence"]).contains("private network"), "{trouble}");

    let open = hub(Options::on(Database::Sqlite).env("SIGNALBOX_ALLOW_PRIVATE_TARGETS", "127.0.0.0/8"));
    let made = open.api.post("/api/v1/agents/pools", &body).expect("made");
    let secret = text(&made["webhook_secret"]);
    assert!(secret.starts_with("sbp_"), "{made}");
    let (mut stream, _) = listener.accept().expect("asked");
    let (head, body) = request(&mut stream);
    stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").expect("answered");
    let signature = head.lines().find_map(|line| line.strip_prefix("x-signalbox-signature: sha256="));
    assert_eq!(signature, Some(hmac(&secret, &body).as_str()), "{head}");
    let wanted: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!((text(&wanted["event"]), text(&wanted["url"])), ("agent.wanted".into(), open.server.url()));
    let folder = Folder::new("agent");
    let mut agent = std::process::Command::new(outside::program());
    agent.args(["agent", "--once", "--server", &open.server.url(), "--token", &text(&wanted["token"])]);
    agent.arg("--data").arg(folder.path()).stdout(std::process::Stdio::null());
    let _agent = outside::Process::start(&mut agent);
    outside::wait_for("the agent to come", SOON, || (the_pool(&open)["here"] == 1).then_some(()));
}

fn request(stream: &mut std::net::TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).expect("sent");
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if Some(body.len()) == length {
                return (head.to_lowercase(), body.as_bytes().to_vec());
            }
        }
    }
}

/// By another program than the one under test.
fn hmac(secret: &str, body: &[u8]) -> String {
    let folder = Folder::new("hmac");
    let file = folder.join("body");
    std::fs::write(&file, body).expect("written");
    let mut openssl = std::process::Command::new("openssl");
    let out = openssl.args(["dgst", "-sha256", "-r", "-hmac", secret]).arg(&file).output().expect("openssl");
    String::from_utf8_lossy(&out.stdout).split_whitespace().next().unwrap_or_default().to_owned()
}
