//! `signalbox deploy` as a process, against a small server that speaks the contract and can be told to misbehave.

#[path = "deploy/hub.rs"]
mod hub;
#[path = "deploy/trial.rs"]
mod trial;

use hub::Hub;
use serde_json::json;
use trial::{Trial, is_alive, until};

#[test]
fn a_command_that_succeeds_is_recorded_with_its_output() {
    let hub = Hub::start();
    let trial = Trial::new(&hub);
    let done = trial.deploy(
        &["--slot", "15m"],
        "echo out; echo err >&2; echo \"$SIGNALBOX_ENVIRONMENT $SIGNALBOX_FENCE [${SIGNALBOX_TOKEN-}]\"",
    );
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out, "out\nerr\nbeta 812 []\n", "one pipe for both streams keeps their order");
    assert!(done.err.contains(
        "deployment 318 beta 9f3c2e1 (14 commits since 1b44f0d) started, token 812, lease 2s -> http"
    ));
    assert!(done.err.contains("deployment 318 succeeded in 0s"));
    assert_eq!(hub.output_text(), "out\nerr\nbeta 812 []\n");
    assert_eq!(
        hub.finished(),
        json!({"token": 812, "outcome": "succeeded", "exit_code": 0, "output_bytes": 20})
    );
    assert_eq!(done.result["reason_code"], "succeeded");
    assert_eq!(
        (&done.result["exit_code"], &done.result["child_exit"], &done.result["reported"]),
        (&0.into(), &0.into(), &true.into())
    );
    assert_eq!(done.result["deployment"]["number"], "318");
    let slot = hub.starts()[0].1["slot"].as_str().expect("a slot").to_owned();
    assert!(
        ["00", "15", "30", "45"].contains(&&slot[14..16]) && slot.ends_with(":00.000Z"),
        "{slot} is not a quarter of an hour"
    );
    assert!(trial.spooled().is_empty(), "nothing is left to send");
}

#[test]
fn the_commands_own_code_comes_back_even_when_it_is_a_reserved_one() {
    let hub = Hub::start();
    for code in [1, 7, 75] {
        let done = Trial::new(&hub).deploy(&[], &format!("exit {code}"));
        assert_eq!((done.code, &done.result["child_exit"]), (code, &code.into()));
        assert_eq!(
            hub.finished(),
            json!({"token": 812, "outcome": "failed", "exit_code": code, "output_bytes": 0})
        );
        assert_eq!(done.result["reason_code"], "command_failed");
    }
}

#[test]
fn refusals_have_their_codes_and_run_nothing() {
    let hub = Hub::start();
    for (status, code, options, exit) in [
        (409, "deployment.blocked", &[][..], 75),
        (409, "deployment.blocked", &["--blocked-exit", "0"], 0),
        (409, "deployment.busy", &[], 76),
        (409, "deployment.quarantined", &[], 75),
        (400, "commit.unknown", &[], 65),
        (400, "commit.ambiguous", &[], 65),
        (400, "repository.shallow", &[], 65),
        (403, "right.missing", &[], 77),
        (401, "token.unknown", &[], 77),
        (404, "environment.missing", &[], 64),
    ] {
        let decision = json!({"open": false, "epoch": 4, "sentence": "beta is locked by ann", "primary": {"id": "1"},
            "blockers": [{"id": "1", "sentence": "beta is locked by ann"}, {"id": "2", "sentence": "beta is frozen"}]});
        hub.answer_start(
            status,
            json!({"code": code, "detail": "beta is locked by ann", "decision": decision}),
        );
        let trial = Trial::new(&hub);
        let done = trial.deploy(options, "touch ran");
        assert_eq!(done.code, exit, "{status} {code}: {}", done.err);
        assert!(
            done.err.contains("beta is locked by ann") && done.err.contains("also: beta is frozen"),
            "{}",
            done.err
        );
        assert!(!trial.path("ran").exists(), "nothing may run");
        assert_eq!((&done.result["decision"], &done.result["exit_code"]), (&"refused".into(), &exit.into()));
    }
}

#[test]
fn a_slot_that_was_handled_elsewhere_is_no_failure() {
    let hub = Hub::start();
    hub.answer_start(200, json!({"handled": true, "id": "9", "number": 317, "host": "bastion-2", "sentence": "bastion-2 handled this slot"}));
    let trial = Trial::new(&hub);
    let done = trial.deploy(&["--slot", "15m"], "touch ran");
    assert_eq!((done.code, &done.result["reason_code"]), (0, &"handled_elsewhere".into()));
    assert!(!trial.path("ran").exists() && done.err.contains("bastion-2"));
}

