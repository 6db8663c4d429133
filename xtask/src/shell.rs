//! Running programs: with their output shown, counted or kept.

use crate::Result;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The folder of the workspace. `cargo run` says where it is now: a target folder that several clones share may hold an xtask that was
/// built in one that is gone.
pub fn root() -> PathBuf {
    let here =
        PathBuf::from(variable("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()));
    here.parent().map_or_else(|| here.clone(), PathBuf::from)
}

/// A variable of the environment, if it is set and not empty.
#[expect(clippy::disallowed_methods, reason = "xtask is a tool: the environment is its configuration")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// `cargo`, in the workspace's folder: the one that runs this.
pub fn cargo() -> Command {
    let mut cargo = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    // `cargo run` describes xtask in these; inherited, they would make build scripts of other crates run again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "OUT_DIR" {
            cargo.env_remove(&*name);
        }
    }
    cargo
}

/// The folder that cargo builds into.
pub fn target() -> Result<PathBuf> {
    let text = output(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--quiet"]))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| format!("`cargo metadata`: {e}"))?;
    let target = metadata["target_directory"].as_str();
    target.map(PathBuf::from).ok_or_else(|| "`cargo metadata` names no target directory".into())
}

/// Starts a section of the output.
pub fn title(text: &str) {
    println!("\n== {text}");
    let _ = std::io::stdout().flush(); // a closed terminal must not stop the tests
}

/// Runs a program with its output shown; an exit code other than 0 is an error that names it.
pub fn run(command: &mut Command) -> Result {
    let name = describe(command);
    let status =
        command.stdin(Stdio::null()).status().map_err(|e| format!("`{name}` could not be started: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` ended with {status}")) }
}

/// Runs a program and returns what it wrote to its standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let name = describe(command);
    let out = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("`{name}` could not be started: {e}"))?;
    if !out.status.success() {
        return Err(format!("`{name}` ended with {}", out.status));
    }
    String::from_utf8(out.stdout).map_err(|_| format!("`{name}` wrote something that is no UTF-8"))
}

/// Runs a program, shows both of its streams as they come, and gives each line to `seen`. Returns whether it exited with 0.
pub fn watch(command: &mut Command, mut seen: impl FnMut(&str)) -> Result<bool> {
    let name = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("`{name}` could not be started: {e}"))?;
    let (lines, received) = std::sync::mpsc::channel::<String>();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|s| Box::new(s) as Box<dyn Read + Send>),
        child.stderr.take().map(|s| Box::new(s) as Box<dyn Read + Send>),
    ];
    for stream in streams.into_iter().flatten() {
        let lines = lines.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).split(b'\n').map_while(std::io::Result::ok) {
                if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    return;
                }
            }
        });
    }
    drop(lines);
    let mut out = std::io::stdout();
    for line in received {
        let _ = writeln!(out, "{line}"); // a closed terminal must not stop the tests
        let _ = out.flush();
        seen(&line);
    }
    let status = child.wait().map_err(|e| format!("`{name}` could not be waited for: {e}"))?;
    Ok(status.success())
}

/// Whether a program is on the path.
pub fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// How long `work` took, in seconds, with its result.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool measures by the monotonic clock; no product code is here"
)]
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed().as_secs_f64())
}

fn describe(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
