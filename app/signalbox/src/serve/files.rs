//! The data folder as a whole: who holds it, copies of it, and whether it is sound.

mod known;
mod repositories;

use base::{Error, Result};
use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The database in the data folder.
const DATABASE: &str = "signalbox.db";

/// What a copy holds besides the database; what is not there is left out.
const BESIDES: &[&str] = &["secret.key", "signalbox.toml", "blobs", "artifacts", "deployments"];

fn failed(what: &str, path: &Path, e: std::io::Error) -> Error {
    Error::unavailable("data.failed", format!("{} cannot be {what}: {e}", path.display()))
}

/// Holds the data folder for one server: two on one SQLite file would each believe to be the only writer.
pub(super) fn hold(data: &Path, database: &str) -> Result<Option<File>> {
    if database != "sqlite" {
        return Ok(None);
    }
    let path = data.join("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|e| failed("opened", &path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(Error::conflict(
            "data.held",
            format!(
                "another server uses the data in {}; stop it, or choose another folder with --data",
                data.display()
            ),
        )),
        Err(TryLockError::Error(e)) => Err(failed("locked", &path, e)),
    }
}

/// Writes a complete copy of a data folder with a SQLite database into the file `target`, while the server runs.
///
/// The database is copied before the files: whatever it refers to is on the disk already, so that the copy is whole.
pub fn backup(data: &Path, target: &Path) -> Result<u64> {
    let work = target.with_extension("database");
    db::file::copy(&data.join(DATABASE), &work)?;
    let outcome = pack(data, &work, target);
    // The copy of the database is inside the file now, or of no use.
    let _ = std::fs::remove_file(&work);
    outcome
}

fn pack(data: &Path, database: &Path, target: &Path) -> Result<u64> {
    let unreadable = |e| failed("written", target, e);
    // The copy holds the key of the secrets: for its owner's eyes only.
    let file = File::options().write(true).create_new(true).mode(0o600).open(target).map_err(unreadable)?;
    let mut archive = tar::Builder::new(std::io::BufWriter::new(file));
    archive.follow_symlinks(false);
    archive.append_path_with_name(database, DATABASE).map_err(unreadable)?;
    for name in BESIDES {
        let path = data.join(name);
        if path.is_dir() {
            archive.append_dir_all(name, &path).map_err(unreadable)?;
        } else if path.is_file() {
            archive.append_path_with_name(&path, name).map_err(unreadable)?;
        }
    }
    repositories::pack(data, &mut archive)?;
    let file =
        archive.into_inner().and_then(|w| w.into_inner().map_err(|e| e.into_error())).map_err(unreadable)?;
    file.sync_all().map_err(unreadable)?;
    Ok(file.metadata().map_err(unreadable)?.len())
}

/// Restores a copy made by [`backup`] into `data`, which must be empty or not exist.
pub fn restore(source: &Path, data: &Path) -> Result<()> {
    let is_empty = std::fs::read_dir(data).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty {
        return Err(Error::conflict(
            "restore.not_empty",
            format!(
                "{} is not empty; restore into an empty folder, then start the server with --data",
                data.display()
            ),
        ));
    }
    let file = File::open(source).map_err(|e| failed("read", source, e))?;
    std::fs::create_dir_all(data).map_err(|e| failed("made", data, e))?;
    // `unpack` refuses names that lead out of the folder.
    tar::Archive::new(std::io::BufReader::new(file))
        .unpack(data)
        .map_err(|e| failed("unpacked", source, e))?;
    let wrong = db::file::check(&data.join(DATABASE))?;
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::unavailable("restore.broken", format!("the copy is damaged: {}", wrong.join("; "))))
}

/// One thing that `doctor` looked at.
#[derive(Debug, serde::Serialize)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// Whether it is as it should be.
    pub is_well: bool,
    /// What is so, and what to do when it is not well.
    pub sentence: String,
}

/// Looks at a data folder and the programs that Signalbox needs. Safe while the server runs.
pub fn doctor(data: &Path, database: &str) -> Vec<Finding> {
    let mut findings = vec![folder(data), git(), repositories::served()];
    if database == "sqlite" {
        findings.push(sqlite(data.join(DATABASE)));
    }
    findings.push(repositories::check(data, known::repositories(data, database)));
    findings.push(key(&data.join("secret.key")));
    findings.push(mail(data));
    findings
}

fn finding(what: &'static str, outcome: Result<String, String>) -> Finding {
    let is_well = outcome.is_ok();
    Finding { what, is_well, sentence: outcome.unwrap_or_else(|sentence| sentence) }
}