#[test]
fn a_dry_run_starts_nothing_and_says_what_would_happen() {
    let hub = Hub::start();
    for (open, exit) in [(true, 0), (false, 75)] {
        hub.answer_start(
            200,
            json!({"decision": {"open": open, "sentence": "as it is", "blockers": []}, "range": {}}),
        );
        let done = Trial::new(&hub).deploy(&["--dry-run"], "touch ran");
        assert_eq!((done.code, &done.result["decision"]), (exit, &"dry_run".into()));
        assert!(done.err.contains("as it is"));
    }
}

#[test]
fn without_a_server_nothing_runs() {
    let mut hub = Hub::start();
    hub.stop();
    let trial = Trial::new(&hub);
    let done = trial.deploy(&["--start-timeout", "1s"], "touch ran");
    assert_eq!((done.code, &done.result["reason_code"]), (69, &"unreachable".into()));
    assert!(!trial.path("ran").exists() && done.err.contains("nothing was started"), "{}", done.err);
}

#[test]
fn a_start_whose_answer_is_lost_is_asked_again_under_the_same_key() {
    let hub = Hub::start();
    hub.fail_starts(2);
    let done = Trial::new(&hub).deploy(&[], "true");
    assert_eq!(done.code, 0, "{}", done.err);
    let keys: Vec<_> = hub.starts().into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys.len(), 3);
    assert!(!keys[0].is_empty() && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn a_command_that_cannot_run_ends_as_a_shell_says_it() {
    let hub = Hub::start();
    for (program, code) in [("./no-such-program", 127), ("/dev/null", 126)] {
        let done = Trial::new(&hub).deploy_program(&[], &[program]);
        assert_eq!(done.code, code, "{}", done.err);
        assert_eq!(
            (&hub.finished()["outcome"], &hub.finished()["exit_code"]),
            (&"failed".into(), &code.into())
        );
    }
}

#[test]
fn a_command_killed_by_a_signal_ends_with_128_more() {
    let hub = Hub::start();
    let done = Trial::new(&hub).deploy(&[], "kill -9 $$");
    assert_eq!((done.code, &done.result["child_signal"]), (137, &9.into()));
    assert_eq!((&hub.finished()["outcome"], &hub.finished()["signal"]), (&"failed".into(), &9.into()));
}

#[test]
fn a_lost_lease_stops_the_command() {
    let hub = Hub::start();
    let trial = Trial::new(&hub);
    let running = trial.start(&[], "echo $$ > pid; sleep 600 & wait");
    until("the command runs", || trial.number("pid").is_some());
    hub.answer_beat(410, json!({"code": "lease.lost", "detail": "deployment 318 was resolved by ann"}));
    let done = running.wait();
    assert_eq!((done.code, &done.result["reason_code"]), (87, &"lease_lost".into()));
    assert!(done.err.contains("resolved by ann"), "{}", done.err);
    assert!(!is_alive(trial.number("pid").expect("a pid")));
}

#[test]
fn an_abort_ends_everything_even_what_ignores_it_and_left_the_session() {
    let hub = Hub::start();
    let trial = Trial::new(&hub);
    let running = trial.start(
        &["--grace", "1s"],
        "trap '' TERM; (setsid sh -c 'trap \"\" TERM; echo $$ > stray; while :; do sleep 1; done' &) ; echo $$ > pid
         while :; do sleep 1; done",
    );
    until("both run", || trial.number("pid").is_some() && trial.number("stray").is_some());
    hub.answer_beat(200, json!({"lease": 2, "command": "abort", "reason": "ann said stop"}));
    let done = running.wait();
    assert_eq!((done.code, &done.result["reason_code"]), (88, &"aborted".into()));
    assert!(done.err.contains("ann said stop"), "{}", done.err);
    assert_eq!(
        (&hub.finished()["outcome"], &hub.finished()["reason"]),
        (&"aborted".into(), &"ann said stop".into())
    );
    for name in ["pid", "stray"] {
        assert!(!is_alive(trial.number(name).expect("a pid")), "{name} is still alive");
    }
}

#[test]
fn a_signal_to_the_wrapper_reaches_the_command_and_the_record() {
    let hub = Hub::start();
    for (signal, name) in [("TERM", "SIGTERM"), ("INT", "SIGINT"), ("HUP", "SIGHUP")] {
        let trial = Trial::new(&hub);
        let running = trial.start(
            &[],
            &format!(
                "trap 'echo got {signal}; exit 3' {signal}; echo $$ > pid; while :; do sleep 0.05; done"
            ),
        );
        until("the command runs", || trial.number("pid").is_some());
        running.signal(signal);
        let done = running.wait();
        assert_eq!((done.code, &done.result["child_exit"]), (88, &3.into()), "{}", done.err);
        assert!(done.out.contains(&format!("got {signal}")));
        let finished = hub.finished();
        assert_eq!(finished["outcome"], "aborted");
        assert!(finished["reason"].as_str().is_some_and(|reason| reason.contains(name)), "{finished}");
    }
}

#[test]
fn a_server_that_goes_and_comes_back_misses_nothing() {
    let mut hub = Hub::start();
    let trial = Trial::new(&hub);
    let running = trial.start(&[], "echo one; while [ ! -e go ]; do sleep 0.02; done; echo two; touch said; while [ ! -e end ]; do sleep 0.02; done; echo three");
    until("the first line is there", || hub.output_text() == "one\n");
    hub.stop();
    trial.touch("go");
    until("the second line is said", || trial.path("said").exists());
    hub.start_again();
    until("the second line is there", || hub.output_text() == "one\ntwo\n");
    hub.stop();
    trial.touch("end");
    until("the output is complete", || trial.spooled().iter().any(|text| text == b"one\ntwo\nthree\n"));
    hub.start_again();
    let done = running.wait();
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(hub.output_text(), "one\ntwo\nthree\n");
    assert_eq!(hub.finished()["outcome"], "succeeded");
}

#[test]
fn an_end_that_cannot_be_reported_keeps_the_output_and_says_where() {
    let mut hub = Hub::start();
    let trial = Trial::new(&hub);
    let running = trial.start(
        &["--finish-timeout", "1s"],
        "echo precious; touch said; while [ ! -e end ]; do sleep 0.02; done",
    );
    until("the line is said", || trial.path("said").exists());
    hub.stop();
    trial.touch("end");
    let done = running.wait();
    assert_eq!((done.code, &done.result["reported"]), (0, &false.into()), "{}", done.err);
    let spool = done.result["spool"].as_str().expect("a spool");
    assert_eq!(std::fs::read(spool).expect("the spool is there"), b"precious\n");
    assert!(done.err.contains(spool), "{}", done.err);
}

#[test]
fn twenty_megabytes_arrive_byte_for_byte_over_a_server_in_trouble() {
    let hub = Hub::start();
    hub.lose_every_fifth_answer_to_output();
    let trial = Trial::new(&hub);
    let done = trial.deploy(&["--no-output"], "head -c 20000000 /dev/urandom | tee sent");
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.is_empty());
    assert!(hub.output() == std::fs::read(trial.path("sent")).expect("what was sent"), "the output differs");
    assert_eq!(done.result["output_bytes"], 20_000_000);
}

