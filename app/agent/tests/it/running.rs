//! Steps, variables, figures, limits, timeouts.

use crate::arrange::{Hub, job, said};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn steps_run_in_order_and_everything_is_told() {
    let hub = Hub::new().await;
    let steps =
        ["echo one; echo two >&2", "echo $PARAM_REGION $SIGNALBOX_RUN_NUMBER $SIGNALBOX_JOB $CI; pwd"];
    let (finish, log) = hub.run(job("7", &steps, json!({}))).await;
    assert_eq!(finish["outcome"], "succeeded");
    assert_eq!((&finish["exit_code"], &finish["failed_step"]), (&json!(0), &Value::Null));
    assert_eq!(finish["log_bytes"], log.len());
    let said = said(&log);
    assert!(said.starts_with("one\ntwo\neu 12 nightly true\n/"), "{said}");
    assert!(said.trim_end().ends_with("/attempts/7-1/work"), "{said}");
    let (events, registrations) =
        hub.double.change(|inner| (inner.attempts["7"].events.clone(), inner.registrations.clone()));
    let states: Vec<_> =
        events.iter().map(|e| (e["step"].as_u64(), e["state"].as_str().unwrap_or(""))).collect();
    assert_eq!(
        states,
        [(Some(0), "running"), (Some(0), "succeeded"), (Some(1), "running"), (Some(1), "succeeded")]
    );
    let at = events[2]["offset"].as_u64().expect("an offset") as usize;
    assert!(log[at..].starts_with(r#"::step::{"#), "{}", &log[at..]);
    assert_eq!(registrations[0]["labels"]["zone"], "a");
    assert_eq!(registrations.len(), 1);
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_ends_the_steps_but_not_the_final_ones() {
    let hub = Hub::new().await;
    let mut given = job("8", &["echo a", "echo b; false; echo never", "echo never"], json!({}));
    given["steps"]
        .as_array_mut()
        .expect("steps")
        .push(json!({"name": "report", "run": "echo always", "always": true}));
    given["finally"] =
        json!([{"name": "clean", "run": "echo it $SIGNALBOX_OUTCOME"}, {"name": "more", "run": "exit 9"}]);
    let (finish, log) = hub.run(given).await;
    assert_eq!(finish["outcome"], "failed");
    assert_eq!((&finish["exit_code"], &finish["failed_step"]), (&json!(1), &json!(1)));
    assert_eq!(finish["sentence"], "Step step-1 ended with exit code 1");
    assert_eq!(finish["reason"], Value::Null);
    assert_eq!(said(&log), "a\nb\nalways\nit failed\n");
    assert!(log.contains(r#"::step-end::{"exit":1,"index":1,"state":"failed","took_ms":"#), "{log}");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_and_figures_are_left_for_later() {
    let hub = Hub::new().await;
    let steps = [
        "echo VERSION=1.2 >> $SIGNALBOX_ENV; echo 'rate=71.4 percent' >> $SIGNALBOX_METRICS",
        "echo version $VERSION; echo '::metric name=rows value=12'; echo '::step-end::{}'",
    ];
    let (finish, log) = hub.run(job("9", &steps, json!({}))).await;
    assert!(log.contains("version 1.2\n"), "{log}");
    assert!(log.contains("\n::raw::::step-end::{}\n"), "{log}");
    let metrics = json!([
        {"name": "rate", "value": 71.4, "unit": "percent"}, {"name": "rows", "value": 12.0, "unit": null}]);
    assert_eq!(finish["metrics"], metrics);
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_there_for_the_job_and_in_no_log() {
    let hub = Hub::new().await;
    let steps = [
        "test \"$TOKEN\" = s3cr3t-value && echo right; printf s3cr3t; sleep 0.2; echo -value; echo $TOKEN | base64",
        "env | grep -c agent-token || true; exit 3",
    ];
    let (finish, log) =
        hub.run(job("10", &steps, json!({"secrets": {"TOKEN": "s3cr3t-value"}, "mask": ["step-1"]}))).await;
    assert_eq!(said(&log).lines().take(2).collect::<Vec<_>>(), ["right", "***"]);
    assert!(!log.contains("s3cr3t") && !log.contains("czNjcjN0"), "{log}");
    assert!(said(&log).ends_with("\n0\n"), "the agent's own token is not in the environment: {log}");
    assert_eq!(finish["sentence"], "Step *** ended with exit code 3");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_is_stopped_and_says_why() {
    let hub = Hub::new().await;
    let finally = json!([{"name": "clean", "run": "echo cleaned $SIGNALBOX_OUTCOME"}]);
    let jobs = [
        (
            "11",
            "sleep 100",
            json!({"timeouts": {"run": 1}, "finally": finally}),
            "timeout",
            "the run may take 1 s",
        ),
        (
            "12",
            "echo x; sleep 100",
            json!({"timeouts": {"silent": 0.5}, "finally": finally}),
            "silent",
            "wrote nothing",
        ),
        (
            "13",
            "head -c 20m /dev/zero > big; sleep 100",
            json!({"limits": {"disk": 10 << 20}, "finally": finally}),
            "disk",
            "the workspace grew to 20 MiB",
        ),
    ];
    for (id, script, more, _, _) in &jobs {
        hub.double.give(job(id, &[script], more.clone()));
    }
    for (id, _, _, reason, words) in jobs {
        let finish = hub.double.finish(id).await;
        assert_eq!(finish["reason"], reason);
        assert_eq!(finish["outcome"], if reason == "disk" { "failed" } else { "timed_out" });
        let sentence = finish["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains(words), "{sentence}");
        assert_eq!(finish["failed_step"], 0);
        assert!(hub.double.log(id).contains("\ncleaned "), "{}", hub.double.log(id));
    }
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_has_its_own_time_shell_and_folder() {
    let hub = Hub::new().await;
    let mut given = job("14", &[], json!({}));
    given["steps"] = json!([
        {"name": "make", "run": "mkdir -p sub; echo x > sub/file"},
        {"name": "python", "run": "import os\nprint(sorted(os.listdir('.')))", "shell": "python3", "workdir": "sub"},
        {"name": "bash", "run": "set -o | grep pipefail; echo ${BASH_VERSION:+bash}", "shell": "bash"},
        {"name": "slow", "run": "sleep 60", "timeout": 0.3},
    ]);
    let (finish, log) = hub.run(given).await;
    assert!(log.contains("['file']\n") && log.contains("pipefail       \ton\nbash\n"), "{log}");
    assert_eq!(finish["outcome"], "timed_out");
    assert_eq!(finish["sentence"], "Step slow was stopped: it may take 300 ms and took longer");
    let mut out = job("15", &["echo x"], json!({}));
    out["steps"][0]["workdir"] = json!("../..");
    let (finish, _) = hub.run(out).await;
    assert_eq!(finish["reason"], "start");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_out_of_memory_is_said() {
    let hub = Hub::new().await;
    let script = "head -c 200m /dev/zero | tail | wc -c";
    let (finish, log) = hub
        .run(job("16", &[script], json!({"limits": {"memory": 32 << 20, "pids": 50, "cpus_milli": 1000}})))
        .await;
    if log.contains("this machine can limit the memory of each process only") {
        println!("SKIPPED: no cgroup of this machine counts memory");
    } else if finish["outcome"] == "failed" {
        assert_eq!(finish["reason"], "oom");
        assert_eq!(finish["sentence"], "Step step-0 ran out of memory: it has a limit of 32 MiB");
    } else {
        // The pipeline's last command succeeded; without pipefail the shell does not mind.
        assert_eq!(finish["outcome"], "succeeded");
    }
    let (finish, _) = hub
        .run(job(
            "17",
            &["exec python3 -c 'x = b\"x\" * (200 << 20)'"],
            json!({"limits": {"memory": 32 << 20}}),
        ))
        .await;
    assert_eq!(finish["outcome"], "failed");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_understood_is_refused_alone() {
    let hub = Hub::new().await;
    hub.double.give(json!({"attempt": "18", "epoch": 3, "isolation": "chroot"}));
    let finish = hub.double.finish("18").await;
    assert_eq!((&finish["reason"], &finish["epoch"]), (&json!("assignment"), &json!(3)));
    let (finish, _) = hub
        .run(job("19", &["true"], json!({"isolation": "docker", "image": "no/such:image", "pull": "never"})))
        .await;
    assert_eq!(finish["outcome"], "failed");
    let (finish, _) = hub.run(job("20", &["true"], json!({}))).await;
    assert_eq!(finish["outcome"], "succeeded");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_jobs_are_done_in_little_time() {
    let hub = Hub::with(|config| config.slots = 8).await;
    hub.run(job("999", &["true"], json!({}))).await;
    let requests = hub.double.lock().requests;
    let watch = base::Stopwatch::start();
    for n in 1000..1200 {
        hub.double.give(job(&n.to_string(), &["true"], json!({})));
    }
    for n in 1000..1200 {
        assert_eq!(hub.double.finish(&n.to_string()).await["outcome"], "succeeded");
    }
    let took = watch.elapsed();
    let requests = hub.double.lock().requests - requests;
    println!(
        "{:.0} jobs a second, {:.1} requests for each",
        200.0 / took.as_secs_f64(),
        requests as f64 / 200.0
    );
    hub.close().await;
}
