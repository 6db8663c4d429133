//! A PostgreSQL cluster that lives as long as the test run.
//!
//! The server is the child of a small shell that waits on a pipe from here. When the pipe closes, because the run ended, failed, was
//! interrupted or was killed, the shell stops the server by its pid and removes the folder. Nothing else is stopped, nothing is left.

use crate::{Result, machine, shell};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The shell that owns the server: `$1` is the data folder, the rest starts the server.
const OWNER: &str = r#"folder=$1; shift
"$@" >"$folder.log" 2>&1 &
server=$!
read -r _
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder" "$folder.log""#;

/// A running cluster; dropping it stops it.
pub struct Cluster {
    url: String,
    owner: Child,
}

impl Cluster {
    /// Where it listens: `postgres://user@127.0.0.1:port/postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.owner.stdin.take());
        let _ = self.owner.wait(); // it has been told to stop; there is nobody left to tell of a failure
    }
}

/// The folder with `initdb` and `postgres`: Debian keeps them off the path, newest version last.
pub fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &PathBuf| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let debian = versions.map(|v| v.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    debian.max_by_key(number).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
    })
}

/// Makes and starts a cluster on a free loopback port, without fsync: it outlives no crash and need not.
pub fn start() -> Result<Cluster> {
    let bin = programs().ok_or("no PostgreSQL server is installed")?;
    let folder = std::env::temp_dir().join(format!("signalbox-postgres-{}", std::process::id()));
    std::fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    if machine::is_root() {
        shell::run(Command::new("chown").arg(unprivileged()).arg(&folder))?;
    }
    let made = shell::output(as_server(&bin.join("initdb")).arg("-D").arg(&folder).args([
        "--username=signalbox",
        "--auth=trust",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
    ]));
    if let Err(why) = made {
        std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        return Err(why);
    }
    let port = free_port()?;
    let server = serve(&bin, &folder, port);
    let owner = Command::new("sh")
        .args(["-c", OWNER, "owner"])
        .arg(&folder)
        .arg(server.get_program())
        .args(server.get_args())
        // A group of its own: Ctrl-C at the terminal must not reach the server before its owner stops it.
        .process_group(0)
        .stdin(Stdio::piped())
        .spawn()
        .map_err(|e| format!("the owner of PostgreSQL could not be started: {e}"))?;
    let cluster = Cluster { url: format!("postgres://signalbox@127.0.0.1:{port}/postgres"), owner };
    wait_until_ready(&bin, port).map_err(|why| format!("{why}: {}", log_of(&folder)))?;
    Ok(cluster)
}

fn serve(bin: &Path, folder: &Path, port: u16) -> Command {
    let mut server = as_server(&bin.join("postgres"));
    server.arg("-D").arg(folder).arg("-p").arg(port.to_string());
    for setting in [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=500",
        "shared_buffers=128MB",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
    ] {
        server.args(["-c", setting]);
    }
    server
}

/// PostgreSQL refuses to run as root, so root hands it to the user that Debian's package makes, or to nobody.
fn as_server(program: &Path) -> Command {
    if !machine::is_root() {
        return Command::new(program);
    }
    let user = unprivileged();
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={user}")).arg("--clear-groups").arg(program);
    command
}

fn unprivileged() -> &'static str {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    if users.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

fn free_port() -> Result<u16> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|e| format!("no free port on 127.0.0.1: {e}"))
}

fn wait_until_ready(bin: &Path, port: u16) -> Result {
    for _ in 0..300 {
        let asked = Command::new(bin.join("pg_isready"))
            .args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()])
            .status()
            .map_err(|e| format!("pg_isready could not be started: {e}"))?;
        if asked.success() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("PostgreSQL was not ready within 30 s".into())
}

fn log_of(folder: &Path) -> String {
    let mut text = String::new();
    let log = std::fs::File::open(folder.with_extension("log"));
    match log.and_then(|mut file| file.read_to_string(&mut text)) {
        Ok(_) => text.lines().rev().take(5).collect::<Vec<_>>().join(" | "),
        Err(e) => format!("its log cannot be read: {e}"),
    }
}
