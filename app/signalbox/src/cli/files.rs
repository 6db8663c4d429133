//! Commands about this installation and this program: `doctor`, `backup`, `restore`, `completions`, `man`.

use crate::cli::{Door, print};
use crate::client::Failure;
use base::{Limit, Limits};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The options of `signalbox doctor`.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// List every limit, what it is set to and what it limits.
    #[arg(long)]
    pub limits: bool,
    /// The data directory to look at.
    #[arg(long, env = "SIGNALBOX_DATA", value_name = "DIR", default_value = "./signalbox-data")]
    pub data: PathBuf,
    /// Where the state lives, as `serve` was told.
    #[arg(long, env = "SIGNALBOX_DATABASE", default_value = "sqlite", hide_env_values = true)]
    pub database: String,
}

/// The options of `signalbox backup`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  signalbox backup --data /var/lib/signalbox /backup/signalbox-$(date +%F).tar"
)]
pub struct Backup {
    /// The file to write; it must not be there yet.
    pub file: PathBuf,
    /// The data directory to copy.
    #[arg(long, env = "SIGNALBOX_DATA", value_name = "DIR", default_value = "./signalbox-data")]
    pub data: PathBuf,
}

/// The options of `signalbox restore`.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The file that `backup` wrote.
    pub file: PathBuf,
    /// The data directory to make; it must be empty or not there.
    #[arg(long, env = "SIGNALBOX_DATA", value_name = "DIR", default_value = "./signalbox-data")]
    pub data: PathBuf,
}

impl Doctor {
    /// Looks and prints; ends with 1 when something is not well.
    pub fn run(self, door: &Door) -> Result<i32, Failure> {
        if self.limits {
            return limits(door);
        }
        let findings = crate::serve::doctor(&self.data, &self.database);
        let is_well = findings.iter().all(|finding| finding.is_well);
        let list = serde_json::to_value(findings).map_err(|e| Failure::Ended(1, e.to_string()))?;
        print::Printer::new(door).table(&list, "nothing was looked at", |finding| {
            let mark = if finding["is_well"] == true { "ok" } else { "WRONG" };
            vec![mark.to_owned(), print::field(finding, "what"), print::field(finding, "sentence")]
        });
        Ok(i32::from(!is_well))
    }
}

impl Backup {
    /// Copies.
    pub fn run(self, door: &Door) -> Result<i32, Failure> {
        let bytes = crate::serve::backup(&self.data, &self.file).map_err(|e| failed(&e))?;
        let done = serde_json::json!({"file": self.file, "bytes": bytes});
        print::Printer::new(door)
            .answer(&done, |_| vec![format!("{} holds everything, {bytes} bytes", self.file.display())]);
        Ok(0)
    }
}

impl Restore {
    /// Copies back.
    pub fn run(self, door: &Door) -> Result<i32, Failure> {
        crate::serve::restore(&self.file, &self.data).map_err(|e| failed(&e))?;
        let done = serde_json::json!({"data": self.data});
        print::Printer::new(door).answer(&done, |_| {
            vec![format!("restored; start with: signalbox serve --data {}", self.data.display())]
        });
        Ok(0)
    }
}

fn failed(error: &base::Error) -> Failure {
    Failure::Ended(1, error.to_string())
}

fn limits(door: &Door) -> Result<i32, Failure> {
    let mut limits = Limits::default();
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if let Some(key) = name.strip_prefix("SIGNALBOX_LIMIT_") {
            limits.set(key, value).map_err(|error| Failure::usage(error.to_string()))?;
        }
    }
    let list = Limit::ALL.iter().map(|limit| {
        serde_json::json!({"name": limit.key(), "value": limits.get(*limit), "default": limit.default_value(),
            "meaning": limit.meaning()})
    });
    print::Printer::new(door).table(&list.collect(), "there are no limits", |limit| {
        ["name", "value", "meaning"].iter().map(|name| print::field(limit, name)).collect()
    });
    Ok(0)
}

/// Prints completions for `shell`.
pub fn completions(shell: clap_complete::Shell) -> i32 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut crate::cli::command(), "signalbox", &mut text);
    write_out(&text)
}

/// Prints the manual page, or writes one for each command into `dir`.
pub fn man(dir: Option<&Path>) -> i32 {
    let written = match dir {
        Some(dir) => {
            std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(crate::cli::command(), dir))
        }
        None => {
            let mut text = Vec::new();
            let rendered = clap_mangen::Man::new(crate::cli::command()).render(&mut text);
            return rendered.map_or(crate::deploy::exit::OS_ERROR, |()| write_out(&text));
        }
    };
    match written {
        Ok(()) => 0,
        Err(error) => {
            print::note(&format!("the manual pages cannot be written: {error}"));
            crate::deploy::exit::CANNOT_CREATE
        }
    }
}

fn write_out(text: &[u8]) -> i32 {
    // A reader that went away (`| head`) has seen what it wanted.
    let _ = std::io::stdout().write_all(text);
    0
}