#[test]
fn a_hundred_megabytes_do_not_make_the_wrapper_grow() {
    let hub = Hub::start();
    let trial = Trial::new(&hub);
    let running = trial.start(
        &["--no-output"],
        "head -c 100000000 /dev/zero; touch said; while [ ! -e end ]; do sleep 0.02; done",
    );
    until("everything is said", || trial.path("said").exists());
    let most_kb = running.most_memory_kb();
    trial.touch("end");
    let done = running.wait();
    assert_eq!((done.code, hub.output().len()), (0, 100_000_000), "{}", done.err);
    assert!(most_kb < 64 * 1024, "it took {most_kb} kB");
}

#[test]
fn secrets_stay_here() {
    let hub = Hub::start();
    let trial = Trial::new(&hub).with("DB_PASSWORD", "correct-horse").with("PIN", "4711");
    let done = trial.deploy(
        &["--mask", "PIN"],
        "printf 'a correct-'; sleep 0.3; printf 'horse b 4711 c '; printf 'correct-'",
    );
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(hub.output_text(), "a *** b *** c correct-");
    assert_eq!(done.out, "a correct-horse b 4711 c correct-", "the terminal shows what the command said");
}

#[test]
fn the_token_is_masked_and_given_only_when_asked() {
    let hub = Hub::start();
    let done = Trial::new(&hub).deploy(&["--pass-token"], "echo \"[$SIGNALBOX_TOKEN]\"");
    assert_eq!(done.out, "[the-token-of-the-test]\n");
    assert_eq!(hub.output_text(), "[***]\n");
    assert!(!done.err.contains("the-token") && !done.result.to_string().contains("the-token"));
}

#[test]
fn the_command_gets_a_session_of_its_own_and_three_descriptors() {
    let hub = Hub::start();
    // The fourth is the directory that ls itself looks into.
    let done = Trial::new(&hub).deploy_program(&[], &["ls", "/proc/self/fd"]);
    assert_eq!((done.code, done.out.as_str()), (0, "0\n1\n2\n3\n"), "{}", done.err);
    let script = "read -r stat < /proc/$$/stat; set -- $stat; [ $6 = $$ ] && echo leads";
    assert_eq!(Trial::new(&hub).deploy(&[], script).out, "leads\n");
}

