//! Which commit is meant, when a local clone is there to say so.
//!
//! An answer from a shallow clone would be a guess about history, so it is refused. What is resolved is always the
//! full id: a branch moves between the decision and the build, a commit does not.

use std::path::Path;
use std::process::Command;

/// Why a clone could not say which commit is meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// No commit has this name.
    Unknown(String),
    /// More than one has.
    Ambiguous(String),
    /// The clone lacks history.
    Shallow(String),
    /// There is no clone here, or git does not work.
    NoClone(String),
}

impl Unresolved {
    /// The sentence for the person.
    pub fn sentence(&self) -> &str {
        match self {
            Self::Unknown(s) | Self::Ambiguous(s) | Self::Shallow(s) | Self::NoClone(s) => s,
        }
    }

    /// The stable word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unknown(_) => "commit_unknown",
            Self::Ambiguous(_) => "commit_ambiguous",
            Self::Shallow(_) => "repository_shallow",
            Self::NoClone(_) => "repository_unreadable",
        }
    }
}

/// Returns the full id of the one commit that `name` means in the clone at `repo`.
pub fn resolve(repo: &Path, name: &str) -> Result<String, Unresolved> {
    let place = repo.display();
    let shallow = git(repo, &["rev-parse", "--is-shallow-repository"])?;
    if !shallow.ok {
        return Err(Unresolved::NoClone(format!("{place} is not a git repository")));
    }
    if shallow.out != "false" {
        return Err(Unresolved::Shallow(format!(
            "{place} is a shallow clone and cannot say what a commit contains; run git fetch --unshallow there"
        )));
    }
    let wanted = format!("{name}^{{commit}}");
    let found = git(repo, &["rev-parse", "--verify", "--end-of-options", &wanted])?;
    if found.err.contains("ambiguous") && !found.err.contains("unknown revision") {
        return Err(Unresolved::Ambiguous(format!(
            "{name} means more than one commit in {place}; give the full id"
        )));
    }
    let is_id = matches!(found.out.len(), 40 | 64) && found.out.bytes().all(|b| b.is_ascii_hexdigit());
    if found.ok && is_id {
        Ok(found.out)
    } else {
        Err(Unresolved::Unknown(format!("{place} has no commit named {name}")))
    }
}

struct Answer {
    ok: bool,
    out: String,
    err: String,
}

fn git(repo: &Path, arguments: &[&str]) -> Result<Answer, Unresolved> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repo)
        .args(arguments)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(std::process::Stdio::null())
        .output()
        .map_err(|e| Unresolved::NoClone(format!("git cannot be run: {e}")))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(Answer { ok: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::testing::Scratch;

    fn sh(dir: &Path, script: &str) {
        let script = format!(
            "set -e; export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@x; {script}"
        );
        let status = Command::new("sh").arg("-c").arg(script).current_dir(dir).status().expect("sh runs");
        assert!(status.success());
    }

    #[test]
    fn a_clone_says_which_commit_is_meant_or_why_it_cannot() {
        let scratch = Scratch::new();
        let dir = scratch.path();
        sh(
            dir,
            "git init -q -b main full; cd full; git commit -q --allow-empty -m one; git tag v1; git branch twice v1;
             git commit -q --allow-empty -m two; git tag twice; cd ..; git clone -q --depth 1 \"file://$PWD/full\" shallow",
        );
        let full = dir.join("full");
        let main = resolve(&full, "main").expect("main is a branch");
        assert_eq!(main.len(), 40);
        assert_eq!(resolve(&full, &main[..8]), Ok(main.clone()), "an abbreviation is completed");
        assert_ne!(resolve(&full, "v1"), Ok(main));
        let reason = |repo: &Path, name: &str| resolve(repo, name).expect_err("refused").reason();
        assert_eq!(reason(&full, "nowhere"), "commit_unknown");
        assert_eq!(reason(&full, "--help"), "commit_unknown");
        assert_eq!(reason(&full, "twice"), "commit_ambiguous");
        assert_eq!(reason(&dir.join("shallow"), "main"), "repository_shallow");
        assert_eq!(reason(dir, "main"), "repository_unreadable");
    }
}
