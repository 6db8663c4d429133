//! The source, files of earlier stages, and files that are kept.

use crate::arrange::{Hub, Scratch, job, said};
use crate::double::Double;
use crate::restarts::Process;
use serde_json::{Value, json};

fn source() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, mode, text) in [
        ("run.sh", 0o755, "#!/bin/sh\necho running $1\nmkdir -p out/deep\ncp input/data.csv out/copy.csv\n"),
        ("doc/a.txt", 0o644, "a"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(mode);
        tar.append_data(&mut header, name, text.as_bytes()).expect("appended");
    }
    tar.into_inner().expect("a tar")
}

const DATA: &str = "x,y\n1,2\n";
const DATA_SHA: &str = "5c11b52cc2d1e7b3ecfb5f0e0ee24a1d12d9a1ea1a9dd2c4b7e0f9d0d6a8f0c7";

fn rules() -> Value {
    json!([
        {"name": "tables", "pattern": "out/**/*.csv", "required": true, "shared": true, "keep": null},
        {"name": "page", "pattern": "out/page.html", "required": false, "shared": false, "keep": null},
    ])
}

fn sha(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_and_inputs_are_there_and_results_are_kept() {
    let hub = Hub::new().await;
    let sha = sha(DATA.as_bytes());
    hub.double.change(|inner| {
        inner.source = source();
        inner.files.insert(sha.clone(), DATA.into());
    });
    let more = json!({
        "source": {"repository": "r", "commit": "abc123", "ref": "main", "kind": "tar"},
        "inputs": [{"name": "data", "path": "input/data.csv", "size": DATA.len(), "sha256": sha}],
        "artifacts": rules(),
    });
    let steps = [
        "./run.sh now; echo $SIGNALBOX_COMMIT $SIGNALBOX_REF; echo new > out/deep/b.csv; echo '<p>' > out/page.html",
    ];
    let (finish, log) = hub.run(job("50", &steps, more)).await;
    assert_eq!(finish["outcome"], "succeeded", "{log}");
    assert_eq!(said(&log), "running now\nabc123 main\n");
    let kept: Vec<_> =
        finish["artifacts"].as_array().expect("a list").iter().map(|a| a["path"].as_str()).collect();
    assert_eq!(kept, [Some("out/copy.csv"), Some("out/deep/b.csv"), Some("out/page.html")]);
    assert_eq!(finish["artifacts"][0]["sha256"], sha);
    assert_eq!(finish["artifacts"][2]["media_type"], "text/html");
    let new = self::sha(b"new\n");
    assert_eq!(hub.double.lock().files[&new], b"new\n");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_server_has_lost_is_sent_again() {
    let hub = Hub::new().await;
    hub.double.change(|inner| inner.loses_files = true);
    let (finish, log) =
        hub.run(job("54", &["mkdir out; echo kept > out/a.csv"], json!({"artifacts": rules()}))).await;
    assert_eq!(finish["outcome"], "succeeded", "{log}");
    assert_eq!(hub.double.lock().files[&sha(b"kept\n")], b"kept\n");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_kept_is_refused_and_not_promised() {
    let hub = Hub::new().await;
    for (id, more, says) in [
        ("55", json!({"network": false}), "cannot be kept from the network"),
        ("56", json!({"user": "nobody"}), "Only in a container can a job run as another user"),
    ] {
        let (finish, _) = hub.run(job(id, &["echo done"], more)).await;
        assert_eq!(
            (finish["outcome"].as_str(), finish["reason"].as_str()),
            (Some("failed"), Some("isolation"))
        );
        assert!(finish["sentence"].as_str().is_some_and(|sentence| sentence.contains(says)), "{finish}");
    }
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_be_there_and_is_not_fails_the_job() {
    let hub = Hub::new().await;
    let (finish, _) = hub.run(job("51", &["true"], json!({"artifacts": rules()}))).await;
    assert_eq!((&finish["outcome"], &finish["reason"]), (&json!("failed"), &json!("artifact")));
    assert_eq!(finish["sentence"], "No file matches \"out/**/*.csv\", which tables requires");
    let big = "mkdir out; head -c 12m /dev/zero > out/big.csv";
    let (finish, log) = hub.run(job("52", &[big], json!({"artifacts": rules()}))).await;
    assert_eq!(finish["sentence"], "out/big.csv (12 MiB) could not be kept: file.too_large", "{log}");
    let inputs = json!({"inputs": [{"name": "d", "path": "d", "size": 1, "sha256": DATA_SHA}]});
    let (finish, _) = hub.run(job("53", &["true"], inputs)).await;
    assert_eq!(finish["reason"], "input");
    hub.double.change(|inner| inner.files.insert(DATA_SHA.to_owned(), b"other".to_vec()));
    let inputs = json!({"inputs": [{"name": "d", "path": "../d", "size": 5, "sha256": DATA_SHA}]});
    let (finish, _) = hub.run(job("54", &["true"], inputs)).await;
    assert_eq!(finish["reason"], "input");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_lines_arrive_whole() {
    let hub = Hub::new().await;
    let watch = base::Stopwatch::start();
    let (finish, log) = hub.run(job("55", &["seq 1 1000000"], json!({}))).await;
    println!(
        "{:.0} lines a second from the assignment to the sealed log",
        1e6 / watch.elapsed().as_secs_f64()
    );
    assert_eq!(finish["outcome"], "succeeded");
    assert!(log.lines().filter_map(|line| line.parse::<u32>().ok()).eq(1..=1_000_000));
    let (finish, log) = hub.run(job("56", &["seq 1 1000000"], json!({"log_limit": 1 << 20}))).await;
    assert_eq!(finish["outcome"], "succeeded");
    assert!(log.len() <= 1 << 20 && log.contains("reached its limit") && log.ends_with("were not kept\n"));
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_what_a_job_writes() {
    let double = Double::start().await;
    let scratch = Scratch::new();
    let process = Process::start(&double, &scratch.0.join("agent"), None);
    double.give(job("57", &["true"], json!({})));
    double.finish("57").await;
    let before = process.peak_memory();
    double.give(job("58", &["seq 1 4000000"], json!({"secrets": {"KEY": "a-secret-of-some-length"}})));
    let finish = double.finish("58").await;
    assert_eq!(finish["outcome"], "succeeded");
    let after = process.peak_memory();
    println!("{} MiB before, {} MiB after {} bytes", before >> 20, after >> 20, finish["log_bytes"]);
    assert!(after < before + (24 << 20), "{before} {after}");
}
