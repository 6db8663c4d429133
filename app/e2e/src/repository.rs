//! Real git repositories.

use crate::Folder;
use std::path::Path;
use std::process::{Command, Stdio};

/// A repository with a work tree, to commit in and to clone from.
pub struct Repository {
    folder: Folder,
}

impl Repository {
    /// An empty repository whose branch is `main`.
    pub fn new() -> Self {
        let made = Self { folder: Folder::new("git") };
        made.git(&["init", "--quiet", "--initial-branch=main"]);
        made
    }

    /// A repository with `n` commits on `main`.
    pub fn with_commits(n: usize) -> Self {
        let made = Self::new();
        for number in 1..=n {
            made.commit(&format!("change {number}"));
        }
        made
    }

    /// A clone of it in a folder of its own; `depth` makes it shallow.
    pub fn clone_from(&self, depth: Option<u32>) -> Self {
        let folder = Folder::new("clone");
        let url = format!("file://{}", self.path().display());
        let mut arguments = vec!["clone".to_string(), "--quiet".into()];
        arguments.extend(depth.map(|depth| format!("--depth={depth}")));
        arguments.extend([url, ".".into()]);
        git_in(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        Self { folder }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs git in it and returns what it printed.
    pub fn git(&self, arguments: &[&str]) -> String {
        git_in(self.path(), arguments)
    }

    /// Makes a commit and returns its id.
    pub fn commit(&self, title: &str) -> String {
        std::fs::write(self.folder.join("app.txt"), format!("{title} {}\n", base::random::word::<8>()))
            .expect("a work tree can be written");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", title]);
        self.head()
    }

    /// Makes a branch with a commit and merges it into `main` with a merge commit. Returns (branch's commit, merge).
    pub fn merge(&self, title: &str) -> (String, String) {
        self.git(&["checkout", "--quiet", "-b", title]);
        std::fs::write(self.folder.join(&format!("{title}.txt")), title).expect("a work tree can be written");
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", title]);
        let branch = self.head();
        self.git(&["checkout", "--quiet", "main"]);
        self.git(&["merge", "--quiet", "--no-ff", "--message", &format!("merge {title}"), title]);
        (branch, self.head())
    }

    /// The commit that is checked out.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"]).trim().to_string()
    }
}

impl Default for Repository {
    fn default() -> Self {
        Self::new()
    }
}

fn git_in(folder: &Path, arguments: &[&str]) -> String {
    let out = Command::new("git")
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@hub.example", "-c", "commit.gpgsign=false"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stdin(Stdio::null())
        .output()
        .expect("git is installed");
    assert!(out.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}
