//! Odd outputs: huge, no UTF-8, secret.

use e2e::hub::{number, text, told};
use e2e::{Database, Folder, Hub};
use std::process::Stdio;

#[test]
fn a_hundred_megabytes_arrive_whole_and_memory_stays_flat() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("output"));
    let size: usize = 100 * 1024 * 1024;
    let script = folder.script(
        "big.sh",
        &format!("yes 'a line of the kind that build tools print by the million' | head -c {size}"),
    );
    let mut deploy = hub.deploy("beta", &["--ref", "main"], &script);
    let status =
        deploy.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("the program can be started");
    assert_eq!(status.code(), Some(0));
    let deployment = &hub.deployments("beta")[0];
    let id = text(&deployment["id"]);
    assert_eq!(deployment["state"], "succeeded", "{deployment}");
    let kept = number(&hub.deployment(&id)["output_bytes"]);
    let log = hub.log_of(&id);
    let line = b"a line of the kind that build tools print by the million\n";
    let first_wrong = log.iter().zip(line.iter().cycle()).position(|(a, b)| a != b).unwrap_or(log.len());
    if kept >= size as u64 {
        assert!(log.len() >= size && first_wrong >= size, "{} bytes, wrong at {first_wrong}", log.len());
    } else {
        // A limit with a name may cut it, and must say so in the log.
        let end = String::from_utf8_lossy(&log[first_wrong..]).into_owned();
        assert!(end.contains("limit") || end.contains("cut"), "{kept} bytes kept without a word: {end:.300}");
    }
    let peak = std::fs::read_to_string(format!("/proc/{}/status", hub.server.pid())).expect("/proc is there");
    let peak = peak.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default().trim().to_string();
    let peak_kb: u64 = peak.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(u64::MAX);
    assert!(peak_kb < 600_000, "the server held the output in memory: {peak}");
}

#[test]
fn bytes_that_are_no_utf8_are_kept_as_they_are() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("output"));
    let script = folder.script("bytes.sh", r"printf 'a\377\376\200b\000c\n\303'");
    let out = hub.deploy_main("beta", &script);
    assert_eq!(out.status.code(), Some(0), "{}", told(&out));
    let log = hub.log_of(&text(&hub.deployments("beta")[0]["id"]));
    let expected = b"a\xff\xfe\x80b\x00c\n\xc3";
    assert!(log.windows(expected.len()).any(|w| w == expected), "{log:?}");
}

#[test]
fn a_secret_in_the_output_is_covered_before_it_leaves() {
    let (hub, folder) = (Hub::on(Database::Sqlite), Folder::new("output"));
    let token = hub.server.token();
    // In two pieces, so that no piece alone shows it.
    let script = folder.script(
        "secret.sh",
        "echo \"password is $DB_PASSWORD!\"; printf 'half-of-a-'; sleep 0.3; echo 'secret-42'; cat token",
    );
    std::fs::write(hub.repository.path().join("token"), token).expect("a file can be written");
    let mut deploy = hub.deploy("beta", &["--ref", "main"], &script);
    let out = deploy.env("DB_PASSWORD", "half-of-a-secret-42").output().expect("the program can be started");
    assert_eq!(out.status.code(), Some(0), "{}", told(&out));
    let id = text(&hub.deployments("beta")[0]["id"]);
    let log = String::from_utf8_lossy(&hub.log_of(&id)).into_owned();
    for secret in ["half-of-a-secret-42", token] {
        assert!(!log.contains(secret), "the log shows a secret: {log}");
        assert!(!hub.server.log().contains(secret), "the server's own log shows a secret");
    }
    assert!(log.contains("password is ***!"), "{log}");
}
