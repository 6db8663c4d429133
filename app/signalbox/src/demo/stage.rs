//! The place where the demonstration happens: a temporary directory, a server, and how to call the program.

use crate::cli::{note, print_line};
use crate::client::{Client, Config, Failure};
use base::{Secret, Stopwatch};
use rustix::process::{Pid, Signal};
use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// The port that is tried first, and how many after it.
const PORTS: std::ops::Range<u16> = 7070..7100;
/// How long the server may take to answer for the first time.
const START: Duration = Duration::from_secs(60);
/// How long a subprocess may take to end once it is told to.
const END: Duration = Duration::from_secs(15);

/// The first administrator.
pub const ADMINISTRATOR: &str = "ann@example.com";

/// Where things are and who may do everything. Shared by all loops.
pub struct Place {
    /// The temporary directory.
    pub dir: PathBuf,
    /// The server's address.
    pub url: String,
    /// The administrator's password.
    pub password: String,
    /// The administrator's token.
    pub token: String,
    /// The program itself.
    pub program: PathBuf,
    /// Set when the loops have to end.
    pub stop: watch::Sender<bool>,
}

/// The place with the server in it.
pub struct Stage {
    place: Arc<Place>,
    address: SocketAddr,
    server: Option<Child>,
}

impl Stage {
    /// Makes the directory and chooses the address.
    pub fn set_up(listen: Option<SocketAddr>) -> Result<Self, Failure> {
        let problem = |what: &str, e: std::io::Error| Failure::usage(format!("{what}: {e}"));
        let address = match listen {
            Some(address) => settled(address)?,
            None => free_address()?,
        };
        let program = std::env::current_exe().map_err(|e| problem("the program does not find itself", e))?;
        let dir = std::env::temp_dir().join(format!("signalbox-demo-{}", base::random::word::<8>()));
        for name in ["", "clusters", "results"] {
            std::fs::create_dir_all(dir.join(name))
                .map_err(|e| problem("no temporary directory can be made", e))?;
        }
        let place = Place {
            url: format!("http://{address}"),
            password: base::random::word::<16>(),
            token: base::random::word::<32>(),
            dir,
            program,
            stop: watch::Sender::new(false),
        };
        Ok(Self { place: Arc::new(place), address, server: None })
    }

    /// Where things are.
    pub fn place(&self) -> &Arc<Place> {
        &self.place
    }

