//! `signalbox job import`: job files made of what other build servers keep.

use crate::cli::{note, print_line};
use crate::deploy::exit;
use compat_bamboo::specs::{self, Options};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What is imported, and where it goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  signalbox job import --bamboo bamboo-specs/bamboo.yaml --tz Australia/Sydney --out signalbox.yaml
  signalbox job import --bamboo bamboo-specs --tz Europe/London | less

What means something else here, or nothing, is told with its line. A job of which something could not be translated is switched off in
the job file (`enabled: false`), with a step that fails in place of what is missing. Ends with 0 when everything was translated, with 1
when something is missing, with 73 when the job file cannot be written.")]
pub struct Import {
    /// Bamboo Specs (YAML, version 2): the file, or the folder that has bamboo.yaml in it; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    bamboo: PathBuf,
    /// Write the job file here; standard output otherwise. A file that is there already is left alone.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The time zone of Bamboo's server, which its schedules are in.
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    tz: Option<String>,
    /// The name of Bamboo's server: documents for another one are left out.
    #[arg(long, value_name = "NAME")]
    server: Option<String>,
    /// Leave jobs switched on although something of them could not be translated.
    #[arg(long)]
    force: bool,
}

fn zone(text: &str) -> Result<String, String> {
    jobs::cron::check_zone(text).map(|()| text.to_owned())
}

impl Import {
    /// Does it; returns the exit code.
    pub fn run(&self, is_json: bool) -> i32 {
        let (path, text) = match self.read() {
            Ok(read) => read,
            Err(why) => {
                note(&why);
                return 1;
            }
        };
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let found = specs::import(
            &text,
            &Options {
                zone: self.tz.as_deref(),
                server: self.server.as_deref(),
                includes: &|name| included(&folder, name),
                insists: self.force,
            },
        );
        let code = i32::from(!found.is_complete() || found.jobs.is_empty());
        if is_json {
            let whole = serde_json::json!({
                "complete": code == 0, "needs_tz": found.needs_zone, "file": found.file(), "jobs": found.jobs, "notes": found.notes,
            });
            print_line(&serde_json::to_string_pretty(&whole).unwrap_or_default());
        } else {
            for said in &found.notes {
                let file = if said.file.is_empty() { path.display().to_string() } else { said.file.clone() };
                let line = said.to_string();
                let rest = line.strip_prefix(&format!("{}:", said.file)).unwrap_or(&line);
                // Without the name of the program before it, editors jump to the line.
                let _ = writeln!(std::io::stderr(), "{file}:{rest}");
            }
        }
        if found.jobs.is_empty() {
            note(&format!("{} holds nothing that became a job", path.display()));
            return code;
        }
        let written = match &self.out {
            Some(out) => create(out, &found.file()),
            None if is_json => Ok(()),
            None => {
                print_line(found.file().trim_end());
                Ok(())
            }
        };
        if let Err(why) = written {
            note(&why);
            return exit::CANNOT_CREATE;
        }
        for job in found.jobs.iter().filter(|job| !job.job.enabled) {
            note(&format!(
                "{} is switched off: see the notes above, then remove `enabled: false`",
                job.job.name
            ));
        }
        code
    }

    /// The text, and the file that it is in.
    fn read(&self) -> Result<(PathBuf, String), String> {
        if self.bamboo.as_os_str() == "-" {
            let text = std::io::read_to_string(std::io::stdin());
            return text
                .map(|text| (PathBuf::from("-"), text))
                .map_err(|error| format!("standard input cannot be read: {error}"));
        }
        let mut path = self.bamboo.clone();
        if path.is_dir() {
            let names = ["bamboo.yaml", "bamboo.yml", "bamboo-specs/bamboo.yaml", "bamboo-specs/bamboo.yml"];
            let found = names.iter().map(|name| path.join(name)).find(|path| path.is_file());
            path = found.ok_or_else(|| format!("{} has no bamboo.yaml in it", path.display()))?;
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok((path, text))
    }
}

/// A file beside the first. Links that lead out of its folder are not followed.
fn included(folder: &Path, name: &str) -> Option<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (home, path) = (folder.canonicalize().ok()?, folder.join(name).canonicalize().ok()?);
    if path.starts_with(&home) { std::fs::read_to_string(path).ok() } else { None }
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str) -> Result<(), String> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let written = made.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already; name another file with --out", path.display())
        }
        _ => format!("{} cannot be written: {error}", path.display()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_becomes_a_job_file_and_none_is_overwritten() {
        let folder = std::env::temp_dir().join(format!("signalbox-import-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("specs")).expect("a folder");
        std::fs::write(folder.join("outside.yaml"), "- script: out\n").expect("written");
        std::fs::write(folder.join("specs/tasks.yaml"), "- script: make\n").expect("written");
        let text = "version: 2\nplan: {project-key: LAB, key: PROV, name: Provision}\ntriggers: []\nstages: [Build: [Pack]]\nPack:\n  tasks: !include tasks.yaml\n";
        std::fs::write(folder.join("specs/bamboo.yaml"), text).expect("written");
        let import = Import {
            bamboo: folder.join("specs"),
            out: Some(folder.join("signalbox.yaml")),
            tz: None,
            server: None,
            force: false,
        };
        assert_eq!(import.run(false), 0);
        let made = std::fs::read_to_string(folder.join("signalbox.yaml")).expect("there");
        let parsed = jobs::file::parse(&made);
        assert!(parsed.is_good() && parsed.jobs[0].name == "lab-prov" && made.contains("make"), "{made}");
        assert_eq!(import.run(false), exit::CANNOT_CREATE, "a file that is there is left alone");
        assert!(included(&folder.join("specs"), "../outside.yaml").is_none());
        std::fs::write(
            folder.join("specs/bamboo.yaml"),
            text.replace("!include tasks.yaml", "[{any-task: {plugin-key: x}}]"),
        )
        .expect("written");
        let partly = Import { out: Some(folder.join("partly.yaml")), ..import };
        assert_eq!(partly.run(false), 1, "something is missing");
        let made = std::fs::read_to_string(folder.join("partly.yaml")).expect("there");
        assert!(made.contains("enabled: false"), "{made}");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
