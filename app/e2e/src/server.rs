//! The real program, serving.

use crate::{Api, Database, Folder, databases, outside};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// A server process on fresh data, with an administrator's token. Killed when dropped.
pub struct Server {
    data: Folder,
    database: Option<databases::Made>,
    port: u16,
    is_tls: bool,
    token: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    child: Child,
}

/// How a server is started.
#[derive(Clone, Debug)]
pub struct Options {
    database: Database,
    is_tls: bool,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Options {
    /// On `database`, with limits wide enough that a test meets only those that it sets itself.
    pub fn on(database: Database) -> Self {
        let options = Self { database, is_tls: false, arguments: Vec::new(), environment: Vec::new() };
        options.env("SIGNALBOX_LIMIT_API_REQUESTS_PER_MINUTE", "100000000")
    }

    /// With another argument.
    #[must_use]
    pub fn arg(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With a variable in its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// With a certificate and its key, as files: it answers over TLS alone.
    #[must_use]
    pub fn tls(mut self, certificate: &str, key: &str) -> Self {
        self.is_tls = true;
        self.arg("--tls-cert").arg(certificate).arg("--tls-key").arg(key)
    }

    /// Starts it and waits until it is ready.
    pub fn start(self) -> Server {
        let data = Folder::new("e2e");
        let port = free_port();
        let token = format!("adm_{}", base::random::word::<32>());
        let database = self.database.make();
        let child = spawn(&data, database.as_ref(), port, &token, &self.arguments, &self.environment);
        let (arguments, environment) = (self.arguments, self.environment);
        let is_tls = self.is_tls;
        let mut server = Server { data, database, port, is_tls, token, arguments, environment, child };
        server.wait_until_ready();
        server
    }
}

impl Server {
    /// `host:port`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.is_tls { "https" } else { "http" }, self.host())
    }

    /// The administrator's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A door for the administrator.
    pub fn api(&self) -> Api {
        Api::new(&self.host(), &self.token)
    }

    /// Its data folder.
    pub fn data(&self) -> &Folder {
        &self.data
    }

    /// The options of commands that look at its data without asking it.
    pub fn where_its_data_is(&self) -> Vec<String> {
        let data = ["--data".to_owned(), self.data.path().display().to_string()];
        let database = self.database.iter().flat_map(|made| ["--database".to_owned(), made.url()]);
        data.into_iter().chain(database).collect()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        self.data.read("server.log")
    }

    /// The program as a command with this server's address and the administrator's token.
    pub fn command(&self) -> Command {
        let mut command = Command::new(outside::program());
        command.env("SIGNALBOX_URL", self.url()).env("SIGNALBOX_TOKEN", &self.token).stdin(Stdio::null());
        // Not the home of whoever runs the tests.
        command.env("SIGNALBOX_SPOOL", self.data.join("spool")).env("HOME", self.data.path());
        command
    }

    /// Kills it with -9.
    pub fn kill(&mut self) {
        self.child.kill().expect("our own child can be killed");
        let status = self.child.wait().expect("our own child can be waited for");
        assert_eq!(status.signal(), Some(9), "the server ended by itself ({status}):\n{}", self.tail());
    }

    /// Asks it to end (SIGTERM) and returns how it did.
    ///
    /// # Panics
    /// When it has not ended within 20 s.
    pub fn terminate(&mut self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        outside::wait_for("the server to end after SIGTERM", Duration::from_secs(20), || {
            self.child.try_wait().expect("our own child can be waited for")
        })
    }

    /// Starts it again on the same data and the same port.
    pub fn start_again(&mut self) {
        self.child = spawn(
            &self.data,
            self.database.as_ref(),
            self.port,
            &self.token,
            &self.arguments,
            &self.environment,
        );
        self.wait_until_ready();
    }

    /// Starts another node on the same PostgreSQL database, with a data folder and a port of its own.
    pub fn twin(&self) -> Self {
        let (data, port) = (Folder::new("twin"), free_port());
        let (token, arguments, environment) =
            (self.token.clone(), self.arguments.clone(), self.environment.clone());
        let child = spawn(&data, self.database.as_ref(), port, &token, &arguments, &environment);
        let mut twin =
            Self { data, database: None, port, is_tls: self.is_tls, token, arguments, environment, child };
        twin.wait_until_ready();
        twin
    }

    fn wait_until_ready(&mut self) {
        outside::wait_for("/readyz", Duration::from_secs(60), || {
            if let Some(status) = self.child.try_wait().expect("our own child can be waited for") {
                panic!("the server ended with {status}:\n{}", self.tail());
            }
            if self.is_tls {
                // The harness speaks no TLS: what it logs once it listens has to do.
                return self.log().contains("Signalbox answers at https").then_some(());
            }
            let answer = Api::new(&self.host(), "").send("GET", "/readyz", &[], b"").ok()?;
            (answer.status == 200).then_some(())
        });
    }

    fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended already
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server's log ends with:\n{}", self.tail());
        }
    }
}

/// Sends a signal (`TERM`, `INT`, `STOP`, `KILL`) to a process that the test started.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {pid}")]).status();
    assert!(sent.is_ok_and(|status| status.success()), "no process {pid} to send {name} to");
}

fn spawn(
    data: &Folder,
    database: Option<&databases::Made>,
    port: u16,
    token: &str,
    arguments: &[String],
    environment: &[(String, String)],
) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(data.join("server.log"));
    let log = log.expect("the log can be opened");
    let mut command = Command::new(outside::program());
    command.arg("serve").arg("--data").arg(data.path()).args(["--listen", &format!("127.0.0.1:{port}")]);
    if let Some(made) = database {
        command.args(["--database", &made.url()]);
    }
    command
        .args(arguments)
        .env("SIGNALBOX_ADMIN_EMAIL", "alice@hub.example")
        .env("SIGNALBOX_ADMIN_PASSWORD", "correct horse battery")
        .env("SIGNALBOX_ADMIN_TOKEN", token)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a file can be opened twice"))
        .stderr(log)
        .spawn()
        .expect("the program can be started")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port is free");
    listener.local_addr().expect("a bound socket has an address").port()
}
