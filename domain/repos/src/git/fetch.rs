//! Brings a mirror up to date, and keeps what the remote threw away.

use super::access::Access;
use super::refs::{RefChange, Tips, compare, is_plain_name};
use super::{Credential, Mirror, Source};
use base::{Error, Result};
use sha2::{Digest, Sha256};
use web::TargetPolicy;

/// So many changed refs are looked at one by one and told; beyond it only the count is.
pub const CHANGES_TOLD: usize = 100;

/// What to fetch from, and what to call the default branch.
#[derive(Clone, Copy, Debug)]
pub struct Fetch<'a> {
    /// The remote.
    pub source: &'a Source,
    /// What proves that we may read it.
    pub credential: Option<&'a Credential>,
    /// Which hosts may be contacted.
    pub policy: &'a TargetPolicy,
    /// The default branch when somebody set it; otherwise the remote's is taken.
    pub default_branch: Option<&'a str>,
}

/// What a fetch found.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The refs that changed, at most [`CHANGES_TOLD`] of them.
    pub changes: Vec<RefChange>,
    /// How many changed.
    pub n_changed: usize,
    /// The default branch, when the mirror knows one.
    pub default_branch: Option<String>,
    /// Whether the remote's history is cut off.
    pub is_shallow: bool,
    /// A digest over all refs: equal digests, equal refs.
    pub digest: String,
}

impl Mirror {
    /// Fetches everything. Make sure that nobody else fetches into the same mirror meanwhile.
    pub async fn fetch(&self, wanted: Fetch<'_>) -> Result<Fetched> {
        let Fetch { source, credential, policy, default_branch } = wanted;
        let access = Access::prepare(&self.git, source, credential, policy).await?;
        let head = self.remote_head(source, &access).await?;
        self.init(head.is_sha256).await?;
        let before = self.tips().await?;
        self.pull(source, &access).await?;
        drop(access);
        let after = self.tips().await?;
        let mut changes = compare(&before, &after);
        let n_changed = changes.len();
        if n_changed > 0 {
            self.keep_lost(&changes, &before).await?;
        }
        changes.truncate(CHANGES_TOLD);
        self.mark_forced(&mut changes, &before, &after).await;
        let default_branch = default_branch.map(str::to_owned).or(head.branch);
        let default_branch = self.point_head(default_branch).await?;
        if n_changed > 0 {
            self.tidy().await;
        }
        let is_shallow = self.is_shallow().await?;
        Ok(Fetched { changes, n_changed, default_branch, is_shallow, digest: digest(&after) })
    }

    async fn pull(&self, source: &Source, access: &Access) -> Result<()> {
        let mut arguments: Vec<&std::ffi::OsStr> = [
            "fetch",
            "--quiet",
            "--prune",
            "--force",
            "--no-tags",
            "--no-auto-maintenance",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            // Without it git leaves out the refs of a shallow remote and reports success.
            "--update-shallow",
        ]
        .map(std::ffi::OsStr::new)
        .to_vec();
        if self.is_shallow().await? {
            // The remote may have its whole history by now.
            arguments.push("--unshallow".as_ref());
        }
        arguments.extend(["--".as_ref(), source.argument()]);
        // The remote has no say over our own refs.
        arguments.extend(["+refs/*:refs/*", "^refs/signalbox/*"].map(std::ffi::OsStr::new));
        self.call(arguments).environment(&access.environment).output().await.map(drop)
    }

    /// Asks the remote for its default branch and its kind of ids.
    async fn remote_head(&self, source: &Source, access: &Access) -> Result<RemoteHead> {
        let arguments = ["ls-remote", "--quiet", "--symref", "--"].map(std::ffi::OsStr::new);
        let arguments = arguments.into_iter().chain([source.argument(), "HEAD".as_ref()]);
        let printed = self.git.call(arguments).environment(&access.environment).output().await?;
        Ok(RemoteHead::read(&String::from_utf8_lossy(&printed)))
    }

    async fn init(&self, is_sha256: bool) -> Result<()> {
        if self.exists().await {
            return Ok(());
        }
        let format = if is_sha256 { "--object-format=sha256" } else { "--object-format=sha1" };
        let arguments = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", format, "--"];
        let arguments = arguments.map(std::ffi::OsStr::new).into_iter().chain([self.dir.as_os_str()]);
        self.git.call(arguments).output().await.map(drop)
    }

