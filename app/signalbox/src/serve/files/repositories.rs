//! The repositories in the data folder: in copies of it, whole though people push meanwhile, and whether they are sound.

use super::{Finding, failed, finding};
use base::Result;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where they are in the data folder.
const FOLDER: &str = "repositories";

/// What lies beside them and belongs to them: whose folder it is, and the keys of hosts that were seen, without which a copy would
/// trust whoever answers first.
const BESIDES: &[&str] = &["home", "known_hosts"];

/// What git has to find in a repository, even when nothing is in it.
const FOLDERS: &[&str] = &["refs", "objects"];

fn all(data: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data.join(FOLDER)) else { return Vec::new() };
    let mut all: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    all.retain(|path| path.is_dir() && path.extension() == Some(OsStr::new("git")));
    all.sort();
    all
}

/// Writes every repository into a copy.
pub(super) fn pack<W: Write>(data: &Path, archive: &mut tar::Builder<W>) -> Result<()> {
    for name in BESIDES {
        let path = data.join(FOLDER).join(name);
        if path.is_file() {
            let packed = archive.append_path_with_name(&path, Path::new(FOLDER).join(name));
            packed.map_err(|e| failed("copied", &path, e))?;
        }
    }
    for dir in all(data) {
        let Some(folder) = dir.file_name() else { continue };
        let name = Path::new(FOLDER).join(folder);
        let packed =
            FOLDERS.iter().try_for_each(|inner| archive.append_dir(name.join(inner), &dir)).and_then(|()| {
                repos::git::copy(&dir, &mut |path, file| archive.append_file(name.join(path), file))
            });
        packed.map_err(|e| failed("copied", &dir, e))?;
    }
    Ok(())
}

/// Whether every repository has all that its branches and tags need.
pub(super) fn check(data: &Path) -> Finding {
    let all = all(data);
    let wrong: Vec<String> = all.iter().filter_map(|dir| damage(data, dir)).collect();
    let outcome = match (&wrong[..], all.len()) {
        ([], 0) => Ok("There are none yet.".to_owned()),
        ([], 1) => Ok("The one that there is is sound.".to_owned()),
        ([], n) => Ok(format!("All {n} are sound.")),
        (wrong, _) => Err(format!(
            "{}. One that is fetched from elsewhere: remove its folder, and it is fetched again. One that is hosted here: bring its folder back from a copy.",
            wrong.join("; ")
        )),
    };
    finding("repositories", outcome)
}

fn damage(data: &Path, dir: &Path) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(dir).args(["fsck", "--connectivity-only", "--no-dangling", "--no-progress"]);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", data.join(FOLDER).join("git.config"));
    // That git is missing is said elsewhere.
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let first =
        said.lines().find(|line| !line.starts_with("notice:")).unwrap_or("git gave no reason").to_owned();
    (!output.status.success()).then(|| format!("{} is damaged ({first})", dir.display()))
}

/// Whether repositories can be served to git.
pub(super) fn served() -> Finding {
    let folder =
        Command::new("git").arg("--exec-path").output().ok().filter(|output| output.status.success());
    let folder = folder.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let is_there = folder.is_some_and(|folder| folder.join("git-http-backend").exists());
    let outcome = match is_there {
        true => Ok("Repositories that are here can be cloned and pushed to.".to_owned()),
        false => Err("git http-backend was not found. Install it (on some systems the package git-daemon); repositories that are here cannot be cloned or pushed to without.".to_owned()),
    };
    finding("git over HTTP", outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(dir: &Path, arguments: &[&str]) {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=ann", "-c", "user.email=ann@acme.test"])
            .args(arguments)
            .current_dir(dir);
        assert!(command.status().is_ok_and(|status| status.success()), "git {arguments:?}");
    }

    #[test]
    fn repositories_come_back_from_a_copy_and_damage_is_found() {
        let root = std::env::temp_dir().join(format!("signalbox-copies-{}", base::random::word::<12>()));
        let (data, back) = (root.join("data"), root.join("back"));
        let (full, empty) = (data.join(FOLDER).join("1.git"), data.join(FOLDER).join("2.git"));
        for dir in [&full, &empty] {
            std::fs::create_dir_all(dir).expect("made");
            git(dir, &["init", "-q", "--bare", "-b", "main"]);
        }
        let copy = root.join("copy");
        std::fs::create_dir_all(&copy).expect("made");
        git(&copy, &["init", "-q", "-b", "main"]);
        git(&copy, &["commit", "-q", "--allow-empty", "-m", "first"]);
        git(&copy, &["push", "-q", &full.to_string_lossy(), "main"]);
        assert!(check(&data).is_well, "{:?}", check(&data));
        let file = root.join("copy.tar");
        let mut archive = tar::Builder::new(std::fs::File::create(&file).expect("made"));
        pack(&data, &mut archive).expect("packed");
        archive.finish().expect("written");
        drop(archive);
        tar::Archive::new(std::fs::File::open(&file).expect("there")).unpack(&back).expect("unpacked");
        assert!(check(&back).is_well, "{:?}", check(&back));
        git(&back.join(FOLDER).join("1.git"), &["rev-parse", "-q", "--verify", "main"]);
        git(&back.join(FOLDER).join("2.git"), &["symbolic-ref", "-q", "HEAD"]);
        let objects = back.join(FOLDER).join("1.git/objects");
        std::fs::remove_dir_all(&objects).expect("removed");
        std::fs::create_dir_all(&objects).expect("made");
        let found = check(&back);
        assert!(!found.is_well && found.sentence.contains("1.git is damaged"), "{found:?}");
        std::fs::remove_dir_all(&root).expect("removed");
    }
}
