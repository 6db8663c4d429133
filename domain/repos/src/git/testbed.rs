//! Real repositories for tests, made with git's own low-level commands so that any history can be drawn.

use super::{Fetch, Fetched, Git, Mirror, Source};
use std::path::{Path, PathBuf};
use std::time::Duration;
use web::TargetPolicy;

/// A folder that goes away with its value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("signalbox-repos-{}", base::random::word::<16>()));
        std::fs::create_dir_all(&path).expect("a temporary folder");
        Self(path.canonicalize().expect("it was made"))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn git(&self) -> Git {
        Git::open(&self.0.join("repositories"), Duration::from_secs(60)).expect("the folder can be written")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind in a temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A repository that somebody else owns: the remote.
pub(crate) struct Upstream {
    pub dir: PathBuf,
}

impl Upstream {
    pub fn new(dir: &Path) -> Self {
        git(Path::new("/"), &["init", "-q", "--bare", "-b", "main", &dir.to_string_lossy()]);
        Self { dir: dir.to_owned() }
    }

    /// A clone with one commit of history on its only branch.
    pub fn shallow_clone(&self, dir: &Path) -> Self {
        let from = format!("file://{}", self.dir.display());
        git(
            Path::new("/"),
            &["clone", "-q", "--bare", "--depth=1", "--single-branch", &from, &dir.to_string_lossy()],
        );
        Self { dir: dir.to_owned() }
    }

    pub fn run(&self, arguments: &[&str]) -> String {
        git(&self.dir, arguments)
    }

    /// Makes a commit without moving any branch.
    pub fn commit(&self, title: &str, parents: &[&str]) -> String {
        let tree = self.run(&["hash-object", "-t", "tree", "-w", "--stdin"]);
        let mut arguments = vec!["commit-tree", &tree, "-m", title];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        self.run(&arguments)
    }

    pub fn set(&self, name: &str, commit: &str) {
        self.run(&["update-ref", name, commit]);
    }

    /// Commits on top of a branch, which starts with the first one.
    pub fn grow(&self, branch: &str, title: &str) -> String {
        let name = format!("refs/heads/{branch}");
        let parent = self.run(&["for-each-ref", "--format=%(objectname)", &name]);
        let parents: Vec<&str> = parent.lines().collect();
        let commit = self.commit(title, &parents);
        self.set(&name, &commit);
        commit
    }

    pub fn source(&self) -> Source {
        Source::Path(self.dir.clone())
    }
}

/// Fetches `upstream` into `mirror`.
pub(crate) async fn fetch(mirror: &Mirror, upstream: &Upstream) -> base::Result<Fetched> {
    let (source, policy) = (upstream.source(), TargetPolicy::default());
    mirror.fetch(Fetch { source: &source, credential: None, policy: &policy, default_branch: None }).await
}

pub(crate) fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .args(arguments)
        .current_dir(dir)
        .stdin(std::process::Stdio::null())
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .envs([("GIT_AUTHOR_NAME", "Ann Müller"), ("GIT_AUTHOR_EMAIL", "ann@acme.test")])
        .envs([("GIT_COMMITTER_NAME", "Ann Müller"), ("GIT_COMMITTER_EMAIL", "ann@acme.test")])
        .envs([("GIT_AUTHOR_DATE", "1790000000 +0000"), ("GIT_COMMITTER_DATE", "1790000000 +0000")])
        .output()
        .expect("git can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