    /// Keeps the commits that no ref holds any longer under refs of ours.
    pub(crate) async fn keep_lost(&self, changes: &[RefChange], before: &Tips) -> Result<()> {
        let old =
            |change: &RefChange| change.old.as_ref().and_then(|_| before.get(&change.name)?.commit.clone());
        let tips: std::collections::BTreeSet<String> = changes.iter().filter_map(old).collect();
        if tips.is_empty() {
            return Ok(());
        }
        let asked: String = tips.iter().map(|tip| format!("{tip}\n")).collect();
        let printed = self.call(["rev-list", "--stdin", "--not", "--all"]).input(asked).output().await?;
        let lost = String::from_utf8_lossy(&printed);
        let kept: String = lost
            .lines()
            .filter(|commit| tips.contains(*commit))
            .map(|commit| format!("update refs/signalbox/kept/{commit} {commit}\n"))
            .collect();
        if kept.is_empty() {
            return Ok(());
        }
        self.call(["update-ref", "--no-deref", "--stdin"]).input(kept).output().await.map(drop)
    }

    pub(crate) async fn mark_forced(&self, changes: &mut [RefChange], before: &Tips, after: &Tips) {
        for change in changes.iter_mut().filter(|change| change.name.starts_with("refs/heads/")) {
            let commit = |tips: &Tips| tips.get(&change.name).and_then(|tip| tip.commit.clone());
            if let (Some(old), Some(new)) = (commit(before), commit(after)) {
                change.forced = self.reaches(&new, &old).await.is_ok_and(|reaches| !reaches);
            }
        }
    }

    /// Lets the mirror's HEAD name the default branch, and says which that is.
    pub(crate) async fn point_head(&self, branch: Option<String>) -> Result<Option<String>> {
        match branch.filter(|branch| is_plain_name(branch)) {
            Some(branch) => {
                let target = format!("refs/heads/{branch}");
                self.call(["symbolic-ref", "--", "HEAD", &target]).output().await?;
                Ok(Some(branch))
            }
            None => self.default_branch().await,
        }
    }

    /// Makes later questions quick. Their answers do not depend on it, so a failure is no reason to fail.
    pub(crate) async fn tidy(&self) {
        let graph =
            self.call(["commit-graph", "write", "--reachable", "--split", "--no-progress"]).output().await;
        // A geometric repack joins small packs and, unlike a full one, drops nothing.
        let packs = self.call(["repack", "--quiet", "-d", "--geometric=2", "--write-midx"]).output().await;
        for error in [graph.err(), packs.err()].into_iter().flatten() {
            tracing::warn!(
                ?error,
                "the mirror {} could not be tidied; it works on, more slowly",
                self.dir.display()
            );
        }
    }

    /// Removes what a git that was killed left behind; only while nothing works on the mirror.
    pub async fn sweep(&self) -> Result<()> {
        let dir = self.dir.clone();
        let swept = tokio::task::spawn_blocking(move || sweep(&dir)).await;
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            Error::unavailable("git.sweep", "the mirror has leftovers that cannot be removed").because(error)
        };
        swept.map_err(|error| failed(error.into()))?.map_err(|error| failed(error.into()))
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct RemoteHead {
    branch: Option<String>,
    is_sha256: bool,
}

impl RemoteHead {
    fn read(printed: &str) -> Self {
        let mut head = Self::default();
        for line in printed.lines() {
            match line.split_once('\t') {
                Some((target, "HEAD")) if target.starts_with("ref: ") => {
                    head.branch = target.strip_prefix("ref: refs/heads/").map(str::to_owned);
                }
                Some((id, "HEAD")) => head.is_sha256 = id.len() == 64,
                _ => {}
            }
        }
        head
    }
}

pub(crate) fn digest(tips: &Tips) -> String {
    let mut hash = Sha256::new();
    for (name, tip) in tips {
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(tip.object.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sweep(dir: &std::path::Path) -> std::io::Result<()> {
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_ours = folder.starts_with(dir.join("objects"));
            if entry.file_type()?.is_dir() {
                if is_ours && (name.starts_with("tmp_objdir") || name.starts_with("incoming-")) {
                    // A push that did not come to its end.
                    std::fs::remove_dir_all(entry.path())?;
                    continue;
                }
                // Loose objects are many and never locked.
                if name.len() != 2 {
                    folders.push(entry.path());
                }
            } else if name.ends_with(".lock") || (name.starts_with("tmp_") && is_ours) {
                std::fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remotes_head_is_read_in_all_its_states() {
        let sha256 = "a".repeat(64);
        for (printed, branch, is_sha256) in [
            (
                "ref: refs/heads/trunk\tHEAD\n0123456789012345678901234567890123456789\tHEAD\n",
                Some("trunk"),
                false,
            ),
            (&format!("ref: refs/heads/main\tHEAD\n{sha256}\tHEAD\n"), Some("main"), true),
            ("0123456789012345678901234567890123456789\tHEAD\n", None, false),
            ("", None, false),
        ] {
            assert_eq!(
                RemoteHead::read(printed),
                RemoteHead { branch: branch.map(str::to_owned), is_sha256 },
                "{printed}"
            );
        }
    }
}