fn folder(data: &Path) -> Finding {
    let probe = data.join(format!(".probe-{}", base::random::word::<8>()));
    let outcome = match File::create_new(&probe) {
        Ok(_) => {
            let _ = std::fs::remove_file(&probe); // It was made a moment ago.
            Ok(format!("{} can be written.", data.display()))
        }
        Err(e) => Err(format!(
            "{} cannot be written ({e}). Give this user the folder, or choose another with --data.",
            data.display()
        )),
    };
    finding("data folder", outcome)
}

fn git() -> Finding {
    let outcome = match std::process::Command::new("git").arg("--version").output() {
        Ok(output) if output.status.success() => {
            Ok(format!("{}.", String::from_utf8_lossy(&output.stdout).trim()))
        }
        Ok(_) | Err(_) => {
            Err("The program git was not found. Install it; repositories cannot be read without.".to_owned())
        }
    };
    finding("git", outcome)
}

fn sqlite(path: PathBuf) -> Finding {
    let outcome = match db::file::check(&path) {
        Ok(wrong) if wrong.is_empty() => Ok(format!("{} is sound.", path.display())),
        Ok(wrong) => {
            Err(format!("{} is damaged ({}). Restore the last copy.", path.display(), wrong.join("; ")))
        }
        Err(error) if error.is_missing() => {
            Ok("There is no database yet; the first start makes it.".to_owned())
        }
        Err(error) => Err(format!("{error}.")),
    };
    finding("database", outcome)
}

fn key(path: &Path) -> Finding {
    use std::os::unix::fs::PermissionsExt as _;
    let outcome = match std::fs::metadata(path) {
        Ok(metadata) if metadata.permissions().mode() & 0o077 == 0 => {
            Ok(format!("{} is readable by its owner only.", path.display()))
        }
        Ok(_) => Err(format!("{} can be read by others. Run chmod 600 on it.", path.display())),
        Err(_) => Ok("There is no key yet; it is made when the first secret is kept.".to_owned()),
    };
    finding("key of the secrets", outcome)
}

/// Whether mail can leave. Nothing is connected to: a test mail shows more.
fn mail(data: &Path) -> Finding {
    let outcome =
        super::config::mail_settings(data).map_err(|error| format!("{error}.")).and_then(|set| match set {
            None => {
                Ok("No mail server is set: mail about jobs is held and not sent. Set SIGNALBOX_MAIL_SERVER."
                    .to_owned())
            }
            Some(settings) => {
                let home = url::Url::parse("http://localhost").map_err(|error| error.to_string())?;
                let server = notify::mail::Server::new(&settings, &home, &base::Limits::default())
                    .map_err(|error| format!("{error}."))?;
                Ok(format!(
                    "Mail goes out by {}. `signalbox delivery test` shows whether it arrives.",
                    server.shown()
                ))
            }
        });
    finding("mail", outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_restores_what_was_there_and_only_into_an_empty_folder() {
        let root = std::env::temp_dir().join(format!("signalbox-files-{}", base::random::word::<12>()));
        let (data, copy, back) = (root.join("data"), root.join("copy.tar"), root.join("back"));
        std::fs::create_dir_all(data.join("blobs/ab")).expect("a folder");
        std::fs::write(data.join("blobs/ab/abc"), "blob").expect("a blob");
        let location = db::Location::Sqlite(data.join(DATABASE));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let opened = runtime.block_on(db::Db::open(
            &location,
            base::Clock::system(),
            base::Limits::default(),
            &[journal::migrations()],
        ));
        assert!(opened.is_ok(), "the database opens");
        backup(&data, &copy).expect("copied while it is open");
        restore(&copy, &back).expect("restored");
        assert_eq!(std::fs::read_to_string(back.join("blobs/ab/abc")).expect("the blob is back"), "blob");
        assert!(db::file::check(&back.join(DATABASE)).expect("checked").is_empty());
        assert_eq!(restore(&copy, &back).expect_err("not empty").code(), "restore.not_empty");
        std::fs::remove_dir_all(&root).expect("removed");
    }

    #[test]
    fn two_servers_do_not_share_one_folder() {
        let data = std::env::temp_dir().join(format!("signalbox-hold-{}", base::random::word::<12>()));
        std::fs::create_dir_all(&data).expect("a folder");
        let held = hold(&data, "sqlite").expect("held");
        assert_eq!(hold(&data, "sqlite").expect_err("held by the first").code(), "data.held");
        drop(held);
        assert!(hold(&data, "sqlite").is_ok(), "free again");
        std::fs::remove_dir_all(&data).expect("removed");
    }
}