    /// Starts the server, with a mail server at `mail`, and waits until it answers.
    pub async fn start_server(&mut self, mail: SocketAddr) -> Result<(), Failure> {
        let problem = |e: std::io::Error| Failure::Ended(1, format!("the server cannot be started: {e}"));
        let log = std::fs::File::create(self.place.dir.join("server.log")).map_err(problem)?;
        let mut command = self.place.signalbox("");
        command
            .args([OsStr::new("serve"), OsStr::new("--data"), self.place.dir.join("data").as_os_str()])
            .args(["--listen", &self.address.to_string()])
            .env("SIGNALBOX_ADMIN_EMAIL", ADMINISTRATOR)
            .env("SIGNALBOX_ADMIN_PASSWORD", &self.place.password)
            .env("SIGNALBOX_ADMIN_TOKEN", &self.place.token)
            .env("SIGNALBOX_MAIL_SERVER", format!("smtp://{mail}?tls=none"))
            .env("SIGNALBOX_MAIL_FROM", "Signalbox <signalbox@example.com>")
            .env_remove("SIGNALBOX_TOKEN")
            .stdout(log.try_clone().map_err(problem)?)
            .stderr(log);
        self.server = Some(command.spawn().map_err(problem)?);
        let client = self.place.client(&self.place.token)?;
        let waited = Stopwatch::start();
        loop {
            let failure = match client.get("users/me", &[]).await {
                Ok(_) => return Ok(()),
                Err(failure) => failure,
            };
            if let Some(Ok(Some(status))) = self.server.as_mut().map(Child::try_wait) {
                return Err(Failure::Ended(1, format!("the server ended while it started ({status})")));
            }
            if !failure.is_passing() || waited.elapsed() > START {
                return Err(failure);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the server ends, which it should not.
    pub async fn server_ended(&mut self) -> String {
        match &mut self.server {
            Some(server) => match server.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            None => std::future::pending().await,
        }
    }

    /// Tells the person where to look.
    pub fn announce(&self) {
        let place = &self.place;
        print_line(&format!(
            "\nSignalbox is at {}   (log in as {ADMINISTRATOR} with the password {})\n\
             Everything is in {}; Ctrl-C ends it.\n",
            place.url,
            place.password,
            place.dir.display()
        ));
    }

    /// Shows the end of the server's log: something went wrong there.
    pub fn tell_what_the_server_said(&self) {
        let log = std::fs::read_to_string(self.place.dir.join("server.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        for line in &lines[lines.len().saturating_sub(15)..] {
            note(&format!("server: {line}"));
        }
    }

    /// Stops the server and removes the directory.
    pub async fn take_down(mut self, keep: bool) {
        if let Some(mut server) = self.server.take() {
            end(&mut server).await;
        }
        let dir = &self.place.dir;
        if keep {
            print_line(&format!("The data is kept in {}.", dir.display()));
        } else if let Err(error) = std::fs::remove_dir_all(dir) {
            note(&format!("{} could not be removed: {error}", dir.display()));
        }
    }
}

impl Place {
    /// A client that acts as the owner of `token`.
    pub fn client(&self, token: &str) -> Result<Client, Failure> {
        Client::new(&Config { url: self.url.clone(), token: Secret::new(token), ca_cert: None })
    }

    /// A call of this program as the owner of `token`. It has a process group of its own: Ctrl-C is for the demonstration,
    /// which then ends its subprocesses in the right order.
    pub fn signalbox(&self, token: &str) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SIGNALBOX_") {
                command.env_remove(name);
            }
        }
        command
            .env("SIGNALBOX_CONFIG", self.dir.join("no-configuration"))
            .env("SIGNALBOX_SPOOL", self.dir.join("spool"))
            .env("SIGNALBOX_URL", &self.url)
            .env("SIGNALBOX_TOKEN", token)
            .stdin(Stdio::null())
            .current_dir(&self.dir)
            .process_group(0);
        command
    }

    /// Calls this program to its end and returns what it printed; anything but success is a failure.
    pub async fn call(&self, token: &str, arguments: &[&str]) -> Result<String, Failure> {
        let failed = |why: &str| {
            Failure::Ended(1, format!("signalbox {} failed: {}", arguments.join(" "), why.trim()))
        };
        let output =
            self.signalbox(token).args(arguments).output().await.map_err(|e| failed(&e.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(failed(&String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs `command` to its end, or ends it when the demonstration ends; nothing in the latter case.
    pub async fn run(&self, mut command: Command) -> Result<Option<ExitStatus>, Failure> {
        let failed = |e: std::io::Error| Failure::Ended(1, format!("a program cannot be run: {e}"));
        let mut child = command.spawn().map_err(failed)?;
        let mut stopped = self.stop.subscribe();
        tokio::select! {
            status = child.wait() => status.map(Some).map_err(failed),
            () = is_set(&mut stopped) => {
                end(&mut child).await;
                Ok(None)
            }
        }
    }

    /// A path in the directory.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.join(name)
    }
}

/// Waits until a flag is set, or nobody can set it any more.
pub async fn is_set(flag: &mut watch::Receiver<bool>) {
    // Whoever could set it is gone: that is the end too.
    let _ = flag.wait_for(|is_set| *is_set).await;
}

/// Asks a subprocess to end, and makes it end when it takes too long.
async fn end(child: &mut Child) {
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = pid {
        // It may have ended a moment ago.
        let _ = rustix::process::kill_process(pid, Signal::TERM);
    }
    if tokio::time::timeout(END, child.wait()).await.is_err()
        && let Err(error) = child.kill().await
    {
        note(&format!("a subprocess does not end: {error}"));
    }
}

/// Port 0 asks for any free port; the server and its clients have to know which before either starts.
fn settled(address: SocketAddr) -> Result<SocketAddr, Failure> {
    if address.port() != 0 {
        return Ok(address);
    }
    let found = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    found.map_err(|e| Failure::usage(format!("{address} cannot be listened on: {e}")))
}

fn free_address() -> Result<SocketAddr, Failure> {
    let addresses = PORTS.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    let free = addresses.into_iter().find(|address| TcpListener::bind(address).is_ok());
    free.ok_or_else(|| {
        Failure::usage(format!(
            "every port from {} to {} is taken; choose one with --listen",
            PORTS.start,
            PORTS.end - 1
        ))
    })
}
