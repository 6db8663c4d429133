//! The repositories in the data folder: in copies of it, whole though people push meanwhile, and whether they are sound.

use super::{Finding, failed, finding};
use base::Result;
use repos::repository::Kept;
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

/// Whether every repository is there that should be, with all that its branches and tags need. `known` is what the database says.
pub(super) fn check(data: &Path, known: Result<Vec<Kept>>) -> Finding {
    let all = all(data);
    let (known, unread) = match known {
        Ok(known) => (known, None),
        Err(error) => (Vec::new(), Some(format!("Which there should be could not be read: {error}."))),
    };
    let mut wrong: Vec<String> = missing(data, &known);
    wrong.extend(all.iter().filter_map(|dir| damage(data, dir).map(|why| damaged(dir, &why, &known))));
    wrong.extend(unread);
    let outcome = match (&wrong[..], all.len()) {
        ([], 0) => Ok("There are none yet.".to_owned()),
        ([], 1) => Ok("The one that there is is sound.".to_owned()),
        ([], n) => Ok(format!("All {n} are sound.")),
        (wrong, _) => Err(wrong.join(" ")),
    };
    finding("repositories", outcome)
}

/// The hosted repositories whose folder is gone. What another server of the installation keeps is not looked for here.
fn missing(data: &Path, known: &[Kept]) -> Vec<String> {
    let home = std::fs::read_to_string(data.join(FOLDER).join("home")).ok();
    let home = home.as_deref().map(str::trim);
    let is_ours = |one: &&Kept| one.home.is_none() || home.is_none() || one.home.as_deref() == home;
    let hosted = known.iter().filter(|one| one.is_hosted && one.has_refs).filter(is_ours);
    let gone = hosted.map(|one| (one, folder(data, one))).filter(|(_, dir)| !dir.join("HEAD").is_file());
    gone.map(|(one, dir)| {
        format!(
            "The folder of {}, which is hosted here, is gone: {}. {}",
            one.name,
            dir.display(),
            bring_back(&dir)
        )
    })
    .collect()
}

fn folder(data: &Path, one: &Kept) -> PathBuf {
    data.join(FOLDER).join(format!("{}.git", one.id))
}

fn bring_back(dir: &Path) -> String {
    format!(
        "Stop the server and bring that folder back from a copy of the data; without one, run `git init --bare {}` and push everything again from a clone.",
        dir.display()
    )
}

fn damaged(dir: &Path, why: &str, known: &[Kept]) -> String {
    let stem = dir.file_stem().unwrap_or_default().to_string_lossy();
    let name = |one: &Kept| format!("{} in {}", one.name, dir.display());
    match known.iter().find(|one| one.id.to_string() == stem) {
        Some(one) if one.is_hosted => {
            format!("{}, which is hosted here, is damaged ({why}). {}", name(one), bring_back(dir))
        }
        Some(one) => format!(
            "{}, a copy of what is elsewhere, is damaged ({why}). Remove the folder, and it is fetched again.",
            name(one)
        ),
        None => format!(
            "{} is damaged ({why}). One that is fetched from elsewhere: remove its folder, and it is fetched again. One that is hosted here: bring its folder back from a copy.",
            dir.display()
        ),
    }
}

/// Why a repository is not sound, when it is not.
fn damage(data: &Path, dir: &Path) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(dir).args(["fsck", "--connectivity-only", "--no-dangling", "--no-progress"]);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", data.join(FOLDER).join("git.config"));
    // That git is missing is said elsewhere.
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().find(|line| !line.starts_with("notice:"));
    (!output.status.success()).then(|| first.unwrap_or("git gave no reason").trim_end_matches('.').to_owned())
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

    fn kept(id: i64, name: &str, home: Option<&str>, has_refs: bool) -> Kept {
        let (id, name) = (base::id::RepositoryId(id), name.to_owned());
        Kept { id, name, is_hosted: true, home: home.map(str::to_owned), has_refs }
    }

    #[test]
    fn a_hosted_repository_whose_folder_is_gone_is_found() {
        let root = std::env::temp_dir().join(format!("signalbox-gone-{}", base::random::word::<12>()));
        std::fs::create_dir_all(root.join(FOLDER)).expect("made");
        std::fs::write(root.join(FOLDER).join("home"), "here\n").expect("written");
        let mirrored = Kept { is_hosted: false, ..kept(5, "mirror", None, false) };
        let well =
            [kept(2, "empty", Some("here"), false), kept(3, "elsewhere", Some("other"), true), mirrored];
        assert!(check(&root, Ok(well.to_vec())).is_well, "an empty one is made again, others are not ours");
        let found = check(&root, Ok(vec![kept(4, "reports", Some("here"), true)]));
        let wanted = format!(
            "The folder of reports, which is hosted here, is gone: {}",
            root.join(FOLDER).join("4.git").display()
        );
        assert!(!found.is_well && found.sentence.starts_with(&wanted), "{found:?}");
        assert!(
            found.sentence.contains("git init --bare") && found.sentence.contains("from a copy"),
            "{found:?}"
        );
        let unread = check(&root, Err(base::Error::unavailable("x", "the database is away")));
        assert!(!unread.is_well && unread.sentence.contains("the database is away"), "{unread:?}");
        std::fs::remove_dir_all(&root).expect("removed");
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
        assert!(check(&data, Ok(Vec::new())).is_well, "{:?}", check(&data, Ok(Vec::new())));
        let file = root.join("copy.tar");
        let mut archive = tar::Builder::new(std::fs::File::create(&file).expect("made"));
        pack(&data, &mut archive).expect("packed");
        archive.finish().expect("written");
        drop(archive);
        tar::Archive::new(std::fs::File::open(&file).expect("there")).unpack(&back).expect("unpacked");
        assert!(check(&back, Ok(Vec::new())).is_well, "{:?}", check(&back, Ok(Vec::new())));
        git(&back.join(FOLDER).join("1.git"), &["rev-parse", "-q", "--verify", "main"]);
        git(&back.join(FOLDER).join("2.git"), &["symbolic-ref", "-q", "HEAD"]);
        let objects = back.join(FOLDER).join("1.git/objects");
        std::fs::remove_dir_all(&objects).expect("removed");
        std::fs::create_dir_all(&objects).expect("made");
        let found = check(&back, Ok(Vec::new()));
        assert!(!found.is_well && found.sentence.contains("1.git is damaged"), "{found:?}");
        let hosted = check(&back, Ok(vec![kept(1, "reports", None, true)]));
        assert!(
            hosted.sentence.contains("reports in ") && hosted.sentence.contains("push everything again"),
            "{hosted:?}"
        );
        let mirrored = check(&back, Ok(vec![Kept { is_hosted: false, ..kept(1, "web", None, false) }]));
        assert!(
            mirrored.sentence.contains("web in ") && mirrored.sentence.contains("fetched again"),
            "{mirrored:?}"
        );
        std::fs::remove_dir_all(&root).expect("removed");
    }
}
