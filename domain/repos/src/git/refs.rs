//! The refs of a mirror: what they are now, and what a fetch changed. Pure but for the reading.

use super::Mirror;
use base::Result;
use std::collections::BTreeMap;

/// Where Signalbox keeps its own refs; the remote's are mirrored around them.
pub(crate) const OURS: &str = "refs/signalbox/";

/// One ref as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    /// The object that the ref names; for an annotated tag not yet the commit.
    pub object: String,
    /// The commit behind it, when it is one.
    pub commit: Option<String>,
}

/// All refs of the remote by name.
pub(crate) type Tips = BTreeMap<String, Tip>;

/// What happened to one ref.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RefChange {
    /// The full name: `refs/heads/main`.
    pub name: String,
    /// What it named before; none when it is new.
    pub old: Option<String>,
    /// What it names now; none when it was deleted.
    pub new: Option<String>,
    /// Whether a branch no longer contains what it contained: a force-push.
    pub forced: bool,
}

impl Mirror {
    /// Reads the refs that came from the remote.
    pub(crate) async fn tips(&self) -> Result<Tips> {
        let format = "--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)";
        let printed = self.call(["for-each-ref", format]).output().await?;
        Ok(read(&String::from_utf8_lossy(&printed)))
    }
}

fn read(printed: &str) -> Tips {
    let tip = |line: &str| {
        let mut parts = line.splitn(5, ' ');
        let (object, kind) = (parts.next()?.to_owned(), parts.next()?);
        let (peeled, peeled_kind, name) = (parts.next()?, parts.next()?, parts.next()?);
        let commit = match (kind, peeled_kind) {
            ("commit", _) => Some(object.clone()),
            (_, "commit") => Some(peeled.to_owned()),
            _ => None,
        };
        (!name.starts_with(OURS)).then(|| (name.to_owned(), Tip { object, commit }))
    };
    printed.lines().filter_map(tip).collect()
}

/// What is different in `new`, in order of names. Whether it was forced is not known yet.
pub(crate) fn compare(old: &Tips, new: &Tips) -> Vec<RefChange> {
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let object = |tips: &Tips, name: &String| tips.get(name).map(|tip| tip.object.clone());
    names
        .into_iter()
        .map(|name| RefChange {
            name: name.clone(),
            old: object(old, name),
            new: object(new, name),
            forced: false,
        })
        .filter(|change| change.old != change.new)
        .collect()
}

/// Whether git would take `name` as the name of a branch or tag. Anything else never reaches git.
pub fn is_plain_name(name: &str) -> bool {
    let is_odd = |c: char| c.is_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    let is_good_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name.len() <= 1_000
        && name != "@"
        && !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.chars().any(is_odd)
        && name.split('/').all(is_good_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_as_git_judges_them() {
        for good in ["main", "release/1.2", "a@b", "größe", "we'ird;$(touch)\"&|", "1.0-rc.1"] {
            assert!(is_plain_name(good), "{good:?}");
        }
        for bad in [
            "",
            "-x",
            "--all",
            "a..b",
            "a b",
            "a~1",
            "a^{commit}",
            "a:b",
            "a\nb",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a.",
            "a.lock",
            "@",
            "main@{1}",
            "a\\b",
            "a*",
            "a?",
            "[a",
            "a\0b",
        ] {
            assert!(!is_plain_name(bad), "{bad:?} must be refused");
        }
    }

    #[test]
    fn our_own_refs_are_not_the_remotes() {
        let tips = read(
            "aa commit   refs/heads/main\nbb tag cc commit refs/tags/v1\ndd blob   refs/tags/key\nee commit   refs/signalbox/kept/ee\n",
        );
        assert_eq!(
            tips.keys().map(String::as_str).collect::<Vec<_>>(),
            ["refs/heads/main", "refs/tags/key", "refs/tags/v1"]
        );
        assert_eq!(tips["refs/tags/v1"].commit.as_deref(), Some("cc"));
        assert_eq!(tips["refs/tags/key"].commit, None);
    }
}