#[test]
fn a_daemon_that_keeps_the_pipe_open_does_not_keep_the_deployment_open() {
    let hub = Hub::start();
    let trial = Trial::new(&hub);
    let done = trial.deploy(&[], "setsid sleep 600 & echo $! > daemon; echo done");
    assert_eq!((done.code, hub.output_text().as_str()), (0, "done\n"), "{}", done.err);
    let daemon = trial.number("daemon").expect("a pid");
    assert!(is_alive(daemon), "a service that a script starts is none of our business");
    std::process::Command::new("kill").arg(daemon.to_string()).status().expect("kill runs");
}

#[test]
fn waiting_ends_when_the_gate_opens() {
    let hub = Hub::start();
    let blocked = json!({"open": false, "epoch": 4, "sentence": "locked"});
    hub.answer_start(
        409,
        json!({"code": "deployment.blocked", "detail": "beta is locked", "decision": blocked}),
    );
    let trial = Trial::new(&hub);
    let running = trial.start(&["--wait", "1m"], "touch ran");
    until("it asks to be told", || hub.waits() > 0);
    hub.start_normally();
    hub.answer_wait(json!({"open": true, "epoch": 5}));
    let done = running.wait();
    assert_eq!((done.code, hub.starts().len()), (0, 2), "{}", done.err);
    assert!(trial.path("ran").exists() && done.err.contains("waiting: beta is locked"));
}

#[test]
fn waiting_runs_out() {
    let hub = Hub::start();
    hub.answer_start(
        409,
        json!({"code": "deployment.busy", "detail": "317 runs", "decision": {"open": false, "epoch": 4}}),
    );
    let done = Trial::new(&hub).deploy(&["--wait", "1s"], "touch ran");
    assert_eq!((done.code, &done.result["reason_code"]), (124, &"wait_ran_out".into()), "{}", done.err);
}

#[test]
fn a_place_in_the_queue_is_kept_and_taken_under_one_key() {
    let hub = Hub::start();
    let decision = json!({"open": false, "epoch": 4, "sentence": "deployment 317 is running"});
    hub.answer_start(202, json!({"id": "77", "number": 318, "state": "queued", "sentence": "deployment 317 is running", "decision": decision}));
    let trial = Trial::new(&hub);
    let running = trial.start(&["--if-busy", "queue"], "touch ran");
    until("it waits for its turn", || hub.waits() > 0);
    hub.start_normally();
    hub.answer_wait(json!({"open": true, "epoch": 5}));
    let done = running.wait();
    assert_eq!(done.code, 0, "{}", done.err);
    let starts = hub.starts();
    assert!(
        starts.len() > 1
            && starts.iter().all(|(key, body)| *key == starts[0].0 && body["if_busy"] == "queue")
    );
    assert!(trial.path("ran").exists());
}

#[test]
fn who_stops_waiting_in_the_queue_leaves_it() {
    let hub = Hub::start();
    hub.answer_start(
        202,
        json!({"id": "77", "number": 318, "state": "queued", "decision": {"open": false, "epoch": 4}}),
    );
    let done = Trial::new(&hub).deploy(&["--if-busy", "queue", "--wait", "1s"], "touch ran");
    assert_eq!((done.code, hub.aborts()), (124, 1), "{}", done.err);
    let trial = Trial::new(&hub);
    let waits = hub.waits();
    let running = trial.start(&["--if-busy", "queue"], "touch ran");
    until("it waits for its turn", || hub.waits() > waits);
    running.signal("TERM");
    assert_eq!((running.wait().code, hub.aborts()), (143, 2));
    assert!(!trial.path("ran").exists());
}

#[test]
fn with_json_the_report_has_standard_output_for_itself() {
    let hub = Hub::start();
    let done = Trial::new(&hub).deploy(&["--json"], "echo hello");
    let report: serde_json::Value = serde_json::from_str(&done.out).expect("nothing but JSON");
    assert_eq!((&report["reason_code"], &report["version"]), (&"succeeded".into(), &1.into()));
    assert!(done.err.contains("hello"), "{}", done.err);
}

#[test]
fn nohup_means_what_it_says() {
    let hub = Hub::start();
    let trial = Trial::new(&hub).ignoring("HUP");
    let running = trial.start(&[], "touch runs; while [ ! -e end ]; do sleep 0.02; done; echo whole");
    until("the command runs", || trial.path("runs").exists());
    running.signal("HUP");
    trial.touch("end");
    assert_eq!(running.wait().code, 0);
    assert_eq!(hub.output_text(), "whole\n");
}
