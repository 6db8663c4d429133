//! The examples are as good as the documentation says: their files have nothing wrong with them, and their scripts do what they say.

use jobs::file::{parse, schema, yaml};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn examples() -> BTreeMap<String, PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let entries = fs::read_dir(&folder).expect("there are examples").flatten();
    let jobs = entries.filter(|entry| entry.path().join("signalbox.yaml").is_file());
    jobs.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

#[test]
fn nothing_is_wrong_with_them_by_the_reader_and_by_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(schema::PUBLISHED).expect("it is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("it is a schema");
    let examples = examples();
    assert!(examples.len() >= 3, "{examples:?}");
    for (name, folder) in examples {
        let text = fs::read_to_string(folder.join("signalbox.yaml")).expect("it is a text");
        let parsed = parse(&text);
        assert!(parsed.findings.is_empty(), "{name}: {:?}", parsed.findings);
        for document in yaml::read(&text).0 {
            let wrong: Vec<String> =
                validator.iter_errors(&document.to_json()).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{name}: {wrong:?}");
        }
        for step in parsed.jobs.iter().flat_map(|job| job.parts()).flat_map(|part| &part.steps) {
            let script = step.run.split_whitespace().next().and_then(|word| word.strip_prefix("./"));
            if let Some(script) = script {
                assert!(folder.join(script).is_file(), "{name} runs {script}, which is not there");
            }
        }
    }
}

/// A copy of an example to work in.
fn workspace(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("example-{name}"));
    let _absent = fs::remove_dir_all(&folder);
    run(Command::new("cp").arg("-R").arg(&examples()[name]).arg(&folder));
    folder
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("it can be started");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

#[test]
fn the_backup_can_be_read_back_and_counts() {
    let folder = workspace("nightly-backup");
    let metrics = folder.join("metrics");
    run(Command::new("./backup.sh")
        .current_dir(&folder)
        .env("SOURCE", ".")
        .env("SIGNALBOX_METRICS", &metrics));
    run(Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(folder.join("backup")));
    let metrics = fs::read_to_string(metrics).expect("there are metrics");
    assert!(metrics.contains("files=") && metrics.contains(" bytes"), "{metrics}");
}

#[test]
fn beta_switches_over_in_one_step_and_keeps_five_releases() {
    let folder = workspace("beta-every-15-minutes");
    let target = folder.join("target");
    for commit in ["a1", "b2", "c3", "d4", "e5", "f6", "f6"] {
        for script in ["./build.sh", "./deploy.sh"] {
            run(Command::new(script)
                .current_dir(&folder)
                .env("TARGET", &target)
                .env("SIGNALBOX_COMMIT", commit));
        }
    }
    assert_eq!(fs::read_to_string(target.join("current/VERSION")).expect("it is there").trim(), "f6");
    assert_eq!(fs::read_dir(target.join("releases")).expect("they are there").count(), 5);
}
