//! `signalbox serve`: what the server is told on its command line. The server itself is in [`crate::serve`].

use std::net::SocketAddr;
use std::path::PathBuf;

/// The options of the server.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  signalbox serve
  signalbox serve --data /var/lib/signalbox --listen 0.0.0.0:7070 --public-url https://signalbox.example.com
  signalbox serve --database postgres://signalbox@db/signalbox --roles web,chores

On empty data the first administrator is made from SIGNALBOX_ADMIN_EMAIL, SIGNALBOX_ADMIN_PASSWORD and
SIGNALBOX_ADMIN_TOKEN; without them the server prints a set-up link that works once.")]
pub struct Serve {
    /// The directory that holds everything: the database, files, mirrors of repositories.
    #[arg(long, env = "SIGNALBOX_DATA", value_name = "DIR", default_value = "./signalbox-data")]
    pub data: PathBuf,
    /// The address to listen on; port 0 takes a free one and prints it.
    #[arg(long, env = "SIGNALBOX_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:7070")]
    pub listen: SocketAddr,
    /// Where the state lives: `sqlite` (one file in the data directory) or a PostgreSQL address.
    #[arg(
        long,
        env = "SIGNALBOX_DATABASE",
        value_name = "sqlite|postgres://...",
        default_value = "sqlite",
        hide_env_values = true
    )]
    pub database: String,
    /// The address that people and links use, when it is not the listening one (behind a proxy).
    #[arg(long, env = "SIGNALBOX_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// What this node does; every node does everything unless told otherwise.
    #[arg(
        long,
        env = "SIGNALBOX_ROLES",
        value_name = "ROLE",
        value_delimiter = ',',
        default_value = "web,chores,clock"
    )]
    pub roles: Vec<Role>,
    /// How many agents to run inside the server.
    #[arg(long, env = "SIGNALBOX_AGENTS", value_name = "N", default_value_t = 1)]
    pub agents: u32,
    /// A certificate chain (PEM); the server then speaks HTTPS.
    #[arg(long, env = "SIGNALBOX_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, env = "SIGNALBOX_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// For tests: time stands still at this instant until POST /test/clock moves it (loopback only).
    #[arg(long, value_name = "TIME", value_parser = base::Time::parse)]
    pub test_clock: Option<base::Time>,
}

/// What a node does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Answers requests.
    Web,
    /// Does background work.
    Chores,
    /// Watches the time: what is due, what expires.
    Clock,
}
